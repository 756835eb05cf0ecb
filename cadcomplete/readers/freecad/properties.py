"""The XML of a FreeCAD document as plain values: each object's type, and its properties.

A property is an element with a name, a type, and one element that says its value. What we need is
read into numbers, truths, words of enumerations, vectors, placements and references. All else is
passed over while parsing: colours, constraints, expressions, and every string but labels.
So nothing of what names a person or a computer is ever held.
"""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cadcomplete.errors import GeometryError, ReadError
from cadcomplete.history.fields import LIMIT
from cadcomplete.history.geometry import Plane, Vec3
from cadcomplete.readers.freecad.archive import DOCUMENT

_MOST_OBJECTS = 100_000
_MOST_ELEMENTS = 1_000_000
_DEEPEST = 40


@dataclass(frozen=True, slots=True)
class Link:
    """A reference to an object, or to parts of it, such as `Edge3`, `Face7`, `V_Axis`."""

    object: str
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RawCurve:
    """A curve of a sketch as it stands: `LineSegment`, `Circle`, ... and its numbers."""

    kind: str
    numbers: Mapping[str, float]
    construction: bool = False
    parts: tuple[tuple[str, Mapping[str, float]], ...] = ()
    """What stands within it, by name: the poles and knots of a spline."""


@dataclass(frozen=True, slots=True)
class VectorValue:
    """Three numbers: a direction, or a point."""

    numbers: Vec3


Links = tuple[Link, ...]
RawCurves = tuple[RawCurve, ...]
PropertyValue = float | bool | int | str | VectorValue | Plane | Links | RawCurves


@dataclass(frozen=True, slots=True)
class Thing:
    """An object of a document: a body, a sketch, a feature, a plane.

    Attributes:
        name: by which others refer to it; unique.
        type: such as `PartDesign::Pad`.
        values: its properties by their names, as far as they are read here.
    """

    name: str
    type: str
    values: Mapping[str, PropertyValue] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """What a person called it."""
        found = self.values.get("Label")
        return found if isinstance(found, str) else ""

    @property
    def solid(self) -> str:
        """The name of the file in the zip that holds the solid after this feature."""
        found = self.values.get("Shape")
        return found if isinstance(found, str) else ""

    def number(self, key: str, default: float = 0.0) -> float:
        """A length in millimetres, an angle in degrees, or another number."""
        found = self.values.get(key, default)
        return float(found) if isinstance(found, int | float) else default

    def choice(self, key: str, default: int = 0) -> int:
        """The number of an entry of an enumeration."""
        found = self.values.get(key, default)
        return int(found) if isinstance(found, int | float) else default

    def truth(self, key: str, *, default: bool = False) -> bool:
        found = self.values.get(key, default)
        return found if isinstance(found, bool) else default

    def vector(self, key: str) -> Vec3 | None:
        found = self.values.get(key)
        return found.numbers if isinstance(found, VectorValue) else None

    def placement(self, key: str = "Placement") -> Plane | None:
        found = self.values.get(key)
        return found if isinstance(found, Plane) else None

    def links(self, key: str) -> Links:
        """The objects that a property refers to, in their order; none if it refers to nothing."""
        found = self.values.get(key)
        if not isinstance(found, tuple):
            return ()
        return tuple(link for link in found if isinstance(link, Link))

    def link(self, key: str) -> Link | None:
        """The object that a property refers to, if there is one."""
        return next(iter(self.links(key)), None)

    def curves(self, key: str = "Geometry") -> RawCurves:
        found = self.values.get(key)
        if not isinstance(found, tuple):
            return ()
        return tuple(curve for curve in found if isinstance(curve, RawCurve))


# --- from the text to elements --------------------------------------------------------------------


class _Target:
    """Builds the elements that are needed, and passes over the others while they are parsed."""

    def __init__(self) -> None:
        self._open: list[ET.Element] = []
        self._skipped = 0
        self._count = 0
        self.root: ET.Element | None = None

    def doctype(self, name: str, public: str, system: str) -> None:
        raise ReadError("not a FreeCAD document: it declares entities", where=DOCUMENT)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > _MOST_ELEMENTS or len(self._open) + self._skipped > _DEEPEST:
            expected = f"up to {_MOST_ELEMENTS} elements, {_DEEPEST} deep"
            raise ReadError("too large", where=DOCUMENT, expected=expected)
        if self._skipped or _is_passed_over(tag, attributes):
            self._skipped += 1
            return
        element = ET.Element(tag, attributes)
        if self._open:
            self._open[-1].append(element)
        elif self.root is None:
            self.root = element
        self._open.append(element)

    def end(self, tag: str) -> None:
        if self._skipped:
            self._skipped -= 1
        else:
            self._open.pop()

    def data(self, text: str) -> None:
        """Text between elements says nothing here."""

    def close(self) -> ET.Element | None:
        return self.root


