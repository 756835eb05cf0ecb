"""A construction history, what is wrong with it, and how it is cut short.

A history ends where something is not known here: `operations` is what can be built, and `rest` the
first operation that there is no class for and all that follow it, kept as they stand. Whatever
takes a history as the whole part asks `check_known` first, or takes `known` and says so.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from cadcomplete.errors import GeometryError, InputError, UnsupportedError
from cadcomplete.history import fields
from cadcomplete.history.crossings import crossing
from cadcomplete.history.curves import Arc, Circle, Curve
from cadcomplete.history.fields import LIMIT
from cadcomplete.history.geometry import XY, Plane, distance
from cadcomplete.history.operations import Extrude, Loop, Operation, Profile, Sketch, Unknown


@dataclass(frozen=True, slots=True)
class CadSequence:
    """The operations of a part in the order in which they were made; lengths in millimetres.

    Attributes:
        operations: those that are known here, up to the first that is not.
        rest: that one, and all after it. Nothing of it is built, drawn or written as text.
    """

    operations: tuple[Operation, ...]
    id: str = ""
    rest: tuple[Unknown, ...] = ()

    def __len__(self) -> int:
        """How many operations are known."""
        return len(self.operations)

    @property
    def known(self) -> CadSequence:
        """The history without what is not known."""
        return dataclasses.replace(self, rest=()) if self.rest else self

    @property
    def unsupported(self) -> tuple[str, ...]:
        """All that the history uses and that is not known here, by the names of its own format."""
        return tuple(sorted({name for operation in self.rest for name in operation.uses}))

    @property
    def notice(self) -> str:
        """What a person should know about the rest, in one sentence; "" if there is none."""
        if not self.rest:
            return ""
        after = len(self.rest) - 1
        more = f", nor the {after} after it" if after else ""
        return (
            f"operation {len(self)} is not known here: {self.rest[0].said}; it is not built{more}"
        )

    @property
    def whole_operations(self) -> int:
        """How many operations are finished: a sketch with an open loop at the end is not."""
        last = self.operations[-1] if self.operations else None
        return len(self) - (isinstance(last, Sketch) and not last.finished)

    @property
    def curves(self) -> int:
        """How many curves all sketches have together."""
        sketches = (op for op in self.operations if isinstance(op, Sketch))
        return sum(len(loop.curves) for sketch in sketches for loop in sketch.loops)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a history that a person should know.

    An "error" keeps it from being built; a "warning" is legal but unusual.
    """

    path: str
    problem: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return f"{self.severity} at {self.path}: {self.problem}"


def truncate(sequence: CadSequence, keep: int, *, curves: int | None = None) -> CadSequence:
    """Return the first `keep` operations, and of the next one, a sketch, its first `curves`.

    Raises InputError if there are not that many that are known.
    """
    if not 0 <= keep <= len(sequence):
        raise InputError(
            "cannot keep so many operations",
            where=sequence.id,
            expected=f"0 to {len(sequence)}",
            got=keep,
            hint=sequence.notice,
        )
    kept = sequence.operations[:keep]
    if curves is not None:
        kept += (_partial(sequence, keep, curves),)
    return dataclasses.replace(sequence, operations=kept, rest=())


def check_known(sequence: CadSequence) -> None:
    """Raise UnsupportedError, naming what, if not all of a history is known here."""
    if sequence.rest:
        where = sequence.rest[0].source or f"operation {len(sequence)}"
        raise UnsupportedError(sequence.unsupported, where=where)


def _partial(sequence: CadSequence, index: int, curves: int) -> Sketch:
    sketch = sequence.operations[index] if index < len(sequence) else None
    total = sum(len(loop.curves) for loop in sketch.loops) if isinstance(sketch, Sketch) else 0
    if not isinstance(sketch, Sketch) or not 0 <= curves <= total:
        raise InputError(
            "cannot keep so many curves",
            where=f"operation {index}",
            expected=f"0 to {total}" if total else "a sketch with curves",
            got=curves,
        )
    loops: list[Loop] = []
    for loop in sketch.loops:
        if curves > 0:
            loops.append(dataclasses.replace(loop, curves=loop.curves[:curves]))
        curves -= len(loop.curves)
    return dataclasses.replace(sketch, loops=tuple(loops))


def start_plane(extrude: Extrude, before: tuple[Operation, ...]) -> Plane:
    """Return the plane an extrude starts from: its first profile's, or the newest there is."""
    places = [profile.sketch for profile in extrude.profiles[:1]]
    chosen = [before[i] for i in places if 0 <= i < len(before)]
    planes = [op.plane for op in (*before, *chosen) if isinstance(op, Sketch)]
    return planes[-1] if planes else XY


def validate(sequence: CadSequence) -> tuple[Finding, ...]:
    """Return what is wrong or unusual, each finding with its place in the document."""
    return tuple(_findings(sequence))


