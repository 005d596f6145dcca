"""Two versions of one crop side by side, and the choice between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from lpstudio.dataset.sameness import same_content
from lpstudio.dataset.types import Character, CropContent
from lpstudio.plates.order import box_of, reading_order
from lpstudio.studio import theme
from lpstudio.studio.annotate.presentation import over_picture_hue
from lpstudio.studio.icons import icon
from lpstudio.studio.safety.conflicts import Conflict
from lpstudio.studio.widgets.canvas_geometry import as_array
from lpstudio.studio.widgets.canvas_shapes import CanvasShape
from lpstudio.studio.widgets.canvas_view import CanvasView

if TYPE_CHECKING:
    from lpstudio.similarity import Similarity

_PICTURE_HEIGHT = 132


class _Version(QWidget):
    """One of the two: what it is, the crop with its outlines, and the button that takes it."""

    def __init__(self, command: str, parent: ConflictPanel) -> None:
        super().__init__(parent)
        self.title = QLabel(self)
        self.title.setFont(theme.font("strong"))
        self.detail = QLabel(self)
        self.detail.setFont(theme.font("small"))
        self.picture = CanvasView(self)
        self.picture.setFixedHeight(_PICTURE_HEIGHT)
        self.picture.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.picture.set_handles(False)
        self.button = QPushButton(self)
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.clicked.connect(lambda: parent.command_wanted.emit(command))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.title)
        words.addWidget(self.detail)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addLayout(words, 1)
        head.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self.picture)


class ConflictPanel(QWidget):
    """Stands above the canvas while the crop on the screen has two versions."""

    command_wanted = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("conflict_panel")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._mark = QLabel(self)
        self.words = QLabel(self)
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.mine = _Version("annotate.keep_mine", self)
        self.mine.title.setText("Yours")
        self.mine.button.setText("Keep mine")
        self.theirs = _Version("annotate.take_theirs", self)
        self.theirs.title.setText("In the file now")
        self.theirs.button.setText("Take theirs")
        layout = QGridLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setHorizontalSpacing(12)
        layout.setVerticalSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._mark)
        head.addWidget(self.words, 1)
        layout.addLayout(head, 0, 0, 1, 2)
        layout.addWidget(self.mine, 1, 0)
        layout.addWidget(self.theirs, 1, 1)
        layout.setColumnStretch(0, 1)
        layout.setColumnStretch(1, 1)
        self.hide()

    def show_conflict(
        self, conflict: Conflict, picture: QImage, size: tuple[int, int] | None, similarity: Similarity
    ) -> None:
        """Show both versions of a crop. ``size``: its width and height in pixels."""
        self._mark.setPixmap(icon("triangle-alert", "warning").pixmap(16, 16))
        gone = not conflict.digest
        self.words.setText(
            "Another program took this crop's label file away after you edited it. Nothing was overwritten: choose."
            if gone
            else "Another program changed this crop's label file after you edited it. Nothing was overwritten: choose."
        )
        self.theirs.title.setText("No label file" if gone else "In the file now")
        self._show(self.mine, conflict.mine, conflict.theirs, picture, size, similarity)
        self._show(self.theirs, conflict.theirs, conflict.mine, picture, size, similarity)
        self.setAccessibleName(self.words.text())
        self.show()

    def _show(
        self,
        version: _Version,
        content: CropContent,
        other: CropContent,
        picture: QImage,
        size: tuple[int, int] | None,
        similarity: Similarity,
    ) -> None:
        version.detail.setText(_described(content, other))
        version.picture.set_picture(picture, size)
        version.picture.set_shapes(
            [
                CanvasShape(
                    as_array(character.polygon),
                    character.char,
                    over_picture_hue(character.char, similarity),
                    unreadable=character.unreadable,
                )
                for character in content.characters
            ]
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("warning_soft"))
        painter.fillRect(0, 0, 4, self.height(), theme.color("warning"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.color("separator"))
        painter.end()


def _described(content: CropContent, other: CropContent) -> str:
    """How many characters, what they read, and how many of them differ from the other version's."""
    count = len(content.characters)
    if not count:
        return "no characters"
    alone = sum(not _is_in(character, other) for character in content.characters)
    differing = f" · {alone} differ{'s' if alone == 1 else ''}" if alone else ""
    return f"{count} character{'' if count == 1 else 's'} · {_text(content)}{differing}"


def _is_in(character: Character, content: CropContent) -> bool:
    return any(same_content(CropContent((character,)), CropContent((each,))) for each in content.characters)


def _text(content: CropContent) -> str:
    characters = content.characters
    if len(characters) > 16:
        return "…"
    lines = reading_order([box_of(character.polygon) for character in characters])
    return " ".join("".join(characters[at].char or "?" for at in line) for line in lines)
