"""Footage: every frame is exactly the one asked for, and files that are no whole videos say so."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from lpstudio.errors import LpStudioError
from lpstudio.reading.footage import Footage, is_video_path

from .videos import encode, number_in, numbered_picture, numbered_video


@pytest.fixture(scope="module")
def h264(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return numbered_video(tmp_path_factory.mktemp("video") / "cars.mp4")


def test_the_test_video_really_has_b_frames_and_sparse_key_frames(h264: Path) -> None:
    with av.open(str(h264)) as container:
        packets = [p for p in container.demux(video=0) if p.size]
    assert [p.pts for p in packets] != sorted(p.pts for p in packets)
    assert sum(p.is_keyframe for p in packets) == 5


def test_random_seeks_in_h264_with_b_frames_give_exactly_that_frame(h264: Path) -> None:
    chance = random.Random(7)
    with Footage(h264) as footage:
        assert footage.frame_count == 150
        for number in [149, 0, 29, 30, 31, *(chance.randrange(150) for _ in range(60))]:
            frame = footage.frame(number)
            assert (number_in(frame.pixels), frame.number) == (number, number)
            assert frame.time_s == pytest.approx(number / 25, abs=1e-3)


def test_stepping_forwards_and_backwards_shows_every_frame_once(h264: Path) -> None:
    with Footage(h264) as footage:
        assert [number_in(f.pixels) for f in footage.frames() if not isinstance(f, LpStudioError)] == list(range(150))
        assert [number_in(footage.frame(n).pixels) for n in range(149, 60, -1)] == list(range(149, 60, -1))
        assert [f.number for f in footage.frames(10, 70, 20) if not isinstance(f, LpStudioError)] == [10, 30, 50, 70]


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("a.mkv", {}),
        ("a.ts", {}),
        ("a.h264", {}),
        ("open-gop.mp4", {"options": {"g": "30", "bf": "3", "crf": "18", "x264-params": "open-gop=1"}}),
        ("a.avi", {"codec": "mpeg4", "options": {"g": "12", "b": "4000000", "bf": "2"}}),
        ("b.avi", {"codec": "mjpeg"}),
        (
            "a.webm",
            {"codec": "libvpx", "options": {"deadline": "realtime", "cpu-used": "8", "b": "2000000", "g": "40"}},
        ),
    ],
)
def test_other_containers_and_codecs_are_exact_too(tmp_path: Path, name: str, how: dict[str, object]) -> None:
    chance = random.Random(3)
    with Footage(numbered_video(tmp_path / name, 90, **how)) as footage:
        assert footage.frame_count == 90
        for number in [89, 0, 30, 29, *(chance.randrange(90) for _ in range(20))]:
            assert number_in(footage.frame(number).pixels) == number


def test_a_varying_frame_rate_keeps_times_and_numbers(tmp_path: Path) -> None:
    ticks = [0]
    for number in range(1, 80):
        ticks.append(ticks[-1] + (20 if number % 3 else 150))
    path = numbered_video(tmp_path / "phone.mp4", 80, ticks=ticks)
    with Footage(path) as footage:
        assert footage.variable_rate
        for number in (79, 3, 40, 4, 0):
            frame = footage.frame(number)
            assert number_in(frame.pixels) == number
            assert frame.time_s == pytest.approx(ticks[number] / 1000, abs=2e-3)
            assert footage.frame_at(ticks[number] / 1000 + 0.01) == number


def test_a_video_turned_by_its_metadata_stands_upright(tmp_path: Path) -> None:
    upright = [np.ascontiguousarray(np.rot90(numbered_picture(n), -1)) for n in range(20)]
    path = encode(tmp_path / "turned.mp4", upright, rotation=90)
    with Footage(path) as footage:
        assert (footage.width, footage.height) == (256, 96)
        assert [number_in(footage.frame(n).pixels) for n in (0, 19, 7)] == [0, 19, 7]


def _cut(source: Path, target: Path, share: float) -> Path:
    data = source.read_bytes()
    target.write_bytes(data[: int(len(data) * share)])
    return target


def test_a_video_that_ends_early_gives_what_is_there_and_says_so(tmp_path: Path) -> None:
    whole = numbered_video(tmp_path / "whole.mp4", 90, container_options={"movflags": "faststart"})
    with Footage(_cut(whole, tmp_path / "cut.mp4", 0.6)) as footage:
        assert footage.fault is not None and "ends early" in footage.fault and "90" in footage.fault
        assert 20 < footage.frame_count < 90
        got = list(footage.frames())
        pictures = [f for f in got if not isinstance(f, LpStudioError)]
        assert [number_in(f.pixels) for f in pictures[:20]] == list(range(20))
        assert isinstance(got[-1], LpStudioError) and "ends early" in got[-1].message and "cut.mp4" in got[-1].message


def test_a_video_cut_before_its_index_is_refused_with_its_name(h264: Path, tmp_path: Path) -> None:
    with pytest.raises(LpStudioError, match=r"lost\.mp4.*cannot be opened"):
        Footage(_cut(h264, tmp_path / "lost.mp4", 0.5))


@pytest.mark.parametrize("content", [b"", b"no video at all\n" * 50, bytes(range(256)) * 40])
def test_what_is_no_video_is_refused_with_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "holiday.mp4"
    path.write_bytes(content)
    with pytest.raises(LpStudioError, match=r"holiday\.mp4"):
        Footage(path)


def test_sound_without_pictures_and_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(LpStudioError, match="no such video"):
        Footage(tmp_path / "gone.mp4")
    sound = tmp_path / "sound.mp4"
    with av.open(str(sound), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(LpStudioError, match="holds no video"):
        Footage(sound)


def test_a_frame_behind_the_end_is_refused(h264: Path) -> None:
    with Footage(h264) as footage, pytest.raises(LpStudioError, match="no frame 150, only 0 to 149"):
        footage.frame(150)


def test_counting_the_frames_can_be_watched_and_stopped(h264: Path) -> None:
    shares: list[float] = []
    Footage(h264, shares.append).close()
    assert shares == sorted(shares) and len(shares) > 0 and shares[-1] <= 1.0

    class Enough(Exception):  # noqa: N818
        pass

    def stop(share: float) -> None:
        raise Enough

    with pytest.raises(Enough):
        Footage(h264, stop)


def test_names_of_videos_are_known() -> None:
    names: dict[str, bool] = {"a.MP4": True, "a.mkv": True, "a.jpg": False, "a": False}
    check: Callable[[Path], bool] = is_video_path
    assert {name: check(Path(name)) for name in names} == names


def test_footage_loads_neither_torch_nor_opencv() -> None:
    code = "import sys, lpstudio.reading.footage; sys.exit(any(m in sys.modules for m in ('torch', 'cv2', 'av')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
