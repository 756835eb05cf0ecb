"""What a caption says of a part, as values: things with their counts, sizes and places.

Lengths are millimetres, angles degrees. What is not said is None, or empty.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property

from cadcomplete.history.geometry import Vec2


class Noun(str, Enum):
    """The sorts of things that a part is or has."""

    BASE = "base"  # what the part is: a plate, a ring, a shaft
    HOLE = "hole"
    POCKET = "pocket"  # any recess that is neither round nor a slot; through: an opening
    SLOT = "slot"  # with round ends
    GROOVE = "groove"  # open at its ends
    BOSS = "boss"  # whatever stands up: bosses, pins, ribs, flanges, tabs
    FILLET = "fillet"
    CHAMFER = "chamfer"


class Form(str, Enum):
    """What an outline looks like."""

    ROUND = "round"
    RECTANGLE = "rectangular"
    SLOTTED = "round-ended"
    POLYGON = "polygonal"
    RING = "annular"
    OTHER = "irregular"


class Spot(str, Enum):
    """Where things are."""

    CENTER = "central"
    CORNERS = "at the corners"
    CIRCLE = "on a circle"
    RECTANGLE = "on a rectangle"
    ROW = "in a row"
    GRID = "in a grid"
    POINTS = "at"
    LEGS = "in each leg"


@dataclass(frozen=True, slots=True)
class Where:
    """An arrangement.

    Attributes:
        sizes: of a circle its diameter, of a rectangle its sides, of a row the distance from one
            to the next, at the corners how far from both edges (one or two).
        counts: of a grid how many one way and the other.
        points: where they are, from the middle of the base, for `Spot.POINTS`.
    """

    spot: Spot
    sizes: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()
    points: tuple[Vec2, ...] = ()


@dataclass(frozen=True, slots=True)
class Mention:
    """Something that a caption says the part is or has.

    Attributes:
        noun: which sort of thing.
        said: the word for it, such as "plate" or "pin".
        count: how many there are; None where only that there are several.
        form: what its outline looks like.
        sides: of a polygon.
        diameters: of round ones, outer before inner; of a stepped shaft one after the other.
        sizes: the others as they were said: length, width, height.
        height: how high, thick, deep or long: its extent along its own direction.
        through: whether it goes through.
        head: of a counterbore its diameter and depth, of a countersink its diameter and angle.
        sunk: whether that head is a countersink.
        radius: of a rounding, or of rounded corners.
        wall, floor: how thick those of a hollow thing are.
        where: how they are arranged.
        profile: which letter it looks like from the front, such as "l"; "" if none.
    """

    noun: Noun
    said: str = ""
    count: int | None = 1
    form: Form | None = None
    sides: int = 0
    diameters: tuple[float, ...] = ()
    sizes: tuple[float, ...] = ()
    height: float | None = None
    through: bool | None = None
    head: tuple[float, float] | None = None
    sunk: bool = False
    radius: float | None = None
    wall: float | None = None
    floor: float | None = None
    where: Where | None = None
    profile: str = ""

    @property
    def lengths(self) -> tuple[float, ...]:
        """All that could be measured of it, in mm."""
        also = (self.height, self.radius, self.wall, self.floor)
        head = self.head[: 1 if self.sunk else 2] if self.head else ()
        where = self.where.sizes if self.where else ()
        there = (value for value in also if value is not None)
        return tuple(dict.fromkeys((*self.diameters, *self.sizes, *there, *head, *where)))

    @property
    def sized(self) -> bool:
        """Whether the size of its outline is said at all."""
        return bool(self.diameters or self.sizes)

    @property
    def box(self) -> tuple[float, ...]:
        """The sides of the box around one of it, longest first, as far as they are said."""
        round_ = (max(self.diameters),) * 2 if self.diameters else ()
        height = () if self.height is None else (self.height,)
        return tuple(sorted((*round_, *self.sizes, *height), reverse=True))

    @property
    def steps(self) -> tuple[Mention, ...]:
        """Each step alone, how long it is unknown, and its head; one without steps as it is."""
        found: tuple[Mention, ...] = (replace(self, head=None) if self.head else self,)
        if len(self.diameters) > 1:
            each = dict.fromkeys(self.diameters)
            found = tuple(
                replace(self, diameters=(one,), form=Form.ROUND, height=None, head=None)
                for one in each
            )
        if self.head is not None:
            size, depth = self.head
            deep = None if self.sunk else depth
            found += (replace(self, diameters=(size,), height=deep, through=False, head=None),)
        return found


@dataclass(frozen=True)
class Caption:
    """What was read in a caption.

    Attributes:
        text: as it was given.
        base: what the part is, if that is said.
        mentions: what it has, in the order in which it stands there.
        overall: the sides of the box around it, if they are said apart from the base.
        bodies: how many separate bodies there are.
        ratios: how many times as large as what is given something is to be.
        mirrors: across which axes it is mirrored, "" for the middle of the part.
        below: whether it speaks of the underside.
    """

    text: str
    base: Mention | None = None
    mentions: tuple[Mention, ...] = ()
    overall: tuple[float, ...] = ()
    bodies: int = 1
    ratios: tuple[float, ...] = ()
    mirrors: tuple[str, ...] = ()
    below: bool = False

    @property
    def all(self) -> tuple[Mention, ...]:
        return (self.base, *self.mentions) if self.base else self.mentions

    @cached_property
    def lengths(self) -> tuple[float, ...]:
        """Every length that is said, each once."""
        found = [length for mention in self.all for length in mention.lengths]
        return tuple(dict.fromkeys((*found, *self.overall)))

    @cached_property
    def box(self) -> tuple[float, ...]:
        """The sides of the box around the part, longest first, as far as they are said."""
        if self.overall:
            return tuple(sorted(self.overall, reverse=True))
        return () if self.base is None or self.bodies > 1 else self.base.box

    @cached_property
    def boxes(self) -> tuple[tuple[float, ...], ...]:
        """What the box around the part may be, with what stands up from the base; () if unknown."""
        raised = [m for m in self.mentions if m.noun is Noun.BOSS]
        if len(self.box) != 3:
            return ()
        if self.overall or not raised:
            return (self.box,)
        if any(m.height is None for m in raised):
            return ()
        heights = [m.height for m in raised if m.height is not None]
        more = dict.fromkeys((0.0, *heights, *(2 * h for h in heights), sum(heights)))
        found = [
            tuple(sorted((*self.box[:i], self.box[i] + h, *self.box[i + 1 :]), reverse=True))
            for h in more
            for i in range(3)
        ]
        return tuple(dict.fromkeys(found))

    @cached_property
    def pieces(self) -> tuple[Mention, ...]:
        """What is added one after the other as far as its size is said: the base, step by step, and
        what stands up from it."""
        base = () if self.base is None else self.base.steps
        raised = [step for m in self.mentions if m.noun is Noun.BOSS for step in m.steps]
        return (*base, *raised)
