"""``python -m tests.training.whole_rank RUN``: one of two processes that train a run together, on processors with gloo.

What Ultralytics ties to GPUs is replaced: the device of each process, and the backend. All else is as on GPUs.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any


def main(folder: str) -> int:
    """Train; the environment says which process this is, and where they meet."""
    from lpstudio.training.offline import stay_offline

    stay_offline()
    import torch
    import ultralytics.engine.trainer as engine
    from torch import distributed

    from lpstudio.training.runs import Run
    from lpstudio.training.trainer import CharacterTraining

    torch.set_num_threads(1)
    wrapped = torch.nn.parallel.DistributedDataParallel
    made = CharacterTraining.__init__

    def init(self: CharacterTraining, *args: Any, **kwargs: Any) -> None:
        made(self, *args, **kwargs)
        self.world_size = int(os.environ["WORLD_SIZE"])

    def setup(self: CharacterTraining) -> None:
        distributed.init_process_group("gloo")

    CharacterTraining.__init__ = init  # type: ignore[method-assign]
    CharacterTraining._setup_ddp = setup  # type: ignore[method-assign]
    engine.nn.parallel.DistributedDataParallel = lambda model, device_ids, **options: wrapped(model, **options)  # type: ignore[misc, assignment]
    from lpstudio.training.distributed import train_rank

    return train_rank(Run.open(Path(folder)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
