"""Any data.yaml of a segmentation dataset opens in place; a broken one is told with file and line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lpstudio.dataset.project import Project
from lpstudio.errors import LpStudioError

from .conftest import NAMES, YAML, MakeDataset

CROPS = {"train/a": "", "train/deep/b": None, "val/c": ""}
KEYS = ["images/train/a.png", "images/train/deep/b.png", "images/val/c.png"]


@pytest.mark.parametrize(
    "yaml",
    [
        YAML,
        f"path: .\n{YAML}",
        f"path:\n{YAML}",
        f"path: ./\n{YAML}",
        f"path: images\ntrain: train\nval: val\n{NAMES}",
        f"train: ../images/train\nval: ../images/val\n{NAMES}",
        f"train: [images/train]\nval:\n  - images/val\n{NAMES}",
        f"train: images/train/\nvalidation: images/val\n{NAMES}",
        f"train: images/train\nval: images/val\ntest:\nnc: 36\n{NAMES}",
        f"\ufeff# a comment\r\ntrain: images/train\r\nval: images/val\r\n{NAMES}",
    ],
)
def test_every_way_to_name_the_folders_opens(make_dataset: MakeDataset, yaml: str) -> None:
    root = make_dataset(CROPS, yaml)
    for path in (root, root / "data.yaml"):
        with Project.open(path) as project:
            assert project.scan().keys == KEYS
            assert project.warnings == ()
            assert project.name == "plates"


def test_an_absolute_path_opens_from_another_folder(make_dataset: MakeDataset, tmp_path: Path) -> None:
    root = make_dataset(CROPS)
    other = tmp_path / "configs"
    other.mkdir()
    (other / "plates.yaml").write_text(f"path: {root}\n{YAML}")
    with Project.open(other) as project:
        assert project.root == other
        assert project.scan().keys == [f"{root.as_posix()}/{key}" for key in KEYS]
        assert project.label_path(project.index.keys[0]) == root / "labels/train/a.txt"


def test_a_path_of_another_machine_falls_back_to_the_folder_of_the_yaml(make_dataset: MakeDataset) -> None:
    root = make_dataset(CROPS, f"path: /home/someone/datasets/plates\n{YAML}")
    with Project.open(root) as project:
        assert len(project.scan()) == 3
        assert "/home/someone/datasets/plates" in project.warnings[0]


def test_a_list_of_pictures_opens(make_dataset: MakeDataset) -> None:
    root = make_dataset(CROPS, f"train: train.txt\nval: lists/val.txt\n{NAMES}")
    (root / "train.txt").write_text(f"./images/train/a.png\r\n\r\n{root}/images/train/deep/b.png\r\n")
    (root / "lists").mkdir()
    (root / "lists" / "val.txt").write_text("images/val/c.png\nREADME\n")
    with Project.open(root) as project:
        assert project.scan().keys == KEYS
        assert [project.index.split_of(i) for i in range(3)] == ["train", "train", "val"]


def test_relative_folders_are_not_looked_up_in_the_working_directory(
    make_dataset: MakeDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_dataset(CROPS)
    make_dataset({"train/wrong": None}, folder="elsewhere")
    monkeypatch.chdir(tmp_path / "elsewhere")
    with Project.open(Path(os.path.relpath(root))) as project:
        assert project.scan().keys == KEYS


def test_names_may_be_a_mapping_fewer_reordered_lower_case_and_numbers(make_dataset: MakeDataset) -> None:
    names = "names:\n  1: 0\n  0: b\n  2: ' x '\n"
    root = make_dataset({"train/a": "1 0.1 0.1 0.2 0.1 0.2 0.2\n"}, f"train: images/train\nval: images/val\n{names}")
    with Project.open(root) as project:
        assert project.alphabet.names == ("B", "0", "X")
        assert [c.char for c in project.load("images/train/a.png").characters] == ["0"]


def test_foreign_classes_are_kept_with_a_warning(make_dataset: MakeDataset) -> None:
    root = make_dataset(
        {"train/a": "1 0.1 0.1 0.2 0.1 0.2 0.2\n"}, "train: images/train\nval: images/val\nnames: [A, plate]\n"
    )
    with Project.open(root) as project:
        assert project.load("images/train/a.png").characters[0].char == "PLATE"
        assert "data.yaml:3: classes that are no plate characters are kept: PLATE" in project.warnings[0]


@pytest.mark.parametrize(
    ("yaml", "line", "what"),
    [
        ("train: images/train\nval: [images/val\nnames: [A]\n", 3, "broken YAML"),
        ("train: images/train\n\tval: images/val\n", 2, "broken YAML"),
        ("train: a\nnames: {0: A, 0: {}\n", 3, "broken YAML"),
        ("train: images/train\nval: images/val\nnc: 36\n", 3, "names is missing"),
        ("train: images/train\nval: images/val\n", None, "names is missing"),
        ("train: images/train\nval: images/val\nnames: [car, bus]\n", 3, "no class is a character"),
        ("train: images/train\nnames: A\n", 2, "names must be a list or a mapping"),
        ("train: images/train\nnames: []\n", 2, "names must be a list or a mapping"),
        ("train: images/train\nnames:\n  0: A\n  2: B\n", 2, "without a hole"),
        ("train: images/train\nnames:\n  0: A\n  x: B\n", 4, "the class number 'x' is no number"),
        ("train: images/train\nnames:\n- A\n- [B]\n", 4, "class 1 has no name"),
        ("train: images/train\nnames:\n- A\n-\n", 4, "class 1 has no name"),
        ("train: images/train\nnames: [A, b, a]\n", 2, "occurs twice: A"),
        ("train: 5\nnames: [A]\n", 1, "train must be a folder"),
        ("train:\n- images/train\n- {a: b}\nnames: [A]\n", 3, "train must be a folder"),
        ("names: [A]\n", None, "train and val are missing"),
        ("", None, "this is no dataset"),
        ("just words\n", 1, "this is no dataset"),
        ("- a\n- b\n", 1, "this is no dataset"),
        ("train: !!python/object/apply:os.system ['echo hacked']\nnames: [A]\n", 1, "broken YAML"),
    ],
)
def test_a_broken_yaml_is_told_with_file_and_line(
    make_dataset: MakeDataset, yaml: str, line: int | None, what: str
) -> None:
    root = make_dataset({}, yaml)
    with pytest.raises(LpStudioError) as caught:
        Project.open(root)
    assert caught.value.path == root / "data.yaml"
    assert caught.value.line == line
    assert what in caught.value.what


def test_a_yaml_that_is_no_utf8_is_told_with_its_line(make_dataset: MakeDataset) -> None:
    root = make_dataset({})
    (root / "data.yaml").write_bytes(b"train: images/train\n# \xe9t\xe9\nnames: [A]\n")
    with pytest.raises(LpStudioError, match=r"data\.yaml:2: not written in UTF-8"):
        Project.open(root)


def test_a_folder_without_data_yaml_says_how_to_make_a_project(tmp_path: Path) -> None:
    with pytest.raises(LpStudioError, match=r"there is no data\.yaml in this folder.*lpstudio new"):
        Project.open(tmp_path)
    with pytest.raises(LpStudioError, match="there is no such file or folder"):
        Project.open(tmp_path / "nothing")
    (tmp_path / "a.jpg").touch()
    with pytest.raises(LpStudioError, match=r"a\.jpg: this is no data\.yaml"):
        Project.open(tmp_path / "a.jpg")


def test_a_yaml_of_another_name_is_found_where_it_is_the_only_one(make_dataset: MakeDataset) -> None:
    root = make_dataset(CROPS)
    (root / "data.yaml").rename(root / "br.yml")
    Project.open(root).close()
    (root / "other.yaml").write_text("a: b")
    with pytest.raises(LpStudioError, match=r"which of these is the dataset: br\.yml, other\.yaml"):
        Project.open(root)


def test_a_missing_split_folder_is_a_warning_and_the_rest_opens(make_dataset: MakeDataset) -> None:
    root = make_dataset({"train/a": None}, f"train: images/train\nval: images/valid\n{NAMES}")
    with Project.open(root) as project:
        assert project.scan().keys == ["images/train/a.png"]
        assert "data.yaml:2: val does not exist: images/valid" in project.warnings[0]


@pytest.mark.parametrize("nested", ["[" * 200_000, "{a: " * 100_000, "- " * 100_000])
def test_lists_in_lists_without_end_are_refused_instead_of_ending_the_program(tmp_path: Path, nested: str) -> None:
    (tmp_path / "data.yaml").write_text(f"train: images\nval: images\nnames:\n  {nested}\n")
    with pytest.raises(LpStudioError, match=r"data\.yaml:4: this is no data\.yaml: more than 32 lists"):
        Project.open(tmp_path)
