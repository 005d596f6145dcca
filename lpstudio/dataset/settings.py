"""``lpstudio.toml``: what a project says of itself, readable and made for version control.

Comments and keys that are not known here stay as they are when it is written.
"""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lpstudio.dataset.atomic import write_bytes_atomic
from lpstudio.errors import LpStudioError
from lpstudio.similarity import Similarity

FILE_NAME = "lpstudio.toml"
_HEAD = "# Settings of this LP Studio project. Comments and unknown keys are kept.\n"


@dataclass
class ProjectSettings:
    """The settings of a project.

    ``similarity``: groups, base similarity, cells set by hand. ``training``: what differs from the defaults of a
    training, by field name. ``formats``: names of shipped plate formats ("ph") or patterns ("LLL DDDD").
    ``splits``: how the split was made (seed, val share), for whoever wants to make it again. ``filters``: saved
    queries of the crop list by name.
    """

    similarity: Similarity = field(default_factory=Similarity)
    training: dict[str, Any] = field(default_factory=dict)
    formats: list[str] = field(default_factory=lambda: ["ph"])
    splits: dict[str, Any] = field(default_factory=dict)
    filters: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> ProjectSettings:
        """Read ``lpstudio.toml``; the defaults when there is none. Raises LpStudioError (file, line, key)."""
        data = _read(path)
        if data is None:
            return cls()
        settings = cls()
        if "similarity" in data:
            try:
                settings.similarity = Similarity.from_dict(data["similarity"])
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                why = f"{error} is missing" if isinstance(error, KeyError) else str(error)
                raise _fault(path, "similarity", why) from error
        for name in ("training", "splits"):
            value = data.get(name, {})
            if not isinstance(value, dict):
                raise _fault(path, name, "a table is needed")
            setattr(settings, name, value)
        filters = data.get("filters", {})
        if not isinstance(filters, dict) or not all(isinstance(query, str) for query in filters.values()):
            raise _fault(path, "filters", "a table of texts is needed")
        settings.filters = filters
        formats = data.get("formats", settings.formats)
        if not isinstance(formats, list) or not all(isinstance(entry, str) for entry in formats):
            raise _fault(path, "formats", "a list of texts is needed")
        settings.formats = formats
        return settings

    def save(self, path: Path) -> None:
        """Write into ``lpstudio.toml``: what changed is replaced, all else stays. Raises LpStudioError.

        A file that cannot be understood is first copied beside itself as ``lpstudio.toml.broken-1``.
        """
        import tomlkit
        from tomlkit.exceptions import TOMLKitError

        text = _HEAD
        document = tomlkit.parse(text)
        if path.exists():
            try:
                ProjectSettings.load(path)
            except LpStudioError:
                _keep_copy(path)
            with suppress(LpStudioError, TOMLKitError):
                text = _decode(path)
                document = tomlkit.parse(text)
        _update(document, {"formats": self.formats, "similarity": self.similarity.to_dict()})
        for name, table in (("training", self.training), ("splits", self.splits), ("filters", self.filters)):
            if table or name in document:
                _replace_table(document, name, table)
        new = tomlkit.dumps(document)
        if new != text or not path.exists():
            write_bytes_atomic(path, new.encode("utf-8"))


def _decode(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LpStudioError(f"it cannot be read: {error.strerror or error}", path=path) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LpStudioError("not written in UTF-8", path=path, line=line, remedy="Save it as UTF-8") from error


def _read(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    try:
        return tomllib.loads(_decode(path))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+), column \d+\)", str(error))
        line = int(found.group(1)) if found else None
        if line is None and "end of document" in str(error):
            line = _decode(path).count("\n") + 1
        what = re.sub(r"\s*\(at .*\)$", "", str(error))
        raise LpStudioError(f"broken TOML: {what}", path=path, line=line) from error
    except RecursionError as error:
        raise LpStudioError("broken TOML: nested too deep", path=path) from error


def _fault(path: Path, table: str, why: str) -> LpStudioError:
    """A fault below a key; the line is that of its table, near enough to find it."""
    pattern = re.compile(rf"^\s*(\[+\s*{table}\b|{table}\s*[.=])")
    lines = _decode(path).splitlines()
    line = next((number for number, text in enumerate(lines, start=1) if pattern.match(text)), None)
    return LpStudioError(f"{table}: {why}", path=path, line=line)


def _keep_copy(path: Path) -> Path:
    number = 1
    while (copy := path.with_name(f"{path.name}.broken-{number}")).exists():
        number += 1
    try:
        shutil.copy2(path, copy)
    except OSError as error:
        raise LpStudioError(f"not saved: the broken file could not be copied: {error.strerror}", path=path) from error
    return copy


def _plain(value: Any) -> Any:
    return value.unwrap() if hasattr(value, "unwrap") else value


def _replace_table(document: Any, name: str, table: Mapping[str, Any]) -> None:
    """Make a table hold exactly ``table``; comments at keys that stay are kept."""
    _update(document, {name: table})
    for key in [key for key in document[name] if key not in table]:
        del document[name][key]


def _update(container: Any, values: Mapping[str, Any]) -> None:
    """Set values in a TOML container, touching only what differs; keys that are not named stay."""
    import tomlkit

    for key, value in values.items():
        if value is None:  # TOML has no null: a setting without value is one that is not there
            if key in container:
                del container[key]
            continue
        if key in container and _plain(container[key]) == value and type(_plain(container[key])) is type(value):
            continue
        if isinstance(value, Mapping):
            if key not in container or not isinstance(_plain(container[key]), dict):
                container[key] = tomlkit.table()
            _update(container[key], value)
        elif isinstance(value, list) and value and all(isinstance(entry, Mapping) for entry in value):
            _update_tables(container, key, value)
        else:
            container[key] = list(value) if isinstance(value, tuple) else value


def _update_tables(container: Any, key: str, values: list[Mapping[str, Any]]) -> None:
    """Set an array of tables; entries that stay the same keep their place and comments."""
    import tomlkit
    from tomlkit.items import AoT

    array = container.get(key)
    if not isinstance(array, AoT):
        if key in container:
            del container[key]
        array = tomlkit.aot()
        for entry in values:
            table = tomlkit.table()
            _update(table, entry)
            array.append(table)
        container[key] = array
        return
    for number, entry in enumerate(values):
        if number < len(array):
            _update(array[number], entry)
        else:
            table = tomlkit.table()
            _update(table, entry)
            array.append(table)
    while len(array) > len(values):
        del array[len(values)]
