"""The page of the settings on which keys are changed: search a command, press its new key, see at once who has it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from lpstudio.errors import LpStudioError
from lpstudio.studio import theme
from lpstudio.studio.commands import Command, CommandTable, shown
from lpstudio.studio.fuzzy import best_matches
from lpstudio.studio.icons import icon
from lpstudio.studio.palette import place_of, plain_title
from lpstudio.studio.shortcuts.keeper import KeyKeeper
from lpstudio.studio.shortcuts.keymap import FILE_NAME, MAX_KEYS, KeyRefusedError, checked

_Index = QModelIndex | QPersistentModelIndex
COLUMNS = ("Command", "Works in", "Keys")
_ROW = 28


def context_of(command: Command) -> str:
    """Where a command works, for people."""
    return command.workspace.capitalize() or "everywhere"


class KeyModel(QAbstractTableModel):
    """All commands, or those that fit a search, with their keys."""

    def __init__(self, table: CommandTable, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._table = table
        self._query = ""
        self._rows: list[Command] = []
        self.search("")

    def search(self, query: str) -> None:
        """Show the commands that fit: letters of the title, the menu or a key."""
        self.beginResetModel()
        self._query = query
        table = self._table
        entries = [
            (f"{place_of(command)} {plain_title(command)} {' '.join(map(shown, table.keys(command.id)))}", command)
            for command in table
        ]
        self._rows = best_matches(query, entries) if query.strip() else [command for _text, command in entries]
        self.endResetModel()

    def refresh(self) -> None:
        """Commands came in."""
        self.search(self._query)

    def keys_changed(self) -> None:
        """Other keys for the same commands."""
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(COLUMNS) - 1))

    def command_at(self, row: int) -> Command | None:
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def row_of(self, command_id: str) -> int:
        """The row of a command, -1 when it is not shown."""
        return next((row for row, command in enumerate(self._rows) if command.id == command_id), -1)

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index | None = None) -> int:
        return len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return COLUMNS[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        command = self._rows[index.row()]
        changed = command.id in self._table.changed_keys
        if role == Qt.ItemDataRole.DisplayRole:
            if index.column() == 0:
                return f"{plain_title(command).rstrip('…')}{' •' if changed else ''}"
            return context_of(command) if index.column() == 1 else self._keys_text(command)
        if role == Qt.ItemDataRole.FontRole and changed:
            return theme.font("strong")
        if role == Qt.ItemDataRole.ToolTipRole:
            return command.tip or plain_title(command)
        return None

    def _keys_text(self, command: Command) -> str:
        return ", ".join(dict.fromkeys(map(shown, self._table.keys(command.id)))) or "–"


class KeyField(QLineEdit):
    """Shows the key that was pressed in it; Tab and Esc do what they always do."""

    pressed = Signal(str)  # Qt's portable text

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText("Click here, then press the new key")
        self.setAccessibleName("New key")
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # it is not meant for any command now
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        code = event.key()
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
        if code in (Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr):
            return
        if plain and code in (Qt.Key.Key_Escape, Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            super().keyPressEvent(event)
            event.ignore()
            return
        text = event.text()
        if plain and len(text) == 1 and text.isprintable() and not text.isspace() and not text.isalnum():
            key = text  # "?" is that key on every keyboard, with Shift or without
        else:
            key = QKeySequence(event.keyCombination()).toString(QKeySequence.SequenceFormat.PortableText)
        self.setText(shown(key))
        self.pressed.emit(key)


class ShortcutsPage(QWidget):
    """Changes count at once and can be taken back; a key that another command has is only taken when that is said."""

    def __init__(self, table: CommandTable, keeper: KeyKeeper, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table, self._keeper = table, keeper
        self._pending = ""
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Search a command or a key")
        self.search.setAccessibleName("Search commands")
        self.search.setClearButtonEnabled(True)
        self.model = KeyModel(table, self)
        self.view = QTableView(self)
        self.view.setModel(self.model)
        self.view.setAccessibleName("Commands and their keys")
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.setShowGrid(False)
        self.view.setStyleSheet("QTableView::item { padding-left: 8px; }")
        self.view.setTabKeyNavigation(False)
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(_ROW)
        head = self.view.horizontalHeader()
        head.setHighlightSections(False)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, width in ((1, 96), (2, 190)):
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            self.view.setColumnWidth(column, width)
        self.title = QLabel(self)
        self.title.setFont(theme.font("strong"))
        self.field = KeyField(self)
        self.message = QLabel(self)
        self.message.setWordWrap(True)
        self.message.setMinimumHeight(34)
        self.message.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.use = self._button("Use this key", self._use, "It becomes the command's only key")
        self.add = self._button("Add as another", self._add, "The command keeps the keys it has")
        self.remove = self._button("No key", self._remove, "Take the command's keys away")
        self.reset = self._button("Reset", self._reset, "The command's own keys again")
        self.undo = self._button("Undo", keeper.undo, "Take the last change of keys back")
        self.reset_all = self._button("Reset all", lambda: keeper.change({}), "The own keys of all commands again")
        self.take_in = self._button("Import…", self._choose_import, "Take keys from a file")
        self.give_out = self._button("Export…", self._choose_export, "Write the changed keys to a file")
        self.undo.setIcon(icon("undo-2"))
        self._lay_out()
        self.search.textChanged.connect(self._search)
        self.field.pressed.connect(self._pressed)
        self.view.selectionModel().currentRowChanged.connect(lambda _now, _before: self._chosen())
        table.changed.connect(self._commands_came)
        table.keys_changed.connect(self._show)
        self.view.selectRow(0)
        self._show()

    def _button(self, text: str, run: object, tip: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(tip)
        button.setAutoDefault(False)
        button.clicked.connect(lambda: run())  # type: ignore[operator]
        return button

    def _lay_out(self) -> None:
        change = QGridLayout()
        change.setHorizontalSpacing(8)
        change.setVerticalSpacing(8)
        change.addWidget(self.title, 0, 0, 1, 5)
        change.addWidget(self.field, 1, 0)
        for column, button in enumerate((self.use, self.add, self.remove, self.reset), start=1):
            change.addWidget(button, 1, column)
        change.setColumnStretch(0, 1)
        change.addWidget(self.message, 2, 0, 1, 5)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        for button in (self.undo, self.reset_all):
            foot.addWidget(button)
        foot.addStretch(1)
        for button in (self.take_in, self.give_out):
            foot.addWidget(button)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 12, 0, 0)
        whole.setSpacing(8)
        whole.addWidget(self.search)
        whole.addWidget(self.view, 1)
        whole.addLayout(change)
        whole.addLayout(foot)

    def sizeHint(self) -> QSize:
        return QSize(680, 560)

    # -- what is chosen ------------------------------------------------------------------------------------------------

    @property
    def command(self) -> Command | None:
        """The command whose keys are changed."""
        return self.model.command_at(self.view.currentIndex().row())

    def choose(self, command_id: str) -> None:
        """Go to a command, whatever was searched for."""
        if self.model.row_of(command_id) < 0:
            self.search.clear()
        self.view.selectRow(self.model.row_of(command_id))

    def _search(self, query: str) -> None:
        self.model.search(query)
        self.view.selectRow(0)
        self._chosen()

    def _commands_came(self) -> None:
        chosen = self.command
        self.model.refresh()
        self.view.selectRow(max(0, self.model.row_of(chosen.id) if chosen is not None else 0))

    def _chosen(self) -> None:
        self._pending = ""
        self.field.clear()
        self._show()

    # -- a key was pressed ---------------------------------------------------------------------------------------------

    def _pressed(self, key: str) -> None:
        self._pending = ""
        try:
            self._pending = checked(key)
        except KeyRefusedError as error:
            self._say(f"{error}.", bad=True)
            self._show_buttons()
            return
        self._say_clash()
        self._show_buttons()

    def _others(self) -> list[Command]:
        command = self.command
        return self._table.taken_by(command.id, self._pending) if command is not None and self._pending else []

    def _say_clash(self) -> None:
        command, others = self.command, self._others()
        if command is None or not self._pending:
            self._say("")
        elif others:
            names = " and ".join(f"“{plain_title(c).rstrip('…')}” ({context_of(c)})" for c in others)
            self._say(f"{shown(self._pending)} runs {names} now. Using it here takes it from there.", bad=True)
        elif self._pending in self._table.keys(command.id):
            self._say(f"{shown(self._pending)} runs this command already.")
        else:
            self._say(f"{shown(self._pending)} is free here.")

    def _use(self) -> None:
        if self.command is not None and self._pending:
            self._give((self._pending,))

    def _add(self) -> None:
        command = self.command
        if command is not None and self._pending:
            self._give((*self._table.keys(command.id), self._pending))

    def _give(self, keys: tuple[str, ...]) -> None:
        command, key = self.command, self._pending
        assert command is not None
        others = self._others()
        self._keeper.set_keys(command.id, tuple(dict.fromkeys(keys))[-MAX_KEYS:], taking=True)
        self._chosen()
        lost = f"; {', '.join(plain_title(c).rstrip('…') for c in others)} lost it" if others else ""
        self._say(f"{shown(key)} runs “{plain_title(command).rstrip('…')}” now{lost}.")

    def _remove(self) -> None:
        if self.command is not None:
            self._keeper.set_keys(self.command.id, ())

    def _reset(self) -> None:
        command = self.command
        if command is not None:
            keys = self._table.own_keys(command.id)
            holders = {other.id: other for key in keys for other in self._table.taken_by(command.id, key)}
            self._keeper.reset(command.id)
            if holders:
                names = ", ".join(f"“{plain_title(c).rstrip('…')}”" for c in holders.values())
                self._say(f"Some of its own keys run {names} now; reset that too to have them back.", bad=True)

    # -- files ---------------------------------------------------------------------------------------------------------

    def _choose_import(self) -> None:
        dialog = QFileDialog(self, "Import keys", str(Path.home()), "Shortcuts (*.json);;All files (*)")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.import_from(Path(name)))
        dialog.open()

    def import_from(self, path: Path) -> None:
        """Take the keys of a file in place of the present ones, and say what of it cannot be used."""
        try:
            fault = self._keeper.take(path)
        except LpStudioError as error:
            self._say(error.message, bad=True)
            return
        said = f"{path.name}: {fault}; the rest counts." if fault else f"The keys of {path.name} count now."
        self._say(said, bad=bool(fault))

    def _choose_export(self) -> None:
        dialog = QFileDialog(self, "Export keys", str(Path.home() / FILE_NAME), "Shortcuts (*.json)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("json")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.export_to(Path(name)))
        dialog.open()

    def export_to(self, path: Path) -> None:
        """Write the changed keys to a file."""
        try:
            self._keeper.export(path)
        except LpStudioError as error:
            self._say(error.message, bad=True)
            return
        count = len(self._table.changed_keys)
        self._say(f"{count} changed {'command' if count == 1 else 'commands'} written to {path}.")

    # -- showing -------------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        command = self.command
        self.model.keys_changed()
        self.title.setText(
            f"{plain_title(command).rstrip('…')}: {', '.join(map(shown, self._table.keys(command.id))) or 'no key'}"
            if command is not None
            else "No command fits"
        )
        self._say_clash()
        self._show_buttons()

    def _show_buttons(self) -> None:
        command = self.command
        keys = self._table.keys(command.id) if command is not None else ()
        fresh = bool(self._pending) and self._pending not in keys
        self.field.setEnabled(command is not None)
        self.use.setEnabled(fresh or (bool(self._pending) and len(keys) > 1))
        self.use.setText("Take this key" if self._others() else "Use this key")
        self.add.setEnabled(fresh and bool(keys) and len(keys) < MAX_KEYS)
        self.remove.setEnabled(bool(keys))
        self.reset.setEnabled(command is not None and command.id in self._table.changed_keys)
        self.reset_all.setEnabled(bool(self._table.changed_keys))
        self.undo.setEnabled(self._keeper.can_undo)

    def _say(self, text: str, *, bad: bool = False) -> None:
        self.message.setText(text)
        theme.tint(self.message, "error" if bad else "text_dim")
