"""Which classes occur on which crop, for searches over a whole project: read once in a thread, then kept up to date.

Only the class numbers of the label files are read (and the drafts of the database), neither pictures nor points.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from lpstudio.errors import LpStudioError

if TYPE_CHECKING:
    from lpstudio.dataset.project import Project

_log = logging.getLogger(__name__)

_CHUNK = 500  # crops between two questions whether to go on


class LabelIndex:
    """``classes`` of crop keys as bits: bit ``n`` of the number is set when class ``n`` occurs.

    Made and filled in any one thread at a time; reading it meanwhile from another is safe.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._bits: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._bits)

    def read(self, keys: Iterable[str], go_on: Callable[[], bool] = lambda: True) -> bool:
        """Read the label files of these crops, and all drafts. False when ``go_on`` said no before the end."""
        drafted = {key for key, _state, has_draft in self._project.store.states() if has_draft}
        for number, key in enumerate([*drafted, *(key for key in keys if key not in drafted)]):
            if number % _CHUNK == 0 and not go_on():
                return False
            self._bits[key] = self._draft_bits(key) if key in drafted else self._file_bits(key)
        return True

    def reread(self, key: str) -> None:
        """What stands on one crop was changed."""
        drafted = self._project.store.state(key)[1]
        self._bits[key] = self._draft_bits(key) if drafted else self._file_bits(key)

    def bits_of(self, key: str) -> int:
        """The classes on a crop; 0 for none, and for a crop that was not read."""
        return self._bits.get(key, 0)

    def bits_for(self, char: str) -> int:
        """The bit of a class; 0 when the dataset has no such class."""
        number = self._project.alphabet.index(char)
        return 0 if number is None else 1 << number

    def _file_bits(self, key: str) -> int:
        try:
            data = self._project.label_path(key).read_bytes()
        except OSError:
            return 0  # no label file, or none that can be read: opening the crop says why
        bits, count = 0, len(self._project.alphabet.names)
        for line in data.splitlines():
            head, _, rest = line.strip().partition(b" ")
            if rest and head.isdigit() and len(head) < 6 and int(head) < count:
                bits |= 1 << int(head)
        return bits

    def _draft_bits(self, key: str) -> int:
        try:
            draft = self._project.store.draft(key) or ()
        except LpStudioError as error:
            _log.warning("the draft of %s is not searched: %s", key, error.message)
            return 0
        bits = 0
        for character in draft:
            bits |= self.bits_for(character.char)
        return bits
