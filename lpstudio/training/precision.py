"""Whether a GPU computes well enough in half precision."""

from __future__ import annotations

import re

import torch
from torch import nn

# GPUs whose half precision gives NaN
_NO_AMP = re.compile(r"(nvidia|geforce|quadro|tesla).*?(1660|1650|1630|t400|t550|t600|t1000|t1200|t2000|k40m)", re.I)


def amp_works(model: nn.Module) -> bool:
    """Whether mixed precision can be used. Ultralytics' own check would download weights."""
    device = next(model.parameters()).device
    if device.type != "cuda" or _NO_AMP.search(torch.cuda.get_device_name(device)):
        return False
    training = model.training
    model.eval()
    with torch.no_grad(), torch.autocast("cuda"):
        decoded = model(torch.rand(1, 3, 64, 64, device=device))[0]
    model.train(training)
    decoded = decoded[0] if isinstance(decoded, tuple) else decoded
    return bool(torch.isfinite(decoded).all())
