"""The plate maker: draws synthetic plates for the window, so that neither it nor the tools process waits.

Run as ``python -m lpstudio.worker.synthesis``; the protocol is that of :mod:`lpstudio.worker.protocol`. ``?`` marks
fields that may be left out; WISHES are difficulty?, night?, blur?, low_resolution?, two_lines? (0 to 1; null: mixed, or
as the difficulty brings them), formats? ([ids]) and country? (path).

============  ==============================================  ========================================================
type          request fields                                  payload of the result
============  ==============================================  ========================================================
synth_about   country?                                        name, formats [{id, title}]
synth_sheet   seed, width, height (of the room, in pixels),   file, width, height, bytes, as image_rgb of the tools
              scale?, outlines?, ground? [r, g, b],           process has them; crops, seconds
              ink? [r, g, b], WISHES
synth_make    out, count, seed, val?, jobs?, WISHES           out, train, val, plates, characters
============  ==============================================  ========================================================

``synth_sheet`` and ``synth_make`` send ``progress`` in crops. A cancelled or failed ``synth_make`` leaves
nothing behind.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from lpstudio.synthesis.conditions import Wishes
from lpstudio.synthesis.country import load_country
from lpstudio.synthesis.dataset import check_new_folder, write_dataset
from lpstudio.synthesis.sheet import cells_in, contact_sheet, sample_crops
from lpstudio.worker.protocol import Handler, Reply, Request, configure_logging, serve
from lpstudio.worker.tools import Exchange


def _wishes(request: Request) -> Wishes:
    country = request.text("country", None)
    return Wishes(
        difficulty=request.number("difficulty", None),
        night=request.number("night", None),
        blur=request.number("blur", None),
        low_resolution=request.number("low_resolution", None),
        two_lines=request.number("two_lines", None),
        formats=tuple(request.texts("formats", [])),
        country=Path(country) if country else None,
    )


def _bgr(rgb: tuple[float, float, float]) -> tuple[int, int, int]:
    red, green, blue = (round(part) for part in rgb)
    return blue, green, red


class PlateMaker:
    """The requests of the plate maker."""

    def __init__(self) -> None:
        self._exchange = Exchange()

    def handlers(self) -> dict[str, Handler]:
        return {"synth_about": self.about, "synth_sheet": self.sheet, "synth_make": self.make}

    def about(self, request: Request, reply: Reply) -> None:
        path = request.text("country", None)
        country = load_country(Path(path) if path else None)
        formats = [{"id": one.id, "title": one.title} for one in country.formats]
        reply.result({"name": country.name, "formats": formats})

    def sheet(self, request: Request, reply: Reply) -> None:
        started = time.monotonic()
        scale = max(0.25, float(request.number("scale", 1.0)))
        columns, rows, scale = cells_in(request.integer("width"), request.integer("height"), scale)
        crops = sample_crops(request.integer("seed"), _wishes(request), columns * rows, reply.progress)
        sheet = contact_sheet(
            crops,
            columns,
            outlines=bool(request.fields.get("outlines")),
            scale=scale,
            ground=_bgr(request.numbers("ground", 3, (40.0, 40.0, 42.0))),
            ink=_bgr(request.numbers("ink", 3, (214.0, 214.0, 214.0))),
        )
        payload: dict[str, Any] = self._exchange.put_picture(np.asarray(sheet[:, :, ::-1], np.uint8))
        reply.result({**payload, "crops": len(crops), "seconds": time.monotonic() - started})

    def make(self, request: Request, reply: Reply) -> None:
        out = Path(request.text("out"))
        was_there = out.is_dir()
        check_new_folder(out)
        try:
            made = write_dataset(
                out,
                request.integer("count"),
                request.integer("seed"),
                float(request.number("val", 0.2)),
                int(request.integer("jobs", 1)),
                reply.progress,
                _wishes(request),
            )
        except BaseException:
            with contextlib.suppress(OSError):
                shutil.rmtree(out)
                if was_there:
                    out.mkdir()
            raise
        reply.result(
            {
                "out": str(out),
                "train": made.train,
                "val": made.val,
                "plates": made.plates,
                "characters": made.characters,
            }
        )

    def close(self) -> None:
        self._exchange.close()


def main() -> int:
    """Serve requests until stdin ends."""
    import cv2

    cv2.setNumThreads(1)
    configure_logging()
    maker = PlateMaker()
    try:
        return serve(maker.handlers(), "synthesis")
    finally:
        maker.close()


if __name__ == "__main__":
    sys.exit(main())
