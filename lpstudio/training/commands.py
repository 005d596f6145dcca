"""Commands to a running training, read from ``commands.jsonl`` in the run's folder."""

from __future__ import annotations

import json
from pathlib import Path


class CommandReader:
    """Reads new commands as they are appended. Looking when there is none costs one ``stat``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def poll(self) -> list[str]:
        """The commands since the last call, oldest first."""
        try:
            if self._path.stat().st_size <= self._offset:
                return []
            with self._path.open("rb") as stream:
                stream.seek(self._offset)
                data = stream.read()
        except OSError:
            return []
        end = data.rfind(b"\n") + 1
        self._offset += end
        commands = []
        for line in data[:end].splitlines():
            try:
                commands.append(str(json.loads(line)["command"]))
            except (ValueError, KeyError, TypeError):
                continue
        return commands
