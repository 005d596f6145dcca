"""``RESULTS.md``: the blocks that the benchmarks write, between lines that hands write.

A block stands between ``<!-- bench: NAME -->`` and ``<!-- end: NAME -->``. All else in the file is left as it is.
"""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from tests.bench.processes import REPOSITORY
from tests.bench.report import Figure, markdown

RESULTS = Path(__file__).with_name("RESULTS.md")


def _marks(name: str) -> tuple[str, str]:
    return f"<!-- bench: {name} -->", f"<!-- end: {name} -->"


def put_block(text: str, name: str, block: str) -> str:
    """The text with this block in the place of the one it has by that name, or at its end."""
    begin, end = _marks(name)
    fresh = f"{begin}\n{block.strip()}\n{end}"
    if begin in text and end in text:
        before, _, rest = text.partition(begin)
        return before + fresh + rest.partition(end)[2]
    return f"{text.rstrip()}\n\n{fresh}\n"


def machine() -> str:
    """The machine in neutral words."""
    kind = {"x86_64": "x86", "amd64": "x86", "arm64": "ARM", "aarch64": "ARM"}.get(platform.machine().lower(), "")
    gpu = "with a GPU" if Path("/dev/nvidia0").exists() else "no GPU"
    return f"{os.cpu_count()} {kind} cores, {gpu}, {platform.system()}"


def versions() -> str:
    """What was measured with what."""
    import PySide6

    from lpstudio import __version__

    told = subprocess.run(
        ["git", "describe", "--always", "--abbrev=8"], cwd=REPOSITORY, capture_output=True, text=True
    ).stdout.strip()
    commit = f" ({told})" if told else ""
    return f"LP Studio {__version__}{commit}, Python {platform.python_version()}, PySide6 {PySide6.__version__}"


def write(name: str, figures: Sequence[Figure], surroundings: Mapping[str, str], path: Path = RESULTS) -> None:
    """Put a benchmark's figures into the file, with how they were made."""
    about = " · ".join(f"{what}: {words}" for what, words in surroundings.items() if words)
    command = f"`python -m tests.bench {name} --write`"
    stamp = f"{command} · {datetime.now():%Y-%m-%d %H:%M} · {machine()} · {versions()}"
    block = f"{markdown(figures)}\n\n{stamp}{' · ' + about if about else ''}"
    text = path.read_text(encoding="utf-8") if path.is_file() else "# Results\n"
    path.write_text(put_block(text, name, block), encoding="utf-8")
