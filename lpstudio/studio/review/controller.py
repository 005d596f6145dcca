"""What Review does, without its widgets: source, weights, readings, the current picture and character, decisions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from lpstudio.dataset.types import CropContent, CropState
from lpstudio.studio.jobs import Jobs, plain_message
from lpstudio.studio.review.crop_watch import CropWatch
from lpstudio.studio.review.edits import DatasetEdits
from lpstudio.studio.review.footage import FootagePlayer, VideoInfo
from lpstudio.studio.review.items import Rectangle, ReviewItem, ReviewList
from lpstudio.studio.review.player import format_timecode, frames_of_range
from lpstudio.studio.review.reading_choice import ReadingChoice
from lpstudio.studio.review.reading_desk import ReadingDesk
from lpstudio.studio.review.reading_job import ReadOptions, ReadTarget
from lpstudio.studio.review.readings import PictureReading, ReadCharacter
from lpstudio.studio.review.sources import Source, expand, key_of
from lpstudio.studio.workspace import Notice, Severity, Studio

if TYPE_CHECKING:
    from lpstudio.studio.session import ProjectSession


class ReviewController(QObject):
    """The state of the workspace. Widgets show it and call it; everything slow happens elsewhere and is signalled."""

    source_changed = Signal()
    items_reset = Signal()  # another source's items
    items_touched = Signal(list)  # ids whose row looks different now
    item_appended = Signal()
    current_changed = Signal()  # another item, or none
    current_updated = Signal()  # the current item's reading, marks or labels changed
    character_changed = Signal()
    rectangle_changed = Signal()

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.items = ReviewList()
        self.source: Source | None = None
        self.source_fault = ""
        self.current: ReviewItem | None = None
        self.character: int | None = None
        self.rectangle: Rectangle | None = None
        self._session: ProjectSession | None = None
        self._jobs = Jobs(self, threads=1)
        self.choice = ReadingChoice(self._jobs, self)
        self._expanding = 0
        self._by_key: dict[str, int] = {}
        self.edits = DatasetEdits(self)
        self.player = FootagePlayer(studio.workers.tools, self)
        self.desk = ReadingDesk(studio.workers.reader, self)
        self.desk.read.connect(self._take_reading)
        self.desk.broke.connect(self._reading_broke)
        self.edits.marks_changed.connect(self._marks_changed)
        self.edits.content_known.connect(self._hold_against)
        self._watch = CropWatch(self)
        self._watch.known.connect(self._hold_against)
        self._watch.state_changed.connect(lambda key: self.touched(self._by_key[key]))
        self.edits.refused.connect(lambda text: self.say(text, Severity.WARNING))
        self.edits.told.connect(lambda text: self.say(text, Severity.INFO))
        self.player.opened.connect(self._video_opened)
        self.player.open_failed.connect(self._video_failed)
        self.player.frame_failed.connect(lambda frame, text: self.say(text, Severity.WARNING))
        self.player.frame_shown.connect(self._frame_shown)

    # -- the project -------------------------------------------------------------------------------------------------

    @property
    def session(self) -> ProjectSession | None:
        return self._session

    def set_session(self, session: ProjectSession | None) -> None:
        """Another project is open, or none."""
        if self._session is not None:
            self._session.similarity_changed.disconnect(self.choice.note_change)
            self._session.index_changed.disconnect(self._find_keys)
        self._session = session
        self.edits.set_session(session)
        self._watch.set_session(session)
        if session is not None:
            session.similarity_changed.connect(self.choice.note_change)
            session.index_changed.connect(self._find_keys)
        if self.source is not None and self.source.split:
            self.set_source(None)
        else:
            self._by_key.clear()
            for item in self.items.items:
                item.key, item.added, item.labels, item.missed = "", {}, None, ()
            self.current_updated.emit()
        self.look_for_weights(other_project=True)

    def _find_keys(self) -> None:
        """Pictures chosen by themselves may be crops of the project; its list of crops has just come or changed."""
        session, number = self._session, self._expanding
        if session is None or self.source is None or self.source.split or self.source.video is not None:
            return
        project, index = session.project, session.index
        paths = [Path(item.path) for item in self.items.items]

        def done(keys: list[str]) -> None:
            if number != self._expanding or session is not self._session:
                return
            for item, key in zip(self.items.items, keys, strict=True):
                if key and not item.key:
                    self.crop_became(item, key)

        self._jobs.run(lambda: [key_of(path, project, index) for path in paths], done)

    def shut_down(self) -> None:
        """Stop everything that belongs to this workspace."""
        self.desk.stop()
        self.player.shut_down()
        self._jobs.close()

    def say(self, text: str, severity: Severity, command_id: str = "", title: str = "") -> None:
        """Show a notice above the workspace."""
        self.studio.notify(Notice(text, severity, command_id, title))

    # -- what is read with -------------------------------------------------------------------------------------------

    def look_for_weights(self, *, other_project: bool = False) -> None:
        """Look again which weights there are."""
        root = self._session.project.root if self._session is not None else None
        self.choice.look_for_weights(root, other_project=other_project)

    def use_formats(self, formats: str) -> None:
        """Prefer other plate formats; the picture on the screen is read again at once."""
        if self.choice.use_formats(formats):
            self._read_anew()

    def look_twice(self, twice: bool) -> None:
        """Look at every picture in two sizes, or in one; the picture on the screen is read again at once."""
        if self.choice.look_twice(twice):
            self._read_anew()

    def _read_anew(self) -> None:
        if self.current is not None and self.current.reading is not None and self.can_read:
            self.read_current()

    @property
    def can_read(self) -> bool:
        return self.choice.weights is not None and self.source is not None and not self.source_fault

    def _options(self) -> ReadOptions:
        return self.choice.options(self._session.similarity if self._session is not None else None)

    # -- source ------------------------------------------------------------------------------------------------------

    def set_source(self, source: Source | None) -> None:
        """Put another source under review."""
        self.desk.stop()
        self._expanding += 1
        self.player.close()
        self.edits.forget()
        self._watch.forget()
        self.source = source
        self.source_fault = ""
        self.rectangle = None
        self._take_items([])
        self.source_changed.emit()
        self.rectangle_changed.emit()
        if source is None:
            return
        if source.video is not None:
            self.player.open(source.video)
            return
        project = self._session.project if self._session is not None else None
        index = self._session.index if self._session is not None else None
        number = self._expanding

        def done(items: list[ReviewItem]) -> None:
            if number == self._expanding:
                self._take_items(items)

        def failed(error: BaseException) -> None:
            if number == self._expanding:
                self.source_fault = plain_message(error)
                self.source_changed.emit()

        self._jobs.run(lambda: expand(source, project, index), done, failed)

    def _take_items(self, items: list[ReviewItem]) -> None:
        self.items.replace_items(items)
        self._by_key = {item.key: item.id for item in self.items.items if item.key}
        self.items_reset.emit()
        self.select(self.items.visible[0] if self.items.visible else None)

    def _video_opened(self, info: VideoInfo) -> None:
        if info.fault:
            self.say(f"{info.path.name}: {info.fault}", Severity.WARNING)
        self.source_changed.emit()

    def _video_failed(self, message: str) -> None:
        self.source_fault = message
        self.source_changed.emit()

    # -- current item and character ------------------------------------------------------------------------------------

    def select(self, item_id: int | None) -> None:
        """Put a picture or frame in front."""
        item = self.items.items[item_id] if item_id is not None else None
        if item is not None and item.frame is not None:
            self.player.pause()
            if item.rectangle != self.rectangle:
                self.set_rectangle(item.rectangle)
            if self.player.shown != item.frame:
                self.player.seek(item.frame)
        self._set_current(item)

    def _set_current(self, item: ReviewItem | None) -> None:
        if item is self.current and item is not None:
            return
        self.current = item
        self.character = self._first_open(item)
        self.current_changed.emit()

    @staticmethod
    def _first_open(item: ReviewItem | None) -> int | None:
        if item is None or not item.marks:
            return None
        return next((at for at, mark in enumerate(item.marks) if not mark.decided), 0)

    def select_character(self, index: int | None) -> None:
        """Make a character the current one."""
        if self.current is None or not self.current.marks:
            index = None
        elif index is not None:
            index = max(0, min(len(self.current.marks) - 1, index))
        if index != self.character:
            self.character = index
            self.character_changed.emit()

    @property
    def plate(self) -> int:
        """The plate of the current character."""
        if self.current is None or self.current.reading is None or self.character is None:
            return 0
        return self.current.reading.plate_of(self.character)

    @property
    def read_character(self) -> ReadCharacter | None:
        """The current character as it was read."""
        if self.current is None or self.current.reading is None or self.character is None:
            return None
        return self.current.reading.characters[self.character]

    @property
    def alternative(self) -> str:
        """What Tab would take for the current character."""
        return self.alternative_of(self.character)

    def alternative_of(self, index: int | None) -> str:
        """The best candidate of a character other than the class that it has now."""
        item = self.current
        if item is None or item.reading is None or index is None:
            return ""
        here = item.marks[index].char
        return next((c.char for c in item.reading.characters[index].candidates if c.char != here), "")

    def move(self, step: int) -> None:
        """To the next or previous picture of the list."""
        neighbour = self.items.neighbour(self.current.id if self.current is not None else None, step)
        if neighbour is not None:
            self.select(neighbour)

    # -- decisions -----------------------------------------------------------------------------------------------------

    def give(self, index: int, char: str) -> None:
        """A person says which class a character has."""
        if self.current is not None and index < len(self.current.marks):
            self.edits.give(self.current, index, char)

    def accept_character(self) -> None:
        """The current character is right as it stands; on to the next."""
        if self.current is not None and self.character is not None:
            index = self.character
            self.edits.give(self.current, index, self.current.marks[index].char)
            self.select_character(index + 1)

    def accept_all(self) -> None:
        """The whole reading is right as it stands; on to the next one that is open."""
        if self.current is None or not self.edits.accept_all(self.current, self.character):
            return
        following = self.items.next_open(self.current.id)
        if following is not None:
            self.select(following)

    def take_hypothesis(self, row: int) -> None:
        """Let the current plate say another of its hypotheses."""
        item = self.current
        if item is not None and item.reading is not None:
            plate = item.reading.plates[self.plate]
            self.edits.take_text(item, self.plate, plate.hypotheses[row].text, self.character)

    def undo(self) -> None:
        self._show_step(self.edits.undo())

    def redo(self) -> None:
        self._show_step(self.edits.redo())

    def _show_step(self, item: ReviewItem | None) -> None:
        if item is not None and item is not self.current and item.id < len(self.items.items):
            self.select(item.id)

    def _marks_changed(self, item_id: int, character: int | None) -> None:
        self.touched(item_id)
        if self.current is not None and self.current.id == item_id:
            if character is not None and character < len(self.current.marks):
                self.character = character
            self.current_updated.emit()

    def keep_drafts(self, items: Sequence[ReviewItem]) -> None:
        """Keep readings as drafts of crops that no person has worked on."""
        session = self._session
        if session is None:
            return
        drafted = 0
        for item in items:
            free = item.key and session.state(item.key) in (CropState.UNLABELLED, CropState.DRAFT)
            if free and item.reading is not None and item.marks:
                session.set_draft(item.key, self.edits.characters_of(item, range(len(item.marks))))
                drafted += 1
        if drafted:
            few = "1 reading is" if drafted == 1 else f"{drafted} readings are"
            self.say(f"{few} kept as a draft; a person's work was not touched", Severity.INFO)
        else:
            self.say("There is no unlabelled crop with a reading to keep as a draft", Severity.INFO)

    def touched(self, item_id: int) -> None:
        """An item changed: its row looks different now."""
        self.items.note(item_id)
        self.items_touched.emit([item_id])

    # -- reading -------------------------------------------------------------------------------------------------------

    @property
    def can_read_on(self) -> bool:
        return not self.desk.active and self.desk.left > 0 and self.choice.weights is not None

    def read(self) -> None:
        """Read what was not read with these weights and formats; all of it again when there is nothing such."""
        if not self.can_read:
            return
        if self.source is not None and self.source.video is not None:
            self.read_frame()
            return
        waiting = [item for item in self.items.items if item.read_with != self.choice.count]
        targets = [ReadTarget(item.path, item.id) for item in waiting or self.items.items]
        self.desk.read_many(targets, self._options())

    def read_current(self) -> None:
        """Read the picture or frame in front (again)."""
        if not self.can_read:
            return
        if self.current is not None and self.current.frame is None:
            self.desk.read_one(ReadTarget(self.current.path, self.current.id), self._options())
        else:
            self.read_frame()

    def read_frame(self) -> None:
        """Read the rectangle on the frame on the screen, or the whole frame."""
        video = self.source.video if self.source is not None else None
        if video is not None and self.can_read and self.player.shown is not None:
            self.player.pause()
            target = ReadTarget(str(video), frame=self.player.shown, rectangle=self.rectangle)
            self.desk.read_one(target, self._options())

    def read_range(self, first: int, last: int, step: int) -> None:
        """Read every ``step``-th frame of a range, in the rectangle or whole."""
        video = self.source.video if self.source is not None else None
        if video is not None and self.can_read:
            targets = [
                ReadTarget(str(video), frame=number, rectangle=self.rectangle)
                for number in frames_of_range(first, last, step)
            ]
            self.desk.read_many(targets, self._options())

    def _take_reading(self, target: ReadTarget, reading: PictureReading) -> None:
        if target.frame is not None:
            item = self._frame_item(target, reading)
        elif target.item < len(self.items.items):
            item = self.items.items[target.item]
        else:
            return
        item.set_reading(reading)
        item.read_with = self.choice.count
        if item.key:
            self._watch.watch(item.key)
        self.touched(item.id)
        if item is self.current:
            self.character = self._first_open(item)
            self.current_updated.emit()
        elif self.current is None and self.player.shown == target.frame:
            self._set_current(item)

    def _frame_item(self, target: ReadTarget, reading: PictureReading) -> ReviewItem:
        assert target.frame is not None
        found = self.items.on_frame(target.frame, target.rectangle)
        if found is not None and found.rectangle == target.rectangle:
            return found
        time_s = reading.time_s if reading.time_s is not None else 0.0
        item = ReviewItem(
            0,
            f"frame {target.frame} · {format_timecode(time_s)}",
            target.path,
            frame=target.frame,
            rectangle=target.rectangle,
        )
        self.items.append(item)
        self.item_appended.emit()
        return item

    def _frame_shown(self, number: int, _image: object, _seconds: float) -> None:
        """The reading of the frame on the screen is the current one, whichever way the frame came there."""
        if self.current is not None and self.current.frame == number:
            self.current_updated.emit()
            return
        self._set_current(self.items.on_frame(number, self.rectangle))

    def set_rectangle(self, rectangle: Rectangle | None) -> None:
        """Read only this part of frames; None: whole frames."""
        self.rectangle = rectangle
        self.rectangle_changed.emit()

    def _reading_broke(self, message: str, left: int) -> None:
        rest = f"{left} pictures are not read yet" if left > 1 else "the picture is not read yet"
        self.say(f"{message.rstrip('.')}; {rest}.", Severity.ERROR, "review.read_on", "Read on")
        self.studio.commands.refresh()

    # -- what the crops say -------------------------------------------------------------------------------------------

    def _hold_against(self, key: str, content: CropContent, state: CropState) -> None:
        number = self._by_key.get(key)
        item = self.items.items[number] if number is not None else None
        if item is None or item.reading is None:
            return
        item.set_content(content, state)
        self.touched(item.id)
        if item is self.current:
            self.current_updated.emit()

    def run_in_thread(self, work: Callable[[], object], on_done: Callable[[object], object]) -> None:
        """Run something slow in this workspace's thread; failures become notices."""
        self._jobs.run(work, on_done, lambda error: self.say(plain_message(error), Severity.ERROR))

    def crop_became(self, item: ReviewItem, key: str) -> None:
        """A picture from elsewhere is a crop of the project now."""
        item.key = key
        self._by_key[key] = item.id
        if item.reading is not None:
            self._watch.watch(key)
        self.touched(item.id)
        if item is self.current:
            self.current_updated.emit()

    @property
    def source_path(self) -> Path | None:
        """The file in front: the picture, or the video."""
        if self.current is not None:
            return Path(self.current.path)
        return self.source.video if self.source is not None else None
