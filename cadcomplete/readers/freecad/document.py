"""A FreeCAD document as frozen values: its bodies, and of one body the features in their order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cadcomplete.errors import ReadError
from cadcomplete.history.geometry import Plane, Vec3
from cadcomplete.readers.freecad import properties
from cadcomplete.readers.freecad.features import Feature, SketchObject, feature, sketch_object
from cadcomplete.readers.freecad.properties import Link, Thing

_BODY = "PartDesign::Body"
_SUPPRESSED = ("Suppressed", "Suppress")
_AFTER_BASE = (
    *("PartDesign::Fillet", "PartDesign::Chamfer", "PartDesign::Draft", "PartDesign::Thickness"),
)
"""Features that change what `Base` names; some files name it nowhere else."""


@dataclass(frozen=True, slots=True)
class BodyOfFeatures:
    """A body: what was made in it, one feature after another.

    Attributes:
        name: of the object, unique in its file.
        label: what a person called it: often a good caption.
        version: of the program that wrote it, such as (0, 21).
        features: in order; suppressed ones are left out.
        objects: all objects of the document, to look up what features refer to.
    """

    name: str
    label: str
    version: tuple[int, int]
    features: tuple[Feature, ...]
    objects: Mapping[str, Thing]

    def sketch(self, link: Link | None) -> SketchObject | None:
        """The sketch that a reference names, if it names one."""
        thing = self.objects.get(link.object) if link else None
        return sketch_object(thing) if thing else None

    def plane(self, link: Link | None) -> Plane | None:
        """The plane that a reference names: of a sketch, an origin plane or a datum.

        `V_Axis` of a sketch is the plane through it and the normal, `H_Axis` likewise. None for a
        face of a solid: only the kernel knows where that is.
        """
        thing = self.objects.get(link.object) if link else None
        found = thing.placement() if thing else None
        if link is None or thing is None or found is None:
            return None
        if thing.type == "Sketcher::SketchObject":
            along = {"V_Axis": found.x_axis, "H_Axis": found.y_axis, "": found.normal}
            normal = along.get(_part(link))
            return normal and Plane.of(found.origin, normal, _across(found, normal))
        return found if thing.type in _PLANES else None

    def axis(self, link: Link | None) -> tuple[Vec3, Vec3] | None:
        """The origin and direction of the axis that a reference names: of a sketch or a datum.

        None for an edge or a face of a solid, and for a line that is drawn in a sketch.
        """
        thing = self.objects.get(link.object) if link else None
        found = thing.placement() if thing else None
        if link is None or thing is None or found is None:
            return None
        if thing.type in _LINES:
            return found.origin, found.x_axis if thing.type in _ALONG_X else found.normal
        if thing.type in _PLANES:
            return found.origin, found.normal
        if thing.type != "Sketcher::SketchObject":
            return None
        along = {"H_Axis": found.x_axis, "V_Axis": found.y_axis, "N_Axis": found.normal}
        direction = along.get(_part(link))
        return direction and (found.origin, direction)


_PLANES = ("App::Plane", "PartDesign::Plane", "Part::DatumPlane")
_ALONG_X = ("App::Line",)
_LINES = (*_ALONG_X, "PartDesign::Line", "Part::DatumLine")


def _part(link: Link) -> str:
    return link.parts[0] if link.parts else ""


def _across(plane: Plane, normal: Vec3) -> Vec3:
    return plane.x_axis if normal != plane.x_axis else plane.y_axis


def read_body(text: bytes, *, body: str = "") -> BodyOfFeatures:
    """Return a body of a document: the one that is named, or else the only one.

    Raises ReadError naming those that there are.
    """
    things, _, version = properties.parse(text)
    chosen = _choose([t for t in things.values() if t.type == _BODY], body)
    made = tuple(feature(thing, things) for thing in _chain(chosen, things))
    return BodyOfFeatures(chosen.name, chosen.label, version, made, things)


def _choose(bodies: list[Thing], name: str) -> Thing:
    if not bodies:
        hint = "only what is made in a Body has a history that is read here"
        raise ReadError("a FreeCAD file without a Body", hint=hint)
    found = [b for b in bodies if name in (b.name, b.label)] if name else bodies
    found = [b for b in found if b.name == name] or found
    if len(found) == 1:
        return found[0]
    said = ", ".join(_called(b) for b in bodies[:_SAID]) + (", …" if len(bodies) > _SAID else "")
    if name and not found:
        raise ReadError("no such body", expected=said, got=name)
    hint = f"choose one by its name: FILE.FCStd#{bodies[0].name}"
    raise ReadError("a file with several bodies", expected=f"one of {said}", hint=hint)


_SAID = 12


def _called(body: Thing) -> str:
    return body.name if body.label in ("", body.name) else f"{body.name} ({body.label})"


def _chain(body: Thing, things: Mapping[str, Thing]) -> list[Thing]:
    """The features of a body from the first to its tip: each names the one that it changes."""
    chain: list[Thing] = []
    seen: set[str] = set()
    following = body.link("Tip")
    while following and following.object in things:
        if following.object in seen:
            raise ReadError("features that follow each other in a circle", where=following.object)
        seen.add(following.object)
        chain.append(things[following.object])
        following = _before(chain[-1])
    return [t for t in reversed(chain) if not any(t.truth(key) for key in _SUPPRESSED)]


def _before(thing: Thing) -> Link | None:
    base = thing.link("BaseFeature")
    return thing.link("Base") if base is None and thing.type in _AFTER_BASE else base


def body_names(text: bytes) -> Iterator[str]:
    """Yield the names of all bodies of a document."""
    things, _, _ = properties.parse(text)
    yield from (thing.name for thing in things.values() if thing.type == _BODY)
