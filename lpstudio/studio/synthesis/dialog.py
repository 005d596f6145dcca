"""Make synthetic plates: how they shall be on the left, what comes out on the right, where to below."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QHideEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from lpstudio.studio import theme
from lpstudio.studio.synthesis.desk import Order, PlateDesk
from lpstudio.studio.synthesis.preview import SheetPreview
from lpstudio.studio.synthesis.wish_form import WishForm
from lpstudio.studio.train.wording import duration

if TYPE_CHECKING:
    from lpstudio.studio.main_window import MainWindow

_LEFT = 320
_MOST_CROPS = 1_000_000


def free_folder(parent: Path) -> Path:
    """A name for a new folder that is not there yet."""
    number, folder = 1, parent / "synthetic-plates"
    while folder.exists():
        number += 1
        folder = parent / f"synthetic-plates-{number}"
    return folder


class PlateDialog(QDialog):
    """Stands beside the window: closing it lets the making go on, the status line shows how far it is."""

    def __init__(self, window: MainWindow, desk: PlateDesk) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Make synthetic plates")
        self._window = window
        self._desk = desk
        self._country = ""
        self._about = 0
        self.form = WishForm(self)
        self.preview = SheetPreview(window.workers.plates, self._fields, self)
        self.outlines = QCheckBox("Show outlines", self)
        self.outlines.setToolTip("The outlines of the label files; red ones are too hidden to be labelled")
        self.said = QLabel(self)
        self.said.setFont(theme.font("small"))
        upper = QHBoxLayout()
        upper.setSpacing(16)
        upper.addWidget(self._left(), 0)
        upper.addLayout(self._right(), 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addLayout(upper, 1)
        layout.addLayout(self._below())
        self.resize(1120, 700)
        self.form.changed.connect(self.preview.renew)
        self.seed.valueChanged.connect(self.preview.renew)
        self.outlines.toggled.connect(self.preview.renew)
        self.preview.drawn.connect(self._tell_drawn)
        desk.progressed.connect(self._show_progress)
        desk.finished.connect(self._show_end)
        self._ask_about("")
        self._show_state()

    @classmethod
    def show_for(cls, window: MainWindow, desk: PlateDesk) -> PlateDialog:
        """Open the dialog, or bring the open one to the front."""
        dialog = window.findChild(cls) or cls(window, desk)
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()
        return dialog

    # -- building --------------------------------------------------------------------------------------------------

    def _left(self) -> QWidget:
        column = QWidget(self)
        column.setFixedWidth(_LEFT)
        self.count = self._number(2, _MOST_CROPS, 1000)
        self.count.setSingleStep(500)
        self.count.valueChanged.connect(self._name_button)
        self.seed = self._number(0, 2**31 - 1, 42)
        self.seed.setGroupSeparatorShown(False)
        self.seed.setToolTip("The same seed gives the same plates, to the byte")
        self.val = self._number(1, 90, 20)
        self.val.setSuffix(" %")
        self.country = QLabel("…", column)
        choose = QPushButton("Choose…", column)
        choose.setToolTip("Formats and looks of another country: a file like resources/plates/ph.toml")
        choose.setAutoDefault(False)
        choose.clicked.connect(self._choose_country)
        row = QHBoxLayout()
        row.addWidget(self.country, 1)
        row.addWidget(choose)
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(6)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Crops", self.count)
        form.addRow("Seed", self.seed)
        form.addRow("Share for val", self.val)
        form.addRow("Plates of", row)
        layout = QVBoxLayout(column)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addLayout(form)
        layout.addWidget(self.form, 1)
        return column

    def _number(self, low: int, high: int, value: int) -> QSpinBox:
        box = QSpinBox(self)
        box.setRange(low, high)
        box.setValue(value)
        box.setGroupSeparatorShown(True)
        box.setKeyboardTracking(False)
        return box

    def _right(self) -> QVBoxLayout:
        head = QHBoxLayout()
        head.addWidget(self.said, 1)
        head.addWidget(self.outlines)
        layout = QVBoxLayout()
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.preview, 1)
        return layout

    def _below(self) -> QVBoxLayout:
        parent = Path(str(self._window.settings.value("projects/folder", str(Path.home()))))
        self.out = QLineEdit(str(free_folder(parent)), self)
        self.out.setAccessibleName("Folder to make")
        choose = QPushButton("Choose…", self)
        choose.setAutoDefault(False)
        choose.clicked.connect(self._choose_out)
        self.make = QPushButton(self)
        self.make.setProperty("primary", True)
        self.make.clicked.connect(self._make)
        self.stop = QPushButton("Stop", self)
        self.stop.setToolTip("Stop, and take away what was written")
        self.stop.clicked.connect(self._desk.stop)
        self.open_button = QPushButton("Open as project", self)
        self.open_button.setProperty("primary", True)
        self.open_button.clicked.connect(self._open)
        close = QPushButton("Close", self)
        close.setAutoDefault(False)
        close.clicked.connect(self.close)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(10)
        self.message = QLabel(self)
        self.message.setWordWrap(True)
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        folder = QHBoxLayout()
        folder.setSpacing(8)
        folder.addWidget(QLabel("Folder", self))
        folder.addWidget(self.out, 1)
        folder.addWidget(choose)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.bar, 1)
        foot.addWidget(self.message, 2)
        foot.addWidget(self.stop)
        foot.addWidget(close)
        foot.addWidget(self.open_button)
        foot.addWidget(self.make)
        layout = QVBoxLayout()
        layout.setSpacing(8)
        layout.addLayout(folder)
        layout.addLayout(foot)
        self._name_button()
        return layout

    # -- country and preview ---------------------------------------------------------------------------------------

    def _wishes(self) -> dict[str, Any]:
        wishes = self.form.wishes()
        return {**wishes, "country": self._country} if self._country else wishes

    def _fields(self) -> dict[str, Any]:
        return {"seed": self.seed.value(), "outlines": self.outlines.isChecked(), **self._wishes()}

    def _tell_drawn(self, crops: int, seconds: float) -> None:
        self.said.setText(f"The first {crops} plates of this seed, drawn in {seconds:.1f} s")

    def _choose_country(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Plates of a country", "", "Plate formats and looks (*.toml)")
        if name:
            self._ask_about(name)

    def _ask_about(self, path: str) -> None:
        fields = {"country": path} if path else {}

        def show(about: dict[str, Any]) -> None:
            self._country = path
            self.country.setText(str(about["name"]))
            self.form.show_formats(about["formats"])
            self.message.setText("")
            self.preview.renew()

        plates = self._window.workers.plates
        plates.cancel(self._about)
        self._about = plates.request("synth_about", fields, show, None, self.message.setText)

    # -- making ----------------------------------------------------------------------------------------------------

    def _choose_out(self) -> None:
        start = str(Path(self.out.text()).parent)
        name = QFileDialog.getExistingDirectory(self, "Folder to make the dataset in", start)
        if name:
            self.out.setText(str(free_folder(Path(name))))

    def _name_button(self) -> None:
        self.make.setText(f"Make {self.count.value():,} crops")

    def _make(self) -> None:
        out = self.out.text().strip()
        if not out:
            self.message.setText("Name the folder to make")
            return
        order = Order(
            Path(out).expanduser(), self.count.value(), self.seed.value(), self.val.value() / 100, self._wishes()
        )
        self._desk.make(order)
        self._show_state()

    def _open(self) -> None:
        self._desk.open_made()
        self.close()

    def _show_progress(self, done: int, total: int, left: float) -> None:
        self.bar.setRange(0, max(1, total))
        self.bar.setValue(done)
        time_left = f", {duration(left)} left" if left >= 0 else ""
        self.message.setText(f"{done:,} of {total:,} crops{time_left}")
        self._show_state()

    def _show_end(self, fault: str) -> None:
        made = self._desk.made
        if made is not None:
            self.message.setText(f"Made: {made}")
            self.out.setText(str(free_folder(made.parent)))
        else:
            self.message.setText(fault or "Stopped; nothing was left behind")
        self._show_state()

    def _show_state(self) -> None:
        making = self._desk.order is not None
        self.make.setVisible(not making)
        self.open_button.setVisible(not making and self._desk.made is not None)
        self.make.setProperty("primary", self._desk.made is None)
        self.make.style().polish(self.make)
        self.stop.setVisible(making)
        self.bar.setVisible(making)

    def _leave(self) -> None:
        self.preview.close_down()
        self._window.workers.plates.cancel(self._about)

    def hideEvent(self, event: QHideEvent) -> None:
        if not event.spontaneous():  # not when it is only minimised
            self._leave()
        super().hideEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._leave()
        super().closeEvent(event)
