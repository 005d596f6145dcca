"""Which crops take part in a training, and what is known of them before it starts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lpstudio.alphabet import Alphabet
from lpstudio.dataset.images import image_size
from lpstudio.dataset.labels import is_written, read_labels
from lpstudio.dataset.project import Project
from lpstudio.dataset.types import Character, CropState
from lpstudio.errors import LpStudioError

RARE_BELOW = 10
PICTURE_FAULT = "picture cannot be read"
LABEL_FAULT = "label file cannot be read"
NO_READABLE_LINE = "no line of the label file is understood"


@dataclass(frozen=True, slots=True)
class TrainingCrop:
    """One crop that takes part.

    ``size``: width and height in pixels after EXIF orientation; ``characters``: those of the label file in these pixels
    (none: a plate without characters, trained on as background); ``unread``: lines that were not understood.
    """

    key: str
    image: Path
    size: tuple[int, int]
    characters: tuple[Character, ...]
    unread: int = 0


@dataclass(frozen=True)
class LeftOut:
    """A crop that stays out, and why: a state's name or one of the reasons of this module."""

    key: str
    split: str
    reason: str
    message: str = ""


@dataclass(frozen=True)
class TrainingSet:
    """The crops of a training, by split, and what stays out."""

    alphabet: Alphabet
    splits: dict[str, list[TrainingCrop]]
    left_out: list[LeftOut] = field(default_factory=list)

    def counts(self, split: str) -> dict[str, int]:
        """How often each class of the alphabet occurs in a split, in class order, 0 included."""
        found = Counter(character.char for crop in self.splits.get(split, ()) for character in crop.characters)
        return {name: found.get(name, 0) for name in self.alphabet.names}

    def rare(self, split: str = "train", below: int = RARE_BELOW) -> list[tuple[str, int]]:
        """Characters that occur, but fewer than ``below`` times."""
        return [(name, count) for name, count in self.counts(split).items() if 0 < count < below]

    def absent(self, split: str = "train") -> list[str]:
        """Characters that do not occur at all."""
        return [name for name, count in self.counts(split).items() if count == 0]

    @property
    def left_out_counts(self) -> dict[str, int]:
        """How many crops stay out, by reason."""
        return dict(Counter(entry.reason for entry in self.left_out))

    @property
    def unread_lines(self) -> int:
        """Lines of label files that were not understood, over the crops that take part."""
        return sum(crop.unread for crops in self.splits.values() for crop in crops)

    @property
    def empty_crops(self) -> int:
        """Crops that take part without any character."""
        return sum(not crop.characters for crops in self.splits.values() for crop in crops)

    def total(self, split: str) -> int:
        """How many crops of a split take part."""
        return len(self.splits.get(split, ()))


def collect(
    project: Project,
    splits: Sequence[str] = ("train", "val"),
    verified_only: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> TrainingSet:
    """Read the labels of all labelled and verified crops (or of the verified ones only) of the splits.

    Unlabelled, half-drawn, draft and ignored crops never enter. A crop with a bad line takes part with its other
    characters; one without any understood line, or whose picture cannot be read, stays out and is named.
    ``progress`` is called with (done, all) crops.
    """
    index = project.fresh_index()
    wanted = {CropState.VERIFIED} if verified_only else {CropState.VERIFIED, CropState.LABELLED}
    result = TrainingSet(project.alphabet, {split: [] for split in splits})
    total = sum(len(index.range_of(split)) for split in splits)
    done = 0
    for split in splits:
        for i in index.range_of(split):
            key, state = index.keys[i], index.state_of(i)
            if state in wanted:
                crop = _crop(project, key, split)
            else:
                crop = LeftOut(key, split, state.value)
            if isinstance(crop, TrainingCrop):
                result.splits[split].append(crop)
            else:
                result.left_out.append(crop)
            done += 1
            if progress is not None and (done % 256 == 0 or done == total):
                progress(done, total)
    return result


def _crop(project: Project, key: str, split: str) -> TrainingCrop | LeftOut:
    image = project.image_path(key)
    try:
        size = image_size(image)
    except LpStudioError as error:
        return LeftOut(key, split, PICTURE_FAULT, error.message)
    try:
        content = read_labels(project.label_path(key), project.alphabet, size)
    except LpStudioError as error:
        return LeftOut(key, split, LABEL_FAULT, error.message)
    if content is None:  # taken away since the scan
        return LeftOut(key, split, CropState.UNLABELLED.value)
    characters = tuple(c for c in content.characters if is_written(c, project.alphabet))
    if content.unread and not characters:
        first = content.unread[0]
        path = project.label_path(key)
        return LeftOut(key, split, NO_READABLE_LINE, LpStudioError(first.fault, path=path, line=first.line).message)
    return TrainingCrop(key, image, size, characters, len(content.unread))
