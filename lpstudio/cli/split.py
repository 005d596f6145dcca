"""``lpstudio split``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lpstudio.cli.output import write_text
from lpstudio.cli.progress import progress_bar
from lpstudio.errors import UsageError

if TYPE_CHECKING:
    from lpstudio.dataset.leaks import Leak
    from lpstudio.dataset.project import Project
    from lpstudio.dataset.split import Bond, SplitPlan

_SHOWN = 20  # leaks named one by one; the JSON has them all


def command(
    project: Annotated[Path, typer.Argument(help="A dataset's folder or its data.yaml.")],
    val: Annotated[float, typer.Option(help="The share of crops for validation, above 0 and below 1.")] = 0.2,
    test: Annotated[
        float | None,
        typer.Option(help="The share of crops for a test split; must be given where there is one already."),
    ] = None,
    by: Annotated[
        str, typer.Option(help="What must not be in two splits; near-duplicate pictures never are.")
    ] = "plate,camera,video",
    seed: Annotated[int, typer.Option(help="The same seed gives the same split.")] = 42,
    camera: Annotated[
        str | None,
        typer.Option(metavar="REGEX", help="Finds the camera in a crop's path: its first group, else all it matches."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report only; exit 1 when crops would leak.")] = False,
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write the report as JSON; - for stdout.")
    ] = None,
) -> int:
    """Split a project anew by plate, camera and video, and report what leaks between its splits."""
    from lpstudio.dataset.project import Project
    from lpstudio.dataset.split import plan_split
    from lpstudio.dataset.split_files import freeze_split

    bonds = _bonds(by)
    with Project.open(project, create_store=not dry_run) as opened:
        for warning in opened.warnings:
            print(f"lpstudio: {warning}", file=sys.stderr)
        share = _test_share(opened, test)
        with progress_bar() as show:
            plan = plan_split(opened, val=val, test=share, by=bonds, seed=seed, camera=camera, progress=show)
        if json_file is not None:
            _write_json(json_file, plan)
        if json_file != "-":
            _print(plan)
        if dry_run:
            return 1 if plan.leaks else 0
        lists, copy = freeze_split(opened, plan)
        names = ", ".join(path.name for path in lists.values())
        print(f"{opened.yaml_path}: points to {names}; as it was: {copy.name}", file=sys.stderr)
    return 0


def _bonds(by: str) -> list[Bond]:
    from lpstudio.dataset.split import Bond

    names = [name.strip().lower() for name in by.split(",") if name.strip()]
    unknown = [name for name in names if name not in set(Bond)]
    if unknown:
        raise UsageError(f"--by knows {', '.join(Bond)}, not {', '.join(unknown)}")
    return [bond for bond in Bond if bond in names]


def _test_share(project: Project, test: float | None) -> float:
    """Without being asked, nobody's test crops are mixed into the others."""
    if test is not None:
        return test
    if any(source.split == "test" for source in project.sources):
        raise UsageError(
            "there is a test split already; all crops are dealt out anew",
            path=project.yaml_path,
            remedy="Say how large it is to be: --test 0.1, or --test 0 for none",
        )
    return 0.0


def _print(plan: SplitPlan) -> None:
    sizes = ", ".join(f"{split} {len(keys)} ({len(keys) / plan.crops:.1%})" for split, keys in plan.parts.items())
    print(f"{plan.crops} crops in {plan.groups} groups (the largest has {plan.largest}): {sizes}")
    known = ", ".join(f"{bond.value} known of {plan.known[bond]}" for bond in plan.by)
    print(f"kept together: {known or 'nothing'}; {len(plan.twins)} pairs of near-duplicate pictures")
    for twin in plan.odd:
        print(f"warning: nearly the same picture, but different texts: {twin.first}, {twin.second}")
    _print_leaks("now", plan.leaks_now)
    _print_leaks("after", plan.leaks)


def _print_leaks(when: str, leaks: tuple[Leak, ...]) -> None:
    print(f"leaks {when}: {len(leaks) or 'none'}")
    for leak in leaks[:_SHOWN]:
        print(f"  {leak.message}")
    if len(leaks) > _SHOWN:
        print(f"  and {len(leaks) - _SHOWN} more")


def _write_json(target: str, plan: SplitPlan) -> None:
    text = json.dumps(plan.to_dict(), indent=1) + "\n"
    write_text(target, text)
