"""``lpstudio demo``: the whole loop on synthetic plates."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lpstudio.demo import is_demo, make_demo_project
from lpstudio.errors import UsageError


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


def test_a_demo_that_is_there_is_used_again(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    assert make_demo_project(folder, crops=10)
    before = (folder / "plates.csv").stat().st_mtime_ns
    assert is_demo(folder)
    assert not make_demo_project(folder, crops=10)
    assert (folder / "plates.csv").stat().st_mtime_ns == before
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


@pytest.mark.slow
def test_without_a_screen_the_demo_walks_the_loop_and_says_where_the_report_is(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    command = [sys.executable, "-m", "lpstudio", "demo", str(folder), "--epochs", "1", "--crops", "20"]
    done = subprocess.run(
        command, env=environment(tmp_path), capture_output=True, text=True, check=False, timeout=280, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
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
def test_with_a_screen_the_demo_opens_in_the_studio_without_torch_or_cv2(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    command = [sys.executable, "-m", "lpstudio", "demo", str(folder), "--crops", "10"]
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
