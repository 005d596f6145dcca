"""``lpstudio doctor``: what works on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lpstudio import doctor
from lpstudio.doctor import Verdict


def run_doctor(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "LPSTUDIO_SETTINGS": str(cwd / "settings"), **environment}
    command = [sys.executable, "-m", "lpstudio", "doctor", *arguments]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=240)


def test_the_report_names_versions_devices_screen_and_places(tmp_path: Path) -> None:
    done = run_doctor("--json", cwd=tmp_path)
    report = json.loads(done.stdout)
    assert done.returncode == (0 if report["ok"] else 1), done.stderr
    found = {finding["name"]: finding for finding in report["findings"]}
    for name in (
        "python",
        "lpstudio",
        "numpy",
        "torch",
        "torchvision",
        "ultralytics",
        "opencv-python",
        "PySide6",
        "av",
    ):
        assert found[name]["verdict"] == "ok", found[name]
    assert found["cpu"]["details"]["memory"] > 0
    assert found["window"]["details"]["platform"]
    assert found["this folder"]["verdict"] == found["settings"]["verdict"] == "ok"
    assert "starter weights" in found
    assert list(tmp_path.iterdir()) == []  # looking changes nothing


def test_a_broken_torch_is_reported_and_not_crashed_on(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "torch.py").write_text("import os\nos._exit(139)\n")
    (broken / "cv2.py").write_text("raise ImportError('libGL.so.1: cannot open shared object file')\n")
    done = run_doctor(cwd=tmp_path, PYTHONPATH=str(broken))
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    torch_line = next(line for line in lines if line.split()[1:2] == ["torch"])
    assert torch_line.startswith(" ✗") and "code 139" in torch_line
    cv2_line = next(number for number, line in enumerate(lines) if "opencv-python" in line)
    assert "libGL.so.1" in lines[cv2_line] and "libgl1" in lines[cv2_line + 1]
    assert "Traceback" not in done.stdout + done.stderr


def test_a_library_that_hangs_costs_only_its_time_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "av.py").write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert "no answer within" in doctor.run_probe("av", seconds=1.0)["error"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="names of Linux packages")
def test_missing_system_libraries_are_told_by_the_package_to_install() -> None:
    def load(name: str) -> object:
        if name in ("libEGL.so.1", "libxcb-cursor.so.0"):
            raise OSError(name)
        return object()

    missing = doctor.missing_libraries(load)
    assert [row[1:] for row in missing] == [("libegl1", "libglvnd-egl"), ("libxcb-cursor0", "xcb-util-cursor")]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="a person who may write everywhere")
def test_a_folder_without_write_permission_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    finding = doctor._writable("this folder", tmp_path, Verdict.NOTE)
    tmp_path.chmod(0o700)
    assert finding.verdict == Verdict.NOTE and str(tmp_path) in finding.text


def test_a_settings_place_that_is_no_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    finding = doctor._writable("settings", tmp_path / "file", Verdict.BROKEN)
    assert finding.verdict == Verdict.BROKEN and "file" in finding.text and finding.remedy


def test_a_platform_that_cannot_open_a_window_is_told(tmp_path: Path) -> None:
    done = run_doctor("--json", cwd=tmp_path, QT_QPA_PLATFORM="no-such-platform")
    assert done.returncode == 1
    found = {finding["name"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert found["window"]["verdict"] == "broken"
