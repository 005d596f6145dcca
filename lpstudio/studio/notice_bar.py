"""The bar over the workspace: what happened, and one action that mends it. It floats, so that nothing moves."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from lpstudio.studio import theme
from lpstudio.studio.icons import icon
from lpstudio.studio.workspace import Notice, Severity

INFO_MS = 8000
LIMIT = 20
WIDEST = 640  # pixels
_BESIDE = 16  # pixels left free at both sides of a narrow workspace
_BELOW = 44  # pixels from the workspace's top: its tools stay in reach
_APART = 8  # pixels between it and what it must not cover
_MOVED = {QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide}
_ICONS = {Severity.INFO: "info", Severity.WARNING: "triangle-alert", Severity.ERROR: "octagon-alert"}
_GROUNDS = {Severity.INFO: "info_soft", Severity.WARNING: "warning_soft", Severity.ERROR: "error_soft"}
_INKS = {Severity.INFO: "accent_text", Severity.WARNING: "warning", Severity.ERROR: "error"}


class NoticeBar(QWidget):
    """Shows the newest notice; older ones wait under it. Plain news goes by itself, warnings and errors stay."""

    command_wanted = Signal(str)

    def __init__(self, parent: QWidget, over: QWidget) -> None:
        """``over``: the widget it floats over, inside the same window; ``parent`` must hold that widget."""
        super().__init__(parent)
        self.setObjectName("notice_bar")
        self._parent = parent
        self._over = over
        self._free: list[QWidget] = []
        over.installEventFilter(self)
        self._notices: list[Notice] = []
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 8, 8, 8)
        layout.setSpacing(8)
        self._icon = QLabel(self)
        self.label = QLabel(self)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setWordWrap(True)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._more = QLabel(self)
        self._more.setFont(theme.font("small"))
        self.action_button = QPushButton(self)
        self.action_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.action_button.clicked.connect(self._act)
        self.close_button = QToolButton(self)
        self.close_button.setIcon(icon("x"))
        self.close_button.setToolTip("Dismiss")
        self.close_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.close_button.clicked.connect(self.dismiss)
        for widget in (self._icon, self.label, self._more, self.action_button, self.close_button):
            layout.addWidget(widget, 1 if widget is self.label else 0)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.dismiss)
        theme.notifier().changed.connect(self._show_newest)
        self.hide()

    def keep_free(self, widget: QWidget) -> None:
        """Lie below this part of the workspace while it is shown: it holds a choice that a person must see."""
        self._free.append(widget)
        widget.installEventFilter(self)

    def show_notice(self, notice: Notice) -> None:
        """Put a notice in front; the same one is not shown twice."""
        if notice in self._notices:
            self._notices.remove(notice)
        self._notices.append(notice)
        del self._notices[:-LIMIT]
        self._show_newest()

    def dismiss(self) -> None:
        """Take the notice in front away."""
        if self._notices:
            self._notices.pop()
        self._show_newest()

    def clear(self) -> None:
        self._notices.clear()
        self._show_newest()

    @property
    def notices(self) -> list[Notice]:
        """The notices that were not dismissed, newest last."""
        return list(self._notices)

    def _show_newest(self) -> None:
        self._timer.stop()
        if not self._notices:
            self.hide()
            return
        notice = self._notices[-1]
        self._icon.setPixmap(icon(_ICONS[notice.severity], _INKS[notice.severity]).pixmap(16, 16))
        self.label.setText(notice.text)
        self.action_button.setText(notice.command_title)
        self.action_button.setVisible(bool(notice.command_id and notice.command_title))
        self._more.setText(f"1 of {len(self._notices)}")
        self._more.setVisible(len(self._notices) > 1)
        self.setAccessibleName(f"{notice.severity.value}: {notice.text}")
        if notice.severity is Severity.INFO:
            self._timer.start(INFO_MS)
        self._place()
        self.show()
        self.raise_()
        self.update()

    def _place(self) -> None:
        """Lie in the middle of the workspace's upper part, as high as the text needs."""
        over = self._over
        width = min(over.width() - 2 * _BESIDE, WIDEST)
        corner = over.mapTo(self._parent, QPoint((over.width() - width) // 2, _BELOW))
        layout = self.layout()
        assert layout is not None
        layout.activate()
        height = max(layout.heightForWidth(width), layout.minimumSize().height())
        top = corner.y()
        for widget in filter(QWidget.isVisible, self._free):
            place = QRect(widget.mapTo(self._parent, QPoint()), widget.size())
            if place.left() < corner.x() + width and corner.x() < place.right():
                top = max(top, place.bottom() + _APART)
        self.setGeometry(corner.x(), top, width, height)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self._notices and event.type() in _MOVED:
            self._place()
        return super().eventFilter(watched, event)

    def _act(self) -> None:
        notice = self._notices[-1]
        self.dismiss()
        self.command_wanted.emit(notice.command_id)

    def paintEvent(self, event: QPaintEvent) -> None:
        severity = self._notices[-1].severity if self._notices else Severity.INFO
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color(_INKS[severity]), 1))
        painter.setBrush(theme.color(_GROUNDS[severity]))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.fillRect(1, 4, 4, self.height() - 8, theme.color(_INKS[severity]))
        painter.end()
