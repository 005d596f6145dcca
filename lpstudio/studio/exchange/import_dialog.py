"""Importing: a source is recognised, brought in apart from the window, and can be taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QLineEdit, QWidget
from shiboken6 import isValid

from lpstudio.dataset.exchange.formats import FORMATS
from lpstudio.studio.exchange.dialog import ExchangeDialog
from lpstudio.studio.exchange.work import ExchangeWork
from lpstudio.studio.session import ProjectSession

_FILES = "Annotations (*.zip *.json *.jsonl *.xml *.yaml);;All files (*)"


class ImportDialog(ExchangeDialog):
    """Not modal: the work goes on when it is closed. ``made``: a new project stands in this folder."""

    made = Signal(object)
    undo_wanted = Signal()

    def __init__(self, work: ExchangeWork, session: ProjectSession | None, parent: QWidget | None = None) -> None:
        super().__init__(work, "Import", "Looking at it", parent)
        self.setAcceptDrops(True)
        self._session = session
        self._recognised = False
        self._build()
        self._wait = QTimer(self)  # for the end of typing
        self._wait.setSingleShot(True)
        self._wait.setInterval(250)
        self._wait.timeout.connect(self._recognise)

    def _build(self) -> None:
        self.source = QLineEdit(self)
        self.source.setObjectName("import_source")
        self.source.setPlaceholderText("A folder, a zip, or an annotation file; or drop it here")
        self.source.setAccessibleName("What to import")
        self.found = self._remark()
        self.found.setObjectName("import_found")
        self.format = QComboBox(self)
        self.format.setObjectName("import_format")
        self.format.addItem("as recognised", "auto")
        for one in FORMATS.values():
            self.format.addItem(one.title, one.name)
        self.target = QLineEdit(self)
        self.target.setPlaceholderText("A new folder, which becomes a project")
        self.split = QComboBox(self)
        self.split.addItem("where the source says, else train", None)
        form = self._form()
        form.addRow("From", self._row(self.source, ("File…", self._choose_file), ("Folder…", self._choose_folder)))
        form.addRow("", self.found)
        form.addRow("Format", self.format)
        if self._session is None:
            form.addRow("New project", self._row(self.target, ("Folder…", self._choose_target)))
            self.split.hide()
        else:
            self.target.hide()
            form.addRow("Into", QLabel(self._session.project.name, self))
            for name in self._session.index.splits:
                self.split.addItem(name, name)
            form.addRow("New crops go to", self.split)
        note = self._remark("Crops that somebody worked on are kept as they are. An import can be undone.")
        self.undo = self._complete(form, "Undo import", 520, note)
        self.undo.setObjectName("undo_import")
        self.undo.clicked.connect(self.undo_wanted)
        self.undo.hide()
        self.go.setEnabled(False)
        self.go.clicked.connect(self.start)
        self.source.textChanged.connect(self._source_changed)
        self.target.textChanged.connect(lambda _text: self._show_ready())
        self.format.activated.connect(lambda _index: self._show_ready())

    # -- choosing -----------------------------------------------------------------------------------------------

    def set_source(self, path: Path) -> None:
        """Import this."""
        self.source.setText(str(path))
        self._wait.stop()
        self._recognise()

    def _choose_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Import", self.source.text(), _FILES)
        if name:
            self.set_source(Path(name))

    def _choose_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Import", self.source.text())
        if name:
            self.set_source(Path(name))

    def _choose_target(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "New project", self.target.text())
        if name:
            self.target.setText(name)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        if paths:
            self.set_source(paths[0])

    def _source_changed(self, text: str) -> None:
        self._recognised = False
        self.found.setText("")
        self.report.clear()
        self._show_ready()
        if text.strip():
            self._wait.start()

    def _recognise(self) -> None:
        text = self.source.text().strip()
        if not text or self._work.busy:
            return
        self._words = "Looking at it"

        def done(payload: dict[str, Any]) -> None:
            if isValid(self) and text == self.source.text().strip():
                self._recognised = True
                self.found.setText(f"{payload['title']}, {payload['pictures']:,} pictures")
                if self._session is None and not self.target.text().strip():
                    self.target.setText(str(_free_beside(Path(text))))
                self._show_ready()

        def failed(message: str) -> None:
            if isValid(self) and text == self.source.text().strip():
                self.found.setText(message)
                self._show_ready()

        self._work.run("recognise", {"source": text}, f"looking at {Path(text).name}", done, failed)

    def _show_ready(self) -> None:
        chosen = self.format.currentData() != "auto" and bool(self.source.text().strip())
        place = self._session is not None or bool(self.target.text().strip())
        self.go.setEnabled((self._recognised or chosen) and place and not self._work.busy)

    # -- the work -----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Bring it in."""
        source = self.source.text().strip()
        session = self._session
        target = str(session.project.yaml_path) if session is not None else self.target.text().strip()
        fields: dict[str, Any] = {"source": source, "project": target, "format": self.format.currentData()}
        if self.split.currentData():
            fields["split"] = self.split.currentData()
        self._words = "Importing"
        self.report.clear()
        self.undo.hide()
        self.go.setEnabled(False)

        def done(payload: dict[str, Any]) -> None:
            if not isValid(self):
                return
            self.report.show_report(payload["report"], "Came over", "Could not come over")
            self.undo.setVisible(bool(payload["undo"]) and session is not None)
            if session is None:
                self.setObjectName("import_report")  # what it says goes on to hold when the project is open
                self.go.hide()
                self.made.emit(Path(target))

        def failed(message: str) -> None:
            if isValid(self):
                self.report.say(message)
                self._show_ready()

        self._work.run("import", fields, f"importing {Path(source).name}", done, failed, session)

    def show_undone(self, payload: dict[str, Any]) -> None:
        """The import was taken back."""
        self.undo.hide()
        self.report.show_report(payload["report"], "Import undone", "Stayed")
        self._show_ready()


def _free_beside(source: Path) -> Path:
    """A folder beside the source that is not there yet."""
    number = 1
    while (folder := source.with_name(f"{source.stem}-project{'' if number == 1 else f'-{number}'}")).exists():
        number += 1
    return folder
