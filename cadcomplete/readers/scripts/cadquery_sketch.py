"""The sketches of CadQuery: faces that are added, cut out and intersected in a plane."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from cadcomplete.errors import ReadError, UnsupportedError
from cadcomplete.history.curves import Circle, Curve
from cadcomplete.history.geometry import XY, Plane, Vec2, distance
from cadcomplete.history.operations import Loop
from cadcomplete.readers.scripts import areas, frames, overlay, shapes
from cadcomplete.readers.scripts.areas import Faces, FlatFace
from cadcomplete.readers.scripts.cadquery_objects import frame_of, grid, ring
from cadcomplete.readers.scripts.cadquery_selectors import parsed, picked
from cadcomplete.readers.scripts.corners import chamfered, corners, rounded
from cadcomplete.readers.scripts.session import Session
from cadcomplete.readers.scripts.values import (
    MOST,
    Function,
    Value,
    flag,
    is_number,
    is_point,
    items,
    number,
    positive,
    vec2,
    whole,
)

_MODES: dict[str, Callable[[Faces, Faces], Faces]] = {
    "a": areas.add,
    "s": overlay.subtract,
    "i": overlay.intersect,
    "r": lambda _, new: new,
}


class SketchValue(Value):
    """A sketch: its faces, its free edges, and the places that are selected."""

    __slots__ = ("assembled", "edges", "faces", "parent", "places", "selected", "session")

    METHODS: ClassVar[Mapping[str, Function]]

    def __init__(self, session: Session, places: tuple[Plane, ...] = (XY,)) -> None:
        self.session = session
        self.parent: Any = None
        self.places = places  # in space, where the whole sketch lies
        self.faces: Faces = ()
        self.edges: list[Curve] = []
        self.assembled = 0  # how many of them have become faces
        self.selected: list[Plane] = []

    def face(self, faces: Faces, angle: Any, mode: Any) -> SketchValue:
        """Put faces at all selected places, turned there, and add them or what the mode says."""
        if not isinstance(mode, str) or mode not in _MODES:
            raise UnsupportedError([f"mode={mode!r}"])
        turned = frames.spot((0.0, 0.0), number(angle, "an angle"))
        places = self.selected or [XY]
        self.session.drawing(areas.size(faces) * len(places))
        new: list[FlatFace] = []
        for place in places:
            frame = frames.compose(place, turned)
            new += [_placed(face, frame) for face in faces]
        self.faces = _MODES[mode](self.faces, tuple(new))
        return self

    @property
    def pen(self) -> Vec2:
        if not self.edges:
            raise ReadError("there is no edge to go on from")
        return self.edges[-1].end


def _placed(face: FlatFace, frame: Plane) -> FlatFace:
    def loop(one: Loop) -> Loop:
        return Loop(tuple(frames.placed(curve, frame) for curve in one.curves))

    return face.mapped(loop)


def _rect(
    _: Session, self: SketchValue, w: Any, h: Any, angle: Any = 0, mode: Any = "a", tag: Any = None
) -> SketchValue:
    loop = shapes.rectangle(positive(w, "a width"), positive(h, "a height"))
    return self.face((FlatFace.of(loop),), angle, mode)


def _circle(_: Session, self: SketchValue, r: Any, mode: Any = "a", tag: Any = None) -> SketchValue:
    return self.face((FlatFace.of(Loop((Circle((0.0, 0.0), positive(r, "a radius")),))),), 0, mode)


def _polygon(
    _: Session, self: SketchValue, pts: Any, angle: Any = 0, mode: Any = "a", tag: Any = None
) -> SketchValue:
    return self.face((FlatFace.of(shapes.polygon([vec2(p) for p in items(pts)])),), angle, mode)


def _regular(
    _: Session, self: SketchValue, r: Any, n: Any, angle: Any = 0, mode: Any = "a", tag: Any = None
) -> SketchValue:
    corners = shapes.regular(positive(r, "a radius"), whole(n, least=3))
    upright = [(y, x) for x, y in corners]  # the first corner lies on the y axis
    return self.face((FlatFace.of(shapes.polygon(upright)),), angle, mode)


def _trapezoid(
    _: Session,
    self: SketchValue,
    w: Any,
    h: Any,
    a1: Any,
    a2: Any = None,
    angle: Any = 0,
    mode: Any = "a",
    tag: Any = None,
) -> SketchValue:
    x, y = positive(w, "a width") / 2, positive(h, "a height") / 2
    left = number(a1, "an angle")
    right = number(a2, "an angle") if a2 else left
    slants = [2 * y / math.tan(math.radians(a)) for a in (left, right)]
    corners = [(-x, -y), (x, -y), (x - slants[1], y), (-x + slants[0], y)]
    return self.face((FlatFace.of(shapes.polygon(corners)),), angle, mode)


def _slot(
    _: Session, self: SketchValue, w: Any, h: Any, angle: Any = 0, mode: Any = "a", tag: Any = None
) -> SketchValue:
    return self.face(
        (FlatFace.of(shapes.slot(positive(w, "a width"), positive(h, "a height"))),), angle, mode
    )


def _face(
    _: Session,
    self: SketchValue,
    b: Any,
    angle: Any = 0,
    mode: Any = "a",
    tag: Any = None,
    ignore_selection: Any = False,
) -> SketchValue:
    if not isinstance(b, SketchValue):
        raise UnsupportedError(["face of anything but a sketch"])
    return self.face(b.faces, angle, mode)


# --- places -------------------------------------------------------------------------------------


def _push(_: Session, self: SketchValue, locs: Any, tag: Any = None) -> SketchValue:
    self.selected = [frame_of(place) for place in items(locs)]
    return self


def _reset(_: Session, self: SketchValue) -> SketchValue:
    self.selected = []
    return self


def _rarray(session: Session, self: SketchValue, xs: Any, ys: Any, nx: Any, ny: Any) -> SketchValue:
    return _spread(self, grid(xs, ys, nx, ny, (True, True)))


def _parray(
    session: Session, self: SketchValue, r: Any, a1: Any, da: Any, n: Any, rotate: Any = True
) -> SketchValue:
    if self.selected and flag(rotate):
        raise UnsupportedError(["parray of selected places"])
    return _spread(self, ring(r, a1, da, n, fill=True, rotate=rotate))


def _spread(self: SketchValue, places: list[Any]) -> SketchValue:
    within = self.selected or [XY]
    if len(places) * len(within) > MOST:
        raise ReadError("too many places", expected=f"up to {MOST}")
    self.selected = [frames.compose(p.frame, el) for p in places for el in within]
    return self


def _vertices(_: Session, self: SketchValue, s: Any = None, tag: Any = None) -> SketchValue:
    """Select the corners of the faces there are, or those that a selector means."""
    if self.selected or self.edges:
        raise UnsupportedError(["corners of what is selected, or of edges"])
    loops = [loop for face in self.faces for loop in face.loops]
    curves = [curve for loop in loops for curve in loop.curves]
    if any(isinstance(curve, Circle) for curve in curves):
        raise UnsupportedError(["the corners of a circle"])
    points = [(*curve.start, 0.0) for curve in curves]
    points = points if s is None else picked(points, parsed(s) if isinstance(s, str) else None)
    self.selected = [Plane(at, XY.normal, XY.x_axis) for at in dict.fromkeys(points)]
    return self


def _fillet(_: Session, self: SketchValue, d: Any) -> SketchValue:
    return _cornered(self, lambda loop, chosen: rounded(loop, positive(d, "a radius"), chosen))


def _chamfer(_: Session, self: SketchValue, d: Any) -> SketchValue:
    return _cornered(self, lambda loop, chosen: chamfered(loop, positive(d, "a length"), chosen))


def _cornered(
    self: SketchValue, change: Callable[[Loop, Callable[[Vec2], bool]], Loop]
) -> SketchValue:
    """Change the corners that are selected: each must be one."""
    points = [place.origin[:2] for place in self.selected]
    known = [at for face in self.faces for loop in face.loops for at in corners(loop)]
    if not points or any(all(distance(at, p) > 1e-6 for at in known) for p in points):
        raise UnsupportedError(["a fillet or chamfer where there is no corner"])

    def chosen(at: Vec2) -> bool:
        return any(distance(at, p) <= 1e-6 for p in points)

    self.faces = tuple(face.mapped(lambda loop: change(loop, chosen)) for face in self.faces)
    return self


# --- edges --------------------------------------------------------------------------------------


def _segment(_: Session, self: SketchValue, *given: Any) -> SketchValue:
    """From a point to a point, from the end of the last edge to a point, or by length and angle."""
    if len(given) == 2 and all(map(is_number, given)):
        along, angle = number(given[0]), math.radians(number(given[1], "an angle"))
        x, y = self.pen
        ends = [(x, y), (x + along * math.cos(angle), y + along * math.sin(angle))]
    else:
        ends = [vec2(p) for p in given]
        ends = [self.pen, *ends] if len(ends) == 1 else ends
    if len(ends) != 2:
        raise ReadError("wrong arguments of segment", expected="one or two points")
    self.edges += shapes.lines(ends)
    return self


def _arc(_: Session, self: SketchValue, *given: Any) -> SketchValue:
    """Through three points, from the last edge's end through two, or by centre and angles."""
    if len(given) == 4 and is_point(given[0]):
        radius, first, sweep = (number(v) for v in given[1:])
        self.edges.append(
            shapes.center_arc(vec2(given[0]), positive(radius, "a radius"), first, sweep)
        )
        return self
    through = [vec2(p) for p in given]
    through = [self.pen, *through] if len(through) == 2 else through
    if len(through) != 3:
        raise ReadError("wrong arguments of arc", expected="two or three points")
    self.edges.append(shapes.arc(through[0], through[1], through[2]))
    return self


def _close(_: Session, self: SketchValue, tag: Any = None) -> SketchValue:
    self.edges += shapes.lines([self.pen, self.edges[0].start])
    return self


def _assemble(_: Session, self: SketchValue, mode: Any = "a", tag: Any = None) -> SketchValue:
    made = self.face(areas.faces_of(shapes.chained(self.edges)), 0, mode)
    self.assembled = len(self.edges)
    return made


def _finalize(_: Session, self: SketchValue) -> Any:
    if self.parent is None:
        raise ReadError("the sketch was not made by a workplane")
    return self.parent


SketchValue.METHODS = {
    name: Function(name, run, {"ignore_selection": (False,)})
    for name, run in {
        "rect": _rect,
        "circle": _circle,
        "polygon": _polygon,
        "regularPolygon": _regular,
        "trapezoid": _trapezoid,
        "slot": _slot,
        "face": _face,
        "push": _push,
        "reset": _reset,
        "vertices": _vertices,
        "fillet": _fillet,
        "chamfer": _chamfer,
        "rarray": _rarray,
        "parray": _parray,
        "segment": _segment,
        "arc": _arc,
        "close": _close,
        "assemble": _assemble,
        "clean": lambda _, self: self,
        "finalize": _finalize,
    }.items()
}
