"""Which crops are trained on and which are kept to measure with: split by what crops have in common, seeded.

Crops of one plate, camera or video, and pictures that are nearly the same, stay together. What stays together is found
first; then whole groups are dealt out.
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from lpstudio.dataset.leaks import Leak, Twin, find_leaks, find_twins
from lpstudio.errors import LpStudioError, UsageError

if TYPE_CHECKING:
    from lpstudio.dataset.project import Project

Progress = Callable[[str, int, int], None]


class Bond(StrEnum):
    """What can keep crops together."""

    PLATE = "plate"
    CAMERA = "camera"
    VIDEO = "video"


@dataclass(frozen=True)
class SplitCrop:
    """One crop with what is known of it. ``split``: where it stands now; ``video``: what it was cut out of."""

    key: str
    split: str
    text: str | None = None
    camera: str | None = None
    video: str | None = None

    def bond(self, bond: Bond) -> str | None:
        """What it shares with others, or None where that is not known."""
        return {Bond.PLATE: self.text, Bond.CAMERA: self.camera, Bond.VIDEO: self.video}[bond]


@dataclass(frozen=True)
class SplitPlan:
    """How crops would be split, and what leaks before and after. ``parts``: keys of each split, sorted.

    ``known``: of each bond, how many crops it is known of; ``groups``: how many sets of crops have to stay together,
    ``largest``: the crops of the largest; ``twins``: pictures that are nearly the same, ``odd``: those of them whose
    plates have different texts, of which one must be wrong.
    """

    parts: Mapping[str, tuple[str, ...]]
    shares: Mapping[str, float]
    by: tuple[Bond, ...]
    seed: int
    camera: str | None
    known: Mapping[Bond, int]
    groups: int
    largest: int
    twins: tuple[Twin, ...]
    odd: tuple[Twin, ...]
    leaks_now: tuple[Leak, ...]
    leaks: tuple[Leak, ...]

    @property
    def crops(self) -> int:
        return sum(len(keys) for keys in self.parts.values())

    def settings(self) -> dict[str, Any]:
        """What ``lpstudio.toml`` keeps of it, enough to make it again."""
        kept: dict[str, Any] = {"by": [bond.value for bond in self.by], "seed": self.seed}
        kept |= {split: share for split, share in self.shares.items() if split != "train"}
        return kept | ({"camera": self.camera} if self.camera else {})

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "schema": 1,
            **self.settings(),
            "crops": {split: len(keys) for split, keys in self.parts.items()},
            "known": {bond.value: count for bond, count in self.known.items()},
            "groups": self.groups,
            "largest_group": self.largest,
            "near_duplicates": [twin.to_dict() for twin in self.twins],
            "different_texts": [twin.to_dict() for twin in self.odd],
            "leaks_now": [leak.to_dict() for leak in self.leaks_now],
            "leaks": [leak.to_dict() for leak in self.leaks],
        }


def divide(groups: Sequence[Sequence[str]], shares: Mapping[str, float], seed: int) -> dict[str, list[str]]:
    """Deal whole groups out to the splits of ``shares``, the first of which takes what the others do not need.

    The same groups in the same order, shares and seed give the same split. No split with a share above 0 stays empty
    where there are groups enough.
    """
    first, *others = shares
    total = sum(len(group) for group in groups)
    dealt: dict[str, list[str]] = {split: [] for split in shares}
    order = list(groups)
    random.Random(seed).shuffle(order)
    needed = [split for split in shares if split == first or shares[split] > 0]
    for number, group in enumerate(order):
        into = next((split for split in others if len(dealt[split]) + len(group) / 2 <= shares[split] * total), first)
        empty = [split for split in needed if not dealt[split]]
        if len(order) >= len(needed) and len(order) - number <= len(empty) and into not in empty:
            into = empty[0]
        dealt[into].extend(group)
    return {split: sorted(keys) for split, keys in dealt.items()}


def together(crops: Sequence[SplitCrop], by: Iterable[Bond], twins: Iterable[Twin] = ()) -> list[list[str]]:
    """The sets of crops that must stay together, each sorted, ordered by their first key."""
    parent = {crop.key: crop.key for crop in crops}

    def root(key: str) -> str:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for bond in by:
        first_of: dict[str, str] = {}
        for crop in crops:
            value = crop.bond(bond)
            if value is not None:
                parent[root(crop.key)] = root(first_of.setdefault(value, crop.key))
    for twin in twins:
        parent[root(twin.first)] = root(twin.second)
    groups: dict[str, list[str]] = defaultdict(list)
    for key in sorted(parent):
        groups[root(key)].append(key)
    return sorted(groups.values())


def split_crops(project: Project, camera: str | None = None) -> list[SplitCrop]:
    """All crops of a project with what is known of them.

    ``camera``: a regular expression; what it finds in a crop's path (its first group where it has one) is the camera.
    Raises UsageError when it is none.
    """
    pattern = _pattern(camera) if camera else None
    index = project.scan()
    sources = {record.key: record.origin.source for record in project.store.all_records() if record.origin is not None}
    crops = []
    for i, key in enumerate(index.keys):
        found = pattern.search(key) if pattern is not None else None
        crops.append(
            SplitCrop(
                key,
                index.split_of(i),
                project.text(key),
                None if found is None else found.group(1 if found.re.groups else 0),
                sources.get(key),
            )
        )
    return crops


def plan_split(
    project: Project,
    *,
    val: float = 0.2,
    test: float = 0.0,
    by: Sequence[Bond] = tuple(Bond),
    seed: int = 42,
    camera: str | None = None,
    progress: Progress = lambda what, done, total: None,
) -> SplitPlan:
    """How the crops of a project would be split; nothing is written.

    Pictures that are nearly the same always stay together. Raises UsageError for shares that are none, LpStudioError
    when there is nothing to split.
    """
    shares = _shares(val, test)
    crops = split_crops(project, camera)
    if not crops:
        raise LpStudioError("there are no crops to split", path=project.yaml_path)
    twins = find_twins([(crop.key, project.image_path(crop.key)) for crop in crops], progress)
    groups = together(crops, by, twins)
    if len(groups) < len(shares):
        counted = ", ".join(f"{count} are of one {bond.value}" for bond, count in _most_common(crops, by).items())
        raise LpStudioError(
            f"so many crops belong together that {len(shares)} splits cannot all get some (of {len(crops)} {counted})",
            path=project.yaml_path,
            remedy="Leave a bond out of --by",
        )
    parts = divide(groups, shares, seed)
    new = {key: split for split, keys in parts.items() for key in keys}
    texts = {crop.key: crop.text for crop in crops}
    now = {crop.key: crop.split for crop in crops}
    return SplitPlan(
        parts={split: tuple(keys) for split, keys in parts.items()},
        shares=shares,
        by=tuple(by),
        seed=seed,
        camera=camera,
        known={bond: sum(crop.bond(bond) is not None for crop in crops) for bond in Bond},
        groups=len(groups),
        largest=max(len(group) for group in groups),
        twins=tuple(twins),
        odd=tuple(twin for twin in twins if len({texts[twin.first], texts[twin.second], None}) == 3),
        leaks_now=tuple(find_leaks(now, texts, twins, project.index.doubled)),
        leaks=tuple(find_leaks(new, texts, twins)),
    )


def _shares(val: float, test: float) -> dict[str, float]:
    if not 0.0 < val < 1.0:
        raise UsageError(f"the share of val must be above 0 and below 1, not {val:g}")
    if not 0.0 <= test < 1.0 or val + test >= 1.0:
        raise UsageError(f"nothing would be left to train on with {val:g} for val and {test:g} for test")
    return {"train": 1.0 - val - test, "val": val} | ({"test": test} if test else {})


def _pattern(camera: str) -> re.Pattern[str]:
    try:
        return re.compile(camera)
    except re.error as error:
        raise UsageError(f"the camera's pattern is no regular expression: {error}") from error


def _most_common(crops: Sequence[SplitCrop], by: Iterable[Bond]) -> dict[Bond, int]:
    """Of each bond, how many crops its most frequent value has."""
    counted = {bond: Counter(crop.bond(bond) for crop in crops if crop.bond(bond) is not None) for bond in by}
    return {bond: max(values.values()) for bond, values in counted.items() if values}
