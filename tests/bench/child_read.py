"""Reading a folder of crops into a JSON file on the CPU: LP Studio's way, stock ``YOLO.predict``'s, or the bare model.

One process measures one way: crops per second with the weights open and one crop read, and the clock when all was done.
``bare`` runs the model alone on the very batches that reading makes, without files, suppression, outlines or text, in
lanes side by side as reading does, and batch by batch on all threads, as it is and as
:meth:`Model.for_many` makes it: the fastest counts.
"""

from __future__ import annotations

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from tests.bench.processes import tell


def stock(weights: Path, folder: Path, out: Path, side: int, batch: int, all_threads: bool) -> None:
    """``YOLO(...).predict`` on the folder as its documentation says (``batch`` 1), its results as JSON.

    Ultralytics takes one thread less than there are processors; with ``all_threads`` it gets as many as reading has.
    """
    from lpstudio.reading.threads import usable_threads

    threads = usable_threads()  # before Ultralytics changes it

    import torch
    from ultralytics import YOLO

    model = YOLO(str(weights))
    model.predict(str(next(iter(sorted(folder.iterdir())))), imgsz=side, device="cpu", verbose=False)
    if all_threads:
        torch.set_num_threads(threads)

    def work() -> int:
        count = 0
        with out.open("w") as file:
            given = {"imgsz": side, "device": "cpu", "stream": True, "verbose": False, "batch": batch}
            for result in model.predict(str(folder), **given):
                file.write(result.to_json() + "\n")
                count += 1
        return count

    tell(_timed(work))


def own(weights: Path, folder: Path, out: Path, side: int, runtime: str) -> None:
    """The way of ``lpstudio read FOLDER --json FILE``; ``weights`` is a pack for ``onnx``."""
    from lpstudio.plates.formats import DEFAULT_FORMATS, formats_from
    from lpstudio.reading.reader import CharacterReader
    from lpstudio.reading.sources import find_items
    from lpstudio.reading.stream import ReadingRun
    from lpstudio.reading.weights import load_weights
    from lpstudio.similarity import Similarity

    reader = CharacterReader(load_weights(weights, "cpu", runtime), side)
    formats = formats_from(DEFAULT_FORMATS)
    list(ReadingRun(find_items([str(folder)])[:1], reader, formats, Similarity()))

    def work() -> int:
        count = 0
        with out.open("w") as file:
            for line in ReadingRun(find_items([str(folder)]), reader, formats, Similarity()):
                file.write(json.dumps(line) + "\n")
                count += 1
        return count

    tell(_timed(work))


class _Recorder:
    """A model that remembers what it was given, by one lane: its windows are those of processes."""

    threads = 1

    def __init__(self, model: Any, batches: list[Any]) -> None:
        self._model = model
        self._batches = batches

    def __call__(self, batch: Any) -> Any:
        self._batches.append(batch)
        return self._model(batch)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


def bare(weights: Path, folder: Path, side: int, runtime: str) -> None:
    """The model alone on the batches that reading makes of the folder, as it is and as it is made for many pictures."""
    from lpstudio.plates.formats import formats_from
    from lpstudio.reading.reader import CharacterReader
    from lpstudio.reading.sources import find_items
    from lpstudio.reading.stream import ReadingRun
    from lpstudio.reading.weights import load_weights
    from lpstudio.similarity import Similarity

    loaded = load_weights(weights, "cpu", runtime)
    batches: list[Any] = []
    reader = CharacterReader(replace(loaded, model=_Recorder(loaded.model, batches)), side)
    count = len(list(ReadingRun(find_items([str(folder)]), reader, formats_from("none"), Similarity())))
    faster = loaded.model.for_many()
    models = [loaded.model, *([faster] if faster is not loaded.model else [])]
    told = [_bare(model, batches, count) for model in models]
    tell({**max(told, key=lambda one: one["per_s"]), "as_it_is": told[0]["per_s"]})


def _bare(model: Any, batches: list[Any], count: int) -> dict[str, float]:
    """The faster of two ways to run a model on batches of so many pictures in all."""
    model(batches[0])

    def together() -> int:
        for batch in batches:
            model(batch)
        return count

    def in_lanes() -> int:
        idle: SimpleQueue[Any] = SimpleQueue()
        for _ in range(model.threads):
            idle.put(model.lane())

        def one(batch: Any) -> None:
            lane = idle.get()
            lane(batch)
            idle.put(lane)

        with model.lanes_running(), ThreadPoolExecutor(model.threads, initializer=model.start_lane) as pool:
            list(pool.map(one, batches))
        return count

    return max(_timed(together), _timed(in_lanes), key=lambda told: told["per_s"])


def _busy() -> float:
    """Seconds that processors worked for this process and those it started, once they have ended."""
    return sum(os.times()[:4])


def _timed(work: Any) -> dict[str, float]:
    wall, busy = time.perf_counter(), _busy()
    count = work()
    return {
        "per_s": count / (time.perf_counter() - wall),
        "busy_ms": 1e3 * (_busy() - busy) / count,
        "ended": time.monotonic(),
    }


if __name__ == "__main__":
    kind, weights_path, crops, side_text = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    from lpstudio.training.offline import stay_offline

    stay_offline()
    if kind.startswith("stock"):
        out_path = crops.parent / "stock.jsonl"
        stock(weights_path, crops, out_path, side_text, 8 if kind == "stock-8" else 1, kind == "stock-all")
    elif kind.startswith("bare-"):
        bare(weights_path, crops, side_text, kind.removeprefix("bare-"))
    else:
        own(weights_path, crops, crops.parent / f"{kind}.jsonl", side_text, kind)
