"""Work per plate: scripted sessions over synthetic crops in LP Studio, and the same plates done labelme's way."""

from __future__ import annotations

import json
import shutil
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench.beside import Run
from tests.bench.hand import AIM_S, CLICK_S, KEY_S
from tests.bench.pictures import picture_json, shape_json
from tests.bench.plates_to_do import LEAST_IOU, Plate, quality, save_plan, with_errors
from tests.bench.processes import run
from tests.bench.report import Figure, Spread

PLATES = 50
SEED = 5
WRONG = 0.1
SESSIONS = (("blank", "blank, text known"), ("right", "drafts right"), ("wrong", "drafts 10 % wrong"))

_Characters = Sequence[Sequence[Any]]


def work(bench: Run) -> list[Figure]:
    """Clicks, keys, pointer travel and time for each plate: blank, drafts right, drafts 10 % wrong."""
    plates, images = _plates(bench.folder / "work")
    figures = []
    for kind, title in SESSIONS:
        drafts = None
        if kind != "blank":
            drafts = with_errors(plates, WRONG if kind == "wrong" else 0.0, SEED)
        plan = bench.folder / f"work_{kind}.json"
        save_plan(plan, plates, drafts)
        ours, note = _ours(bench, kind, plates, images, drafts, plan)
        theirs = {
            rival.title: told
            for rival in bench.rivals("labelme")
            if (told := _labelme(bench, kind, plates, images, drafts, plan)) is not None
        }
        figures += _figures(title, ours, theirs, note)
    return figures


def _plates(folder: Path) -> tuple[list[Plate], dict[str, Path]]:
    """Synthetic plates with their truth, and where their pictures are, both by key."""
    from PIL import Image

    from lpstudio.dataset.project import Project
    from lpstudio.synthesis.dataset import write_dataset

    write_dataset(folder, PLATES, seed=SEED)
    plates, images = [], {}
    with Project.open(folder) as project:
        for key in project.index.keys:
            images[key] = project.image_path(key)
            with Image.open(images[key]) as opened:
                size = opened.size
            plates.append(Plate(key, size, project.load(key).characters))
    return plates, images


def _ours(
    bench: Run,
    kind: str,
    plates: Sequence[Plate],
    images: Mapping[str, Path],
    drafts: Mapping[str, Any] | None,
    plan: Path,
) -> tuple[list[dict[str, float]], str]:
    """The effort of every plate in LP Studio, and a word on what had to be corrected."""
    from lpstudio.dataset.project import Project

    folder = bench.folder / f"work_{kind}"
    source = bench.folder / "work"
    shutil.copytree(source / "images", folder / "images")
    shutil.copy(source / "data.yaml", folder / "data.yaml")
    if drafts is not None:
        with Project.open(folder) as project:
            for key, characters in drafts.items():
                if not project.set_draft(key, characters):
                    raise RuntimeError(f"{key} took no draft")
    told, _began = run("tests.bench.child_work", bench.folder, str(folder), str(plan), timeout_s=1200)
    with Project.open(folder) as project:
        found = {plate.key: [[c.char, c.polygon] for c in project.load(plate.key).characters] for plate in plates}
    untouched = sum(not effort["clicks"] for effort in told["plates"].values())
    fixed = ", ".join(f"{count} {what}" for what, count in told["fixed"].items() if count) or "nothing"
    return list(
        told["plates"].values()
    ), f"{untouched} plates by keys alone; corrected: {fixed}; on disk {_verdict(plates, found)}"


def _labelme(
    bench: Run,
    kind: str,
    plates: Sequence[Plate],
    images: Mapping[str, Path],
    drafts: Mapping[str, Any] | None,
    plan: Path,
) -> tuple[list[dict[str, float]], str] | None:
    """The same in labelme; None when it failed."""
    folder = bench.folder / f"work_{kind}_labelme"
    folder.mkdir()
    names = {}
    for plate in plates:
        image = Path(shutil.copy(images[plate.key], folder))
        names[plate.key] = image
        if drafts is not None:
            shapes = [shape_json(c.char, list(c.polygon)) for c in drafts[plate.key]]
            image.with_suffix(".json").write_text(json.dumps(picture_json(image.name, plate.size, shapes)))
    rival = bench.rivals("labelme")[0]
    answer = bench.drive(rival, "plates", str(folder), str(plan), timeout_s=1200)
    if answer is None:
        return None
    found = {}
    for key, image in names.items():
        written = image.with_suffix(".json")
        stands: list[dict[str, Any]] = json.loads(written.read_text())["shapes"] if written.is_file() else []
        found[key] = [[one["label"].upper(), one["points"]] for one in stands]
    return list(answer[0]["plates"].values()), f"labelme's on disk {_verdict(plates, found)}"


def _verdict(plates: Sequence[Plate], found: Mapping[str, _Characters]) -> str:
    """How many plates are right in the end, and how well outlined their characters are."""
    whole, overlaps = 0, []
    for plate in plates:
        right, each = quality([[c.char, c.polygon] for c in plate.characters], found[plate.key])
        overlaps += each
        whole += right == len(plate.characters) == len(found[plate.key])
    return f"{whole} of {len(plates)} right (IoU ≥ {LEAST_IOU:g}), mean IoU {statistics.fmean(overlaps):.2f}"


def hand_seconds(effort: Mapping[str, float]) -> float:
    """What a practised hand needs for it by the keystroke-level model, without time to look or think."""
    return KEY_S * effort["keys"] + AIM_S * effort["aims"] + CLICK_S * effort["clicks"]


_MEASURES: tuple[tuple[str, str, Callable[[Mapping[str, float]], float]], ...] = (
    ("clicks", "", lambda effort: effort["clicks"]),
    ("keys", "", lambda effort: effort["keys"]),
    ("pointer travel", "px", lambda effort: effort["travel"]),
    ("hand's time, computed", "s", hand_seconds),
    ("program's time", "s", lambda effort: effort["seconds"]),
)


def _figures(
    title: str,
    ours: list[dict[str, float]],
    theirs: Mapping[str, tuple[list[dict[str, float]], str]],
    note: str,
) -> list[Figure]:
    """Means over the plates (their sum is what a person does), the spread of single plates beside them."""
    figures = []
    for name, unit, measure in _MEASURES:
        values = [measure(effort) for effort in ours]
        others = {rival: statistics.fmean(measure(effort) for effort in told[0]) for rival, told in theirs.items()}
        remark = "; ".join([note, *(told[1] for told in theirs.values())]) if name == "clicks" else ""
        figures.append(
            Figure(
                f"{title}: {name} per plate", statistics.fmean(values), unit,
                note=remark, spread=Spread.of(values), rivals=others,
            )
        )  # fmt: skip
    return figures


WORK: dict[str, Callable[[Run], list[Figure]]] = {"work": work}
