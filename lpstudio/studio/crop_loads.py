"""Between a session and the crops on disk: what stands on a crop is read in threads, with its text and its origin.

The newest content counts, also while it is not in its label file yet.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from lpstudio.dataset.types import CropContent, Origin
from lpstudio.errors import LpStudioError
from lpstudio.studio.jobs import Jobs, plain_message

if TYPE_CHECKING:
    from lpstudio.dataset.project import Project
    from lpstudio.studio.crop_saver import CropSaver

_log = logging.getLogger(__name__)


class CropLoads(QObject):
    """Reads crops; call from the GUI thread only.

    ``texts``: the plate texts that were read or set in this session. ``origins``: where the crops that were read were
    cut from.
    """

    loaded = Signal(str, object, object, str)  # key, CropContent, (width, height) | None, fault

    def __init__(self, project: Project, saver: CropSaver, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._saver = saver
        self._jobs = jobs
        self.texts: dict[str, str] = {}
        self.origins: dict[str, Origin | None] = {}

    def request(self, key: str, then: Callable[[CropContent, str], object] | None = None) -> None:
        """Read what stands on a crop in a thread; then ``loaded`` comes, or ``then(content, fault)`` where given.

        ``fault`` is empty, or says why the picture cannot be shown. Bad lines of a label file come inside the content.
        """
        project, moment = self._project, self._saver.writer.moment(key)

        def answer(content: CropContent, size: tuple[int, int] | None, fault: str) -> None:
            if then is not None:
                then(content, fault)
            else:
                self.loaded.emit(key, content, size, fault)

        def work() -> tuple[CropContent, str, tuple[int, int] | None, str, str, Origin | None]:
            from lpstudio.dataset.images import image_size

            size: tuple[int, int] | None = None
            fault = digest = ""
            content = CropContent()
            try:
                size = image_size(project.image_path(key))
                content, digest = project.look(key)
            except (LpStudioError, OSError) as error:
                fault = plain_message(error)
            _ = project.plate_texts  # read here, in the thread
            return content, digest, size, fault, project.text(key) or "", project.origin(key)

        def done(result: tuple[CropContent, str, tuple[int, int] | None, str, str, Origin | None]) -> None:
            content, digest, size, fault, text, origin = result
            self.texts.setdefault(key, text)
            self.origins[key] = origin
            unsaved = self._saver.unsaved(key)
            if unsaved is not None:
                content = unsaved
                fault = "" if size is not None else fault  # what the label file says does not count yet
            elif not fault:
                content = self._saver.accept(key, content, digest, moment, as_it_is=then is not None)
            answer(content, size, fault)

        def failed(error: BaseException) -> None:
            _log.error("loading %s failed", key, exc_info=error)
            answer(CropContent(), None, plain_message(error))

        self._jobs.run(work, done, failed)

    def look_for_change(self, key: str, then: Callable[[bool], object]) -> None:
        """``then(whether the label file of a crop is not as it was last read or written here)``."""
        known, project = self._saver.writer.known(key), self._project

        def work() -> bool:
            return known is not None and project.is_present and project.digest(key) != known

        self._jobs.run(work, then, lambda _error: then(False))
