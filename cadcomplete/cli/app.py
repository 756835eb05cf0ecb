"""The command line. Every command imports what it needs when it runs, so help comes at once.

Exit codes: 0 done, 2 usage or bad input, 1 anything else.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Annotated

import typer

from cadcomplete.cli import data, evaluating, models, parts, shapes
from cadcomplete.cli.printing import is_first

app = typer.Typer(
    name="cadcomplete",
    help="Complete CAD construction histories.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command line; an error is one clear line and an exit code."""
    from cadcomplete.errors import CadCompleteError, InputError, Interrupted

    try:
        code = app(standalone_mode=False, prog_name="cadcomplete", obj=time.monotonic())
        if code == 130:  # typer has caught a Ctrl-C
            _fail("interrupted", 130)
    except InputError as error:
        code = _fail(str(error), 2)
    except CadCompleteError as error:
        code = _fail(str(error), 1)
    except Interrupted as error:
        code = _fail(f"interrupted: {error}", 130)
    except (KeyboardInterrupt, typer.Abort):
        code = _fail("interrupted", 130)
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:  # noqa: BLE001
        code = _unexpected(error)
    sys.exit(code if isinstance(code, int) else 0)


def _unexpected(error: Exception) -> int:
    """Usage errors of the command line say themselves how to show; the rest is our fault."""
    show, context = getattr(error, "format_message", None), getattr(error, "ctx", None)
    if show is not None and type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(show(), err=True)
        return 2
    if show is not None:
        asked = context.command_path if context else "cadcomplete"
        return _fail(f"{show()} (see {asked} --help)", getattr(error, "exit_code", 2))
    if os.environ.get("CADCOMPLETE_DEBUG"):
        raise error
    hint = "set CADCOMPLETE_DEBUG=1 to see where"
    return _fail(f"unexpected {type(error).__name__}: {' '.join(str(error).split())} ({hint})", 1)


def _fail(message: str, code: int) -> int:
    if not is_first():
        # Of processes that fail alike, the first tells it, and the launcher ends the others.
        time.sleep(5)
    typer.echo(f"cadcomplete: {message}", err=True)
    return code


def _version(wanted: bool) -> None:
    if wanted:
        from cadcomplete import __version__

        typer.echo(f"cadcomplete {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Complete CAD construction histories."""


for command in (
    parts.inspect,
    parts.convert,
    parts.encode,
    data.truncate,
    data.prepare,
    data.synthesize,
    parts.complete,
    shapes.rebuild,
    models.export,
    models.plan,
    models.train,
    evaluating.evaluate,
):
    app.command()(command)
