"""Pictures of every kind, and files that are none: shown, annotated and read, or named while the rest goes on."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from lpstudio.studio.main_window import MainWindow
from tests.annotate.hands import Hands, box_points
from tests.bad_input.conftest import Call
from tests.gui.conftest import OpenIn

FAULTS = {
    "zero.png": b"",
    "written.jpg": b"no picture at all",
    "white.webp": bytes(range(256)) * 8,
}


def _write_kinds(folder: Path) -> None:
    """A picture of every kind in a folder, none larger than 20,000 × 100 pixels."""
    grey = np.linspace(0, 65535, 240 * 80).reshape(80, 240)
    Image.fromarray(grey.astype(np.uint16)).save(folder / "sixteen.png")
    Image.new("L", (240, 80), 90).save(folder / "grey.png")
    Image.new("RGBA", (240, 80), (200, 0, 0, 128)).save(folder / "alpha.png")
    Image.new("P", (240, 80)).save(folder / "palette.png")
    Image.new("CMYK", (240, 80)).save(folder / "cmyk.jpg")
    Image.new("RGB", (20_000, 100), (90, 90, 90)).save(folder / "wide.png")
    Image.new("RGB", (1, 1)).save(folder / "one.png")
    turned = Image.Exif()
    turned[274] = 6
    Image.new("RGB", (240, 80), (10, 200, 10)).save(folder / "turned.jpg", exif=turned)


def _write_faults(folder: Path) -> None:
    for name, data in FAULTS.items():
        (folder / name).write_bytes(data)
    whole = io.BytesIO()
    Image.effect_noise((240, 80), 90).save(whole, "PNG")
    (folder / "sliced.png").write_bytes(whole.getvalue()[:2000])
    (folder / "round.png").symlink_to("round.png")


def test_every_kind_of_picture_is_annotated_in_its_own_pixels(
    empty_studio: MainWindow, small_project: Path, open_in: OpenIn, qtbot: QtBot
) -> None:
    _write_kinds(small_project / "images" / "train")
    open_in(empty_studio, small_project)
    hands = Hands(empty_studio, qtbot)
    for stem, (width, height) in {
        "sixteen": (240, 80), "grey": (240, 80), "alpha": (240, 80), "palette": (240, 80), "cmyk": (240, 80),
        "wide": (20_000, 100), "turned": (80, 240),
    }.items():  # fmt: skip
        hands.go(stem)
        assert hands.document.size == (width, height)
        qtbot.waitUntil(lambda: not hands.canvas.message[0], timeout=10000)
        hands.draw(box_points(width * 0.25, height * 0.25, width * 0.75, height * 0.75))
        hands.keys("A")
        number, *values = hands.label_lines()[0].split()
        assert number == "0"
        far = 3.0 / hands.canvas.zoom  # a click hits whole pixels of the screen
        assert float(values[0]) * width == pytest.approx(width * 0.25, abs=far), stem
        assert float(values[5]) * height == pytest.approx(height * 0.75, abs=far), stem


def test_every_file_that_is_no_picture_is_named_on_the_canvas_and_the_next_crop_is_fine(
    empty_studio: MainWindow, small_project: Path, open_in: OpenIn, qtbot: QtBot
) -> None:
    _write_faults(small_project / "images" / "train")
    open_in(empty_studio, small_project)
    hands = Hands(empty_studio, qtbot)
    for name in (*FAULTS, "sliced.png", "round.png"):
        hands.annotate.show_crop(f"images/train/{name}")
        qtbot.waitUntil(lambda name=name: name in " ".join(hands.canvas.message), timeout=5000)
        said = " ".join(hands.canvas.message)
        assert "cannot be shown" in said and "Traceback" not in said
        assert hands.annotate.editor.document is None
    hands.go("p1")
    assert hands.chars == "OQD0088"


def test_reading_a_folder_names_what_is_no_picture_on_lines_of_their_own_and_reads_the_rest(
    tmp_path: Path, call: Call, reading_weights: Path
) -> None:
    folder = tmp_path / "crops"
    folder.mkdir()
    _write_kinds(folder)
    _write_faults(folder)
    (folder / "again").symlink_to(folder)
    Image.new("RGB", (240, 80)).save(folder / f"{'x' * 251}.png")
    overlays = tmp_path / "overlays"
    answer = call("read", folder, "--weights", reading_weights, "--device", "cpu", "--json", "-", "--overlay", overlays)
    assert answer.code == 1
    lines = {Path(line["source"]).name: line for line in map(json.loads, answer.out.splitlines())}
    assert len(lines) == len(answer.out.splitlines()) == 14, "standard output holds readings and nothing else"
    faulty = {name for name, line in lines.items() if line["error"]}
    assert faulty == {*FAULTS, "sliced.png", "round.png"}
    assert all(f"{name}: " in lines[name]["error"] for name in faulty)
    assert (lines["turned.jpg"]["width"], lines["turned.jpg"]["height"]) == (80, 240)
    assert lines["wide.png"]["width"] == 20_000
    assert len(list(overlays.iterdir())) == 9, "a name that is as long as names can be has its picture too"
    told = [line for line in answer.err.splitlines() if line.startswith("lpstudio: ")]
    assert len(told) == len(faulty), "one line a fault"
    assert "pi-heif" not in answer.err


def test_check_and_new_name_every_file_that_is_no_picture_at_once(tmp_path: Path, call: Call) -> None:
    folder = tmp_path / "crops"
    folder.mkdir()
    _write_kinds(folder)
    _write_faults(folder)
    (folder / "again").symlink_to(folder)
    answer = call("new", folder, "--out", tmp_path / "project")
    assert answer.code == 0
    for name in (*FAULTS, "round.png"):
        assert f"left out: {folder / name}: " in answer.err
    assert "9 crops" in answer.out, "whether a picture decodes whole is what check finds out"
    (tmp_path / "project" / "images" / "val" / "late.png").touch()
    (tmp_path / "project" / "images" / "val" / "round.png").symlink_to("round.png")
    checked = call("check", tmp_path / "project")
    assert checked.code == 1
    assert "sliced.png: error: the picture does not decode: " in checked.out
    assert "late.png: error: the file is empty" in checked.out
    assert "round.png: error: the picture cannot be read: " in checked.out
