"""`python -m cadcomplete.cli.staying SOCKET SECONDS`: the process that stays to do commands."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from cadcomplete.resident.serving import serve


def prepared() -> Callable[[float], None]:
    """Import what commands do; return what does one that began then."""
    from cadcomplete.cli import needed  # noqa: F401
    from cadcomplete.cli.app import finish

    return finish


if __name__ == "__main__":
    serve(Path(sys.argv[1]), float(sys.argv[2]), prepared)
