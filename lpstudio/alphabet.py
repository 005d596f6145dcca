"""The alphabet: which characters a dataset has, and how its class names are matched to them.

Classes are matched by name, never by index: datasets come with fewer, more or reordered classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"
CHARACTERS = LETTERS + DIGITS


def normalise_name(name: object) -> str:
    """The class name as it is compared: without surrounding blanks, letters in upper case.

    YAML reads unquoted ``0`` as a number, so any scalar is accepted.
    """
    return str(name).strip().upper()


@dataclass(frozen=True)
class Alphabet:
    """The ordered classes of a dataset. ``names[i]`` is the normalised name of class ``i``."""

    names: tuple[str, ...]

    @classmethod
    def standard(cls) -> Alphabet:
        """A to Z, then 0 to 9."""
        return cls(tuple(CHARACTERS))

    @classmethod
    def from_names(cls, names: Mapping[int, object] | Sequence[object]) -> Alphabet:
        """Build from the ``names`` of a ``data.yaml`` or of weights (a list, or a mapping from 0 upwards).

        Raises ValueError when the indices have a hole, or two classes have the same normalised name.
        """
        if isinstance(names, Mapping):
            indices = sorted(int(key) for key in names)
            if indices != list(range(len(indices))):
                raise ValueError("class numbers must run from 0 without a hole")
            by_index = {int(key): value for key, value in names.items()}
            ordered = [by_index[index] for index in indices]
        else:
            ordered = list(names)
        normalised = tuple(normalise_name(name) for name in ordered)
        doubled = sorted({name for name in normalised if normalised.count(name) > 1})
        if doubled:
            raise ValueError(f"class name occurs twice: {', '.join(doubled)}")
        return cls(normalised)

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def _index(self) -> dict[str, int]:
        return {name: index for index, name in enumerate(self.names)}

    def index(self, char: str) -> int | None:
        """The class number of a character, or None when the dataset lacks it."""
        return self._index.get(normalise_name(char))

    def is_character(self, index: int) -> bool:
        """Whether class ``index`` is one of the 36 plate characters."""
        return len(self.names[index]) == 1 and self.names[index] in CHARACTERS

    @property
    def characters(self) -> tuple[str, ...]:
        """The plate characters among the classes, in class order."""
        return tuple(name for index, name in enumerate(self.names) if self.is_character(index))

    @property
    def foreign(self) -> tuple[str, ...]:
        """Class names that are no plate characters; they are kept but belong to no similarity group."""
        return tuple(name for index, name in enumerate(self.names) if not self.is_character(index))
