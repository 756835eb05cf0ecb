"""Fillets and chamfers that designers would make, and what speaks for each.

Edges are named from the history, so no solid is asked: the rim of what was made last, the uprights
of the base, what is like the edges of the fillet before on the other side of the part. Sizes are
those that stand there, and usual ones. Shapes: C ideas, F facts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from cadcomplete.completion.standing import Standing, standing
from cadcomplete.history.blends import Blend, Blended, Chamfer, Fillet
from cadcomplete.history.curves import Circle
from cadcomplete.history.edges import EdgeName, EdgePoint, EdgePredicate
from cadcomplete.history.extents import ExtentType
from cadcomplete.history.geometry import Array, Vec3
from cadcomplete.history.named_loops import curve_counts
from cadcomplete.history.operations import Extrude, Sketch
from cadcomplete.history.sequence import CadSequence

SIZES = (1.0, 2.0, 0.5, 3.0, 3.175, 6.35, 0.4, 5.0)
"""Millimetres that are common."""

_STEP = 0.79375  # mm, a 32nd of an inch
_EARLIER = 2  # sizes of fillets and chamfers before, the newest
_NEWEST = 3  # operations whose edges are thought of, beside the first
_LOOPS = 2  # of each, the first
_POINTS = 64  # edges that are named by points on the other side, at most

_PLAIN = ((), ("convex",), ("line",), ("round",))
_FAR = ("+x", "-x", "+y", "-y", "+z", "-z")
_OF_ALL = (
    *((), ("convex",), ("concave",), ("round",), ("round", "convex")),
    *((axis,) for axis in ("x", "y", "z")),
    *((axis, "convex") for axis in ("x", "y", "z")),
    *((far,) for far in _FAR),
    *((axis, far) for axis in ("x", "y", "z") for far in _FAR if far[1] != axis),
)
_BOTH = {"+x": "-x", "+y": "-y", "+z": "-z"}


@dataclass(frozen=True)
class EdgeGroup:
    """Edges that may be blended together, and in which way they were thought of."""

    names: tuple[EdgeName, ...]
    way: str


WAYS = ("all", "of", "start", "end", "side", "meet", "ends", "far ends", "other side")


def edge_groups(there: Standing) -> list[EdgeGroup]:
    """Return what may be blended together after a history, each once."""
    return list(_groups_of(there.operations))


@lru_cache(maxsize=8)
def _groups_of(operations: tuple[object, ...]) -> tuple[EdgeGroup, ...]:
    there = Standing(operations)  # type: ignore[arg-type]
    found = (EdgeGroup(group.names, group.way) for group in _thought(there))
    return tuple({group.names: group for group in found}.values())


def _thought(there: Standing) -> Iterator[EdgeGroup]:
    made = [i for i in there.builders if not isinstance(there.operations[i], Blended)]
    if not made:
        return
    for filters in _OF_ALL:
        yield EdgeGroup((EdgePredicate("all", filters=filters),), "all")
    for axis, other in _BOTH.items():
        ends = (EdgePredicate("all", filters=(axis,)), EdgePredicate("all", filters=(other,)))
        yield EdgeGroup(ends, "far ends")
    for index in dict.fromkeys((*made[: -_NEWEST - 1 : -1], made[0])):
        counts = curve_counts(there.operations[index], there.operations[:index])
        for kind in ("end", "start", "side", "of"):
            for filters in _PLAIN:
                yield EdgeGroup((EdgePredicate(kind, (index,), filters=filters),), kind)
            for far in _FAR:
                yield EdgeGroup((EdgePredicate(kind, (index,), filters=(far,)),), kind)
            for loop in range(min(len(counts), _LOOPS) if len(counts) > 1 else 0):
                yield EdgeGroup((EdgePredicate(kind, (index,), loop),), kind)
        yield EdgeGroup((EdgePredicate("end", (index,)), EdgePredicate("start", (index,))), "ends")
        if index != made[0]:
            yield EdgeGroup((EdgePredicate("meet", (made[0], index)),), "meet")
    yield from _other_sides(there)


def _other_sides(there: Standing) -> Iterator[EdgeGroup]:
    """The edges of the last blend, seen in the middle planes of the part."""
    last = there.operations[there.builders[-1]]
    part = there.part
    if not isinstance(last, Blended) or part is None or len(last.edges) > _POINTS:
        return
    middle = part.sum(axis=0)
    for axis in range(3):
        names: list[EdgeName] = []
        for name in last.edges:
            if isinstance(name, EdgePoint):
                names.append(EdgePoint(_mirrored(name.at, axis, float(middle[axis]))))
            else:
                names.append(_turned(name, "xyz"[axis]))
        if tuple(names) != last.edges:
            yield EdgeGroup(tuple(names), "other side")


def _mirrored(at: Vec3, axis: int, twice: float) -> Vec3:
    x, y, z = (twice - v if i == axis else v for i, v in enumerate(at))
    return (round(x, 6) + 0.0, round(y, 6) + 0.0, round(z, 6) + 0.0)


def _turned(name: EdgePredicate, axis: str) -> EdgePredicate:
    there = {f"+{axis}": f"-{axis}", f"-{axis}": f"+{axis}"}
    filters = tuple(there.get(one, one) for one in name.filters)
    return EdgePredicate(name.kind, name.operations, name.loop, name.curve, filters)


def sizes_of(blend: Blend) -> tuple[float, ...]:
    """Return the radius, or both distances, in mm."""
    return (blend.radius,) if isinstance(blend, Fillet) else blend.sizes[:2]


def _sizes(there: Standing) -> Iterable[float]:
    """Sizes that stand there, the newest first, and common ones that fit the part."""
    blends = [one for one in there.operations if isinstance(one, Blended)]
    earlier = dict.fromkeys(sizes_of(one)[0] for one in reversed(blends))  # type: ignore[arg-type]
    usual = (size for size in SIZES if size < there.size / 2)
    return dict.fromkeys((*list(earlier)[:_EARLIER], *usual))


def usual_fillets(given: CadSequence, drawn: Sequence[Fillet]) -> Iterator[Fillet]:
    """Yield fillets of groups of edges by sizes that stand there and common ones."""
    there = standing(given)
    for group, size in product(edge_groups(there), _sizes(there)):
        yield Fillet(size, group.names)


def usual_chamfers(given: CadSequence, drawn: Sequence[Chamfer]) -> Iterator[Chamfer]:
    """Yield chamfers of the same groups, as wide on both sides."""
    there = standing(given)
    for group, size in product(edge_groups(there), _sizes(there)):
        yield Chamfer((size, size, False), group.names)


_FILTERS = ("x", "y", "z", "convex", "concave", "line", "round", *_FAR)

OF_BLENDS = (
    *(f"way: {way}" for way in WAYS),
    *("of the first", "of the last", "of a cut", "one loop", "a hole's loop", "no filter"),
    *(f"filter: {name}" for name in _FILTERS),
    *("two filters", "along its normal", "where it ends far from the first", "edges as before"),
    *("of what was just blended", "the last was a blend", "uprights of the base"),
    *("the size before", "a size before", "no size before", "radius that stands there"),
    *("share of the smallest side", "share of the longest side", "inches", "tenth", "thin"),
    *(f"size {size:g}" for size in SIZES),
)


def blend_facts(blends: Sequence[Blend], given: CadSequence) -> Array:
    """Return what is known of fillets or chamfers, in the order of `OF_BLENDS`, shape (C, F)."""
    there = standing(given)
    ways = {group.names: group.way for group in edge_groups(there)}
    by_names: dict[tuple[EdgeName, ...], list[float]] = {}
    by_size: dict[tuple[float, type[Blend]], list[float]] = {}
    found = []
    for blend in blends:
        names, size = blend.edges, (sizes_of(blend)[0], type(blend))
        if names not in by_names:
            by_names[names] = list(_named(names, ways.get(names, "all"), there))
        if size not in by_size:
            by_size[size] = list(_sized(*size, there))
        found.append([*by_names[names], *by_size[size]])
    return np.array(found, dtype=float)


def _named(names: tuple[EdgeName, ...], way: str, there: Standing) -> Iterator[float]:
    yield from (float(way == one) for one in WAYS)
    first = names[0]
    index = first.operations[-1] if first.operations else None
    made = [i for i in there.builders if not isinstance(there.operations[i], Blended)]
    predicate = first if isinstance(first, EdgePredicate) else None
    filters = () if predicate is None else predicate.filters
    loop = None if predicate is None else predicate.loop
    yield float(index == made[0])
    yield float(index == made[-1])
    yield float(index is not None and there.removes(index))
    yield float(loop is not None)
    yield float(loop is not None and loop > 0)
    yield float(not filters)
    yield from (float(one in filters) for one in _FILTERS)
    yield float(len(filters) > 1)
    plane = there.drawn_on(made[0])
    normal = np.zeros(3) if plane is None else np.abs(plane.normal)
    yield float(any(one in "xyz" and normal["xyz".index(one)] > 0.999 for one in filters))
    yield float(way in ("end", "start") and index not in (made[0], None))
    blends = [one for one in there.operations if isinstance(one, Blended)]
    yield float(any(one.edges == names for one in blends))
    yield float(bool(blends) and index is not None and index in blends[-1].refers())
    yield float(isinstance(there.operations[there.builders[-1]], Blended))
    yield float(way == "side" and index == made[0] and not filters)


def _sized(size: float, kind: type[Blend], there: Standing) -> Iterator[float]:
    blends = [one for one in there.operations if isinstance(one, Blended)]
    known = [sizes_of(one)[0] for one in blends]  # type: ignore[arg-type]
    own = [sizes_of(one)[0] for one in blends if isinstance(one, kind)]
    yield float(bool(own) and abs(own[-1] - size) < 1e-6)
    yield float(any(abs(one - size) < 1e-6 for one in known))
    yield float(not known)
    radii = (
        curve.radius
        for one in there.operations
        if isinstance(one, Sketch)
        for loop in one.loops
        for curve in loop.curves
        if isinstance(curve, Circle)
    )
    yield float(any(abs(radius - size) < 1e-6 for radius in radii))
    part = there.part
    sides = np.array([1.0]) if part is None else np.maximum(part[1] - part[0], 1e-6)
    yield float(np.clip(math.log(size / float(sides.min())), -5, 2))
    yield float(np.clip(math.log(size / float(sides.max())), -7, 0))
    inches = _inches(there)
    yield float(inches and abs(size / _STEP - round(size / _STEP)) < 1e-6)
    yield float(not inches and abs(size * 10 - round(size * 10)) < 1e-6)
    heights = [abs(o.extent.distance) for o in there.operations if isinstance(o, Extrude)]
    yield float(any(height < 2 * size for height in heights if height))
    yield from (float(abs(size - one) < 1e-6) for one in SIZES)


def _inches(there: Standing) -> bool:
    """Whether most extrudes go as far as a multiple of a 32nd of an inch."""
    numeric = [o.extent for o in there.operations if isinstance(o, Extrude) and o.extent.numeric]
    ends = [e.distance * (2 if e.type is ExtentType.SYMMETRIC else 1) / _STEP for e in numeric]
    return bool(ends) and bool(np.mean([abs(end - round(end)) < 1e-3 for end in ends]) > 0.5)
