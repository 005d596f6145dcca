"""``python -m lpstudio.demo_plates FOLDER CROPS``: makes the demo's project, with plates on it that nobody labelled.

Those are read by the starter weights at once and stand as drafts: what a newcomer sees first is what the program does
with plates it never trained on. A process of its own makes it, for the caller may be or become the window, which loads
neither torch nor cv2.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpstudio.errors import LpStudioError, one_line

if TYPE_CHECKING:
    from lpstudio.dataset.project import Project
    from lpstudio.dataset.types import Character
    from lpstudio.synthesis.conditions import Wishes

SEED = 1
DIFFICULTY = 0.25  # of the crops: a model as young as the demo's learns nothing from the worst CCTV
NEW = 12  # crops of plates that are in no split's labels
NEW_SEED = 20_260_101  # no seed of the starter weights' crops, nor of the demo's own
READINGS = "readings"  # the folder of readings beside the crops


def make(folder: Path, crops: int) -> None:
    """Make the project. The folder, absent or empty, appears whole or not at all. Raises LpStudioError."""
    from lpstudio.dataset.atomic import write_error
    from lpstudio.synthesis.conditions import Wishes
    from lpstudio.synthesis.dataset import check_new_folder, write_dataset

    folder = folder.absolute()
    check_new_folder(folder)
    wishes = Wishes(DIFFICULTY)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as beside:
            made = Path(beside) / folder.name
            write_dataset(made, crops, SEED, wishes=wishes)
            _add_new(made, wishes)
            if folder.exists():
                folder.rmdir()
            shutil.move(made, folder)
    except OSError as error:
        raise write_error(error, folder) from error


def _add_new(folder: Path, wishes: Wishes) -> None:
    """Add crops without labels, and what the starter weights read on them as drafts; say which of them are right."""
    from lpstudio.dataset.project import Project
    from lpstudio.synthesis.sheet import sample_crops

    truth = {}
    with Project.open(folder) as project:
        for number, crop in enumerate(sample_crops(NEW_SEED, wishes, NEW), start=1):
            path = folder / "images" / "train" / f"new{number:02d}.jpg"  # before the others in the list of crops
            path.write_bytes(crop.jpeg)
            truth[project.key_of(path)] = crop.text
        project.scan()
        try:
            readings = _read(project, list(truth))
        except LpStudioError as error:
            print(f"no drafts: {error.message}", file=sys.stderr)
            return
        for key, reading in readings.items():
            project.set_draft(key, _characters(reading))
        project.flush()
    _say(readings, truth)


def _read(project: Project, keys: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """What the starter weights read on crops; the readings and pictures of them are kept beside the crops."""
    from lpstudio.plates.formats import DEFAULT_FORMATS, formats_from
    from lpstudio.reading.outputs import JsonSink, OverlaySink, opened
    from lpstudio.reading.reader import CharacterReader
    from lpstudio.reading.sources import Item, Kind
    from lpstudio.reading.stream import ReadingRun
    from lpstudio.reading.weights import find_weights, load_weights

    items = [Item(key, project.image_path(key), Kind.PICTURE) for key in keys]
    reader = CharacterReader(load_weights(find_weights(None)))
    lines = ReadingRun(items, reader, formats_from(DEFAULT_FORMATS), project.settings.similarity)
    folder = project.root / READINGS
    readings: dict[str, Mapping[str, Any]] = {}
    with OverlaySink(folder, items) as draw, opened(str(folder / "new.jsonl")) as file:
        write = JsonSink(file)
        for line in lines:
            write(line)
            draw(line)
            readings[line["source"]] = line
    return readings


def _characters(reading: Mapping[str, Any]) -> list[Character]:
    """The characters of a reading as its text has them, in reading order."""
    from lpstudio.dataset.types import Candidate, Character

    return [
        Character(
            tuple((x, y) for x, y in one["polygon"]),
            one["chosen"],
            candidates=tuple(Candidate(c["char"], c["probability"]) for c in one["candidates"]),
            confidence=one["confidence"],
        )
        for plate in reading["plates"]
        for one in plate["characters"]
    ]


def _say(readings: Mapping[str, Mapping[str, Any]], truth: Mapping[str, str]) -> None:
    """One line a crop, for people."""
    right = 0
    for key, reading in readings.items():
        said = "  ".join(f"{plate['text']} {plate['probability']:.0%}" for plate in reading["plates"]) or "no plate"
        is_right = [plate["text"] for plate in reading["plates"]] == [truth[key]]
        right += is_right
        print(f"  {Path(key).name}: {said}{'' if is_right else f'  (it is {truth[key]})'}")
    print(f"{right} of {len(readings)} plates that nothing was trained on are read right; they are drafts now")


def environment() -> dict[str, str]:
    """The environment for a child that must find this very package."""
    package = str(Path(__file__).resolve().parent.parent)
    paths = [package, *(path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code; what was read goes to stdout, an error to stderr in one line."""
    parser = argparse.ArgumentParser(prog="lpstudio.demo_plates", description="Make the demo's project.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("crops", type=int)
    given = parser.parse_args(arguments)
    try:
        make(given.folder, given.crops)
    except LpStudioError as error:
        print(one_line(error.message), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
