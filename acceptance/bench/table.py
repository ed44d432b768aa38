"""A table in plain text: a title, a head, rows; numbers to the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

NONE = "-"


@dataclass(frozen=True)
class Table:
    """Cells are text, or numbers that are shown with `digits` decimals; None is a dash. `notes` stand beneath."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str | float | None, ...], ...]
    notes: tuple[str, ...] = ()
    digits: int = 2

    def __str__(self) -> str:
        """The table's lines; columns are as wide as their widest cell."""
        told = [tuple(self._tell(cell) for cell in row) for row in self.rows]
        for row in told:
            if len(row) != len(self.head):
                raise ValueError(
                    f"table {self.title!r}: {len(self.head)} columns, found {len(row)} cells in {row}"
                )
        widths = [max(len(line[column]) for line in (self.head, *told)) for column in range(len(self.head))]
        right = [any(_is_figure(row[column]) for row in self.rows) for column in range(len(self.head))]
        lines = [_line(cells, widths, right) for cells in (self.head, *told)]
        return "\n".join(
            [self.title, *(f"  {line}" for line in lines), *(f"  {note}" for note in self.notes)]
        )

    def _tell(self, cell: str | float | None) -> str:
        if cell is None:
            return NONE
        if isinstance(cell, bool | int | str):
            return str(cell)
        return f"{cell:.{self.digits}f}"


def _is_figure(cell: str | float | None) -> bool:
    return cell.endswith("%") if isinstance(cell, str) else cell is not None


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    aligned = [
        cell.rjust(width) if to_right else cell.ljust(width)
        for cell, width, to_right in zip(cells, widths, right, strict=True)
    ]
    return "  ".join(aligned).rstrip()
