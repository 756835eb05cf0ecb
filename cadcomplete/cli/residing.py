"""The command that tells of processes that stay, and ends them."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from cadcomplete.cli.options import AsJson
from cadcomplete.cli.printing import print_json


def resident(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="status or stop.")] = "status",
    as_json: AsJson = False,
) -> None:
    """Tell of the processes that stay so that `complete` answers at once, or stop them.

    One is started by `complete` on a terminal and ends after ten minutes without a question.
    CADCOMPLETE_RESIDENT=off does without; CADCOMPLETE_RESIDENT=60 starts one anywhere, for 60
    idle seconds.
    """
    from cadcomplete.errors import InputError
    from cadcomplete.resident import asking

    if what not in ("status", "stop"):
        raise InputError("no such thing to do", where="WHAT", expected="status, stop", got=what)
    found = asking.stopped(os.environ) if what == "stop" else asking.residents(os.environ)
    told = list(found)
    if as_json:
        print_json({"residents": told})
        return
    if not told:
        typer.echo("no process stays")
    for one in told:
        if what == "stop":
            typer.echo(f"process {one['pid']} ends")
            continue
        left = max(0.0, one["idle_limit"] - one["idle"])
        typer.echo(
            f"process {one['pid']}, {one['seconds']:.0f} seconds old: {one['answered']} answered, "
            f"{one['running']} running, ends after {left:.0f} more idle seconds"
        )
