"""The table below a sentence."""

from __future__ import annotations

from behave.model import Table


def rows(table: Table | None) -> tuple[dict[str, str], ...]:
    """Its rows by their headings; LookupError if the sentence has no table, or one without a row."""
    found = tuple(dict(zip(row.headings, row.cells, strict=True)) for row in table) if table else ()
    if not found:
        raise LookupError("this sentence needs a table with at least one row below it")
    return found
