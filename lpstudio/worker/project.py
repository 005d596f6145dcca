"""The project process: looks through a whole project, imports and exports, apart from the window.

Run as ``python -m lpstudio.worker.project``; the protocol is that of :mod:`lpstudio.worker.protocol`. Files of other
programs are only ever opened here: what they do to a process, they do to this one, whose memory is bounded. ``?`` marks
fields that may be left out.

===============  =============================================  ===================================================
type             request fields                                 results
===============  =============================================  ===================================================
faults           project                                        several: faults [[key, kind, character or null, line
                                                                or null, message, fixable], …], disagreeing [keys]
recognise        source                                         one: format, title, pictures
import           source, project, format?, split?               one: report, undo (whether it can be taken back)
undo_import      project                                        one: report, source
export_preview   project, format, splits?, states?              one: report
ping                                                            one, empty: all that was asked before is over
export           project, out, format, splits?, states?,        one: report
                 pictures?
===============  =============================================  ===================================================

``report`` is what ``lpstudio import --json`` writes. An import that is cancelled is taken back before the request ends.
``disagreeing``: crops whose characters, drafts included, are others than their known text says.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Any

from lpstudio.dataset.exchange.exporting import export_dataset, preview_export
from lpstudio.dataset.exchange.formats import recognised
from lpstudio.dataset.exchange.importing import import_into
from lpstudio.dataset.exchange.model import state_from_name
from lpstudio.dataset.exchange.report import Report
from lpstudio.dataset.exchange.tree import open_source
from lpstudio.dataset.exchange.undoing import last_import, undo_import
from lpstudio.dataset.project import Project
from lpstudio.dataset.survey import look_at
from lpstudio.dataset.types import CropState
from lpstudio.errors import LpStudioError
from lpstudio.worker.protocol import Cancelled, Handler, Reply, Request, configure_logging, serve

MEMORY = 6 << 30  # bytes of address space: what a hostile file may take before it is refused
_CROPS = 64  # between two messages: few enough that the window takes each of them in a moment
_FAULTS = 200
_MOST_LOSSES = 20_000  # of a report that go to the window one by one


def faults(request: Request, reply: Reply) -> None:
    """Look at what stands on every crop that has labels or a draft."""
    with Project.open(Path(request.text("project")), create_store=False) as project:
        index = project.index
        total = len(index)
        found: list[list[Any]] = []
        disagreeing: list[str] = []
        since = 0
        for i, key in enumerate(index.keys):
            state = index.state_of(i)
            if state is CropState.DRAFT or index.has_label_file(i):
                since += 1
                rows, disagrees = look_at(project, key, index.split_of(i), state)
                found += [row.to_row() for row in rows]
                if disagrees:
                    disagreeing.append(key)
            if since >= _CROPS or i + 1 == total or len(found) > _FAULTS:
                since = 0
                if found or disagreeing:
                    reply.result({"faults": found, "disagreeing": disagreeing})
                found, disagreeing = [], []
                reply.progress(i + 1, total)
            elif i % 1000 == 0:
                reply.check()


def recognise(request: Request, reply: Reply) -> None:
    """Say what a source is."""
    with open_source(Path(request.text("source")), Report()) as tree:
        chosen = recognised(tree)
        reply.result({"format": chosen.name, "title": chosen.title, "pictures": len(tree.pictures)})


def bring_in(request: Request, reply: Reply) -> None:
    """Import; a cancel takes back what came over until then."""
    source, target = Path(request.text("source")), Path(request.text("project"))
    before = last_import(_root(target))
    try:
        report = import_into(
            source,
            target,
            format_name=request.text("format", "auto"),
            split=request.text("split", None),
            progress=lambda done, total: reply.progress(done, total),
        )
    except Cancelled:
        past = last_import(_root(target))
        if past is not None and past != before:
            with Project.open(target) as project:
                undo_import(project, past)
        raise
    past = last_import(_root(target))
    reply.result({"report": _plain(report), "undo": past is not None and past != before})


def _root(target: Path) -> Path:
    """The folder of a project that is named by it or by its yaml."""
    return (target.parent if target.is_file() else target).resolve()


def take_back(request: Request, reply: Reply) -> None:
    """Undo the last import."""
    target = Path(request.text("project"))
    past = last_import(_root(target))
    if past is None:
        raise LpStudioError("there is no import to take back", path=target)
    with Project.open(target) as project:
        report = undo_import(project, past)
    reply.result({"report": _plain(report), "source": past.source})


def export_preview(request: Request, reply: Reply) -> None:
    """Count what an export would lose."""
    with Project.open(Path(request.text("project")), create_store=False) as project:
        report = preview_export(
            project,
            request.text("format"),
            splits=request.texts("splits", None),
            states=_states(request),
            progress=lambda done, total: _every(reply, done, total),
        )
    reply.result({"report": _plain(report)})


def export(request: Request, reply: Reply) -> None:
    """Write the project in another format."""
    with Project.open(Path(request.text("project")), create_store=False) as project:
        report = export_dataset(
            project,
            Path(request.text("out")),
            request.text("format"),
            splits=request.texts("splits", None),
            states=_states(request),
            pictures=bool(request.fields.get("pictures", True)),
            progress=lambda done, total: _every(reply, done, total),
        )
    reply.result({"report": _plain(report)})


def _every(reply: Reply, done: int, total: int) -> None:
    reply.check()
    if done % 16 == 0 or done == total:
        reply.progress(done, total)


def _states(request: Request) -> set[CropState] | None:
    names = request.texts("states", None)
    if names is None:
        return None
    return {state for name in names if (state := state_from_name(name)) is not None}


def _plain(report: Report) -> dict[str, Any]:
    data = report.to_dict()
    data["losses"] = data["losses"][:_MOST_LOSSES]
    return data


def ping(request: Request, reply: Reply) -> None:
    """Nothing: its answer says that all that was asked before is over."""
    reply.result({})


HANDLERS: dict[str, Handler] = {
    "ping": ping,
    "faults": faults,
    "recognise": recognise,
    "import": bring_in,
    "undo_import": take_back,
    "export_preview": export_preview,
    "export": export,
}


def _bound_memory() -> None:
    """A file that unfolds without end must end in an error here, not in a machine without memory."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # no such thing on Windows
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def main() -> int:
    """Serve requests until stdin ends."""
    configure_logging()
    _bound_memory()
    return serve(HANDLERS, "project")


if __name__ == "__main__":
    sys.exit(main())
