"""Where a command's result goes: files, or stdout for ``-``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from lpstudio.errors import LpStudioError, UsageError


def write_text(target: str, text: str) -> None:
    """Write ``text`` into the file ``target``, or to stdout for ``-``. Raises LpStudioError where it cannot."""
    if target == "-":
        sys.stdout.write(text)
        return
    try:
        Path(target).write_text(text, encoding="utf-8")
    except OSError as error:
        raise LpStudioError(f"not written: {error.strerror or error}", path=target) from error


def refuse_two_on_stdout(json_file: str | None, csv_file: str | None) -> None:
    """Raises UsageError when table and data are both to go to stdout."""
    if json_file == csv_file == "-":
        raise UsageError("--json and --csv cannot both go to standard output")


def keep_table(texts: Mapping[str, str], folder: Path, name: str) -> None:
    """Write a table into its folder, in every form there is of it: ``texts`` by the ending of the file."""
    from lpstudio.dataset.atomic import write_bytes_atomic

    for kind, text in texts.items():
        write_bytes_atomic(folder / f"{name}.{kind}", text.encode())


def show_table(texts: Mapping[str, str], page: Path, json_file: str | None, csv_file: str | None) -> None:
    """Print a table, or write it where it was asked for; ``page`` shows the same with a drawing."""
    for target, kind in ((json_file, "json"), (csv_file, "csv")):
        if target is not None:
            write_text(target, texts[kind])
    if "-" not in (json_file, csv_file):
        sys.stdout.write(texts["txt"])
    print(f"{page} shows the same with a drawing", file=sys.stderr)
