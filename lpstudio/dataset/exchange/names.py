"""Names of pictures and classes on their way between programs."""

from __future__ import annotations

import re

from lpstudio.dataset.additions import safe_stem
from lpstudio.dataset.images import is_image_name

SPLITS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
}
_MAX_STEM_BYTES = 180  # of the 255 that a name may have; numbers and temporary endings want room


def split_of(*hints: str | None) -> str | None:
    """The split that the first of some names or paths tells by a part of it; None where none does."""
    for hint in hints:
        if not hint:
            continue
        parts = hint.replace("\\", "/").lower().split("/")
        found = next((SPLITS[part] for part in reversed(parts) if part in SPLITS), None)
        if found:
            return found
    return None


def split_of_file(name: str) -> str | None:
    """The split that an annotation file is for: by its folder, or a word of its name (``instances_val2017.json``)."""
    words = re.findall(r"[a-z]+", name.rpartition("/")[2].rpartition(".")[0].lower())
    return next((SPLITS[word] for word in words if word in SPLITS), None) or split_of(name.rpartition("/")[0])


def safe_file_name(name: str) -> str:
    """A plain file name that every system takes, from whatever a file calls its picture."""
    stem, dot, ending = name.replace("\\", "/").rpartition("/")[2].rpartition(".")
    if not dot or not is_image_name(f"x.{ending}"):
        stem, ending = f"{stem}{dot}{ending}", "png"
    return f"{_fitting(stem)}.{ending.lower() if ending.isascii() else 'png'}"


def safe_path(name: str) -> str:
    """A relative posix path whose parts every system takes."""
    *folders, last = [part for part in name.split("/") if part not in ("", ".", "..")]
    return "/".join([*(_fitting(folder) for folder in folders), safe_file_name(last)])


def _fitting(stem: str) -> str:
    """As :func:`safe_stem`, in bytes too, and without half characters."""
    cleaned = safe_stem(stem.encode("utf-8", "replace").decode("utf-8"))
    cleaned = "".join(c if c.isprintable() else "_" for c in cleaned)
    return cleaned.encode("utf-8")[:_MAX_STEM_BYTES].decode("utf-8", "ignore") or "crop"


def stem_of(name: str) -> str:
    """The file name without folders and ending."""
    last = name.replace("\\", "/").rpartition("/")[2]
    stem, dot, ending = last.rpartition(".")
    return stem if dot and is_image_name(f"x.{ending}") else last
