"""Scripts of CadQuery: workplanes and sketches, as far as they draw and extrude.

As the library has it: all workplanes of a chain share the wires that wait; an extrude takes all
of them, and what lies in another is a hole; it is fused with the solid that the chain already
has; `both` goes as far to each side.
"""

from __future__ import annotations

from cadcomplete.history.sequence import CadSequence
from cadcomplete.readers.scripts.cadquery_drawing import DRAWING
from cadcomplete.readers.scripts.cadquery_objects import MODULE, Location, PlaneValue
from cadcomplete.readers.scripts.cadquery_selecting import SELECTING, VERTEX, AnyEdge
from cadcomplete.readers.scripts.cadquery_sketch import SketchValue
from cadcomplete.readers.scripts.cadquery_solids import SOLIDS
from cadcomplete.readers.scripts.cadquery_workplane import (
    PLACING,
    Workplane,
    drawn_in,
    new_workplane,
    solid_of,
)
from cadcomplete.readers.scripts.machine import read_script
from cadcomplete.readers.scripts.session import Library, methods_of
from cadcomplete.readers.scripts.survey import imports
from cadcomplete.readers.scripts.values import Function, Namespace, Vector

_IMPORT = imports("cadquery")

Workplane.METHODS = {**PLACING, **DRAWING, **SELECTING, **SOLIDS}

_LIBRARY = Library(
    Namespace(
        "cadquery",
        {
            **MODULE,
            "Vertex": VERTEX,
            "Workplane": Function("Workplane", new_workplane),
            "Sketch": Function("Sketch", lambda session: SketchValue(session)),
        },
    ),
    methods_of(Vector, Location, PlaneValue, SketchValue, Workplane, AnyEdge),
    solid_of,
    drawn_in,
)


def matches(data: bytes) -> bool:
    """Say whether a file imports cadquery."""
    return _IMPORT.search(data) is not None


def parse(data: bytes, *, id: str = "") -> CadSequence:
    """Return the history of a script, which is not executed.

    What is not a sketch or an extrude of lines, arcs and circles ends it (`CadSequence.rest`).
    Raises ReadError with the line of what is wrong.
    """
    return read_script(data, _LIBRARY, id=id)
