"""Backups: made once a day, bounded, readable by any program, brought back with what they change said before."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from lpstudio.dataset import backup as backup_module
from lpstudio.dataset.backup import BACKUPS, back_up, back_up_daily, list_backups, prune
from lpstudio.dataset.backup_restore import RESTORING, compare, restore
from lpstudio.dataset.project import Project
from lpstudio.dataset.types import Character, CropContent, CropState
from lpstudio.errors import LpStudioError

from .conftest import MakeDataset

ODD = "Größe 🚗"
A, B, C, D = "images/train/a.png", "images/train/b.png", "images/val/c.png", f"images/train/{ODD}.png"
LABEL = "0 0.1 0.2 0.18 0.2 0.18 0.8 0.1 0.8\n"
Square = Callable[..., Character]


@pytest.fixture
def project(make_dataset: MakeDataset) -> Iterator[Project]:
    root = make_dataset({"train/a": LABEL, "train/b": None, "val/c": LABEL + "odd line\n", f"train/{ODD}": LABEL})
    with Project.open(root) as project:
        project.set_text(A, "ABC")
        project.set_state(C, CropState.VERIFIED)
        yield project


def a_day_later(monkeypatch: pytest.MonkeyPatch, days: float) -> None:
    class Shifted(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.now() + timedelta(days=days)

    monkeypatch.setattr(backup_module, "datetime", Shifted)


def everything(project: Project) -> dict[str, object]:
    labels = {path.name: path.read_text() for path in sorted((project.root / "labels").rglob("*.txt"))}
    keys = project.fresh_index().keys
    return {**labels, "states": [(k, project.store.state(k), project.text(k), project.load(k)) for k in keys]}


def test_a_day_gets_one_backup_and_a_day_without_changes_none(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = back_up_daily(project)
    assert first is not None
    assert first.path == project.root / BACKUPS / f"{datetime.now():%Y-%m-%d}.tar.gz"
    assert (first.labels, first.why) == (3, "daily")
    assert back_up_daily(project) is None
    a_day_later(monkeypatch, 1)
    assert back_up_daily(project) is None  # nothing changed
    project.set_text(A, "XYZ")
    assert back_up_daily(project) is not None
    a_day_later(monkeypatch, -30)  # a clock that was put back
    project.set_text(A, "ABD")
    assert back_up_daily(project) is not None
    assert [backup.why for backup in list_backups(project)] == ["daily"] * 3
    with tarfile.open(first.path) as tar:
        names = tar.getnames()
        assert {"backup.json", "studio.db", f"labels/{A}", f"labels/{D}"} <= set(names)


def test_backups_are_bounded_in_number_and_size(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup_module, "MOST", 4)
    for day in range(7):
        a_day_later(monkeypatch, day)
        project.set_text(A, f"T{day}")
        assert back_up_daily(project) is not None
    kept = list_backups(project)
    assert [backup.made.date() for backup in kept] == [
        (datetime.now() + timedelta(days=day)).date() for day in (6, 5, 4, 3)
    ]
    monkeypatch.setattr(backup_module, "MOST_BYTES", 1)
    assert len(prune(project)) == 2  # the two newest stay whatever their size
    assert list_backups(project) == kept[:2]


def test_a_restore_says_what_it_changes_does_it_and_can_be_undone(project: Project, square: Square) -> None:
    (project.root / "labels/train").joinpath(f"{ODD}.txt").write_text(LABEL.replace("0 ", "5 ", 1))
    project.set_draft(B, (square("D"),))
    then = everything(project)
    backup = back_up(project)
    assert backup is not None
    assert compare(project, backup.path).crops == ()
    project.save(A, CropContent((square("X"), square("Y", 30.0, unreadable=True))), CropState.VERIFIED)
    project.set_text(A, "NEW")
    project.save(B, CropContent((square("B"),)), CropState.VERIFIED)
    (project.root / "labels/val/c.txt").unlink()
    now = everything(project)
    difference = compare(project, backup.path)
    assert (difference.changed, difference.back, difference.gone) == ((A,), (C,), (B,))
    assert {A, B} <= set(difference.records)
    assert difference.crops == (A, B, C)
    done = restore(project, backup.path)
    assert done.difference == difference
    assert everything(project) == then
    assert '"NEW"' not in (project.root / "crops.jsonl").read_text()
    assert restore(project, done.before.path).difference.crops == difference.crops
    assert everything(project) == now


def test_a_restore_that_was_killed_midway_is_finished_at_the_next_opening(project: Project, square: Square) -> None:
    then = everything(project)
    backup = back_up(project)
    assert backup is not None
    project.save(A, CropContent((square("X"),)), CropState.VERIFIED)
    (project.root / "labels/val/c.txt").unlink()
    project.set_text(A, "NEW")
    project.flush()
    project.close()
    script = """
