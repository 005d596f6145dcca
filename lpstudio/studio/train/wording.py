"""Numbers and times as a person reads them, always with their unit."""

from __future__ import annotations

import html
import math
import re
import time


def duration(seconds: float | None) -> str:
    """ "0:41", "12:05" or "3:04:10" (hours, minutes, seconds); a dash when unknown."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, seconds_left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{seconds_left:02d}" if hours else f"{minutes}:{seconds_left:02d}"


def memory(megabytes: float | None) -> str:
    """ "812 MB" or "3.4 GB"; a dash when unknown."""
    if megabytes is None or not math.isfinite(megabytes):
        return "–"
    return f"{megabytes / 1024:.1f} GB" if megabytes >= 1024 else f"{megabytes:.0f} MB"


def figure(value: float | None, digits: int = 3) -> str:
    """A loss or metric with a fixed number of digits, so that columns stand still; a dash when unknown."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.{digits}f}" if abs(value) < 1000 else f"{value:.0f}"


def percent(value: float | None) -> str:
    """0.913 as "91.3 %"; a dash when unknown."""
    return "–" if value is None or not math.isfinite(value) else f"{100 * value:.1f} %"


def plain_number(value: float) -> str:
    """A setting as it was typed: 0.01, 0.0005, 300."""
    return f"{value:.10g}"


def day_and_time(stamp: float | None) -> str:
    """ "2026-03-08 14:05" in local time; a dash when unknown."""
    return "–" if not stamp else time.strftime("%Y-%m-%d %H:%M", time.localtime(stamp))


def clock(stamp: float) -> str:
    """ "14:05:31" in local time."""
    return time.strftime("%H:%M:%S", time.localtime(stamp))


def counted(count: int, one: str, many: str = "") -> str:
    """ "1 crop", "12 crops"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def ordinal(number: int) -> str:
    """ "1st", "2nd", "13th"."""
    teens = 10 <= number % 100 <= 20
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def without_tags(rich: str) -> str:
    """Rich text as it is read."""
    return html.unescape(re.sub("<[^>]*>", "", rich)).replace("\u00a0", " ")
