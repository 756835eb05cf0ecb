"""Scripts of build123d: its builders and its algebra, as far as they draw and extrude.

As the library has it: a sketch is drawn in the plane z = 0 of its builder and then put where the
builder, and the places around it, say; an extrude takes all the faces that wait in the part and
goes along the normal of each; `both` goes as far to each side.
"""

from __future__ import annotations

from cadcomplete.history.sequence import CadSequence
from cadcomplete.readers.scripts.build123d_blending import BLENDING, OF_PARTS, OF_SKETCHES
from cadcomplete.readers.scripts.build123d_builders import (
    BUILDERS,
    BuildLine,
    BuildPart,
    BuildSketch,
    drawn_in,
    solid_of,
    within,
)
from cadcomplete.readers.scripts.build123d_curves import CURVES
from cadcomplete.readers.scripts.build123d_objects import OBJECTS, Areas, Curves, Solid
from cadcomplete.readers.scripts.build123d_parts import SOLIDS
from cadcomplete.readers.scripts.build123d_places import Frame, Places
from cadcomplete.readers.scripts.build123d_selecting import (
    EdgeList,
    FaceGroup,
    FaceList,
    PickedFace,
    PointList,
)
from cadcomplete.readers.scripts.build123d_sketches import SKETCHES
from cadcomplete.readers.scripts.machine import read_script
from cadcomplete.readers.scripts.session import Library, methods_of
from cadcomplete.readers.scripts.survey import imports
from cadcomplete.readers.scripts.values import Namespace, Vector

_IMPORT = imports("build123d")

BuildPart.METHODS = Solid.METHODS = OF_PARTS
BuildSketch.METHODS = Areas.METHODS = BuildLine.METHODS = OF_SKETCHES

_LIBRARY = Library(
    Namespace("build123d", {**OBJECTS, **SKETCHES, **CURVES, **SOLIDS, **BUILDERS, **BLENDING}),
    methods_of(
        *(Vector, Frame, Places, Areas, Solid, Curves, BuildPart, BuildSketch, BuildLine),
        *(FaceList, FaceGroup, PickedFace, EdgeList, PointList),
    ),
    solid_of,
    drawn_in,
    within,
)


def matches(data: bytes) -> bool:
    """Say whether a file imports build123d."""
    return _IMPORT.search(data) is not None


def parse(data: bytes, *, id: str = "") -> CadSequence:
    """Return the history of a script, which is not executed.

    What is not a sketch or an extrude of lines, arcs and circles ends it (`CadSequence.rest`).
    Raises ReadError with the line of what is wrong.
    """
    return read_script(data, _LIBRARY, id=id)
