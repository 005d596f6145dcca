"""Crops with what was read on them drawn over, and the candidates of every character below."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QKeyEvent, QPainter, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from lpstudio.studio import theme
from lpstudio.studio.evaluation.facts import Case
from lpstudio.studio.images import ImageLoader
from lpstudio.studio.widgets.row_paint import paint_ground

CASE_ROLE = int(Qt.ItemDataRole.UserRole) + 1
PICTURE = QSize(640, 180)  # decoded to at most this
PICTURE_HEIGHT = 84
LINE = 16
ROW_HEIGHT = 8 + 18 + 16 + PICTURE_HEIGHT + 4 + 3 * LINE + 8

_Index = QModelIndex | QPersistentModelIndex


class GalleryModel(QAbstractListModel):
    """The cases, a row each."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cases: tuple[Case, ...] = ()

    def show_cases(self, cases: Sequence[Case]) -> None:
        self.beginResetModel()
        self._cases = tuple(cases)
        self.endResetModel()

    @property
    def cases(self) -> tuple[Case, ...]:
        return self._cases

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._cases)

    def data(self, index: _Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid() or index.row() >= len(self._cases):
            return None
        case = self._cases[index.row()]
        if role == CASE_ROLE:
            return case
        if role == Qt.ItemDataRole.DisplayRole:
            return case.title
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return f"{case.title}: {case.mistakes}, {case.crop.key}"
        return None


class _CaseDelegate(QStyledItemDelegate):
    """Paints a case: title, file, picture with outlines, then both candidates, and the truth where it differs."""

    def __init__(self, images: ImageLoader, parent: QWidget) -> None:
        super().__init__(parent)
        self._images = images

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(240, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        case: Case = index.data(CASE_ROLE)
        row: QRect = option.rect  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_ground(painter, row, state)
        painter.setPen(theme.color("separator"))
        painter.drawLine(row.bottomLeft(), row.bottomRight())
        left, width = row.left() + 12, row.width() - 24
        self._paint_texts(painter, case, QRect(left, row.top() + 8, width, 34))
        place = QRect(left, row.top() + 42, width, PICTURE_HEIGHT)
        self._paint_picture(painter, case, place)
        self._paint_candidates(painter, case, QRect(left, place.bottom() + 5, width, 3 * LINE))
        painter.restore()

    def _paint_texts(self, painter: QPainter, case: Case, place: QRect) -> None:
        strong, small = theme.font("strong"), theme.font("small")
        upper = QRect(place.left(), place.top(), place.width(), 18)
        lower = QRect(place.left(), upper.bottom() + 1, place.width(), 16)
        painter.setFont(small)
        painter.setPen(theme.color("text_dim"))
        painter.drawText(upper, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, case.mistakes)
        room = upper.width() - QFontMetrics(small).horizontalAdvance(case.mistakes) - 12
        elide, left = Qt.TextElideMode, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        key = QFontMetrics(small).elidedText(case.crop.key, elide.ElideLeft, lower.width())
        painter.drawText(lower, left, key)
        painter.setFont(strong)
        painter.setPen(theme.color("text"))
        painter.drawText(upper, left, QFontMetrics(strong).elidedText(case.title, elide.ElideRight, room))

    def _paint_picture(self, painter: QPainter, case: Case, place: QRect) -> None:
        image = self._images.thumbnail(str(case.crop.image))
        painter.fillRect(place, theme.color("canvas"))
        if image is None or image.isNull():
            painter.setPen(theme.color("text_dim"))
            text = "the picture cannot be shown" if image is not None else "…"
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
            return
        crop = case.crop
        scale = min(place.width() / crop.width, place.height() / crop.height)
        shown = QRectF(0, 0, crop.width * scale, crop.height * scale)
        shown.moveCenter(QRectF(place).center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(shown, image)

        def outline(polygon: Sequence[Sequence[float]], colour: QColor, width: float, dashed: bool = False) -> None:
            points = QPolygonF([QPointF(shown.x() + x * scale, shown.y() + y * scale) for x, y in polygon])
            painter.setPen(QPen(theme.color("outline_outer"), width + 2))
            painter.drawPolygon(points)
            style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
            painter.setPen(QPen(colour, width, style))
            painter.drawPolygon(points)

        painter.setBrush(Qt.BrushStyle.NoBrush)
        truth = {f: crop.true[t].char for t, f in crop.pairs} if crop.true is not None else {}
        for at, one in enumerate(crop.found):
            right = at not in truth or truth[at] == one["candidates"][0]["char"]
            outline(one["polygon"], theme.color("outline_inner") if right else theme.color("fault"), 1.2)
        seen = {t for t, _f in crop.pairs}
        for at, missed in enumerate(crop.true or ()):
            if at not in seen:
                outline(missed.polygon, theme.color("warning"), 1.2, dashed=True)
        if case.character is not None and crop.true is not None:
            outline(crop.true[case.character].polygon, theme.color("accent"), 2.4)

    def _paint_candidates(self, painter: QPainter, case: Case, place: QRect) -> None:
        """Three rows: the best candidate, the second, and what stands there where that is another."""
        crop = case.crop
        truth = {f: crop.true[t].char for t, f in crop.pairs} if crop.true is not None else {}
        found = crop.found
        if not found:
            painter.setPen(theme.color("text_dim"))
            painter.setFont(theme.font("small"))
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, "No character was found.")
            return
        column = min(44, place.width() // len(found))
        small, bold = theme.font("small"), QFont(theme.font("small"))
        bold.setBold(True)
        narrow = column < 36
        for at, one in enumerate(found):
            true = truth.get(at)
            about = at == case.found
            for rank, candidate in enumerate(one["candidates"][:2]):
                rect = QRect(place.left() + at * column, place.top() + rank * LINE, column - 2, LINE)
                if about and rank == 0:
                    painter.fillRect(rect, theme.color("hover"))
                wrong = rank == 0 and true is not None and candidate["char"] != true
                token = "error" if wrong else "verified" if candidate["char"] == true else "text_dim"
                painter.setFont(bold if rank == 0 else small)
                painter.setPen(theme.color(token if rank == 0 or candidate["char"] == true else "text_dim"))
                share = "" if narrow else f" {candidate['probability']:.2f}".replace(" 0.", " .")
                painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, candidate["char"] + share)
            if true is not None and one["candidates"][0]["char"] != true:
                rect = QRect(place.left() + at * column, place.top() + 2 * LINE, column - 2, LINE)
                painter.setFont(small)
                painter.setPen(theme.color("text"))
                painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, f"is {true}")


class CropGallery(QListView):
    """The cases as a list; ``opened`` comes with the one that was clicked or chosen with Enter."""

    opened = Signal(object)  # Case

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.images = ImageLoader(Path, self, cache_bytes=96 << 20, thumbnail_size=PICTURE)
        self.images.thumbnail_loaded.connect(self._arrived)
        self.images.thumbnail_failed.connect(self._arrived)
        self.gallery = GalleryModel(self)
        self.setModel(self.gallery)
        self.setItemDelegate(_CaseDelegate(self.images, self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Crops")
        self.clicked.connect(self._open)
        theme.notifier().changed.connect(self.viewport().update)

    def show_cases(self, cases: Sequence[Case]) -> None:
        """Show these, the first of them current."""
        self.gallery.show_cases(cases)
        if cases:
            self.setCurrentIndex(self.gallery.index(0))
        self.scrollToTop()

    def _arrived(self, _key: str, _image: QImage | str) -> None:
        self.viewport().update()

    def _open(self, index: QModelIndex) -> None:
        case = index.data(CASE_ROLE)
        if case is not None:
            self.opened.emit(case)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._open(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.viewport().update()

    def close_jobs(self) -> None:
        """Stop the threads that decode."""
        self.images.close()
