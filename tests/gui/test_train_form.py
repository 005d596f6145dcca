"""The form of a new run: the notebook's values, changes and resets, what is kept in the project."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.train.settings_form import SettingsForm
from lpstudio.studio.train.view import TrainView
from lpstudio.studio.train.workspace import TrainWorkspace

NOTEBOOK = {
    "epochs": 300, "batch": 16, "imgsz": 224, "optimizer": "SGD", "lr0": 0.01, "lrf": 0.01, "momentum": 0.937,
    "weight_decay": 5e-4, "warmup_epochs": 3.0, "warmup_momentum": 0.8, "warmup_bias_lr": 0.1, "hsv_h": 0.015,
    "hsv_s": 0.7, "hsv_v": 0.4, "erasing": 0.4, "fliplr": 0.0, "mosaic": 0.0, "mixup": 0.0, "copy_paste": 0.0,
    "amp": True, "seed": 42, "deterministic": True, "save_period": 10, "early_stop_epochs": 50,
    "early_stop_percent": 1.0, "size": "n", "loss.name": "similarity", "loss.k": 2, "loss.temperature": 1.0,
    "loss.base_weight": 0.7, "loss.topk_weight": 0.3, "loss.gain": 0.5,
}  # fmt: skip


def enter_train(studio: MainWindow, qtbot: QtBot) -> TrainView:
    """Go to Train with the keys a person uses, and wait until the crops are counted."""
    studio.run_command("go.train")
    workspace = studio.workspace("train")
    assert isinstance(workspace, TrainWorkspace)
    qtbot.waitUntil(lambda: workspace.view.preflight.preflight is not None, timeout=10000)
    return workspace.view


def type_number(form: SettingsForm, name: str, text: str) -> None:
    """Type a number into a setting as a person does, and leave the field."""
    form.show_setting(name)
    box = form.row(name).editor.control
    assert isinstance(box, QAbstractSpinBox)
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, text)
    QTest.keyClick(box, Qt.Key.Key_Tab)


@pytest.fixture
def form(application: QApplication, qtbot: QtBot) -> SettingsForm:
    form = SettingsForm()
    qtbot.addWidget(form)
    form.resize(336, 600)
    form.show()
    qtbot.waitExposed(form)
    return form


@pytest.mark.parametrize(("name", "value"), NOTEBOOK.items())
def test_the_form_starts_with_the_notebooks_value(form: SettingsForm, name: str, value: object) -> None:
    row = form.row(name)
    assert row.editor.value() == value
    assert not row.is_marked
    assert row.info.help


def test_a_changed_value_is_marked_and_its_reset_brings_the_default_back(form: SettingsForm) -> None:
    type_number(form, "epochs", "120")
    row = form.row("epochs")
    assert form.settings.epochs == 120
    assert row.is_marked
    assert row.reset_button.isVisible()
    QTest.mouseClick(row.reset_button, Qt.MouseButton.LeftButton)
    assert form.settings.epochs == 300
    assert not row.is_marked


def test_small_numbers_are_shown_as_they_were_typed(form: SettingsForm) -> None:
    form.set_open_groups(["Optimiser"])
    type_number(form, "weight_decay", "0.00025")
    assert form.settings.weight_decay == 0.00025
    box = form.row("weight_decay").editor.control
    assert isinstance(box, QAbstractSpinBox)
    assert box.text() == "0.00025"


def test_a_value_that_cannot_be_used_says_why_beside_the_field(form: SettingsForm) -> None:
    type_number(form, "imgsz", "230")
    assert form.row("imgsz").message == "Must be a multiple of 32, not 230."
    assert "imgsz" in form.faults
    assert form.settings.imgsz == 224
    type_number(form, "imgsz", "256")
    assert form.settings.imgsz == 256
    assert not form.faults


def test_edits_of_the_form_are_taken_back_and_done_again(form: SettingsForm) -> None:
    type_number(form, "epochs", "120")
    type_number(form, "batch", "8")
    form.undo()
    assert (form.settings.epochs, form.settings.batch) == (120, 16)
    assert form.row("batch").editor.value() == 16
    form.undo()
    form.redo()
    form.redo()
    assert (form.settings.epochs, form.settings.batch) == (120, 8)


def test_the_wheel_scrolls_the_form_and_changes_no_value_in_passing(form: SettingsForm, qtbot: QtBot) -> None:
    from PySide6.QtCore import QPoint, QPointF
    from PySide6.QtGui import QWheelEvent

    form.row("name").editor.setFocus()
    box = form.row("epochs").editor.control
    event = QWheelEvent(
        QPointF(10, 10), QPointF(box.mapToGlobal(QPoint(10, 10))), QPoint(0, 0), QPoint(0, -120),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(box, event)
    assert form.settings.epochs == 300


def test_missing_starting_weights_are_named(form: SettingsForm, tmp_path: Path) -> None:
    row = form.row("weights")
    kinds, path = row.editor.findChildren(QComboBox)[0], row.editor.findChildren(QLineEdit)[0]
    kinds.setFocus()
    QTest.keyClicks(kinds, "Weights")
    assert row.message == "Choose a .pt file."
    assert "weights" in form.faults
    QTest.keyClicks(path, str(tmp_path / "mine.pt"))
    assert str(tmp_path / "mine.pt") in row.message
    (tmp_path / "mine.pt").write_bytes(b"weights")
    path.clear()
    QTest.keyClicks(path, str(tmp_path / "mine.pt"))
    assert not form.faults
    assert form.settings.weights == str(tmp_path / "mine.pt")
    assert not form.row("size").editor.isEnabled()


def test_a_start_without_starter_weights_says_that_it_is_from_scratch(form: SettingsForm) -> None:
    from lpstudio.studio.train.sources import starter_sizes

    if starter_sizes():
        pytest.skip("starter weights are shipped")
    assert "from scratch" in form.row("weights").message
    assert not form.faults


def test_the_stock_loss_greys_out_the_settings_it_does_not_use(form: SettingsForm) -> None:
    names = form.row("loss.name").editor.control
    names.setFocus()
    QTest.keyClicks(names, "stock")
    assert form.settings.loss.name == "stock"
    assert not form.row("loss.gain").editor.isEnabled()


def test_nothing_in_the_form_is_clipped_in_the_small_window(studio: MainWindow, qtbot: QtBot) -> None:
    studio.resize(1280, 800)
    view = enter_train(studio, qtbot)
    view.form.set_open_groups(["Run", "Length", "Loss", "Optimiser", "Augmentation", "Machine"])
    qtbot.wait(50)
    for label in view.form.findChildren(QLabel):
        if label.isVisible():
            assert label.width() >= label.minimumSizeHint().width(), label.text()
            needed = label.heightForWidth(label.width()) if label.wordWrap() else label.sizeHint().height()
            assert label.height() >= needed - 1, label.text()
    assert view.form.widget().width() <= view.form.viewport().width()


def test_the_devices_of_this_machine_are_offered_with_their_memory(studio: MainWindow, qtbot: QtBot) -> None:
    view = enter_train(studio, qtbot)
    box = view.form.row("device").editor.control
    assert isinstance(box, QComboBox)
    assert "CPU" in [box.itemText(at) for at in range(box.count())]
    workspace = studio.workspace("train")
    assert isinstance(workspace, TrainWorkspace)
    qtbot.waitUntil(lambda: workspace.probe.known, timeout=120000)
    titles = [box.itemText(at) for at in range(box.count())]
    assert any(title.startswith("CPU – ") and "core" in title for title in titles)


def test_train_brings_neither_torch_nor_cv2_into_the_window() -> None:
    code = (
        "import sys, lpstudio.studio.train.workspace, lpstudio.studio.train.curves;"
        "print([name for name in ('torch', 'torchvision', 'ultralytics', 'cv2') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "[]"


def test_settings_are_remembered_in_the_project(studio: MainWindow, small_project: Path, qtbot: QtBot) -> None:
    view = enter_train(studio, qtbot)
    type_number(view.form, "epochs", "77")
    type_number(view.form, "loss.gain", "0.25")
    studio.run_command("go.annotate")
    session = studio.session
    assert session is not None
    qtbot.waitUntil(lambda: session.pending == 0, timeout=5000)
    kept = tomllib.loads((small_project / "lpstudio.toml").read_text())
    assert kept["training"] == {"epochs": 77, "loss": {"gain": 0.25}}
    studio.close_project()
    with qtbot.waitSignal(studio.session_changed, timeout=10000):
        studio.open_project(small_project)
    view = enter_train(studio, qtbot)
    assert (view.form.settings.epochs, view.form.settings.loss.gain) == (77, 0.25)
    assert view.form.row("epochs").is_marked


def test_a_broken_setting_in_the_project_is_named_and_the_defaults_are_used(
    empty_studio: MainWindow, small_project: Path, qtbot: QtBot
) -> None:
    (small_project / "lpstudio.toml").write_text('[training]\nepochs = "many"\n')
    with qtbot.waitSignal(empty_studio.session_changed, timeout=10000):
        empty_studio.open_project(small_project)
    view = enter_train(empty_studio, qtbot)
    assert view.form.settings.epochs == 300
    texts = " ".join(label.text() for label in empty_studio.notice_bar.findChildren(QLabel))
    assert "lpstudio.toml" in texts
    assert "epochs" in texts
