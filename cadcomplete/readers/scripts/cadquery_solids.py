"""The methods of CadQuery's workplanes that take sketches and make solids."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cadcomplete.errors import ReadError, UnsupportedError
from cadcomplete.history.curves import Arc, Circle, Line
from cadcomplete.history.geometry import XY, Plane, Vec2
from cadcomplete.history.operations import Boolean, Extent, ExtentType, Loop
from cadcomplete.history.turn_axis import FULL, TurnAxis
from cadcomplete.readers.scripts import frames, shapes, solids
from cadcomplete.readers.scripts.areas import Faces, FlatFace, faces_of
from cadcomplete.readers.scripts.boring import bored, coned
from cadcomplete.readers.scripts.cadquery_objects import pair
from cadcomplete.readers.scripts.cadquery_sketch import SketchValue
from cadcomplete.readers.scripts.cadquery_workplane import FacePick, Workplane
from cadcomplete.readers.scripts.corners import has_corner
from cadcomplete.readers.scripts.finishing import MirrorStep
from cadcomplete.readers.scripts.session import Session
from cadcomplete.readers.scripts.skyline import diagonal
from cadcomplete.readers.scripts.solids import Steps
from cadcomplete.readers.scripts.values import Function, flag, number, positive, vec3

_OFF = 1e-6  # mm by which a plane may be off a solid that it touches

# --- sketches -----------------------------------------------------------------------------------


def _sketch(session: Session, self: Workplane) -> SketchValue:
    places = tuple(frames.compose(self.plane, spot) for spot in self.spots)
    sketch = SketchValue(session, places)
    sketch.parent = self.then(sketch)
    return sketch


def _place_sketch(session: Session, self: Workplane, *sketches: Any) -> Workplane:
    placed: list[SketchValue] = []
    for sketch in sketches:
        if not isinstance(sketch, SketchValue):
            raise ReadError("wrong value", expected="a Sketch", got=type(sketch).__name__)
        copy = SketchValue(session, tuple(frames.compose(self.plane, spot) for spot in self.spots))
        copy.faces = sketch.faces
        placed.append(copy)
    return self.then(*placed)


# --- solids -------------------------------------------------------------------------------------


def _faces(self: Workplane) -> list[tuple[Plane, Faces]]:
    """Return the faces of the sketches on the stack, or else of all wires that wait."""
    sketches = [item for item in self.stack if isinstance(item, SketchValue)]
    placed = [(place, sketch.faces) for sketch in sketches for place in sketch.places]
    if any(faces for _, faces in placed):
        return placed
    if not self.pending.wires:
        raise ReadError("there is no closed wire to extrude", expected="close() before it")
    loops: dict[float, list[Loop]] = {}
    for plane, loop in self.pending.wires:
        height = round(frames.to_local(self.plane, plane.origin)[2], 9) + 0.0
        own = self.plane.raised(height) if height else self.plane
        if not frames.coplanar(plane, own):
            raise UnsupportedError(["wires that lie off the workplane they are extruded from"])
        loops.setdefault(height, []).append(frames.relocated(loop, plane, own))
    return [
        (self.plane.raised(height) if height else self.plane, faces_of(one))
        for height, one in loops.items()
    ]


def _taken(self: Workplane, made: Workplane) -> Workplane:
    """Return what was made, once nothing can go wrong any more, without the wires it took."""
    if not any(isinstance(item, SketchValue) and item.faces for item in self.stack):
        self.pending.wires = []
    return made


def _swept(session: Session, self: Workplane, amount: Any, both: Any, taper: Any) -> Steps:
    if isinstance(amount, str):
        raise UnsupportedError([f"extrude until {amount}"])
    reach, faces = solids.extent(number(amount, "a distance"), both=flag(both)), _faces(self)
    if taper:
        if any(face.holes for _, group in faces for face in group):
            raise UnsupportedError(["a taper of wires inside of wires"])
        reach = solids.leaning(reach, number(taper, "an angle"))
        if any(has_corner(f.outer.loop, inner=taper > 0) for _, group in faces for f in group):
            raise UnsupportedError(["a taper that rounds the corners which it opens"])
    return solids.extruded(faces, reach, session.line)


def _combined(self: Workplane, steps: Steps, combine: Any) -> Workplane:
    """Join a solid with the one there is, cut it out, or keep it apart: as `combine` says."""
    base = self.solid
    if combine in ("cut", "s"):
        return self.then(solids.cut(base or (), steps))
    if combine in (True, "a"):
        return self.then(solids.join(base or (), steps))
    if combine is not False:
        raise ReadError(
            "wrong value", expected='combine=True, False, "a", "cut" or "s"', got=combine
        )
    return self.then(steps)


def _extrude(
    session: Session,
    self: Workplane,
    until: Any,
    combine: Any = True,
    clean: Any = True,
    both: Any = False,
    taper: Any = None,
) -> Workplane:
    return _taken(self, _combined(self, _swept(session, self, until, both, taper), combine))


def _cut_blind(
    session: Session,
    self: Workplane,
    until: Any,
    clean: Any = True,
    both: Any = False,
    taper: Any = None,
) -> Workplane:
    return _taken(self, _combined(self, _swept(session, self, until, both, taper), "cut"))


def _cut_thru_all(
    session: Session, self: Workplane, clean: Any = True, taper: Any = 0
) -> Workplane:
    """Cut as far as the solid reaches, which is all that the script says of the depth."""
    placed, base = _faces(self), self.solid
    if not base:
        raise ReadError("there is no solid to cut from")
    if any(not frames.coplanar(placed[0][0], plane) for plane, _ in placed):
        raise UnsupportedError(["cutThruAll from several planes"])
    low, high = solids.reach(base, placed[0][0])
    if low > _OFF or high < -_OFF:  # from there the library may not reach the other side
        raise UnsupportedError(["cutThruAll from a plane off the solid"])
    steps = solids.extruded(placed, solids.through(base, placed[0][0]), session.line)
    return _taken(self, _combined(self, steps, "cut"))


def _revolve(
    session: Session,
    self: Workplane,
    angleDegrees: Any = 360.0,
    axisStart: Any = None,
    axisEnd: Any = None,
    combine: Any = True,
    clean: Any = True,
) -> Workplane:
    """Turn about an axis given in the workplane's coordinates, its y axis if none is."""
    if (axisStart is None) != (axisEnd is None):
        raise UnsupportedError(["revolve with only one end of its axis"])
    ends = ((0, 0), (0, 1)) if axisStart is None else (axisStart, axisEnd)
    start, end = (frames.to_world(self.plane, vec3(one)) for one in ends)
    way = (end[0] - start[0], end[1] - start[1], end[2] - start[2])
    direction, degrees = frames.plane_of(start, way, None).normal, number(angleDegrees, "an angle")
    steps = solids.turned(_faces(self), start, direction, degrees % FULL, session.line)
    return _taken(self, _combined(self, steps, combine))


