"""A scripted session under the watchdog: ``child_watchdog DATASET SECONDS [--video V] [--weights W] [--acts NAME…]``.

With ``LPSTUDIO_BENCH_STACKS`` in the environment it prints what the GUI thread did in every block over that many ms;
to look costs time itself, so figures are taken without.
"""

from __future__ import annotations

import argparse
import os
import time
from collections import Counter
from collections.abc import Generator
from pathlib import Path

from PySide6.QtCore import QTimer

from lpstudio.studio import theme
from lpstudio.studio.app import look_after_garbage, make_application
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.places import open_settings
from lpstudio.studio.watchdog import FRAME_MS, SLOW_MS, Block, Watchdog
from tests.bench.processes import tell
from tests.bench.session_script import Act, Player, Script

_STANDS_MS = 800  # when the window is painted; how long that takes is measured by `start`


def watched(dataset: Path, seconds: float, video: Path | None, weights: Path | None, chosen: list[str]) -> None:
    """Play the session for so long and tell its blocks."""
    application = make_application(["lpstudio"])
    settings = open_settings()
    theme.install(application, "dark")
    shown = float(os.environ.get("LPSTUDIO_BENCH_STACKS", "0"))
    watchdog = Watchdog(period_ms=2, sampled=shown > 0)  # each look at the stacks holds every thread for a moment
    window = MainWindow(settings)
    look_after_garbage(window)
    window.resize(1280, 800)
    window.show()
    script = Script(window, dataset, video, weights)
    end = time.perf_counter() + seconds

    def acts() -> Generator[tuple[str, Act], None, None]:
        yield "open", script.open()
        while True:
            for name, act in script.acts():
                if chosen and name not in chosen:
                    continue
                yield name, act()
                if time.perf_counter() > end:
                    yield "close", script.close()
                    return

    player = Player(acts(), application.exit)
    QTimer.singleShot(_STANDS_MS, watchdog.start)
    player.start()
    began = time.perf_counter()
    failed = application.exec()
    watchdog.stop()
    lasted = time.perf_counter() - began
    window.close()
    if shown:
        for block in watchdog.over(shown):
            own, computed = f"{block.own_ms:.0f} ms", f"computed {block.cpu_ms:.0f}, by the clock {block.ms:.0f}"
            print(f"--- {act_of(player, block)}: {own} ({computed})")
            for text, times in Counter(block.stacks).most_common(3):
                print(f"{times} ×\n{text}")
    if failed:
        raise SystemExit(f"{player.act}: {player.trouble}")
    frames, slow = watchdog.over(FRAME_MS), watchdog.over(SLOW_MS)
    tell({
        "seconds": lasted, "beats": watchdog.beats, "frames": len(frames), "slow": len(slow),
        "longest_ms": max((block.own_ms for block in frames), default=0.0),
        "by_clock": [sum(block.ms > limit for block in watchdog.blocks) for limit in (FRAME_MS, SLOW_MS)],
        "acts": dict(Counter(act_of(player, block) for block in frames)),
        "slow_acts": dict(Counter(act_of(player, block) for block in slow)),
        "worst": [
            [act_of(player, block), block.own_ms, block.cpu_ms]
            for block in sorted(frames, key=lambda b: -b.own_ms)[:10]
        ],
    })  # fmt: skip


def act_of(player: Player, block: Block) -> str:
    """During which act a block began."""
    name = "start"
    for at, act in player.timeline:
        if at > block.at_s + block.ms / 1e3:
            break
        name = act
    return name


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("dataset", type=Path)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--video", type=Path)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--acts", nargs="*", default=[])
    wanted = parser.parse_args()
    watched(wanted.dataset, wanted.seconds, wanted.video, wanted.weights, wanted.acts)
