"""XML from elsewhere, read with expat: a document type, and with it every entity, is refused at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from lpstudio.dataset.exchange import limits
from lpstudio.dataset.exchange.report import shown
from lpstudio.dataset.exchange.tree import Tree
from lpstudio.errors import LpStudioError

_CHUNK = 1 << 16


@dataclass(slots=True)
class Element:
    """One element with what stands below it; ``line`` is where it begins."""

    tag: str
    attributes: dict[str, str]
    line: int
    texts: list[str] = field(default_factory=list)
    children: list[Element] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text directly in it."""
        return "".join(self.texts)

    def first(self, tag: str) -> Element | None:
        """The first child of this name, or None."""
        return next((child for child in self.children if child.tag == tag), None)

    def all(self, tag: str) -> list[Element]:
        """The children of this name."""
        return [child for child in self.children if child.tag == tag]

    def value(self, *path: str) -> str:
        """The text of the element down a path of names, without blanks around; empty where there is none."""
        found: Element | None = self
        for tag in path:
            found = found.first(tag) if found is not None else None
        return found.text.strip() if found is not None else ""


class _Refused(Exception):  # noqa: N818 (it never leaves this module)
    """Why a document is refused."""


class _Builder:
    """Collects the finished elements of the wanted names; others are passed over, with their texts."""

    def __init__(self, parser: expat.XMLParserType, wanted: frozenset[str]) -> None:
        self.finished: list[Element] = []
        self.root = ""
        self._parser = parser
        self._wanted = wanted
        self._open: list[Element] = []
        self._depth = 0
        self._count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > limits.MAX_DEPTH:
            raise _Refused("refused: nested too deeply")
        self.root = self.root or tag
        if self._open or tag in self._wanted:
            self._count = self._count + 1 if self._open else 1
            if self._count > limits.MAX_ELEMENTS:
                raise _Refused(f"refused: more than {limits.MAX_ELEMENTS} elements for one picture")
            element = Element(tag, attributes, self._parser.CurrentLineNumber)
            if self._open:
                self._open[-1].children.append(element)
            self._open.append(element)

    def end(self, _: str) -> None:
        self._depth -= 1
        if self._open:
            element = self._open.pop()
            if not self._open:
                self.finished.append(element)

    def text(self, data: str) -> None:
        if self._open:
            self._open[-1].texts.append(data)

    def refuse(self, *_: Any) -> Any:
        raise _Refused("refused: it has a document type (DOCTYPE), which can hide entities")


def elements(tree: Tree, name: str, wanted: set[str]) -> Iterator[Element]:
    """The outermost elements with one of the ``wanted`` names, one after the other as they are read.

    Raises LpStudioError (file, line) where the document breaks; what stood before has been handed out.
    """
    parser = expat.ParserCreate()
    builder = _Builder(parser, frozenset(wanted))
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = builder.refuse
    parser.EntityDeclHandler = builder.refuse
    parser.ExternalEntityRefHandler = builder.refuse
    data = tree.read(name, limits.MAX_ANNOTATION_BYTES)
    place = tree.place(name)
    for start in range(0, len(data) + _CHUNK, _CHUNK):
        fault: tuple[str, int] | None = None
        try:
            parser.Parse(data[start : start + _CHUNK], start >= len(data))
        except _Refused as refused:
            fault = (str(refused), parser.CurrentLineNumber)
        except expat.ExpatError as error:
            fault = (f"broken XML: {expat.ErrorString(error.code)}", error.lineno)
        except (ValueError, LookupError, UnicodeError) as error:  # an encoding that nobody knows
            fault = (f"broken XML: {shown(error)}", 1)
        yield from builder.finished
        builder.finished.clear()
        if fault:
            raise LpStudioError(fault[0], path=place.file, line=fault[1])


def looks_like(tree: Tree, name: str, root: str) -> bool:
    """Whether the first element of an XML file has this name."""
    parser = expat.ParserCreate()
    builder = _Builder(parser, frozenset())
    parser.StartElementHandler = builder.start
    parser.StartDoctypeDeclHandler = builder.refuse
    with suppress(_Refused, expat.ExpatError, ValueError, LookupError, UnicodeError):
        parser.Parse(tree.ends(name), False)
    return builder.root == root


def clean(text: str) -> str:
    """Without the signs that XML cannot hold."""
    return "".join(c for c in text if c in "\t\n\r" or " " <= c < "\ud800" or "\ue000" <= c < "\ufffe" or c > "\uffff")


def element(tag: str, text: str = "", /, **attributes: str) -> str:
    """One element without children, on one line."""
    opening = tag + "".join(f" {key}={quoteattr(clean(value))}" for key, value in attributes.items())
    return f"<{opening}>{escape(clean(text))}</{tag}>"
