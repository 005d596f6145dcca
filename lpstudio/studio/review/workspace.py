"""The Review workspace: read pictures and footage, look at every character's candidates, write what is right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QPoint, QSettings, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QImage, QResizeEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from lpstudio.studio.images import ImageLoader
from lpstudio.studio.menus import context_menu
from lpstudio.studio.review import review_commands
from lpstudio.studio.review.adding import CropAdder
from lpstudio.studio.review.canvas import ReviewCanvas
from lpstudio.studio.review.choosing import SourceDialogs
from lpstudio.studio.review.controller import ReviewController
from lpstudio.studio.review.footage_view import FootageView
from lpstudio.studio.review.guide import Guide, WeightsHint
from lpstudio.studio.review.head_bar import HeadBar, progress_words
from lpstudio.studio.review.item_list import ItemListPanel
from lpstudio.studio.review.player_bar import PlayerBar
from lpstudio.studio.review.presenting import cells_of, shapes_of, tags_of
from lpstudio.studio.review.side_panel import SidePanel
from lpstudio.studio.review.sources import Source
from lpstudio.studio.review.typing_filter import TypingFilter
from lpstudio.studio.review.weights import WeightsChoice
from lpstudio.studio.session import ProjectSession
from lpstudio.studio.shortcuts.words import with_keys
from lpstudio.studio.widgets.reading_strip import ReadingStrip
from lpstudio.studio.workspace import Studio, Workspace

_GROUP = "review"
_TASK = "review.reading"
_PICTURES = "Pictures (*.png *.jpg *.jpeg *.bmp *.tif *.tiff *.webp);;All files (*)"


class ReviewWorkspace(Workspace):
    """Left the list, in the middle picture, player and reading strip, at the right plate text and table."""

    id = "review"
    title = "Review"
    icon = "scan-eye"

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.controller = ReviewController(studio, self)
        self.adder = CropAdder(self.controller)
        self.dialogs = SourceDialogs(self, self.controller)
        self.canvas = ReviewCanvas()
        self.strip = ReadingStrip()
        self.images = ImageLoader(Path, self)
        self._picture_path = ""
        self._stale_rows: set[int] = set()
        self._rearrange_wanted = False
        self._sized = False
        self._was_reading = False
        self._rows_timer = QTimer(self)
        self._rows_timer.setSingleShot(True)
        self._rows_timer.timeout.connect(self._refresh_rows)

    # -- building ----------------------------------------------------------------------------------------------------

    def register_commands(self) -> Iterator[None]:
        review_commands.register(self)
        yield
        yield from self._build()
        self._connect()
        yield
        self._show_source()
        self._show_current()

    def _build(self) -> Iterator[None]:
        commands = self.studio.commands
        self.head = HeadBar(commands)
        yield
        self.hint = WeightsHint(commands)
        self.hint.hide()  # until it is known that there are none
        yield
        self.list_panel = ItemListPanel(self.controller.items)
        self.guide = Guide(commands)
        yield
        self.player_bar = PlayerBar(commands)
        self.footage = FootageView(self.controller, self.canvas, self.player_bar, commands)
        yield
        self.side = SidePanel(commands)
        yield
        self.middle = QStackedWidget()
        self.middle.addWidget(self.canvas)
        self.middle.addWidget(self.guide)
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.middle, 1)
        column.addWidget(self.player_bar)
        column.addWidget(self.strip)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        for widget, stretch in ((self.list_panel, 0), (centre, 1), (self.side, 0)):
            self.splitter.addWidget(widget)
            self.splitter.setStretchFactor(self.splitter.count() - 1, stretch)
            yield
        self.splitter.setChildrenCollapsible(True)
        self.splitter.setCollapsible(1, False)
        self.list_panel.setMinimumWidth(168)
        self.side.setMinimumWidth(284)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.head)
        layout.addWidget(self.hint)
        yield
        layout.addWidget(self.splitter, 1)
        yield
        self._typing = TypingFilter(self.strip, self.controller.move, self)
        for typed_into in (self.list_panel.view, self.side.table, self.strip):
            self._typing.watch(typed_into)

    def _connect(self) -> None:
        control = self.controller
        control.source_changed.connect(self._show_source)
        control.items_reset.connect(lambda: self.list_panel.rearrange(None))
        control.items_touched.connect(self._rows_touched)
        control.item_appended.connect(self._item_appended)
        control.current_changed.connect(self._show_current)
        control.current_updated.connect(self._show_reading)
        control.character_changed.connect(self._show_character)
        control.choice.weights_changed.connect(self._show_weights)
        self.footage.frame_changed.connect(self._frame_changed)
        control.desk.progressed.connect(self._show_progress)
        control.edits.history_changed.connect(self.studio.commands.refresh)
        self.head.weights_chosen.connect(control.choice.use_weights)
        self.head.file_wanted.connect(self.dialogs.choose_weights)
        self.head.source_chosen.connect(control.set_source)
        self.head.formats_chosen.connect(control.use_formats)
        self.list_panel.chosen.connect(control.select)
        self.list_panel.arrangement_changed.connect(lambda: self._rearrange(keep=False))
        self.list_panel.menu_requested.connect(self._item_menu)
        self.images.loaded.connect(self._show_picture)
        self.images.failed.connect(self._show_picture_fault)
        self.canvas.selection_changed.connect(lambda chosen: control.select_character(chosen[-1] if chosen else None))
        self.canvas.shape_activated.connect(lambda _index: self.canvas.zoom_to(range(len(self.canvas.shapes))))
        self.canvas.typed.connect(self._typed_on_canvas)
        self.canvas.tab_pressed.connect(self.take_second)
        self.canvas.moved.connect(self._moved_on_canvas)
        self.canvas.menu_requested.connect(lambda _index, place: self._item_menu(place))
        self.strip.activated.connect(lambda index, _held: control.select_character(self._strip_start + index))
        self.strip.typed.connect(lambda index, char: control.give(self._strip_start + index, char))
        self.strip.second_taken.connect(self._second_in_strip)
        self.strip.removed.connect(lambda index: control.give(self._strip_start + index, ""))
        self.strip.menu_requested.connect(lambda _index, place: self._item_menu(place))
        self.side.table.activated_row.connect(control.select_character)
        self.side.table.tab_pressed.connect(self.take_second)
        self.side.plate.taken.connect(control.take_hypothesis)

    # -- what the window asks ------------------------------------------------------------------------------------------

    def set_session(self, session: ProjectSession | None) -> None:
        before = self.controller.session
        if before is not None:
            before.index_changed.disconnect(self._splits_changed)
            before.similarity_changed.disconnect(self._show_reading)
        self.controller.set_session(session)
        if session is not None:
            session.index_changed.connect(self._splits_changed)
            session.similarity_changed.connect(self._show_reading)
        self._splits_changed()

    def _splits_changed(self) -> None:
        session = self.controller.session
        splits = [] if session is None else session.index.splits
        sizes = [(split, len(session.index.range_of(split))) for split in splits] if session is not None else []
        self.head.show_splits([(split, size) for split, size in sizes if size])
        if self.controller.source is None and sizes:
            best = next((split for split, size in sizes if split == "val" and size), "")
            best = best or next((split for split, size in sizes if size), "")
            if best:
                self.controller.set_source(Source.of_split(best))

    def use_weights(self, weights: Path) -> None:
        """Read with a file of weights (from the run list, or dropped)."""
        self.controller.choice.use_weights(WeightsChoice.of_file(weights))

    def resizeEvent(self, event: QResizeEvent) -> None:
        if not self._sized and self.width() > 640:
            self._sized = True
            self.splitter.setSizes([200, self.width() - 200 - 288, 288])

    def enter(self) -> None:
        self.controller.look_for_weights()
        self.strip.setFocus()

    def leave(self) -> None:
        self.controller.player.pause()

    def drop(self, paths: list[Path]) -> bool:
        weights = next((path for path in paths if path.suffix.lower() == ".pt"), None)
        if weights is not None:
            self.use_weights(weights)
            return True
        if any((path / "data.yaml").is_file() or path.suffix.lower() in (".yaml", ".yml") for path in paths):
            return False
        source = Source.of_paths(paths)
        if source is None:
            return False
        self.controller.set_source(source)
        return True

    def save_state(self, settings: QSettings) -> None:
        settings.beginGroup(_GROUP)
        settings.setValue("splitter", self.splitter.saveState())
        settings.setValue("formats", self.controller.choice.formats)
        settings.setValue("twice", self.controller.choice.twice)
        settings.setValue("smooth", self.canvas.smooth)
        settings.setValue("weights", str(self.controller.choice.own_file or ""))
        settings.endGroup()

    def restore_state(self, settings: QSettings) -> None:
        settings.beginGroup(_GROUP)
        splitter = settings.value("splitter")
        if splitter is not None:
            self._sized = self.splitter.restoreState(splitter)
        self.controller.choice.formats = str(settings.value("formats", "ph"))
        twice = self.controller.choice.twice = bool(settings.value("twice", False, type=bool))
        smooth = bool(settings.value("smooth", False, type=bool))
        if weights := str(settings.value("weights", "")):
            self.controller.choice.remember(Path(weights))
        settings.endGroup()
        self.head.set_formats(self.controller.choice.formats)
        self.studio.commands.action("review.twice").setChecked(twice)
        self.canvas.set_smooth(smooth)
        self.studio.commands.action("review.smooth").setChecked(smooth)

    def shut_down(self) -> None:
        self.controller.shut_down()
        self.images.close()

    # -- commands ----------------------------------------------------------------------------------------------------

    def take_second(self) -> None:
        """The current character becomes its second candidate; on to the next."""
        index, char = self.controller.character, self.controller.alternative
        if index is not None and char:
            self.controller.give(index, char)
            self.controller.select_character(index + 1)

    def leave_out(self) -> None:
        """The current character is none: it is not written."""
        if self.controller.character is not None:
            self.controller.give(self.controller.character, "")

    @property
    def crop_in_front(self) -> str:
        """The key of the crop that is, or was cut from, what is in front; empty for none."""
        item = self.controller.current
        target = item.target(self.controller.plate) if item is not None else None
        return target.key if target is not None else ""

    def open_in_annotate(self) -> None:
        if self.crop_in_front:
            self.studio.show_crop(self.crop_in_front, self.controller.character)

    def copy_text(self) -> None:
        if self.controller.current is not None:
            QGuiApplication.clipboard().setText(self.controller.current.text)

    def copy_name(self) -> None:
        if self.controller.source_path is not None:
            QGuiApplication.clipboard().setText(str(self.controller.source_path))

    def _item_menu(self, place: QPoint) -> None:
        self.studio.commands.refresh()
        names = ("accept", "second", "leave_out", "accept_all", "", "read_again", "draft", "add", "annotate", "",
                 "copy_text", "copy_name")  # fmt: skip
        ids = [f"review.{name}" if name else "" for name in names]
        context_menu(self.studio.commands, ids, self).exec(place)

    # -- showing: choices --------------------------------------------------------------------------------------------

    def _show_weights(self) -> None:
        self.head.show_weights(self.controller.choice.known, self.controller.choice.weights)
        self.hint.setVisible(self.controller.choice.weights is None)
        self._say_empty()
        self.studio.commands.refresh()

    def _show_source(self) -> None:
        source, fault = self.controller.source, self.controller.source_fault
        footage = source is not None and source.video is not None and not fault
        self.head.show_source(source)
        self.player_bar.setVisible(footage)
        self.list_panel.set_empty_text("Frames that are read are listed here" if footage else "")
        self.canvas.set_rectangle(None)
        if source is None:
            self.guide.say(
                "Nothing under review",
                "Choose a split of the project above, or a folder, pictures or a video. "
                "You can also drop them here; dropped .pt files are taken as weights.",
                ("review.open_video", "review.open_folder", "review.open_files"),
            )
        elif fault:
            self.guide.say(f"{source.title} cannot be reviewed", fault, ("review.open_video", "review.open_folder"))
        self.middle.setCurrentIndex(1 if source is None or fault else 0)
        if footage and self.controller.player.info is None:
            self.footage.wait_for(source.title if source is not None else "")
        if not footage:
            self.footage.draw_rectangle(False)
        self._say_empty()
        self.studio.commands.refresh()

    def _say_empty(self) -> None:
        control = self.controller
        item = control.current
        if control.source is None:
            text = ""
        elif item is not None and item.error:
            text = item.error
        elif item is not None and item.reading is not None:
            text = "No characters were found here"
        elif control.choice.weights is None:
            text = "Nothing is read without weights: train a model, or choose a .pt file"
        elif control.source.video is not None:
            text = with_keys(
                "This frame is not read yet. {review.read} reads it; {review.rectangle} draws a box around a plate"
            )
        else:
            text = with_keys("Not read yet. {review.read} reads every picture of the list")
        self.strip.set_empty_text(text)

    def _show_progress(self, state: tuple[int, int, float | None] | None) -> None:
        if state is None:
            self.head.show_progress(None)
            self.studio.end_task(_TASK)
        else:
            done, total, left = state
            self.head.show_progress(done, total, left)
            share = done / total if total and done else None
            self.studio.set_task(_TASK, f"reading {progress_words(done, total, left)}", share, "review.stop")
        reading = state is not None
        if reading != self._was_reading:  # not with every picture: asking all commands takes its time
            self._was_reading = reading
            self.studio.commands.refresh()

    # -- showing: the list -------------------------------------------------------------------------------------------

    def _rows_touched(self, ids: list[int]) -> None:
        self._stale_rows.update(ids)
        self._start_rows_timer()

    def _start_rows_timer(self) -> None:
        """Rows are refreshed a few times a second; less often where sorting them takes longer."""
        if not self._rows_timer.isActive():
            self._rows_timer.start(max(120, len(self.controller.items.items) // 20))

    def _item_appended(self) -> None:
        self._rearrange_wanted = True
        self._start_rows_timer()

    def _refresh_rows(self) -> None:
        stale, self._stale_rows = self._stale_rows, set()
        sorting = self.list_panel.needs_rearranging
        if self._rearrange_wanted or (sorting and self.controller.desk.active):
            self._rearrange_wanted = False
            self._rearrange(keep=True)
        else:
            self.list_panel.model.touched(list(stale))
            self.list_panel.update_count()
        self.player_bar.slider.set_marks(self.controller.items.frames)

    def _rearrange(self, *, keep: bool) -> None:
        current = self.controller.current
        self.list_panel.rearrange(current.id if current is not None else None, keep=keep)

    # -- showing: the current picture ----------------------------------------------------------------------------------

    def _show_current(self) -> None:
        item = self.controller.current
        self.list_panel.set_current(item.id if item is not None else None)
        if item is not None and item.frame is None:
            if item.path != self._picture_path:
                self._picture_path = item.path
                self.canvas.set_message("", "")
            self.images.request(item.path)
            self.images.prefetch(self._neighbour_paths(item.id))
        self._show_reading()

    def _neighbour_paths(self, item_id: int) -> list[str]:
        items = self.controller.items
        near = [items.neighbour(item_id, step) for step in (1, -1)]
        return [items.items[at].path for at in near if at is not None and items.items[at].frame is None]

    def _show_picture(self, path: str, image: QImage) -> None:
        item = self.controller.current
        if item is not None and item.frame is None and item.path == path:
            self.canvas.set_picture(image)
            self._show_reading()

    def _show_picture_fault(self, path: str, text: str) -> None:
        item = self.controller.current
        if item is not None and item.path == path:
            self.canvas.set_message(f"{Path(path).name} cannot be shown", text)

    def _show_reading(self) -> None:
        control, item = self.controller, self.controller.current
        in_sight = item is not None and (item.frame is None or item.frame == control.player.shown)
        shown = item if in_sight else None
        similarity = control.session.similarity if control.session is not None else None
        self.canvas.set_shapes(shapes_of(shown, similarity))
        self.canvas.set_tags(tags_of(shown, similarity))
        self._show_character()
        self.studio.commands.refresh()

    @property
    def _strip_start(self) -> int:
        """The place among all characters of the first one in the strip."""
        item = self.controller.current
        if item is None or item.reading is None or not item.reading.plates:
            return 0
        return item.reading.first_of(self.controller.plate)

    def _show_character(self) -> None:
        control, item, index = self.controller, self.controller.current, self.controller.character
        similarity = control.session.similarity if control.session is not None else None
        self._say_empty()
        self.strip.set_lines(cells_of(item, control.plate, index, self.canvas.picture, similarity))
        self.strip.set_active(None if index is None else index - self._strip_start)
        self.canvas.set_selection([] if index is None else [index])
        self.canvas.takes_tab = self.side.table.takes_tab = bool(control.alternative)
        self.side.show_item(item, control.plate, index)
        self.studio.commands.refresh()

    def _second_in_strip(self, index: int) -> None:
        char = self.controller.alternative_of(self._strip_start + index)
        if char:
            self.controller.give(self._strip_start + index, char)

    def _typed_on_canvas(self, char: str) -> None:
        index = self.controller.character
        if index is not None:
            self.controller.give(index, char)
            self.controller.select_character(index + 1)

    def _moved_on_canvas(self, across: int, down: int) -> None:
        control = self.controller
        if down:
            control.move(down)
        elif control.player.info is not None:
            control.player.step(across)
        elif control.character is not None:
            control.select_character(control.character + across)

    def _frame_changed(self) -> None:
        self._picture_path = ""
        self._show_reading()
