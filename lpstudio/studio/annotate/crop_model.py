"""The list of crops as Qt sees it: a window on the session's index, never a copy of it."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer
from PySide6.QtGui import QImage

from lpstudio.dataset.types import CropState
from lpstudio.studio.annotate.filters import Listing, Rows, place_of
from lpstudio.studio.images import ImageLoader
from lpstudio.studio.jobs import Jobs
from lpstudio.studio.session import ProjectSession

_TEXTS_KEPT = 4096
_Index = QModelIndex | QPersistentModelIndex


class Role(IntEnum):
    """What the delegate asks for, beside the display text (the file's name)."""

    KEY = Qt.ItemDataRole.UserRole + 1
    STATE = Qt.ItemDataRole.UserRole + 2
    SPLIT = Qt.ItemDataRole.UserRole + 3
    TEXT = Qt.ItemDataRole.UserRole + 4
    THUMBNAIL = Qt.ItemDataRole.UserRole + 5  # a QImage; null when it cannot be read, None while it is loaded


class CropModel(QAbstractListModel):
    """Rows are positions of the index that match the filter, in any order. Thumbnails and texts come when asked for."""

    def __init__(self, loader: ImageLoader, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._loader = loader
        self._jobs = jobs
        self._session: ProjectSession | None = None
        self._rows: Rows = np.empty(0, dtype=np.int32)
        self._order: Rows | None = None
        self._texts: dict[str, str] = {}
        self._texts_wanted: set[str] = set()
        self._text_timer = QTimer(self)
        self._text_timer.setSingleShot(True)
        self._text_timer.setInterval(20)
        self._text_timer.timeout.connect(self._fetch_texts)
        loader.thumbnail_loaded.connect(lambda key, _image: self.refresh(key))
        loader.thumbnail_failed.connect(lambda key, _text: self.refresh(key))

    def set_rows(self, session: ProjectSession | None, found: Listing) -> None:
        """Show these positions of the session's index."""
        self.beginResetModel()
        if session is not self._session:
            self._texts.clear()
        self._session = session
        self._rows, self._order = found.rows, found.order
        self.endResetModel()

    @property
    def rows(self) -> Rows:
        return self._rows

    def key_at(self, row: int) -> str:
        """The key of the crop in a row."""
        assert self._session is not None
        return self._session.index.keys[int(self._rows[row])]

    def row_of(self, key: str) -> int | None:
        """The row of a crop, None when the filter hides it."""
        position = self._session.index.position(key) if self._session is not None else None
        return None if position is None else place_of(self._rows, position, self._order)

    def refresh(self, key: str) -> None:
        """A crop looks different now."""
        row = self.row_of(key)
        if row is not None:
            place = self.index(row, 0)
            self.dataChanged.emit(place, place)

    def forget_texts(self) -> None:
        """The folder was listed anew: texts may have changed with it."""
        self._texts.clear()

    def note_text(self, key: str, text: str) -> None:
        """The plate text of a crop is known or was changed."""
        if self._texts.get(key) != text:
            self._texts[key] = text
            self.refresh(key)

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        session, row = self._session, index.row()
        if session is None or not 0 <= row < len(self._rows):
            return None
        position = int(self._rows[row])
        key = session.index.keys[position]
        if role == Qt.ItemDataRole.DisplayRole:
            return key.rpartition("/")[2]
        if role == Role.STATE:
            return session.index.state_of(position)
        if role == Role.SPLIT:
            return session.index.split_of(position)
        if role == Role.KEY:
            return key
        if role == Role.TEXT:
            return self._text(key)
        if role == Role.THUMBNAIL:
            return self._loader.thumbnail(key)
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{key}\n{session.index.state_of(position).value}, {session.index.split_of(position)}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{key.rpartition('/')[2]}, {session.index.state_of(position).value}"
        return None

    def _text(self, key: str) -> str:
        text = self._texts.get(key)
        if text is None:
            self._texts_wanted.add(key)
            self._text_timer.start()
            return ""
        return text

    def _fetch_texts(self) -> None:
        session, wanted = self._session, list(self._texts_wanted)
        self._texts_wanted.clear()
        if session is None or not wanted:
            return
        project = session.project
        if len(self._texts) > _TEXTS_KEPT:
            self._texts.clear()

        def take(found: dict[str, str]) -> None:
            for key, text in found.items():
                self.note_text(key, text)

        self._jobs.run(lambda: {key: project.text(key) or "" for key in wanted}, take, lambda _error: None)


def state_of(index: _Index) -> CropState:
    """The state that a row of the model has."""
    return CropState(index.data(Role.STATE))


def thumbnail_of(index: _Index) -> QImage | None:
    """The thumbnail of a row: None while it is loaded, a null image when it cannot be read."""
    image = index.data(Role.THUMBNAIL)
    return image if isinstance(image, QImage) else None
