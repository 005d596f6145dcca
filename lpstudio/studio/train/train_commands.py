"""The commands of Train, declared once."""

from __future__ import annotations

from lpstudio.studio.commands import Command

# (command, the word on its button). Those without a workspace also work from the others: they mean the one training
# that runs.
COMMANDS: tuple[tuple[Command, str], ...] = (
    (Command("train.start", "&Start training", "Train", ("Ctrl+Return",), "play",
             "Save what is unsaved, freeze the crops that take part, and start", "train"), ""),
    (Command("train.pause", "&Pause", "Train", ("Ctrl+Alt+P",), "pause",
             "Pause the training after this batch", separator_before=True), "Pause"),
    (Command("train.resume", "&Resume", "Train", ("Ctrl+Alt+R",), "circle-play",
             "Go on with a training that was paused or stopped, failed or died"), "Resume"),
    (Command("train.stop_after_epoch", "Stop after this &epoch", "Train", ("Ctrl+Alt+E",), "flag",
             "Stop when this epoch is measured; it can be resumed"), "Stop after epoch"),
    (Command("train.stop", "S&top now", "Train", ("Ctrl+Alt+S",), "square",
             "Stop the training at once; it can be resumed"), "Stop"),
    (Command("train.export", "E&xport best weights…", "Train", ("Ctrl+E",), "download",
             "Copy the weights of the best epoch to a folder as RUN_best.pt", "train", separator_before=True), ""),
    (Command("train.review", "Re&view these weights", "Train", ("Ctrl+Alt+V",), "scan-eye",
             "Read plates with the best weights of this run", "train"), ""),
    (Command("train.reuse", "&Use these settings", "Train", ("Ctrl+Alt+U",), "copy",
             "Fill the form with the settings of this run", "train"), ""),
    (Command("train.folder", "Open the run's &folder", "Train", ("Ctrl+Alt+F",), "folder-open",
             "Show the files of this run", "train"), ""),
    (Command("train.delete", "Move the run to the trash", "Train", ("Ctrl+Delete",), "trash-2",
             "Move the folder of this run to the trash", "train"), ""),
    (Command("train.reset_settings", "All settings to their &defaults", "Train", (), "rotate-ccw",
             "Set the whole form to the defaults", "train", separator_before=True), ""),
    (Command("train.undo", "&Undo setting", "Edit", ("Ctrl+Z",), "undo-2",
             "Take the last change of the form back", "train"), ""),
    (Command("train.redo", "&Redo setting", "Edit", ("Ctrl+Shift+Z",), "redo-2",
             "Do the change again", "train"), ""),
    (Command("train.show_news", "Show the run that ended last", icon="history"), ""),
)  # fmt: skip
