"""Which classes stand on which crop, without opening pictures."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from lpstudio.dataset.label_index import LabelIndex
from lpstudio.dataset.project import Project
from lpstudio.dataset.types import Character, CropContent

BOX = ((1.0, 1.0), (9.0, 1.0), (9.0, 9.0))


def project_in(folder: Path) -> Path:
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True)
    for name in "abcd":
        Image.new("L", (20, 20)).save(folder / "images" / f"{name}.png")
    (folder / "labels" / "a.txt").write_text("0 0.1 0.1 0.5 0.1 0.5 0.5\n2 0.1 0.1 0.5 0.1 0.5 0.5\nnonsense\n9 1 2\n")
    (folder / "labels" / "b.txt").write_bytes(b"\xff\xfe\x00binary\n1 0.1 0.1 0.5 0.1 0.5 0.5\n")
    (folder / "data.yaml").write_text("train: images\nval: images\nnames: [A, B, '0']\n")
    return folder


def test_classes_come_from_label_files_and_drafts_and_follow_saves(tmp_path: Path) -> None:
    with Project.open(project_in(tmp_path / "p")) as project:
        keys = project.scan().keys
        project.set_draft("images/c.png", [Character(BOX, "B")])
        index = LabelIndex(project)
        assert index.read(keys)
        a, b, zero = (index.bits_for(char) for char in "AB0")
        assert index.bits_for("Z") == 0
        found = {Path(key).stem: index.bits_of(key) for key in keys}
        assert found == {"a": a | zero, "b": b, "c": b, "d": 0}
        project.save("images/c.png", CropContent((Character(BOX, "A"),)))
        index.reread("images/c.png")
        assert index.bits_of("images/c.png") == a


def test_reading_stops_when_nobody_waits_for_it(tmp_path: Path) -> None:
    with Project.open(project_in(tmp_path / "p")) as project:
        index = LabelIndex(project)
        assert not index.read(project.scan().keys, lambda: False)
        assert len(index) == 0
