"""One small file per kind of edit. Plain Python, no Qt."""

from lpstudio.studio.annotate.edits.add import AddCharacters
from lpstudio.studio.annotate.edits.base import Content, Edit, Item
from lpstudio.studio.annotate.edits.classify import LayText, MarkUnreadable, SetClass
from lpstudio.studio.annotate.edits.crop import EarlierEdit, SetState, SetText, TakeOver
from lpstudio.studio.annotate.edits.move import MoveCharacters
from lpstudio.studio.annotate.edits.remove import RemoveCharacters, RemoveUnreadLines
from lpstudio.studio.annotate.edits.reshape import Reshape

__all__ = [
    "AddCharacters",
    "Content",
    "EarlierEdit",
    "Edit",
    "Item",
    "LayText",
    "MarkUnreadable",
    "MoveCharacters",
    "RemoveCharacters",
    "RemoveUnreadLines",
    "Reshape",
    "SetClass",
    "SetState",
    "SetText",
    "TakeOver",
]
