"""A real browser: where its program comes from, how it is started, and what it shows of a page."""
