"""Make synthetic plates: sliders change the preview, the dataset is made beside the work, then it opens."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.synthesis.dialog import PlateDialog

Wait = Callable[[], None]


def click(widget: QWidget, at: QPoint | None = None) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=at or QPoint(10, widget.height() // 2))


@pytest.fixture
def dialog(empty_studio: MainWindow, qtbot: QtBot) -> PlateDialog:
    empty_studio.run_command("synthetic.make")
    dialog = empty_studio.findChild(PlateDialog)
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.form.formats.count() > 0 and not dialog.preview.image.isNull(), timeout=60000)
    return dialog


def after_next_sheet(dialog: PlateDialog, qtbot: QtBot, act: Callable[[], object]) -> QImage:
    """What the preview shows once it followed an action."""
    with qtbot.waitSignal(dialog.preview.drawn, timeout=30000):
        act()
    return dialog.preview.image


def test_the_preview_follows_sliders_seed_and_formats(dialog: PlateDialog, qtbot: QtBot) -> None:
    first = dialog.preview.image
    assert first.deviceIndependentSize().width() > 0.9 * dialog.preview.width()
    switch = dialog.form.switches["difficulty"]
    by_hand = after_next_sheet(dialog, qtbot, lambda: click(switch))
    assert by_hand != first and dialog.form.sliders["difficulty"].isVisible()
    slider = dialog.form.sliders["difficulty"].slider
    slider.setFocus()
    hardest = after_next_sheet(dialog, qtbot, lambda: QTest.keyClick(slider, Qt.Key.Key_End))
    assert hardest != by_hand and dialog.form.wishes()["difficulty"] == 1.0
    outlined = after_next_sheet(dialog, qtbot, lambda: click(dialog.outlines))
    assert outlined != hardest
    other = after_next_sheet(dialog, qtbot, dialog.seed.stepUp)
    assert other != outlined
    row = dialog.form.formats.visualItemRect(dialog.form.formats.item(0))
    box = QPoint(row.left() + 12, row.center().y())
    after_next_sheet(dialog, qtbot, lambda: click(dialog.form.formats.viewport(), box))
    assert "ph-2014-car" not in dialog.form.wishes()["formats"]


def test_the_dataset_is_made_beside_the_work_and_opens_as_a_project(
    dialog: PlateDialog, empty_studio: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    out = tmp_path / "made"
    dialog.count.setValue(12)
    dialog.out.setText(str(out))
    assert dialog.make.text() == "Make 12 crops"
    click(dialog.make)
    assert dialog.stop.isVisible() and not dialog.make.isVisible()
    qtbot.waitUntil(lambda: dialog.open_button.isVisible(), timeout=60000)
    with (out / "plates.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 12
    assert not empty_studio.status.tasks
    with qtbot.waitSignal(empty_studio.session_changed, timeout=20000):
        click(dialog.open_button)
    assert empty_studio.session is not None
    qtbot.waitUntil(lambda: empty_studio.session is not None and empty_studio.session.is_scanned, timeout=20000)
    assert len(empty_studio.session.index.keys) == 12


def test_stopping_leaves_nothing_and_a_taken_folder_is_told_and_left_alone(
    dialog: PlateDialog, empty_studio: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    out = tmp_path / "stopped"
    dialog.count.setValue(50_000)
    dialog.out.setText(str(out))
    click(dialog.make)
    qtbot.waitUntil(lambda: dialog.bar.value() > 0, timeout=60000)
    assert "synthetic" in empty_studio.status.tasks
    empty_studio.run_command("synthetic.stop")
    assert dialog.make.isVisible() and not empty_studio.status.tasks
    qtbot.waitUntil(lambda: not out.exists(), timeout=20000)

    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "mine.txt").write_text("keep me")
    dialog.count.setValue(4)
    dialog.out.setText(str(taken))
    click(dialog.make)
    qtbot.waitUntil(lambda: "not an empty folder" in dialog.message.text(), timeout=60000)
    assert [path.name for path in taken.iterdir()] == ["mine.txt"]
