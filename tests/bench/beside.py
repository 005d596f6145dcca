"""Other tools beside LP Studio in one run, one after the other in every round, so that a busy moment hits all alike."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.processes import run, run_rival
from tests.bench.rivals.environments import RIVALS, NotHereError, Rival, interpreter

OURS = "LP Studio"


@dataclass
class Run:
    """What one call of the bench measures with: its folder, the tools at hand, and why others are not."""

    folder: Path
    wanted: bool = True
    missing: dict[str, str] = field(default_factory=dict)

    def rivals(self, *ids: str) -> list[Rival]:
        """Those of the tools that can be had here; without names all. The first call installs them."""
        if not self.wanted:
            self.missing = {rival.title: "not asked for" for rival in RIVALS}
            return []
        found = []
        for rival in RIVALS:
            if ids and rival.id not in ids:
                continue
            if rival.title in self.missing:
                continue
            try:
                interpreter(rival)
            except (NotHereError, OSError) as error:
                self.missing[rival.title] = str(error)
                print(f"without {rival.title}: {error}", file=sys.stderr, flush=True)
            else:
                found.append(rival)
        return found

    def drive(self, rival: Rival, *arguments: str, timeout_s: float = 600) -> tuple[dict[str, Any], float] | None:
        """One measurement in a tool; None, and it is left out from now on, when the tool fails."""
        if rival.title in self.missing:
            return None
        try:
            return run_rival(interpreter(rival), rival.id, self.folder, *arguments, timeout_s=timeout_s)
        except RuntimeError as error:
            self.missing[rival.title] = f"failed at {arguments[0]}"
            print(f"{rival.title} failed: {error}", file=sys.stderr, flush=True)
            return None

    def rounds(
        self, count: int, module: str, task: str, ours: tuple[str, ...], theirs: tuple[str, ...], timeout_s: float = 600
    ) -> Iterator[tuple[str, dict[str, Any], float]]:
        """``count`` rounds of LP Studio and every tool: name, what it told, the clock before its process began."""
        rivals = self.rivals()
        for number in range(1, count + 1):
            print(f"  {task}, round {number} of {count}", file=sys.stderr, flush=True)
            told, began = run(module, self.folder, *ours, timeout_s=timeout_s)
            yield OURS, told, began
            for rival in rivals:
                answer = self.drive(rival, task, *theirs, timeout_s=timeout_s)
                if answer is not None:
                    yield rival.title, *answer


def others(found: dict[str, list[float]]) -> dict[str, list[float]]:
    """All but LP Studio's."""
    return {name: values for name, values in found.items() if name != OURS}
