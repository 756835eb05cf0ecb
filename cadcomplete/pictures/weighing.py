"""What a picture says of histories that begin with what is given, in nats."""

from __future__ import annotations

from collections.abc import Sequence

from cadcomplete.errors import CadCompleteError
from cadcomplete.history.operations import Boolean, Extrude, Operation, Sketch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.pictures.extruding import anchored, changed
from cadcomplete.pictures.prisms import nats, prisms
from cadcomplete.pictures.scene import Scene


def weighed(scene: Scene, whole: CadSequence) -> float:
    """Return the nats that a picture adds to a history; 0 for what it says nothing of."""
    added = whole.operations[len(scene.given) :]
    try:
        if scene.solid.is_empty():
            return _first(scene, added)
        return changed(scene, added) if any(op.builds for op in added) else 0.0
    except CadCompleteError:  # what has no twin without the kernel cannot be compared
        return 0.0


def _first(scene: Scene, added: Sequence[Operation]) -> float:
    """The nats of a first extrude; what follows it is not looked at."""
    operations = (*scene.given.operations, *added)
    built = [op for op in added if op.builds]
    if not built or not isinstance(built[0], Extrude) or not built[0].profiles:
        return 0.0
    extrude = built[0]
    number = extrude.profiles[0].sketch
    sketch = operations[number]
    if not isinstance(sketch, Sketch) or extrude.boolean is Boolean.CUT:
        return 0.0
    over = prisms(sketch, extrude.profiles, number)
    if over is None or not extrude.extent.straight or not extrude.extent.numeric:
        return 0.0
    low, high = sorted(extrude.extent.span)
    seen = anchored(scene, over, extrude.profiles)
    return max((nats(over, scene.sight, anchor, low, high) for anchor in seen), default=0.0)
