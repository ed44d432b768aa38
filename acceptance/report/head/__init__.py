"""The top of the page, which is read first: what was judged and where, who is hurt, and every promise in a row."""
