"""What an import or an export brought over and what it could not, as lines and as JSON."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import TYPE_CHECKING

from lpstudio.cli.output import write_text

if TYPE_CHECKING:
    from lpstudio.dataset.exchange.report import Report

# Thousands of boxes that replaced outlines need not all scroll by.
_LINES_OF_A_KIND = 50


def show_report(report: Report, json_file: str | None) -> int:
    """Print every loss, then the counts; returns the exit code: 1 when something could not come over."""
    if json_file is not None:
        _write_json(json_file, report)
    if json_file != "-":
        printed: Counter[str] = Counter()
        for loss in report.losses:
            printed[loss.kind] += 1
            if printed[loss.kind] <= _LINES_OF_A_KIND:
                print(loss.message)
        for kind, count in report.lost.items():
            if count > _LINES_OF_A_KIND:
                print(f"… and {count - _LINES_OF_A_KIND} more {kind} (--json FILE has them)")
    for note in report.notes:
        print(f"lpstudio: {note}", file=sys.stderr)
    print(report.summary(), file=sys.stderr)
    return 1 if report.total_lost else 0


def _write_json(target: str, report: Report) -> None:
    text = json.dumps(report.to_dict(), indent=1) + "\n"
    write_text(target, text)
