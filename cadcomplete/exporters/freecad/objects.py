"""The objects of a FreeCAD document as XML: their properties, each as FreeCAD itself writes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

import numpy as np

from cadcomplete.history.geometry import Plane, Vec3

PROGRAM = "0.20R"
"""The version that reads as the file is meant: two lengths of a pad may be reversed from there."""


@dataclass(frozen=True, slots=True)
class DocumentObject:
    """An object of a document.

    Attributes:
        name: unique in its document.
        type: such as `PartDesign::Pad`.
        properties: as XML.
        extensions: as XML; "" if it has none.
        file, content: a shape of its own beside the document, in the kernel's text.
    """

    name: str
    type: str
    properties: tuple[str, ...]
    extensions: str = ""
    file: str = ""
    content: str = ""

    @property
    def data(self) -> str:
        """The element that holds its properties."""
        count, body = len(self.properties), "".join(self.properties)
        more = ' Extensions="True"' if self.extensions else ""
        head = f'<Object name="{self.name}"{more}>{self.extensions}'
        return f'{head}<Properties Count="{count}">{body}</Properties></Object>\n'


def extension(kind: str) -> str:
    """The extension of an object, such as `Part::AttachExtension`."""
    name = kind.partition("::")[2]
    inner = f'<Extension type="{kind}" name="{name}"></Extension>'
    return f'<Extensions Count="1">{inner}</Extensions>'


def attribute(name: str, kind: str, value: str) -> str:
    """A property, by the last part of its type."""
    return f'<Property name="{name}" type="App::Property{kind}">{value}</Property>'


def real(value: float) -> str:
    return f"{value + 0.0:.16f}"


def quantity(name: str, value: float, kind: str = "Length") -> str:
    """A length, an angle or the like, in mm or degrees."""
    return attribute(name, kind, f'<Float value="{real(value)}"/>')


def truth(name: str, value: bool) -> str:
    return attribute(name, "Bool", f'<Bool value="{str(value).lower()}"/>')


def whole(name: str, value: int, kind: str = "Enumeration") -> str:
    return attribute(name, kind, f'<Integer value="{value}"/>')


def string(name: str, value: str) -> str:
    return attribute(name, "String", f"<String value={quoteattr(value)}/>")


def vector(name: str, value: Vec3) -> str:
    x, y, z = map(real, value)
    said = f'<PropertyVector valueX="{x}" valueY="{y}" valueZ="{z}"/>'
    return attribute(name, "Vector", said)


def link(name: str, target: str) -> str:
    return attribute(name, "Link", f'<Link value="{target}"/>')


def links(name: str, targets: Iterable[str]) -> str:
    found = [f'<Link value="{target}"/>' for target in targets]
    listed = f'<LinkList count="{len(found)}">{"".join(found)}</LinkList>'
    return attribute(name, "LinkList", listed)


def part_of(name: str, target: str, parts: Sequence[str] = ()) -> str:
    """A reference to an object, or to parts of it, such as `Edge3`."""
    inner = "".join(f'<Sub value="{part}"/>' for part in parts)
    said = f'<LinkSub value="{target}" count="{len(parts)}">{inner}</LinkSub>'
    return attribute(name, "LinkSub", said)


def placement(plane: Plane) -> str:
    """Where an object lies: its own x, y and z on those of a plane."""
    turn = quaternion(plane)
    numbers = {f"P{axis}": value for axis, value in zip("xyz", plane.origin, strict=True)}
    numbers |= {f"Q{number}": value for number, value in enumerate(turn)}
    given = " ".join(f'{key}="{real(value)}"' for key, value in numbers.items())
    return attribute("Placement", "Placement", f"<PropertyPlacement {given}/>")


def quaternion(plane: Plane) -> tuple[float, float, float, float]:
    """The turn from the axes of the world to those of a plane, its real part last.

    Shepperd's method: from the largest of the four squares, so that nothing is divided by little.
    """
    m = np.column_stack([plane.x_axis, plane.y_axis, plane.normal])
    squares = [
        1 + m[0, 0] - m[1, 1] - m[2, 2],
        1 - m[0, 0] + m[1, 1] - m[2, 2],
        1 - m[0, 0] - m[1, 1] + m[2, 2],
        1 + m[0, 0] + m[1, 1] + m[2, 2],
    ]
    most = int(np.argmax(squares))
    s = 2 * squares[most] ** 0.5
    if most == 3:
        found = [m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], s * s / 4]
    else:
        i, j, k = most, (most + 1) % 3, (most + 2) % 3
        found = [0.0, 0.0, 0.0, m[k, j] - m[j, k]]
        found[i], found[j], found[k] = s * s / 4, m[j, i] + m[i, j], m[k, i] + m[i, k]
    x, y, z, w = (float(value / s) for value in found)
    return (x, y, z, w)


def shape(file: str) -> str:
    """The property that names the file of a shape."""
    inner = f'<Part file="{file}"/>'
    return f'<Property name="Shape" type="Part::PropertyPartShape">{inner}</Property>'


def point_on(plane: Plane) -> str:
    """A point at the origin of a plane, as the kernel writes it, its location that plane.

    FreeCAD takes the placement of a sketch from its shape, and makes one without it if there is
    none.
    """
    columns = (plane.x_axis, plane.y_axis, plane.normal, plane.origin)
    rows = "\n".join(" ".join(map(real, row)) for row in zip(*columns, strict=True))
    return _POINT.format(rows=rows)


_POINT = """
CASCADE Topology V1, (c) Matra-Datavision
Locations 1
1
{rows}
Curve2ds 0
Curves 0
Polygon3D 0
PolygonOnTriangulations 0
Surfaces 0
Triangulations 0

TShapes 1
Ve
1e-07
0 0 0
0 0

0101101
*

+1 1
"""


def document(objects: Sequence[DocumentObject], label: str) -> str:
    """The text of a `Document.xml`."""
    listed = "".join(
        f'<Object type="{one.type}" name="{one.name}" id="{number}" Touched="1"/>\n'
        for number, one in enumerate(objects, start=1)
    )
    data = "".join(one.data for one in objects)
    return (
        "<?xml version='1.0' encoding='utf-8'?>\n"
        f'<Document SchemaVersion="4" ProgramVersion="{PROGRAM}" FileVersion="1">\n'
        f'<Properties Count="1">{string("Label", label)}</Properties>\n'
        f'<Objects Count="{len(objects)}">\n{listed}</Objects>\n'
        f'<ObjectData Count="{len(objects)}">\n{data}</ObjectData>\n</Document>\n'
    )
