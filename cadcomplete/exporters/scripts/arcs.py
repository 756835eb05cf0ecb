"""How an arc is said: by its radius, or by a point on it."""

from __future__ import annotations

from collections.abc import Sequence

from cadcomplete.errors import GeometryError
from cadcomplete.exporters.scripts.sizes import Naming, radii
from cadcomplete.history.curves import Arc
from cadcomplete.history.fields import number
from cadcomplete.history.loops import Loop

_STEEP = 30.0
"""Degrees around a half circle in which a radius, to a nanometre, does not say where an arc is."""


class Arcs:
    """The arcs of some loops: radii that are there more than once are one variable."""

    def __init__(self, named: Naming, loops: Sequence[Loop]) -> None:
        self._named, self._repeated = named, radii(loops)

    def radius_of(self, arc: Arc) -> str | None:
        """Return the radius by which to say an arc; None if a point on it is better."""
        try:
            text = number(arc.radius)
        except GeometryError:
            return None
        if abs(abs(arc.sweep) - 180.0) < _STEEP:
            return None
        if text in self._repeated:
            return self._named("corner_radius", arc.radius)
        through = max(_decimals(number(value)) for value in arc.mid)
        return None if _decimals(text) > 2 and through < _decimals(text) else text


def _decimals(text: str) -> int:
    return len(text.partition(".")[2])
