"""Reading a folder of crops beside stock ``YOLO.predict`` with the same weights, image size and threads."""

from __future__ import annotations

import shutil
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

from tests.bench.beside import Run
from tests.bench.processes import run
from tests.bench.report import Figure, measured

CROPS = 1600
SIDE = 224
ROUNDS = 2
SHOWN = 30  # crops read one by one in the window


def reading(bench: Run) -> list[Figure]:
    """Crops per second from a folder of files to JSON with the shipped weights, CPU, beside stock YOLO.predict.

    Stock runs twice in every round, with as many threads as Ultralytics chooses and with all: the faster way counts.
    """
    from lpstudio.plates.formats import DEFAULT_FORMATS, formats_from
    from lpstudio.reading.pack import write_pack
    from lpstudio.similarity import Similarity
    from lpstudio.synthesis.dataset import write_dataset

    weights = _shipped_weights()
    if weights is None:
        return []
    made = bench.folder / "made"
    write_dataset(made, CROPS, seed=11, jobs=2)
    folder = bench.folder / "crops"
    folder.mkdir()
    for split in ("train", "val"):
        for picture in (made / "images" / split).iterdir():
            shutil.copy(picture, folder)
    pack = bench.folder / "pack"
    write_pack(weights, pack, Similarity(), formats_from(DEFAULT_FORMATS))
    speeds: dict[str, list[float]] = {}
    busy: dict[str, list[float]] = {}
    whole: dict[str, list[float]] = {}
    as_it_is: dict[str, list[float]] = {}
    ways: list[tuple[str, Path]] = [
        ("stock", weights), ("stock-all", weights), ("torch", weights), ("bare-torch", weights),
        ("onnx", pack), ("bare-onnx", pack),
    ]  # fmt: skip
    for number in range(ROUNDS):
        for kind, path in [*ways, *([("stock-8", weights)] if number == 0 else [])]:
            told, began = run("tests.bench.child_read", bench.folder, kind, str(path), str(folder), str(SIDE))
            speeds.setdefault(kind, []).append(told["per_s"])
            busy.setdefault(kind, []).append(told["busy_ms"])
            whole.setdefault(kind, []).append(CROPS / (told["ended"] - began))
            as_it_is.setdefault(kind, []).append(told.get("as_it_is", 0.0))
    own_threads, all_threads = speeds["stock"], speeds["stock-all"]
    if sum(all_threads) > sum(own_threads):  # the faster of the two counts
        for told_by in (speeds, busy, whole):
            told_by["stock"] = told_by["stock-all"]
    note = (
        f"{CROPS} crops, {SIDE} px; threads as Ultralytics chooses {statistics.median(own_threads):.0f}, "
        f"all {statistics.median(all_threads):.0f}; batches of 8 at once: {speeds['stock-8'][0]:.0f}"
    )
    figures = [measured("reading, stock YOLO.predict", speeds["stock"], "crops/s", note=note)]
    for kind, title, aim in (("torch", "torch", 2.0), ("onnx", "ONNX Runtime", 3.0)):
        figures.append(measured(f"reading, {title}", speeds[kind], "crops/s", note=_busy(busy, kind)))
        for name, values, least in (
            ("times stock", _ratio(speeds[kind], speeds["stock"]), aim),
            ("times stock, from the start of the process", _ratio(whole[kind], whole["stock"]), None),
            ("share of the bare model", [100 * x for x in _ratio(speeds[kind], speeds[f"bare-{kind}"])], 70.0),
        ):
            one = measured(f"reading, {title}: {name}", values, "%" if least == 70.0 else "×")
            note = _bare(speeds, as_it_is, f"bare-{kind}") if least == 70.0 else ""
            figures.append(Figure(one.name, one.value, one.unit, least, at_least=True, note=note, spread=one.spread))
    return figures


def _shipped_weights() -> Path | None:
    """The weights to measure with; None, and why, where none are shipped."""
    from lpstudio.errors import LpStudioError
    from lpstudio.reading.weights import find_weights

    try:
        return find_weights(None)
    except LpStudioError as error:
        print(f"not measured: {error}", file=sys.stderr)
        return None


def overlay(bench: Run) -> list[Figure]:
    """From the key that has the crop on the screen read to its painted overlay in Review, weights opened before."""
    from lpstudio.synthesis.dataset import write_dataset

    weights = _shipped_weights()
    if weights is None:
        return []
    made = bench.folder / "made"
    write_dataset(made, 12 * SHOWN, seed=12, jobs=2)
    told, _began = run("tests.bench.child_overlay", bench.folder, str(made), str(weights), str(SHOWN))
    times = told["overlay_s"]
    last = 1e3 * sorted(times)[int(0.95 * len(times))]
    note = f"95 %: {last:.0f} ms; {told['characters']:.1f} characters a crop"
    return [measured("crop on the screen to its overlay", times, "ms", 60.0, factor=1e3, note=note)]


def _ratio(ours: list[float], theirs: list[float]) -> list[float]:
    return [own / other for own, other in zip(ours, theirs, strict=True)]


def _bare(speeds: dict[str, list[float]], as_it_is: dict[str, list[float]], kind: str) -> str:
    fastest, plain = (statistics.median(told[kind]) for told in (speeds, as_it_is))
    return f"bare {fastest:.0f} crops/s" + (f", not made for many {plain:.0f}" if plain < 0.98 * fastest else "")


def _busy(busy: dict[str, list[float]], kind: str) -> str:
    own, stock = (statistics.median(busy[name]) for name in (kind, "stock"))
    return f"{own:.1f} ms of processor time a crop, stock {stock:.1f} ms"


READING: dict[str, Callable[[Run], list[Figure]]] = {"reading": reading, "overlay": overlay}
