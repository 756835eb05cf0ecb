"""What a picture says of histories that begin with what is given, in nats.

Of many extrudes that differ in their ends alone only some are built: those whose ends are seen best
and some between; of the others what is found for the one that ends nearest holds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from cadcomplete.errors import CadCompleteError
from cadcomplete.history.extents import ExtentType
from cadcomplete.history.operations import Boolean, Extrude, Operation, Sketch
from cadcomplete.meshes.manifolds import mesh_of
from cadcomplete.pictures.beginning import begun
from cadcomplete.pictures.extruding import SeenLoops, anchored, changed
from cadcomplete.pictures.matching import match
from cadcomplete.pictures.prisms import nats, prisms
from cadcomplete.pictures.scene import PictureScene, energy
from cadcomplete.pictures.sides import side, wire
from cadcomplete.pictures.sketching import weighed_sketches
from cadcomplete.pictures.views import filling, refined

Added = tuple[Operation, ...]

_BUILT = 12  # of extrudes that differ in their ends alone
_BETWEEN = 6  # of them are those between
_NEXT = 0.3  # nats less for one that was not built


def weighed(scene: PictureScene, added: Sequence[Added], *, finished: bool = False) -> list[float]:
    """Return the nats that a picture adds to further operations; 0 where it says nothing."""
    found: dict[int, float] = {}
    if scene.solid.is_empty():
        found = {i: _first(scene, one, finished=finished) for i, one in enumerate(added)}
    elif scene.views:
        lone = {
            i: one[0] for i, one in enumerate(added) if len(one) == 1 and isinstance(one[0], Sketch)
        }
        drawn = weighed_sketches(scene, list(lone.values()))
        found = dict(zip(lone, drawn, strict=True))
        groups: dict[tuple[object, ...], list[int]] = defaultdict(list)
        for i, one in enumerate(added):
            if i not in found and one:
                groups[_group(one, i)].append(i)
        for numbers in groups.values():
            found |= _of_group(scene, {i: added[i] for i in numbers})
    return [found.get(i, 0.0) for i in range(len(added))]


def _group(one: Added, number: int) -> tuple[object, ...]:
    """What extrudes have in common that differ in their ends alone."""
    extrude = one[0]
    if len(one) > 1 or not isinstance(extrude, Extrude) or not extrude.profiles:
        return (number,)
    extent = extrude.extent
    if not (extent.numeric and extent.straight) or extent.type is ExtentType.TWO_SIDED:
        return (number,)
    return (extrude.profiles, extrude.boolean, extent.type, extent.start, extent.distance > 0)


def _of_group(scene: PictureScene, group: dict[int, Added]) -> dict[int, float]:
    numbers = list(group)
    if len(numbers) <= _BUILT:
        return {i: _changed(scene, group[i]) for i in numbers}
    ends = np.array([_end(group[i]) for i in numbers])
    extrude = group[numbers[0]][0]
    assert isinstance(extrude, Extrude)
    number = extrude.profiles[0].sketch
    sketch = scene.given.operations[number]
    assert isinstance(sketch, Sketch)
    outline = SeenLoops(sketch, extrude.profiles, scene.views[0])
    shares = outline.shares(scene.sight.rough, np.array(sketch.plane.normal), ends)
    order = np.argsort(np.abs(ends), kind="stable")
    between = order[np.linspace(0, len(order) - 1, _BETWEEN).astype(np.int64)]
    best = np.argsort(-shares, kind="stable")[: _BUILT - _BETWEEN]
    built = list(dict.fromkeys([*best.tolist(), *between.tolist()]))
    values = np.array([_changed(scene, group[numbers[k]]) for k in built])
    sizes = np.log(np.maximum(np.abs(ends), 1e-6))
    apart = np.abs(sizes[:, None] - sizes[built])
    nearest = apart.argmin(axis=1)
    less = np.where(apart.min(axis=1) > 0, _NEXT, 0.0)
    return dict(zip(numbers, (values[nearest] - less).tolist(), strict=True))


def _end(one: Added) -> float:
    extrude = one[0]
    assert isinstance(extrude, Extrude)
    return extrude.extent.start + extrude.extent.distance


def _changed(scene: PictureScene, added: Added) -> float:
    """The nats for operations; 0 for what has no twin without the CAD kernel."""
    if not any(op.builds for op in added):
        return 0.0
    try:
        return changed(scene, added)
    except CadCompleteError:
        return 0.0


def _first(scene: PictureScene, added: Added, *, finished: bool) -> float:
    """The nats of a first sketch, of a first extrude, or of a finished part."""
    built = [op for op in added if op.builds]
    if not built and added and isinstance(added[0], Sketch) and not scene.given.operations:
        return begun(scene, added[0])
    if not built:
        return 0.0
    if finished and len(built) > 1:
        return _whole(scene, added)
    extrude, operations = built[0], (*scene.given.operations, *added)
    if not isinstance(extrude, Extrude) or not extrude.profiles:
        return 0.0
    number = extrude.profiles[0].sketch
    sketch = operations[number]
    extent = extrude.extent
    if not isinstance(sketch, Sketch) or extrude.boolean is Boolean.CUT:
        return 0.0
    if not (extent.straight and extent.numeric) or number >= len(scene.given):
        return 0.0
    low, high = sorted(extent.span)
    key = ("prism", extrude.profiles, round(high - low, 4))
    if key not in scene.asked:
        over = prisms(sketch, extrude.profiles, number)
        seen = [] if over is None else anchored(scene, over, extrude.profiles)
        found = 0.0 if over is None else nats(over, scene.sight, seen, 0.0, high - low)
        scene.asked[key] = found
    return float(scene.asked[key])


def _whole(scene: PictureScene, added: Added) -> float:
    """The nats of a part that fills the outline, from the canonical side."""
    try:
        body = scene.built(added)
    except CadCompleteError:
        return 0.0
    one = (
        None
        if body.is_empty()
        else side(wire(mesh_of(body)), scene.asked.get("side", scene.sides[0]))
    )
    if one is None:
        return 0.0
    view = refined(one, scene.sight.seen, scene.sight.fine, filling(one, scene.sight.seen))
    return energy(match(one, scene.sight, view), scene.sight)
