"""How a picture lies in a canvas: scale and offset, zoom at a point, fit. Plain Python, no Qt."""

from __future__ import annotations

from dataclasses import dataclass

MAX_SCALE = 64.0
_IN_SIGHT = 48.0  # px of the picture that stay visible however far it is panned


@dataclass
class ViewTransform:
    """Crop pixel (x, y) is painted at (x * scale + left, y * scale + top), in logical pixels of the widget.

    ``ratio``: device pixels per logical pixel. The offset is kept on whole device pixels, so that the picture stays
    sharp and a pan can shift what is painted already.
    """

    scale: float = 1.0
    left: float = 0.0
    top: float = 0.0
    ratio: float = 1.0

    def to_view(self, x: float, y: float) -> tuple[float, float]:
        return x * self.scale + self.left, y * self.scale + self.top

    def to_crop(self, x: float, y: float) -> tuple[float, float]:
        return (x - self.left) / self.scale, (y - self.top) / self.scale

    def _snap(self, value: float) -> float:
        return round(value * self.ratio) / self.ratio

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
        self.left = self._snap(view[0] / 2 - (box[0] + box[2]) / 2 * self.scale)
        self.top = self._snap(view[1] / 2 - (box[1] + box[3]) / 2 * self.scale)

    def zoom_at(self, x: float, y: float, factor: float, size: tuple[float, float], view: tuple[float, float]) -> None:
        """Scale by ``factor`` so that the crop pixel under the widget's point (x, y) stays there."""
        crop_x, crop_y = self.to_crop(x, y)
        self.scale = min(max(self.scale * factor, self.min_scale(size, view)), MAX_SCALE)
        self.left = self._snap(x - crop_x * self.scale)
        self.top = self._snap(y - crop_y * self.scale)
        self.keep_in_sight(size, view)

    def pan(self, dx: float, dy: float, size: tuple[float, float], view: tuple[float, float]) -> None:
        """Shift by logical pixels, as far as some of the picture stays in sight."""
        self.left = self._snap(self.left + dx)
        self.top = self._snap(self.top + dy)
        self.keep_in_sight(size, view)

    def keep_in_sight(self, size: tuple[float, float], view: tuple[float, float]) -> None:
        """Bring the picture back when it was pushed out of the widget."""
        width, height = size[0] * self.scale, size[1] * self.scale
        edge_x, edge_y = min(_IN_SIGHT, width), min(_IN_SIGHT, height)
        self.left = self._snap(min(max(self.left, edge_x - width), view[0] - edge_x))
        self.top = self._snap(min(max(self.top, edge_y - height), view[1] - edge_y))
