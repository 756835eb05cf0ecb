"""What kind of thing an operation makes, in a few classes: what vague words can still speak of."""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Iterator, Sequence
from itertools import pairwise

from cadcomplete.captions.mention import Form
from cadcomplete.captions.outlines import DrawnOutline, outlined
from cadcomplete.captions.planes import APART, TURNED, PlaneView
from cadcomplete.captions.spotting import seen_on
from cadcomplete.captions.state import box_of, regions, swept, waiting
from cadcomplete.history.geometry import same_plane
from cadcomplete.history.operations import Extrude, Operation, Sketch
from cadcomplete.history.sequence import CadSequence

ASPECTS = (1 / 48, 1 / 32, 1 / 20, 1 / 12, 1 / 8, 1 / 5, 1 / 3, 0.55, 0.85, 1.2, 2.0, 4.0, 8.0)
"""Where the classes of height over the longer side of the outline end."""

SHARES = (0.06, 0.12, 0.25, 0.5, 0.9, 1.1, 2.0)
"""Where the classes of a size end, as a share of the longest side of what is there."""

LENGTHS = (3.0, 6.0, 12.0, 25.0, 50.0, 100.0, 200.0, 400.0, 1000.0)
"""Where the classes of a length end, in mm."""

WIDE = (0.05, 0.12, 0.25, 0.5, 0.75, 0.9, 0.99)
"""Where the classes of a width end, as a share of a length."""

_HERE = 1e-3  # mm


def classes(
    operation: Operation, before: tuple[Operation, ...], seen: Sequence[PlaneView]
) -> dict[str, str]:
    """Return the class of an operation for each question that there is of it.

    Of a first sketch what is drawn; of the first solid how high it is, and which regions it sweeps;
    of what follows whether it adds, or cuts and how deep; of a later sketch what is drawn, on which
    of the planes that are `seen` after what was before, and where.
    """
    if isinstance(operation, Extrude):
        return _extrude(operation, before)
    if not isinstance(operation, Sketch) or not operation.loops:
        return {}
    if not any(one.builds for one in before):
        return {"first sketch": _drawn(operation)}
    return _sketch(operation, before, seen)


def _extrude(extrude: Extrude, before: tuple[Operation, ...]) -> dict[str, str]:
    parts = list(swept(extrude, before))
    if not parts:
        return {}
    one = max(parts, key=lambda part: part.outline.length * part.outline.width)
    found: dict[str, str] = {}
    index = extrude.profiles[0].sketch
    sketch = before[index]
    if isinstance(sketch, Sketch) and len(sketch.loops) > 1:
        ways = regions(index, sketch)
        rank = ways.index(extrude.profiles) if extrude.profiles in ways else len(ways)
        found[f"regions of a {'base' if one.first else 'further extrude'}"] = str(min(rank, 3))
    if one.first:
        aspect = one.height / max(one.outline.length, 1e-9)
        return found | {f"height of a {_form(one.outline)} base": str(bisect(ASPECTS, aspect))}
    if one.through:
        return found | {"later extrude": "through"}
    size = max(box_of(before), default=1.0)
    share = str(bisect(SHARES, one.height / max(size, 1e-9)))
    if one.adds:
        return found | {"later extrude": "adds", "height of what is added": share}
    return found | {"later extrude": "blind", "depth of a cut": share}


def _form(outline: DrawnOutline) -> str:
    return outline.form.value if outline.form in (Form.ROUND, Form.RECTANGLE) else "other"


def _sketch(
    sketch: Sketch, before: tuple[Operation, ...], seen: Sequence[PlaneView]
) -> dict[str, str]:
    drawn = seen_on(sketch, seen)
    if not drawn:
        return {}
    found = {"later sketch": _drawn(sketch), "plane of a later sketch": _plane(sketch, seen)}
    middle = min((min(one.middle) for one in drawn if one.middle is not None), default=None)
    if all(one.there for one in drawn):
        found["place of a later sketch"] = "drawn again"
    elif middle is not None:
        found["place of a later sketch"] = "in the middle" if middle < _HERE else "off the middle"
    size = max(box_of(before), default=1.0)
    largest = max(one.outline.length for one in drawn)
    found["size of a later sketch"] = str(bisect(SHARES, largest / max(size, 1e-9)))
    return found


def _drawn(sketch: Sketch) -> str:
    forms = {outlined(loop).form for loop in sketch.loops if loop.closed}
    many = "one" if len(sketch.loops) == 1 else "two" if len(sketch.loops) == 2 else "several"
    if len(forms) == 1 and (form := next(iter(forms))) in (Form.ROUND, Form.RECTANGLE):
        return f"{many} {form.value}"
    return f"{many} other"


def _plane(sketch: Sketch, seen: Sequence[PlaneView]) -> str:
    ends = 0
    for view in seen:
        if same_plane(view.plane, sketch.plane, turned=TURNED, apart=APART):
            return f"end {min(ends, 3)}" if view.kind == "end" else view.kind
        ends += view.kind == "end"
    return "elsewhere"


def context(before: tuple[Operation, ...]) -> Iterator[str]:
    """Yield what is known of a history without any words, each as a name that begins with @."""
    builders = [one for one in before if one.builds]
    yield f"@{min(len(builders), 4)} built"
    cuts = sum(isinstance(one, Extrude) and not one.adds for one in builders)
    yield f"@{min(cuts, 2)} cuts"
    sketches = [one for one in before if isinstance(one, Sketch) and one.loops]
    if sketches:
        yield f"@first {_drawn(sketches[0])}"
    waits = waiting(CadSequence(before))
    if waits is not None and waits[1].loops:
        _, sketch = waits
        yield f"@waits {_drawn(sketch)}"
        outlines = [outlined(loop) for loop in sketch.loops]
        outer = max(outlines, key=lambda one: one.length)
        yield f"@long {bisect(LENGTHS, outer.length)}"
        yield f"@wide {bisect(WIDE, outer.width / max(outer.length, 1e-9))}"
        inner = max((one.length for one in outlines if one is not outer), default=0.0)
        yield f"@inner {bisect(WIDE, inner / max(outer.length, 1e-9))}"
        if box := box_of(before):
            yield f"@waits {bisect(SHARES, outer.length / max(box[0], 1e-9))}"
    if box := box_of(before):
        yield f"@size {bisect(LENGTHS, box[0])}"
        yield f"@flat {bisect(WIDE, box[-1] / max(box[0], 1e-9))}"


def words_of(text: str) -> frozenset[str]:
    """Return the words of a caption that may tell something, each once, without their plural s,
    and every two that stand beside each other."""
    plain = "".join(c if c.isalpha() else " " for c in text.lower())
    words = [w[:-1] if len(w) > 3 and w.endswith("s") else w for w in plain.split()]
    return frozenset((*words, *(f"{a} {b}" for a, b in pairwise(words))))


def bounded(nats: float, most: float) -> float:
    """Return nats within bounds, smoothly."""
    return most * math.tanh(nats / most)
