"""What is known before a training starts: which crops take part, what stays out, which characters are rare. No Qt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lpstudio.dataset.types import CropState
from lpstudio.studio.train.wording import counted

if TYPE_CHECKING:
    from lpstudio.dataset.project import Project
    from lpstudio.dataset.training_set import TrainingSet

RARE_BELOW = 10
FAULTS_SHOWN = 50


@dataclass(frozen=True)
class SplitSummary:
    """One split: how many crops take part (by state), how many stay out (by reason)."""

    split: str
    taking_part: int
    by_state: dict[str, int]
    left_out: dict[str, int]

    @property
    def total(self) -> int:
        return self.taking_part + sum(self.left_out.values())


@dataclass(frozen=True)
class ClassCount:
    """How often a character occurs in the two splits of a training."""

    char: str
    train: int
    val: int

    @property
    def is_rare(self) -> bool:
        return 0 < self.train < RARE_BELOW

    @property
    def is_absent(self) -> bool:
        return self.train == 0


@dataclass(frozen=True)
class Warning:
    """Something to know before the start; ``stops`` says that nothing can be trained like this."""

    text: str
    stops: bool = False


@dataclass(frozen=True)
class Preflight:
    """The whole of it, small enough to hand between threads."""

    splits: tuple[SplitSummary, ...]
    characters: tuple[ClassCount, ...]
    verified_only: bool = False
    empty_crops: int = 0
    unread_lines: int = 0
    faults: tuple[str, ...] = ()  # a sentence for each faulty crop that stays out
    warnings: tuple[Warning, ...] = field(default_factory=tuple)

    def split(self, name: str) -> SplitSummary:
        """The summary of a split; an empty one when the project has no such split."""
        return next((s for s in self.splits if s.split == name), SplitSummary(name, 0, {}, {}))

    @property
    def can_start(self) -> bool:
        return not any(warning.stops for warning in self.warnings)

    @property
    def headline(self) -> str:
        """ "413 crops to train on, 142 to validate"."""
        train, val = self.split("train").taking_part, self.split("val").taking_part
        return f"{counted(train, 'crop')} to train on, {val:,} to validate"


class OvertakenError(Exception):
    """The answer is not wanted any more."""


def summarise(project: Project, verified_only: bool, progress: Callable[[int, int], None] | None = None) -> Preflight:
    """Read the labels of all crops that would take part now.

    ``progress`` gets (done, all) crops; it may raise OvertakenError.
    """
    from lpstudio.dataset.training_set import collect

    collected = collect(project, verified_only=verified_only, progress=progress)
    index = project.index
    splits = []
    for name in collected.splits:
        by_state: Counter[str] = Counter()
        for crop in collected.splits[name]:
            position = index.position(crop.key)
            by_state[(index.state_of(position) if position is not None else CropState.LABELLED).value] += 1
        left_out = Counter(entry.reason for entry in collected.left_out if entry.split == name)
        splits.append(SplitSummary(name, collected.total(name), dict(by_state), dict(left_out)))
    train, val = collected.counts("train"), collected.counts("val")
    characters = tuple(ClassCount(char, train[char], val.get(char, 0)) for char in train)
    states = {state.value for state in CropState}
    faulty = [entry for entry in collected.left_out if entry.reason not in states]
    return Preflight(
        tuple(splits),
        characters,
        verified_only,
        collected.empty_crops,
        collected.unread_lines,
        tuple(entry.message or f"{entry.key}: {entry.reason}" for entry in faulty[:FAULTS_SHOWN]),
        tuple(_warnings(collected, characters, len(faulty), verified_only)),
    )


def _warnings(
    collected: TrainingSet, characters: tuple[ClassCount, ...], faulty: int, verified_only: bool
) -> list[Warning]:
    warnings = []
    kinds = "verified" if verified_only else "labelled or verified"
    if not collected.total("train"):
        warnings.append(Warning(f"No {kinds} crop in train: draw characters on some crops first.", stops=True))
    elif not any(count.train for count in characters):
        warnings.append(Warning("No crop of train has a character: draw some first.", stops=True))
    if not collected.total("val"):
        warnings.append(Warning(f"No {kinds} crop in val: the train crops stand in, and every measure flatters."))
    if faulty:
        stay = "stays" if faulty == 1 else "stay"
        warnings.append(Warning(f"{counted(faulty, 'faulty crop')} {stay} out: see the list below."))
    if collected.unread_lines:
        lines = f"{counted(collected.unread_lines, 'label line')} {'was' if collected.unread_lines == 1 else 'were'}"
        warnings.append(Warning(f"{lines} not understood; the other characters of these crops take part."))
    if collected.empty_crops:
        warnings.append(Warning(f"{counted(collected.empty_crops, 'crop')} without characters: pure background."))
    absent = [count.char for count in characters if count.is_absent]
    if absent and len(absent) < len(characters):
        warnings.append(Warning(f"Absent in train, cannot be learned: {' '.join(absent)}"))
    rare = [f"{count.char} ({count.train})" for count in characters if count.is_rare]
    if rare:
        warnings.append(Warning(f"Rare in train, fewer than {RARE_BELOW}: {', '.join(rare)}"))
    unmeasured = [count.char for count in characters if count.train and not count.val]
    if unmeasured and collected.total("val"):
        warnings.append(Warning(f"Absent in val, cannot be measured: {' '.join(unmeasured)}"))
    return warnings