def _is_passed_over(tag: str, attributes: Mapping[str, str]) -> bool:
    if tag in ("ObjectDeps", "Extensions", "_Property", "Constrain"):
        return True
    if tag != "Property":
        return False
    kind = attributes.get("type", "").rpartition("::")[2]
    only = _ONLY.get(kind)
    return kind not in KINDS if only is None else attributes.get("name") != only


_ONLY = {"PropertyString": "Label", "PropertyPartShape": "Shape"}
"""Properties of which only one is read."""


def parse(text: bytes) -> tuple[dict[str, Thing], str, tuple[int, int]]:
    """Return the objects of a document by their names, its own label, and who wrote it.

    That is the version of FreeCAD; of a branch that counts years it is (0, 19).

    Raises ReadError for what is no document of FreeCAD.
    """
    parser = ET.XMLParser(target=_Target())
    try:
        parser.feed(text)
        root = parser.close()
    except ET.ParseError as error:
        raise ReadError(f"not XML: {error}", where=DOCUMENT) from None
    except (ValueError, LookupError) as error:  # an encoding that there is not
        raise ReadError(f"not XML: {error}", where=DOCUMENT) from None
    if root is None or root.tag != "Document":
        raise ReadError("not a FreeCAD document", where=DOCUMENT, expected="<Document>")
    objects, data = root.find("Objects"), root.find("ObjectData")
    if objects is None or data is None:
        problem, expected = "a FreeCAD document without objects", "<Objects> and <ObjectData>"
        raise ReadError(problem, where=DOCUMENT, expected=expected)
    if len(objects) > _MOST_OBJECTS:
        raise ReadError("too many objects", where=DOCUMENT, expected=f"up to {_MOST_OBJECTS}")
    types = {o.get("name", ""): o.get("type", "") for o in objects.iter("Object")}
    things: dict[str, Thing] = {}
    for element in data.iter("Object"):
        name = element.get("name", "")
        things[name] = Thing(name, types.get(name, ""), dict(_values(element, name)))
    label = Thing("", "", dict(_values(root, "Document"))).label
    return things, label, _version(root.get("ProgramVersion", ""))


_VERSION = re.compile(r"(\d+)\.(\d+)")
_OF_YEARS = (0, 19)
"""What a branch of FreeCAD that counts years goes back to."""


def _version(text: str) -> tuple[int, int]:
    match = _VERSION.match(text)
    if match is None:
        return _OF_YEARS
    major, minor = int(match[1]), int(match[2])
    return _OF_YEARS if major > 2000 else (major, minor)


# --- from elements to values ----------------------------------------------------------------------


def _values(element: ET.Element, name: str) -> Iterator[tuple[str, PropertyValue]]:
    properties = element.find("Properties")
    for found in () if properties is None else properties.iter("Property"):
        key, kind = found.get("name", ""), found.get("type", "").rpartition("::")[2]
        if not len(found):
            continue
        try:
            yield key, KINDS[kind](found)
        except ReadError as error:
            error.where = f"{name}.{key}{error.where}"
            raise


def number(attributes: Mapping[str, str], key: str, default: float | None = None) -> float:
    """Return a number of an element. Raises ReadError unless it is one within 10 km."""
    text = attributes.get(key)
    if text is None and default is not None:
        return default
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not abs(value) <= LIMIT:
        raise ReadError("not a number that can be used", where=f".{key}", got=text)
    return value


def _float(found: ET.Element) -> float:
    """Any finite number: some are stale, and whoever uses one says if it is too large."""
    text = found[0].get("value", "")
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ReadError("not a number that can be used", expected="a number", got=text)
    return value


def _integer(found: ET.Element) -> int:
    try:
        return int(found[0].get("value", ""))
    except ValueError:
        got = found[0].get("value")
        raise ReadError("not a number that can be used", expected="an integer", got=got) from None


def _truth(found: ET.Element) -> bool:
    return found[0].get("value", "") in ("true", "1")


def _label(found: ET.Element) -> str:
    return found[0].get("value", "")


def _file(found: ET.Element) -> str:
    return found[0].get("file", "")


