"""What the suite and the platform cost, measured: `python -m acceptance bench`, or `make bench`."""
