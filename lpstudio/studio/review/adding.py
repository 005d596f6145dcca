"""Adding what is under review to the project: a crop out of a frame with its origin, or a picture from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject

from lpstudio.dataset.types import Origin
from lpstudio.studio.review.controller import ReviewController
from lpstudio.studio.review.items import Rectangle, ReviewItem, Target
from lpstudio.studio.workspace import Severity

_MARGIN = 0.15  # of a plate's size, around a plate that was found on a whole frame


class CropAdder(QObject):
    """Adds the current picture; what was read comes along as a draft."""

    def __init__(self, controller: ReviewController) -> None:
        super().__init__(controller)
        self._controller = controller
        self._copying: ReviewItem | None = None
        self._session: Any = None

    @property
    def possible(self) -> bool:
        """Whether there is a project, and something in front that is no crop of it yet."""
        controller = self._controller
        if controller.session is None or controller.session.project.read_only:
            return False
        if controller.source is not None and controller.source.video is not None:
            return controller.player.shown is not None
        return controller.current is not None and not controller.current.key

    def add(self) -> None:
        """Add what is in front."""
        if not self.possible:
            return
        if self._controller.source is not None and self._controller.source.video is not None:
            self._add_from_frame()
        elif self._controller.current is not None:
            self._copy(self._controller.current)

    # -- out of a frame

    def _add_from_frame(self) -> None:
        controller = self._controller
        video, frame = controller.source_path, controller.player.shown
        item = controller.current if controller.current is not None and controller.current.frame == frame else None
        plate = controller.plate
        if video is None or frame is None:
            return
        if item is not None and plate in item.added:
            controller.say(f"This plate was added already as {item.added[plate].key}", Severity.INFO)
            return
        rectangle = self._rectangle(item, plate)
        fields: dict[str, Any] = {"path": str(video), "frame": frame}
        if rectangle is not None:
            fields["rectangle"] = list(rectangle)

        def cut(payload: dict[str, Any]) -> None:
            file = Path(payload["file"])
            controller.run_in_thread(lambda: _take(file), lambda png: self._write(png, payload, video, item, plate))

        controller.studio.workers.tools.request(
            "crop_png", fields, on_result=cut, on_error=lambda message: controller.say(message, Severity.ERROR)
        )

    def _rectangle(self, item: ReviewItem | None, plate: int) -> Rectangle | None:
        """The rectangle drawn; else the box of the plate with a margin; else the whole frame."""
        if item is not None and item.rectangle is not None:
            return item.rectangle
        if self._controller.rectangle is not None:
            return self._controller.rectangle
        if item is None or item.reading is None or plate >= len(item.reading.plates):
            return None
        x1, y1, x2, y2 = item.reading.plates[plate].box
        dx, dy = (x2 - x1) * _MARGIN, (y2 - y1) * _MARGIN
        width, height = item.reading.width, item.reading.height
        return max(0.0, x1 - dx), max(0.0, y1 - dy), min(float(width), x2 + dx), min(float(height), y2 + dy)

    def _write(self, png: object, cut: dict[str, Any], video: Path, item: ReviewItem | None, plate: int) -> None:
        session = self._controller.session
        if session is None or not isinstance(png, bytes):
            return
        left, top, right, bottom = (float(value) for value in cut["rectangle"])
        origin = Origin(str(video), int(cut["frame"]), float(cut["time_s"]), (left, top, right, bottom))

        def added(key: str) -> None:
            if item is not None and self._controller.session is session:
                target = Target(key, -left, -top)
                self._draft(item, self._plates_in(item, plate, (left, top, right, bottom)), target)

        self._controller.studio.add_crop(
            png,
            f"{video.stem}_{cut['frame']:06d}",
            origin,
            added,
            lambda message: self._controller.say(message, Severity.ERROR),
        )

    @staticmethod
    def _plates_in(item: ReviewItem, plate: int, rectangle: Rectangle) -> list[int]:
        """The plates that lie on the crop: the current one, and those whose middle is inside as well."""
        if item.reading is None:
            return []
        inside = []
        for number, found in enumerate(item.reading.plates):
            x, y = (found.box[0] + found.box[2]) / 2, (found.box[1] + found.box[3]) / 2
            if number == plate or (rectangle[0] <= x <= rectangle[2] and rectangle[1] <= y <= rectangle[3]):
                inside.append(number)
        return inside

    def _draft(self, item: ReviewItem, plates: list[int], target: Target) -> None:
        session = self._controller.session
        if session is None:
            return
        places = [at for plate in plates for at in item.span(plate)]
        characters = self._controller.edits.characters_of(item, places, target.dx, target.dy)
        for plate in plates:
            item.added[plate] = target
        if characters:
            session.set_draft(target.key, characters)
        said = f"with {len(characters)} characters as a draft" if characters else "without characters"
        self._controller.say(f"Added as {target.key} {said}", Severity.INFO, "review.annotate", "Open in Annotate")
        self._controller.touched(item.id)

    # -- a picture from elsewhere

    def _copy(self, item: ReviewItem) -> None:
        session = self._controller.session
        if session is None or self._copying is not None:
            return
        self._copying, self._session = item, session
        session.crops_added.connect(self._copied)
        session.add_failed.connect(self._copy_failed)
        session.add_images([Path(item.path)])

    def _copied(self, keys: list[str]) -> None:
        item = self._end_copy()
        if item is None or not keys:
            return
        self._controller.crop_became(item, keys[0])
        self._draft(item, list(range(len(item.reading.plates))) if item.reading is not None else [], Target(keys[0]))

    def _copy_failed(self, message: str) -> None:
        self._end_copy()
        self._controller.say(message, Severity.ERROR)

    def _end_copy(self) -> ReviewItem | None:
        item, self._copying = self._copying, None
        if self._session is not None:
            self._session.crops_added.disconnect(self._copied)
            self._session.add_failed.disconnect(self._copy_failed)
            self._session = None
        return item


def _take(file: Path) -> bytes:
    """The bytes of a file that was handed over; the file goes."""
    data = file.read_bytes()
    file.unlink(missing_ok=True)
    return data
