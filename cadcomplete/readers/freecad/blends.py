"""Fillets and chamfers: each edge that they name by a point on it, as the stored solid has it."""

from __future__ import annotations

from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.edges import EdgeName, EdgePoint, EdgePredicate
from cadcomplete.history.operations import Operation
from cadcomplete.readers.freecad.before import Earlier, NotKnown
from cadcomplete.readers.freecad.features import BevelledEdges, RoundedEdges
from cadcomplete.readers.freecad.properties import Link
from cadcomplete.readers.freecad.stored import Stored, StoredEdge


def rounded(feature: RoundedEdges, before: Earlier) -> tuple[Operation, ...]:
    """Return a fillet. Raises NotKnown if it is not in the file where its edges lie."""
    edges = _edges(feature.type, feature.edges, before, every=feature.every)
    if feature.radius <= 0:
        raise NotKnown("no radius")
    return (Fillet(feature.radius, edges, feature.name),)


def bevelled(feature: BevelledEdges, before: Earlier) -> tuple[Operation, ...]:
    """Return a chamfer. Raises NotKnown for one of two sizes too.

    Which of them is measured on which face depends on how FreeCAD counts faces.
    """
    edges = _edges(feature.type, feature.edges, before, every=feature.every)
    if feature.by != "equal":
        raise NotKnown(f"a chamfer by {feature.by}")
    if feature.size <= 0:
        raise NotKnown("no size")
    return (Chamfer((feature.size, feature.size, False), edges, feature.name),)


def _edges(kind: str, link: Link | None, before: Earlier, *, every: bool) -> tuple[EdgeName, ...]:
    if every:
        return (EdgePredicate("all"),)
    parts = before.body.parts(link)
    points = [_point(part) for part in parts]
    found = tuple(dict.fromkeys(point for point in points if point is not None))
    if not found or len(points) != sum(point is not None for point in points):
        raise NotKnown(kind)
    return found


def _point(part: Stored | None) -> EdgePoint | None:
    """A point on an edge; None for a face, for what is not in the file, and for an odd curve."""
    if not isinstance(part, StoredEdge):
        return None
    if part.middle is not None:
        return EdgePoint(part.middle)
    (x, y, z), (u, v, w) = part.start, part.end
    return EdgePoint(((x + u) / 2, (y + v) / 2, (z + w) / 2)) if part.curve == "line" else None
