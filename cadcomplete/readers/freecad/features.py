"""The features of a body as frozen values, each with what its file says of it.

Lengths are millimetres, angles degrees. What a feature refers to is a `Link`: an object by its
name, and parts of it by theirs (`V_Axis` of a sketch, `Face7` or `Edge3` of a feature's own solid,
by its place in the kernel's map). What FreeCAD keeps as a number of an enumeration is a word here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from cadcomplete.history.geometry import Plane, Vec3
from cadcomplete.readers.freecad.properties import Link, RawCurve, Thing


@dataclass(frozen=True, slots=True)
class SketchObject:
    """A sketch: where it lies in the coordinates of its body, and what is drawn in it.

    `curves` are those that bound something: neither construction lines nor points.
    """

    name: str
    label: str
    plane: Plane
    curves: tuple[RawCurve, ...]


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
    """How far a pad or a pocket reaches to one side: `until` is one of `UNTIL`.

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


@dataclass(frozen=True, slots=True)
class LinearCopies(Feature):
    """Features `count` times along a direction; `length` is the whole extent, or the spacing."""

    originals: tuple[str, ...]
    direction: Link | None
    reversed: bool
    length: float
    spacing: float | None
    count: int


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


@dataclass(frozen=True, slots=True)
class ScaledCopies(Feature):
    """Features `count` times, the last of them `factor` times as large."""

    originals: tuple[str, ...]
    factor: float
    count: int


Transformation = Mirrored | LinearCopies | PolarCopies | ScaledCopies | NamedFeature


