"""FreeCAD files of our own making: a zip with a `Document.xml`, as small as can be."""

from __future__ import annotations

import io
import math
import zipfile
from pathlib import Path
from xml.sax.saxutils import quoteattr

IDENTITY = (0.0, 0.0, 0.0, 1.0)
XZ = (math.sqrt(0.5), 0.0, 0.0, math.sqrt(0.5))
"""Quaternions, the real part last: of the ground plane, and of the front, whose normal is -y."""

LENGTH, THROUGH, FIRST, FACE, TWO = 0, 1, 2, 3, 4
"""Types of pads and pockets; 1 is "up to last" of a pad."""


def prop(name: str, kind: str, value: str) -> str:
    return f'<Property name="{name}" type="App::Property{kind}">{value}</Property>'


def quantity(name: str, value: float) -> str:
    return prop(name, "Length", f'<Float value="{value:.16f}"/>')


def truth(name: str, value: object) -> str:
    return prop(name, "Bool", f'<Bool value="{str(bool(value)).lower()}"/>')


def choice(name: str, value: int) -> str:
    return prop(name, "Enumeration", f'<Integer value="{value}"/>')


def text(name: str, value: str) -> str:
    return prop(name, "String", f"<String value={quoteattr(value)}/>")


def link(name: str, target: str) -> str:
    return prop(name, "Link", f'<Link value="{target}"/>')


def sub(name: str, target: str, *parts: str) -> str:
    inner = "".join(f'<Sub value="{part}"/>' for part in parts)
    value = f'<LinkSub value="{target}" count="{len(parts)}">{inner}</LinkSub>'
    return prop(name, "LinkSub", value)


def placement(place=(0.0, 0.0, 0.0), turn=IDENTITY) -> str:
    numbers = {f"P{axis}": v for axis, v in zip("xyz", place, strict=True)}
    numbers |= {f"Q{i}": v for i, v in enumerate(turn)}
    given = " ".join(f'{key}="{value:.16f}"' for key, value in numbers.items())
    return prop("Placement", "Placement", f"<PropertyPlacement {given}/>")


def thing(name: str, kind: str, *properties: str) -> tuple[str, str, str]:
    return name, kind, "".join(properties)


# --- sketches -------------------------------------------------------------------------------------


def curve(kind: str, *, flags: str | None = None, construction: bool = False, **numbers) -> str:
    """A curve as 0.18 writes it, or with `flags`, as later versions do."""
    given = " ".join(f'{key}="{value:.16f}"' for key, value in numbers.items())
    said = f'<Construction value="{int(construction)}"/>'
    if flags is not None:
        said = (
            f'<GeoExtensions count="1"><GeoExtension geometryModeFlags="{flags}"/></GeoExtensions>'
        )
    return f'<Geometry type="Part::Geom">{said}<{kind} {given}/></Geometry>'


def line(x0, y0, x1, y1, **said) -> str:
    ends = {"StartX": x0, "StartY": y0, "StartZ": 0, "EndX": x1, "EndY": y1, "EndZ": 0}
    return curve("LineSegment", **ends, **said)


def circle(x, y, radius, **said) -> str:
    return curve("Circle", CenterX=x, CenterY=y, NormalZ=1, AngleXU=0, Radius=radius, **said)


def arc(x, y, radius, start, end, **said) -> str:
    """An arc counter-clockwise between two angles, in degrees."""
    angles = {"StartAngle": math.radians(start), "EndAngle": math.radians(end)}
    return curve("ArcOfCircle", CenterX=x, CenterY=y, NormalZ=1, Radius=radius, **angles, **said)


def rectangle(x0, y0, x1, y1) -> list[str]:
    """Four lines, one of them drawn backwards, in an order that is none."""
    sides = [line(x0, y0, x1, y0), line(x0, y1, x1, y1), line(x1, y0, x1, y1)]
    return [*sides, line(x0, y1, x0, y0)]


def sketch(name: str, *curves: str, place=(0.0, 0.0, 0.0), turn=IDENTITY):
    drawn = f'<GeometryList count="{len(curves)}">{"".join(curves)}</GeometryList>'
    geometry = f'<Property name="Geometry" type="Part::PropertyGeometryList">{drawn}</Property>'
    return thing(name, "Sketcher::SketchObject", placement(place, turn), geometry)


# --- features -------------------------------------------------------------------------------------


def swept(kind: str, name: str, profile: str, after: str, length, more: str, **options):
    kinds = {"reversed": "Reversed", "midplane": "Midplane"}
    said = "".join(truth(kinds[key], options.pop(key)) for key in list(kinds) if key in options)
    said += quantity("Length2", options.pop("length2", 100.0))
    said += choice("Type", options.pop("type", LENGTH))
    assert not options, options
    head = sub("Profile", profile) + link("BaseFeature", after) + quantity("Length", length)
    return thing(name, f"PartDesign::{kind}", head, said, more)


def pad(name: str, profile: str, length=10.0, *, after: str = "", more: str = "", **options):
    return swept("Pad", name, profile, after, length, more, **options)


def pocket(name: str, profile: str, length=10.0, *, after: str, more: str = "", **options):
    return swept("Pocket", name, profile, after, length, more, **options)


def fillet(name: str, after: str, radius=1.0, edges=("Edge1",), *, base: str = ""):
    size = prop("Radius", "QuantityConstraint", f'<Float value="{radius:.16f}"/>')
    edges_of = sub("Base", base or after, *edges)
    return thing(name, "PartDesign::Fillet", link("BaseFeature", after), edges_of, size)


def solid(name: str) -> str:
    """Which file of the zip holds the solid after a feature."""
    value = f'<Part file="{name}.brp"/>'
    return f'<Property name="Shape" type="Part::PropertyPartShape">{value}</Property>'


def body(name: str, tip: str, label: str = ""):
    return thing(name, "PartDesign::Body", link("Tip", tip), text("Label", label or name))


# --- files ----------------------------------------------------------------------------------------


def document(*things: tuple[str, str, str], version: str = "0.21R33771", head: str = "") -> str:
    """The text of a `Document.xml`; `head` are properties of the document itself."""
    listed = "".join(f'<Object type="{kind}" name="{name}"/>' for name, kind, _ in things)
    data = "".join(
        f'<Object name="{name}"><Properties>{properties}</Properties></Object>'
        for name, _, properties in things
    )
    return (
        "<?xml version='1.0' encoding='utf-8'?>\n"
        f'<Document SchemaVersion="4" ProgramVersion="{version}" FileVersion="1">'
        f"<Properties>{head}</Properties><Objects>{listed}</Objects>"
        f"<ObjectData>{data}</ObjectData></Document>"
    )


def packed(xml: str | bytes, name: str = "Document.xml", **solids: bytes) -> bytes:
    """The bytes of a file that holds a document, and solids as FreeCAD stores them."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, xml)
        archive.writestr("PartShape.brp", "")
        for solid, stored in solids.items():
            archive.writestr(f"{solid}.brp", stored)
    return data.getvalue()


def write(path: Path, *things: tuple[str, str, str], **more: str) -> Path:
    path.write_bytes(packed(document(*things, **more)))
    return path
