"""Other captures of the plate on the canvas, as a strip of small pictures under it: a click goes there."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRect, QSettings, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from lpstudio.studio import theme
from lpstudio.studio.images import ImageLoader
from lpstudio.studio.jobs import Jobs
from lpstudio.studio.session import ProjectSession

if TYPE_CHECKING:
    from lpstudio.studio.annotate.command_set import Register

_SIDE = QSize(96, 48)
_GAP = 8
_LINE = 16  # px for the name under a picture
_MOST = 24  # captures that are listed
_TOO_MANY = 200_000  # crops beyond which captures are not looked for
_NUMBERED = re.compile(r"^(.*\d.*)[_\-. ]\D*\d+$")  # a stem with the number of a capture behind that of a plate


class Captures:
    """Which crops show the same plate: by the plate's text, or where it is unknown by file names such as
    ``gate2_0815_03``, the last number being that of the capture.
    """

    def __init__(self, bonds: Sequence[tuple[str, tuple[str, ...]]]) -> None:
        """``bonds``: each crop's key, and what it may share with others."""
        self._bonds = dict(bonds)
        members: dict[str, list[str]] = defaultdict(list)
        for key, shared in bonds:
            for one in shared:
                members[one].append(key)
        self._members = {one: keys for one, keys in members.items() if len(keys) > 1}

    def __bool__(self) -> bool:
        """Whether any plate has more than one capture."""
        return bool(self._members)

    def of(self, key: str) -> list[str]:
        """All captures of the plate on a crop with itself, sorted, at most a few; empty when it is the only one."""
        found = {other for bond in self._bonds.get(key, ()) for other in self._members.get(bond, ())}
        if len(found) < 2:
            return []
        order = sorted(found)
        at = order.index(key)
        first = max(0, min(at - _MOST // 2, len(order) - _MOST))
        return order[first : first + _MOST]


def _stem(key: str) -> str:
    """The name of a picture without its ending. (pathlib takes ten times as long, for every crop of a project.)"""
    return key.rpartition("/")[2].rpartition(".")[0]


def find_captures(session: ProjectSession) -> Captures:
    """Look through the whole project; in a thread."""
    project, index = session.project, session.index
    if len(index) > _TOO_MANY:
        return Captures([])
    texts, csv = project.store.texts(), project.plate_texts
    bonds = []
    for place, key in enumerate(index.keys):
        text = texts.get(key) or csv.text_of(key, index.split_of(place))
        stem = None if text else _NUMBERED.match(_stem(key))
        shared = f"text {text}" if text else f"name {stem[1]}" if stem is not None else ""
        bonds.append((key, (shared,) if shared else ()))
    return Captures(bonds)


class CaptureStrip(QWidget):
    """Hidden where no plate of the project has more than one capture, or where a person does not want it."""

    chosen = Signal(str)

    def __init__(self, loader: ImageLoader, settings: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._loader = loader
        self._settings = settings
        self._jobs = Jobs(self, threads=1)
        self._captures = Captures([])
        self._session: ProjectSession | None = None
        self._wanted = True
        self._current = ""
        self._keys: list[str] = []
        self.setObjectName("captures")
        self.setAccessibleName("Other captures of this plate")
        self.setFixedHeight(_SIDE.height() + _LINE + 12)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.hide()
        loader.thumbnail_loaded.connect(self._thumbnail_loaded)

    @property
    def keys(self) -> list[str]:
        """The captures that are shown, the present crop among them."""
        return self._keys

    def set_session(self, session: ProjectSession | None) -> None:
        """Another project, or none."""
        if self._session is not None:
            self._session.index_changed.disconnect(self._look)
        self._session = session
        self._take(Captures([]))
        if session is not None:
            session.index_changed.connect(self._look)
            if session.is_scanned:
                self._look()

    def _look(self) -> None:
        session = self._session
        if session is not None and self._wanted:
            self._jobs.run(
                lambda: find_captures(session), lambda found: self._take(found) if self._session is session else None
            )

    def _take(self, captures: Captures) -> None:
        self._captures = captures
        self.setVisible(self._wanted and bool(captures))
        self.show_of(self._current)

    def show_of(self, key: str) -> None:
        """Show the captures of the plate on this crop."""
        self._current = key
        self._keys = self._captures.of(key)
        self.update()

    def step(self, by: int) -> None:
        """Go to the next or previous capture, around the end."""
        if len(self._keys) > 1 and self._current in self._keys:
            self.chosen.emit(self._keys[(self._keys.index(self._current) + by) % len(self._keys)])

    def close_jobs(self) -> None:
        """The window closes."""
        self._session = None
        self._jobs.close()

    # -- commands -----------------------------------------------------------------------------------------------

    def register(self, add: Register) -> None:
        """The switch, and the way by keys."""

        def several() -> bool:
            return len(self._keys) > 1

        add(
            "captures",
            "Other captures of the plate",
            lambda checked: self._set_wanted(bool(checked)),
            menu="View",
            keys=("Ctrl+Shift+V",),
            icon="images",
            tip="Show other captures of the same plate under the picture",
            checkable=True,
        )
        add(
            "next_capture",
            "Next capture of the plate",
            lambda: self.step(1),
            keys=("Ctrl+Shift+Right",),
            icon="chevron-right",
            when=several,
        )
        add(
            "previous_capture",
            "Previous capture of the plate",
            lambda: self.step(-1),
            keys=("Ctrl+Shift+Left",),
            icon="chevron-left",
            when=several,
        )

    def restore(self) -> bool:
        """As it was the last time; whether it is wanted."""
        self._wanted = bool(self._settings.value("annotate/captures", True, bool))
        return self._wanted

    def _set_wanted(self, wanted: bool) -> None:
        self._wanted = wanted
        self._settings.setValue("annotate/captures", wanted)
        if wanted and not self._captures:
            self._look()
        self._take(self._captures)

    # -- paint and hands ----------------------------------------------------------------------------------------

    def _first(self) -> int:
        """Which of the captures stands at the left: the present one is always in sight."""
        fitting = max(1, (self.width() - _GAP) // (_SIDE.width() + _GAP))
        at = self._keys.index(self._current) if self._current in self._keys else 0
        return max(0, min(at - fitting // 2, len(self._keys) - fitting))

    def _places(self) -> list[tuple[str, QRect]]:
        places = []
        for at, key in enumerate(self._keys[self._first() :]):
            place = QRect(_GAP + at * (_SIDE.width() + _GAP), 6, _SIDE.width(), _SIDE.height() + _LINE)
            if place.right() > self.width():
                break
            places.append((key, place))
        return places

    def key_at(self, place: QPoint) -> str:
        """The crop under a place, empty for none."""
        return next((key for key, rect in self._places() if rect.contains(place)), "")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("panel"))
        painter.setFont(theme.font("small"))
        if not self._keys:
            painter.setPen(theme.color("text_dim"))
            painter.drawText(
                self.rect().adjusted(12, 0, -12, 0), Qt.AlignmentFlag.AlignVCenter, "No other capture of this plate"
            )
        for key, place in self._places():
            self._paint_one(painter, key, place)
        painter.end()

    def _paint_one(self, painter: QPainter, key: str, place: QRect) -> None:
        frame = QRect(place.topLeft(), _SIDE)
        painter.fillRect(frame, theme.color("canvas"))
        image = self._loader.thumbnail(key)
        if image is not None and not image.isNull():
            size = image.size().scaled(_SIDE, Qt.AspectRatioMode.KeepAspectRatio)
            target = QRect(QPoint(0, 0), size)
            target.moveCenter(frame.center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(target, image)
        present = key == self._current
        if present:
            painter.setPen(theme.color("accent"))
            painter.drawRect(frame.adjusted(-1, -1, 0, 0))
            painter.drawRect(frame.adjusted(-2, -2, 1, 1))
        painter.setPen(theme.color("text" if present else "text_dim"))
        line = QRect(place.left(), frame.bottom() + 3, place.width(), _LINE)
        name = painter.fontMetrics().elidedText(_stem(key), Qt.TextElideMode.ElideMiddle, line.width())
        painter.drawText(line, Qt.AlignmentFlag.AlignCenter, name)

    def _thumbnail_loaded(self, key: str, _image: QImage) -> None:
        if key in self._keys:
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        key = self.key_at(event.position().toPoint())
        if key and key != self._current and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(key)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            key = self.key_at(event.pos())
            if key:
                QToolTip.showText(event.globalPos(), key, self)
            return True
        return super().event(event)
