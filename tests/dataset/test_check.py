"""lpstudio check finds every fault at once, with file and line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image

from lpstudio.dataset.check import Severity, check_project
from lpstudio.dataset.project import Project

from .conftest import NAMES, MakeDataset

GOOD = "0 0.1 0.2 0.2 0.2 0.2 0.8"


def faults_of(root: Path, images: bool = True) -> list[tuple[str, str, int | None]]:
    with Project.open(root, create_store=False) as project:
        found = check_project(project, images=images)
        assert found == sorted(found, key=lambda f: (str(f.path), f.line or 0, f.kind, f.message))
        for fault in found:
            assert fault.message
            assert fault.to_dict()["severity"] in ("error", "warning", "info")
    return [(f.kind, f.path.relative_to(root).as_posix(), f.line) for f in found if f.severity is not Severity.INFO]


def test_a_sound_dataset_has_no_faults_and_nothing_is_written(make_dataset: MakeDataset) -> None:
    root = make_dataset({"train/a": f"{GOOD}\r\n\r\n", "train/b": None, "val/c": ""})
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    assert faults_of(root) == []
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


def test_all_faults_are_told_at_once(make_dataset: MakeDataset) -> None:
    root = make_dataset(
        {
            "train/odd": f"{GOOD}\n{GOOD} 0.5\n",
            "train/outside": "\n0 0.1 0.2 1.2 0.2 0.2 0.8\n",
            "train/letters": "0 0.1 0.2 x 0.2 0.2 0.8\n0 nan 0 0 0 0 0\n",
            "train/class": f"36{GOOD[1:]}\n",
            "train/box": "0 0.5 0.5 0.1 0.1\n",
            "train/twice": f"{GOOD}\n{GOOD}\n",
            "train/flat": "0 0.1 0.1 0.2 0.2 0.3 0.3\n",
            "val/ok": GOOD,
        },
        f"train: images/train\nval: images/val\ntest: images/test\nnc: 3\nnames: [{', '.join('ABCDEFG')}, thing]\n",
    )
    images, labels = root / "images/train", root / "labels/train"
    (images / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut off")
    (images / "empty.png").touch()
    shutil.copy(images / "odd.png", images / "copy.png")
    Image.new("L", (9, 9)).save(images / "odd.bmp")
    (labels / "stray.txt").write_text(f"{GOOD}\n")
    (labels / "README.txt").write_text("about these labels\n")
    (labels / "flat.txt").chmod(0o644)
    (labels / "folder.txt").mkdir()
    (root / "lpstudio.toml").write_text("a = 1\nb\n")
    (root / "plates.csv").write_text("file,plate\n")
    (root / "crops.jsonl").write_text('{"key": "x", "changed": 1}\n{"key"\n')
    assert faults_of(root) == sorted(
        [
            ("missing-split", "data.yaml", 3),
            ("class-count", "data.yaml", 4),
            ("foreign-class", "data.yaml", 5),
            ("empty-split", "data.yaml", 3),
            ("label-line", "labels/train/odd.txt", 2),
            ("label-line", "labels/train/outside.txt", 2),
            ("label-line", "labels/train/letters.txt", 1),
            ("label-line", "labels/train/letters.txt", 2),
            ("label-line", "labels/train/class.txt", 1),
            ("label-line", "labels/train/box.txt", 1),
            ("doubled-line", "labels/train/twice.txt", 2),
            ("no-area", "labels/train/flat.txt", 1),
            ("no-image", "labels/train/stray.txt", None),
            ("image", "images/train/broken.jpg", None),
            ("image", "images/train/empty.png", None),
            ("equal-image", "images/train/odd.png", None),
            ("shared-label", "images/train/odd.png", None),
            ("settings", "lpstudio.toml", 2),
            ("plate-texts", "plates.csv", 1),
            ("states", "crops.jsonl", 2),
        ],
        key=lambda fault: (str(root / fault[1]), fault[2] or 0, fault[0]),
    )


def test_lists_name_their_missing_and_doubled_pictures(make_dataset: MakeDataset) -> None:
    root = make_dataset({"train/a": "", "train/b": "", "val/c": ""}, f"train: train.txt\nval: val.txt\n{NAMES}")
    (root / "train.txt").write_text("./images/train/a.png\n./images/train/gone.png\n./images/train/a.png\n")
    (root / "val.txt").write_text("./images/val/c.png\n./images/train/a.png\n")
    with Project.open(root) as project:
        found = check_project(project)
    assert [(f.path.name, f.line) for f in found if f.kind == "missing-image"] == [("train.txt", 2)]
    doubled = [f for f in found if f.kind == "doubled-image"]
    assert [(f.path.name, f.severity) for f in doubled] == [("a.png", Severity.ERROR), ("a.png", Severity.WARNING)]
    assert "in train and in val" in doubled[0].message
    # The picture of b is there, only no list names it: its label file is not astray.
    assert not any(f.path.name == "b.txt" for f in found)


def test_progress_is_told_and_pictures_can_be_left_out(make_dataset: MakeDataset) -> None:
    root = make_dataset({"train/a": "", "val/c": ""})
    (root / "images/train/broken.jpg").write_bytes(b"no")
    told: list[tuple[str, int, int]] = []
    with Project.open(root) as project:
        assert check_project(project, lambda *step: told.append(step), images=False)[0].severity is Severity.INFO
        assert told == [("labels", 1, 3), ("labels", 3, 3)]
        told.clear()
        check_project(project, lambda *step: told.append(step))
    assert ("pictures", 3, 3) in told


def test_two_equal_pictures_in_two_splits_say_so(make_dataset: MakeDataset) -> None:
    root = make_dataset({"train/a": "", "val/c": ""})
    shutil.copy(root / "images/train/a.png", root / "images/val/c.png")
    with Project.open(root) as project:
        (fault,) = check_project(project)
    assert fault.kind == "equal-image"
    assert "in another split" in fault.message


def test_the_real_crops_have_no_error(real_crops: Path) -> None:
    with Project.open(real_crops) as project:
        found = check_project(project)
    assert [f for f in found if f.severity is Severity.ERROR] == []
    assert sum(f.kind == "unlabelled" for f in found) == 62


@pytest.mark.parametrize("name", ["labels/train/a.txt"])
def test_a_label_file_too_large_is_one_fault(make_dataset: MakeDataset, name: str) -> None:
    root = make_dataset({"train/a": ""})
    with (root / name).open("wb") as file:
        file.truncate(65 << 20)
    assert [fault[0] for fault in faults_of(root) if fault[1] == name] == ["label-file"]


def test_a_character_kept_as_unreadable_counts_for_the_text_of_its_crop(tmp_path: Path) -> None:
    from lpstudio.synthesis.conditions import Wishes
    from lpstudio.synthesis.dataset import write_dataset

    write_dataset(tmp_path / "plates", 60, seed=9, wishes=Wishes(difficulty=0.6))
    assert "unreadable" in (tmp_path / "plates" / "crops.jsonl").read_text()
    with Project.open(tmp_path / "plates", create_store=False) as project:
        assert [fault.message for fault in check_project(project, images=False) if "drawn" in fault.message] == []
