"""Where the characters of a known text stand on a crop, by classical means: no model, no torch.

The text says how many there are, so one wide blob may be cut in two and two pieces may be one character. In each *band*
(a row of blobs of one height) the cuts are chosen together (dynamic programming over the columns).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpstudio.dataset.types import Polygon
from lpstudio.errors import LpStudioError
from lpstudio.reading.exact_outline import FILL_EDGE, exact_outline
from lpstudio.reading.ink_bands import Band, bands

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]

_WORK_HEIGHT = 240  # px to which a crop is enlarged (or reduced) before it is looked at
_MOST_SCALE = 6.0
_BAND_HEIGHT = 48  # rows of a straightened band
_MARGIN = 6  # rows of it above and below the characters
_BREADTH = 0.42  # of its height: how broad a character usually is; the cost of another breadth is soft
_NARROW = {"I": 0.45, "1": 0.6, "J": 0.85, "L": 0.9, "M": 1.15, "W": 1.2}  # of the usual breadth; others 1
_TWO_LINES = 0.6  # of its width: a crop that is taller may hold two lines
_OWN = 0.03  # how much odder an outline by the band's own threshold may be than by another
_GAP = 0.2  # cost of a column full of ink that no slot takes
_ENDS = 0.6  # of that before the first and after the last slot: more than characters stands there
_DOUBT = 0.45  # how much cheaper another number of characters must be before it is spoken of
_DOUBT_ODD = 0.5  # weight of oddity there
_ODD = 1.5  # weight of how odd the ink in the slots looks


@dataclass(frozen=True, slots=True)
class Proposal:
    """``polygons``: one per character of the text in reading order, pixels of the crop.

    ``doubt``: why the number of characters seems to be another, empty when it fits; ``at``: the places in the text
    (from 0) that the doubt is about.
    """

    polygons: tuple[Polygon, ...]
    doubt: str = ""
    at: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Cut:
    """Slots for ``text`` in a band. ``cost``: per character. ``top``: row of the work picture where its part begins."""

    text: str
    cost: float
    slots: tuple[tuple[int, int], ...]  # columns of the straightened band, [from, to)
    band: Band
    straight: Floats
    top: int = 0


def propose(bgr: Bytes, text: str) -> Proposal:
    """The outlines of the characters of ``text`` on a crop (uint8, shape (height, width, 3)).

    Raises LpStudioError when nothing on the crop looks like a row of characters.
    """
    import cv2

    height, width = bgr.shape[:2]
    if min(height, width) < 8 or not text:
        raise LpStudioError("the picture is too small to look for characters", remedy="Draw them")
    scale = min(_MOST_SCALE, _WORK_HEIGHT / height)
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    grey = cv2.cvtColor(np.ascontiguousarray(bgr), cv2.COLOR_BGR2GRAY)
    grey = cv2.resize(grey, size, interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA)
    smooth = cv2.GaussianBlur(grey, (0, 0), max(0.8, 0.45 * scale)).astype(np.float64)
    lines = _best(smooth, text)
    if not lines:
        raise LpStudioError("no row of characters stands out on this picture", remedy="Draw them")
    share = size[0] / width, size[1] / height
    coarse = [_outline(line, slot, share) for line in lines for slot in line.slots]
    polygons = tuple(exact_outline(bgr, outline, slimmer=FILL_EDGE) for outline in coarse)
    doubts = [_doubt(line, sum(len(before.text) for before in lines[:place])) for place, line in enumerate(lines)]
    doubt = next((words for words, _ in doubts if words), "")
    return Proposal(polygons, doubt, tuple(place for _, places in doubts for place in places))


def _best(smooth: Floats, text: str) -> list[_Cut]:
    """The cuts of the plate's one line, or of its two where the crop is tall and two lines fit better."""
    one = _best_line(smooth, text)
    found = [(one.cost, [one])] if one is not None else []
    height, width = smooth.shape
    if height > _TWO_LINES * width:
        for first in range(2, len(text) - 1):
            upper = _best_line(smooth[: round(0.56 * height)], text[:first])
            top = round(0.44 * height)
            lower = _best_line(smooth[top:], text[first:])
            if upper is not None and lower is not None:
                cost = (upper.cost * first + lower.cost * (len(text) - first)) / len(text)
                found.append((cost, [upper, replace(lower, top=top)]))
    return min(found, key=lambda pair: pair[0])[1] if found else []


def _best_line(smooth: Floats, text: str) -> _Cut | None:
    cuts = [cut for band in bands(smooth) for cut in (_cut(band, text),) if cut is not None]
    return min(cuts, key=lambda cut: cut.cost, default=None)


# -- cuts ----------------------------------------------------------------------------------------------------------


