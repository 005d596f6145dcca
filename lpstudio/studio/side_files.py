"""The files beside the labels, ``lpstudio.toml`` and ``crops.jsonl``: written in a thread, again after a failure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from lpstudio.studio.jobs import Jobs, plain_message

if TYPE_CHECKING:
    from lpstudio.dataset.project import Project
    from lpstudio.similarity import Similarity


class SideFiles(QObject):
    """What of them is not on disk yet. Call from the GUI thread only; ``jobs`` does one thing after the other."""

    failed = Signal(str)
    changed = Signal()  # what is written, or not yet

    def __init__(self, project: Project, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.similarity: Similarity = project.settings.similarity
        self._project = project
        self._jobs = jobs
        self._being_written = 0
        self._settings_failure = ""
        self._records_failure = ""

    @property
    def is_writing(self) -> bool:
        """Whether settings wait to be written."""
        return self._being_written > 0

    @property
    def pending(self) -> int:
        """How many of the two have something that is not on disk."""
        return bool(self._being_written or self._settings_failure) + bool(self._records_failure)

    @property
    def has_failed(self) -> bool:
        """Whether one could not be written the last time it was tried."""
        return bool(self._settings_failure or self._records_failure)

    def retry(self) -> None:
        """Try again to write what could not be written."""
        self.retry_settings()
        if self._records_failure:
            self.write_records()

    # -- lpstudio.toml ----------------------------------------------------------------------------------------------

    def retry_settings(self) -> None:
        """Try again where the settings could not be written: all of them, not only what changed last."""
        if self._settings_failure:
            self.save_settings()

    def save_settings(self) -> None:
        """Write the similarity, and all else as it stands."""
        similarity = self.similarity

        def change() -> None:
            if similarity is self.similarity:  # an older one is overtaken: write only the newest
                self._project.settings.similarity = similarity
                self._project.save_settings()

        self._write(change)

    def save_training(self, values: dict[str, Any]) -> None:
        """Keep the training form's values."""

        def change() -> None:
            self._project.settings.training = dict(values)
            self._project.save_settings()

        self._write(change)

    def save_filters(self, filters: dict[str, str]) -> None:
        """Keep the saved filters of the crop list."""
        kept = dict(filters)

        def change() -> None:
            self._project.settings.filters = kept
            self._project.save_settings()

        self._write(change)

    def _write(self, change: Callable[[], None]) -> None:
        self._being_written += 1
        self._settings_failure = ""
        self._jobs.run(change, lambda _: self._written(""), lambda error: self._written(plain_message(error)))
        self.changed.emit()

    def _written(self, failure: str) -> None:
        self._being_written -= 1
        if failure:
            self._settings_failure = failure
            self.failed.emit(failure)
        self.changed.emit()

    # -- crops.jsonl ------------------------------------------------------------------------------------------------

    def write_records(self) -> None:
        """Write the states and texts."""

        def ended(failure: str) -> None:
            self.note_records(failure)
            if failure:
                self.failed.emit(failure)
            self.changed.emit()

        self._jobs.run(self._project.flush, lambda _: ended(""), lambda error: ended(plain_message(error)))

    def note_records(self, failure: str) -> None:
        """They were written, or why not."""
        self._records_failure = failure
