"""Tables as plain text."""

from __future__ import annotations

from collections.abc import Sequence


def in_columns(rows: Sequence[Sequence[str]], words: int) -> list[str]:
    """The rows as lines: columns as wide as what stands in them, two spaces between them.

    The first ``words`` columns stand to the left, the others, figures, to the right. All rows are of one length.
    """
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if number < words else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
