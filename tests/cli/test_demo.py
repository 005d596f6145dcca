"""``lpstudio demo``: the whole loop on synthetic plates."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lpstudio.dataset.project import Project
from lpstudio.dataset.types import CropState
from lpstudio.demo import is_demo, make_demo_project
from lpstudio.demo_plates import NEW
from lpstudio.errors import UsageError
from lpstudio.training.runs import Run


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return {**kept, "LPSTUDIO_SETTINGS": str(tmp_path / "settings"), "QT_QPA_PLATFORM": "offscreen", **more}


def test_the_demo_never_overwrites_a_folder(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "data.yaml").write_text("train: images\nval: images\nnames: [A]\n")
    with pytest.raises(UsageError, match="overwrites nothing"):
        make_demo_project(mine)
    assert [path.name for path in mine.iterdir()] == ["data.yaml"]
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The demo's folder after `lpstudio demo` walked the loop without a screen, and what it said."""
    place = tmp_path_factory.mktemp("walk")
    folder = place / "demo"
    command = [sys.executable, "-m", "lpstudio", "demo", str(folder), "--epochs", "1", "--crops", "20"]
    done = subprocess.run(
        command, env=environment(place), capture_output=True, text=True, check=False, timeout=280, cwd=place
    )
    assert done.returncode == 0, done.stderr
    assert [path.name for path in place.iterdir()] == ["demo"]
    return folder, done


@pytest.mark.slow
def test_plates_that_nothing_was_trained_on_are_read_before_anything_is_trained_and_stand_as_drafts(
    walk: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, done = walk
    shown = done.stderr.index("plates that nothing was trained on are read right")
    assert shown < done.stderr.index("training 1 epochs")
    lines = [json.loads(line) for line in (folder / "readings" / "new.jsonl").read_text().splitlines()]
    assert len(lines) == NEW and all(line["error"] is None for line in lines)
    with Project.open(folder) as project:
        drafts = [key for key in project.index.keys if project.state(key) is CropState.DRAFT]
        assert drafts == [line["source"] for line in lines]
        for key, line in zip(drafts, lines, strict=True):
            assert not project.label_path(key).exists() and project.text(key) is None
            assert "".join(one.char for one in project.load(key).characters) == "".join(
                plate["text"] for plate in line["plates"]
            )
            assert (folder / "readings" / f"{Path(key).stem}.overlay.jpg").is_file()
            assert f"{Path(key).name}: {line['plates'][0]['text']} " in done.stderr
        right = int(done.stderr[:shown].rsplit("\n", 1)[-1].split()[0])
        assert right >= NEW // 3
        record = Run.open(folder / "runs" / "demo-1").record
        assert not any(Path(key).name.startswith("new") for key in record["label_hashes"])


@pytest.mark.slow
def test_a_demo_that_is_there_is_used_again(walk: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, _done = walk
    before = (folder / "plates.csv").stat().st_mtime_ns
    assert is_demo(folder)
    assert not make_demo_project(folder, crops=10)
    assert (folder / "plates.csv").stat().st_mtime_ns == before


@pytest.mark.slow
def test_without_a_screen_the_demo_walks_the_loop_and_says_where_the_report_is(
    walk: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, done = walk
    said = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    report = Path(said["report"]).read_text(encoding="utf-8")
    assert "data:image/" in report
    assert Path(said["weights"]).is_file()
    run = folder / "runs" / "demo-1"
    lines = [json.loads(line) for line in (run / "evaluation" / "val.jsonl").read_text().splitlines()]
    assert len(lines) == len(list((folder / "images" / "val").iterdir()))
    assert all(line["error"] is None for line in lines)
    with (run / "results.csv").open() as file:
        header, first = file.readline().split(","), file.readline().split(",")
    row = dict(zip([name.strip() for name in header], first, strict=True))
    assert float(row["train/char_loss"]) > 0 and float(row["val/char_loss"]) > 0
    assert "base = 0.6" in (folder / "lpstudio.toml").read_text()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at the libraries of a process through /proc")
def test_with_a_screen_the_demo_opens_in_the_studio_without_torch_or_cv2(
    walk: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    folder, _done = walk
    command = [sys.executable, "-m", "lpstudio", "demo", str(folder)]
    with subprocess.Popen(command, env=environment(tmp_path, DISPLAY=":99"), cwd=tmp_path) as studio:
        try:
            remembered = tmp_path / "settings" / "studio.ini"
            end = time.monotonic() + 90
            while time.monotonic() < end and not (remembered.exists() and str(folder) in remembered.read_text()):
                assert studio.poll() is None
                time.sleep(0.1)
            assert f"recent={folder}" in remembered.read_text()
            loaded = Path(f"/proc/{studio.pid}/maps").read_text()
            assert "PySide6" in loaded
            assert "cv2" not in loaded and "libtorch" not in loaded
        finally:
            studio.kill()
