"""A session: nothing a person did is lost, and what is on disk is what was last handed over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from lpstudio.dataset.project import Project
from lpstudio.dataset.types import Character, CropContent, CropState, Origin
from lpstudio.similarity import Group
from lpstudio.studio.session import ProjectSession

SQUARE = ((10.0, 20.0), (30.0, 20.0), (30.0, 60.0), (10.0, 60.0))
LABELLED, BARE = "images/train/p0.png", "images/train/p2.png"


@pytest.fixture
def session(small_project: Path, qtbot: QtBot) -> Iterator[ProjectSession]:
    opened = ProjectSession(Project.open(small_project))
    with qtbot.waitSignal(opened.scanned, timeout=10000):
        opened.scan()
    yield opened
    if not opened.close():
        opened.abandon()
    opened.deleteLater()


def _content(session: ProjectSession, key: str, qtbot: QtBot) -> CropContent:
    with qtbot.waitSignal(session.content_loaded, check_params_cb=lambda k, *_: k == key, timeout=10000) as seen:
        session.request_content(key)
    content: CropContent = seen.args[1]
    return content


def test_a_crop_comes_with_its_characters_and_its_size(session: ProjectSession, qtbot: QtBot) -> None:
    with qtbot.waitSignal(session.content_loaded, timeout=10000) as seen:
        session.request_content(LABELLED)
    key, content, size, fault = seen.args
    assert (key, size, fault) == (LABELLED, (240, 80), "")
    assert [character.char for character in content.characters] == list("ABC1234")


def test_a_picture_that_does_not_decode_comes_with_its_fault(
    session: ProjectSession, small_project: Path, qtbot: QtBot
) -> None:
    (small_project / BARE).write_bytes(b"not a picture")
    with qtbot.waitSignal(session.content_loaded, timeout=10000) as seen:
        session.request_content(BARE)
    assert seen.args[2] is None
    assert "p2.png" in seen.args[3]


def test_a_saved_crop_is_on_disk_and_in_progress(session: ProjectSession, small_project: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(session.crop_saved, timeout=10000):
        session.save(BARE, CropContent((Character(SQUARE, "X"),)))
        assert session.pending == 1
        assert session.state(BARE) is CropState.IN_PROGRESS
    assert (small_project / "labels" / "train" / "p2.txt").read_text().startswith("23 ")
    assert session.pending == 0
    assert session.counts[CropState.IN_PROGRESS] == 1


def test_content_that_waits_to_be_written_is_what_is_loaded(session: ProjectSession, qtbot: QtBot) -> None:
    content = CropContent((Character(SQUARE, "X"),))
    session.save(LABELLED, content)
    assert _content(session, LABELLED, qtbot) == content


def test_a_failed_save_keeps_the_work_and_a_retry_writes_it(
    session: ProjectSession, small_project: Path, qtbot: QtBot
) -> None:
    in_the_way = small_project / "labels" / "train" / "p2.txt"
    in_the_way.mkdir()
    content = CropContent((Character(SQUARE, "X"),))
    with qtbot.waitSignal(session.crop_failed, timeout=10000) as seen:
        session.save(BARE, content)
    assert seen.args[0] == BARE
    assert "p2.txt" in seen.args[1]
    assert session.pending == 1
    assert not session.flush()
    assert _content(session, BARE, qtbot) == content
    in_the_way.rmdir()
    with qtbot.waitSignal(session.crop_saved, timeout=10000):
        session.retry()
    assert session.pending == 0
    assert session.failures == {}
    assert in_the_way.read_text().startswith("23 ")


def test_a_state_follows_the_saves_that_were_asked_for_before_it(
    session: ProjectSession, small_project: Path, qtbot: QtBot
) -> None:
    content = CropContent((Character(SQUARE, "X"),))
    session.save(BARE, content)
    session.set_state(BARE, CropState.VERIFIED)
    assert session.flush()
    assert session.state(BARE) is CropState.VERIFIED
    assert session.counts[CropState.VERIFIED] == 1
    again = Project.open(small_project)
    assert again.state(BARE) is CropState.VERIFIED
    assert [character.char for character in again.load(BARE).characters] == ["X"]
    again.close()


def test_unmarking_a_crop_with_a_label_file_makes_it_labelled_again(session: ProjectSession, qtbot: QtBot) -> None:
    session.set_state(LABELLED, CropState.IGNORED)
    assert session.flush()
    session.set_state(LABELLED, CropState.UNLABELLED)
    assert session.flush()
    assert session.state(LABELLED) is CropState.LABELLED


def test_similarity_is_written_to_lpstudio_toml_and_comes_back(
    session: ProjectSession, small_project: Path, qtbot: QtBot
) -> None:
    wanted = session.similarity.with_group(Group.of("MW", "wide")).with_base(0.5).with_cell("K", "X", 0.3)
    with qtbot.waitSignal(session.similarity_changed, timeout=1000):
        session.similarity = wanted
    assert session.flush()
    assert "wide" in (small_project / "lpstudio.toml").read_text(encoding="utf-8")
    again = Project.open(small_project)
    assert again.settings.similarity == wanted
    again.close()


def test_training_settings_are_kept_beside_the_similarity(session: ProjectSession, small_project: Path) -> None:
    session.similarity = session.similarity.with_base(0.4)
    session.save_training_settings({"epochs": 7})
    assert session.flush()
    again = Project.open(small_project)
    assert again.settings.training == {"epochs": 7}
    assert again.settings.similarity.base == 0.4
    again.close()


def test_added_pictures_are_copied_and_listed(
    session: ProjectSession, tmp_path: Path, small_project: Path, qtbot: QtBot
) -> None:
    picture = tmp_path / "new.png"
    picture.write_bytes((small_project / BARE).read_bytes())
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"nothing")
    with (
        qtbot.waitSignal(session.index_changed, timeout=10000),
        qtbot.waitSignal(session.add_failed, timeout=10000) as failed,
        qtbot.waitSignal(session.crops_added, timeout=10000) as added,
    ):
        session.add_images([picture, broken])
    assert "broken.png" in failed.args[0]
    assert len(added.args[0]) == 1
    assert added.args[0][0] in session.index.keys
    assert picture.exists()


def test_a_crop_cut_from_footage_keeps_where_it_came_from_and_takes_a_draft(
    session: ProjectSession, small_project: Path, qtbot: QtBot
) -> None:
    png = (small_project / BARE).read_bytes()
    origin = Origin("gate.mp4", 17, 0.68, (10.0, 20.0, 250.0, 100.0))
    taken: list[bool] = []
    with qtbot.waitSignal(session.index_changed, timeout=10000):
        keys: list[str] = []
        session.add_crop(png, "gate", origin, keys.append, pytest.fail)
    (key,) = keys
    session.set_draft(key, [Character(SQUARE, "X")], taken.append)
    qtbot.waitUntil(lambda: taken == [True], timeout=10000)
    assert session.state(key) is CropState.DRAFT
    assert [character.char for character in _content(session, key, qtbot).characters] == ["X"]
    assert session.origin(key) == origin


def test_a_machine_never_overwrites_a_persons_work(session: ProjectSession, qtbot: QtBot) -> None:
    taken: list[bool] = []
    session.set_draft(LABELLED, [Character(SQUARE, "X")], taken.append)
    qtbot.waitUntil(lambda: taken == [False], timeout=10000)
    assert [character.char for character in _content(session, LABELLED, qtbot).characters] == list("ABC1234")


def test_the_text_of_a_plate_is_known_after_loading_and_setting(
    session: ProjectSession, small_project: Path, qtbot: QtBot
) -> None:
    session.set_text(BARE, "XYZ5678")
    assert session.text(BARE) == "XYZ5678"
    assert session.flush()
    again = Project.open(small_project)
    assert again.text(BARE) == "XYZ5678"
    again.close()


def test_states_and_texts_are_in_the_text_file_after_a_flush(session: ProjectSession, small_project: Path) -> None:
    session.set_state(LABELLED, CropState.VERIFIED)
    session.set_text(LABELLED, "ABC1234")
    assert session.flush()
    lines = (small_project / "crops.jsonl").read_text(encoding="utf-8")
    assert "verified" in lines
    assert "ABC1234" in lines


def test_settings_that_cannot_be_written_are_told_and_tried_again(
    session: ProjectSession, small_project: Path, qtbot: QtBot
) -> None:
    in_the_way = small_project / "lpstudio.toml"
    in_the_way.mkdir()
    with qtbot.waitSignal(session.settings_failed, timeout=10000) as seen:
        session.similarity = session.similarity.with_base(0.3)
    assert "lpstudio.toml" in seen.args[0]
    assert session.has_failed
    assert session.pending == 1
    in_the_way.rmdir()
    session.retry()
    assert session.flush()
    assert not session.has_failed
    assert "0.3" in in_the_way.read_text(encoding="utf-8")


def test_closing_writes_what_still_waits(small_project: Path, qtbot: QtBot) -> None:
    session = ProjectSession(Project.open(small_project))
    session.save(BARE, CropContent((Character(SQUARE, "X"),)))
    assert session.close()
    assert (small_project / "labels" / "train" / "p2.txt").is_file()
    session.deleteLater()
