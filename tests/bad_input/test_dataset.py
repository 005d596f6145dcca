"""A dataset that is none, or a broken one: one message with file, line and remedy; what is sound goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from lpstudio.studio.main_window import MainWindow
from tests.annotate.hands import Hands
from tests.bad_input.conftest import Call, Told, drop
from tests.gui.conftest import OpenIn, character_box


def _bomb(key: str) -> str:
    """A few lines of YAML that stand for thousands of millions of values."""
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 12)]
    return "\n".join(["l0: &l0 [x]", *levels, f"{key}: *l11\n"])


def _a_folder(path: Path) -> None:
    path.mkdir()


def _a_link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def _a_link_to_nothing(path: Path) -> None:
    path.symlink_to("gone.yaml")


def _far_too_large(path: Path) -> None:
    with path.open("wb") as file:
        file.write(b"names: [A]\ntrain: images\n")
        file.truncate(100 << 20)


def _empty(path: Path) -> None:
    path.write_text("")


def _a_bomb_for(key: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_text(f"train: images\nval: images\n{'' if key == 'names' else 'names: [A, B]'}\n{_bomb(key)}")

    return write


def _thousand_numbers(path: Path) -> None:
    path.write_text(f"train: images\nval: images\nnames: [{', '.join(map(str, range(1000, 2000)))}]\n")


FAULTS = [
    (_a_folder, "data.yaml: this is a folder, not a file. Move it out of the way"),
    (_a_link_to_itself, "data.yaml: this link leads nowhere. Put the file that it means there"),
    (_a_link_to_nothing, "data.yaml: this link leads nowhere. Put the file that it means there"),
    (_far_too_large, "data.yaml: this is no data.yaml: it has more than 4 MB. Put"),
    (_empty, "data.yaml: this is no dataset: train, val and names are missing"),
    (_a_bomb_for("nc"), "data.yaml:16: nc must be the number of classes. Leave nc out"),
    (_a_bomb_for("path"), "data.yaml:16: path must be a folder. Leave it out: the yaml's folder counts"),
    (_a_bomb_for("names"), "class 0 has no name. Give every class its character"),
    (_a_bomb_for("train"), "train must be a folder, a list of folders or a .txt"),
    (_thousand_numbers, "data.yaml:3: no class is a character A–Z or 0–9 (names: 1000, 1001, 1002, 1003, 1004…). Give"),
]


@pytest.mark.parametrize(("write", "words"), FAULTS)
def test_every_command_names_a_yaml_that_cannot_be_used_and_what_to_do(
    write: Callable[[Path], None], words: str, tmp_path: Path, call: Call
) -> None:
    folder = tmp_path / "plates"
    (folder / "images").mkdir(parents=True)
    write(folder / "data.yaml")
    for command in ("train", "evaluate"):
        answer = call(command, folder)
        assert answer.code == 1
        assert words in answer.message
    checked = call("check", folder)
    assert checked.code == 1
    assert words in checked.out.replace(": error: ", ": ")


def test_the_window_names_a_yaml_that_cannot_be_used_and_keeps_what_is_open(
    studio: MainWindow, small_project: Path, tmp_path: Path, told: Told
) -> None:
    for number, (write, words) in enumerate(FAULTS):
        folder = tmp_path / f"odd {number}"
        folder.mkdir()
        write(folder / "data.yaml")
        studio.open_project(folder)
        told(studio, words)
        assert studio.session is not None and studio.session.project.root == small_project


def test_a_name_with_a_line_break_still_gives_one_line(tmp_path: Path, call: Call) -> None:
    folder = tmp_path / "two\nlines ü"
    folder.mkdir()
    answer = call("train", folder)
    assert r"two\nlines ü: there is no data.yaml in this folder. Make a project" in answer.message


def test_names_that_no_terminal_can_show_are_printed_all_the_same(make_dataset: Callable[..., Path]) -> None:

    root = make_dataset({"train/a": "0 0.1\n", "val/b": ""})
    if os.name != "posix":
        pytest.skip("names are Unicode here")
    picture = os.fsencode(root / "images" / "train") + b"/bad\xff.png"
    try:
        shutil.copy(root / "images" / "train" / "a.png", picture)
    except OSError:
        pytest.skip("this disk takes no such name")
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8:strict"}
    done = subprocess.run(
        [sys.executable, "-m", "lpstudio", "check", str(root)], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 1
    assert r"bad\udcff.png" in done.stdout
    assert "a.txt:1: error: " in done.stdout, "the other faults are told as well"
    assert "unexpected" not in done.stderr


def test_two_pictures_that_share_a_label_file_are_named(make_dataset: Callable[..., Path], call: Call) -> None:
    root = make_dataset({"train/a": "0 0.1 0.2 0.2 0.2 0.2 0.8\n", "val/b": "0 0.1 0.2 0.2 0.2 0.2 0.8\n"})
    (root / "images" / "train" / "a.jpg").write_bytes((root / "images" / "train" / "a.png").read_bytes())
    answer = call("check", root, "--no-images")
    assert answer.code == 1
    assert "a.png: error: shares its label file with a.jpg" in answer.out


def test_a_folder_in_place_of_a_label_file_keeps_its_crop_from_being_edited_and_no_other(
    empty_studio: MainWindow, small_project: Path, open_in: OpenIn, qtbot: QtBot
) -> None:
    (small_project / "labels" / "train" / "p2.txt").mkdir()
    open_in(empty_studio, small_project)
    hands = Hands(empty_studio, qtbot)
    hands.annotate.show_crop("images/train/p2.png")
    qtbot.waitUntil(lambda: "p2" in " ".join(hands.canvas.message), timeout=5000)
    assert "p2.txt: " in " ".join(hands.canvas.message)
    qtbot.wait(100)
    assert hands.annotate.editor.document is None, "nothing can be drawn on what cannot be saved"
    hands.go("p0")
    x1, y1, x2, y2 = character_box(0)
    hands.click((x1 + x2) / 2, (y1 + y2) / 2)
    hands.keys("X")
    assert hands.label_lines()[0].startswith("23 ")


def test_what_is_dropped_and_is_none_of_it_is_named_and_the_rest_is_added(
    studio: MainWindow, small_project: Path, tmp_path: Path, told: Told, qtbot: QtBot
) -> None:
    (tmp_path / "zero.png").touch()
    (tmp_path / "text.jpg").write_text("no picture")
    good = tmp_path / "with space ü.png"
    good.write_bytes((small_project / "images" / "train" / "p0.png").read_bytes())
    drop(studio, tmp_path / "zero.png", tmp_path / "text.jpg", good)
    text = told(studio, "zero.png: the file is empty").text
    assert "1 more" in text
    qtbot.waitUntil(lambda: studio.session is not None and len(studio.session.index) == 7, timeout=5000)
    drop(studio, tmp_path / "gone.yaml")
    told(studio, "gone.yaml: there is no such file or folder. Check the name")


def test_one_link_that_leads_to_itself_hides_no_other_crop(make_dataset: Callable[..., Path], call: Call) -> None:
    root = make_dataset({"train/a": None, "train/b": None, "val/c": None})
    (root / "images" / "train" / "round").symlink_to("round")
    (root / "images" / "train" / "round.png").symlink_to("round.png")
    answer = call("check", root, "--no-images")
    assert "4 crops, 4 without label file" in answer.err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_a_split_that_must_not_be_read_is_named(make_dataset: Callable[..., Path], call: Call) -> None:
    root = make_dataset({"train/a": None, "val/c": None})
    (root / "images" / "train").chmod(0)
    try:
        answer = call("check", root)
    finally:
        (root / "images" / "train").chmod(0o755)
    assert "data.yaml:1: error: train must not be read" in answer.out
    assert "1 crops" in answer.err
