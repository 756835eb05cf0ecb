"""Write docs/cli.md: the help of every command. Run it from the project's folder."""

from __future__ import annotations

import io
import os
import sys
from contextlib import redirect_stdout, suppress
from pathlib import Path
from unittest.mock import patch

from cadcomplete.cli.app import main

COMMANDS = (
    "",
    "inspect",
    "convert",
    "encode",
    "truncate",
    "prepare",
    "synthesize",
    "complete",
    "rebuild",
    "export",
    "plan",
    "train",
    "evaluate",
    "resident",
)

HEAD = """\
# The command line

Exit codes: 0 done, 2 usage or bad input (one clear line on standard error: which file, where in
it, what was expected), 1 anything else. With `--json` standard output has only JSON.

This page is written by `.venv/bin/python docs/make_cli.py`, and a test checks it.
"""


def page() -> str:
    """Return the page."""
    parts = [HEAD]
    for command in COMMANDS:
        call = ["cadcomplete", *command.split(), "--help"]
        with (
            patch.dict(os.environ, {"COLUMNS": "98", "NO_COLOR": "1"}),
            patch.object(sys, "argv", call),
            redirect_stdout(io.StringIO()) as said,
            suppress(SystemExit),
        ):
            main()
        parts.append(f"\n## `{' '.join(call[:-1])}`\n\n```\n{said.getvalue().strip()}\n```\n")
    return "".join(parts)


if __name__ == "__main__":
    (Path(__file__).parent / "cli.md").write_text(page(), encoding="utf-8")
