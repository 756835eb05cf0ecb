"""A sheet of parts, each cut at random: what is given in grey, the rest in colour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from cadcomplete import readers
from cadcomplete.exporters.sheet import draw_sheet
from cadcomplete.kernel.contain import Kernel

_PATIENCE = 20.0
"""Seconds for a tile: a picture is not worth more."""


def draw(parts: list[dict[str, Any]], path: Path, *, seed: int, workers: int) -> None:
    """Draw parts by their catalog entries. Raises InputError."""
    entries = []
    for part in parts:
        document = readers.read(part["file"]).known
        random = np.random.default_rng([seed, 2, *part["id"].encode()])
        entries.append((document, int(random.integers(1, len(document.sequence)))))
    with Kernel(workers=workers, time_limit=_PATIENCE) as kernel:
        draw_sheet(entries, path, kernel=kernel)