def _straight(band: Band) -> Floats:
    """The band, sheared level and scaled to _BAND_HEIGHT rows; the characters are without the margins."""
    import cv2

    zoom = (_BAND_HEIGHT - 2 * _MARGIN) / band.height
    width = max(8, round(band.ink.shape[1] * zoom))
    # row r of the band lies at y = slope * x + middle + (r - half) / zoom, column c at x = c / zoom
    matrix = np.array(
        [[1 / zoom, 0.0, 0.0], [band.slope / zoom, 1 / zoom, band.middle - _BAND_HEIGHT / 2 / zoom]], np.float64
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(band.ink, matrix, (width, _BAND_HEIGHT), flags=flags), np.float64)


def _cut(band: Band, text: str) -> _Cut | None:
    straight = _straight(band)
    body = straight[_MARGIN:-_MARGIN]
    profile = body.mean(axis=0)
    outside = np.maximum(straight[: _MARGIN - 2].mean(axis=0), straight[2 - _MARGIN :].mean(axis=0))
    high = float(body.shape[0])
    found = _slots(profile, outside, high, text)
    if found is None:
        return None
    cut = _Cut(text, found[0], found[1], band, straight)
    return replace(cut, cost=cut.cost + _ODD * _oddity(cut))


def _slots(
    profile: Floats, outside: Floats, high: float, text: str
) -> tuple[float, tuple[tuple[int, int], ...]] | None:
    """The cheapest cuts for as many slots as the text has characters. Cost per character."""
    widths = [_BREADTH * high * _NARROW.get(char, 1.0) for char in text]
    if sum(widths) > 1.1 * len(profile):
        return None
    found = _walk(profile, outside, widths)
    return None if found is None else (found[0] / len(text), found[1])


def _walk(
    profile: Floats, outside: Floats, widths: Sequence[float]
) -> tuple[float, tuple[tuple[int, int], ...]] | None:
    """Slots of about these widths from left to right, as cheap as they can be: their cost and columns.

    ``profile``: share of ink per column between top and bottom of the band; ``outside``: above and below it.
    """
    columns = len(profile)
    total = np.concatenate([[0.0], np.cumsum(profile)])
    beyond = np.concatenate([[0.0], np.cumsum(outside)])
    cut_through = 2.0 * np.minimum(np.concatenate([[0.0], profile]), np.concatenate([profile, [0.0]]))
    gap = _GAP * total
    places = np.arange(columns + 1)
    breadths = np.arange(max(2, round(0.35 * min(widths))), min(columns, max(4, round(1.7 * max(widths)))) + 1)
    if not len(breadths):
        return None
    starts = places[None, :] - breadths[:, None]  # of a slot of this breadth (row) that ends there (column)
    whole = starts >= 0
    starts = np.maximum(starts, 0)
    per = breadths[:, None].astype(np.float64)
    fixed = cut_through[None, :] + 1.5 * (beyond[None, :] - beyond[starts]) / per
    fixed += 3.0 * np.maximum(0.0, 0.3 - (total[None, :] - total[starts]) / per)
    fixed = np.where(whole, fixed, np.inf)
    usual = float(np.median(widths))
    cost = _ENDS * gap  # before the first and after the last, ink left out costs less: more stands there
    steps: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    for number, width in enumerate(widths):
        unusual = 1.2 * np.log(breadths / width) ** 2
        each = fixed + unusual[:, None] + (cost + cut_through)[starts]
        which = np.argmin(each, axis=0)
        ended = each[which, places]
        came = np.maximum(places - breadths[which], 0)
        after, since = ended, places
        if number + 1 < len(widths):  # a gap may follow: it costs the ink left out, and a little for its length
            along = gap + 0.25 / usual * places
            lowered = ended - along
            least = np.minimum.accumulate(lowered)
            since = np.maximum.accumulate(np.where(lowered <= least, places, 0))
            after = least + along
        steps.append((came, since))
        cost = after
    final = cost + _ENDS * (gap[-1] - gap)
    x = int(np.argmin(final))
    if not np.isfinite(final[x]):
        return None
    value = float(final[x])
    slots = []
    for came, since in reversed(steps):
        end = int(since[x])
        x = int(came[end])
        slots.append((x, end))
    return value, tuple(reversed(slots))


def _oddity(cut: _Cut) -> float:
    """How little the ink in the slots looks like characters of one height (0: all do), per character."""
    import cv2

    binary = np.asarray(cut.straight > 0.5, np.uint8)
    high = _BAND_HEIGHT - 2 * _MARGIN
    odd = 0.0
    for a, b in cut.slots:
        count, _, stats, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(binary[:, a:b]), connectivity=8)
        if count < 2:
            odd += 2.0
            continue
        _, y, _, height, _ = stats[1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))]
        odd += min(1.0, 2.0 * abs(height / high - 1.0))
        odd += 0.5 * (y == 0) + 0.5 * (y + height == _BAND_HEIGHT)
        odd += 0.3 * (a == 0) + 0.3 * (b >= binary.shape[1])
    return odd / len(cut.slots)


