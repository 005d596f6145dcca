"""Other workspaces send a person to a character of a crop that was never opened before."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from lpstudio.studio.annotate.workspace import AnnotateWorkspace
from lpstudio.studio.main_window import MainWindow


def test_a_character_of_a_crop_that_was_not_open_yet_is_selected(studio: MainWindow, qtbot: QtBot) -> None:
    studio.run_command("go.similarity")
    studio.show_crop("images/val/p4.png", 3)
    annotate = studio.workspace("annotate")
    assert isinstance(annotate, AnnotateWorkspace)
    editor = annotate.editor
    qtbot.waitUntil(lambda: editor.document is not None and editor.document.key.endswith("p4.png"), timeout=10000)
    document = editor.document
    assert document is not None
    wanted = document.content.items[3].id
    qtbot.waitUntil(lambda: list(document.selection) == [wanted], timeout=5000)
