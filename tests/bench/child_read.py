"""Reading a folder of crops into a JSON file on the CPU: LP Studio's way, stock ``YOLO.predict``'s, or the bare model.

One process measures one way: crops per second, the weights open and warmed up. ``bare`` runs the model alone on the
very batches that reading makes, without files, suppression, outlines or text.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from tests.bench.processes import tell


def stock(weights: Path, folder: Path, out: Path, side: int) -> int:
    """``YOLO(...).predict`` on the folder as its documentation says, its results as JSON."""
    from ultralytics import YOLO

    model = YOLO(str(weights))
    model.predict(str(next(iter(sorted(folder.iterdir())))), imgsz=side, device="cpu", verbose=False)

    def work() -> int:
        count = 0
        with out.open("w") as file:
            for result in model.predict(str(folder), imgsz=side, device="cpu", stream=True, verbose=False):
                file.write(result.to_json() + "\n")
                count += 1
        return count

    return _timed(work)


def own(weights: Path, folder: Path, out: Path, side: int, runtime: str) -> int:
    """The way of ``lpstudio read FOLDER --json FILE``; ``weights`` is a pack for ``onnx``."""
    from lpstudio.plates.formats import DEFAULT_FORMATS, formats_from
    from lpstudio.reading.reader import CharacterReader
    from lpstudio.reading.sources import find_items
    from lpstudio.reading.stream import ReadingRun
    from lpstudio.reading.weights import load_weights
    from lpstudio.similarity import Similarity

    reader = CharacterReader(load_weights(weights, "cpu", runtime), side)
    formats = formats_from(DEFAULT_FORMATS)
    list(ReadingRun(find_items([str(folder)])[:32], reader, formats, Similarity()))

    def work() -> int:
        count = 0
        with out.open("w") as file:
            for line in ReadingRun(find_items([str(folder)]), reader, formats, Similarity()):
                file.write(json.dumps(line) + "\n")
                count += 1
        return count

    return _timed(work)


def bare(weights: Path, folder: Path, side: int, runtime: str) -> int:
    """The model alone on the batches that reading makes of the folder."""
    from lpstudio.reading import detect
    from lpstudio.reading.pictures import load_image
    from lpstudio.reading.reader import CharacterReader
    from lpstudio.reading.weights import load_weights

    loaded = load_weights(weights, "cpu", runtime)
    batches: list[Any] = []
    run = detect.predict
    detect.predict = lambda model, batch: batches.append(batch) or run(model, batch)
    images = [load_image(path) for path in sorted(folder.iterdir())]
    reader = CharacterReader(loaded, side)
    for start in range(0, len(images), 32):
        reader.read_raw(images[start : start + 32])
    detect.predict = run

    def work() -> int:
        for batch in batches:
            run(loaded.model, batch)
        return len(images)

    return _timed(work)


def _timed(work: Any) -> int:
    wall, busy = time.perf_counter(), time.process_time()
    count = work()
    told = {"per_s": count / (time.perf_counter() - wall), "busy_ms": 1e3 * (time.process_time() - busy) / count}
    tell(told)
    return count


if __name__ == "__main__":
    kind, weights_path, crops, side_text = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    from lpstudio.training.offline import stay_offline

    stay_offline()
    if kind == "stock":
        stock(weights_path, crops, crops.parent / "stock.jsonl", side_text)
    elif kind.startswith("bare-"):
        bare(weights_path, crops, side_text, kind.removeprefix("bare-"))
    else:
        own(weights_path, crops, crops.parent / f"{kind}.jsonl", side_text, kind)
