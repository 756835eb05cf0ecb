"""How far an extrude reaches: to distances, through all, to the next face, to a face; tapered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from cadcomplete.errors import UnsupportedError
from cadcomplete.history.faces import Face
from cadcomplete.history.fields import times

STEEPEST = 90.0
"""Degrees that a taper stays below, to either side."""


class ExtentType(str, Enum):
    ONE_SIDED = "one_sided"
    SYMMETRIC = "symmetric"
    TWO_SIDED = "two_sided"


@dataclass(frozen=True, slots=True)
class Until:
    """Where a side of an extrude ends that no distance says.

    Attributes:
        kind: `through`: behind all of the part. `next`: where the part begins, and of a cut where
            it ends again; it need not be flat. `face`: at a face, as far as its surface goes on.
        face: which one; None for the others.
    """

    kind: str
    face: Face | None = None

    @property
    def word(self) -> str:
        """How a text says it, but for the operation that a face counts back to."""
        return f"{self.kind} {self.face.word}" if self.face else self.kind

    def changed(self, change: Callable[[Face], Face]) -> Until:
        """Return it with another face."""
        return replace(self, face=change(self.face)) if self.face else self


THROUGH, NEXT = Until("through"), Until("next")


@dataclass(frozen=True, slots=True)
class Extent:
    """How far an extrude reaches from its sketch plane, along the normal, in millimetres.

    One-sided: from 0 to `distance`, which may be negative. Symmetric: `distance` to each side.
    Two-sided: from 0 to `distance`, and from 0 to `against` in the other direction.

    Attributes:
        type: one-sided, symmetric or two-sided.
        distance: of the first side; 0 if `until` says where that ends.
        against: of the second one; 0 if `until_against` says it.
        start: how far off its sketch it starts, along the normal: all else is seen from there, the
            profiles are as large there as they are drawn.
        taper: degrees by which the walls lean inwards, away from where it starts: positive if it
            gets narrower (holes get wider), below 90 to either side. Symmetric: of both sides.
        taper_against: the same of the second of two sides.
        until, until_against: where a side ends, if no distance says it. A face may lie on either
            side of a one-sided one; through and next go along the normal, and against it if the
            second of two sides does, whose first has no distance then.
    """

    type: ExtentType
    distance: float
    against: float = 0.0
    start: float = 0.0
    taper: float = 0.0
    taper_against: float = 0.0
    until: Until | None = None
    until_against: Until | None = None

    @property
    def numeric(self) -> bool:
        """Whether it is all numbers: distances say where it ends."""
        return self.until is None and self.until_against is None

    @property
    def straight(self) -> bool:
        """Whether its walls are not tapered."""
        return not self.taper and not self.taper_against

    @property
    def unusual(self) -> str:
        """What of it is more than distances from the sketch, in a word; "" if nothing is."""
        until = self.until or self.until_against
        if until is not None:
            return "to a face" if until.face else until.kind
        if not self.straight:
            return "tapered"
        return "with a start offset" if self.start else ""

    @property
    def span(self) -> tuple[float, float]:
        """Where a prism starts and ends along the normal; `distance` leads to the second.

        Raises UnsupportedError if it is tapered, or not all numbers (`Extrude.resolved`).
        """
        if not self.straight:
            raise UnsupportedError(["Extrude (tapered)"])
        return self.ends

    @property
    def ends(self) -> tuple[float, float]:
        """The same of one that may be tapered. Raises UnsupportedError if it is not all numbers."""
        for until in (self.until, self.until_against):
            if until is not None:
                raise UnsupportedError([f"Extrude ({self.unusual})"])
        start, distance = self.start, self.distance
        if self.type is ExtentType.ONE_SIDED:
            return (start, start + distance)
        if self.type is ExtentType.SYMMETRIC:
            return (start - distance, start + distance)
        ends = (0.0, distance, -self.against)  # some files have both sides on one side
        low, high = min(ends) + start, max(ends) + start
        return (low, high) if distance >= 0 else (high, low)

    @property
    def parts(self) -> tuple[tuple[float, float], ...]:
        """Where each side that reaches anywhere ends, from `start`, and its taper.

        Raises UnsupportedError if it is not all numbers.
        """
        low, high = sorted(end - self.start for end in self.ends)
        if self.type is ExtentType.ONE_SIDED:
            return ((self.distance, self.taper),) if self.distance else ()
        second = self.taper if self.type is ExtentType.SYMMETRIC else self.taper_against
        sides = ((high, self.taper), (low, second))
        if self.type is ExtentType.TWO_SIDED and self.distance < 0:
            sides = ((high, second), (low, self.taper))
        return tuple(side for side in sides if side[0])

    def scaled(self, factor: float) -> Extent:
        """Return it `factor` times as large, in numbers to a nanometre."""
        distance, against, start = (
            times(value, factor) for value in (self.distance, self.against, self.start)
        )
        larger = replace(self, distance=distance, against=against, start=start)
        return larger.faced(lambda face: face.scaled(factor))

    def faced(self, change: Callable[[Face], Face]) -> Extent:
        """Return it with its faces changed."""
        if self.numeric:
            return self
        until, against = (u and u.changed(change) for u in (self.until, self.until_against))
        return replace(self, until=until, until_against=against)

    @property
    def faces(self) -> tuple[Face, ...]:
        """The faces that it ends at."""
        found = (until.face for until in (self.until, self.until_against) if until)
        return tuple(face for face in found if face)
