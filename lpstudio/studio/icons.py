"""Icons: Lucide's line drawings, tinted by the palette when they are painted, sharp at every scale.

An icon is drawn from its SVG for exactly the pixels asked for, so nothing has to be made again when the theme or
the screen changes.
"""

from __future__ import annotations

import logging
from functools import lru_cache

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QImage, QPainter, QPixmap

from lpstudio.resources import resource

_log = logging.getLogger(__name__)


@lru_cache(maxsize=1024)
def _drawing(name: str) -> bytes:
    path = resource("icons", f"{name}.svg")
    try:
        return path.read_bytes()
    except OSError:
        _log.error("icon %s is missing: %s", name, path)
        return b""


def read_all() -> None:
    """Read every drawing, so that none is waited for when it is painted first. For a thread."""
    for path in resource("icons").glob("*.svg"):
        _drawing(path.stem)


@lru_cache(maxsize=1024)
def _rendered(name: str, width: int, height: int, rgba: int) -> QPixmap:
    """The icon in device pixels; ``rgba`` is the colour as 0xAARRGGBB."""
    from PySide6.QtSvg import QSvgRenderer

    image = QImage(max(width, 1), max(height, 1), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    drawing = _drawing(name)
    if drawing:
        colour = QColor.fromRgba(rgba)
        renderer = QSvgRenderer(QByteArray(drawing.replace(b"currentColor", colour.name().encode())))
        painter = QPainter(image)
        painter.setOpacity(colour.alphaF())
        side = min(width, height)
        renderer.render(painter, QRectF((width - side) / 2, (height - side) / 2, side, side))
        painter.end()
    return QPixmap.fromImage(image)


class _TintedEngine(QIconEngine):
    """Paints one icon in the colour of its mode; ``token`` names a colour of the theme for the normal mode."""

    def __init__(self, name: str, token: str) -> None:
        super().__init__()
        self._name = name
        self._token = token

    def _rgba(self, mode: QIcon.Mode, state: QIcon.State) -> int:
        from lpstudio.studio import theme

        token = self._token
        if mode == QIcon.Mode.Disabled:
            token = "text_disabled"
        elif mode == QIcon.Mode.Selected and token == "icon":
            token = "text_on_accent"
        elif state == QIcon.State.On and token == "icon":
            token = "accent_text"
        return theme.color(token).rgba()

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        ratio = painter.device().devicePixelRatio()
        painter.drawPixmap(rect, self._pixmap(rect.size(), ratio, mode, state))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self._pixmap(size, 1.0, mode, state)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        """``size`` is in device-independent pixels; ``scale`` is the ratio of the screen."""
        return self._pixmap(size, scale, mode, state)

    def _pixmap(self, size: QSize, ratio: float, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        width, height = round(size.width() * ratio), round(size.height() * ratio)
        pixmap = QPixmap(_rendered(self._name, width, height, self._rgba(mode, state)))
        pixmap.setDevicePixelRatio(ratio)
        return pixmap

    def clone(self) -> QIconEngine:
        return _TintedEngine(self._name, self._token)

    def isNull(self) -> bool:
        return not _drawing(self._name)


def icon(name: str, token: str = "icon") -> QIcon:
    """The icon ``resources/icons/NAME.svg``, tinted with the theme's ``token`` (checked: accent; disabled: pale).

    A name that is not there gives an empty icon and an error in the log.
    """
    if not name:
        return QIcon()
    return QIcon(_TintedEngine(name, token))


def draw_icon(painter: QPainter, name: str, rect: QRect | QRectF, token: str = "icon") -> None:
    """Paint an icon straight into a custom-painted widget or item delegate."""
    from lpstudio.studio import theme

    whole = rect.toAlignedRect() if isinstance(rect, QRectF) else rect
    ratio = painter.device().devicePixelRatio()
    pixmap = QPixmap(
        _rendered(name, round(whole.width() * ratio), round(whole.height() * ratio), theme.color(token).rgba())
    )
    pixmap.setDevicePixelRatio(ratio)
    painter.drawPixmap(QPoint(whole.x(), whole.y()), pixmap)
