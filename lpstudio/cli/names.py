"""The names of the commands, known without loading any of them."""

COMMAND_NAMES = ("demo", "doctor", "new", "check", "synth", "train", "evaluate", "read")
