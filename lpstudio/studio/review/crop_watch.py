"""Keeps Review told of what the crops under review say in the dataset, whoever changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from lpstudio.dataset.types import CropContent
from lpstudio.studio.review.items import WITH_LABELS

if TYPE_CHECKING:
    from lpstudio.studio.session import ProjectSession


class CropWatch(QObject):
    """Follows the crops that have a reading."""

    known = Signal(str, object, object)  # key, CropContent, CropState
    state_changed = Signal(str)  # key

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session: ProjectSession | None = None
        self._watched: set[str] = set()

    def set_session(self, session: ProjectSession | None) -> None:
        """Follow the crops of another project."""
        if self._session is not None:
            self._session.content_loaded.disconnect(self._loaded)
            self._session.crop_saved.disconnect(self._saved)
            self._session.state_changed.disconnect(self._state_changed)
        self._session = session
        self.forget()
        if session is not None:
            session.content_loaded.connect(self._loaded)
            session.crop_saved.connect(self._saved)
            session.state_changed.connect(self._state_changed)

    def watch(self, key: str) -> None:
        """Follow this crop from now on, and say what it says already."""
        self._watched.add(key)
        if self._session is not None and self._session.state(key) in WITH_LABELS:
            self._session.request_content(key)

    def forget(self) -> None:
        """Follow none any more."""
        self._watched.clear()

    def _loaded(self, key: str, content: CropContent, _size: object, fault: str) -> None:
        if key in self._watched and not fault and self._session is not None:
            self.known.emit(key, content, self._session.state(key))

    def _saved(self, key: str) -> None:
        if key in self._watched and self._session is not None:
            self._session.request_content(key)

    def _state_changed(self, key: str) -> None:
        if key in self._watched:
            self.state_changed.emit(key)