def _vector(found: ET.Element) -> VectorValue:
    x, y, z = (number(found[0].attrib, f"value{axis}") for axis in "XYZ")
    return VectorValue((x, y, z))


def _placement(found: ET.Element) -> Plane:
    """A placement is a quaternion, its real part last, and a place."""
    given = found[0].attrib
    x, y, z, w = (number(given, f"Q{i}") for i in range(4))
    place = (number(given, "Px"), number(given, "Py"), number(given, "Pz"))
    along_x = (w * w + x * x - y * y - z * z, 2 * (x * y + w * z), 2 * (x * z - w * y))
    along_z = (2 * (x * z + w * y), 2 * (y * z - w * x), w * w - x * x - y * y + z * z)
    try:
        return Plane.of(place, _snapped(along_z), _snapped(along_x))
    except GeometryError:
        raise ReadError("a placement that turns nowhere", expected="a quaternion") from None


_NOISE = 1e-9


def _snapped(axis: Vec3) -> Vec3:
    """Without the noise of a quaternion: 2.2e-16 is 0 in a direction, 0.9999999999999998 is 1."""
    x, y, z = (float(round(v)) if abs(v - round(v)) < _NOISE else v for v in axis)
    return (x + 0.0, y + 0.0, z + 0.0)


def _links(found: ET.Element) -> Links:
    """References in any of their spellings: one, several, with parts or without."""
    links: list[Link] = []
    for element in found[0].iter():
        name = element.get("obj") or element.get("name")
        if element is found[0] or element.tag in ("Link", "XLink"):
            name = element.get("value") or name
        if element.tag == "Sub" or not name or element.get("file"):
            continue  # what another file has is not here, and its path is nobody's business
        parts = [part.get("value", "") for part in element.iter("Sub")]
        parts = parts or [element.get("sub", "")]
        links.append(Link(name, tuple(part for part in parts if part)))
    return tuple(links)


_MOST_CURVES = 20_000
"""Of one sketch."""


def _curves(found: ET.Element) -> RawCurves:
    if len(found[0]) > _MOST_CURVES:
        expected, got = f"up to {_MOST_CURVES}", len(found[0])
        raise ReadError("too many curves in one sketch", expected=expected, got=got)
    return tuple(_curve(geometry, i) for i, geometry in enumerate(found[0].iter("Geometry")))


_BESIDE = ("Construction", "GeoExtensions")


def _curve(geometry: ET.Element, index: int) -> RawCurve:
    shape = next((child for child in geometry if child.tag not in _BESIDE), None)
    if shape is None:
        raise ReadError("a curve without a shape", where=f"[{index}]")
    try:
        numbers = {key: number(shape.attrib, key) for key in shape.attrib}
        parts = tuple(
            (part.tag, {key: number(part.attrib, key) for key in part.attrib}) for part in shape
        )
    except ReadError as error:
        error.where = f"[{index}]{error.where}"
        raise
    return RawCurve(shape.tag, numbers, _is_construction(geometry), parts)


def _is_construction(geometry: ET.Element) -> bool:
    """Up to 0.18 an element says so, from 0.19 the second bit of a word; some write both."""
    said = geometry.find("Construction")
    if said is not None and said.get("value") == "1":
        return True
    flags = (e.get("geometryModeFlags") for e in geometry.iter("GeoExtension"))
    return any(word is not None and word[-2:-1] == "1" for word in flags)


KINDS: dict[str, Callable[[ET.Element], Any]] = {
    **dict.fromkeys(
        (
            *("PropertyLength", "PropertyDistance", "PropertyAngle", "PropertyFloat"),
            *("PropertyFloatConstraint", "PropertyQuantityConstraint", "PropertyQuantity"),
        ),
        _float,
    ),
    **dict.fromkeys(
        ("PropertyInteger", "PropertyIntegerConstraint", "PropertyEnumeration"), _integer
    ),
    "PropertyBool": _truth,
    "PropertyString": _label,
    "PropertyPartShape": _file,
    "PropertyVector": _vector,
    "PropertyPlacement": _placement,
    **dict.fromkeys(
        (
            *("PropertyLink", "PropertyLinkList", "PropertyLinkSub", "PropertyLinkSubList"),
            *("PropertyXLink", "PropertyXLinkSub", "PropertyXLinkSubList"),
            *("PropertyLinkGlobal", "PropertyLinkListGlobal", "PropertyLinkSubListGlobal"),
        ),
        _links,
    ),
    "PropertyGeometryList": _curves,
}
"""How a property is read, by its type; of strings only labels are."""
