"""The page of all faults in the project, in the panel at the left of Annotate."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QSize, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from lpstudio.dataset.faults import FaultKind
from lpstudio.dataset.survey import FoundFault
from lpstudio.studio import theme
from lpstudio.studio.commands import CommandTable
from lpstudio.studio.faults.fault_delegate import FaultDelegate
from lpstudio.studio.faults.fault_model import FaultModel, Group, grouped, heading
from lpstudio.studio.faults.finding_page import FindingPage
from lpstudio.studio.faults.fixer import Fixer, FixTarget
from lpstudio.studio.faults.survey import ProjectSurvey, SurveyState
from lpstudio.studio.icons import icon
from lpstudio.studio.jobs import Jobs
from lpstudio.studio.menus import context_menu, icon_action

_GROUPED_AT_ONCE = 2_000  # crops whose faults are grouped without a thread


class FaultPanel(FindingPage):
    """The faults in groups by kind; what can be fixed is fixed here."""

    def __init__(self, survey: ProjectSurvey, fixer: Fixer, commands: CommandTable, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("fault_panel")
        self._survey = survey
        self._fixer = fixer
        self._commands = commands
        self._jobs = Jobs(self, threads=1)
        self._grouping = 0
        self._groups: list[Group] = []
        self._asked: list[FixTarget] = []
        self.model = FaultModel(self)
        self._build()
        survey.changed.connect(self._group)
        survey.progressed.connect(lambda done, total: self.work.show_work("Checking", done, total))
        survey.state_changed.connect(self._show_state)
        survey.failed.connect(self.say)
        fixer.progressed.connect(self._show_fixing)
        fixer.finished.connect(self._fixed)

    def _build(self) -> None:
        self.kinds = QComboBox(self)
        self.kinds.setObjectName("fault_kinds")
        self.kinds.setAccessibleName("Show faults of kind")
        self.kinds.addItem("all kinds", "")
        self.kinds.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.kinds.setMinimumContentsLength(6)
        self.kinds.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.kinds.activated.connect(lambda _index: self._show_groups())
        self.fix = QToolButton(self)
        self.fix.setObjectName("fix_menu")
        self.fix.setIcon(icon("wand-sparkles"))
        self.fix.setIconSize(QSize(16, 16))
        self.fix.setToolTip("Fix what can be fixed")
        self.fix.setAccessibleName("Fix what can be fixed")
        self.fix.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.fix.clicked.connect(self._open_fix_menu)
        self.again = QToolButton(self)
        self.again.setIconSize(QSize(16, 16))
        self.again.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._build_list("faults", "Faults", self.model, FaultDelegate(self), self._stop)
        self.view.clicked.connect(self._clicked)
        self.view.activated.connect(self._clicked)
        self.view.selectionModel().currentChanged.connect(lambda now, _before: self._commands.refresh())
        self._build_question()
        self._arrange((self.kinds, self.fix, self.again), above=self.question)

    def _build_question(self) -> None:
        """What a fix of many would do, told before it is done."""
        self.question = QFrame(self)
        self.question.setObjectName("fix_question")
        self.asked = QLabel(self.question)
        self.asked.setWordWrap(True)
        self.asked.setFont(theme.font("small"))
        self.do_fix = QPushButton("Fix", self.question)
        self.do_fix.setObjectName("do_fix")
        self.do_fix.setProperty("primary", True)
        self.do_fix.clicked.connect(self._do_fix)
        leave = QPushButton("Leave it", self.question)
        leave.clicked.connect(self.question.hide)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.do_fix)
        buttons.addWidget(leave)
        buttons.addStretch(1)
        column = QVBoxLayout(self.question)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self.asked)
        column.addLayout(buttons)
        self.question.hide()

    def add_commands(self) -> None:
        """The buttons of commands, once these are registered."""
        self.again.setDefaultAction(icon_action(self._commands, "annotate.check_project"))

    # -- showing ------------------------------------------------------------------------------------------------

    def _group(self) -> None:
        self._jobs.forget(self._grouping)
        faults = dict(self._survey.faults)
        if len(faults) <= _GROUPED_AT_ONCE:
            self._take_groups(grouped(faults))
        else:
            self._grouping = self._jobs.run(lambda: grouped(faults), self._take_groups)

    def _take_groups(self, groups: list[Group]) -> None:
        self._groups = groups
        total = sum(len(group.faults) for group in groups)
        chosen = self.kinds.currentData()
        self.kinds.clear()
        self.kinds.addItem(f"all kinds  {total:,}", "")
        for group in groups:
            self.kinds.addItem(f"{heading(group.kind)}  {len(group.faults):,}", group.kind)
        self.kinds.setCurrentIndex(max(0, self.kinds.findData(chosen)))
        self._show_groups()
        self.counted.emit(total)

    def _show_groups(self) -> None:
        wanted = self.kinds.currentData()
        row = self.view.currentIndex().row()
        current = self.model.fault_at(row)
        offset = self.view.verticalScrollBar().value()
        self.model.set_groups(group for group in self._groups if not wanted or group.kind == wanted)
        self.view.verticalScrollBar().setValue(offset)
        again = self.model.row_of(current, row) if current is not None else None
        if again is None and current is not None and self.model.rowCount():
            again = self.model.neighbour(min(row, self.model.rowCount()) - 1, 1)  # the one that came in its place
        if again is not None:
            flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
            self.view.selectionModel().setCurrentIndex(self.model.index(again, 0), flag)
        self._show_state()
        self._commands.refresh()

    def _show_state(self) -> None:
        state = self._survey.state
        if state is not SurveyState.RUNNING and not self._fixer.running:
            self.work.hide()
        texts = {
            SurveyState.NEVER: "Not checked yet.",
            SurveyState.RUNNING: "Nothing found so far.",
            SurveyState.STOPPED: "Stopped before the end. Check again to find all faults.",
            SurveyState.DONE: "Nothing is wrong.\nAll labelled crops were looked at.",
        }
        self._show_list_or(texts[state])
        self.fix.setEnabled(any(group.fixable for group in self._groups))

    # -- going there --------------------------------------------------------------------------------------------

    @property
    def current(self) -> FoundFault | None:
        """The fault that is chosen."""
        return self.model.fault_at(self.view.currentIndex().row())

    def _clicked(self, index: QModelIndex) -> None:
        fault = self.model.fault_at(index.row())
        if fault is not None:
            self.wanted.emit(fault.key, -1 if fault.at is None else fault.at)
        else:
            group: Group | None = index.data(Qt.ItemDataRole.UserRole + 2)
            if group is not None:
                self.model.toggle(group.kind)

    def step(self, by: int) -> None:
        """To the next or previous fault."""
        row = self.model.neighbour(self.view.currentIndex().row(), by)
        if row is None:
            self.say("This is the last fault" if by > 0 else "This is the first fault")
            return
        self.say("")
        index = self.model.index(row, 0)
        self.view.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.view.scrollTo(index, QAbstractItemView.ScrollHint.EnsureVisible)
        self._clicked(index)

    # -- fixing -------------------------------------------------------------------------------------------------

    def can_fix(self) -> bool:
        """Whether the chosen fault can be fixed."""
        fault = self.current
        return fault is not None and fault.fixable and not self._fixer.running

    def fix_current(self) -> None:
        """Fix the chosen fault alone."""
        fault = self.current
        if fault is not None and fault.fixable:
            self._fixer.fix([FixTarget(fault.key, frozenset([FaultKind(fault.kind)]), fault.at)])

    def ask_to_fix(self, kind: str = "") -> None:
        """Tell what fixing all faults (of one kind) would do, and offer to do it."""
        groups = [group for group in self._groups if not kind or group.kind == kind]
        if not any(group.fixable for group in groups):
            self.say("Nothing here can be fixed without a person")
            return

        def count() -> list[FixTarget]:
            kinds: dict[str, set[FaultKind]] = {}
            for group in groups:
                for fault in group.faults if group.fixable else ():
                    if fault.fixable:
                        kinds.setdefault(fault.key, set()).add(FaultKind(fault.kind))
            return [FixTarget(key, frozenset(which)) for key, which in kinds.items()]

        def ask(targets: list[FixTarget]) -> None:
            self._asked = targets
            lines = [f"{group.fixable:,} × {heading(group.kind).lower()}" for group in groups if group.fixable]
            left = sum(len(group.faults) - group.fixable for group in groups)
            rest = f"\n{left:,} {'needs' if left == 1 else 'need'} a person." if left else ""
            crops = f"{len(targets):,} {'crop' if len(targets) == 1 else 'crops'}"
            self.asked.setText(f"On {crops}, as one step of undo:\n" + "\n".join(lines) + rest)
            self.do_fix.setText(f"Fix {sum(group.fixable for group in groups):,}")
            self.question.show()
            self.do_fix.setFocus(Qt.FocusReason.OtherFocusReason)

        self._jobs.run(count, ask)

    def ask_to_fix_kind(self) -> None:
        """As :meth:`ask_to_fix`, for the kind of the chosen fault, or the one the list shows."""
        fault = self.current
        self.ask_to_fix(fault.kind if fault is not None else self.kinds.currentData())

    def _do_fix(self) -> None:
        self.question.hide()
        self._fixer.fix(self._asked)
        self._asked = []

    def _open_fix_menu(self) -> None:
        ids = ["annotate.fix_fault", "annotate.fix_kind", "annotate.fix_all", "", "annotate.undo_fix"]
        self._commands.refresh()
        menu = context_menu(self._commands, ids, self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.fix.mapToGlobal(self.fix.rect().bottomLeft()))

    def _show_fixing(self, done: int, total: int) -> None:
        if total > 1:
            self.work.show_work("Fixing", done, total)

    def _fixed(self, text: str) -> None:
        if self._survey.state is not SurveyState.RUNNING:
            self.work.hide()
        self.say(text)
        self._commands.refresh()

    def _stop(self) -> None:
        if self._fixer.running:
            self._fixer.stop()
        else:
            self._survey.stop()

    def close_jobs(self) -> None:
        """Stop the threads."""
        self._jobs.close()
