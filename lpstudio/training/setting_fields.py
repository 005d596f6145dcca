"""One setting of a training: its bounds, its words, and how its value is read and checked (no torch here)."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from lpstudio.errors import LpStudioError


class SettingsError(LpStudioError):
    """A setting that cannot be used; ``field`` is its name as written in ``to_dict`` (``loss.k``)."""

    def __init__(self, field_name: str, what: str, remedy: str = "") -> None:
        self.field = field_name
        super().__init__(f"training setting {field_name!r} {what}", remedy=remedy)


def setting(
    default: Any,
    title: str,
    help: str,
    group: str,
    minimum: float | None = None,
    maximum: float | None = None,
    unit: str = "",
    choices: tuple[str, ...] = (),
) -> Any:
    metadata = {
        "title": title,
        "help": help,
        "group": group,
        "minimum": minimum,
        "maximum": maximum,
        "unit": unit,
        "choices": choices,
    }
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class SettingInfo:
    """What a form needs to know of one setting.

    ``kind``: int, float, bool, str or choice; ``name`` may be nested, as in ``loss.k``.
    """

    name: str
    kind: str
    default: Any
    title: str
    help: str
    group: str
    minimum: float | None
    maximum: float | None
    unit: str
    choices: tuple[str, ...]


class Checked:
    """Checking, reading and writing that every settings class shares."""

    _prefix = ""

    @classmethod
    def _own_infos(cls) -> list[SettingInfo]:
        """Every plain setting in the order of its declaration."""
        result = []
        for item in fields(cls):  # type: ignore[arg-type]
            if not item.metadata:
                continue
            kind = "choice" if item.metadata["choices"] else type(item.default).__name__
            result.append(SettingInfo(cls._prefix + item.name, kind, item.default, **item.metadata))
        return result

    def check(self) -> None:
        """Raise SettingsError for the first value out of bounds."""
        for info in self._own_infos():
            value = getattr(self, info.name.removeprefix(self._prefix))
            fault = _fault(info, value)
            if fault:
                raise SettingsError(info.name, fault)

    @classmethod
    def _read(cls, data: Mapping[str, Any], nested: tuple[str, ...] = ()) -> dict[str, Any]:
        known = {item.name: item for item in fields(cls)}  # type: ignore[arg-type]
        values: dict[str, Any] = {}
        for key, value in data.items():
            if key not in known:
                close = difflib.get_close_matches(key, known, n=1)
                raise SettingsError(cls._prefix + key, "is unknown", f"Did you mean {close[0]!r}?" if close else "")
            if key in nested:
                continue
            values[key] = _coerced(known[key].default, value)
        return values


def _coerced(default: Any, value: Any) -> Any:
    """A whole number where a float is wanted becomes one (TOML and forms write 1 for 1.0); all else stays."""
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(default, int) and not isinstance(default, bool) and isinstance(value, float) and value.is_integer():
        return int(value)
    # values read by tomlkit are subclasses of the plain types
    for plain in (bool, int, float, str):
        if isinstance(value, plain):
            return plain(value) if type(default) is plain else value
    return value


def _fault(info: SettingInfo, value: Any) -> str:
    """What is wrong with a value, in words that follow the setting's name; empty when nothing is."""
    if info.kind == "choice":
        return "" if value in info.choices else f"must be one of {', '.join(info.choices)}, not {value!r}"
    wanted: Any = {"int": int, "float": float, "bool": bool, "str": str}[info.kind]
    words = {"int": "a whole number", "float": "a number", "bool": "true or false", "str": "a text"}[info.kind]
    is_number = info.kind in {"int", "float"}
    if not isinstance(value, wanted) or (is_number and (isinstance(value, bool) or not math.isfinite(float(value)))):
        return f"must be {words}, not {value!r}"
    if is_number:
        if info.minimum is not None and value < info.minimum:
            return f"must be at least {info.minimum:g}, not {value:g}"
        if info.maximum is not None and value > info.maximum:
            return f"must be at most {info.maximum:g}, not {value:g}"
    return ""
