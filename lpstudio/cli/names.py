"""The names of the commands, known without loading any of them."""

COMMAND_NAMES = (
    "demo",
    "doctor",
    "new",
    "import",
    "export",
    "check",
    "split",
    "backup",
    "synth",
    "train",
    "evaluate",
    "compare",
    "sweep",
    "average",
    "calibrate",
    "pack",
    "read",
)
