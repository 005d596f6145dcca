"""The Similarity workspace: which characters look alike, and what that means for the loss."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from lpstudio.similarity import Similarity
from lpstudio.studio import theme
from lpstudio.studio.commands import Command
from lpstudio.studio.session import ProjectSession
from lpstudio.studio.similarity.editing import SimilarityEditor
from lpstudio.studio.similarity.from_data import FromData
from lpstudio.studio.similarity.groups_panel import GroupsPanel
from lpstudio.studio.similarity.matrix_view import MatrixView
from lpstudio.studio.similarity.meaning_panel import MeaningPanel
from lpstudio.studio.similarity.proposal_panel import ProposalPanel
from lpstudio.studio.similarity.value_slider import ValueSlider
from lpstudio.studio.workspace import Studio, Workspace
from lpstudio.training.settings import LossSettings, SettingsError, TrainSettings

_log = logging.getLogger(__name__)

MEANING, DATA = 0, 1  # the tabs at the right
DIFFERENCE = "Split cells: above what it is now, below (amber) what the confusions of the run say."


class SimilarityWorkspace(Workspace):
    """Groups at the left, the matrix in the middle, what it means at the right."""

    id = "similarity"
    title = "Similarity"
    icon = "grid-3x3"

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.setObjectName("similarity")
        self._session: ProjectSession | None = None
        self.editor: SimilarityEditor | None = None

    # -- building --------------------------------------------------------------------------------------------------

    def prepare(self) -> Iterator[None]:
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.setChildrenCollapsible(False)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.splitter)
        # From the outside in: what is moved into another widget when it is full costs as much as making it.
        yield from self._build_groups()
        yield
        self._build_matrix()
        yield
        yield from self._build_meaning()
        yield
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([264, 620, 330])

    def _build_groups(self) -> Iterator[None]:
        layout = _column("Groups", self.splitter)
        column = layout.parentWidget()
        yield
        self.groups = GroupsPanel(column)
        layout.addWidget(self.groups)
        self.groups.chosen.connect(self._group_chosen)
        yield
        self.base = ValueSlider("Base similarity", 0.0, 1.0, 0.01, column)
        self.base.changed.connect(self._base_changed)
        self.base.let_go.connect(self._gesture_ended)
        reset = QPushButton("Back to the nine groups", column)
        reset.clicked.connect(self._reset_all)
        layout.addWidget(_label("Base similarity: how alike two characters of a group are", small=True))
        layout.addWidget(self.base)
        layout.addWidget(reset)

    def _build_matrix(self) -> None:
        layout = _column("Similarity matrix", self.splitter)
        self.matrix = MatrixView(layout.parentWidget())
        self.matrix.hovered.connect(self._show_pair)
        self.matrix.chosen.connect(self._pair_chosen)
        self.matrix.value_wanted.connect(self._set_cell)
        self.matrix.edit_wanted.connect(self._edit_value)
        self.order = QCheckBox("Groups as blocks", self)
        self.order.setChecked(True)
        self.order.toggled.connect(self.matrix.set_by_groups)
        self.readout = QLabel(self)
        self.readout.setFont(theme.font("number"))
        self.pair_title = QLabel(self)
        self.pair_title.setFont(theme.font("strong"))
        self.cell = ValueSlider("Similarity of the chosen pair", 0.0, 1.0, 0.01, self)
        self.cell.slider.setMinimumWidth(120)
        self.cell.changed.connect(self._cell_changed)
        self.cell.let_go.connect(self._gesture_ended)
        self.reset_cell = QPushButton("Reset to groups", self)
        self.reset_cell.clicked.connect(lambda: self._set_cell(*self.matrix.pair, None))
        head = QHBoxLayout()
        head.addWidget(self.readout, 1)
        head.addWidget(self.order)
        below = QHBoxLayout()
        below.setSpacing(12)
        below.addWidget(self.pair_title)
        below.addWidget(self.cell, 1)
        below.addWidget(self.reset_cell)
        layout.addLayout(head)
        layout.addWidget(self.matrix, 1)
        self.difference = _label(DIFFERENCE, small=True)
        self.difference.hide()
        layout.addWidget(self.difference)
        layout.addLayout(below)

    def _build_meaning(self) -> Iterator[None]:
        self.side = QTabWidget(self.splitter)
        self.side.setDocumentMode(True)
        self.side.setMinimumWidth(312)
        area = QScrollArea(self.side)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.side.addTab(area, "What it means")
        column = QWidget()
        column.setMinimumWidth(300)
        area.setWidget(column)
        layout = QVBoxLayout(column)
        layout.setContentsMargins(12, 12, 12, 12)
        yield
        self.meaning = MeaningPanel(column)
        layout.addWidget(self.meaning)

    def register_commands(self) -> None:
        table = self.studio.commands

        def add(command_id: str, title: str, keys: tuple[str, ...], run: object, available: object, icon: str) -> None:
            menu = "Edit" if command_id in ("undo", "redo") else "Similarity"
            command = Command(f"similarity.{command_id}", title, menu, keys, icon, workspace="similarity")
            table.register(command, run, available=available)  # type: ignore[arg-type]

        add("undo", "&Undo", ("Ctrl+Z",), self.undo, lambda: bool(self.editor and self.editor.undo_title), "undo-2")
        add("redo", "&Redo", ("Ctrl+Y", "Ctrl+Shift+Z"), self.redo,
            lambda: bool(self.editor and self.editor.redo_title), "redo-2")  # fmt: skip
        add("add_group", "&Add group", ("Ctrl+G",), self.groups.add_group, self._has_editor, "plus")
        add("rename_group", "&Rename group", (), self.groups.rename_group, self._has_group, "pencil-line")
        add("delete_group", "&Delete group", ("Ctrl+Delete",), self.groups.delete_group, self._has_group, "trash-2")
        add("reset_cells", "Reset all cells to groups", (), self._reset_cells, self._has_cells, "rotate-ccw")
        add("reset_all", "Back to the &nine groups", (), self._reset_all, self._has_editor, "history")
        data = self._build_data()
        add("from_data", "What the &data say", ("Ctrl+D",), self._toggle_data, self._has_editor, "list-checks")
        add("order", "Groups as &blocks, or the alphabet", ("Ctrl+B",), self.order.toggle, self._has_editor, "layers")

        self.side.currentChanged.connect(lambda tab: data.set_in_sight(tab == DATA))

    def _build_data(self) -> FromData:
        """The panel about the data; its buttons are commands."""
        table = self.studio.commands
        accepting = (
            ("accept", "Accept the pair from the data", "Ctrl+Return", "check", "Set this cell as the data have it"),
            ("accept_group", "Accept the group from the data", "Ctrl+Shift+G", "check", "Add the proposed group"),
            ("accept_all", "Accept all from the data", "Ctrl+Shift+Return", "check-check", "Take everything over"),
        )
        actions = []
        for name, title, keys, icon, tip in accepting:
            command = Command(f"similarity.{name}", title, "Similarity", (keys,), icon, tip, "similarity")
            actions.append(table.register(command, self._of_data(name), available=self._of_data(f"can_{name}")))
        self.proposal_panel = ProposalPanel(actions, self)
        self.proposal_panel.chosen.connect(self.matrix.choose)
        self.side.addTab(self.proposal_panel, "From data")
        self.data = FromData(self.studio, self.proposal_panel, self.matrix, lambda: self.editor, self)
        self.data.shown.connect(lambda: self.difference.setVisible(bool(self.matrix.proposed)))
        if self._session is not None:
            self.data.set_root(self._session.project.root)
        return self.data

    def _of_data(self, name: str) -> Callable[[], bool]:
        """A method of what shows the data, asked for when it is called: the commands are there first."""
        return lambda: self.data is not None and bool(getattr(self.data, name)())

    def _toggle_data(self) -> None:
        self.side.setCurrentIndex(MEANING if self.side.currentIndex() == DATA else DATA)

    def show_proposal(self, run: str) -> None:
        """Show what the confusions of a run say against the present groups."""
        if self.data is not None:
            self.side.setCurrentIndex(DATA)
            self.data.look(run)
            self.proposal_panel.table.setFocus()

    def _has_editor(self) -> bool:
        return self.editor is not None

    def _has_group(self) -> bool:
        return self.editor is not None and self.groups.current >= 0

    def _has_cells(self) -> bool:
        return self.editor is not None and bool(self.editor.value.cells)

    # -- the project -----------------------------------------------------------------------------------------------

    def set_session(self, session: ProjectSession | None) -> None:
        self._session = session
        self.editor = None
        if session is not None:
            self.editor = SimilarityEditor(session.similarity, self._changed)
            session.similarity_changed.connect(self._changed_elsewhere)
        if self.data is not None:
            self.data.set_root(session.project.root if session is not None else None)
            if session is not None and self.data.in_sight:
                self.data.look()
        self._show()
        if session is not None and self.matrix.order:
            first = "O" if "O" in self.matrix.order else self.matrix.order[0]
            second = "0" if "0" in self.matrix.order else self.matrix.order[-1]
            self.matrix.choose(first, second)

    def _characters(self) -> tuple[str, ...]:
        return self._session.project.alphabet.characters if self._session is not None else ()

    def _loss_settings(self) -> LossSettings:
        """The loss as the project's next training would use it."""
        if self._session is None:
            return LossSettings()
        try:
            return TrainSettings.from_dict(self._session.project.settings.training).loss
        except SettingsError as error:
            _log.warning("training settings of the project: %s", error)
            return LossSettings()

    def enter(self) -> None:
        self._show()
        if self.data is not None and self.data.in_sight:
            self.data.look()  # a run may have been evaluated meanwhile
        self.matrix.setFocus()

    def _changed(self, similarity: Similarity) -> None:
        if self._session is not None:
            self._session.similarity = similarity
        self._show()
        self.studio.commands.refresh()

    def _changed_elsewhere(self) -> None:
        if self._session is not None and self.editor is not None and self._session.similarity != self.editor.value:
            self.editor = SimilarityEditor(self._session.similarity, self._changed)
            self._show()

    def _show(self) -> None:
        similarity = self.editor.value if self.editor is not None else Similarity()
        self.groups.show_groups(self.editor, self._characters())
        self.matrix.set_similarity(self._characters(), similarity)
        self.base.set_value(similarity.base)
        if self._session is not None:
            self.meaning.show_similarity(self._session.project.alphabet.names, similarity, self._loss_settings())
        if self.data is not None:
            self.data.show()
        self._show_chosen()
        self._show_pair("", "")

    # -- pairs -----------------------------------------------------------------------------------------------------

    def _pair_chosen(self, a: str, b: str) -> None:
        self._show_chosen()
        self._show_pair("", "")
        if a != b:
            self.meaning.choose(a, b)
            if self.data is not None and self.data.in_sight:
                self.proposal_panel.choose(a, b)
                self.studio.commands.refresh()

    def _show_chosen(self) -> None:
        a, b = self.matrix.pair
        editable = self.editor is not None and bool(a) and a != b
        by_hand = editable and (min(a, b), max(a, b)) in self._value().cells
        self.pair_title.setText(f"{a} – {b}" if a else "")
        self.cell.setEnabled(editable)
        self.cell.set_value(self._value().value(a, b) if a else 0.0)
        self.reset_cell.setEnabled(by_hand)

    def _value(self) -> Similarity:
        return self.editor.value if self.editor is not None else Similarity()

    def _show_pair(self, a: str, b: str) -> None:
        if not a:
            a, b = self.matrix.pair
        if not a:
            self.readout.setText("")
            return
        seen = self.data.of_pair(a, b) if self.data is not None else None
        data = f"   data: {seen.value:.2f} ({seen.low:.2f} to {seen.high:.2f})" if seen is not None else ""
        self.readout.setText(f"{a} – {b}   {self._value().value(a, b):.2f}   {self._reason(a, b)}{data}")

    def _reason(self, a: str, b: str) -> str:
        """Where a value comes from, for people."""
        value = self._value()
        if a == b:
            return "the same character"
        if (min(a, b), max(a, b)) in value.cells:
            return "set by hand"
        names = [group.name for group in value.groups if a in group.chars and b in group.chars]
        return f"in group {', '.join(names)}" if names else "in no group together"

    def _set_cell(self, a: str, b: str, value: float | None) -> None:
        if self.editor is not None and a and a != b:
            self.editor.end_gesture()
            self.editor.set_cell(a, b, value)

    def _cell_changed(self, value: float) -> None:
        a, b = self.matrix.pair
        if self.editor is not None and a and a != b:
            self.editor.set_cell(a, b, value)

    def _base_changed(self, value: float) -> None:
        if self.editor is not None:
            self.editor.set_base(value)

    def _gesture_ended(self) -> None:
        if self.editor is not None:
            self.editor.end_gesture()

    def _edit_value(self) -> None:
        if self.cell.isEnabled():
            self.cell.spin.setFocus()
            self.cell.spin.selectAll()

    def _group_chosen(self, row: int) -> None:
        if self.editor is not None and 0 <= row < len(self.editor.value.groups):
            chars = [char for char in self.editor.value.groups[row].chars if char in self.matrix.order]
            if len(chars) > 1 and self.groups.table.hasFocus():
                self.matrix.choose(chars[0], chars[1])
        self.studio.commands.refresh()

    # -- commands --------------------------------------------------------------------------------------------------

    def undo(self) -> None:
        """Take the last change back."""
        if self.editor is not None:
            self.editor.undo()

    def redo(self) -> None:
        """Do the change again that was taken back."""
        if self.editor is not None:
            self.editor.redo()

    def _reset_cells(self) -> None:
        if self.editor is not None:
            self.editor.reset_cells()

    def _reset_all(self) -> None:
        if self.editor is not None:
            self.editor.reset_all()

    def shut_down(self) -> None:
        if self.data is not None:
            self.data.stop()

    # -- panels ----------------------------------------------------------------------------------------------------

    def save_state(self, settings: QSettings) -> None:
        settings.setValue("similarity/splitter", self.splitter.saveState())
        settings.setValue("similarity/by_groups", self.order.isChecked())

    def restore_state(self, settings: QSettings) -> None:
        state = settings.value("similarity/splitter")
        if state is not None:
            self.splitter.restoreState(state)
        self.order.setChecked(bool(settings.value("similarity/by_groups", True, type=bool)))


def _label(text: str, small: bool = False) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    if small:
        label.setFont(theme.font("small"))
    return label


def _column(title: str, parent: QWidget) -> QVBoxLayout:
    """The layout of a new column with a heading."""
    column = QWidget(parent)
    layout = QVBoxLayout(column)
    layout.setContentsMargins(12, 12, 12, 12)
    layout.setSpacing(8)
    heading = QLabel(title, column)
    heading.setFont(theme.font("title"))
    layout.addWidget(heading)
    return layout
