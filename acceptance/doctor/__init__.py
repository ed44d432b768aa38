"""What is wrong with a deployment before anything is begun on it: reads only, each finding with what to do."""
