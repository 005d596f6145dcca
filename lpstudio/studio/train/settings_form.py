"""The form of training settings, made from the settings' own declaration: groups, help words, defaults and resets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QFrame,
    QGridLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from lpstudio.errors import LpStudioError
from lpstudio.studio import theme
from lpstudio.studio.icons import icon
from lpstudio.studio.slices import run_out
from lpstudio.studio.train.devices import Device
from lpstudio.studio.train.editors import EDITOR_WIDTH, Editor, icon_button, make_editor
from lpstudio.studio.train.sources import DeviceEditor, RunWeights, WeightsEditor, kind_of, weights_note
from lpstudio.studio.train.wording import counted, plain_number
from lpstudio.training.settings import SettingInfo, TrainSettings

LOOKING = "Looking for GPUs… Automatic takes the first one, or the CPU."
OPEN_AT_FIRST = ("Run", "Loss", "Length")
GROUP_ORDER = ("Run", "Length", "Loss", "Optimiser", "Augmentation", "Machine")


def value_text(info: SettingInfo, value: object) -> str:
    """A setting's value as it reads in a sentence: "0.01", "on", "300 epochs"."""
    if isinstance(value, bool):
        return "on" if value else "off"
    text = plain_number(value) if isinstance(value, int | float) else str(value) or "(empty)"
    return f"{text} {info.unit}" if info.unit else text


