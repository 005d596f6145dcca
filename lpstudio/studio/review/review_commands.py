"""The commands of Review: what stands in its menu, on its buttons and in the palette."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpstudio.studio.commands import Command
from lpstudio.studio.review.items import ItemState

if TYPE_CHECKING:
    from lpstudio.studio.review.workspace import ReviewWorkspace

_MENU = "Review"


def register(workspace: ReviewWorkspace) -> None:
    """Register every ``review.*`` command with the studio's table."""
    control = workspace.controller
    table = workspace.studio.commands
    dialogs = workspace.dialogs

    def add(
        name: str, title: str, run: object, available: object = None, *, shortcuts: tuple[str, ...] = (),
        icon: str = "", tip: str = "", checkable: bool = False, separator: bool = False, menu: str = _MENU,
    ) -> None:  # fmt: skip
        command = Command(
            f"review.{name}", title, menu, shortcuts, icon, tip, "review", checkable, separator_before=separator
        )
        table.register(command, run, available=available)  # type: ignore[arg-type]

    def footage() -> bool:
        return control.player.info is not None

    def read_something() -> bool:
        return control.current is not None and bool(control.current.marks)

    def has_source() -> bool:
        return control.source is not None

    add("open_folder", "Review a &folder…", dialogs.choose_folder, icon="folder", tip="Read all pictures of a folder")
    add("open_files", "Review f&iles…", dialogs.choose_files, icon="image", tip="Read single pictures")
    add("open_video", "Review a &video…", dialogs.choose_video, icon="film", tip="Play, step and read footage")
    add("choose_weights", "Choose &weights…", dialogs.choose_weights, icon="brain", tip="Read with a .pt file")

    add("read", "&Read", control.read, lambda: control.can_read and not control.desk.active,
        shortcuts=("Ctrl+R",), icon="scan-eye", separator=True,
        tip="Read what was not read with these weights; on footage the frame on the screen")  # fmt: skip
    add("read_again", "Read this again", control.read_current,
        lambda: control.can_read and control.current is not None, shortcuts=("Ctrl+Shift+R",), icon="rotate-cw",
        tip="Read the picture in front once more")  # fmt: skip
    add("stop", "&Stop reading", control.desk.stop, lambda: control.desk.active, shortcuts=("Ctrl+.",),
        icon="circle-stop", tip="Stop; what was read stays")  # fmt: skip
    add("read_on", "Read &on", control.desk.read_on, lambda: control.can_read_on, icon="play",
        tip="Go on where the reading broke off")  # fmt: skip
    add("twice", "Look &twice", control.look_twice, shortcuts=("Ctrl+Alt+L",), icon="scan-search", checkable=True,
        tip="Look at every picture a second time, larger: slow; for plates that are not blurred")  # fmt: skip

    add("accept", "&Accept the character", control.accept_character, lambda: control.character is not None,
        shortcuts=("Return", "Enter"), icon="check", separator=True,
        tip="Write the current character to the dataset as it stands")  # fmt: skip
    add("second", "Take the second &candidate", workspace.take_second, lambda: bool(control.alternative),
        icon="arrow-left-right", tip="Correct the current character to its second candidate (Tab)")  # fmt: skip
    add("leave_out", "Leave the character &out", workspace.leave_out, lambda: control.character is not None,
        icon="circle-slash", tip="It is no character of the plate: it is not written (Delete)")  # fmt: skip
    add("accept_all", "Accept a&ll and go on", control.accept_all, read_something,
        shortcuts=("Ctrl+Return", "Ctrl+Enter"), icon="check-check",
        tip="Write all characters to the dataset as they stand, and go to the next open reading")  # fmt: skip
    add("next", "&Next picture", lambda: control.move(1), has_source, shortcuts=("PgDown",), icon="arrow-down")
    add("previous", "&Previous picture", lambda: control.move(-1), has_source, shortcuts=("PgUp",), icon="arrow-up")
    add("undo", "&Undo", control.undo, lambda: bool(control.edits.undo_title), shortcuts=("Ctrl+Z",), icon="undo-2",
        menu="Edit")  # fmt: skip
    add("redo", "&Redo", control.redo, lambda: bool(control.edits.redo_title),
        shortcuts=("Ctrl+Shift+Z", "Ctrl+Y"), icon="redo-2", menu="Edit")  # fmt: skip

    def drafts_possible() -> bool:
        return control.session is not None and not control.session.project.read_only

    add("draft", "Keep as &draft", lambda: control.keep_drafts([control.current] if control.current else []),
        lambda: drafts_possible() and read_something() and bool(control.current and control.current.key),
        shortcuts=("Ctrl+D",), icon="square-pen", separator=True,
        tip="Keep this reading as the draft of an unlabelled crop")  # fmt: skip
    add("draft_all", "Keep all readings as drafts", lambda: control.keep_drafts(control.items.items),
        lambda: drafts_possible() and control.items.counts()[ItemState.READ] > 0,
        icon="bot", tip="Keep every reading of an unlabelled crop as its draft")  # fmt: skip
    add("add", "Add to pro&ject", workspace.adder.add, lambda: workspace.adder.possible, shortcuts=("Ctrl+I",),
        icon="image-plus", tip="Add the crop to the project with its characters as a draft")  # fmt: skip
    add("annotate", "Open in Annotat&e", workspace.open_in_annotate, lambda: bool(workspace.crop_in_front),
        shortcuts=("Ctrl+E",), icon="pencil-line", tip="Go to this crop in Annotate")  # fmt: skip
    add("copy_text", "Copy the plate te&xt", workspace.copy_text, read_something, shortcuts=("Ctrl+Shift+C",),
        icon="copy")  # fmt: skip
    add("copy_name", "Copy the file name", workspace.copy_name, lambda: control.source_path is not None, icon="copy")

    add("play", "Play or pause", lambda checked: workspace.footage.play(checked), footage, shortcuts=("Shift+Space",),
        icon="play", tip="Play or pause (Space on the picture)", checkable=True, separator=True)  # fmt: skip
    add("step_back", "One frame back", lambda: control.player.step(-1), footage, shortcuts=(",",), icon="step-back")
    add("step_forward", "One frame on", lambda: control.player.step(1), footage, shortcuts=(".",), icon="step-forward")
    add("rectangle", "Draw a rectangle", lambda checked: workspace.footage.draw_rectangle(checked), footage,
        shortcuts=("Ctrl+B",), icon="square-dashed-mouse-pointer", checkable=True,
        tip="Draw a rectangle around a plate; it is read at once")  # fmt: skip
    add("whole_frame", "Read the whole frame", lambda: control.set_rectangle(None),
        lambda: footage() and control.rectangle is not None, icon="maximize",
        tip="Take the rectangle away: whole frames are read")  # fmt: skip
    add("read_frame", "Read frame", control.read_frame, lambda: footage() and control.can_read,
        icon="scan-search", tip="Read the rectangle on this frame, or the whole frame")  # fmt: skip
    add("range_first", "Begin the range here", lambda: workspace.footage.set_range_end(first=True), footage,
        shortcuts=("[",), icon="arrow-left", tip="The range to read begins at this frame")  # fmt: skip
    add("range_last", "End the range here", lambda: workspace.footage.set_range_end(first=False), footage,
        shortcuts=("]",), icon="arrow-right", tip="The range to read ends at this frame")  # fmt: skip
    add("read_range", "Read range", lambda: workspace.footage.read_range(),
        lambda: footage() and control.can_read and not control.desk.active, icon="list-checks",
        tip="Read every so-manieth frame of the range")  # fmt: skip

    view = workspace.canvas
    add("fit", "Fit the picture", view.fit, shortcuts=("Ctrl+0",), icon="maximize", menu="View", separator=True)
    add("zoom_plate", "Zoom to the plate", lambda: view.zoom_to(range(len(view.shapes))), lambda: bool(view.shapes),
        shortcuts=("Ctrl+9",), icon="zoom-in", menu="View")  # fmt: skip
    add("zoom_in", "Zoom in", lambda: view.zoom_by(1.25), shortcuts=("Ctrl++", "Ctrl+="), icon="zoom-in", menu="View")
    add("zoom_out", "Zoom out", lambda: view.zoom_by(0.8), shortcuts=("Ctrl+-",), icon="zoom-out", menu="View")
    add("smooth", "Smooth enlargement", lambda checked: view.set_smooth(checked), icon="blend", menu="View",
        checkable=True)  # fmt: skip
