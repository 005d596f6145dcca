"""The ``lpstudio`` program. Opening the studio takes a short way that loads no command-line library."""

from __future__ import annotations

import sys
from pathlib import Path


def _opens_the_studio(arguments: list[str]) -> bool:
    """Whether the call is ``lpstudio`` or ``lpstudio PROJECT``: what is no command name is a project."""
    if not arguments:
        return True
    from lpstudio.cli.names import COMMAND_NAMES

    first = arguments[0]
    return len(arguments) == 1 and not first.startswith("-") and first not in COMMAND_NAMES


def main() -> None:
    """Entry point of the console script; ends the process with the exit code."""
    arguments = sys.argv[1:]
    debug = "--debug" in arguments
    without = [argument for argument in arguments if argument != "--debug"]
    if _opens_the_studio(without):
        from lpstudio.studio.app import run_studio

        sys.exit(run_studio(Path(without[0]) if without else None, debug=debug))
    from lpstudio.cli.app import run_command_line

    sys.exit(run_command_line(arguments))


if __name__ == "__main__":
    main()
