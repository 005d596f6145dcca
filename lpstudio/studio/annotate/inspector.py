"""The panel at the right: the plate's text, its characters, what is wrong, how it is displayed."""

from __future__ import annotations

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from lpstudio.studio import theme
from lpstudio.studio.annotate.character_model import CharacterModel
from lpstudio.studio.annotate.crop_editor import CropEditor
from lpstudio.studio.annotate.state_marks import MARKS
from lpstudio.studio.commands import CommandTable
from lpstudio.studio.icons import icon
from lpstudio.studio.menus import icon_action
from lpstudio.studio.shortcuts.words import keep_tip
from lpstudio.studio.widgets.reading_strip import typed_character

_FAULTS_SHOWN = 4


class _CharacterTable(QTableView):
    """Typing over a row labels it and goes on, as everywhere; the table never searches."""

    typed = Signal(str)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        char = typed_character(event)
        if char:
            self.typed.emit(char)
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Typing never jumps through the table."""


def _heading(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setFont(theme.font("strong"))
    return label


class Inspector(QWidget):
    """Shows and edits the editor's document; ``done()`` when the text field gives the focus back."""

    done = Signal()

    def __init__(self, editor: CropEditor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspector")
        self._editor = editor
        self._syncing = False
        self._origin = ""
        self.model = CharacterModel(editor, self)
        self._build()
        # The table follows once a burst of changes is over: it is the only part whose cost grows with the crop.
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(0)
        self._later.timeout.connect(self._reload)
        editor.document_changed.connect(self._show_document)
        editor.content_changed.connect(self.refresh)
        editor.selection_changed.connect(self._show_selection)
        theme.notifier().changed.connect(self.refresh)

    def _build(self) -> None:
        self.state_icon = QLabel(self)
        self.state_icon.setFixedSize(16, 16)
        self.state = _heading("", self)
        self.state.setObjectName("crop_state")
        self.place = QLabel(self)
        self.place.setFont(theme.font("small"))
        self.place.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.place.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.text = QLineEdit(self)
        self.text.setObjectName("plate_text")
        self.text.setFont(theme.font("plate"))
        self.text.setPlaceholderText("ABC1234")
        self.text.setAccessibleName("The plate's text")
        keep_tip(self.text, "Enter lays the text on the characters in reading order ({annotate.edit_text} comes here)")
        self.text.returnPressed.connect(self._lay)
        self.text.editingFinished.connect(self.keep_text)
        self.lay = QToolButton(self)
        self.lay.setIcon(icon("spell-check"))
        self.lay.setIconSize(QSize(18, 18))
        self.lay.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        keep_tip(self.lay, "Lay the text on the characters ({annotate.lay_text})")
        self.lay.clicked.connect(self._lay)
        self.hint = QLabel(self)
        self.hint.setFont(theme.font("small"))
        self.hint.setWordWrap(True)
        self.table = _CharacterTable(self)
        self.table.setObjectName("characters")
        self.table.setAccessibleName("Characters in reading order")
        self.table.setModel(self.model)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(24)
        self.table.setShowGrid(False)
        self.table.setFrameShape(QFrame.Shape.NoFrame)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.table.setTabKeyNavigation(False)
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        header.setFont(theme.font("small"))
        header.setStyleSheet("QHeaderView::section { padding: 4px; }")
        header.setMinimumSectionSize(20)
        for column, width in ((0, 24), (1, 44), (3, 48), (4, 24)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            self.table.setColumnWidth(column, width)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.table.selectionModel().selectionChanged.connect(self._table_selected)
        self.table.typed.connect(self._editor.type_char)
        self.checks = QLabel(self)
        self.checks.setObjectName("checks")
        self.checks.setWordWrap(True)
        self.checks.setTextFormat(Qt.TextFormat.PlainText)
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(4)
        self._lay_out()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.state_icon)
        head.addWidget(self.state, 1)
        line = QHBoxLayout()
        line.setSpacing(4)
        line.addWidget(self.text, 1)
        line.addWidget(self.lay)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(12, 12, 12, 8)
        whole.setSpacing(8)
        whole.addLayout(head)
        whole.addWidget(self.place)
        whole.addSpacing(4)
        whole.addWidget(_heading("Plate", self))
        whole.addLayout(line)
        whole.addWidget(self.hint)
        self.characters_title = _heading("Characters", self)
        whole.addWidget(self.characters_title)
        whole.addWidget(self.table, 1)
        whole.addWidget(_heading("Checks", self))
        whole.addWidget(self.checks)
        whole.addSpacing(4)
        whole.addWidget(_heading("Display", self))
        whole.addLayout(self.buttons)

    def add_display_commands(self, commands: CommandTable, ids: tuple[str, ...]) -> None:
        """Buttons for these commands at the bottom."""
        for command_id in ids:
            button = QToolButton(self)
            button.setDefaultAction(icon_action(commands, command_id))
            button.setIconSize(QSize(18, 18))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self.buttons.addWidget(button)
        self.buttons.addStretch(1)

    # -- showing ------------------------------------------------------------------------------------------------

    def set_origin(self, text: str) -> None:
        """Where the crop was cut from, or what else is known of its place."""
        self._origin = text
        self._show_place()

    def _show_place(self) -> None:
        document = self._editor.document
        metrics = QFontMetrics(self.place.font())
        parts = []
        if document is not None and document.size is not None:
            parts.append(f"{document.size[0]} × {document.size[1]} px")
        if self._origin:
            parts.append(self._origin)
        whole = " · ".join(parts)
        self.place.setText(metrics.elidedText(whole, Qt.TextElideMode.ElideMiddle, max(80, self.width() - 28)))
        self.place.setToolTip("" if document is None else f"{document.key}\n{self._origin}".strip())

    def _show_document(self) -> None:
        self.text.setModified(False)
        self.refresh()

    def refresh(self) -> None:
        """The document, or what stands on it, changed."""
        document = self._editor.document
        state = document.content.state if document is not None else None
        if state is None:
            self.state.setText("")
            self.state_icon.clear()
        else:
            name, token = MARKS[state]
            self.state.setText(state.value.capitalize())
            self.state_icon.setPixmap(icon(name, token).pixmap(QSize(16, 16), self.devicePixelRatioF()))
        self._show_place()
        if not self.text.isModified():  # else a person is typing
            self.text.setText(document.content.text if document is not None else "")
        self.text.setEnabled(self._editor.editable)
        self._show_hint()
        self._show_checks()
        self._later.start()

    def _show_hint(self) -> None:
        document = self._editor.document
        text = document.content.text if document is not None else ""
        number = len(document.content.items) if document is not None else 0
        self.lay.setEnabled(bool(text) and self._editor.editable)
        if number and not text:
            self.hint.setText("Type the whole text, Enter lays it on")
        elif text and document is not None and not number:
            self.hint.setText(f"Enter looks for its {len(text)} characters; or draw them in any order")
        else:
            self.hint.setText("")
        self.hint.setVisible(bool(self.hint.text()))

    def _show_checks(self) -> None:
        document = self._editor.document
        lines = []
        if document is not None:
            order = {item_id: place + 1 for place, item_id in enumerate(document.reading())}
            faults = sorted(self._editor.faults, key=lambda fault: order[fault.item_id])
            lines = [f"{order[fault.item_id]}: {fault.text}" for fault in faults]
            if len(lines) > _FAULTS_SHOWN:
                lines = [*lines[: _FAULTS_SHOWN - 1], f"and {len(lines) - _FAULTS_SHOWN + 1} more"]
            unread = document.content.unread
            if unread:
                lines.append(
                    f"label line {unread[0].line} is not understood: {unread[0].fault}"
                    + (f" (and {len(unread) - 1} more)" if len(unread) > 1 else "")
                )
            lines += [fault.text for fault in self._editor.text_faults]
        if self._editor.blocked:
            lines.insert(0, self._editor.blocked)
        self.checks.setText("\n".join(lines) if lines else "nothing is wrong" if document is not None else "")
        theme.tint(self.checks, "fault" if lines else "text_dim")

    def _reload(self) -> None:
        self._syncing = True
        self.model.reload()
        self._syncing = False
        document = self._editor.document
        number = len(document.content.items) if document is not None else 0
        marked = sum(item.character.unreadable for item in document.content.items) if document is not None else 0
        self.characters_title.setText(f"Characters  {number}" + (f", {marked} unreadable" if marked else ""))
        self._show_selection()

    def _show_selection(self) -> None:
        document = self._editor.document
        if self._syncing or self._later.isActive():
            return
        self._syncing = True
        rows = [self.model.row_of(item_id) for item_id in (document.selection if document is not None else ())]
        chosen = QItemSelection()
        last = None
        for row in rows:
            if row is not None:
                last = self.model.index(row, 0)
                chosen.select(last, self.model.index(row, self.model.columnCount() - 1))
        selection = self.table.selectionModel()
        selection.select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if last is not None:
            selection.setCurrentIndex(last, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.table.scrollTo(last)
        self._syncing = False

    # -- hands --------------------------------------------------------------------------------------------------

    def _table_selected(self) -> None:
        if self._syncing:
            return
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        self._editor.select([self.model.id_at(row) for row in rows])

    def keep_text(self) -> None:
        """Keep what was typed with the crop it was typed for; called before another one comes."""
        document = self._editor.document
        if document is not None and self.text.isModified():
            self.text.setModified(False)
            self._editor.set_text(self.text.text())

    def _lay(self) -> None:
        document = self._editor.document
        if document is None:
            return
        self.text.setModified(False)
        laid = self._editor.lay_text(self.text.text())
        if not self.text.text():
            self._editor.set_text("")
            laid = True
        self.text.setText(document.content.text)
        if laid:
            self.done.emit()

    def edit_text(self) -> None:
        """Go to the text field."""
        self.text.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.text.selectAll()

    def begin_text(self, char: str) -> None:
        """The first letter of the plate's text was typed elsewhere: go on in the text field."""
        self.edit_text()
        self.text.insert(char)
        self.text.setModified(True)
