"""New projects: split by plate, the same every time, and no plate on both sides."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lpstudio.dataset.create import new_project, split_by_plate
from lpstudio.dataset.settings import ProjectSettings
from lpstudio.errors import LpStudioError, UsageError


@pytest.fixture
def crops(tmp_path: Path) -> Path:
    folder = tmp_path / "crops"
    for number in range(20):
        place = folder / ("night" if number % 2 else "day")
        place.mkdir(parents=True, exist_ok=True)
        Image.new("L", (30, 12), number * 10).save(place / f"{number // 2:02d}.png")
    return folder


def write_texts(folder: Path) -> None:
    """Two crops of every plate, one by day and one by night."""
    rows = [f"{place}/{n:02d}.png,ABC {n:02d}" for place in ("day", "night") for n in range(10)]
    (folder / "plates.csv").write_text("file,text\n" + "\n".join(rows) + "\n")


def test_a_copy_is_split_by_plate_and_leaves_the_crops_alone(crops: Path, tmp_path: Path) -> None:
    write_texts(crops)
    before = {path: path.stat().st_mtime_ns for path in crops.rglob("*")}
    with new_project(crops, tmp_path / "out", val_share=0.2, seed=1) as project:
        index = project.scan()
        assert (len(index.range_of("train")), len(index.range_of("val"))) == (16, 4)
        sides: dict[str | None, set[str]] = {}
        for i, key in enumerate(index.keys):
            sides.setdefault(project.text(key), set()).add(index.split_of(i))
        assert len(sides) == 10
        assert None not in sides
        assert all(len(splits) == 1 for splits in sides.values())
        assert project.warnings == ()
        assert len(project.alphabet) == 36
    assert {path: path.stat().st_mtime_ns for path in crops.rglob("*")} == before
    assert ProjectSettings.load(tmp_path / "out/lpstudio.toml").splits == {"seed": 1, "val": 0.2}
    assert len(ProjectSettings.load(tmp_path / "out/lpstudio.toml").similarity.groups) == 9


def test_crops_can_be_used_where_they_lie(crops: Path, tmp_path: Path) -> None:
    (tmp_path / "texts.csv").write_text("file,text\nday/00.png,AAA1\n")
    with new_project(crops, None, tmp_path / "texts.csv") as project:
        assert project.root == crops
        assert len(project.scan()) == 20
        assert project.text("day/00.png") == "AAA1"
        assert project.text("night/00.png") is None
        assert project.label_path("day/00.png") == crops / "day/00.txt"
    assert sorted(p.name for p in crops.iterdir()) == [
        "data.yaml",
        "day",
        "lpstudio.toml",
        "night",
        "plates.csv",
        "train.txt",
        "val.txt",
    ]


def test_a_split_in_the_texts_counts(crops: Path, tmp_path: Path) -> None:
    rows = [
        f"{place}/{n:02d}.png,T{n},{split}" for place, split in (("day", "val"), ("night", "train")) for n in range(10)
    ]
    (crops / "plates.csv").write_text("file,text,split\n" + "\n".join(rows))
    with new_project(crops, tmp_path / "out") as project:
        index = project.scan()
        assert len(index.range_of("val")) == 10
        assert project.text("images/train/03.png") == "T3"


def test_the_result_is_valid_for_stock_ultralytics(crops: Path, tmp_path: Path) -> None:
    from ultralytics.data.utils import check_det_dataset

    for target in (tmp_path / "out", None):
        with new_project(crops, target) as project:
            data = check_det_dataset(str(project.yaml_path), autodownload=False)
            assert data["nc"] == 36
            assert Path(data["train"]).exists()
            assert Path(data["val"]).exists()


def test_an_existing_dataset_or_a_full_folder_is_never_touched(crops: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "x").touch()
    with pytest.raises(LpStudioError, match="not an empty folder"):
        new_project(crops, out)
    with pytest.raises(UsageError, match="inside the folder of its pictures"):
        new_project(crops, crops / "project")
    with pytest.raises(UsageError, match="no such folder"):
        new_project(tmp_path / "nothing")
    with pytest.raises(UsageError, match="share of val"):
        new_project(crops, tmp_path / "new", val_share=1.0)
    (tmp_path / "empty").mkdir()
    with pytest.raises(LpStudioError, match="no picture that can be read"):
        new_project(tmp_path / "empty")
    new_project(crops).close()
    with pytest.raises(LpStudioError, match=r"data\.yaml: there is a dataset already"):
        new_project(crops)


def test_a_picture_that_cannot_be_read_is_left_out_and_named(crops: Path, tmp_path: Path) -> None:
    (crops / "day/broken.jpg").write_bytes(b"no")
    with new_project(crops, tmp_path / "out") as project:
        assert len(project.scan()) == 20
        assert "broken.jpg: this is no picture" in project.warnings[-1]


def test_a_single_crop_makes_a_project_without_val(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    Image.new("L", (9, 9)).save(tmp_path / "one/a.png")
    with new_project(tmp_path / "one", tmp_path / "out") as project:
        assert len(project.scan()) == 1
        assert "there is no val split" in project.warnings[0]


texts = st.lists(st.none() | st.sampled_from(["A", "B", "C", "D", "E"]), min_size=1, max_size=60)


@given(texts, st.floats(0.05, 0.5), st.integers(0, 1000))
def test_no_plate_stands_on_both_sides_and_order_does_not_matter(
    plates: list[str | None], share: float, seed: int
) -> None:
    crops = [(f"c{n:03d}.png", text) for n, text in enumerate(plates)]
    train, val = split_by_plate(crops, share, seed)
    assert sorted(train + val) == [name for name, _ in crops]
    text_of = dict(crops)
    assert not {text_of[n] for n in train} & {text_of[n] for n in val} - {None}
    groups = len({text or name for name, text in crops})
    if groups > 1:
        assert train
        assert val
    mixed = crops[:]
    random.Random(5).shuffle(mixed)
    assert split_by_plate(mixed, share, seed) == (train, val)


def test_the_share_is_met_where_plates_are_small() -> None:
    crops = [(f"{n}.png", f"P{n // 3}") for n in range(300)]
    _, val = split_by_plate(crops, 0.2, 42)
    assert abs(len(val) - 60) <= 2
    assert split_by_plate(crops, 0.2, 43)[1] != val
    assert split_by_plate(crops, 0.0, 42)[1] == []