@dataclass(frozen=True, slots=True)
class MultiTransform(Feature):
    """Features through one transformation after another, each of all that those before it made."""

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
        profile: the sketch; each circle in it is a centre.
        diameter, depth: of the shaft; `through` if the depth does not count.
        point: angle of the drill's point, 0 if it is flat; `counted` if the depth holds it.
        head: "" or the number of FreeCAD's kind of counterbore or countersink.
        head_diameter, head_depth, head_angle: of it.
        taper: angle of the shaft, 90 if it is straight.
        threaded, modelled: whether it has a thread, and whether that is cut.
    """

    profile: Link | None
    diameter: float
    depth: float
    through: bool
    point: float
    counted: bool
    head: int
    head_diameter: float
    head_depth: float
    head_angle: float
    taper: float
    reversed: bool
    threaded: bool
    modelled: bool


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


# --- pads and pockets -----------------------------------------------------------------------------

UNTIL = ("length", "last", "first", "face", "length", "shape")
"""Of a pad; the fourth says that it has a second length. A pocket goes "through" all for "last"."""

_TWO_LENGTHS = 4
_PAST = -1
"""Instead of two lengths where a side cannot have them any more."""

_TWO_SIDES, _SYMMETRIC = 1, 2
_FITS = ("Fit", "InnerFit")
_TAPERS = ("TaperAngle", "TaperAngleRev", "TaperInnerAngle", "TaperInnerAngleRev")


def _until(number: int, *, cuts: bool) -> str:
    word = UNTIL[number] if 0 <= number < len(UNTIL) else f"type {number}"
    return "through" if cuts and word == "last" else word


def _side(thing: Thing, suffix: str, *, cuts: bool, number: int) -> Side:
    return Side(
        _until(number, cuts=cuts),
        thing.number(f"Length{suffix}"),
        thing.number(f"TaperAngle{suffix}"),
        thing.number(f"Offset{suffix}"),
        thing.link(f"UpToFace{suffix}") or thing.link(f"UpToShape{suffix}"),
    )


def _pad_or_pocket(thing: Thing) -> PadOrPocket:
    cuts = thing.type == "PartDesign::Pocket"
    kind = thing.choice("Type")
    second = None
    if "SideType" in thing.values:  # from 1.1: each side has a type of its own
        kind = _PAST if kind == _TWO_LENGTHS else kind
        symmetric = thing.choice("SideType") == _SYMMETRIC
        if thing.choice("SideType") == _TWO_SIDES:
            second = _side(thing, "2", cuts=cuts, number=thing.choice("Type2"))
    else:
        symmetric = thing.truth("Midplane") and kind != _TWO_LENGTHS
        if kind == _TWO_LENGTHS:
            second = _side(thing, "2", cuts=cuts, number=0)
    custom = thing.truth("UseCustomVector")
    odd = [key for key in _FITS if thing.number(key)]
    odd += [key for key in _TAPERS[1:] if thing.number(key)]
    return PadOrPocket(
        *_head(thing),
        cuts=cuts,
        profile=thing.link("Profile") or thing.link("Sketch"),
        first=_side(thing, "", cuts=cuts, number=kind),
        second=second,
        symmetric=symmetric,
        reversed=thing.truth("Reversed"),
        direction=thing.vector("Direction") if custom else None,
        axis=None if custom else thing.link("ReferenceAxis"),
        apart=thing.truth("NewSolid"),
        odd=tuple(odd),
    )


def _head(thing: Thing) -> tuple[str, str, str]:
    return thing.name, thing.type, thing.label


# --- the others -----------------------------------------------------------------------------------

TURNS = ("angle", "last", "first", "face", "two angles")
_BEVELS = ("equal", "two distances", "distance and angle")


def _word(words: tuple[str, ...], number: int) -> str:
    return words[number] if 0 <= number < len(words) else f"type {number}"


def _revolution(thing: Thing) -> Revolution:
    return Revolution(
        *_head(thing),
        cuts=thing.type == "PartDesign::Groove",
        profile=thing.link("Profile") or thing.link("Sketch"),
        base=thing.vector("Base") or (0.0, 0.0, 0.0),
        axis=thing.vector("Axis") or (0.0, 0.0, 1.0),
        until=_word(TURNS, thing.choice("Type")),
        angle=thing.number("Angle", 360.0),
        second=thing.number("Angle2"),
        symmetric=thing.truth("Midplane"),
        reversed=thing.truth("Reversed"),
        reference=thing.link("ReferenceAxis"),
    )


def _originals(thing: Thing) -> tuple[str, ...]:
    return tuple(link.object for link in thing.links("Originals"))


def _mirrored(thing: Thing) -> Mirrored:
    return Mirrored(*_head(thing), _originals(thing), thing.link("MirrorPlane"))


def _linear(thing: Thing) -> LinearCopies:
    return LinearCopies(
        *_head(thing),
        _originals(thing),
        thing.link("Direction"),
        reversed=thing.truth("Reversed"),
        length=thing.number("Length"),
        spacing=thing.number("Offset") if thing.choice("Mode") == 1 else None,
        count=thing.choice("Occurrences", 1),
    )


def _polar(thing: Thing) -> PolarCopies:
    return PolarCopies(
        *_head(thing),
        _originals(thing),
        thing.link("Axis"),
        reversed=thing.truth("Reversed"),
        angle=thing.number("Angle", 360.0),
        spacing=thing.number("Offset") if thing.choice("Mode") == 1 else None,
        count=thing.choice("Occurrences", 1),
    )


def _scaled(thing: Thing) -> ScaledCopies:
    factor, count = thing.number("Factor", 1.0), thing.choice("Occurrences", 1)
    return ScaledCopies(*_head(thing), _originals(thing), factor, count)


TRANSFORMATIONS: dict[str, Callable[[Thing], Transformation]] = {
    "PartDesign::Mirrored": _mirrored,
    "PartDesign::LinearPattern": _linear,
    "PartDesign::PolarPattern": _polar,
    "PartDesign::Scaled": _scaled,
}


def _fillet(thing: Thing) -> RoundedEdges:
    every = thing.truth("UseAllEdges")
    return RoundedEdges(*_head(thing), thing.number("Radius"), thing.link("Base"), every)


def _chamfer(thing: Thing) -> BevelledEdges:
    size = thing.number("Size")
    return BevelledEdges(
        *_head(thing),
        by=_word(_BEVELS, thing.choice("ChamferType")),
        size=size,
        second=thing.number("Size2", size),
        angle=thing.number("Angle", 45.0),
        flipped=thing.truth("FlipDirection"),
        edges=thing.link("Base"),
        every=thing.truth("UseAllEdges"),
    )


def _hole(thing: Thing) -> DrilledHoles:
    return DrilledHoles(
        *_head(thing),
        profile=thing.link("Profile") or thing.link("Sketch"),
        diameter=thing.number("Diameter"),
        depth=thing.number("Depth"),
        through=thing.choice("DepthType") == 1,
        point=thing.number("DrillPointAngle") if thing.choice("DrillPoint") == 1 else 0.0,
        counted=thing.truth("DrillForDepth"),
        head=thing.choice("HoleCutType"),
        head_diameter=thing.number("HoleCutDiameter"),
        head_depth=thing.number("HoleCutDepth"),
        head_angle=thing.number("HoleCutCountersinkAngle"),
        taper=thing.number("TaperedAngle", 90.0) if thing.truth("Tapered") else 90.0,
        reversed=thing.truth("Reversed"),
        threaded=thing.truth("Threaded"),
        modelled=thing.truth("ModelThread") or thing.truth("ModelActualThread"),
    )


def _draft(thing: Thing) -> DraftedFaces:
    return DraftedFaces(
        *_head(thing),
        angle=thing.number("Angle"),
        faces=thing.link("Base"),
        neutral=thing.link("NeutralPlane"),
        pull=thing.link("PullDirection"),
        reversed=thing.truth("Reversed"),
    )


def _primitive(thing: Thing) -> Primitive:
    numbers = {k: v for k, v in thing.values.items() if isinstance(v, float)}
    return Primitive(*_head(thing), "::Subtractive" in thing.type, thing.placement(), numbers)


_SOLIDS = ("Box", "Cylinder", "Sphere", "Cone", "Ellipsoid", "Torus", "Prism", "Wedge")

READ: dict[str, Callable[[Thing], Feature]] = {
    "PartDesign::Pad": _pad_or_pocket,
    "PartDesign::Pocket": _pad_or_pocket,
    "PartDesign::Revolution": _revolution,
    "PartDesign::Groove": _revolution,
    **TRANSFORMATIONS,
    "PartDesign::Fillet": _fillet,
    "PartDesign::Chamfer": _chamfer,
    "PartDesign::Hole": _hole,
    "PartDesign::Draft": _draft,
    **{
        f"PartDesign::{how}{what}": _primitive
        for how in ("Additive", "Subtractive")
        for what in _SOLIDS
    },
}
"""How a feature is read, by its type; of any other only its name is (`NamedFeature`)."""


def feature(thing: Thing, things: dict[str, Thing]) -> Feature:
    """Return a feature as a value; a `MultiTransform` with the transformations that it names."""
    if thing.type == "PartDesign::MultiTransform":
        named = (things[k.object] for k in thing.links("Transformations") if k.object in things)
        steps = tuple(TRANSFORMATIONS.get(step.type, _named)(step) for step in named)
        return MultiTransform(*_head(thing), _originals(thing), steps)
    return READ.get(thing.type, _named)(thing)


def _named(thing: Thing) -> NamedFeature:
    return NamedFeature(*_head(thing))


def sketch_object(thing: Thing) -> SketchObject | None:
    """Return a sketch as a value; None if the object is none, or lies nowhere."""
    plane = thing.placement()
    if thing.type != "Sketcher::SketchObject" or plane is None:
        return None
    drawn = tuple(c for c in thing.curves() if not c.construction and c.kind != "GeomPoint")
    return SketchObject(thing.name, thing.label, plane, drawn)
