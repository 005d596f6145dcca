"""Evaluations whose confusions are known, for tests of what is made of them: W, N and M are mixed up, O and 0 a little.

``write_plates(folder)`` draws the crops, ``made_evaluation(folder)`` says what a model read on them, and
``evaluated_run(folder)`` puts a run with that evaluation into the project.
"""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

from lpstudio.dataset.project import Project
from lpstudio.dataset.training_set import collect
from lpstudio.dataset.types import Character
from lpstudio.evaluation.measures import CharacterCounts
from lpstudio.evaluation.results import CropResult, Evaluation
from lpstudio.evaluation.stored import folder_of, stamp_of, write_evaluation
from lpstudio.similarity import Similarity
from lpstudio.training.runs import Run, create_run
from lpstudio.training.settings import TrainSettings

NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
SIZE = (200, 70)
LETTERS = "WNMOQDABWNM0"
READ_AS = {"W": ("N", 0.30), "N": ("W", 0.18), "M": ("N", 0.25), "O": ("0", 0.2), "B": ("8", 0.1), "4": ("A", 0.2)}


def box(place: int) -> tuple[tuple[float, float], ...]:
    """The outline of the character at a place, in pixels."""
    left = 8.0 + 27.0 * place
    return ((left, 14.0), (left + 22, 14.0), (left + 22, 56.0), (left, 56.0))


def write_plates(folder: Path, count: int = 30) -> Path:
    """A project with four labelled crops in train and ``count`` in val, each with a plate of its own."""
    from PIL import Image, ImageDraw, ImageFont

    rng = random.Random(5)
    for split, many in (("train", 4), ("val", count)):
        for kind in ("images", "labels"):
            (folder / kind / split).mkdir(parents=True, exist_ok=True)
        for number in range(many):
            text = "".join(rng.choice(LETTERS) for _ in range(3)) + f"{rng.randrange(10000):04d}"
            picture = Image.new("RGB", SIZE, (214, 214, 208))
            pencil = ImageDraw.Draw(picture)
            font = ImageFont.load_default(34)
            lines = []
            for place, char in enumerate(text):
                corners = box(place)
                pencil.text((corners[0][0] + 1, 14), char, fill=(40, 42, 50), font=font)
                values = " ".join(f"{x / SIZE[0]:.6f} {y / SIZE[1]:.6f}" for x, y in corners)
                lines.append(f"{NAMES.index(char)} {values}")
            picture.save(folder / "images" / split / f"plate{number:03d}.png")
            (folder / "labels" / split / f"plate{number:03d}.txt").write_text("\n".join(lines) + "\n")
    names = "\n".join(f"  {number}: '{name}'" for number, name in enumerate(NAMES))
    (folder / "data.yaml").write_text(f"train: images/train\nval: images/val\nnames:\n{names}\n")
    return folder


def made_evaluation(folder: Path, seed: int = 1, weights: Path = Path("best.pt")) -> Evaluation:
    """What a model read on the val crops: mostly right, with the confusions of :data:`READ_AS` and some missed."""
    rng = random.Random(seed)
    crops = []
    for label in sorted((folder / "labels" / "val").glob("*.txt")):
        text = "".join(NAMES[int(line.split()[0])] for line in label.read_text().splitlines())
        crops.append(_crop(folder, label.stem, text, rng))
    return Evaluation(
        project=folder.name,
        split="val",
        weights="best",
        weights_path=weights,
        calibrated=False,
        formats="none",
        crops=tuple(crops),
        similarity=Similarity(),
        faults=(),
    )


