"""Which state a crop has, and where each of its characters is kept: in the label file or beside it."""

from __future__ import annotations

from lpstudio.alphabet import Alphabet
from lpstudio.dataset import labels
from lpstudio.dataset.records import KeptCharacter
from lpstudio.dataset.types import CropContent, CropState


def effective_state(stored: CropState | None, has_labels: bool, has_draft: bool) -> CropState:
    """The state of a crop from what the store says and what is on disk.

    The disk counts where the two disagree: a verified crop whose label file was taken away is unlabelled, because a
    training would take it for a plate without characters.
    """
    if stored is CropState.IGNORED:
        return stored
    if has_labels:
        return stored if stored in (CropState.VERIFIED, CropState.IN_PROGRESS) else CropState.LABELLED
    if has_draft and stored is not CropState.VERIFIED:
        return CropState.DRAFT
    return CropState.IN_PROGRESS if stored is CropState.IN_PROGRESS else CropState.UNLABELLED


def stored_form(state: CropState) -> CropState | None:
    """What the store keeps: states that the disk tells by itself are not kept."""
    return state if state in (CropState.VERIFIED, CropState.IN_PROGRESS, CropState.IGNORED) else None


def state_after_save(wanted: CropState | None, old: CropState, content: CropContent) -> CropState:
    if wanted is None:
        return CropState.IN_PROGRESS if old in (CropState.UNLABELLED, CropState.DRAFT) else old
    something = bool(content.characters or content.unread)
    if (wanted is CropState.UNLABELLED and something) or (wanted is CropState.DRAFT and content.unread):
        return CropState.IN_PROGRESS
    return wanted


def divide(content: CropContent, alphabet: Alphabet) -> tuple[CropContent, tuple[KeptCharacter, ...]]:
    """What stands in the label file, and what the store keeps with its place among all characters."""
    written, kept = [], []
    for at, character in enumerate(content.characters):
        if labels.is_written(character, alphabet):
            written.append(character)
        else:
            kept.append(KeptCharacter(at, character))
    return CropContent(tuple(written), content.unread), tuple(kept)


def with_kept(content: CropContent, kept: tuple[KeptCharacter, ...]) -> CropContent:
    """Put the kept characters back in their places."""
    if not kept:
        return content
    characters = list(content.characters)
    for entry in sorted(kept, key=lambda k: k.at):
        characters.insert(min(entry.at, len(characters)), entry.character)
    return CropContent(tuple(characters), content.unread)
