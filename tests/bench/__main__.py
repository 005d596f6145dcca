"""``python -m tests.bench [NAME…] [--write]``: run benchmarks, print their tables, keep them in ``RESULTS.md``.

Without names all run but those that take long. A bench is a function that takes a :class:`~tests.bench.beside.Run` and
gives figures; what it measures runs in processes of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench import results
from tests.bench.beside import Run
from tests.bench.reading_bench import READING
from tests.bench.report import Figure, table
from tests.bench.screen import screen
from tests.bench.session_bench import SESSIONS
from tests.bench.synthesis_bench import SYNTHESIS
from tests.bench.training_bench import TRAINING
from tests.bench.window_bench import WINDOW
from tests.bench.work_bench import WORK

BENCHMARKS: dict[str, Callable[[Run], list[Figure]]] = {
    **WINDOW, **WORK, **SESSIONS, **READING, **TRAINING, **SYNTHESIS,
}  # fmt: skip
LONG = ("huge", "typed", "watchdog", "reading", "train")  # minutes each: only when named


def main() -> int:
    """Run the benchmarks that were named, or all short ones; 1 when one failed or an aim was missed."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures LP Studio, and other annotation tools beside it in the same run.",
        epilog="names:\n" + "\n".join(f"  {name:10} {_first_line(run)}" for name, run in BENCHMARKS.items()),
    )
    left_out = ", ".join(LONG)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure; without: all but {left_out}")
    parser.add_argument("--write", action="store_true", help=f"put the figures into {results.RESULTS.name}")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    parser.add_argument("--no-rivals", action="store_true", help="measure LP Studio alone, install nothing")
    parser.add_argument("--offscreen", action="store_true", help="no X server, though there may be one")
    options = parser.parse_args()
    unknown = set(options.names) - BENCHMARKS.keys()
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    names = list(dict.fromkeys(options.names)) or [name for name in BENCHMARKS if name not in LONG]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended, too
    found: list[Figure] = []
    failed = []
    with tempfile.TemporaryDirectory(prefix="lpstudio-bench-") as folder, screen(options.offscreen) as shown:
        print(f"{results.machine()} · {results.versions()} · {shown}")
        bench = Run(Path(folder), wanted=not options.no_rivals)
        for name in names:
            began, load = time.monotonic(), _load()
            print(f"{name}…", file=sys.stderr, flush=True)
            bench.folder = Path(folder) / name
            bench.folder.mkdir()
            try:
                figures = BENCHMARKS[name](bench)
            except (RuntimeError, OSError) as error:
                failed.append(name)
                print(f"{name} failed: {error}", file=sys.stderr, flush=True)
                continue
            finally:
                shutil.rmtree(bench.folder, ignore_errors=True)
            if not figures:
                continue
            took = f"{time.monotonic() - began:.0f} s"
            print(f"\n{name} ({took}, load before it {load})\n{table(figures)}", flush=True)
            found += figures
            if options.write:
                missing = "; ".join(f"{tool} ({why})" for tool, why in bench.missing.items())
                results.write(
                    name, figures, {"on": shown, "load before": load, "took": took, "not measured": missing}
                )  # fmt: skip
    if not options.names:
        print(f"\nonly when named, for they take long: {', '.join(LONG)}")
    for tool, why in bench.missing.items():
        print(f"not measured: {tool} ({why})")
    if options.json:
        options.json.write_text(json.dumps([figure.to_dict() for figure in found], indent=1))
    missed = [figure.name for figure in found if figure.is_met is False]
    if missed or failed:
        print(f"\nmissed: {'; '.join(missed) or 'nothing'} · failed: {', '.join(failed) or 'nothing'}")
    return 1 if missed or failed else 0


def _first_line(run: Callable[[Run], list[Figure]]) -> str:
    return (run.__doc__ or "").strip().splitlines()[0]


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""


if __name__ == "__main__":
    sys.exit(main())