def _hole(
    session: Session, self: Workplane, diameter: Any, depth: Any = None, clean: Any = True
) -> Workplane:
    """Drill from each place of the stack against the plane's normal."""
    return _drilled(session, self, diameter, depth, lambda plane, points: ())


def _cbore_hole(
    session: Session,
    self: Workplane,
    diameter: Any,
    cboreDiameter: Any,
    cboreDepth: Any,
    depth: Any = None,
    clean: Any = True,
) -> Workplane:
    radius, deep = positive(cboreDiameter, "a diameter") / 2, positive(cboreDepth, "a depth")
    reach = Extent(ExtentType.ONE_SIDED, -deep)
    return _drilled(
        session,
        self,
        diameter,
        depth,
        lambda plane, points: bored(plane, points, radius, reach, session.line),
    )


def _csk_hole(
    session: Session,
    self: Workplane,
    diameter: Any,
    cskDiameter: Any,
    cskAngle: Any,
    depth: Any = None,
    clean: Any = True,
) -> Workplane:
    radius = positive(cskDiameter, "a diameter") / 2
    return _drilled(
        session,
        self,
        diameter,
        depth,
        lambda plane, points: coned(plane, points, radius, cskAngle, session.line),
    )


def _drilled(
    session: Session,
    self: Workplane,
    diameter: Any,
    depth: Any,
    head: Callable[[Plane, list[Vec2]], Steps],
) -> Workplane:
    """Cut cylinders and what widens them at the top, at each place of the stack."""
    if not self.solid:
        raise ReadError("there is no solid to cut from")
    radius, spots = positive(diameter, "a diameter") / 2, self.spots
    session.drawing(2 * len(spots))
    heights: dict[float, list[Vec2]] = {}
    for x, y, z in (spot.origin for spot in spots):
        heights.setdefault(round(z, 9) + 0.0, []).append((x, y))
    steps: Steps = ()
    for height, points in heights.items():
        plane = self.plane.raised(height) if height else self.plane
        low, _ = solids.reach(self.solid, plane)
        deep = -low if depth is None else positive(depth, "a depth")
        if depth is None and deep > diagonal(self.solid):
            # without a depth the library drills as deep as the solid's diagonal is long
            raise UnsupportedError(["a hole that begins far off the solid"])
        reach = Extent(ExtentType.ONE_SIDED, -positive(deep, "a depth below the workplane"))
        steps += bored(plane, points, radius, reach, session.line) + head(plane, points)
    return _combined(self, steps, "cut")


