"""How a picture lies in a canvas: scale and offset, zoom at a point, fit. Plain Python, no Qt."""

from __future__ import annotations

MAX_SCALE = 64.0
_IN_SIGHT = 48.0  # px of the picture that stay visible however far it is panned


class ViewTransform:
    """Crop pixel (x, y) is painted at (x * scale + left, y * scale + top), in logical pixels of the widget.

    ``ratio``: device pixels per logical pixel. ``left`` and ``top`` are whole device pixels, so that the picture stays
    sharp and a pan can shift what is painted already; behind them the exact offset is kept, so that zooming at a point
    does not drift.
    """

    def __init__(self) -> None:
        self.scale = 1.0
        self.ratio = 1.0
        self._x = 0.0
        self._y = 0.0

    @property
    def left(self) -> float:
        return round(self._x * self.ratio) / self.ratio

    @property
    def top(self) -> float:
        return round(self._y * self.ratio) / self.ratio

    def to_view(self, x: float, y: float) -> tuple[float, float]:
        """From the crop's pixels to the widget's."""
        return x * self.scale + self.left, y * self.scale + self.top

    def to_crop(self, x: float, y: float) -> tuple[float, float]:
        """From the widget's pixels to the crop's."""
        return (x - self.left) / self.scale, (y - self.top) / self.scale

    def min_scale(self, size: tuple[float, float], view: tuple[float, float]) -> float:
        """The smallest scale: half of what fits, but never above 1:1."""
        width, height = max(size[0], 1.0), max(size[1], 1.0)
        fitting = min(view[0] / width, view[1] / height)
        return max(min(fitting / 2, 1.0 / self.ratio), 1e-4)

    def fit(self, box: tuple[float, float, float, float], view: tuple[float, float], margin: float = 24.0) -> None:
        """Show a box of the crop as large as possible, centred."""
        width, height = max(box[2] - box[0], 1e-6), max(box[3] - box[1], 1e-6)
        room_x, room_y = max(view[0] - 2 * margin, 16.0), max(view[1] - 2 * margin, 16.0)
        self.scale = min(room_x / width, room_y / height, MAX_SCALE)
        self._x = round((view[0] / 2 - (box[0] + box[2]) / 2 * self.scale) * self.ratio) / self.ratio
        self._y = round((view[1] / 2 - (box[1] + box[3]) / 2 * self.scale) * self.ratio) / self.ratio

    def place(self, crop: tuple[float, float], view: tuple[float, float]) -> None:
        """Show a place of the crop at a place of the widget."""
        self._x, self._y = view[0] - crop[0] * self.scale, view[1] - crop[1] * self.scale

    def zoom_at(self, x: float, y: float, factor: float, size: tuple[float, float], view: tuple[float, float]) -> None:
        """Scale by ``factor`` so that the crop pixel under the widget's point (x, y) stays there."""
        crop_x, crop_y = (x - self._x) / self.scale, (y - self._y) / self.scale
        self.scale = min(max(self.scale * factor, self.min_scale(size, view)), MAX_SCALE)
        self._x = x - crop_x * self.scale
        self._y = y - crop_y * self.scale
        self.keep_in_sight(size, view)

    def pan(self, dx: float, dy: float, size: tuple[float, float], view: tuple[float, float]) -> None:
        """Shift by logical pixels, as far as some of the picture stays in sight."""
        self._x += dx
        self._y += dy
        self.keep_in_sight(size, view)

    def keep_in_sight(self, size: tuple[float, float], view: tuple[float, float]) -> None:
        """Bring the picture back when it was pushed out of the widget."""
        width, height = size[0] * self.scale, size[1] * self.scale
        edge_x, edge_y = min(_IN_SIGHT, width), min(_IN_SIGHT, height)
        self._x = min(max(self._x, edge_x - width), view[0] - edge_x)
        self._y = min(max(self._y, edge_y - height), view[1] - edge_y)
