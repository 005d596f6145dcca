"""The command line: registers the commands, turns errors into one line and an exit code.

Exit codes: 0 done; 1 the work failed or faults were found; 2 the call is wrong.
"""

from __future__ import annotations

import importlib
import io
import keyword
import sys
from typing import Annotated

import typer

from lpstudio import __version__
from lpstudio.cli.names import COMMAND_NAMES
from lpstudio.errors import LpStudioError, UsageError, one_line

# Typer brings its own copy of click from 0.2x on and uses the installed one before: take the class from its own errors.
_CallError: type[Exception] = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")

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


def _module(name: str) -> str:
    """Where a command is written: in the module of its name, with an underscore where Python keeps the word."""
    return f"lpstudio.cli.{name}_" if keyword.iskeyword(name) else f"lpstudio.cli.{name}"


for _name in COMMAND_NAMES:
    app.command(_name)(importlib.import_module(_module(_name)).command)


def run_command_line(arguments: list[str]) -> int:
    """Run one command; returns the exit code and never raises for what a person can cause."""
    _print_any_name()
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    try:
        result = app(arguments, standalone_mode=False)
        return result if isinstance(result, int) else 0
    except UsageError as error:
        return _fail(error, error.message, 2, debug)
    except LpStudioError as error:
        return _fail(error, error.message, 1, debug)
    except (typer.Abort, KeyboardInterrupt):
        print("stopped", file=sys.stderr)
        return 130
    except _CallError as error:
        return _fail(error, _wrong_call(error), 2, debug)
    except BrokenPipeError:
        return 1
    except OSError as error:
        what = error.strerror or str(error) or type(error).__name__
        return _fail(error, f"{one_line(str(error.filename))}: {what}" if error.filename else what, 1, debug)
    except MemoryError as error:
        return _fail(error, "there is not enough memory for this", 1, debug)
    except Exception as error:
        what = f"unexpected error: {type(error).__name__}: {' '.join(str(error).split())}"
        return _fail(error, f"{what}. Run it again with --debug to see where", 1, debug)


def _print_any_name() -> None:
    """Names of files may hold what the terminal cannot show: escaped there, never a failure."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def _wrong_call(error: BaseException) -> str:
    """What is wrong with the call, in one line, and where its help is."""
    message = " ".join(str(getattr(error, "format_message", error.__str__)()).split()).rstrip(".")
    context = getattr(error, "ctx", None)
    return f"{message}. See {context.command_path if context else 'lpstudio'} --help"


def _fail(error: BaseException, message: str, code: int, debug: bool) -> int:
    if debug:
        raise error
    print(f"lpstudio: {message}", file=sys.stderr)
    return code
