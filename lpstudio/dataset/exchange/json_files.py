"""JSON from elsewhere: bounded, and told apart by its first and last kilobytes."""

from __future__ import annotations

import json
from typing import Any

from lpstudio.dataset.exchange import limits
from lpstudio.dataset.exchange.report import shown
from lpstudio.dataset.exchange.tree import Tree
from lpstudio.errors import LpStudioError


def load_json(tree: Tree, name: str, most: int = limits.MAX_ANNOTATION_BYTES) -> Any:
    """The content of a JSON file. Raises LpStudioError (file, line) for one that is broken, too large or too deep."""
    data = tree.read(name, most)
    place = tree.place(name)
    try:
        return json.loads(data)
    except json.JSONDecodeError as error:
        raise LpStudioError(f"broken JSON: {error.msg}", path=place.file, line=error.lineno) from error
    except UnicodeDecodeError as error:
        raise LpStudioError("broken JSON: not written in UTF-8", path=place.file) from error
    except RecursionError as error:
        raise LpStudioError("refused: nested too deeply", path=place.file) from error
    except ValueError as error:  # a number of thousands of digits
        raise LpStudioError(f"broken JSON: {shown(error)}", path=place.file) from error
    except MemoryError as error:
        raise LpStudioError("too large for the memory", path=place.file) from error


def dump_json(value: Any) -> str:
    """Compact JSON; numbers are finite by construction, so anything else is a fault of ours."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def looks_like(tree: Tree, name: str, opening: str, *keys: str) -> bool:
    """Whether a JSON file opens with ``opening`` and names one of ``keys`` near its beginning or end."""
    ends = tree.ends(name)
    head = ends.removeprefix(b"\xef\xbb\xbf").lstrip()
    return head.startswith(opening.encode()) and any(f'"{key}"'.encode() in ends for key in keys)


def mapping(value: Any) -> dict[str, Any]:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """The value where it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def text_of(value: Any) -> str | None:
    """The value where it is a text that is not blank, else None."""
    return value if isinstance(value, str) and value.strip() else None


def size_of(width: Any, height: Any) -> tuple[int, int] | None:
    """Width and height where both are whole positive numbers, else None (unknown)."""
    result = []
    for value in (width, height):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 1 <= value <= 1_000_000:
            return None
        if value != int(value):
            return None
        result.append(int(value))
    return result[0], result[1]
