"""How the command line prints, and which of several processes does."""

from __future__ import annotations

import json
import os
from typing import Any

import typer


def is_first() -> bool:
    """Say whether this is the first of the processes that a launcher started, or the only one."""
    return os.environ.get("RANK", "0") == "0"


def print_json(document: Any) -> None:
    typer.echo(json.dumps(document, indent=1, ensure_ascii=False))
