"""The evaluation process: reads a split with the best weights of a run and keeps the report in the run's folder.

Run as ``python -m lpstudio.worker.evaluation``; the protocol is that of :mod:`lpstudio.worker.protocol`.

============  =================================================  =====================================================
type          request fields                                     results
============  =================================================  =====================================================
evaluate      project (data.yaml or folder), run (folder),       one: folder, where the evaluation lies
              split? ("val"), device? (null: the best)
============  =================================================  =====================================================

``progress`` counts crops. A cancelled evaluation leaves what an earlier one wrote.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from lpstudio.training.offline import stay_offline
from lpstudio.worker.protocol import Reply, Request, configure_logging, serve


def evaluate(request: Request, reply: Reply) -> None:
    """Evaluate one run."""
    reply.progress(0, None, "loading weights")

    from lpstudio.dataset.project import Project
    from lpstudio.evaluation.of_run import evaluate_run
    from lpstudio.training.runs import Run

    def progress(what: str, done: int, total: int) -> None:
        reply.progress(done, total or None, what)

    run = Run.open(Path(request.text("run")))
    with Project.open(Path(request.text("project")), create_store=False) as project:
        folder = evaluate_run(run, project, request.text("split", "val"), request.text("device", None), progress)
    reply.result({"folder": str(folder)})


def main() -> int:
    """Serve requests until stdin ends."""
    stay_offline()
    os.environ.setdefault("YOLO_VERBOSE", "false")
    configure_logging()
    return serve({"evaluate": evaluate}, "evaluation")


if __name__ == "__main__":
    sys.exit(main())
