"""Where readings go: lines of JSON, rows of CSV, pictures with the reading drawn over, lines for people."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

from lpstudio.errors import LpStudioError, one_line
from lpstudio.reading.footage import Footage
from lpstudio.reading.plate import line
from lpstudio.reading.sources import Item, Kind

Sink = Callable[[Mapping[str, Any]], None]

# Names of files have at most 255 bytes, and more comes behind the stem.
_LONGEST_STEM = 200
COLUMNS = ("source", "frame", "time_s", "plate", "text", "probability", "format", "x1", "y1", "x2", "y2", "error")


class Lines(Protocol):
    """Readings, one line of the JSON schema each. ``total``: how many, None while unknown."""

    @property
    def total(self) -> int | None: ...

    def __iter__(self) -> Iterator[dict[str, Any]]: ...


class FaultLines:
    """The lines of sources none of which can be read: no weights are opened to say so."""

    def __init__(self, items: Sequence[Item], weights: Path | None) -> None:
        self._items = items
        self._weights = weights.stem if weights is not None else ""

    @property
    def total(self) -> int | None:
        return len(self._items)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for item in self._items:
            yield line(item.source, error=item.fault, weights=self._weights, calibrated=False)


@contextmanager
def opened(target: str) -> Iterator[IO[str]]:
    """A text file to write, or standard output for ``-``. Raises LpStudioError that names the file, also later."""
    if target == "-":
        yield sys.stdout
        return
    path = Path(target)
    try:
        with path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            yield file
    except OSError as error:
        raise LpStudioError(f"it cannot be written ({error.strerror or error})", path=path) from error


class JsonSink:
    """One JSON object a line, handed on at once: what was read stays when the reading is stopped."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def __call__(self, reading: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(reading, ensure_ascii=True, allow_nan=False) + "\n")
        self._file.flush()


class CsvSink:
    """One row a plate; a picture without one, or that could not be read, has a row of its own too."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._rows = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        self._rows.writeheader()

    def __call__(self, reading: Mapping[str, Any]) -> None:
        common = {name: reading[name] for name in ("source", "frame", "time_s", "error")}
        for number, plate in enumerate(reading["plates"], 1):
            corners = dict(zip(("x1", "y1", "x2", "y2"), plate["box"], strict=True))
            said = {name: plate[name] for name in ("text", "probability", "format")}
            self._rows.writerow({**common, "plate": number, **said, **corners})
        if not reading["plates"]:
            self._rows.writerow(common)
        self._file.flush()


class OverlaySink:
    """A JPEG a picture or frame, named after it; pictures of the same name get numbers."""

    def __init__(self, folder: Path, items: Sequence[Item]) -> None:
        self._folder = folder
        self._paths = {item.source: item for item in items}
        self._names: dict[str, str] = {}
        self._footage: Footage | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LpStudioError(f"the folder cannot be made ({error.strerror})", path=folder) from None

    def __enter__(self) -> OverlaySink:
        return self

    def __exit__(self, *_: object) -> None:
        if self._footage is not None:
            self._footage.close()

    def __call__(self, reading: Mapping[str, Any]) -> None:
        if reading["error"] is not None:
            return
        import cv2

        from lpstudio.reading.overlay import draw_plates

        item = self._paths[reading["source"]]
        picture = draw_plates(
            self._pixels(item, reading["frame"]), reading["plates"], reading["width"], reading["height"]
        )
        frame = "" if reading["frame"] is None else f".{reading['frame']:06d}"
        path = self._folder / f"{self._name(item)}{frame}.overlay.jpg"
        encoded, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 92])
        try:
            if not encoded:
                raise OSError("JPEG encoding failed")
            path.write_bytes(data.tobytes())
        except OSError as error:
            raise LpStudioError(f"it cannot be written ({error.strerror or error})", path=path) from None

    def _pixels(self, item: Item, frame: int | None) -> Any:
        if item.kind is Kind.PICTURE or frame is None:
            from lpstudio.reading.pictures import load_image

            return load_image(item.path)
        if self._footage is None or self._footage.path != item.path:
            if self._footage is not None:
                self._footage.close()
            self._footage = Footage(item.path)
        return self._footage.frame(frame).pixels[..., ::-1].copy()

    def _name(self, item: Item) -> str:
        if item.source not in self._names:
            stem = os.fsencode(item.path.stem)[:_LONGEST_STEM].decode(errors="ignore")
            taken, number, name = set(self._names.values()), 1, stem
            while name in taken:
                number += 1
                name = f"{stem}-{number}"
            self._names[item.source] = name
        return self._names[item.source]


def print_reading(reading: Mapping[str, Any]) -> None:
    """One line for people on standard output: the picture, its plates, how sure each is."""
    if reading["error"] is not None:
        return
    place = reading["source"] if reading["frame"] is None else f"{reading['source']} frame {reading['frame']}"
    said = [
        f"{plate['text'] or '?'} {plate['probability']:.1%}" + (f" {plate['format']}" if plate["format"] else "")
        for plate in reading["plates"]
    ]
    print(f"{one_line(place)}: {'; '.join(said) or 'no plate'}")
