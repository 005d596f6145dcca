"""``python -m tests.bench.masks FOLDER``: mask mAP of rectangular batches beside square ones, seed by seed.

Takes hours on a processor. What is trained stays in FOLDER: called again, it goes on where it was interrupted. Real
crops where this machine has them, else synthetic ones of 3:1.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from pathlib import Path

MOST_LOWER = 0.01  # of mask mAP50-95


def trained(project: Path, batches: str, seed: int, epochs: int, weights: str) -> tuple[float, float]:
    """(mask mAP50-95 of the best weights on val, seconds of the whole run); val scores only."""
    from lpstudio.dataset.project import Project
    from lpstudio.dataset.training_set import collect
    from lpstudio.training.conductor import Conductor
    from lpstudio.training.events import EventLog
    from lpstudio.training.runs import Run, create_run
    from lpstudio.training.session import train
    from lpstudio.training.settings import TrainSettings

    folder = project / "runs" / f"{batches}-{seed}-{epochs}-{weights}-1"
    told = folder / "told.json"
    if not told.is_file():
        if folder.is_dir():
            run = Run.open(folder)
        else:
            settings = TrainSettings(
                name=f"{batches}-{seed}-{epochs}-{weights}",
                epochs=epochs,
                seed=seed,
                batches=batches,
                device="cpu",
                weights=weights,
                early_stop_epochs=0,
                save_period=0,
            )
            with Project.open(project) as opened:
                run = create_run(opened, settings, collect(opened))
        log, began = EventLog(run.events_path), time.perf_counter()
        train(run, "cpu", Conductor(run, log), log)
        log.close()
        scores = json.loads((run.dir / "scores.json").read_text())
        values = {"mask_map": scores["metrics"]["mask_map"], "seconds": time.perf_counter() - began}
        told.write_text(json.dumps(values))
    data = json.loads(told.read_text())
    return data["mask_map"], data["seconds"]


def main() -> int:
    """Train, and print a line a seed; 1 when rectangles are lower by more than allowed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.masks", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--weights", choices=("scratch", "starter"), default="starter")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    os.environ["LPSTUDIO_LOCKS"] = str(options.folder / "locks")
    from tests.bench import crops

    project = options.folder / "plates"
    if not (project / "data.yaml").is_file() and crops.real_plates(project) is None:
        print("no real crops here (set LPSTUDIO_REAL_CROPS): synthetic ones", file=sys.stderr)
        crops.wide_plates(options.folder, 1500)[0].rename(project)
    differences = []
    print(f"{'seed':>6}{'rectangular':>14}{'square':>10}{'difference':>13}{'times faster':>15}")
    for seed in options.seeds:
        (flat, short), (square, long) = (
            trained(project, one, seed, options.epochs, options.weights) for one in ("rectangular", "square")
        )
        differences.append(flat - square)
        print(f"{seed:>6}{flat:>14.4f}{square:>10.4f}{flat - square:>+13.4f}{long / short:>15.2f}", flush=True)
    mean = statistics.mean(differences)
    spread = statistics.stdev(differences) if len(differences) > 1 else float("nan")
    print(f"mask mAP50-95 on val after {options.epochs} epochs: {mean:+.4f} on average (spread {spread:.4f})")
    return int(mean < -MOST_LOWER)


if __name__ == "__main__":
    sys.exit(main())