class SettingRow(QWidget):
    """One setting: title, editor, reset; below them its help word, or what is wrong with it."""

    changed = Signal(str)
    reset_asked = Signal(str)

    def __init__(self, info: SettingInfo, editor: Editor) -> None:
        super().__init__()
        self.info = info
        self.editor = editor
        self._fault = ""
        self._note: tuple[str, bool] = ("", False)
        self._title = QLabel(info.title)
        self._title.setBuddy(editor)
        self._title.setWordWrap(True)
        self._help = QLabel(info.help)
        self._help.setWordWrap(True)
        self._help.setFont(theme.font("small"))
        self._reset = icon_button("rotate-ccw", f"Back to {value_text(info, info.default)}, the default", 14)
        self._reset.setFixedSize(24, 24)
        self._reset.clicked.connect(lambda: self.reset_asked.emit(info.name))
        policy = self._reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._reset.setSizePolicy(policy)
        self._reset.hide()
        editor.control.setAccessibleName(editor.control.accessibleName() or info.title)
        editor.control.setAccessibleDescription(info.help)
        editor.setToolTip(info.help)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 4, 0, 4)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(0)
        wide = isinstance(editor, WeightsEditor | DeviceEditor)
        if wide:
            grid.addWidget(self._title, 0, 0)
            grid.addWidget(self._reset, 1, 2, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(editor, 1, 0, 1, 2)
        else:
            editor.setFixedWidth(EDITOR_WIDTH)
            grid.addWidget(self._title, 0, 0)
            grid.addWidget(editor, 0, 1)
            grid.addWidget(self._reset, 0, 2, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self._help, 2, 0, 1, 3)
        grid.setColumnStretch(0, 1)
        editor.changed.connect(lambda: self.changed.emit(info.name))
        self.recolour()

    def show_state(self, changed: bool, fault: str, note: tuple[str, bool] = ("", False)) -> None:
        """Mark the row as changed and say what is wrong with it; ``note`` follows the help word."""
        self._fault, self._note = fault, note
        self._reset.setVisible(changed)
        font = theme.font("strong" if changed else "body")
        self._title.setFont(font)
        self._title.setText(f"{self.info.title} •" if changed else self.info.title)
        self.recolour()

    def recolour(self) -> None:
        """Take the colours of the theme on the screen."""
        note, bad_note = self._note
        bad = bool(self._fault) or bad_note
        self._help.setText(self._fault or note or self.info.help)
        theme.tint(self._help, "error" if bad else "text_dim")

    @property
    def is_marked(self) -> bool:
        """Whether the row shows that its value is not the default."""
        return not self._reset.isHidden()

    @property
    def message(self) -> str:
        """The line below the editor."""
        return self._help.text()

    @property
    def reset_button(self) -> QToolButton:
        return self._reset


class _Group(QWidget):
    """A group of rows under a heading that folds it; the heading counts what was changed."""

    def __init__(self, title: str, opened: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.title = title
        self.rows: list[SettingRow] = []
        self._head = QToolButton()
        self._head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._head.setCheckable(True)
        self._head.setChecked(opened)
        self._head.setIconSize(QSize(14, 14))
        self._head.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._head.setStyleSheet("QToolButton, QToolButton:checked { background: transparent; text-align: left; }")
        self._head.setFont(theme.font("strong"))
        self._body = QWidget()
        self._column = QVBoxLayout(self._body)
        self._column.setContentsMargins(4, 0, 0, 8)
        self._column.setSpacing(0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head)
        layout.addWidget(self._body)
        self._head.toggled.connect(self.set_open)
        self.set_open(opened)

    def add(self, row: SettingRow) -> None:
        """One more row at the end."""
        self.rows.append(row)
        self._column.addWidget(row)

    def set_open(self, opened: bool) -> None:
        self._head.setChecked(opened)
        self._head.setIcon(icon("chevron-down" if opened else "chevron-right"))
        self._body.setVisible(opened)

    @property
    def is_open(self) -> bool:
        return self._head.isChecked()

    def show_count(self) -> None:
        """Write how many settings of the group are not at their default."""
        count = sum(row.is_marked for row in self.rows)
        self._head.setText(f"{self.title}   {count} changed" if count else self.title)


class SettingsForm(QScrollArea):
    """Shows and edits one :class:`TrainSettings`. ``changed`` comes after every edit a person makes."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None, *, whole: bool = True) -> None:
        """``whole=False``: its maker runs :attr:`steps` to their end, in slices, before anything else is done."""
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._settings = TrainSettings()
        self._past: list[TrainSettings] = []
        self._future: list[TrainSettings] = []
        self._faults: dict[str, str] = {}
        self._weights_note = ("", False)
        self._device_note = LOOKING
        self._infos = {info.name: info for info in TrainSettings.infos()}
        self._rows: dict[str, SettingRow] = {}
        self._groups: list[_Group] = []
        self.steps = self._make()
        if whole:
            run_out(self.steps)

    def _make(self) -> Iterator[None]:
        """Make the rows under their headings."""
        named = [group for group in GROUP_ORDER if any(info.group == group for info in self._infos.values())]
        other = [info.group for info in self._infos.values() if info.group not in GROUP_ORDER]
        body = QWidget()
        self.setWidget(body)
        column = QVBoxLayout(body)
        column.setContentsMargins(8, 4, 8, 8)
        column.setSpacing(0)
        made: dict[str, SettingRow] = {}
        for name in dict.fromkeys(named + other):
            group = _Group(name, name in OPEN_AT_FIRST, body)
            self._groups.append(group)
            column.addWidget(group)
            for info in (info for info in self._infos.values() if info.group == name):
                row = made[info.name] = SettingRow(info, self._editor_for(info))
                row.changed.connect(self._edited)
                row.reset_asked.connect(self.reset)
                group.add(row)
                yield
        self._rows = {name: made[name] for name in self._infos}
        column.addStretch(1)
        yield
        theme.notifier().changed.connect(self._recolour)
        self._show()

    def _editor_for(self, info: SettingInfo) -> Editor:
        if info.name == "weights":
            return WeightsEditor()
        if info.name == "device":
            return DeviceEditor()
        return make_editor(info)

    # -- the value -------------------------------------------------------------------------------------------------

    @property
    def settings(self) -> TrainSettings:
        """The last settings that were right as a whole."""
        return self._settings

    def set_settings(self, settings: TrainSettings, *, undoable: bool = False) -> None:
        """Show other settings; with ``undoable`` the present ones come back with :meth:`undo`."""
        if undoable and settings != self._settings:
            self._remember()
        self._settings = settings
        self._faults.clear()
        self._show()

    @property
    def faults(self) -> dict[str, str]:
        """What cannot be used, by the setting's name."""
        faults = dict(self._faults)
        note, is_bad = self._weights_note
        if is_bad:
            faults["weights"] = note
        device = self._rows["device"].editor
        if isinstance(device, DeviceEditor) and device.missing:
            faults["device"] = "This device is not on this machine."
        return faults

    def commit(self) -> None:
        """Take in what is being typed right now."""
        focus = QApplication.focusWidget()
        if isinstance(focus, QAbstractSpinBox) and self.isAncestorOf(focus):
            focus.interpretText()

    @property
    def changed_names(self) -> list[str]:
        """The settings that are not at their default."""
        return [name for name, info in self._infos.items() if self._value(name) != info.default]

    def row(self, name: str) -> SettingRow:
        """The row of a setting (``loss.k``)."""
        return self._rows[name]

    def _value(self, name: str) -> object:
        holder: object = self._settings.loss if name.startswith("loss.") else self._settings
        return getattr(holder, name.removeprefix("loss."))

    # -- editing ---------------------------------------------------------------------------------------------------

    def _edited(self, name: str) -> None:
        value = self._rows[name].editor.value()
        self._faults.pop(name, None)
        try:
            settings = self._settings.with_value(name, value)
        except LpStudioError as error:
            self._faults[name] = error.what.removeprefix(f"training setting {name!r} ").capitalize() + "."
        else:
            if settings != self._settings:
                self._remember()
                self._settings = settings
        self._show_states()
        self.changed.emit()

    def reset(self, name: str) -> None:
        """Give one setting its default back."""
        self._rows[name].editor.set_value(self._infos[name].default)
        self._edited(name)

    def reset_all(self) -> None:
        """Give every setting its default back, except the run's name."""
        self.set_settings(replace(TrainSettings(), name=self._settings.name), undoable=True)
        self.changed.emit()

    def _remember(self) -> None:
        self._past.append(self._settings)
        del self._past[:-500]
        self._future.clear()

    def undo(self) -> None:
        """Take the last edit back."""
        if self._past:
            self._future.append(self._settings)
            self.set_settings(self._past.pop())
            self.changed.emit()

    def redo(self) -> None:
        """Do the edit again that was taken back last."""
        if self._future:
            self._past.append(self._settings)
            self.set_settings(self._future.pop())
            self.changed.emit()

    @property
    def can_undo(self) -> bool:
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        return bool(self._future)

    # -- what it shows ---------------------------------------------------------------------------------------------

    def set_devices(self, devices: Sequence[Device], known: bool) -> None:
        """The devices of this machine; ``known`` False while they are being looked for."""
        editor = self._rows["device"].editor
        assert isinstance(editor, DeviceEditor)
        editor.set_devices(devices, known)
        self._device_note = "Automatic takes the first GPU, or the CPU where there is none." if known else LOOKING
        self._show_states()

    def offer_runs(self, runs: Sequence[RunWeights]) -> None:
        """Earlier runs whose best weights can be started from."""
        editor = self._rows["weights"].editor
        assert isinstance(editor, WeightsEditor)
        editor.offer_runs(runs)

    def show_setting(self, name: str) -> None:
        """Unfold and scroll to one setting, and put the cursor there."""
        row = self._rows[name]
        for group in self._groups:
            if row in group.rows:
                group.set_open(True)
        self.ensureWidgetVisible(row)
        row.editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def open_groups(self) -> list[str]:
        return [group.title for group in self._groups if group.is_open]

    def set_open_groups(self, titles: Sequence[str]) -> None:
        for group in self._groups:
            group.set_open(group.title in titles)

    def _show(self) -> None:
        for name, row in self._rows.items():
            row.editor.set_value(self._value(name))
        self._show_states()

    def _show_states(self) -> None:
        self._weights_note = weights_note(self._settings.weights, self._settings.size)
        faults, changed = self.faults, set(self.changed_names)
        for name, row in self._rows.items():
            note = self._weights_note if name == "weights" else ("", False)
            if name == "device":
                note = (self._device_note, False)
            row.show_state(name in changed or name in self._faults, faults.get(name, ""), note)
            row.editor.setEnabled(self._is_used(name))
        for group in self._groups:
            group.show_count()

    def _is_used(self, name: str) -> bool:
        """Whether a setting does anything beside the others."""
        loss = self._settings.loss
        if name == "size":
            return kind_of(self._settings.weights) in ("starter", "scratch")
        if not name.startswith("loss.") or name == "loss.name":
            return True
        if loss.is_stock:
            return False
        return not (loss.name == "cross-entropy" and name in ("loss.topk_weight", "loss.k", "loss.temperature"))

    def summary(self) -> str:
        """The settings in a few words: "300 epochs, batch 16, similarity loss"."""
        settings = self._settings
        return f"{counted(settings.epochs, 'epoch')}, batch {settings.batch}, {settings.loss.name} loss"

    def _recolour(self) -> None:
        for row in self._rows.values():
            row.recolour()
