"""What stands in the edit journal: JSON of what is unwritten, and of steps, each as its difference to the last one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from lpstudio.dataset.records import character_from_dict, character_to_dict
from lpstudio.dataset.types import Character, CropContent, CropState, UnreadLine

DO, MERGE, UNDO, REDO = "do", "merge", "undo", "redo"
_CACHED = 20_000  # characters whose JSON is kept


@dataclass(frozen=True, slots=True)
class Standing:
    """All that a person sees and edits of a crop: what stands on it, its state and its plate text."""

    content: CropContent = field(default_factory=CropContent)
    state: CropState = CropState.UNLABELLED
    text: str = ""


@dataclass(frozen=True, slots=True)
class StepNote:
    """A step of a crop's undo history. ``op``: DO, MERGE (with the step before: one gesture), UNDO or REDO."""

    op: str
    title: str
    before: Standing
    after: Standing


@dataclass(frozen=True, slots=True)
class Unwritten:
    """What must still be done for a crop: save ``content`` with ``state``, then set the state ``then`` and the text.

    None: nothing of that kind. ``expected``: the digest that the label file must have, so that nobody else's change is
    overwritten; None: whatever stands there.
    """

    key: str
    ticket: int
    content: CropContent | None = None
    state: CropState | None = None
    then: CropState | None = None
    text: str | None = None
    expected: str | None = None


@dataclass(slots=True)
class RecalledStep:
    title: str
    before: Standing
    after: Standing


@dataclass(slots=True)
class Recalled:
    """The history of one crop: steps behind (oldest first), steps ahead (nearest last), and how the crop stood.

    ``versions``: how it stood at any time, what was merged or done otherwise later included.
    """

    done: list[RecalledStep] = field(default_factory=list)
    undone: list[RecalledStep] = field(default_factory=list)
    now: Standing = field(default_factory=Standing)
    versions: list[Standing] = field(default_factory=list)


class Encoder:
    """Writes entries; remembers how each crop stood, because a step holds only what it changed."""

    def __init__(self) -> None:
        self._texts: dict[int, tuple[Character, str]] = {}
        self._last: dict[str, tuple[str, Standing]] = {}

    def mark(self) -> dict[str, tuple[str, Standing]]:
        """Where :meth:`go_back` comes back to when the entries were not written after all."""
        return dict(self._last)

    def go_back(self, mark: dict[str, tuple[str, Standing]]) -> None:
        self._last = mark

    def forget(self) -> None:
        """Begin every crop anew with the whole of it."""
        self._last.clear()

    def _characters(self, characters: Iterable[Character]) -> list[str]:
        if len(self._texts) > _CACHED:
            self._texts.clear()
        texts = self._texts
        result = []
        for character in characters:
            known = texts.get(id(character))
            if known is None or known[0] is not character:
                known = (character, json.dumps(character_to_dict(character), separators=(",", ":")))
                texts[id(character)] = known
            result.append(known[1])
        return result

    def _standing(self, standing: Standing) -> str:
        unread = json.dumps([[line.line, line.text, line.fault] for line in standing.content.unread])
        characters = ",".join(self._characters(standing.content.characters))
        rest = json.dumps([standing.state.value, standing.text])
        return f'{{"characters":[{characters}],"unread":{unread},"rest":{rest}}}'

    def unwritten(self, what: Unwritten) -> str:
        parts = [f'"expected":{json.dumps(what.expected)}']
        if what.content is not None:
            unread = json.dumps([[line.line, line.text, line.fault] for line in what.content.unread])
            parts.append(f'"characters":[{",".join(self._characters(what.content.characters))}],"unread":{unread}')
        for name, state in (("state", what.state), ("then", what.then)):
            if state is not None:
                parts.append(f'"{name}":{json.dumps(state.value)}')
        if what.text is not None:
            parts.append(f'"text":{json.dumps(what.text)}')
        return f"{{{','.join(parts)}}}"

    @staticmethod
    def read_unwritten(key: str, ticket: int, text: str) -> Unwritten:
        """The inverse of :meth:`unwritten`. Raises ValueError for anything else."""
        try:
            data = json.loads(text)
            content = _content(data) if "characters" in data else None
            state, then = (CropState(data[n]) if data.get(n) is not None else None for n in ("state", "then"))
            return Unwritten(key, ticket, content, state, then, data.get("text"), data.get("expected"))
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"not understood: {error}") from error

    def step(self, key: str, note: StepNote, place: str) -> str:
        """A step; with the whole crop before it when the steps before it stand elsewhere, or say something else."""
        known = self._last.get(key)
        base = ""
        if known is None or known[0] != place or known[1] != note.before:
            base = f'"base":{self._standing(note.before)},'
        self._last[key] = (place, note.after)
        if note.op in (UNDO, REDO):
            return f'{{{base}"n":0}}'
        before, after = note.before, note.after
        changes = [f'"items":[{",".join(self._items(before.content.characters, after.content.characters))}]']
        if after.content.unread != before.content.unread:
            changes.append(
                f'"unread":{json.dumps([[line.line, line.text, line.fault] for line in after.content.unread])}'
            )
        if (after.state, after.text) != (before.state, before.text):
            changes.append(f'"rest":{json.dumps([after.state.value, after.text])}')
        return f"{{{base}{','.join(changes)}}}"

    def _items(self, before: Sequence[Character], after: Sequence[Character]) -> list[str]:
        """``after`` in runs ``[first, count]`` of characters that stood in ``before``, and new characters."""
        place = {id(character): at for at, character in enumerate(before)}
        result: list[str] = []
        first, count = 0, 0
        for character in after:
            at = place.get(id(character))
            if at is not None and count and at == first + count:
                count += 1
                continue
            if count:
                result.append(f"[{first},{count}]")
            if at is None:
                result += self._characters([character])
            first, count = (0, 0) if at is None else (at, 1)
        if count:
            result.append(f"[{first},{count}]")
        return result


