"""The command line: registers the commands, turns errors into one line and an exit code.

Exit codes: 0 done; 1 the work failed or faults were found; 2 the call is wrong.
"""

from __future__ import annotations

import importlib
import sys
from typing import Annotated

import click
import typer

from lpstudio import __version__
from lpstudio.cli.names import COMMAND_NAMES
from lpstudio.errors import LpStudioError, UsageError

app = typer.Typer(
    name="lpstudio",
    help="Build licence-plate readers that know which characters look alike. Without a command: open the studio.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"lpstudio {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options that stand before every command."""


for _name in COMMAND_NAMES:
    app.command(_name)(importlib.import_module(f"lpstudio.cli.{_name}").command)


def run_command_line(arguments: list[str]) -> int:
    """Run one command; returns the exit code and never raises for what a person can cause."""
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    try:
        result = app(arguments, standalone_mode=False)
        return result if isinstance(result, int) else 0
    except UsageError as error:
        return _fail(error, error.message, 2, debug)
    except LpStudioError as error:
        return _fail(error, error.message, 1, debug)
    except click.exceptions.Abort:
        print("stopped", file=sys.stderr)
        return 130
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except click.ClickException as error:
        error.show(sys.stderr)
        return 2
    except BrokenPipeError:
        return 1
    except (OSError, MemoryError) as error:
        return _fail(error, str(error) or type(error).__name__, 1, debug)


def _fail(error: BaseException, message: str, code: int, debug: bool) -> int:
    if debug:
        raise error
    print(f"lpstudio: {message}", file=sys.stderr)
    return code
