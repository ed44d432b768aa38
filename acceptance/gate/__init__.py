"""The gate: runs the features over several processes, each with a platform of its own, and gives one verdict.

`python -m acceptance run` is what `make accept` runs. The gate knows features by behave's parser and runs by the
files they leave; it imports neither the sandbox nor the steps.
"""
