"""JSON in the dialect it was read in, and the line language."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cadcomplete.language.lines import encode

if TYPE_CHECKING:
    from cadcomplete.exporters.part import Part


def write_json(part: Part, path: Path) -> None:
    """Write the document, with all that it had when it was read."""
    path.write_text(part.document.dump(), encoding="utf-8")


def write_lines(part: Part, path: Path) -> None:
    """Write the line language."""
    path.write_text(encode(part.document.sequence).text, encoding="utf-8")
