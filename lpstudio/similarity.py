"""Similarity groups and the similarity matrix S (numpy only; the torch loss takes S from here).

S is symmetric, 1 on the diagonal, the base similarity inside a group, 0 elsewhere; single cells can be set by hand.
Groups may overlap: O 0 Q and D 0 leave S[D, O] at 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpstudio.alphabet import CHARACTERS, normalise_name

DEFAULT_GROUPS: tuple[tuple[str, ...], ...] = (
    ("O", "0", "Q"),
    ("I", "1", "L"),
    ("S", "5"),
    ("Z", "2"),
    ("B", "8"),
    ("D", "0"),
    ("G", "C"),
    ("U", "V"),
    ("P", "R"),
)
DEFAULT_BASE_SIMILARITY = 0.6


def create_similarity_matrix(
    num_classes: int = len(CHARACTERS),
    groups: Iterable[Sequence[str]] = DEFAULT_GROUPS,
    base_sim: float = DEFAULT_BASE_SIMILARITY,
    names: Sequence[str] = tuple(CHARACTERS),
) -> NDArray[np.float32]:
    """The similarity matrix, shape (num_classes, num_classes), float32.

    ``names[i]`` is the character of class ``i``; characters of a group that are no class are passed over.
    """
    index = {normalise_name(name): i for i, name in enumerate(names[:num_classes])}
    matrix = np.eye(num_classes, dtype=np.float32)
    for group in groups:
        members = [index[c] for c in (normalise_name(name) for name in group) if c in index]
        for i in members:
            for j in members:
                if i != j:
                    matrix[i, j] = base_sim
    return matrix


@dataclass(frozen=True)
class Group:
    """One similarity group: a name for people, and its characters."""

    name: str
    chars: tuple[str, ...]

    @classmethod
    def of(cls, chars: Sequence[str], name: str = "") -> Group:
        """A group of the given characters, upper-cased and without repeats; named after them unless named."""
        unique = tuple(dict.fromkeys(normalise_name(c) for c in chars))
        return cls(name or " ".join(unique), unique)


def _pair(a: str, b: str) -> tuple[str, str]:
    first, second = sorted((normalise_name(a), normalise_name(b)))
    return first, second


def _check_value(value: float, what: str) -> float:
    number = float(value)
    if not math.isfinite(number) or not 0.0 <= number <= 1.0:
        raise ValueError(f"{what} must be a number from 0 to 1, not {value}")
    return number


@dataclass(frozen=True)
class Similarity:
    """What a project says about characters that look alike. Immutable: every edit gives a new value.

    ``cells`` maps an unordered pair (sorted) to a similarity set by hand, which counts before any group.
    """

    groups: tuple[Group, ...] = field(default_factory=lambda: tuple(Group.of(g) for g in DEFAULT_GROUPS))
    base: float = DEFAULT_BASE_SIMILARITY
    cells: Mapping[tuple[str, str], float] = field(default_factory=dict)

    def matrix(self, names: Sequence[str] = tuple(CHARACTERS)) -> NDArray[np.float32]:
        """S over the classes ``names``, shape (len(names), len(names)), float32."""
        matrix = create_similarity_matrix(len(names), [g.chars for g in self.groups], self.base, names)
        index = {normalise_name(name): i for i, name in enumerate(names)}
        for (a, b), value in self.cells.items():
            if a in index and b in index and a != b:
                matrix[index[a], index[b]] = matrix[index[b], index[a]] = value
        return matrix

    def value(self, a: str, b: str) -> float:
        """S for one pair of characters."""
        if normalise_name(a) == normalise_name(b):
            return 1.0
        pair = _pair(a, b)
        if pair in self.cells:
            return self.cells[pair]
        return self.base if self.share_group(*pair) else 0.0

    def share_group(self, a: str, b: str) -> bool:
        """Whether two different characters stand in one group."""
        a, b = normalise_name(a), normalise_name(b)
        return a != b and any(a in g.chars and b in g.chars for g in self.groups)

    def is_similar(self, a: str, b: str) -> bool:
        """Whether two different characters count as look-alikes: a shared group, or a cell above 0."""
        return normalise_name(a) != normalise_name(b) and self.value(a, b) > 0.0

    def with_base(self, base: float) -> Similarity:
        return replace(self, base=_check_value(base, "base similarity"))

    def with_group(self, group: Group, at: int | None = None) -> Similarity:
        """Add a group (at the end, or at a place)."""
        groups = list(self.groups)
        groups.insert(len(groups) if at is None else at, group)
        return replace(self, groups=tuple(groups))

    def with_group_changed(self, at: int, group: Group) -> Similarity:
        groups = list(self.groups)
        groups[at] = group
        return replace(self, groups=tuple(groups))

    def without_group(self, at: int) -> Similarity:
        return replace(self, groups=self.groups[:at] + self.groups[at + 1 :])

    def with_cell(self, a: str, b: str, value: float | None) -> Similarity:
        """Set one symmetric cell by hand; None gives it back to the groups. The diagonal cannot be set."""
        if normalise_name(a) == normalise_name(b):
            raise ValueError("the similarity of a character to itself is always 1")
        cells = dict(self.cells)
        if value is None:
            cells.pop(_pair(a, b), None)
        else:
            cells[_pair(a, b)] = _check_value(value, "similarity")
        return replace(self, cells=cells)

    def to_dict(self) -> dict[str, Any]:
        """Plain data as it stands in ``lpstudio.toml`` and in a run's folder."""
        return {
            "base": self.base,
            "groups": [{"name": g.name, "chars": " ".join(g.chars)} for g in self.groups],
            "cells": [{"pair": f"{a} {b}", "value": value} for (a, b), value in sorted(self.cells.items())],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Similarity:
        """The inverse of :meth:`to_dict`. Raises ValueError that names the faulty entry."""
        base = _check_value(data.get("base", DEFAULT_BASE_SIMILARITY), "base similarity")
        if "groups" in data:
            groups = tuple(Group.of(str(g["chars"]).split(), str(g.get("name", ""))) for g in data["groups"])
        else:
            groups = tuple(Group.of(g) for g in DEFAULT_GROUPS)
        result = cls(groups=groups, base=base)
        for cell in data.get("cells", ()):
            pair = str(cell["pair"]).split()
            if len(pair) != 2:
                raise ValueError(f"a cell needs two characters, not {cell['pair']!r}")
            result = result.with_cell(pair[0], pair[1], cell["value"])
        return result