import os, sys
from pathlib import Path
from lpstudio.dataset import backup_restore
from lpstudio.dataset.project import Project
backup_restore.remove_file = lambda _path: os._exit(9)
project = Project.open(Path(sys.argv[1]))
project.store.take_tables = lambda *_: os._exit(9)
backup_restore.restore(project, Path(sys.argv[2]))
"""
    done = subprocess.run([sys.executable, "-c", script, str(project.root), str(backup.path)], timeout=60)
    assert done.returncode == 9 and (project.root / RESTORING).exists()
    with Project.open(project.root) as again:
        assert everything(again) == then
        assert any("interrupted restore" in warning and "was finished" in warning for warning in again.warnings)
        assert len(list_backups(again)) == 3, "how things stood is kept"
    with Project.open(project.root) as again:
        assert not (project.root / RESTORING).exists() and again.warnings == ()


def test_restored_texts_hold_after_the_project_was_closed(project: Project) -> None:
    backup = back_up(project)
    assert backup is not None
    project.set_text(A, "NEW")
    project.flush()
    restore(project, backup.path)
    project.close()
    with Project.open(project.root) as again:
        assert again.text(A) == "ABC"


def test_a_backup_that_is_cut_off_or_none_at_all_changes_nothing(project: Project) -> None:
    backup = back_up(project)
    assert backup is not None
    whole = backup.path.read_bytes()
    before = everything(project)
    cut = backup.path.with_name("2020-01-01.tar.gz")
    cut.write_bytes(whole[: len(whole) // 2])
    backup.path.with_name("2020-01-02.tar.gz").write_bytes(b"nothing")
    assert backup.path in [found.path for found in list_backups(project)]
    project.set_text(A, "NEW")
    (project.root / "labels/train/a.txt").write_text("")
    with pytest.raises(LpStudioError, match="cannot be read"):
        restore(project, cut)
    assert (project.root / "labels/train/a.txt").read_text() == ""
    restore(project, backup.path)
    assert everything(project) == before


def test_names_in_a_backup_lead_nowhere_else(project: Project, tmp_path: Path) -> None:
    backup = back_up(project)
    assert backup is not None
    evil = backup.path.with_name("2020-01-01.tar.gz")
    source = tmp_path / "x.txt"
    source.write_text(LABEL)
    with tarfile.open(backup.path) as old, tarfile.open(evil, "w:gz") as new:
        for member in old:
            new.addfile(member, old.extractfile(member))
        new.add(source, "labels/images/train/../../../../outside.png")
        new.add(source, f"labels/{tmp_path}/images/absolute.png")
    restore(project, evil)
    assert not list(tmp_path.rglob("outside*"))
    assert not list(tmp_path.rglob("absolute*"))


def test_a_backup_given_up_or_failed_leaves_nothing(project: Project, lock_folder: Callable[[Path], None]) -> None:
    for number in range(60):
        path = project.root / f"labels/train/n{number}.txt"
        path.write_text(LABEL)
        os.link(project.root / A, project.root / f"images/train/n{number}.png")
    assert back_up(project, stopped=lambda: True) is None
    assert list((project.root / BACKUPS).glob("*")) == [] if (project.root / BACKUPS).exists() else True
    folder = project.root / BACKUPS
    folder.mkdir(exist_ok=True)
    lock_folder(folder)
    with pytest.raises(LpStudioError, match="not saved"):
        back_up(project)
