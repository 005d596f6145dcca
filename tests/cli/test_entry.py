"""The entry of the program: help, version, wrong calls, errors in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lpstudio import __version__
from lpstudio.cli.names import COMMAND_NAMES


def lpstudio(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lpstudio", *arguments]
    env = {**os.environ, "COLUMNS": "120", "NO_COLOR": "1"}
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=120)


def test_help_lists_every_command(tmp_path: Path) -> None:
    done = lpstudio("--help", cwd=tmp_path)
    assert done.returncode == 0
    for name in COMMAND_NAMES:
        assert f" {name} " in done.stdout


@pytest.mark.parametrize("name", COMMAND_NAMES)
def test_every_command_explains_itself_without_loading_torch(name: str, tmp_path: Path) -> None:
    code = (
        "import sys; from lpstudio.cli.app import run_command_line; code = run_command_line([sys.argv[1], '--help']);"
        "sys.exit(code or (3 if {'torch', 'ultralytics', 'cv2', 'PySide6'} & set(sys.modules) else 0))"
    )
    done = subprocess.run([sys.executable, "-c", code, name], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Usage" in done.stdout


def test_version(tmp_path: Path) -> None:
    assert lpstudio("--version", cwd=tmp_path).stdout.strip() == f"lpstudio {__version__}"


@pytest.mark.parametrize("arguments", [("--no-such-option",), ("synth",), ("synth", "out", "--count", "many")])
def test_a_wrong_call_ends_with_2(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = lpstudio(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.strip() and "Traceback" not in done.stderr


def test_an_error_is_one_line_that_says_what_where_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").write_text("")
    done = lpstudio("synth", "taken", "--count", "4", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.strip().splitlines() == [
        "lpstudio: taken: it is there already and not an empty folder. Name a new folder"
    ]


def test_debug_shows_where_an_error_came_from(tmp_path: Path) -> None:
    done = lpstudio("synth", "out", "--count", "1", "--debug", cwd=tmp_path)
    assert done.returncode != 0 and "Traceback" in done.stderr
