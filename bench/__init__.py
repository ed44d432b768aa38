"""What the suite and the platform cost, measured: `python -m bench`, or `make bench`."""
