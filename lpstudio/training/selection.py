"""The part of train that is set aside to choose with: when to stop, which weights are best, how logits become
probabilities. What chooses must not score: val is left alone until the end.

The crops of one plate (its known text) stay together, and so do those of one video whose text is not known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lpstudio.dataset.plate_texts import normalise_text
from lpstudio.dataset.split import Bond, SplitCrop, divide, together
from lpstudio.dataset.training_set import TrainingCrop

if TYPE_CHECKING:
    from lpstudio.dataset.project import Project
    from lpstudio.training.runs import Run

NO_VALIDATION_CROPS = (
    "The val split has no labelled crop: validation uses the training crops, so its figures say nothing of new plates."
)
LEAST_PLATES = 20  # of train: with fewer, a part of them would choose by luck


@dataclass(frozen=True)
class Selection:
    """How train is divided. ``chosen``: the crops set aside, none of which is in ``train``.

    ``plates``: how many plates ``chosen`` has; ``why_none``: the reason, in words, where nothing is set aside.
    """

    train: tuple[TrainingCrop, ...]
    chosen: tuple[TrainingCrop, ...]
    plates: int = 0
    why_none: str = ""


def set_aside(project: Project, crops: Sequence[TrainingCrop], share: float, seed: int) -> Selection:
    """About ``share`` of the crops, whole plates drawn by ``seed``; the same crops and seed draw the same plates.

    A character that only few plates have stays in train. Nothing is set aside where ``share`` is 0 or train has fewer
    than ``LEAST_PLATES`` plates.
    """
    everything = tuple(crops)
    if share <= 0:
        return Selection(everything, (), why_none="the selection share is 0")
    plates = plates_of(project, everything)
    if len(plates) < LEAST_PLATES:
        return Selection(
            everything, (), why_none=f"train has {len(plates)} plates, and {LEAST_PLATES} are needed to set some aside"
        )
    wanted = set(divide(plates, {"train": 1.0 - share, "selection": share}, seed)["selection"])
    characters = {crop.key: Counter(one.char for one in crop.characters) for crop in everything}
    left: Counter[str] = Counter()
    for crop in everything:
        left.update(characters[crop.key])
    chosen: set[str] = set()
    count = 0
    for plate in plates:
        if plate[0] not in wanted:
            continue
        taken: Counter[str] = sum((characters[key] for key in plate), Counter())
        if any(left[char] - times <= 0 for char, times in taken.items()):
            continue
        left.subtract(taken)
        chosen.update(plate)
        count += 1
    return Selection(
        tuple(crop for crop in everything if crop.key not in chosen),
        tuple(crop for crop in everything if crop.key in chosen),
        count,
        "" if chosen else "every plate has a character that no other has",
    )


def said_of_choice(run: Run) -> tuple[str, str]:
    """(level of a log event, which part of a run's data chooses and whether val is left to score)."""
    crops, parts = run.counts.get("crops", {}), run.record.get("selection", {})
    if run.chooser == "train":
        return "warning", NO_VALIDATION_CROPS
    if run.chooser == "val":
        why = parts.get("why_none") or "nothing of train was set aside"
        return "warning", f"Val chooses when to stop and which weights are best, so its figures flatter: {why}."
    scores = "val only scores" if crops.get("val") else "there is no val crop to score with"
    plates = parts.get("plates", 0)
    of_plates = "1 plate" if plates == 1 else f"{plates} plates"
    return "info", f"{crops['selection']} crops of train ({of_plates}) are set aside to choose; {scores}."


def plates_of(project: Project, crops: Sequence[TrainingCrop]) -> list[list[str]]:
    """The keys of the crops, plate by plate."""
    known = []
    for crop in crops:
        text = normalise_text(project.text(crop.key) or "") or None
        origin = project.origin(crop.key)
        video = origin.source if origin is not None and text is None else None
        known.append(SplitCrop(crop.key, "train", text=text, video=video))
    return together(known, (Bond.PLATE, Bond.VIDEO))
