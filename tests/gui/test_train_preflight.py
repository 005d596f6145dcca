"""Before the start: which crops take part, what stays out and why, which characters are rare or absent."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lpstudio.dataset.project import Project
from lpstudio.dataset.types import CropState
from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.train.class_bars import ClassBars
from lpstudio.studio.train.preflight_data import summarise
from lpstudio.studio.train.view import TrainView
from lpstudio.studio.train.workspace import TrainWorkspace


def enter_train(studio: MainWindow, qtbot: QtBot) -> TrainView:
    studio.run_command("go.train")
    workspace = studio.workspace("train")
    assert isinstance(workspace, TrainWorkspace)
    qtbot.waitUntil(lambda: workspace.view.preflight.preflight is not None, timeout=10000)
    return workspace.view


def test_it_says_which_crops_take_part_and_why_others_stay_out(studio: MainWindow, qtbot: QtBot) -> None:
    view = enter_train(studio, qtbot)
    assert view.preflight.headline == "2 crops to train on, 1 to validate"
    head, train, val = view.preflight.table_text()
    assert head == ["", "all", "take part", "labelled", "out: unlabelled"]
    assert train == ["train", "4", "2", "2", "2"]
    assert val == ["val", "2", "1", "1", "1"]
    assert studio.commands.action("train.start").isEnabled()
    assert "2 crops · 300 epochs" in view.start_note.text()


def test_rare_and_absent_characters_are_named(studio: MainWindow, qtbot: QtBot) -> None:
    view = enter_train(studio, qtbot)
    warnings = " | ".join(view.preflight.warning_texts())
    assert "Rare in train, fewer than 10: A (1), B (1), C (1)" in warnings
    assert "0 (2)" in warnings
    assert "Absent in train, cannot be learned: E F G H" in warnings
    bars = view.preflight.findChild(ClassBars)
    assert bars is not None
    assert "O: 1 in train, 0 in val, rare (fewer than 10)" in bars.accessibleDescription()
    assert "Z: 0 in train, 0 in val, absent" in bars.accessibleDescription()


def test_a_crop_that_is_confirmed_meanwhile_counts_at_once(studio: MainWindow, qtbot: QtBot) -> None:
    view = enter_train(studio, qtbot)
    session = studio.session
    assert session is not None
    session.set_state("images/train/p0.png", CropState.IGNORED)
    qtbot.waitUntil(lambda: "1 crop to train on" in view.preflight.headline, timeout=5000)
    assert view.preflight.table_text()[1] == ["train", "4", "1", "1", "1", "2"]
    assert view.preflight.table_text()[0][4] == "out: ignored"


def test_with_verified_crops_only_nothing_can_start_until_one_is_verified(studio: MainWindow, qtbot: QtBot) -> None:
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    view = enter_train(studio, qtbot)
    view.form.show_setting("verified_only")
    QTest.keyClick(view.form.row("verified_only").editor.control, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: view.preflight.headline.startswith("0 crops"), timeout=5000)
    assert not view.start_button.isEnabled()
    assert view.start_note.text() == "No verified crop in train: draw characters on some crops first."
    session = studio.session
    assert session is not None
    session.set_state("images/train/p0.png", CropState.VERIFIED)
    qtbot.waitUntil(lambda: view.preflight.headline.startswith("1 crop to train on"), timeout=5000)
    assert view.start_button.isEnabled()


def test_faulty_crops_are_named_and_the_rest_takes_part(small_project: Path) -> None:
    (small_project / "images" / "train" / "p0.png").write_bytes(b"no picture")
    label = small_project / "labels" / "train" / "p1.txt"
    label.write_text(label.read_text() + "3 0.1 0.2 nonsense\n")
    with Project.open(small_project) as project:
        preflight = summarise(project, verified_only=False)
    assert preflight.split("train").taking_part == 1
    assert any("p0.png" in fault for fault in preflight.faults)
    texts = [warning.text for warning in preflight.warnings]
    assert "1 faulty crop stays out: see the list below." in texts
    assert any(text.startswith("1 label line was not understood") for text in texts)


def test_the_bars_fit_the_width_they_get(application: QApplication, qtbot: QtBot) -> None:
    from lpstudio.studio.train.preflight_data import ClassCount

    bars = ClassBars()
    qtbot.addWidget(bars)
    bars.set_counts([ClassCount(char, 120, 30) for char in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"], None)
    one_row = bars.heightForWidth(840)
    assert bars.heightForWidth(420) == 3 * one_row
    bars.resize(420, bars.heightForWidth(420))
    last = bars._place(35)
    assert last.right() <= 420
    assert last.bottom() <= bars.height()
