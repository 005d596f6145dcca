"""Adding pictures: numbered, whole, never over another."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from lpstudio.dataset.additions import safe_stem
from lpstudio.dataset.project import Project
from lpstudio.dataset.types import CropState
from lpstudio.errors import LpStudioError

from .conftest import NAMES, MakeDataset


@pytest.fixture
def picture(tmp_path: Path) -> Callable[..., Path]:
    def make(name: str, colour: int = 0) -> Path:
        path = tmp_path / "inbox" / name
        path.parent.mkdir(exist_ok=True)
        Image.new("L", (20, 10), colour).save(path)
        return path

    return make


def test_added_pictures_are_numbered_and_overwrite_nothing(
    make_dataset: MakeDataset, picture: Callable[..., Path]
) -> None:
    root = make_dataset({"train/a": ""})
    (root / "labels/train/b.txt").write_text("left behind")
    before = (root / "images/train/a.png").read_bytes()
    with Project.open(root) as project:
        keys = project.add_images(
            [picture("a.png", 1), picture("A.bmp", 2), picture("b.png", 3), picture("new.png", 4)]
        )
        assert keys == [f"images/train/{name}" for name in ("a-2.png", "A-3.bmp", "b-2.png", "new.png")]
        project.scan()
        # A new picture never finds itself with the labels of another.
        assert [project.state(key) for key in keys] == [CropState.UNLABELLED] * 4
        assert project.add_images([root / keys[0]]) == [keys[0]]  # it is there already
    assert (root / "images/train/a.png").read_bytes() == before
    assert (root / keys[1]).read_bytes() == (root.parent / "inbox/A.bmp").read_bytes()
    assert not list(root.rglob("*.tmp"))


def test_one_bad_picture_keeps_no_other_out(make_dataset: MakeDataset, picture: Callable[..., Path]) -> None:
    root = make_dataset({})
    good, bad = picture("good.png"), picture("bad.png")
    bad.write_bytes(b"no")
    wrong = bad.with_name("words.txt")
    wrong.write_text("no")
    missing = bad.with_name("gone.png")
    faults: list[LpStudioError] = []
    with Project.open(root) as project:
        assert project.add_images([bad, wrong, missing, good], "val", faults=faults) == ["images/val/good.png"]
        assert [fault.path for fault in faults] == [bad, wrong, missing]
        with pytest.raises(LpStudioError, match=r"bad\.png"):
            project.add_images([good, bad])
        assert not (root / "images/train/good.png").exists()


def test_a_split_made_of_a_list_gets_new_lines(make_dataset: MakeDataset, picture: Callable[..., Path]) -> None:
    root = make_dataset({"train/a": None}, f"train: train.txt\nval: images/val\n{NAMES}")
    (root / "train.txt").write_text("./images/train/a.png")  # no line break at the end
    with Project.open(root) as project:
        (key,) = project.add_images([picture("b.png")])
        buffer = io.BytesIO()
        Image.new("L", (5, 5)).save(buffer, "png")
        cut = project.add_crop(buffer.getvalue(), "cut", None)
        assert project.scan().keys == ["images/train/a.png", key, cut]
    assert (root / "train.txt").read_text().splitlines() == [
        "./images/train/a.png",
        "./images/train/b.png",
        "./images/train/cut.png",
    ]


def test_linked_pictures_share_their_bytes(make_dataset: MakeDataset, picture: Callable[..., Path]) -> None:
    root = make_dataset({})
    source = picture("a.png")
    with Project.open(root) as project:
        (key,) = project.add_images([source], copy=False)
    assert (root / key).read_bytes() == source.read_bytes()
    assert source.exists()


def test_a_split_that_is_not_there_is_named(make_dataset: MakeDataset, picture: Callable[..., Path]) -> None:
    with (
        Project.open(make_dataset({})) as project,
        pytest.raises(LpStudioError, match=r"has no test split \(it has train, val\)"),
    ):
        project.add_images([picture("a.png")], "test")


def test_bytes_that_are_no_picture_leave_nothing(make_dataset: MakeDataset) -> None:
    root = make_dataset({})
    with Project.open(root) as project, pytest.raises(LpStudioError, match=r"x\.png"):
        project.add_crop(b"no picture", "x", None)
    assert not list((root / "images").rglob("*.*"))


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("cam 1: 00/12", "cam 1_ 00_12"),
        ("../../etc", "etc"),
        ("", "crop"),
        ("con", "_con"),
        ("車.", "車"),
        ("a" * 300, "a" * 120),
    ],
)
def test_any_text_makes_a_safe_file_name(stem: str, name: str) -> None:
    assert safe_stem(stem) == name
