"""What an exporter has to work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cadcomplete.errors import BuildError
from cadcomplete.readers import Document


@dataclass(frozen=True, slots=True)
class Part:
    """What an exporter has to work with.

    Attributes:
        document: the history.
        solid: what it builds (`kernel.booleans.Solid`), or None if nothing was extruded.
        given: the solid of the operations that were given, when the part is a completion.
        completed: whether `given` is to be told from the rest.
        dialect: of a format that has several; "" for the usual one.
    """

    document: Document
    solid: Any = None
    given: Any = None
    completed: bool = False
    dialect: str = ""


def built(document: Document, kept: bytes | None = None) -> Any:
    """Return the solid of a document, or None if it has none; what was `kept` is not built."""
    from cadcomplete.kernel.build import build
    from cadcomplete.kernel.packing import unpacked

    if kept is not None:
        return unpacked(kept)
    try:
        return build(document.sequence)
    except BuildError:
        return None
