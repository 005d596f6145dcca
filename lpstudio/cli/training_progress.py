"""Following a run on the terminal."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from lpstudio.errors import LpStudioError
from lpstudio.training.runs import Run

_POLL_S = 0.1


def follow(run: Run, json_file: str | None = None) -> dict[str, Any]:
    """Show a started run until it ends; returns its last event, or ``{"type": "died", "stopping": bool}``.

    ``stopping``: whether it had been asked to stop. ``json_file``: where the events go as JSON lines, ``-`` for
    stdout. Ctrl+C asks the training to stop.
    """
    owner = run.owner()
    offset = owner.events_offset if owner is not None else 0
    interrupted = False
    with _json_lines(json_file) as write_json, _display() as show:
        while True:
            try:
                alive = owner is not None and owner.is_alive()
                events, offset = run.events(offset)
                for event in events:
                    write_json(event)
                    show(event)
                    if event["type"] in {"finished", "failed"}:
                        return event
                if not events and not alive:
                    return {"type": "died", "stopping": interrupted or run.was_asked_to_stop}
                time.sleep(_POLL_S)
            except KeyboardInterrupt:
                interrupted = True
                show({"type": "stopping"})
                if run.status().is_live:
                    run.send("stop")


@contextmanager
def _json_lines(target: str | None) -> Iterator[Callable[[dict[str, Any]], None]]:
    stream: TextIO | None = None
    if target == "-":
        stream = sys.stdout
    elif target is not None:
        try:
            stream = open(target, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - closed below
        except OSError as error:
            raise LpStudioError(f"not written: {error.strerror or error}", path=target) from error

    def write(event: dict[str, Any]) -> None:
        if stream is not None:
            stream.write(json.dumps(event) + "\n")
            stream.flush()

    try:
        yield write
    finally:
        if stream is not None and stream is not sys.stdout:
            stream.close()


@contextmanager
def _display() -> Iterator[Callable[[dict[str, Any]], None]]:
    """Bars where stderr is a terminal; one line an epoch in any case."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[note]}"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        epochs = bars.add_task("epoch", total=None, note="starting")
        batches = bars.add_task("batch", total=None, note="")
        stopping = False  # Ctrl+C says it at once, the training when it has heard

        def show(event: dict[str, Any]) -> None:
            kind = event["type"]
            if kind == "start":
                bars.update(epochs, total=event["epochs"], completed=event["first_epoch"] - 1, note=event["device"])
                bars.update(batches, total=event["batches"])
            elif kind == "batch":
                note = f"{event['images_per_s']:.0f} crops/s, {event['memory_mb']} MB"
                bars.update(batches, completed=event["batch"], total=event["batches"], note=note)
            elif kind == "epoch":
                bars.update(epochs, completed=event["epoch"], note=f"{_duration(event['left_s'])} left")
                console.print(_epoch_line(event), markup=False)
            elif kind == "scored":
                console.print(_score_line(event), markup=False)
            elif kind == "log":
                console.print(event["text"], markup=False)
            elif kind == "queued":
                console.print(f"waits for another training on {event['device']}", markup=False)
            elif kind == "stopping":
                nonlocal stopping
                if not stopping:
                    console.print("stopping …", markup=False)
                stopping = True
            elif kind in {"paused", "resumed"}:
                console.print(kind, markup=False)

        yield show


def _epoch_line(event: dict[str, Any]) -> str:
    metrics = event["metrics"]
    losses = sum(value or 0.0 for value in event["train"].values())
    parts = [
        f"epoch {event['epoch']}/{event['epochs']}",
        f"loss train {losses:.4g} val {event['val_loss'] if event['val_loss'] is not None else float('nan'):.4g}",
    ]
    if "char_loss" in event["train"]:
        parts.append(f"character loss {event['train']['char_loss']:.4g}")
    parts += [
        f"mask mAP50 {metrics.get('mask_map50', 0):.3f}",
        f"characters top-1 {metrics.get('char_top1', 0):.1%} top-2 {metrics.get('char_top2', 0):.1%}"
        f" of {metrics.get('characters', 0)}",
        f"{event['epoch_s']:.1f} s",
    ]
    return "  ".join(parts)


def _score_line(event: dict[str, Any]) -> str:
    metrics = event["metrics"]
    return (
        f"best weights on {event['split']}, which chose nothing:  loss {event['val_loss'] or float('nan'):.4g}  "
        f"mask mAP50 {metrics.get('mask_map50', 0):.3f}  characters top-1 {metrics.get('char_top1', 0):.1%} "
        f"top-2 {metrics.get('char_top2', 0):.1%} of {metrics.get('characters', 0)}"
    )


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
