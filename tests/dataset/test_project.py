"""A project on disk: what is saved comes back, states follow what people do, machines overwrite nobody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lpstudio.dataset.project import Project
from lpstudio.dataset.types import Candidate, Character, CropContent, CropState, Origin
from lpstudio.errors import LpStudioError

from .conftest import MakeDataset

A, B = "images/train/a.png", "images/train/b.png"
LINE = "0 0.1 0.2 0.2 0.2 0.2 0.8"
Square = Callable[..., Character]


@pytest.fixture
def root(make_dataset: MakeDataset) -> Path:
    return make_dataset({"train/a": f"{LINE}\n", "train/b": None, "val/c": ""})


def same(first: CropContent, second: CropContent) -> bool:
    """Equal but for the rounding of a label file."""
    return [(c.char, c.unreadable) for c in first.characters] == [
        (c.char, c.unreadable) for c in second.characters
    ] and all(
        np.allclose(c.polygon, d.polygon, atol=0.001) for c, d in zip(first.characters, second.characters, strict=True)
    )


def test_looking_at_a_dataset_leaves_nothing_behind(root: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    with Project.open(root) as project:
        project.scan()
        project.load(A)
        project.text(A)
        project.flush()
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


def test_states_come_from_the_label_files_until_somebody_says_more(root: Path) -> None:
    with Project.open(root) as project:
        index = project.scan()
        assert [index.state_of(i) for i in range(3)] == ["labelled", "unlabelled", "labelled"]
        assert project.counts()[CropState.LABELLED] == 2
        assert project.index.counts("val")[CropState.LABELLED] == 1


def test_the_first_save_makes_an_unlabelled_crop_in_progress_and_others_keep_their_state(
    root: Path, square: Square
) -> None:
    with Project.open(root) as project:
        project.scan()
        assert project.save(B, CropContent((square("X"),))) is CropState.IN_PROGRESS
        assert project.save(A, CropContent((square("X"),))) is CropState.LABELLED
        project.set_state(A, CropState.VERIFIED)
        assert project.save(A, CropContent((square("Y"),))) is CropState.VERIFIED
        assert project.counts()[CropState.IN_PROGRESS] == 1
    with Project.open(root) as project:
        index = project.scan()
        assert [index.state_of(i) for i in range(3)] == ["verified", "in progress", "labelled"]
        assert project.load(A).characters[0].char == "Y"


def test_what_was_drawn_comes_back_after_a_restart(root: Path, square: Square) -> None:
    content = CropContent(
        (square("O", 1.25), square("0", 20.125, unreadable=True), square("", 30), square("Q", 40.0625))
    )
    with Project.open(root) as project:
        project.save(B, content, CropState.VERIFIED)
        assert project.load(B) == content
    with Project.open(root) as project:
        assert same(project.load(B), content)
        assert project.label_path(B).read_text().count("\n") == 2


def test_unreadable_characters_never_stand_in_the_label_file(root: Path, square: Square) -> None:
    with Project.open(root) as project:
        project.save(B, CropContent((square("A", unreadable=True),)))
        assert project.label_path(B).read_bytes() == b""
        assert project.load(B).characters[0].unreadable


def test_a_crop_with_one_bad_line_keeps_its_other_characters_and_the_line(root: Path, square: Square) -> None:
    path = root / "labels/train/a.txt"
    path.write_text(f"{LINE}\n99 what is this\n{LINE.replace('0', '1', 1)}\n")
    with Project.open(root) as project:
        content = project.load(A)
        assert [c.char for c in content.characters] == ["A", "B"]
        assert content.unread[0].line == 2
        project.save(A, CropContent((square("Z"),), content.unread))
    assert path.read_text().splitlines()[-1] == "99 what is this"


def test_a_turned_picture_has_its_coordinates_after_exif_orientation(root: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    Image.new("RGB", (60, 20)).save(root / "images/train/turned.jpg", exif=exif)
    (root / "labels/train/turned.txt").write_text("0 0 0 1 0 1 1 0 1\n")
    with Project.open(root) as project:
        assert project.load("images/train/turned.jpg").characters[0].polygon == ((0, 0), (20, 0), (20, 60), (0, 60))


def test_a_picture_that_cannot_be_read_is_named_and_its_labels_stay(root: Path, square: Square) -> None:
    (root / A).write_bytes(b"not a picture")
    with Project.open(root) as project:
        with pytest.raises(LpStudioError, match=r"a\.png: this is no picture"):
            project.load(A)
        with pytest.raises(LpStudioError, match=r"a\.png: this is no picture"):
            project.save(A, CropContent((square("X"),)))
    assert (root / "labels/train/a.txt").read_text() == f"{LINE}\n"


def test_verifying_a_crop_without_characters_writes_an_empty_label_file(root: Path) -> None:
    with Project.open(root) as project:
        project.scan()
        assert project.set_state(B, CropState.VERIFIED) is CropState.VERIFIED
        assert project.label_path(B).read_bytes() == b""
    with Project.open(root) as project:
        project.scan()
        assert project.state(B) is CropState.VERIFIED


def test_a_verified_crop_whose_label_file_was_taken_away_is_unlabelled(root: Path) -> None:
    with Project.open(root) as project:
        project.set_state(A, CropState.VERIFIED)
    (root / "labels/train/a.txt").unlink()
    with Project.open(root) as project:
        project.scan()
        assert project.state(A) is CropState.UNLABELLED


def test_an_ignored_crop_stays_ignored_and_comes_back_with_what_the_disk_says(root: Path) -> None:
    with Project.open(root) as project:
        project.scan()
        project.set_state(A, CropState.IGNORED)
        assert project.set_draft(A, ()) is False
    with Project.open(root) as project:
        assert project.state(A) is CropState.IGNORED
        assert project.set_state(A, CropState.LABELLED) is CropState.LABELLED


def test_undoing_everything_makes_a_crop_unlabelled_again(root: Path, square: Square) -> None:
    with Project.open(root) as project:
        project.scan()
        project.save(B, CropContent((square("X"), square("Y", unreadable=True))))
        assert project.save(B, CropContent(), CropState.UNLABELLED) is CropState.UNLABELLED
        assert not project.label_path(B).exists()
        assert project.load(B) == CropContent()
        # With something on it, it cannot be unlabelled.
        assert project.save(B, CropContent((square("X"),)), CropState.UNLABELLED) is CropState.IN_PROGRESS


# --- drafts ----------------------------------------------------------------------------------------------------------


def draft() -> tuple[Character, ...]:
    polygon = ((10.5, 10.0), (18.0, 10.0), (18.0, 40.0))
    return (Character(polygon, "O", candidates=(Candidate("O", 0.6), Candidate("0", 0.35)), confidence=0.9),)


def test_a_draft_lives_in_the_database_and_keeps_its_candidates(root: Path) -> None:
    with Project.open(root) as project:
        project.scan()
        assert project.set_draft(B, draft()) is True
        assert project.state(B) is CropState.DRAFT
        assert not project.label_path(B).exists()
    with Project.open(root) as project:
        assert project.scan().state_of(1) is CropState.DRAFT
        assert project.load(B).characters == draft()
        assert project.set_draft(B, draft() * 2) is True  # a newer draft replaces a draft


def test_a_draft_never_replaces_a_persons_work(root: Path, square: Square) -> None:
    with Project.open(root) as project:
        assert project.set_draft(A, draft()) is False  # labelled
        project.save(B, CropContent((square("X"),)))
        assert project.set_draft(B, draft()) is False  # in progress
        project.set_state(B, CropState.VERIFIED)
        assert project.set_draft(B, draft()) is False
        assert project.load(B).characters[0].char == "X"


def test_working_on_a_draft_or_verifying_it_writes_it_down(root: Path) -> None:
    with Project.open(root) as project:
        project.set_draft(B, draft())
        assert project.set_state(B, CropState.VERIFIED) is CropState.VERIFIED
        assert project.label_path(B).read_text().startswith("14 ")
        assert project.load(B).characters[0].candidates == ()
    with Project.open(root) as project:
        assert project.state(B) is CropState.VERIFIED


def test_an_accepted_draft_can_be_taken_back(root: Path) -> None:
    with Project.open(root) as project:
        project.set_draft(B, draft())
        content = project.load(B)
        project.save(B, content, CropState.VERIFIED)
        assert project.save(B, content, CropState.DRAFT) is CropState.DRAFT
        assert not project.label_path(B).exists()
        assert project.load(B) == content


def test_a_label_file_that_appears_counts_before_a_draft(root: Path) -> None:
    with Project.open(root) as project:
        project.set_draft(B, draft())
        project.label_path(B).write_text(f"{LINE}\n")
        project.scan()
        assert project.state(B) is CropState.LABELLED
        assert project.load(B).characters[0].char == "A"


# --- texts, origins --------------------------------------------------------------------------------------------------


def test_texts_come_from_plates_csv_until_a_person_gives_one(root: Path) -> None:
    (root / "plates.csv").write_text("file,split,text\na.png,train,abc 123\nb.png,val,NO\n")
    with Project.open(root) as project:
        project.scan()
        assert project.text(A) == "ABC123"
        assert project.text(B) == "NO"  # the name occurs nowhere else
        project.set_text(A, "xy-9")
        assert project.text(A) == "XY9"
        project.set_text(A, "")
        assert project.text(A) is None


def test_a_broken_plates_csv_is_a_warning_with_its_line(root: Path) -> None:
    (root / "plates.csv").write_text("name;plate\na.png;X\n")
    with Project.open(root) as project:
        assert project.text(A) is None
        assert any("plates.csv:1: the columns file and text are needed" in text for text in project.warnings)


def test_an_added_crop_keeps_where_it_was_cut_from(root: Path, tmp_path: Path) -> None:
    Image.new("RGB", (30, 10)).save(tmp_path / "cut.png")
    origin = Origin("drive/cam 1.mp4", 1234, 49.36, (10.5, 20.0, 40.5, 30.0))
    with Project.open(root) as project:
        key = project.add_crop((tmp_path / "cut.png").read_bytes(), "cam 1: 00/12", origin)
        assert key == "images/train/cam 1_ 00_12.png"
        assert project.set_draft(key, draft()) is True
    with Project.open(root) as project:
        assert project.scan().position(key) is not None
        assert project.origin(key) == origin
        assert project.origin(A) is None


# --- folders that cannot be written -----------------------------------------------------------------------------------


def test_broken_settings_open_with_defaults_and_a_warning(root: Path) -> None:
    (root / "lpstudio.toml").write_text("[similarity]\nbase = \n")
    with Project.open(root) as project:
        assert project.settings.similarity.base == 0.6
        assert "lpstudio.toml:2: broken TOML" in project.warnings[0]


def test_many_threads_may_save_and_load_at_once(root: Path, square: Square) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with Project.open(root) as project, ThreadPoolExecutor(8) as pool:
        project.scan()

        def work(number: int) -> None:
            key = (A, B)[number % 2]
            project.save(key, CropContent((square("ABCDEFGH"[number % 8]),)))
            assert len(project.load(key).characters) == 1
            project.set_text(key, f"T{number}")
            assert project.text(key)

        list(pool.map(work, range(80)))


def test_what_is_saved_is_valid_for_stock_ultralytics(root: Path, square: Square) -> None:
    from ultralytics.data.utils import verify_image_label

    with Project.open(root) as project:
        at_the_edge = Character(((0.0, 0.0), (100.0, 0.0), (100.0, 50.0), (-0.4, 50.3)), "9")
        project.save(B, CropContent((square("A"), at_the_edge, square("", 50), square("Q", 60, unreadable=True))))
        names = (str(project.image_path(B)), str(project.label_path(B)))
        _, boxes, shape, segments, _, missing, found, empty, corrupt, message = verify_image_label(
            (*names, "", False, len(project.alphabet), 0, 0, False)
        )
    assert (missing, found, empty, corrupt, message) == (0, 1, 0, 0, "")
    assert shape == (50, 100)
    assert [int(box[0]) for box in boxes] == [0, 35]
    assert [len(segment) for segment in segments] == [4, 4]
