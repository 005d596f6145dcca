"""Synthetic plates: crops per second on one core."""

from __future__ import annotations

from collections.abc import Callable

from tests.bench.beside import Run
from tests.bench.processes import run
from tests.bench.report import Figure

CROPS = 600
AIM = 60.0  # crops per second and core


def synthesis(bench: Run) -> list[Figure]:
    """Crops per second of processor time on one core, JPEG and label files written."""
    told, _began = run("tests.bench.child_synth", bench.folder, str(CROPS))
    kinds = ", ".join(f"difficulty {key}: {told[key]:.0f}" for key in ("0", "0.5", "1"))
    return [
        Figure(
            "synthetic crops, mixed", told["mixed"], "crops/s", AIM, at_least=True,
            note=f"by processor time; by the clock {told['wall']:.0f}; {kinds}",
        )
    ]  # fmt: skip


SYNTHESIS: dict[str, Callable[[Run], list[Figure]]] = {"synthesis": synthesis}