def _box(
    session: Session,
    self: Workplane,
    length: Any,
    width: Any,
    height: Any,
    centered: Any = True,
    combine: Any = True,
    clean: Any = True,
) -> Workplane:
    x, y = positive(length, "a length"), positive(width, "a width")
    middle = (0.0 if c else v / 2 for c, v in zip(pair(centered), (x, y), strict=True))
    loop = shapes.rectangle(x, y, tuple(middle))  # type: ignore[arg-type]
    return _prism(session, self, loop, positive(height, "a height"), centered, combine)


def _cylinder(
    session: Session,
    self: Workplane,
    height: Any,
    radius: Any,
    direct: Any = None,
    angle: Any = 360,
    centered: Any = True,
    combine: Any = True,
    clean: Any = True,
) -> Workplane:
    r = positive(radius, "a radius")
    x, y = (0.0 if c else r for c in pair(centered))
    loop = Loop((Circle((x, y), r),))
    return _prism(session, self, loop, positive(height, "a height"), centered, combine)


def _prism(
    session: Session, self: Workplane, loop: Loop, height: float, centered: Any, combine: Any
) -> Workplane:
    middle = centered[2] if isinstance(centered, list | tuple) and len(centered) == 3 else centered
    reach = solids.extent(height / 2 if flag(middle) else height, both=flag(middle))
    session.drawing(len(loop.curves) * len(self.spots))
    placed = [(frames.compose(self.plane, spot), (FlatFace.of(loop),)) for spot in self.spots]
    return _combined(self, solids.extruded(placed, reach, session.line), combine)


def _sphere(
    session: Session,
    self: Workplane,
    radius: Any,
    direct: Any = (0, 0, 1),
    angle1: Any = -90,
    angle2: Any = 90,
    angle3: Any = 360,
    centered: Any = True,
    combine: Any = True,
    clean: Any = True,
) -> Workplane:
    """A ball around each place of the stack: half a disc, turned."""
    r = positive(radius, "a radius")
    profile = Loop((Arc((0.0, -r), (r, 0.0), (0.0, r)), Line((0.0, r), (0.0, -r))))
    axis, reach = TurnAxis((0.0, 0.0), (0.0, 1.0)), Extent(ExtentType.ONE_SIDED, FULL)
    session.drawing(2 * len(self.spots))
    places = [frames.compose(self.plane, spot) for spot in self.spots]
    steps = tuple(
        solids.SolidStep(at, (FlatFace.of(profile),), reach, Boolean.JOIN, session.line, axis)
        for at in places
    )
    return _combined(self, steps, combine)


def _each_point(
    _: Session,
    self: Workplane,
    arg: Any,
    useLocalCoordinates: Any = False,
    combine: Any = False,
    clean: Any = True,
) -> Workplane:
    """Put a solid at each place of the stack, as it lies in the world's origin."""
    made = arg.solids if isinstance(arg, Workplane) else None
    if not made or not flag(useLocalCoordinates):
        raise UnsupportedError(["eachpoint of anything but a solid in local coordinates"])
    steps: Steps = ()
    for spot in self.spots:
        steps = solids.join(steps, solids.moved(made, frames.compose(self.plane, spot)))
    return _combined(self, steps, combine)


