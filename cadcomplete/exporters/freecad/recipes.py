"""How FreeCAD makes a feature, as far as the numbers of edges depend on it."""

from __future__ import annotations

from dataclasses import dataclass

from cadcomplete.history.blends import Blend
from cadcomplete.history.geometry import Plane
from cadcomplete.history.loops import Loop


@dataclass(frozen=True, slots=True)
class SweptFeature:
    """A pad or a pocket: of each region the outer loop and the holes in it.

    `span` is from where to where it is swept along the normal, in mm, in the order in which that is
    done.
    """

    cuts: bool
    plane: Plane
    regions: tuple[tuple[Loop, ...], ...]
    span: tuple[float, float]


@dataclass(frozen=True, slots=True)
class BlendedFeature:
    """A fillet or a chamfer, with the numbers of its edges."""

    blend: Blend
    edges: tuple[int, ...]


Recipe = SweptFeature | BlendedFeature
