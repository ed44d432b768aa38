"""Decides whether a live-preview platform may ship; `python -m acceptance --help` lists what it does."""
