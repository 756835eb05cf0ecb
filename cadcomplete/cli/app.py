"""The command line. Every command imports what it needs when it runs, so help comes at once.

Exit codes: 0 done, 2 usage or bad input, 1 anything else.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Annotated

import typer

from cadcomplete.cli import data, evaluating, models, parts, residing, shapes
from cadcomplete.cli.printing import is_first
from cadcomplete.resident import asking

app = typer.Typer(
    name="cadcomplete",
    help="Complete CAD construction histories.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


QUICK = {"inspect", "convert", "encode", "complete", "rebuild"}
"""Commands whose process ends at once when they are done: what they write is closed by then."""


def program() -> None:
    """Run the command line as a process of its own, all of whose time counts.

    A process that stays does it, where there is one (`cadcomplete.resident`).
    """
    from cadcomplete.deadline import process_start

    started, environment = process_start(), dict(os.environ)
    _hand_over(started)
    finish(started, leaving=lambda: asking.start_another(sys.argv[1:], environment))


def finish(started: float, *, leaving: Callable[[], None] = lambda: None) -> None:
    """Run the command line, and end this process; what it does `leaving` is after a success."""
    try:
        main(started)
    except SystemExit as left:
        if not QUICK.intersection(sys.argv[1:2]):
            raise
        code = left.code if isinstance(left.code, int) else 1
        if code == 0:
            leaving()
        _end(code)


def _hand_over(started: float) -> None:
    """Let a process that stays do the command, and exit as it does; return if there is none."""
    from cadcomplete.errors import InputError

    try:
        done = asking.handed_over(sys.argv[1:], started)
    except InputError as error:
        sys.exit(_fail(str(error), 2))
    except KeyboardInterrupt:
        sys.exit(_fail("interrupted", 130))
    if done is None:
        return
    code, said = done
    try:
        sys.stdout.buffer.write(said)
        sys.stdout.flush()
    except BrokenPipeError:
        code = _unread()
    sys.exit(code)


def _unread() -> int:
    """The exit code where the reader of our output has seen enough."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _end(code: int) -> None:
    """End this process without taking all of torch apart first, which takes a second."""
    for thread in threading.enumerate():
        if not thread.daemon and thread is not threading.current_thread():
            thread.join()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main(started: float | None = None) -> None:
    """Run the command line; an error is one clear line and an exit code.

    `started` is when that began, by `time.monotonic`; None for now.
    """
    from cadcomplete.errors import CadCompleteError, InputError, Interrupted

    try:
        began = time.monotonic() if started is None else started
        code = app(standalone_mode=False, prog_name="cadcomplete", obj=began)
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
    except BrokenPipeError:
        code = _unread()
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
    residing.resident,
):
    app.command()(command)