def _content(data: dict[str, Any]) -> CropContent:
    return CropContent(tuple(character_from_dict(each) for each in data["characters"]), _unread(data["unread"]))


def _unread(lines: Any) -> tuple[UnreadLine, ...]:
    return tuple(UnreadLine(int(number), str(text), str(fault)) for number, text, fault in lines)


def _whole(data: dict[str, Any]) -> Standing:
    state, text = data["rest"]
    return Standing(_content(data), CropState(state), str(text))


def _after(before: Standing, data: dict[str, Any]) -> Standing:
    old = before.content.characters
    characters: list[Character] = []
    for item in data["items"]:
        if isinstance(item, list):
            first, count = item
            if first + count > len(old):
                raise ValueError("a character that is not there")
            characters += old[first : first + count]
        else:
            characters.append(character_from_dict(item))
    unread = _unread(data["unread"]) if "unread" in data else before.content.unread
    state, text = data.get("rest", (before.state.value, before.text))
    return Standing(CropContent(tuple(characters), unread), CropState(state), str(text))


def recall(rows: Iterable[tuple[str, str, str]]) -> Recalled:
    """The history that (op, title, data) of one crop amount to. After what is not understood it begins anew."""
    history = Recalled()
    known = False
    for op, title, text in rows:
        try:
            data = json.loads(text)
            if "base" in data:
                base = _whole(data["base"])
                if known and base != history.now:
                    history.done.append(RecalledStep("Change elsewhere", history.now, base))
                    history.undone.clear()
                history.now = base
                history.versions.append(base)
                known = True
            if not known:
                continue
            _recall_one(history, op, title, data)
            history.versions.append(history.now)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
            history, known = Recalled(), False
    return history


def _recall_one(history: Recalled, op: str, title: str, data: dict[str, Any]) -> None:
    if op == UNDO and history.done:
        step = history.done.pop()
        history.undone.append(step)
        history.now = step.before
    elif op == REDO and history.undone:
        step = history.undone.pop()
        history.done.append(step)
        history.now = step.after
    elif op in (DO, MERGE):
        after = _after(history.now, data)
        history.undone.clear()
        if op == MERGE and history.done:
            history.done[-1] = RecalledStep(title, history.done[-1].before, after)
        else:
            history.done.append(RecalledStep(title, history.now, after))
        history.now = after