def _union(
    _: Session, self: Workplane, toUnion: Any, clean: Any = True, glue: Any = False, tol: Any = None
) -> Workplane:
    return self.combined(toUnion, Boolean.JOIN)


def _cut(_: Session, self: Workplane, toCut: Any, clean: Any = True, tol: Any = None) -> Workplane:
    return self.combined(toCut, Boolean.CUT)


def _intersect(
    _: Session, self: Workplane, toIntersect: Any, clean: Any = True, tol: Any = None
) -> Workplane:
    return self.combined(toIntersect, Boolean.INTERSECT)


_MIRRORS = {"XY": (0, 0, 1), "YZ": (1, 0, 0), "XZ": (0, 1, 0)}


def _mirror(
    session: Session,
    self: Workplane,
    mirrorPlane: Any = "XY",
    basePointVector: Any = None,
    union: Any = False,
) -> Workplane:
    """Mirror the solid on the stack; with `union` join both."""
    if self.solids is None or len(self.stack) != 1:
        raise UnsupportedError(["mirror of what is not one solid"])
    plane = _mirror_plane(mirrorPlane, basePointVector)
    if flag(union):
        return self.then((*self.solids, MirrorStep(plane, session.line)))
    made = self.then(solids.reflected(self.solids, plane))
    made.image = (self.solids, plane)
    return made


def _mirror_plane(given: Any, base: Any) -> Plane:
    if isinstance(given, Workplane):
        pick = given.stack[0] if len(given.stack) == 1 else None
        if not isinstance(pick, FacePick):
            raise UnsupportedError(["mirror(mirrorPlane)"])
        if base is None:
            return pick.frame()
        return frames.plane_of(vec3(base), pick.frame().normal, None)
    normal = given
    if isinstance(given, str):
        normal = _MIRRORS.get(given, _MIRRORS.get(given[::-1]))
        if normal is None:
            raise ReadError("unknown plane", expected=", ".join(_MIRRORS), got=given)
    return frames.plane_of((0.0, 0.0, 0.0) if base is None else vec3(base), vec3(normal), None)


def _translate(_: Session, self: Workplane, vec: Any) -> Workplane:
    return _moved(self, replace(XY, origin=vec3(vec)))


def _rotate(
    _: Session, self: Workplane, axisStartPoint: Any, axisEndPoint: Any, angleDegrees: Any
) -> Workplane:
    degrees = number(angleDegrees, "an angle")
    return _moved(self, frames.turn(vec3(axisStartPoint), vec3(axisEndPoint), degrees))


def _moved(self: Workplane, frame: Plane) -> Workplane:
    """Move the solids of the stack; whatever else is on it is not."""
    if self.solids is None:
        raise UnsupportedError(["moving what is not a solid"])
    return self.then(solids.moved(self.solids, frame))


_WHOLE_BALL = {
    "direct": (None,),
    "angle1": (-90,),
    "angle2": (90,),
    "angle3": (360,),
    "centered": (True,),
}

SOLIDS = {
    "sketch": Function("sketch", _sketch),
    "placeSketch": Function("placeSketch", _place_sketch),
    "extrude": Function("extrude", _extrude),
    "cutBlind": Function("cutBlind", _cut_blind),
    "cutThruAll": Function("cutThruAll", _cut_thru_all, {"taper": (None, 0)}),
    "revolve": Function("revolve", _revolve),
    "hole": Function("hole", _hole),
    "eachpoint": Function("eachpoint", _each_point),
    "cboreHole": Function("cboreHole", _cbore_hole),
    "cskHole": Function("cskHole", _csk_hole),
    "box": Function("box", _box),
    "cylinder": Function("cylinder", _cylinder, {"direct": (None,), "angle": (360,)}),
    "sphere": Function("sphere", _sphere, _WHOLE_BALL),
    "union": Function("union", _union),
    "cut": Function("cut", _cut),
    "intersect": Function("intersect", _intersect),
    "mirror": Function("mirror", _mirror),
    "translate": Function("translate", _translate),
    "rotate": Function("rotate", _rotate),
}
"""Methods of workplanes that make solids, and combine them."""
