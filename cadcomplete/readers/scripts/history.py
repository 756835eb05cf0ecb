"""The history of what a script has made: its solid, and the loops that nothing has extruded yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.curves import Curve
from cadcomplete.history.edges import EdgePoint
from cadcomplete.history.geometry import Plane, Vec2
from cadcomplete.history.operations import Boolean, Extrude, Loop, Operation, Profile, Sketch
from cadcomplete.history.patterns import Mirror
from cadcomplete.history.revolve import Revolve
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.turn_axis import TurnAxis
from cadcomplete.readers.scripts.areas import Faces, add, size
from cadcomplete.readers.scripts.budget import check_curves, spend
from cadcomplete.readers.scripts.finishing import BlendStep, MirrorStep
from cadcomplete.readers.scripts.frames import compose, coplanar, relocated
from cadcomplete.readers.scripts.repeats import repeats
from cadcomplete.readers.scripts.shapes import chains
from cadcomplete.readers.scripts.solids import SolidStep, Steps, moved_faces

_DECIMALS = 9


@dataclass(frozen=True, slots=True)
class Drawn:
    """What has been drawn in a plane and not extruded: faces, and curves that are no face yet."""

    plane: Plane
    faces: Faces = ()
    curves: tuple[Curve, ...] = ()

    def moved(self, frame: Plane) -> Drawn:
        """Return it put at a place."""
        return replace(self, plane=compose(frame, self.plane))

    def within(self, plane: Plane) -> Drawn:
        """Return it in the coordinates of a plane that is coplanar."""
        faces = moved_faces(self.faces, self.plane, plane)
        curves = relocated(Loop(self.curves), self.plane, plane).curves if self.curves else ()
        return Drawn(plane, faces, curves)


def merged(drawn: Iterable[Drawn]) -> list[Drawn]:
    """Return what is drawn, that of one plane together, as an extrude takes it."""
    groups: list[Drawn] = []
    for one in drawn:
        spend(1 + len(groups) + size(one.faces) + len(one.curves))
        for number, group in enumerate(groups):
            if coplanar(one.plane, group.plane):
                more = one.within(group.plane)
                faces = add(group.faces, more.faces)
                groups[number] = Drawn(group.plane, faces, group.curves + more.curves)
                break
        else:
            groups.append(one)
    return groups


def history(steps: Steps, id: str, drawn: Iterable[Drawn] = (), *, line: int = 0) -> CadSequence:
    """Return the history of a solid, and after it the sketches of what is drawn and not extruded.

    A sketch that is extruded again is not drawn again. `line` is where the drawing ends.
    """
    operations: list[Operation] = []
    sketches: dict[Sketch, int] = {}
    again, built = repeats(steps), dict[int, int]()
    skipped = 0
    for number, step in enumerate(steps):
        if number < skipped:
            continue
        if number in again:
            one = again[number]
            of = tuple(sorted(built[source] for source in one.of))
            operations.append(replace(one.pattern, of=of, source=f"line {step.line}"))  # type: ignore[call-arg]
            built[number], skipped = len(operations) - 1, one.last
            continue
        if not isinstance(step, SolidStep):
            operations.append(_finished(step))
            continue
        sketch, regions = _sketch(step)
        index = sketches.setdefault(sketch, len(operations))
        if index == len(operations):
            operations.append(sketch)
        boolean = step.boolean if number else Boolean.NEW_BODY
        profiles = tuple(Profile(index, outer, holes) for outer, holes in regions)
        operations.append(_swept(replace(step, boolean=boolean), profiles))
        built[number] = len(operations) - 1
    operations += _left(drawn, sketches, line)
    return CadSequence(tuple(operations), id)


def _swept(step: SolidStep, profiles: tuple[Profile, ...]) -> Extrude | Revolve:
    reach = replace(step.extent, distance=_rounded(step.extent.distance))
    at = f"line {step.line}"
    if step.axis is None:
        return Extrude(profiles, reach, step.boolean, at)
    axis = TurnAxis.of(_rounded_point(step.axis.point), _rounded_point(step.axis.direction))
    return Revolve(profiles, reach, axis, step.boolean, at)


def _finished(step: BlendStep | MirrorStep) -> Operation:
    """Return the operation of what is done to the whole solid so far."""
    at = f"line {step.line}"
    if isinstance(step, MirrorStep):
        plane = step.plane
        return Mirror(plane.normal, _rounded(plane.offset), None, at)
    names = tuple(
        EdgePoint(tuple(map(_rounded, name.at))) if isinstance(name, EdgePoint) else name  # type: ignore[arg-type]
        for name in step.edges
    )
    if step.rounded:
        return Fillet(_rounded(step.size), names, at)
    first, second = step.size, step.size if step.other is None else step.other
    return Chamfer((_rounded(first), _rounded(second), False), names, at)


def _sketch(step: SolidStep) -> tuple[Sketch, list[tuple[int, tuple[int, ...]]]]:
    loops: list[Loop] = []
    regions: list[tuple[int, tuple[int, ...]]] = []
    for face in step.faces:
        first = len(loops)
        loops += face.loops
        regions.append((first, tuple(range(first + 1, len(loops)))))
    return _rounded_sketch(step.plane, loops, step.line), regions


# --- what is drawn and not extruded -------------------------------------------------------------


def _left(drawn: Iterable[Drawn], before: Iterable[Sketch], line: int) -> list[Sketch]:
    """Return the sketches of what is drawn: one each, the one whose last loop is open at the end.

    A history has one open loop at most, as its last: of others it is said that they are left out.
    """
    known, closed, unfinished = set(before), [], []
    curves = 0
    for one in drawn:
        curves += size(one.faces) + len(one.curves)
        check_curves(curves)
        loops = [loop for face in one.faces for loop in face.loops]
        drawing = chains(one.curves)
        loops += [loop for loop in drawing if loop.closed]
        still_open = [loop for loop in drawing if not loop.closed]
        sketch = _rounded_sketch(one.plane, loops + still_open[-1:], line)
        if not sketch.loops or sketch in known:
            continue
        known.add(sketch)
        (unfinished if still_open else closed).append(_saying(sketch, still_open[:-1]))
    for number, sketch in enumerate(unfinished[:-1]):
        unfinished[number] = _saying(replace(sketch, loops=sketch.loops[:-1]), [sketch.loops[-1]])
    return [*closed, *(sketch for sketch in unfinished if sketch.loops)]


def _saying(sketch: Sketch, left_out: list[Loop]) -> Sketch:
    if not left_out:
        return sketch
    curves = sum(len(loop.curves) for loop in left_out)
    said = f"{curves} curve{'s' * (curves > 1)} that close no loop are left out"
    return replace(sketch, remarks=(*sketch.remarks, said))


# --- without noise ------------------------------------------------------------------------------


def _rounded_sketch(plane: Plane, loops: list[Loop], line: int) -> Sketch:
    x, y, z = map(_rounded, plane.origin)
    drawn = tuple(loop.moved(_rounded_point, _rounded) for loop in loops)
    return Sketch(replace(plane, origin=(x, y, z)), drawn, f"line {line}")


def _rounded(value: float) -> float:
    """Without the noise of sines and cosines."""
    return round(value, _DECIMALS) + 0.0


def _rounded_point(point: Vec2) -> Vec2:
    return (_rounded(point[0]), _rounded(point[1]))
