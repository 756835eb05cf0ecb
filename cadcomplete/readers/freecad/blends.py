"""Fillets and chamfers: each edge that they name by a point on it, as the stored solid has it."""

from __future__ import annotations

from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.edges import EdgeName, EdgePoint, EdgePredicate
from cadcomplete.history.operations import Operation
from cadcomplete.readers.freecad.before import Earlier, NotKnown
from cadcomplete.readers.freecad.features import BevelledEdges, RoundedEdges
from cadcomplete.readers.freecad.outlines import rounded as tidy
from cadcomplete.readers.freecad.properties import Link
from cadcomplete.readers.freecad.read_features import BEVELS
from cadcomplete.readers.freecad.sides import sizes_at
from cadcomplete.readers.freecad.stored import Stored, StoredEdge, StoredFace


def rounded(feature: RoundedEdges, before: Earlier) -> tuple[Operation, ...]:
    """Return a fillet. Raises NotKnown if it is not in the file where its edges lie."""
    edges = _edges(feature.type, feature.edges, before, every=feature.every)
    if feature.radius <= 0:
        raise NotKnown("no radius")
    return (Fillet(feature.radius, edges, feature.name),)


def bevelled(feature: BevelledEdges, before: Earlier) -> tuple[Operation, ...]:
    """Return a chamfer; two of them where two sizes lie one way at some edges, and the other way
    at others. Raises NotKnown as `rounded` does, and if it is not certain which size is which.
    """
    if feature.size <= 0:
        raise NotKnown("no size")
    if feature.by not in BEVELS:
        raise NotKnown(f"a chamfer by {feature.by}")
    if feature.by == "equal":
        edges = _edges(feature.type, feature.edges, before, every=feature.every)
        return (Chamfer((feature.size, feature.size, False), edges, feature.name),)
    if feature.every:
        raise NotKnown(f"a chamfer by {feature.by} of every edge")
    found: dict[tuple[float, float], dict[EdgeName, None]] = {}
    for part in before.body.parts(feature.edges):
        point = _point(part) if isinstance(part, StoredEdge) else None
        if point is None or not isinstance(part, StoredEdge):
            raise NotKnown(f"a chamfer by {feature.by} of a face")
        sizes = sizes_at(feature, part, before.operations)
        found.setdefault((tidy(sizes[0]), tidy(sizes[1])), {})[point] = None
    if not found:
        raise NotKnown(feature.type)
    return tuple(Chamfer((*s, False), tuple(edges), feature.name) for s, edges in found.items())


def _edges(kind: str, link: Link | None, before: Earlier, *, every: bool) -> tuple[EdgeName, ...]:
    """The names of edges; a face stands for all those around it."""
    if every:
        return (EdgePredicate("all"),)
    found: dict[EdgeName, None] = {}
    for part in before.body.parts(link):
        points = [_point(edge) for edge in _around(part)]
        if not points or None in points:
            raise NotKnown(kind)
        found |= dict.fromkeys(point for point in points if point is not None)
    if not found:
        raise NotKnown(kind)
    return tuple(found)


def _around(part: Stored | None) -> tuple[StoredEdge, ...]:
    if isinstance(part, StoredFace):
        return part.edges
    return () if part is None else (part,)


def _point(edge: StoredEdge) -> EdgePoint | None:
    """A point on an edge; None for an odd curve."""
    if edge.middle is not None:
        return EdgePoint(edge.middle)
    (x, y, z), (u, v, w) = edge.start, edge.end
    return EdgePoint(((x + u) / 2, (y + v) / 2, (z + w) / 2)) if edge.curve == "line" else None
