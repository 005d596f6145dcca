"""Freezing a split: lists beside ``data.yaml``, and a ``data.yaml`` that names them; no picture is moved."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpstudio.dataset.atomic import create_file, remove_file, write_bytes_atomic
from lpstudio.dataset.data_yaml import SPLITS
from lpstudio.errors import LpStudioError

if TYPE_CHECKING:
    from lpstudio.dataset.project import Project
    from lpstudio.dataset.split import SplitPlan


def freeze_split(project: Project, plan: SplitPlan) -> tuple[dict[str, Path], Path]:
    """Write the lists, point ``data.yaml`` to them and note in ``lpstudio.toml`` how the split was made.

    Returns the list of each split and the copy of the old yaml. Lists get new names where there are some already, and
    the yaml is replaced last and in one piece: until then the old split stands, with its lists; and the copy goes on
    naming them. Refuses (LpStudioError) a plan that leaks, and a yaml that cannot be changed without losing something.
    """
    if plan.leaks:
        raise LpStudioError(
            f"not split: crops would leak ({len(plan.leaks)} cases; {plan.leaks[0].message})",
            path=project.yaml_path,
            remedy="Put plate into --by",
        )
    if project.read_only:
        raise LpStudioError("not split: this folder cannot be written", path=project.root)
    old = project.yaml_path.read_bytes()
    _keep_texts(project, plan)
    written: dict[str, Path] = {}
    copy: Path | None = None
    try:
        for split, keys in plan.parts.items():
            lines = "".join(f"{_line(project, key)}\n" for key in keys)
            written[split] = _new_file(project.root, f"{split}.txt", lines.encode("utf-8", "surrogateescape"))
        new = pointed_to(old, {split: path.name for split, path in written.items()}, project.yaml_path)
        copy = _new_file(project.root, f"{project.yaml_path.name}.before-split", old)
        write_bytes_atomic(project.yaml_path, new)
    except BaseException:
        for path in (*written.values(), copy):
            if path is not None:
                with suppress(LpStudioError):
                    remove_file(path)
        raise
    project.save_settings(replace(project.settings, splits=plan.settings()))
    return written, copy


def pointed_to(data: bytes, lists: Mapping[str, str], path: Path) -> bytes:
    """The bytes of a ``data.yaml`` with its splits replaced by lists beside it; all else stays, comments too.

    Raises LpStudioError when that cannot be done by changing those entries alone.
    """
    import yaml

    bom = data.startswith(b"\xef\xbb\xbf")
    try:
        text = data.decode("utf-8-sig")
        before = yaml.safe_load(text)
        changed = _changed(text, lists, path)
        after = yaml.safe_load(changed)
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise _by_hand(path, lists) from error
    gone = {*SPLITS, "validation"} | ({"path"} if "path" not in after else set())
    expected: dict[Any, Any] = {key: value for key, value in before.items() if key not in gone}
    if after != {**expected, **lists}:
        raise _by_hand(path, lists)
    return (b"\xef\xbb\xbf" if bom else b"") + changed.encode("utf-8")


def _changed(text: str, lists: Mapping[str, str], path: Path) -> str:
    import yaml

    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    entries = {key.value: (key, value) for key, value in node.value}
    if "val" not in entries and "validation" in entries:
        entries["val"] = entries.pop("validation")
    end_of_line = "\r\n" if "\r\n" in text else "\n"
    missing = [split for split in lists if split not in entries]
    edits: list[tuple[int, int, str]] = []
    for name, (key, value) in entries.items():
        start, end = key.start_mark.index, _end(key, value, text)
        if name in lists:
            named = [name, *missing] if name == "train" else [name]
            edits.append((start, end, end_of_line.join(f"{split}: {lists[split]}" for split in named)))
        elif name in (*SPLITS, "validation"):
            edits.append((start, end, f"# {name}: its crops are in the other splits now"))
        elif name == "path" and not _is_own(str(value.value), path):
            edits.append((start, end, "# path: the lists lie beside this file"))
    if "train" not in entries:
        added = "".join(f"{split}: {lists[split]}{end_of_line}" for split in missing)
        edits.append((node.start_mark.index, node.start_mark.index, added))
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _end(key: Any, value: Any, text: str) -> int:
    """Where the text of an entry ends. The parser lets block lists reach on to the next token, comments included."""
    if value.start_mark.index < key.start_mark.index:  # an alias: the node is that of the anchor
        end = text.find("\n", key.end_mark.index)
        return len(text) if end < 0 else end
    if isinstance(value.value, list) and value.flow_style is False and value.value:
        last = value.value[-1]
        last = last[-1] if isinstance(last, tuple) else last
        return _end(key, last, text)
    return int(value.end_mark.index)


def _is_own(given: str, yaml_path: Path) -> bool:
    """Whether ``path`` names the yaml's own folder for every program: as an absolute path."""
    return Path(given).is_absolute() and Path(given).resolve() == yaml_path.parent.resolve()


def _by_hand(path: Path, lists: Mapping[str, str]) -> LpStudioError:
    wanted = ", ".join(f"{split}: {name}" for split, name in lists.items())
    return LpStudioError(
        "not split: its entries cannot be changed without touching others",
        path=path,
        remedy=f"Rewrite it with {wanted}",
    )


def _line(project: Project, key: str) -> str:
    """A crop as Ultralytics finds it from a list: ``./`` is the list's folder."""
    return key if Path(key).is_absolute() else f"./{key}"


def _new_file(folder: Path, name: str, data: bytes) -> Path:
    """A new file, numbered where the name is taken."""
    stem, dot, _ = name.rpartition(".txt")
    number = 1
    while True:
        numbered = name if number == 1 else f"{stem}-{number}.txt" if dot else f"{name}-{number}"
        try:
            return create_file(folder, numbered, data)
        except FileExistsError:
            number += 1


def _keep_texts(project: Project, plan: SplitPlan) -> None:
    """Rows of ``plates.csv`` may count for one split only: a crop that moves to another keeps the text it had."""
    for split, keys in plan.parts.items():
        for key in keys:
            record = project.store.record(key)
            if record is None or record.text is None:
                text = project.text(key)
                if text != project.plate_texts.text_of(key, split):
                    project.set_text(key, text or "")