# -- outlines ------------------------------------------------------------------------------------------------------


def _outline(cut: _Cut, slot: tuple[int, int], share: tuple[float, float]) -> Polygon:
    """The outline of the ink in a slot, in pixels of the crop; the slot's box where there is too little of it."""
    import cv2

    band = cut.band
    zoom = (_BAND_HEIGHT - 2 * _MARGIN) / band.height
    x1, x2 = slot[0] / zoom, slot[1] / zoom
    rows, columns = np.ogrid[: band.ink.shape[0], : band.ink.shape[1]]
    away = np.abs(rows - band.slope * columns - band.middle)
    allowed = (columns + 0.5 >= x1) & (columns + 0.5 < x2) & (away <= 0.5 * band.height * 1.18)
    polygon: Floats | None = None
    least = np.inf
    for ink in band.inks:
        contour = _glyph((ink > 0.5) & allowed)
        if contour is None or cv2.contourArea(contour) < 0.04 * band.height**2:
            continue
        odd = _raggedness(contour, band, (x1, x2)) - (_OWN if ink is band.ink else 0.0)
        if odd < least:
            simple = cv2.approxPolyDP(contour, 0.3 * share[1], True)[:, 0, :].astype(np.float64) + 0.5
            if len(simple) >= 3:
                least, polygon = odd, simple
    if polygon is None:
        half = band.height / 2
        middle1, middle2 = band.slope * x1 + band.middle, band.slope * x2 + band.middle
        polygon = np.array([[x1, middle1 - half], [x2, middle2 - half], [x2, middle2 + half], [x1, middle1 + half]])
    polygon[:, 1] += cut.top
    return tuple((round(float(x) / share[0], 3), round(float(y) / share[1], 3)) for x, y in polygon)


def _glyph(mask: NDArray[np.bool_]) -> Any:
    """The contour of the ink in a mask: of its largest part, and of others that are not much smaller."""
    import cv2

    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if count < 2:
        return None
    areas = stats[1:, cv2.CC_STAT_AREA]
    kept = np.isin(parts, 1 + np.flatnonzero(areas >= 0.2 * areas.max())).astype(np.uint8)
    contours: Any = ()
    for reach in (0, 3, 7, 13, 21):
        joined = kept if not reach else cv2.morphologyEx(kept, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
        contours = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
        if len(contours) == 1:
            break
    return max(contours, key=cv2.contourArea)


def _raggedness(contour: Any, band: Band, sides: tuple[float, float]) -> float:
    """How little a contour looks like a character of the band: its height, its length, and how much is cut off."""
    import cv2

    points = contour[:, 0, :].astype(np.float64)
    away = points[:, 1] - band.slope * points[:, 0] - band.middle
    height = float(away.max() - away.min())
    width = float(points[:, 0].max() - points[:, 0].min()) + 1.0
    long = cv2.arcLength(contour, True) / (2.0 * (width + height))
    at_end = (
        (np.abs(away) > 0.5 * band.height * 1.18 - 1.5) | (points[:, 0] < sides[0] + 1) | (points[:, 0] > sides[1] - 2)
    )
    return abs(height / band.height - 1.0) + 0.15 * max(0.0, long - 1.0) + 0.8 * float(at_end.mean())


def _doubt(cut: _Cut, before: int) -> tuple[str, tuple[int, ...]]:
    """Whether one character more or fewer would fit the ink of the band much better, and where it would.

    ``before``: how many characters of the text stand on the lines above.
    """
    count = len(cut.text)
    fits: dict[int, tuple[float, _Cut]] = {}
    for number in (count - 1, count, count + 1):
        other = _cut(cut.band, "0" * number) if number else None
        if other is not None:
            odd = _oddity(other)
            fits[number] = (number * (other.cost - (_ODD - _DOUBT_ODD) * odd), other)
    if count not in fits:
        return "", ()
    best = min(fits, key=lambda number: fits[number][0])
    if best == count or fits[count][0] - fits[best][0] < _DOUBT:
        return "", ()
    places = _places(cut.slots, fits[best][1].slots)
    return f"{count} typed, but {best} seem to stand there", tuple(before + place for place in places)


def _places(slots: Sequence[tuple[int, int]], others: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """The slots that share their middle with none of the others, or a slot of the others with another slot."""
    taken: dict[int, list[int]] = {}
    for place, (left, right) in enumerate(slots):
        middles = [(a + b) / 2 for a, b in others]
        held = [k for k, middle in enumerate(middles) if left <= middle < right]
        if len(held) != 1:
            return (place,)
        taken.setdefault(held[0], []).append(place)
    doubled = [places for places in taken.values() if len(places) > 1]
    if doubled:
        return tuple(doubled[0])
    before = others[0][1] <= slots[0][0] if len(others) > len(slots) else False
    return (0,) if before else (len(slots) - 1,)
