"""``lpstudio doctor``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer


def command(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as one JSON object.")] = False,
) -> int:
    """Say what works here: versions, GPU, Qt platform, missing system libraries, writable places.

    Exit code 1 when something that is needed is broken.
    """
    from rich.console import Console

    from lpstudio.doctor import Verdict, examine

    waiting = Console(stderr=True)
    if waiting.is_terminal:
        with waiting.status("Looking at this machine (loading torch takes some seconds)…"):
            report = examine(Path.cwd())
    else:
        report = examine(Path.cwd())
    if as_json:
        json.dump(report.to_json(), sys.stdout, indent=1)
        sys.stdout.write("\n")
        return 0 if report.ok else 1

    group = ""
    width = max(len(finding.name) for finding in report.findings)
    for finding in report.findings:
        if finding.group != group:
            group = finding.group
            typer.echo(f"{group}:")
        sign = {Verdict.OK: " ", Verdict.NOTE: "·", Verdict.BROKEN: "✗"}[finding.verdict]
        typer.echo(f" {sign} {finding.name.ljust(width)}  {finding.text}")
        if finding.remedy:
            typer.echo(f"   {' ' * width}  → {finding.remedy}")
    broken = sum(finding.verdict == Verdict.BROKEN for finding in report.findings)
    typer.echo("everything that is needed works" if not broken else f"{broken} broken: see the lines marked ✗")
    return 0 if report.ok else 1
