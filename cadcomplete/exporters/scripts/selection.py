"""How a script selects the edges of a fillet or chamfer: by what is true of them, or by points."""

from __future__ import annotations

from dataclasses import dataclass

from cadcomplete.history.geometry import Vec3

ALONG, ROUND, FARTHEST, FACE = "along", "round", "farthest", "face"
"""Kinds of steps: edges parallel to an axis; circles and arcs; those whose middle lies farthest in
a direction; those around the flat face that lies farthest in a direction, a first step only."""

Step = tuple[str, str]
"""A kind, and an axis, `z`, or a direction, `+z`; nothing of circles."""


@dataclass(frozen=True, slots=True)
class Group:
    """Edges of a chamfer of two sizes: one point on each, and one on the face of the first size."""

    points: tuple[Vec3, ...]
    face: Vec3


@dataclass(frozen=True, slots=True)
class Selection:
    """Edges of the part so far.

    Attributes:
        steps: filters, one after the other, of all edges; None if there are none that leave just
            these.
        points: one point for each of what runs on smoothly, in mm; beside filters that ask where
            the part ends, which need not be certain for who reads them, in their place.
        groups: of a chamfer of two sizes its edges by their first face.
    """

    steps: tuple[Step, ...] | None
    points: tuple[Vec3, ...] = ()
    groups: tuple[Group, ...] = ()
