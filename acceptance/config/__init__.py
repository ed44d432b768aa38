"""What the suite is told of a deployment: its profile, its patience."""
