"""The synthetic dataset on disk."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import cv2
import pytest

from lpstudio.alphabet import Alphabet
from lpstudio.dataset.labels import parse_label_text
from lpstudio.dataset.project import Project
from lpstudio.errors import UsageError
from lpstudio.synthesis.conditions import Wishes
from lpstudio.synthesis.dataset import write_dataset


def files(folder: Path) -> dict[str, str]:
    """Every file below a folder with the hash of its bytes."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("synth") / "crops"
    write_dataset(folder, 60, 3)
    return folder


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "plates.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_same_seed_gives_the_same_bytes_whatever_the_number_of_processes(tmp_path: Path) -> None:
    write_dataset(tmp_path / "one", 12, 8)
    write_dataset(tmp_path / "two", 12, 8, jobs=2)
    write_dataset(tmp_path / "other", 12, 9)
    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert files(tmp_path / "one") != files(tmp_path / "other")


def test_every_crop_has_a_picture_and_a_label_line_for_every_character(made: Path) -> None:
    alphabet = Alphabet.standard()
    listed = rows(made)
    assert len(listed) == 60
    for row in listed:
        picture = cv2.imread(str(made / "images" / row["split"] / row["file"]))
        height, width = picture.shape[:2]
        label = (made / "labels" / row["split"] / row["file"]).with_suffix(".txt")
        content = parse_label_text(label.read_text(), alphabet, (width, height))
        assert not content.unread
        hidden = {int(place) for place in row["unreadable"].split()}
        readable = "".join(char for place, char in enumerate(row["text"], 1) if place not in hidden)
        assert "".join(character.char for character in content.characters) == readable
        assert row["format"].startswith("ph-") and row["lines"] in "12" and 0 <= float(row["difficulty"]) <= 1
        assert row["has_polygons"] == "1"


def test_train_and_val_share_no_plate(made: Path) -> None:
    listed = rows(made)
    texts = {split: {row["text"] for row in listed if row["split"] == split} for split in ("train", "val")}
    assert not texts["train"] & texts["val"]
    assert sum(row["split"] == "val" for row in listed) == pytest.approx(12, abs=2)


def test_data_yaml_needs_no_path_key_and_names_36_classes(made: Path) -> None:
    import yaml

    said = yaml.safe_load((made / "data.yaml").read_text())
    assert set(said) == {"train", "val", "names"}
    assert Alphabet.from_names(said["names"]) == Alphabet.standard()
    assert (made / said["train"]).is_dir() and (made / said["val"]).is_dir()


def test_a_project_keeps_the_characters_that_too_much_is_hidden_of(tmp_path: Path) -> None:
    out = tmp_path / "hidden"
    write_dataset(out, 12, 3, wishes=Wishes(difficulty=1.0, formats=("ph-2018-car",)))
    listed = {f"images/{row['split']}/{row['file']}": row for row in rows(out) if row["unreadable"]}
    assert listed
    with Project.open(out) as project:
        for key, row in listed.items():
            marked = [place for place, one in enumerate(project.load(key).characters, 1) if one.unreadable]
            assert " ".join(map(str, marked)) == row["unreadable"]
            assert "".join(one.char for one in project.load(key).characters) == row["text"]


def test_formats_with_few_texts_repeat_them_but_never_across_the_splits(tmp_path: Path) -> None:
    write_dataset(tmp_path / "few", 30, 1, wishes=Wishes(difficulty=0.0, formats=("ph-protocol",)))
    listed = rows(tmp_path / "few")
    assert len(listed) == 30
    texts = {split: {row["text"] for row in listed if row["split"] == split} for split in ("train", "val")}
    assert texts["train"] and texts["val"] and not texts["train"] & texts["val"]


def test_an_existing_folder_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep me")
    with pytest.raises(UsageError, match="not an empty folder"):
        write_dataset(tmp_path / "mine", 4, 1)
    assert files(tmp_path / "mine").keys() == {"letter.txt"}


def test_two_crops_make_a_dataset_with_both_splits(tmp_path: Path) -> None:
    summary = write_dataset(tmp_path / "two", 2, 1)
    assert (summary.train, summary.val, summary.plates) == (1, 1, 2)


@pytest.mark.parametrize(("count", "val", "seed"), [(1, 0.2, 0), (10, 0.0, 0), (10, 1.0, 0), (10, 0.2, -1)])
def test_an_impossible_wish_is_refused_before_anything_is_written(
    tmp_path: Path, count: int, val: float, seed: int
) -> None:
    with pytest.raises(UsageError):
        write_dataset(tmp_path / "none", count, seed, val)
    assert not (tmp_path / "none").exists()


def test_stock_ultralytics_reads_every_label(made: Path, tmp_path: Path) -> None:
    import shutil

    from ultralytics.data import YOLODataset
    from ultralytics.data.utils import check_det_dataset

    copy = tmp_path / "copy"  # Ultralytics writes a cache beside the labels
    shutil.copytree(made, copy)
    data = check_det_dataset(str(copy / "data.yaml"), autodownload=False)
    dataset = YOLODataset(data["train"], data=data, task="segment", imgsz=224, augment=False)
    wanted = [row for row in rows(made) if row["split"] == "train"]
    assert len(dataset) == len(wanted)
    characters = sum(len(row["text"]) - len(row["unreadable"].split()) for row in wanted)
    assert sum(len(label["cls"]) for label in dataset.labels) == characters
