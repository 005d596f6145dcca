"""The file dialogs of Review: weights, a folder, pictures, a video."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from lpstudio.dataset.images import IMAGE_SUFFIXES
from lpstudio.reading.footage import VIDEO_SUFFIXES
from lpstudio.studio.review.controller import ReviewController
from lpstudio.studio.review.sources import Source, SourceKind
from lpstudio.studio.review.weights import WeightsChoice

_ALL = "All files (*)"
_PICTURES = f"Pictures ({' '.join(sorted(f'*.{suffix}' for suffix in IMAGE_SUFFIXES))})"
_VIDEOS = f"Videos ({' '.join(sorted(f'*{suffix}' for suffix in VIDEO_SUFFIXES))})"


class SourceDialogs:
    """Asks for files and gives them to the controller; begins where the last one was found."""

    def __init__(self, parent: QWidget, controller: ReviewController) -> None:
        self._parent = parent
        self._controller = controller
        self._folder = ""

    def choose_weights(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self._parent, "Choose weights", self._folder, f"Weights (*.pt);;{_ALL}")
        if name:
            self._folder = str(Path(name).parent)
            self._controller.choice.use_weights(WeightsChoice.of_file(Path(name)))

    def choose_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self._parent, "Review a folder", self._folder)
        if name:
            self._take(SourceKind.FOLDER, [name])

    def choose_files(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self._parent, "Review files", self._folder, f"{_PICTURES};;{_ALL}")
        if names:
            self._take(SourceKind.FILES, names)

    def choose_video(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self._parent, "Review a video", self._folder, f"{_VIDEOS};;{_ALL}")
        if name:
            self._take(SourceKind.VIDEO, [name])

    def _take(self, kind: SourceKind, names: list[str]) -> None:
        self._folder = str(Path(names[0]).parent)
        self._controller.set_source(Source(kind, paths=tuple(Path(name) for name in names)))
