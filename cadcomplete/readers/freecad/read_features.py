"""From the properties of a feature to its value: what each version of FreeCAD calls things."""

from __future__ import annotations

from collections.abc import Callable

from cadcomplete.history.geometry import XY
from cadcomplete.readers.freecad.features import (
    BevelledEdges,
    DraftedFaces,
    DrilledHoles,
    Feature,
    LinearCopies,
    Mirrored,
    MultiTransform,
    NamedFeature,
    PadOrPocket,
    PolarCopies,
    Primitive,
    Revolution,
    RoundedEdges,
    ScaledCopies,
    Side,
    SketchObject,
    Transformation,
)
from cadcomplete.readers.freecad.properties import Thing

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
BEVELS = ("equal", "two distances", "distance and angle")


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


_WHOLE = 1
"""What is done again, from 1.0: the body."""


def _originals(thing: Thing) -> tuple[str, ...]:
    """What is done again: where nothing is named, the feature before (up to 0.21)."""
    if thing.choice("TransformMode") == _WHOLE:
        return ()
    base = thing.link("BaseFeature")
    return tuple(k.object for k in thing.links("Originals") or ((base,) if base else ()))


def _odd_copies(thing: Thing) -> tuple[str, ...]:
    """Options of copies that no value tells: of one branch, and of 1.1."""
    moved = thing.placement("TransformOffset") not in (None, XY)
    found = {"Occurrences2": thing.choice("Occurrences2", 1) > 1, "TransformOffset": moved}
    return tuple(key for key, is_so in found.items() if is_so)


def _mirrored(thing: Thing) -> Mirrored:
    plane = thing.link("MirrorPlane")
    return Mirrored(*_head(thing), _originals(thing), plane, _odd_copies(thing))


def _linear(thing: Thing) -> LinearCopies:
    return LinearCopies(
        *_head(thing),
        _originals(thing),
        thing.link("Direction"),
        reversed=thing.truth("Reversed"),
        length=thing.number("Length"),
        spacing=thing.number("Offset") if thing.choice("Mode") == 1 else None,
        count=thing.choice("Occurrences", 1),
        odd=_odd_copies(thing),
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
        odd=_odd_copies(thing),
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
        by=_word(BEVELS, thing.choice("ChamferType")),
        size=size,
        second=thing.number("Size2", size),
        angle=thing.number("Angle", 45.0),
        flipped=thing.truth("FlipDirection"),
        edges=thing.link("Base"),
        every=thing.truth("UseAllEdges"),
    )


HEADS = {0: "", 1: "counterbore", 2: "countersink", 8: "counterbore"}
"""Of a hole; from 3 on they are named by standards, in an order that depends on the version. The
only one that was met, in 0.19 and 0.20, is a counterbore."""

_DRILLED = {1: "GeomPoint", 2: "Circle", 4: "ArcOfCircle"}
"""What of a sketch is drilled, by the bits of a number (from 1.1)."""


def _hole(thing: Thing) -> DrilledHoles:
    bits, head = thing.choice("BaseProfileType", 6), thing.choice("HoleCutType")
    odd = {
        "ModelThread": thing.truth("ModelThread") or thing.truth("ModelActualThread"),
        "Tapered": thing.truth("Tapered") and thing.number("TaperedAngle", 90.0) != 90.0,
        "Midplane": thing.truth("Midplane"),
    }
    return DrilledHoles(
        *_head(thing),
        profile=thing.link("Profile") or thing.link("Sketch"),
        at=tuple(kind for bit, kind in _DRILLED.items() if bits & bit),
        diameter=thing.number("Diameter"),
        depth=thing.number("Depth"),
        through=thing.choice("DepthType") == 1,
        point=thing.number("DrillPointAngle") if thing.choice("DrillPoint") == 1 else 0.0,
        counted=thing.truth("DrillForDepth", default=True),  # up to 0.18 it always does
        head=HEADS.get(head, f"a head of kind {head}"),
        head_diameter=thing.number("HoleCutDiameter"),
        head_depth=thing.number("HoleCutDepth"),
        head_angle=thing.number("HoleCutCountersinkAngle"),
        reversed=thing.truth("Reversed"),
        odd=tuple(key for key, is_so in odd.items() if is_so),
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
    drawn = tuple(c for c in thing.curves() if not c.construction)
    curves = tuple(c for c in drawn if c.kind != "GeomPoint")
    return SketchObject(thing.name, thing.label, plane, curves, drawn)
