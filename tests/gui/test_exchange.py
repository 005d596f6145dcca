"""Import and export in the window: recognised, counted, cancelled, taken back; a hostile file hurts nobody."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lpstudio.dataset.exchange.undoing import last_import
from lpstudio.dataset.types import CropState
from lpstudio.studio.exchange.export_dialog import ExportDialog
from lpstudio.studio.exchange.import_dialog import ImportDialog
from lpstudio.studio.main_window import MainWindow
from tests.annotate.hands import Hands

_LEFT = Qt.MouseButton.LeftButton


def their_labels(folder: Path, names: list[str], label: str = "X") -> Path:
    folder.mkdir()
    for name in names:
        shape = {"label": label, "points": [[20, 20], [40, 20], [40, 60], [20, 60]], "shape_type": "polygon"}
        data = {"version": "5", "flags": {}, "imageData": None, "imageWidth": 240, "imageHeight": 80}
        (folder / f"{name}.json").write_text(json.dumps({**data, "shapes": [shape], "imagePath": f"{name}.png"}))
    return folder


def drop(window: MainWindow, path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    copy, held, place = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier, QPoint(400, 400)
    QApplication.sendEvent(window, QDragEnterEvent(place, copy, mime, _LEFT, held))
    QApplication.sendEvent(window, QDropEvent(QPointF(place), copy, mime, _LEFT, held))


def dialog_of(window: MainWindow, qtbot: QtBot) -> ImportDialog:
    qtbot.waitUntil(lambda: window.findChild(ImportDialog) is not None, timeout=5000)
    dialog = window.findChild(ImportDialog)
    assert isinstance(dialog, ImportDialog)
    return dialog


def test_a_dropped_folder_is_imported_and_taken_back(studio: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    hands = Hands(studio, qtbot)
    session = studio.session
    assert session is not None
    hands.go("p2")  # unlabelled, and open while the import writes on it
    source = their_labels(tmp_path / "theirs", ["p2", "p3", "nobody"])
    drop(studio, source)
    dialog = dialog_of(studio, qtbot)
    qtbot.waitUntil(lambda: dialog.go.isEnabled(), timeout=20000)
    assert "labelme JSON" in dialog.found.text()
    QTest.mouseClick(dialog.go, _LEFT)
    qtbot.waitUntil(lambda: dialog.undo.isVisible(), timeout=20000)
    assert "2 crops filled in" in dialog.report.summary.text()
    assert any("nobody" in line for line in dialog.report.lines.stringList())  # never silently less
    QTest.mouseClick(dialog.report.copy, _LEFT)
    assert "nobody" in QApplication.clipboard().text()
    dialog.report.save_to(tmp_path / "losses.txt")
    assert "nobody" in (tmp_path / "losses.txt").read_text()
    qtbot.waitUntil(lambda: hands.chars == "X", timeout=10000)  # the open crop shows what came
    qtbot.waitUntil(lambda: session.state("images/train/p3.png") is CropState.LABELLED, timeout=10000)

    QTest.mouseClick(dialog.undo, _LEFT)
    qtbot.waitUntil(lambda: "undone" in dialog.report.summary.text(), timeout=20000)
    qtbot.waitUntil(lambda: session.state("images/train/p3.png") is CropState.UNLABELLED, timeout=10000)
    assert not session.project.label_path("images/train/p2.png").exists()
    assert last_import(session.project.root) is None
    dialog.close()


def test_a_hostile_zip_is_refused_with_a_word_and_a_cancel_leaves_nothing(
    studio: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    session = studio.session
    assert session is not None
    before = sorted(session.index.keys)
    hostile = tmp_path / "slip.zip"
    with zipfile.ZipFile(hostile, "w") as archive:
        archive.writestr("../../escaped.json", "[" * 200_000)
    dialog = studio.exchange.open_import(hostile)
    qtbot.waitUntil(lambda: bool(dialog.found.text()), timeout=20000)
    assert not dialog.go.isEnabled() and not (tmp_path.parent / "escaped.json").exists()

    many = their_labels(tmp_path / "many", [f"n{number}" for number in range(300)])
    picture = session.project.image_path("images/train/p0.png").read_bytes()
    for number in range(300):
        (many / f"n{number}.png").write_bytes(picture)
    dialog.set_source(many)
    qtbot.waitUntil(lambda: dialog.go.isEnabled(), timeout=20000)
    with qtbot.waitSignal(studio.exchange.work.progressed, timeout=20000):
        QTest.mouseClick(dialog.go, _LEFT)
    studio.run_command("file.cancel_exchange")
    qtbot.waitUntil(lambda: not studio.exchange.work.busy, timeout=20000)
    assert "nothing was changed" in dialog.report.summary.text()
    qtbot.waitUntil(lambda: sorted(session.index.keys) == before, timeout=10000)
    assert not list(session.project.root.rglob("n*.png"))
    dialog.close()


def test_an_export_says_what_it_loses_before_it_writes(studio: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    studio.run_command("file.export")
    dialog = studio.findChild(ExportDialog)
    assert isinstance(dialog, ExportDialog)
    dialog.format.setCurrentIndex(dialog.format.findData("voc"))
    assert "outlines (they become boxes)" in dialog.keeps.text()
    out = tmp_path / "out.zip"
    dialog.out.selectAll()
    QTest.keyClicks(dialog.out, str(out))
    assert dialog.zip.isChecked()
    QTest.mouseClick(dialog.go, _LEFT)  # told first, nothing written
    qtbot.waitUntil(lambda: "Would be lost" in dialog.report.summary.text(), timeout=20000)
    assert "3 outlines" in dialog.report.summary.text() and len(dialog.report.lines.stringList()) >= 3
    assert not out.exists() and dialog.go.text() == "Export all the same"
    QTest.mouseClick(dialog.go, _LEFT)
    qtbot.waitUntil(lambda: "Written to" in dialog.report.summary.text(), timeout=20000)
    assert zipfile.is_zipfile(out)
    dialog.close()


def test_annotations_become_a_new_project_where_none_is_open(
    empty_studio: MainWindow, small_project: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    source = their_labels(tmp_path / "theirs", ["p0"])
    (source / "p0.png").write_bytes((small_project / "images/train/p0.png").read_bytes())
    drop(empty_studio, source)
    dialog = dialog_of(empty_studio, qtbot)
    qtbot.waitUntil(lambda: "labelme" in dialog.found.text(), timeout=20000)
    assert dialog.target.text() == str(tmp_path / "theirs-project")  # what is suggested can be changed
    dialog.target.selectAll()
    QTest.keyClicks(dialog.target, str(tmp_path / "made"))
    with qtbot.waitSignal(empty_studio.session_changed, timeout=20000):
        QTest.mouseClick(dialog.go, _LEFT)
    session = empty_studio.session
    assert session is not None
    qtbot.waitUntil(lambda: session.is_scanned and len(session.index) == 1, timeout=10000)


@pytest.mark.parametrize("name", ["broken.json", "broken.xml"])
def test_a_file_of_nobody_is_told_where_it_was_chosen(
    studio: MainWindow, tmp_path: Path, qtbot: QtBot, name: str
) -> None:
    (tmp_path / name).write_text("<<<{{{")
    dialog = studio.exchange.open_import(tmp_path / name)
    qtbot.waitUntil(lambda: bool(dialog.found.text()), timeout=20000)
    assert not dialog.go.isEnabled()
    dialog.close()
