"""What designers do whatever a caption says: which way, on which face, where in the middle.

Ideas of a caption are put in order by this too. It is no evidence, but was fitted beside it, and a
model that is small knows little of where sketches lie.
"""

from __future__ import annotations

from collections.abc import Sequence

from cadcomplete.captions.planes import APART, TURNED, PlaneView
from cadcomplete.captions.spotting import seen_on
from cadcomplete.captions.state import regions
from cadcomplete.history.geometry import same_plane
from cadcomplete.history.operations import Boolean, ExtentType, Extrude, Operation, Sketch

AS_BEFORE = frozenset(
    ("habit: sweeps again", "habit: to sides as before", "habit: as far as before")
)
"""What says of an extrude how it is beside the extrudes before it."""

_HERE = 1e-3  # mm


def habits(
    operation: Operation, before: tuple[Operation, ...], seen: Sequence[PlaneView]
) -> dict[str, float]:
    """Return what is usual of an operation, each as a name and how much of it."""
    if isinstance(operation, Extrude):
        return _extrude(operation, before)
    return _sketch(operation, seen) if isinstance(operation, Sketch) else {}


def _extrude(extrude: Extrude, before: tuple[Operation, ...]) -> dict[str, float]:
    extent, cuts = extrude.extent, extrude.boolean is Boolean.CUT
    first = not any(operation.builds for operation in before)
    step = "base" if first else "cut" if cuts else "boss"
    way = "forth" if extent.distance > 0 else "back"
    if extent.type is not ExtentType.ONE_SIDED:
        way = "to both sides"
    found = {f"habit: {step} {way}": 1.0}
    last = next((one for one in reversed(before) if isinstance(one, Extrude)), None)
    if last is not None and extent.type is last.extent.type:
        found["habit: to sides as before"] = 1.0
    swept = {profile for one in before if isinstance(one, Extrude) for profile in one.profiles}
    if swept.intersection(extrude.profiles):
        found["habit: sweeps again"] = 1.0
    if last is not None and abs(extent.distance) == abs(last.extent.distance):
        found["habit: as far as before"] = 1.0
    index = extrude.profiles[0].sketch if extrude.profiles else -1
    sketch = before[index] if 0 <= index < len(before) else None
    if isinstance(sketch, Sketch) and len(sketch.loops) > 1:
        ways = regions(index, sketch)
        rank = ways.index(extrude.profiles) if extrude.profiles in ways else len(ways)
        found[f"habit: regions {min(rank, 3)}"] = 1.0
    return found


def _sketch(sketch: Sketch, seen: Sequence[PlaneView]) -> dict[str, float]:
    found: dict[str, float] = {}
    ends = [v for v in seen if v.kind == "end"]
    kind = "elsewhere"
    for rank, view in enumerate(ends):
        if same_plane(view.plane, sketch.plane, turned=TURNED, apart=APART):
            kind = f"end {min(rank, 4)}"
            break
    else:
        for view in seen:
            if same_plane(view.plane, sketch.plane, turned=TURNED, apart=APART):
                kind = view.kind
                break
    found[f"habit: on {kind}"] = 1.0
    drawn = seen_on(sketch, seen)
    there = [one for one in drawn if one.there]
    if drawn and len(there) == len(drawn):
        found["habit: drawn again"] = 1.0
    elif there:
        found["habit: with what is there"] = 1.0
    new = [one.middle for one in drawn if not one.there and one.middle is not None]
    if new and min(apart[0] for apart in new) < _HERE:
        found["habit: in the middle of the largest"] = 1.0
    elif new and min(apart[1] for apart in new) < _HERE:
        found["habit: in the middle of the newest"] = 1.0
    elif new:
        found["habit: off the middle"] = 1.0
    if len(drawn) - len(there) > 1:
        found["habit: several loops"] = 1.0
    return found
