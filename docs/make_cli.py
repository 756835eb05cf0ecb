"""Write docs/cli.md: the help of every command. Run it from the project's folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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
        environment = {**os.environ, "COLUMNS": "98", "NO_COLOR": "1"}
        run = subprocess.run(
            [sys.executable, "-m", *call],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
        )
        help_text = run.stdout.replace("python -m cadcomplete", "cadcomplete").strip()
        parts.append(f"\n## `{' '.join(call[:-1])}`\n\n```\n{help_text}\n```\n")
    return "".join(parts)


if __name__ == "__main__":
    (Path(__file__).parent / "cli.md").write_text(page(), encoding="utf-8")
