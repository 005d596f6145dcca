"""X-AnyLabeling: labelme's form with more keys; :mod:`labelme` reads both."""

from __future__ import annotations

from typing import Any

from lpstudio.alphabet import Alphabet
from lpstudio.dataset.exchange import labelme
from lpstudio.dataset.exchange.json_files import dump_json
from lpstudio.dataset.exchange.model import ExchangedCrop
from lpstudio.dataset.exchange.reading import candidates_to
from lpstudio.dataset.exchange.report import Report
from lpstudio.dataset.exchange.sink import Sink
from lpstudio.dataset.types import Character, CropState


class Writer:
    """Writes one JSON for every crop."""

    def __init__(self, sink: Sink, alphabet: Alphabet, report: Report) -> None:
        self.sink = sink

    def add(self, crop: ExchangedCrop) -> None:
        data = labelme.crop_to_dict(crop, [_shape(character) for character in crop.characters])
        data = {"version": "3.0.0", **data, "checked": crop.state is CropState.VERIFIED, "description": ""}
        self.sink.write(f"{crop.name.rpartition('.')[0]}.json", dump_json(data).encode("utf-8"))

    def finish(self) -> None:
        """Nothing stands in a common file."""


def _shape(character: Character) -> dict[str, Any]:
    data = labelme.shape_to_dict(character)
    data.pop("mask")
    data.pop("candidates", None)
    return {
        **data,
        "score": character.confidence,
        "difficult": False,
        "attributes": {"candidates": candidates_to(character)} if character.candidates else {},
        "kie_linking": [],
    }
