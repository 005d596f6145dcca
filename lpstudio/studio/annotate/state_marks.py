"""How the state of a crop is shown: by a mark and a word, and by colour besides."""

from __future__ import annotations

from lpstudio.dataset.types import CropState

# The icon, and the colour token of the theme.
MARKS: dict[CropState, tuple[str, str]] = {
    CropState.UNLABELLED: ("circle-dashed", "unlabelled"),
    CropState.IN_PROGRESS: ("pencil-line", "in_progress"),
    CropState.LABELLED: ("tag", "labelled"),
    CropState.DRAFT: ("bot", "draft"),
    CropState.VERIFIED: ("badge-check", "verified"),
    CropState.IGNORED: ("ban", "ignored"),
}
