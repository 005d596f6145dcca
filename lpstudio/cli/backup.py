"""``lpstudio backup``."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lpstudio.cli.progress import progress_bar
from lpstudio.errors import LpStudioError, UsageError

if TYPE_CHECKING:
    from lpstudio.dataset.backup import Backup
    from lpstudio.dataset.project import Project


def command(
    project: Annotated[Path, typer.Argument(help="A dataset's folder or its data.yaml.")],
    show: Annotated[bool, typer.Option("--list", help="List the backups, newest first, and make none.")] = False,
    restore: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Bring a backup back: a day (2026-01-31), or a file name from --list."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --restore: only say what would change.")] = False,
) -> int:
    """Back up labels, states and texts into .lpstudio/backups, list what is there, or bring one back."""
    from lpstudio.dataset.backup import back_up, list_backups
    from lpstudio.dataset.project import Project

    if dry_run and restore is None:
        raise UsageError("--dry-run goes with --restore")
    with Project.open(project) as opened:
        if show:
            for backup in list_backups(opened):
                print(_described(backup))
        elif restore is not None:
            _restore(opened, _named(list_backups(opened), restore), dry_run)
        else:
            with progress_bar() as bar:
                made = back_up(opened, progress=functools.partial(bar, "backing up"))
            assert made is not None
            print(_described(made))
    return 0


def _named(backups: list[Backup], name: str) -> Backup:
    for backup in backups:
        if backup.path.name in (name, f"{name}.tar.gz"):
            return backup
    names = ", ".join(backup.path.name.removesuffix(".tar.gz") for backup in backups) or "none"
    raise UsageError(f"there is no backup {name} (there are: {names})")


def _restore(project: Project, backup: Backup, dry_run: bool) -> None:
    from lpstudio.dataset.backup_restore import compare, restore
    from lpstudio.dataset.ownership import studio_at_work

    if dry_run:
        difference = compare(project, backup.path)
        for word, keys in (("changes", difference.changed), ("back", difference.back), ("gone", difference.gone)):
            for key in keys:
                print(f"{word}\t{key}")
        print(f"{len(difference.crops)} crops would change", file=sys.stderr)
        return
    if studio_at_work(project.root):
        raise LpStudioError(
            "nothing was restored: the project is open in a studio",
            path=project.root,
            remedy="Restore it there (File > Restore a backup), or close it first",
        )
    with progress_bar() as bar:
        done = restore(project, backup.path, functools.partial(bar, "restoring"))
    print(f"{len(done.difference.crops)} crops stand as in {backup.path.name}; as it was: {done.before.path.name}")


def _described(backup: Backup) -> str:
    size = f"{backup.labels} label files\t{backup.bytes} bytes"
    return f"{backup.path.name}\t{backup.made:%Y-%m-%d %H:%M}\t{backup.why}\t{size}"
