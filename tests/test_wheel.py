"""The wheel: it carries everything the program needs, and works away from the checkout."""

from __future__ import annotations

import json
import os
import site
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(REPOSITORY)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment that has this wheel, and all else from the environment of the tests."""
    home = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True, timeout=120)
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ask = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip())
    install = [
        "install",
        "--no-deps",
        "--no-index",
        "--disable-pip-version-check",
        "--target",
        str(packages),
        str(wheel),
    ]
    subprocess.run([sys.executable, "-m", "pip", *install], capture_output=True, check=True, timeout=240)
    # Plain path entries, so that the .pth file of an editable checkout in there is not followed.
    (packages / "tests-environment.pth").write_text("".join(f"{path}\n" for path in site.getsitepackages()))
    return python


def run(python: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment["LPSTUDIO_SETTINGS"] = str(cwd / "settings")
    return subprocess.run(
        [str(python), *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=240
    )


def test_the_wheel_carries_all_resources(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("lpstudio/_resources/")}
    kept = {path for path in (REPOSITORY / "resources").rglob("*") if path.is_file()}
    assert kept
    assert names == {f"lpstudio/_resources/{path.relative_to(REPOSITORY / 'resources').as_posix()}" for path in kept}


def test_doctor_runs_from_the_wheel_in_another_folder(installed: Path, tmp_path: Path) -> None:
    where = run(installed, "-c", "import lpstudio; print(lpstudio.__file__)", cwd=tmp_path)
    assert where.stdout.startswith(str(installed.parent.parent)), where.stdout + where.stderr
    done = run(installed, "-m", "lpstudio", "doctor", "--json", cwd=tmp_path)
    report = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    found = {finding["name"]: finding for finding in report["findings"]}
    assert str(installed.parent.parent) in found["lpstudio"]["text"]
    assert found["resources"]["verdict"] == "ok"
    assert str(installed.parent.parent) in found["resources"]["text"]


def test_the_shipped_fonts_and_formats_are_found_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    done = run(installed, "-m", "lpstudio", "synth", "crops", "--count", "4", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("crops/images/*/*.jpg"))) == 4
