"""A FreeCAD Body while it is written: its features, each after the one before it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cadcomplete.errors import UnsupportedError
from cadcomplete.exporters.freecad import objects as xml
from cadcomplete.exporters.freecad.objects import DocumentObject
from cadcomplete.exporters.freecad.recipes import Recipe
from cadcomplete.exporters.saying import instead
from cadcomplete.history.geometry import XY, Plane, Vec3
from cadcomplete.history.operations import Operation

if TYPE_CHECKING:
    from cadcomplete.exporters.freecad.replay import Replay

_AXES = ("X_Axis", "Y_Axis", "Z_Axis")
_ORIGIN: dict[str, tuple[str, Vec3, Vec3]] = {
    "X_Axis": ("App::Line", (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)),
    "Y_Axis": ("App::Line", (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
    "Z_Axis": ("App::Line", (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "XY_Plane": ("App::Plane", (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)),
    "XZ_Plane": ("App::Plane", (0.0, -1.0, 0.0), (1.0, 0.0, 0.0)),
    "YZ_Plane": ("App::Plane", (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
}
"""What the origin of a body has: type, normal and x axis; an axis of it is along its own x."""


class BodyDraft:
    """A body as far as it is written.

    Attributes:
        operations: of the history.
        features: the names of what changes the solid, in order.
        made: by the index of an operation the features that it became.
        drawn: sketches that are there already, by what they draw.
        recipes: how FreeCAD makes each feature (`recipes.py`); None if that is not known.
        replay: the solid as FreeCAD makes it, once edges are numbered.
    """

    def __init__(self, operations: tuple[Operation, ...]) -> None:
        self.operations = operations
        self.features: list[str] = []
        self.made: dict[int, list[str]] = {}
        self.drawn: dict[object, str] = {}
        self.recipes: list[Recipe | None] = []
        self.replay: Replay | None = None
        self._objects: list[DocumentObject] = []
        self._counts: dict[str, int] = {}

    def name(self, kind: str) -> str:
        """Return the name for another of its kind: `Pad`, `Pad001`, `Pad002`."""
        number = self._counts.get(kind, 0)
        self._counts[kind] = number + 1
        return f"{kind}{number:03d}" if number else kind

    def add(self, made: DocumentObject) -> str:
        """Add what does not change the solid: a sketch, a datum."""
        self._objects.append(made)
        return made.name

    def feature(self, index: int, kind: str, *properties: str, recipe: Recipe | None = None) -> str:
        """Add a feature of an operation, after those that there are, and how it is made."""
        self.recipes.append(recipe)
        name = self.name(kind)
        before = self.features[-1] if self.features else ""
        said = (xml.string("Label", name), xml.link("BaseFeature", before), *properties)
        self._objects.append(DocumentObject(name, f"PartDesign::{kind}", said))
        self.features.append(name)
        self.made.setdefault(index, []).append(name)
        return name

    def store(self, name: str, made: str) -> None:
        """Keep the solid after a feature, as the kernel writes it: what numbers edges refer to."""
        for number, one in enumerate(self._objects):
            if one.name == name and not one.file:
                file = f"{name}.brp"
                said = (*one.properties, xml.shape(file))
                self._objects[number] = replace(one, properties=said, file=file, content=made)

    def datum(self, kind: str, plane: Plane) -> str:
        """Add a datum, `Plane` or `Line`, whose normal is that of a plane; return its name."""
        name = self.name(f"Datum{kind}")
        attached = xml.extension("Part::AttachExtension")
        said = (xml.string("Label", name), xml.whole("MapMode", 0), xml.placement(plane))
        return self.add(DocumentObject(name, f"PartDesign::{kind}", said, attached))

    def axis(self, origin: Vec3, direction: Vec3) -> tuple[str, bool]:
        """Return an object along an axis, and whether it points the other way."""
        for name, along in zip(_AXES, direction, strict=True):
            if abs(along) > 1 - 1e-12 and not any(origin):
                return name, along < 0
        x, y, z = (abs(along) for along in direction)
        least = (float(x <= min(y, z)), float(y < x and y <= z), float(z < min(x, y)))
        return self.datum("Line", Plane.of(origin, direction, least)), False

    def objects(self) -> list[DocumentObject]:
        """Return all objects: the body and its origin first."""
        tip = self.features[-1] if self.features else ""
        group = [one.name for one in self._objects]
        properties = (
            xml.string("Label", "Body"),
            xml.links("Group", group),
            xml.link("Origin", "Origin"),
            xml.link("Tip", tip),
            xml.placement(XY),
        )
        grouped = xml.extension("App::OriginGroupExtension")
        body = DocumentObject("Body", "PartDesign::Body", properties, grouped)
        around = (xml.string("Label", "Origin"), xml.links("OriginFeatures", _ORIGIN))
        held = xml.extension("App::GeoFeatureGroupExtension")
        origin = DocumentObject("Origin", "App::Origin", around, held)
        return [body, origin, *_origin_features(), *self._objects]


def _origin_features() -> list[DocumentObject]:
    found = []
    for name, (kind, normal, x_axis) in _ORIGIN.items():
        place = xml.placement(replace(XY, normal=normal, x_axis=x_axis))
        said = (xml.string("Label", name), place, xml.string("Role", name))
        found.append(DocumentObject(name, kind, said))
    return found


@dataclass(frozen=True, slots=True)
class InBody:
    """Where an entry of a table writes: the body, and the index of the operation."""

    body: BodyDraft
    index: int

    @property
    def before(self) -> tuple[Operation, ...]:
        """The operations before it."""
        return self.body.operations[: self.index]


def refused(what: str) -> UnsupportedError:
    """What is raised for something that a Body cannot say."""
    return UnsupportedError([what], hint=instead("a Body of FreeCAD"))
