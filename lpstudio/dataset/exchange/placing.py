"""Finding the crop of a project that a picture from elsewhere is, or making one."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from lpstudio.dataset.additions import extend_list, free_name, place_file, split_folder
from lpstudio.dataset.atomic import write_error
from lpstudio.dataset.exchange.names import safe_file_name, stem_of
from lpstudio.dataset.project import Project
from lpstudio.dataset.scan import label_path
from lpstudio.errors import LpStudioError

_CHUNK = 1 << 20


@dataclass
class Placer:
    """Finds and adds the crops of one import. Each crop of the project is given once."""

    project: Project
    _stems: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # stem -> (key, split)
    _claimed: set[str] = field(default_factory=set)
    _taken: dict[Path, set[str]] = field(default_factory=dict)
    _listed: dict[Path, list[Path]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        index = self.project.scan()
        for split in index.splits:
            for i in index.range_of(split):
                key = index.keys[i]
                stem = stem_of(key).lower()
                # A picture that was numbered when it came is found again under the name it had.
                for name in {stem, re.sub(r"-\d{1,6}$", "", stem)}:
                    self._stems.setdefault(name, []).append((key, split))

    def find(self, name: str, split: str | None, picture: Path | None) -> str | None:
        """The crop that a picture is: the same bytes under the same name (a number added when it came aside).

        Without the picture the name alone counts; LpStudioError when several crops have it, or it was given already.
        """
        names = dict.fromkeys((stem_of(name).lower(), stem_of(safe_file_name(name)).lower()))
        candidates = [c for stem in names for c in self._stems.get(stem, ())]
        wanted = name.replace("\\", "/").rpartition(".")[0].lower()
        ordered = sorted(
            dict.fromkeys(candidates),
            key=lambda c: (not _ends_with(c[0], wanted), c[1] != split, stem_of(c[0]).lower() not in names, c[0]),
        )
        if picture is not None:
            free = (key for key, _ in ordered if key not in self._claimed)
            found = next((key for key in free if _same_bytes(picture, self.project.image_path(key))), None)
        else:
            found = self._by_name(ordered, names, wanted, split)
        if found is not None:
            self._claimed.add(found)
        return found

    def _by_name(
        self, ordered: list[tuple[str, str]], names: dict[str, None], wanted: str, split: str | None
    ) -> str | None:
        exact = [c for c in ordered if stem_of(c[0]).lower() in names]
        for narrower in (
            [c for c in exact if _ends_with(c[0], wanted) and "/" in wanted],
            [c for c in exact if c[1] == split],
        ):
            exact = narrower if len(narrower) == 1 else exact
        if len(exact) > 1:
            raise LpStudioError(f"{len(exact)} crops of the project have this name, and the picture is not there")
        if exact and exact[0][0] in self._claimed:
            raise LpStudioError("another annotation of the same picture; the first was taken")
        return exact[0][0] if exact else None

    def add(self, picture: Path, name: str, split: str) -> str:
        """Copy a picture into a split under a free name; returns its key. Raises LpStudioError."""
        folder, list_file = split_folder(self.project, split)
        try:
            if folder not in self._taken:
                folder.mkdir(parents=True, exist_ok=True)
                self._taken[folder] = {entry.stem.lower() for entry in folder.iterdir()}
            while True:
                file = free_name(safe_file_name(name), self._taken[folder])
                if label_path(folder / file).exists():
                    continue
                with suppress(FileExistsError):
                    place_file(picture, folder / file)
                    break
        except OSError as error:
            raise write_error(error, folder) from error
        if list_file is not None:
            self._listed.setdefault(list_file, []).append(folder / file)
        key = self.project.key_of(folder / file)
        self._claimed.add(key)
        return key

    def finish(self) -> None:
        """Name the new pictures in the lists of the splits that have lists. Raises LpStudioError."""
        for list_file, added in self._listed.items():
            extend_list(list_file, added)
        self._listed.clear()


def _ends_with(key: str, wanted: str) -> bool:
    stem = key.rpartition(".")[0].lower()
    return stem == wanted or stem.endswith(f"/{wanted}")


def _same_bytes(a: Path, b: Path) -> bool:
    try:
        if a.stat().st_size != b.stat().st_size:
            return False
        with a.open("rb") as one, b.open("rb") as other:
            while True:
                piece = one.read(_CHUNK)
                if piece != other.read(_CHUNK):
                    return False
                if not piece:
                    return True
    except OSError:
        return False
