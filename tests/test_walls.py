"""The walls between the parts of the program."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def test_the_import_contracts_hold() -> None:
    program = shutil.which("lint-imports", path=str(Path(sys.executable).parent)) or shutil.which("lint-imports")
    if program is None:
        pytest.skip("import-linter is not installed")
    done = subprocess.run([program, "--no-cache"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("module", ["lpstudio.studio.app", "lpstudio.studio.main_window"])
def test_the_window_loads_neither_torch_nor_ultralytics_nor_cv2(module: str) -> None:
    code = (
        f"import sys, {module};"
        "heavy = sorted({'torch', 'torchvision', 'ultralytics', 'cv2', 'av'} & set(sys.modules));"
        "print(' '.join(heavy)); sys.exit(bool(heavy))"
    )
    env = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
