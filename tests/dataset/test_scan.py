"""Listing crops: what counts, where labels are, and how quickly."""

from __future__ import annotations

import os
import sys
import tracemalloc
from pathlib import Path

import pytest

from lpstudio.dataset.index import CropIndex
from lpstudio.dataset.project import Project
from lpstudio.dataset.scan import label_path, sort_names
from lpstudio.dataset.types import CropState

from .conftest import NAMES, YAML, MakeDataset

SLASHES = pytest.mark.skipif(os.name != "posix", reason="the rule is the same with other separators")


@SLASHES
@pytest.mark.parametrize(
    ("image", "label"),
    [
        ("/d/images/train/a.jpg", "/d/labels/train/a.txt"),
        ("/images/x/images/a.b.JPG", "/images/x/labels/a.b.txt"),
        ("/d/train/images/a.png", "/d/train/labels/a.txt"),
        ("/d/my_images/a.png", "/d/my_images/a.txt"),
        ("/d/images.old/a.png", "/d/images.old/a.txt"),
        ("/images/crops/a.png", "/labels/crops/a.txt"),
    ],
)
def test_labels_are_where_ultralytics_looks(image: str, label: str) -> None:
    from ultralytics.data.utils import img2label_paths

    assert str(label_path(Path(image))) == label
    assert img2label_paths([image]) == [label]


def test_labels_beside_the_pictures_are_found_where_there_is_no_images_folder(tmp_path: Path) -> None:
    folder = tmp_path / "crops"
    folder.mkdir()
    for name in ("a.jpg", "b.jpg", "a.txt"):
        (folder / name).touch()
    (tmp_path / "data.yaml").write_text(f"train: crops\nval: crops\n{NAMES}")
    with Project.open(tmp_path) as project:
        index = project.scan()
        assert [(key, str(index.state_of(i))) for i, key in enumerate(index.keys)] == [
            ("crops/a.jpg", "labelled"),
            ("crops/b.jpg", "unlabelled"),
        ]
        assert index.doubled == [("crops/a.jpg", "val"), ("crops/b.jpg", "val")]


def test_nested_hidden_and_foreign_files(make_dataset: MakeDataset) -> None:
    root = make_dataset({"train/x/y/deep": "", "train/a": None, "val/z": None})
    images = root / "images/train"
    for name in (".hidden.png", "notes.txt", "movie.mp4", "UPPER.JPG"):
        (images / name).touch()
    (images / ".cache").mkdir()
    (images / ".cache/b.png").touch()
    (images / "folder.png").mkdir()
    (images / "folder.png/in.png").touch()
    with Project.open(root) as project:
        assert project.scan().keys == [
            "images/train/UPPER.JPG",
            "images/train/a.png",
            "images/train/folder.png/in.png",
            "images/train/x/y/deep.png",
            "images/val/z.png",
        ]
        assert project.state("images/train/x/y/deep.png") is CropState.LABELLED


@SLASHES
def test_links_to_folders_are_followed_and_a_circle_ends(make_dataset: MakeDataset, tmp_path: Path) -> None:
    root = make_dataset({"train/a": None})
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "o.png").touch()
    (root / "images/train/link").symlink_to(outside)
    (root / "images/train/round").symlink_to(root / "images")
    (outside / "back").symlink_to(outside)
    with Project.open(root) as project:
        assert project.scan().keys == ["images/train/a.png", "images/train/link/o.png"]


def test_an_index_answers_for_every_position(make_dataset: MakeDataset) -> None:
    root = make_dataset({"train/b": None, "train/a": "", "val/c": ""}, f"{YAML}test: images/none\n")
    with Project.open(root) as project:
        index = project.scan()
    assert len(index) == 3
    assert index.splits == ["train", "val", "test"]
    assert [index.split_of(i) for i in range(3)] == ["train", "train", "val"]
    assert [index.position(key) for key in index.keys] == [0, 1, 2]
    assert index.position("images/train/nothing.png") is None
    assert list(index.range_of("val")) == [2]
    assert list(index.range_of("test")) == []
    assert list(index.range_of("other")) == []
    assert index.counts()[CropState.LABELLED] == 2
    with pytest.raises(IndexError):
        index.split_of(3)
    assert len(CropIndex()) == 0


@pytest.fixture(scope="module")
def fifty_thousand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("many")
    for folder in ("images/train", "images/val", "labels/train", "labels/val"):
        (root / folder).mkdir(parents=True)
    (root / "data.yaml").write_text(YAML)
    for number in range(50_000):
        split = "val" if number % 5 == 0 else "train"
        name = f"{root}/images/{split}/crop_{number:06d}"
        os.close(os.open(f"{name}.jpg", os.O_CREAT))
        if number % 2:
            os.close(os.open(f"{root}/labels/{split}/crop_{number:06d}.txt", os.O_CREAT))
    return root


@pytest.mark.slow
def test_50000_images_are_listed_with_their_states(fifty_thousand: Path) -> None:
    with Project.open(fifty_thousand, create_store=False) as project:
        index = project.scan()
    assert len(index) == 50_000
    assert index.counts()[CropState.LABELLED] == 25_000


@pytest.mark.slow
def test_50000_known_states_are_all_found_again(fifty_thousand: Path) -> None:
    with Project.open(fifty_thousand) as project:
        keys = project.scan().keys
        with project.store._database.writing() as connection:
            connection.executemany(
                "INSERT INTO crops (key, state, changed) VALUES (?, 'ignored', 1)", [(key,) for key in keys]
            )
    with Project.open(fifty_thousand) as project:
        index = project.scan()
    assert index.counts()[CropState.IGNORED] == 50_000


@pytest.mark.slow
def test_an_index_takes_little_more_memory_than_its_keys() -> None:
    keys = [f"images/train/crop_{number:06d}.jpg" for number in range(100_000)]
    tracemalloc.start()
    index = CropIndex([("train", keys, bytes(100_000))])
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(index) == 100_000
    assert used < 100_000 * (2 + 1.3 * sys.getsizeof(keys) / len(keys))


def test_names_are_sorted_in_bites_as_a_sort_at_one_go_would_do() -> None:
    for count in (0, 1, 8_192, 8_193, 40_000):
        names = [f"plate {n * 7919 % count:06d}{'é' if n % 3 else ''}.jpg" for n in range(count)]
        wanted = sorted(names)
        sort_names(names)
        assert names == wanted
    same = ["a.jpg"] * 20_000
    sort_names(same)
    assert same == ["a.jpg"] * 20_000
