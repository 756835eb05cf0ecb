"""The features of a body as frozen values, each with what its file says of it.

Lengths are millimetres, angles degrees. What a feature refers to is a `Link`: an object by its
name, and parts of it by theirs (`V_Axis` of a sketch, `Face7` or `Edge3` of a feature's own solid,
by its place in the kernel's map). What FreeCAD keeps as a number of an enumeration is a word here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cadcomplete.history.geometry import Plane, Vec3
from cadcomplete.readers.freecad.properties import Link, RawCurve


@dataclass(frozen=True, slots=True)
class SketchObject:
    """A sketch: where it lies in the coordinates of its body, and what is drawn in it.

    `curves` are those that bound something: neither construction lines nor points. `drawn` are
    those with the points.
    """

    name: str
    label: str
    plane: Plane
    curves: tuple[RawCurve, ...]
    drawn: tuple[RawCurve, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Feature:
    """What is the same of all features.

    Attributes:
        name: by which others refer to it.
        type: of FreeCAD, such as `PartDesign::Pad`.
        label: what a person called it.
    """

    name: str
    type: str
    label: str


@dataclass(frozen=True, slots=True)
class NamedFeature(Feature):
    """One of which no more than its kind is read."""


@dataclass(frozen=True, slots=True)
class Side:
    """How far a pad or a pocket reaches to one side: `until` is one of `UNTIL`
    (`read_features.py`).

    `length` counts where that is "length"; `taper` widens if positive; `offset` is from `face`.
    """

    until: str
    length: float = 0.0
    taper: float = 0.0
    offset: float = 0.0
    face: Link | None = None


@dataclass(frozen=True, slots=True)
class PadOrPocket(Feature):
    """A profile swept along its normal, to its front or its back.

    Attributes:
        cuts: a pocket; it reaches to the back where a pad reaches to the front.
        profile: a sketch, or a face of something.
        first, second: how far; `second` is the other side's, if it has one.
        symmetric: whether the length of `first` is that of both sides together.
        reversed: whether front and back are changed.
        direction: another than the normal, if it has one.
        apart: whether it makes a solid of its own (in one branch of FreeCAD).
        odd: options that none of these tells, by their names.
    """

    cuts: bool
    profile: Link | None
    first: Side
    second: Side | None
    symmetric: bool
    reversed: bool
    direction: Vec3 | None
    axis: Link | None
    apart: bool
    odd: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Revolution(Feature):
    """A profile turned about an axis; a groove if it `cuts`.

    Attributes:
        base, axis: of the axis, in the coordinates of the body, resolved by FreeCAD.
        until: "angle", or one of `TURNS`.
        angle, second: in degrees; `second` is the other side's, where `until` is "two angles".
    """

    cuts: bool
    profile: Link | None
    base: Vec3
    axis: Vec3
    until: str
    angle: float
    second: float
    symmetric: bool
    reversed: bool
    reference: Link | None


@dataclass(frozen=True, slots=True)
class Mirrored(Feature):
    """Copies of features on the other side of a plane; of the whole body if there are no names."""

    originals: tuple[str, ...]
    plane: Link | None
    odd: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LinearCopies(Feature):
    """Features `count` times along a direction; `length` is the whole extent, or the spacing."""

    originals: tuple[str, ...]
    direction: Link | None
    reversed: bool
    length: float
    spacing: float | None
    count: int
    odd: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PolarCopies(Feature):
    """Features `count` times about an axis, over `angle`, or with `spacing` from each to the next.

    The whole angle is divided by `count` if it is 360, else by one less.
    """

    originals: tuple[str, ...]
    axis: Link | None
    reversed: bool
    angle: float
    spacing: float | None
    count: int
    odd: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScaledCopies(Feature):
    """Features `count` times, the last of them `factor` times as large."""

    originals: tuple[str, ...]
    factor: float
    count: int


Transformation = Mirrored | LinearCopies | PolarCopies | ScaledCopies | NamedFeature


@dataclass(frozen=True, slots=True)
class MultiTransform(Feature):
    """Features through one transformation after another, each of all that those before it made.

    That is of the whole body if there are no names.
    """

    originals: tuple[str, ...]
    steps: tuple[Transformation, ...]


@dataclass(frozen=True, slots=True)
class RoundedEdges(Feature):
    """A fillet. `edges` are of the solid of the feature they name; all of them if `every`."""

    radius: float
    edges: Link | None
    every: bool


@dataclass(frozen=True, slots=True)
class BevelledEdges(Feature):
    """A chamfer: `by` is "equal", "two distances" or "distance and angle"."""

    by: str
    size: float
    second: float
    angle: float
    flipped: bool
    edges: Link | None
    every: bool


@dataclass(frozen=True, slots=True)
class DrilledHoles(Feature):
    """Holes at the circles of a sketch, to the back of it.

    Attributes:
        profile: the sketch.
        at: kinds of its curves whose centres are drilled.
        diameter, depth: of the shaft; `through` if the depth does not count.
        point: angle of the drill's point, 0 if it is flat; `counted` if the depth holds it.
        head: a word of `HEADS`, or the number of one that is not there.
        head_diameter, head_depth, head_angle: of it.
        reversed: whether they are drilled to the front.
        odd: options that none of these tells, by their names.
    """

    profile: Link | None
    at: tuple[str, ...]
    diameter: float
    depth: float
    through: bool
    point: float
    counted: bool
    head: str
    head_diameter: float
    head_depth: float
    head_angle: float
    reversed: bool
    odd: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DraftedFaces(Feature):
    """Faces that lean by an angle."""

    angle: float
    faces: Link | None
    neutral: Link | None
    pull: Link | None
    reversed: bool


@dataclass(frozen=True, slots=True)
class Primitive(Feature):
    """A box, a cylinder or the like; `numbers` are its sizes by FreeCAD's names for them."""

    cuts: bool
    plane: Plane | None
    numbers: dict[str, float] = field(default_factory=dict)
