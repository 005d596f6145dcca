"""The form for a new project: a folder of crops, their texts, and how many go to val."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from lpstudio.dataset.images import is_image_name
from lpstudio.studio import theme
from lpstudio.studio.jobs import Jobs
from lpstudio.studio.projects import NewProject


def count_pictures(folder: Path) -> int:
    """How many pictures lie in a folder and below; hidden folders are passed over."""
    found = 0
    for _, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += sum(1 for name in names if is_image_name(name))
    return found


class NewProjectDialog(QDialog):
    """Asks; the project is made elsewhere, in a thread."""

    wanted = Signal(object)  # NewProject

    def __init__(self, parent: QWidget | None = None, source: Path | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("New project from crops")
        self._jobs = Jobs(self, threads=1)
        self._count = 0
        self.source = QLineEdit(self)
        self.source.setPlaceholderText("A folder with pictures of single plates")
        self.out = QLineEdit(self)
        self.out.setPlaceholderText("Empty: make the project where the pictures are")
        self.texts = QLineEdit(self)
        self.texts.setPlaceholderText("plates.csv with the columns file, text (may stay empty)")
        self.val_share = QSpinBox(self)
        self.val_share.setRange(0, 90)
        self.val_share.setValue(20)
        self.val_share.setSuffix(" %")
        self.seed = QSpinBox(self)
        self.seed.setRange(0, 2**31 - 1)
        self.seed.setValue(42)
        self.found = QLabel(self)
        self.found.setFont(theme.font("small"))
        self.found.setWordWrap(True)
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow("Crops", self._with_button(self.source, self._choose_source))
        form.addRow("", self.found)
        form.addRow("Project folder", self._with_button(self.out, self._choose_out))
        form.addRow("Plate texts", self._with_button(self.texts, self._choose_texts))
        form.addRow("Share for val", self.val_share)
        form.addRow("Seed", self.seed)
        note = QLabel(
            "Where texts are known, all crops of a plate go to the same split. The same seed gives the same split.",
            self,
        )
        note.setWordWrap(True)
        note.setFont(theme.font("small"))
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.make = QPushButton("Make project", self)
        self.make.setProperty("primary", True)
        self.buttons.addButton(self.make, QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.accepted.connect(self._accept)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addLayout(form)
        layout.addWidget(note)
        layout.addWidget(self.buttons)
        self.setMinimumWidth(560)
        self.source.textChanged.connect(self._source_changed)
        self._source_changed("")
        if source is not None:
            self.source.setText(str(source))

    def _with_button(self, edit: QLineEdit, choose: object) -> QWidget:
        row = QWidget(self)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        button = QPushButton("Choose…", row)
        button.setAutoDefault(False)
        button.clicked.connect(choose)
        layout.addWidget(edit, 1)
        layout.addWidget(button)
        return row

    def _choose_source(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Folder of crops", self.source.text())
        if name:
            self.source.setText(name)

    def _choose_out(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Project folder", self.out.text() or self.source.text())
        if name:
            self.out.setText(name)

    def _choose_texts(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Plate texts", self.source.text(), "Table (*.csv);;All files (*)")
        if name:
            self.texts.setText(name)

    def _source_changed(self, text: str) -> None:
        self.make.setEnabled(False)
        folder = Path(text.strip())
        if not text.strip():
            self.found.setText("")
            return
        if not folder.is_dir():
            self.found.setText("There is no such folder")
            return
        self.found.setText("Counting pictures…")
        self._jobs.forget(self._count)
        self._count = self._jobs.run(lambda: (count_pictures(folder), folder), self._counted)

    def _counted(self, result: tuple[int, Path]) -> None:
        count, folder = result
        self.make.setEnabled(count > 0)
        self.found.setText(f"{count:,} pictures" if count else "No pictures in this folder")
        csv = folder / "plates.csv"
        if csv.is_file() and not self.texts.text():
            self.texts.setText(str(csv))

    def _accept(self) -> None:
        out, texts = self.out.text().strip(), self.texts.text().strip()
        self.wanted.emit(
            NewProject(
                Path(self.source.text().strip()),
                Path(out) if out else None,
                Path(texts) if texts else None,
                self.val_share.value() / 100,
                self.seed.value(),
            )
        )
        self.accept()

    def done(self, result: int) -> None:
        self._jobs.close()
        super().done(result)
