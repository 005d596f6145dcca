"""A split keeps together what belongs together, comes out the same again, and is frozen without losing anything."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lpstudio.dataset.leaks import Twin
from lpstudio.dataset.project import Project
from lpstudio.dataset.settings import ProjectSettings
from lpstudio.dataset.split import Bond, SplitCrop, divide, plan_split, together
from lpstudio.dataset.split_files import freeze_split, pointed_to
from lpstudio.dataset.types import CropState, Origin
from lpstudio.errors import LpStudioError, UsageError

NAMES = "names: [A, B, C]\n"


def picture(path: Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 256, (10, 20), np.uint8)
    Image.fromarray(noise).resize((120, 60), Image.Resampling.BICUBIC).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """40 crops of 20 plates, the second capture of each in val: every plate leaks."""
    root = tmp_path / "plates"
    rows = ["file,text"]
    for number in range(40):
        name = f"cam{number % 4}_{number:02d}.png"
        picture(root / "images" / ("train" if number < 20 else "val") / name, number)
        rows.append(f"{name},AB{number % 20:02d}")
    (root / "plates.csv").write_text("\n".join(rows) + "\n")
    (root / "data.yaml").write_text(f"# mine\ntrain: images/train  # pictures\nval: images/val\n{NAMES}# end\n")
    return root


groups_of_keys = st.lists(st.integers(1, 6), max_size=30).map(
    lambda sizes: [[f"{number}-{at}" for at in range(size)] for number, size in enumerate(sizes)]
)


@given(groups_of_keys, st.floats(0.05, 0.6), st.sampled_from([0.0, 0.1, 0.3]), st.integers(0, 99))
def test_groups_are_dealt_out_whole_and_the_same_every_time(
    groups: list[list[str]], val: float, test: float, seed: int
) -> None:
    shares = {"train": 1 - val - test, "val": val, "test": test}
    dealt = divide(groups, shares, seed)
    assert dealt == divide(groups, shares, seed)
    assert sorted(key for keys in dealt.values() for key in keys) == sorted(key for group in groups for key in group)
    for group in groups:
        assert sum(bool(set(group) & set(keys)) for keys in dealt.values()) == 1
    wanted = [split for split, share in shares.items() if share > 0]
    if len(groups) >= len(wanted):
        assert all(dealt[split] for split in wanted)
    total, largest = sum(map(len, groups)), max(map(len, groups), default=0)
    for split in ("val", "test"):
        assert len(dealt[split]) <= shares[split] * total + max(largest, 1)
    if test == 0.0:
        assert dealt["test"] == []


values = st.sampled_from([None, "a", "b", "c"])


@given(
    st.lists(st.tuples(values, values, values), min_size=1, max_size=12),
    st.sets(st.sampled_from(list(Bond))),
    st.data(),
)
def test_what_shares_anything_stays_together_along_chains(
    found: list[tuple[str | None, str | None, str | None]], by: set[Bond], data: st.DataObject
) -> None:
    crops = [SplitCrop(f"{i:02d}", "train", *three) for i, three in enumerate(found)]
    keys = [crop.key for crop in crops]
    pairs = st.tuples(st.sampled_from(keys), st.sampled_from(keys))
    twins = [Twin(a, b, 1.0) for a, b in data.draw(st.lists(pairs, max_size=3))]
    joined = np.eye(len(crops), dtype=bool)
    for i, a in enumerate(crops):
        for j, b in enumerate(crops):
            shared = any(a.bond(bond) is not None and a.bond(bond) == b.bond(bond) for bond in by)
            joined[i, j] |= shared or any({a.key, b.key} == {twin.first, twin.second} for twin in twins)
    for _ in crops:
        joined = joined @ joined
    expected = sorted({tuple(keys[j] for j in np.flatnonzero(row)) for row in joined})
    assert [tuple(group) for group in together(crops, by, twins)] == expected


def test_a_split_by_plate_ends_the_leaks_and_moves_no_picture(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*.png")}
    with Project.open(folder) as project:
        plan = plan_split(project, val=0.25, seed=7)
        assert len(plan.leaks_now) == 20 and not plan.leaks
        assert plan_split(project, val=0.25, seed=7).parts == plan.parts
        assert plan_split(project, val=0.25, seed=8).parts != plan.parts
        lists, copy = freeze_split(project, plan)
    assert {path: path.read_bytes() for path in folder.rglob("*.png")} == before
    assert (lists["train"].name, lists["val"].name, copy.name) == ("train.txt", "val.txt", "data.yaml.before-split")
    assert (folder / "data.yaml").read_text() == f"# mine\ntrain: train.txt  # pictures\nval: val.txt\n{NAMES}# end\n"
    with Project.open(folder) as project:
        assert not project.warnings
        index = project.scan()
        assert {s: tuple(index.keys[i] for i in index.range_of(s)) for s in index.splits} == plan.parts
        assert len(plan.parts["val"]) == 10
        texts = {s: {project.text(key) for key in keys} for s, keys in plan.parts.items()}
        assert not texts["train"] & texts["val"]
    kept = ProjectSettings.load(folder / "lpstudio.toml").splits
    assert kept == {"by": ["plate", "camera", "video"], "seed": 7, "val": 0.25}


def test_stock_ultralytics_trains_on_the_new_split(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ultralytics.data.base import BaseDataset
    from ultralytics.data.utils import check_det_dataset

    with Project.open(folder) as project:
        plan = plan_split(project)
        freeze_split(project, plan)
    monkeypatch.chdir(folder.parent)
    data = check_det_dataset(str(folder / "data.yaml"), autodownload=False)
    reader = object.__new__(BaseDataset)
    reader.prefix, reader.fraction = "", 1.0
    for split in ("train", "val"):
        found = reader.get_img_files(data[split])
        assert [Path(path).relative_to(folder).as_posix() for path in found] == list(plan.parts[split])


def test_cameras_and_videos_stay_together(folder: Path) -> None:
    with Project.open(folder) as project:
        by_camera = plan_split(project, val=0.25, by=[Bond.CAMERA], camera=r"(cam\d)_")
        assert by_camera.groups == 4 and len({key[-10:-7] for key in by_camera.parts["val"]}) == 1
        keys = project.index.keys
        for key in keys:
            project.store.set_origin(key, Origin(f"video{keys.index(key) % 5}.mp4"))
        by_video = plan_split(project, by=[Bond.VIDEO])
        assert by_video.groups == 5 and by_video.known[Bond.VIDEO] == 40
        with pytest.raises(LpStudioError, match="so many crops belong together"):
            plan_split(project, camera="cam")


def test_a_split_that_leaks_is_refused_and_nothing_is_written(folder: Path) -> None:
    before = sorted(path.name for path in folder.iterdir())
    with Project.open(folder, create_store=False) as project:
        plan = plan_split(project, by=[])
        assert plan.leaks
        with pytest.raises(LpStudioError, match="would leak"):
            freeze_split(project, plan)
    assert sorted(path.name for path in folder.iterdir()) == before


def test_near_duplicates_stay_together_whatever_is_asked_for(folder: Path) -> None:
    (folder / "plates.csv").unlink()
    for number in range(10):
        shutil.copy(folder / f"images/train/cam{number % 4}_{number:02d}.png", folder / f"images/val/copy{number}.png")
    with Project.open(folder) as project:
        plan = plan_split(project, val=0.4, by=[])
    assert len(plan.twins) == 10 and len(plan.leaks_now) == 10 and not plan.leaks and plan.groups == 40


def test_nearly_the_same_picture_with_two_texts_is_pointed_out(folder: Path) -> None:
    shutil.copy(folder / "images/train/cam0_00.png", folder / "images/train/cam1_01.png")
    with Project.open(folder) as project:
        plan = plan_split(project)
    assert [(twin.first[-6:], twin.second[-6:]) for twin in plan.odd] == [("00.png", "01.png")]


def test_splitting_again_leaves_the_lists_of_before(folder: Path) -> None:
    for seed in (1, 2, 3):
        with Project.open(folder) as project:
            freeze_split(project, plan_split(project, seed=seed, test=0.2))
    assert yaml.safe_load((folder / "data.yaml").read_text())["val"] == "val-3.txt"
    copies = sorted(path.name for path in folder.glob("data.yaml.before-split*"))
    assert copies == ["data.yaml.before-split", "data.yaml.before-split-2", "data.yaml.before-split-3"]
    shutil.copy(folder / copies[1], folder / "data.yaml")  # going back
    with Project.open(folder) as project:
        assert len(project.scan()) == 40
        assert plan_split(project, seed=1, test=0.2).parts["val"] == tuple(
            project.index.keys[i] for i in project.index.range_of("val")
        )


def test_states_and_texts_stay_with_their_crops(folder: Path) -> None:
    # The same file name in both splits, told apart by the column split.
    for number, split in enumerate(("train", "val")):
        picture(folder / "images" / split / "same.png", 100 + number)
    (folder / "plates.csv").write_text("file,split,text\nsame.png,train,TTT1\nsame.png,val,VVV2\n")
    with Project.open(folder) as project:
        project.scan()
        project.set_state("images/val/same.png", CropState.IGNORED)
        before = {key: project.text(key) for key in project.index.keys}
        seed = next(s for s in range(99) if "images/val/same.png" in plan_split(project, seed=s).parts["train"])
        freeze_split(project, plan_split(project, seed=seed))
    with Project.open(folder) as project:
        project.scan()
        assert project.state("images/val/same.png") is CropState.IGNORED
        assert {key: project.text(key) for key in before} == before and before["images/val/same.png"] == "VVV2"


def test_a_failure_while_writing_leaves_the_old_split(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> None:
        raise LpStudioError("not saved: the disk is full", path=path)

    before = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    with Project.open(folder, create_store=False) as project:
        plan = plan_split(project)
        monkeypatch.setattr("lpstudio.dataset.split_files.write_bytes_atomic", full)
        with pytest.raises(LpStudioError, match="disk is full"):
            freeze_split(project, plan)
    assert {path: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


@pytest.mark.parametrize(("val", "test"), [(0.0, 0.0), (1.0, 0.0), (0.5, 0.5), (-0.1, 0.0), (0.2, -0.1)])
def test_shares_that_leave_nothing_are_wrong_calls(folder: Path, val: float, test: float) -> None:
    with Project.open(folder) as project, pytest.raises(UsageError):
        plan_split(project, val=val, test=test)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("train: a\nval: b\nnc: 3\n", "train: train.txt\nval: val.txt\nnc: 3\n"),
        ("train: a\nnc: 3", "train: train.txt\nval: val.txt\nnc: 3"),
        ("nc: 3\r\ntrain: a\r\n", "nc: 3\r\ntrain: train.txt\r\nval: val.txt\r\n"),
        ("\ufefftrain: a\nval: b\n", "\ufefftrain: train.txt\nval: val.txt\n"),
        ("train:\n  - a\n  - b # two\n# next\nval: [c,\n  d]\n", "train: train.txt # two\n# next\nval: val.txt\n"),
        ("train: a\nvalidation: b\n", "train: train.txt\nval: val.txt\n"),
        (
            "path: .\ntrain: a\nval: b\ntest: c\n",
            "# path: the lists lie beside this file\ntrain: train.txt\nval: val.txt\n"
            "# test: its crops are in the other splits now\n",
        ),
        ("train: &x a\nval: *x\nnc: 3\n", "train: train.txt\nval: val.txt\nnc: 3\n"),
        ("val: b\n", "train: train.txt\nval: val.txt\n"),
    ],
)
def test_only_the_entries_of_the_splits_change(old: str, new: str) -> None:
    lists = {"train": "train.txt", "val": "val.txt"}
    assert pointed_to(old.encode(), lists, Path("/data/data.yaml")).decode() == new


@pytest.mark.parametrize("old", ["{train: a, nc: 3}\n", "train: &x a\nval: b\nmine: *x\n"])
def test_a_yaml_that_would_lose_something_is_left_alone(old: str) -> None:
    with pytest.raises(LpStudioError, match="cannot be changed without touching others"):
        pointed_to(old.encode(), {"train": "train.txt", "val": "val.txt"}, Path("/data/data.yaml"))


def test_an_absolute_path_to_the_own_folder_may_stay(tmp_path: Path) -> None:
    old = f"path: {tmp_path.as_posix()}\ntrain: a\nval: b\n"
    new = pointed_to(old.encode(), {"train": "train.txt", "val": "val.txt"}, tmp_path / "data.yaml")
    assert yaml.safe_load(new) == {"path": tmp_path.as_posix(), "train": "train.txt", "val": "val.txt"}


def test_added_pictures_go_into_the_list(folder: Path, tmp_path: Path) -> None:
    with Project.open(folder) as project:
        freeze_split(project, plan_split(project))
    picture(tmp_path / "new.png", 99)
    with Project.open(folder) as project:
        (key,) = project.add_images([tmp_path / "new.png"])
    with Project.open(folder) as project:
        position = project.scan().position(key)
        assert position is not None and project.index.split_of(position) == "train"


def test_crops_outside_of_the_folder_are_named_in_full(tmp_path: Path) -> None:
    for number in range(10):
        picture(tmp_path / "else" / "images" / f"{number}.png", number)
    root = tmp_path / "project"
    root.mkdir()
    (root / "data.yaml").write_text(f"train: {(tmp_path / 'else' / 'images').as_posix()}\n{NAMES}")
    with Project.open(root) as project:
        plan = plan_split(project)
        freeze_split(project, plan)
    with Project.open(root) as project:
        assert len(project.scan()) == 10 and all(Path(key).is_absolute() for key in project.index.keys)
