"""Exporting: what the chosen format would lose is counted first, then it is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QHBoxLayout, QLineEdit, QWidget
from shiboken6 import isValid

from lpstudio.dataset.exchange.formats import FORMATS
from lpstudio.dataset.exchange.model import Part
from lpstudio.dataset.types import CropState
from lpstudio.studio.exchange.dialog import ExchangeDialog
from lpstudio.studio.exchange.work import ExchangeWork, default_out
from lpstudio.studio.session import ProjectSession

_STATES: tuple[tuple[str, list[str] | None], ...] = (
    ("all crops", None),
    ("labelled and verified crops", [CropState.LABELLED.value, CropState.VERIFIED.value]),
    ("verified crops", [CropState.VERIFIED.value]),
)


class ExportDialog(ExchangeDialog):
    """Not modal: the work goes on when it is closed."""

    def __init__(self, work: ExchangeWork, session: ProjectSession, parent: QWidget | None = None) -> None:
        super().__init__(work, "Export", "Counting", parent)
        self._session = session
        self._own_out = False  # the person chose where it goes
        self._counted: dict[str, Any] | None = None  # of what the losses were counted
        self._build()
        self._format_changed()

    def _say(self, text: str) -> None:
        if isValid(self):
            self.report.say(text)

    def _build(self) -> None:
        self.format = QComboBox(self)
        self.format.setObjectName("export_format")
        for one in FORMATS.values():
            self.format.addItem(one.title, one.name)
        self.splits = QComboBox(self)
        self.splits.addItem("all splits", None)
        for name in self._session.index.splits:
            self.splits.addItem(name, [name])
        self.states = QComboBox(self)
        for title, states in _STATES:
            self.states.addItem(title, states)
        self.pictures = QCheckBox("Copy the pictures too", self)
        self.pictures.setChecked(True)
        self.zip = QCheckBox("As one zip", self)
        self.out = QLineEdit(self)
        self.out.setObjectName("export_out")
        self.out.setAccessibleName("Where to")
        self.out.textEdited.connect(self._out_edited)
        self.keeps = self._remark()
        self.keeps.setObjectName("export_keeps")
        form = self._form()
        form.addRow("Format", self.format)
        form.addRow("", self.keeps)
        form.addRow("Splits", self.splits)
        form.addRow("Crops", self.states)
        form.addRow("To", self._row(self.out, ("Folder…", self._choose_out)))
        boxes = QHBoxLayout()
        boxes.setSpacing(16)
        boxes.addWidget(self.pictures)
        boxes.addWidget(self.zip)
        boxes.addStretch(1)
        form.addRow("", boxes)
        self.count = self._complete(form, "Count the losses", 560)
        self.count.setObjectName("count_losses")
        self.count.setToolTip("Go through the crops and list what this format loses, without writing anything")
        self.count.clicked.connect(lambda: self.preview())
        self.go.clicked.connect(self.start)
        self.format.currentIndexChanged.connect(lambda _index: self._format_changed())
        self.zip.toggled.connect(lambda _on: self._suggest_out())
        for box in (self.splits, self.states):
            box.currentIndexChanged.connect(lambda _index: self._forget_count())

    def _format_changed(self) -> None:
        chosen = FORMATS[self.format.currentData()]
        missing = [part for part in Part if part not in chosen.keeps]
        words = [
            f"outlines (they become {chosen.outlines})" if part is Part.OUTLINE else _plural(part) for part in missing
        ]
        text = f"No place for {', '.join(words)}." if words else "Has a place for everything."
        self.keeps.setText(f"{text} What is lost of this project is counted before anything is written.")
        self._forget_count()
        self._suggest_out()

    def _forget_count(self) -> None:
        """Something else is to be exported: nothing is known of what it loses."""
        self._counted = None
        self.report.clear()
        self.go.setText("Export")

    def _suggest_out(self) -> None:
        if not self._own_out:
            out = default_out(self._session.project.root, self.format.currentData())
            self.out.setText(f"{out}.zip" if self.zip.isChecked() else str(out))

    def _out_edited(self, text: str) -> None:
        self._own_out = bool(text.strip())
        self.zip.blockSignals(True)
        self.zip.setChecked(text.strip().lower().endswith(".zip"))
        self.zip.blockSignals(False)

    def _choose_out(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Export into", str(Path(self.out.text()).parent))
        if name:
            out = default_out(Path(name) / self._session.project.name, self.format.currentData())
            self._own_out = True
            self.out.setText(f"{out}.zip" if self.zip.isChecked() else str(out))

    def _fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "project": str(self._session.project.yaml_path),
            "format": self.format.currentData(),
        }
        for name, box in (("splits", self.splits), ("states", self.states)):
            if box.currentData() is not None:
                fields[name] = box.currentData()
        return fields

    def _ended(self) -> None:
        super()._ended()
        self.go.setEnabled(True)
        self.count.setEnabled(True)

    def _begin(self, words: str) -> None:
        self._words = words
        self.report.clear()
        self.go.setEnabled(False)
        self.count.setEnabled(False)

    def preview(self, *, then_write: bool = False) -> None:
        """Count what would be lost. ``then_write``: and write at once where nothing is."""
        fields = self._fields()
        self._begin("Counting")

        def done(payload: dict[str, Any]) -> None:
            if not isValid(self):
                return
            self._counted = fields
            report = payload["report"]
            if then_write and not sum(report["lost"].values()):
                self._write()
                return
            self.report.show_report(report, "Would come over", "Would be lost")
            self.go.setText("Export all the same" if report["lost"] else "Export")

        self._work.run("export_preview", fields, "counting what an export loses", done, self._say, self._session)

    def start(self) -> None:
        """Write it; what it loses is counted and told first."""
        if self._counted == self._fields():
            self._write()
        else:
            self.preview(then_write=True)

    def _write(self) -> None:
        out = self.out.text().strip()
        fields = {**self._fields(), "out": out, "pictures": self.pictures.isChecked()}
        self._begin("Exporting")

        def done(payload: dict[str, Any]) -> None:
            if isValid(self):
                self.report.show_report(payload["report"], f"Written to {out}", "Could not come over")
                self._own_out = False

        self._work.run("export", fields, f"exporting to {Path(out).name}", done, self._say, self._session)


def _plural(part: Part) -> str:
    return part.value if part.value.endswith(("s", "e")) and part is Part.CANDIDATES else f"{part.value}s"
