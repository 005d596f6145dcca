"""With what is read: weights, plate formats, the similarity of the project."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from lpstudio.similarity import Similarity
from lpstudio.studio.jobs import Jobs
from lpstudio.studio.review.reading_job import ReadOptions
from lpstudio.studio.review.weights import WeightsChoice, WeightsKind, known_weights


class ReadingChoice(QObject):
    """What a person chose to read with. ``count`` goes up whenever readings would come out differently."""

    weights_changed = Signal()  # others are chosen, or other ones can be

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self.weights: WeightsChoice | None = None
        self.known: list[WeightsChoice] = []
        self.formats = "ph"
        self.conf: float | None = None
        self.twice = False
        self.count = 1
        self._by_person = False
        self._remembered: Path | None = None

    @property
    def own_file(self) -> Path | None:
        """The file of weights a person chose, to be remembered for the next start."""
        chosen = self._by_person and self.weights is not None and self.weights.kind is WeightsKind.FILE
        return self.weights.path if chosen and self.weights is not None else self._remembered

    def remember(self, own_file: Path) -> None:
        """A person chose this file in an earlier session: the next look takes it when it is still there."""
        self._remembered = own_file

    def look_for_weights(self, root: Path | None, *, other_project: bool = False) -> None:
        """Look again which weights there are; the newest run's are taken when a person has chosen none."""
        if other_project and not self._by_person:
            self.weights = None

        remembered, self._remembered = self._remembered, None

        def look() -> tuple[list[WeightsChoice], bool]:
            return known_weights(root), remembered is not None and remembered.is_file()

        def done(found: tuple[list[WeightsChoice], bool]) -> None:
            known, is_there = found
            self.known = known
            if remembered is not None and is_there and not self._by_person:
                self.use_weights(WeightsChoice.of_file(remembered))
            elif self.weights is None and known:
                self.weights = known[0]
                self.note_change()
            self.weights_changed.emit()

        self._jobs.run(look, done)

    def use_weights(self, choice: WeightsChoice) -> None:
        """Read with these from now on."""
        self._by_person = True
        if self.weights is None or choice.path != self.weights.path:
            self.weights = choice
            self.note_change()
        self.weights_changed.emit()

    def use_formats(self, formats: str) -> bool:
        """Prefer other plate formats; False when they are the same."""
        if formats == self.formats:
            return False
        self.formats = formats
        self.note_change()
        return True

    def look_twice(self, twice: bool) -> bool:
        """Look at every picture in two sizes, or in one; False when it is so already."""
        if twice == self.twice:
            return False
        self.twice = twice
        self.note_change()
        return True

    def note_change(self) -> None:
        """What is read from now on may come out differently."""
        self.count += 1

    def options(self, similarity: Similarity | None) -> ReadOptions:
        """The choice as a reading takes it. There must be weights."""
        assert self.weights is not None
        groups = similarity.to_dict() if similarity is not None else None
        return ReadOptions(self.weights.path, self.formats, groups, conf=self.conf, twice=self.twice)
