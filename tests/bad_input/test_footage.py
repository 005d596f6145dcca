"""Videos that do not open or end early: named where they stand, the other sources are read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from lpstudio.studio.main_window import MainWindow
from lpstudio.studio.review.workspace import ReviewWorkspace
from tests.bad_input.conftest import Call, Told, drop
from tests.reading.videos import numbered_video


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    """A folder with a sound video, one that ends early, and files that are none."""
    folder = tmp_path / "footage ü"
    folder.mkdir()
    numbered_video(folder / "sound.mp4", 4)
    whole = numbered_video(folder / "early.mkv", 120)
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    sound = (folder / "sound.mp4").read_bytes()
    (folder / "cut.mp4").write_bytes(sound[: len(sound) // 2])
    (folder / "empty.mp4").touch()
    (folder / "text.avi").write_text("no video")
    (folder / "round.mov").symlink_to("round.mov")
    return folder


def test_every_video_that_cannot_be_read_has_one_line_and_the_others_are_read(
    videos: Path, call: Call, reading_weights: Path
) -> None:
    answer = call("read", videos, videos / "gone.mp4", "--weights", reading_weights, "--device", "cpu", "--json", "-")
    assert answer.code == 1
    lines = [json.loads(line) for line in answer.out.splitlines()]
    errors = {Path(line["source"]).name: line["error"] for line in lines if line["error"]}
    assert errors.keys() >= {"early.mkv", "cut.mp4", "empty.mp4", "text.avi", "gone.mp4"}
    assert all(f"{name}: " in error for name, error in errors.items())
    assert "the video ends early" in errors["early.mkv"]
    assert "It is damaged, cut off, or no video at all" in errors["cut.mp4"]
    frames = [line["frame"] for line in lines if line["source"].endswith("sound.mp4")]
    assert frames == [0, 1, 2, 3]
    assert sum(line["source"].endswith("early.mkv") and not line["error"] for line in lines) > 2


def test_review_names_every_video_that_does_not_open_and_plays_the_next(
    videos: Path, empty_studio: MainWindow, qtbot: QtBot, told: Told
) -> None:
    empty_studio.run_command("go.review")
    review = empty_studio.workspace("review")
    assert isinstance(review, ReviewWorkspace)
    for name in ("cut.mp4", "empty.mp4", "text.avi", "round.mov", "gone.mp4"):
        drop(empty_studio, videos / name)
        qtbot.waitUntil(lambda name=name: name in review.guide.title.text(), timeout=30_000)
        assert f"{name} cannot be reviewed" in review.guide.title.text()
        assert name in review.guide.detail.text()
        assert not review.head.read_button.isEnabled()
    drop(empty_studio, videos / "early.mkv")
    assert "the video ends early" in told(empty_studio, "early.mkv: ").text
    qtbot.waitUntil(lambda: review.canvas.picture is not None, timeout=10_000)
    drop(empty_studio, videos / "sound.mp4")

    def opened() -> str:
        info = review.controller.player.info
        return info.path.name if info is not None and not info.fault else ""

    qtbot.waitUntil(lambda: opened() == "sound.mp4", timeout=10_000)