def _crop(folder: Path, stem: str, text: str, rng: random.Random) -> CropResult:
    true = tuple(Character(box(place), char) for place, char in enumerate(text))
    found: list[dict[str, Any]] = []
    pairs, likelihoods = [], []
    top1 = 0
    for place, char in enumerate(text):
        if rng.random() < 0.02:
            continue  # missed
        other, share = READ_AS.get(char, ("X", 0.01))
        wrong = rng.random() < share
        sure = rng.uniform(0.5, 0.8) if wrong else rng.uniform(0.6, 0.99)
        first, second = (other, char) if wrong else (char, other)
        pairs.append((place, len(found)))
        likelihoods.append(1 - sure if wrong else sure)
        top1 += not wrong
        found.append(
            {
                "polygon": [[x + 1, y] for x, y in box(place)],
                "box": [box(place)[0][0] + 1, 14.0, box(place)[1][0] + 1, 56.0],
                "confidence": sure,
                "similar": Similarity().is_similar(first, second),
                "changed": False,
                "chosen": first,
                "candidates": [{"char": first, "probability": sure}, {"char": second, "probability": 1 - sure}],
            }
        )
    said = "".join(one["candidates"][0]["char"] for one in found)
    plate = {
        "box": [8.0, 14.0, 192.0, 56.0], "track": None, "text": said, "probability": 0.7, "format": None,
        "hypotheses": [{"text": said, "probability": 0.7, "format": None}], "characters": found,
    }  # fmt: skip
    counts = CharacterCounts(len(text), top1, len(found), len(text) - len(found), 0)
    image = folder / "images" / "val" / f"{stem}.png"
    return CropResult(
        f"images/val/{stem}.png", image, *SIZE, (plate,), true, text, counts,
        tuple(pairs), tuple(0.9 for _ in pairs), tuple(likelihoods),
    )  # fmt: skip


def evaluated_run(folder: Path, name: str = "made", seed: int = 1, epochs: int = 12, **settings: object) -> Run:
    """A finished run in the project with curves, weights (of no use) and an evaluation."""
    run = finished_run(folder, name, epochs, seed=seed, **settings)
    weights = run.dir / "weights" / "best.pt"
    target = folder_of(run.dir)
    target.mkdir(parents=True)
    write_evaluation(made_evaluation(folder, seed, weights), target, stamp_of(weights))
    return run


def finished_run(folder: Path, name: str, epochs: int = 12, **settings: object) -> Run:
    """A run whose events say that all of its epochs are done."""
    with Project.open(folder) as project:
        chosen = TrainSettings.from_dict(
            {"name": name, "epochs": epochs, "weights": "scratch", "device": "cpu", **settings}
        )
        run = create_run(project, chosen, collect(project))
    rng = random.Random(name)
    lift = rng.uniform(0.8, 1.0)
    events: list[dict[str, Any]] = [
        {"type": "start", "epochs": epochs, "batches": 4, "device": "cpu", "counts": {}, "weights": "scratch"}
    ]
    for number in range(1, epochs + 1):
        losses = {
            part: (2.5 / number + 0.5 + 0.08 * rng.random()) / lift
            for part in ("box_loss", "seg_loss", "cls_loss", "dfl_loss", "char_loss")
        }
        share = lift * (1 - 0.8 / number)
        events.append(
            {
                "type": "epoch", "epoch": number, "epochs": epochs, "train": losses,
                "val": {part: 1.15 * value for part, value in losses.items()},
                "metrics": {
                    "box_map50": 0.95 * share, "box_map": 0.75 * share, "mask_map50": 0.9 * share,
                    "mask_map": 0.65 * share, "char_top1": 0.9 * share, "char_top2": min(1.0, share),
                    "missed": 3, "extra": 1, "characters": 210,
                },
                "lr": 0.01, "epoch_s": 2.5, "left_s": 0.0, "memory_mb": 640, "best": True,
            }
        )  # fmt: skip
    events.append({"type": "finished", "reason": "completed", "best": None, "last": None})
    with run.events_path.open("a") as stream:
        stream.writelines(json.dumps({"v": 1, "t": time.time(), **event}) + "\n" for event in events)
    (run.dir / "lock.json").write_text(json.dumps({"pid": 2**22 + 5, "started": 0.0, "events_offset": 0}))
    (run.dir / "weights").mkdir()
    (run.dir / "weights" / "best.pt").write_bytes(b"no weights")
    return run