def _findings(sequence: CadSequence) -> Iterator[Finding]:
    if not sequence.operations:
        yield Finding("$.sequence", "there are no operations")
    for index, operation in enumerate(sequence.operations):
        path = operation.source or f"$.sequence[{index}]"
        for remark in operation.remarks:
            yield Finding(path, remark, "warning")
        if isinstance(operation, Extrude):
            yield from _extrude_findings(sequence, index, operation, path)
        else:
            last = index == len(sequence) - 1
            yield from _sketch_findings(operation, path, unfinished=last)
    if sequence.rest:
        path = sequence.rest[0].source or f"$.sequence[{len(sequence)}]"
        yield Finding(path, sequence.notice, "warning")


def _sketch_findings(sketch: Sketch, path: str, *, unfinished: bool) -> Iterator[Finding]:
    if not sketch.loops:
        yield Finding(path, "the sketch has no loops", "warning")
    if max(map(abs, sketch.plane.origin)) > LIMIT:
        yield Finding(path, f"the sketch lies more than {LIMIT:.0f} mm from the origin")
    for number, loop in enumerate(sketch.loops):
        place = loop.source or f"{path}.loops[{number}]"
        broken = [p for p in map(_curve_problem, loop.curves) if p]
        for problem in dict.fromkeys(broken):
            yield Finding(place, problem)
        if not loop.closed:
            drawn = unfinished and number == len(sketch.loops) - 1
            gap = math.dist(loop.start, loop.end)
            problem = f"the loop does not close: its ends are {gap:.6g} mm apart"
            yield Finding(place, problem, "warning" if drawn else "error")
        if not broken and (problem := _crosses(loop)):
            yield Finding(place, problem, "warning")


def _crosses(loop: Loop) -> str:
    try:
        at = crossing(loop)
    except InputError as error:
        return error.problem
    return f"the loop crosses itself at ({at[0]:.6g}, {at[1]:.6g}) mm, in its sketch" if at else ""


def _curve_problem(curve: Curve) -> str:
    if isinstance(curve, Circle):
        values = (*curve.center, curve.radius)
    else:
        values = (*curve.start, *curve.end)
    if not all(abs(v) <= LIMIT for v in values):
        return f"a curve lies more than {LIMIT:.0f} mm from the origin, or nowhere"
    if isinstance(curve, Circle):
        if curve.radius <= 0:
            return "a circle without radius"
        if curve.radius < _SMALL and fields.number(curve.radius) == "0":
            return f"a circle whose radius of {curve.radius:.3g} mm is less than can be told"
        return ""
    if isinstance(curve, Arc):
        try:
            if curve.length <= 0:
                return "an arc without length"
        except GeometryError:
            return "an arc whose three points lie on a line"
    elif curve.length <= 0:
        return "a line without length"
    (x, y), (u, v) = curve.start, curve.end
    if (gap := distance(curve.start, curve.end)) < _SMALL and _alike(x, u) and _alike(y, v):
        what = "an arc" if isinstance(curve, Arc) else "a line"
        return f"{what} whose ends are only {gap:.3g} mm apart: less than can be told at its place"
    return ""


_SMALL = 2.0
"""No two numbers within 10 km that are farther apart, in mm, are written alike."""


def _alike(a: float, b: float) -> bool:
    """Whether two numbers are one in the text, which is to a nanometre or to single precision."""
    return fields.number(a) == fields.number(b)


def _extrude_findings(
    sequence: CadSequence, index: int, extrude: Extrude, path: str
) -> Iterator[Finding]:
    if not extrude.profiles:
        yield Finding(path, "the extrude has no profiles: it does nothing", "warning")
    start, end = extrude.extent.span
    if start == end:
        yield Finding(path, "the extrude has no height")
    offset = start_plane(extrude, sequence.operations[:index]).offset
    if 0 < abs(end - start) < _SMALL and _alike(offset + start, offset + end):
        problem = f"the extrude's height of {abs(end - start):.3g} mm is less than can be told"
        yield Finding(path, f"{problem} at its place")
    if max(abs(offset + start), abs(offset + end)) > LIMIT:
        yield Finding(path, f"the extrude reaches more than {LIMIT:.0f} mm from the origin")
    for number, profile in enumerate(extrude.profiles):
        problem = _profile_problem(sequence, index, profile)
        if problem:
            yield Finding(f"{path}.profiles[{number}]", problem)


def _profile_problem(sequence: CadSequence, index: int, profile: Profile) -> str:
    if not 0 <= profile.sketch < index:
        return f"there is no sketch before it at index {profile.sketch}"
    sketch = sequence.operations[profile.sketch]
    if not isinstance(sketch, Sketch):
        return f"operation {profile.sketch} is not a sketch"
    for loop in profile.loops:
        if not 0 <= loop < len(sketch.loops):
            return f"the sketch has {len(sketch.loops)} loops, none has the index {loop}"
        if not sketch.loops[loop].closed:
            return f"loop {loop} is not closed"
    return ""
