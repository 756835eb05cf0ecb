"""Every number, hole and count in a description, found in the solid by other means."""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

import math
import re
from itertools import combinations

import numpy as np
import pytest
from conftest import PARTS, real
from described_parts import GOLDEN, NAMES, built, solid_of
from OCP.BRep import BRep_Tool
from OCP.BRepAdaptor import BRepAdaptor_Surface
from OCP.BRepClass3d import BRepClass3d_SolidClassifier
from OCP.GeomAbs import GeomAbs_Cylinder, GeomAbs_Plane
from OCP.gp import gp_Pnt
from OCP.TopAbs import TopAbs_FACE, TopAbs_IN, TopAbs_OUT, TopAbs_SOLID, TopAbs_VERTEX
from OCP.TopExp import TopExp_Explorer
from OCP.TopoDS import TopoDS

from cadcomplete import readers
from cadcomplete.data.describe import MOST_LONG, MOST_SHORT, describe
from cadcomplete.data.describe.words import number
from cadcomplete.kernel.features.faces import count_faces
from cadcomplete.kernel.features.find import find_features
from cadcomplete.kernel.measure import bounding_box


class Measured:
    """What can be measured on a solid, by other means than those of the module under test."""

    def __init__(self, solid):
        self.box = bounding_box(solid).size
        self.counts = [count_faces(body) for body in [solid.shape, *bodies(solid)]]
        self.radii, normals, axes, self.points = [], [], [], []
        explorer = TopExp_Explorer(solid.shape, TopAbs_FACE)
        while explorer.More():
            surface = BRepAdaptor_Surface(TopoDS.Face(explorer.Current()))
            if surface.GetType() == GeomAbs_Plane:
                normals.append(xyz(surface.Plane().Axis().Direction()))
            if surface.GetType() == GeomAbs_Cylinder:
                axis = surface.Cylinder().Axis()
                self.radii.append(surface.Cylinder().Radius())
                axes.append((xyz(axis.Location()), xyz(axis.Direction()), self.radii[-1]))
            explorer.Next()
        explorer = TopExp_Explorer(solid.shape, TopAbs_VERTEX)
        while explorer.More():
            self.points.append(xyz(BRep_Tool.Pnt_s(TopoDS.Vertex(explorer.Current()))))
            explorer.Next()
        self.lengths = self._lengths(normals, axes)
        self.axes = axes

    def _lengths(self, normals, axes):
        """Distances between all levels along each direction, and between all axes."""
        lengths = set(self.box)
        along = distinct([*normals, *(d for _, d, _ in axes), *np.eye(3)])
        across = [np.cross(a, b) for a, b in combinations(along, 2)]
        across = [c / np.linalg.norm(c) for c in across if np.linalg.norm(c) > 0.01]
        for direction in distinct([*along, *across]):
            levels = [p @ direction for p in self.points]
            for origin, axis, radius in axes:
                if abs(axis @ direction) < 1e-6:
                    at = origin @ direction
                    levels += [at - radius, at, at + radius]
            levels = np.unique(np.round(levels, 4))
            lengths |= set(np.abs(levels[:, None] - levels[None]).ravel())
        lengths |= {math.dist(a, b) for a, b in combinations(self.points[:60], 2)}
        return lengths

    def has(self, value, lengths):
        return any(number(length) == value for length in lengths)


def distinct(directions):
    return np.unique(np.round(directions, 9), axis=0)


def bodies(solid):
    explorer, found = TopExp_Explorer(solid.shape, TopAbs_SOLID), []
    while explorer.More():
        found.append(explorer.Current())
        explorer.Next()
    return found


def xyz(of):
    return np.array([of.X(), of.Y(), of.Z()])


def false_facts(solid, text):
    """The numbers of a description that are nowhere in the solid."""
    measured, wrong = Measured(solid), []
    text = re.sub(r"a grid of \d+ × \d+", "", text)
    for found in re.finditer(r"(circle of ø|ø|\br|of )?(\d[\d.]*)( faces)?(?=\D|$)", text):
        kind, value, faces = found.groups()
        value = value.rstrip(".")
        if faces:
            right = int(value) in measured.counts
        elif kind == "circle of ø":
            right = any(
                measured.has(value, [2 * math.dist(a, b)])
                for a, b in combinations(circle_points(measured), 2)
            )
        elif kind == "ø":
            right = measured.has(value, [2 * r for r in measured.radii])
        elif kind == "r":
            right = measured.has(value, measured.radii)
        else:
            right = measured.has(value, measured.lengths)
        if not right:
            wrong.append(found.group())
    return wrong


def circle_points(measured):
    """Axes and the middles between opposite ones, as points across the first axis."""
    _, along, _ = measured.axes[0]
    flat = [o - (o @ along) * along for o, d, _ in measured.axes if abs(d @ along) > 0.999]
    return [*flat, *((a + b) / 2 for a, b in combinations(flat, 2)), sum(flat) / len(flat)]


@pytest.mark.parametrize("name", NAMES)
def test_every_number_is_one_of_the_solids(name):
    solid = solid_of(name)
    assert false_facts(solid, describe(find_features(solid)).long) == []


def test_a_wrong_number_would_be_noticed():
    solid = solid_of("plate with corner holes")
    text = GOLDEN["plate with corner holes"][2]
    assert false_facts(solid, text.replace("ø6", "ø7")) == ["ø7"]
    assert false_facts(solid, text.replace("80", "81")) == ["81"]


@pytest.mark.parametrize(
    "name", ["plate with corner holes", "flange", "blind hole", "counterbore", "grid", "slot"]
)
def test_what_was_removed_fills_the_base_again(name):
    body = find_features(solid_of(name)).bodies[0]
    holes = sum(math.pi / 4 * s.diameter**2 * s.length for h in body.holes for s in h.steps)
    slots = sum(r.outline.area * (r.depth or 0.0) for r in body.recesses)
    assert body.base is not None
    assert body.base.volume == pytest.approx(body.volume + holes + slots, rel=1e-6)
    assert body.unexplained == 0


def hole_is_there(solid, hole):
    """In some body the axis is outside all along the hole, and around it there is material."""
    assert any(is_drilled(body, hole) for body in bodies(solid))


def is_drilled(body, hole):
    position, direction = np.array(hole.position), np.array(hole.direction)
    across = np.cross(direction, np.eye(3)[np.argmin(np.abs(direction))])
    across /= np.linalg.norm(across)
    depth = 0.0
    for step in hole.steps:
        beyond = step.diameter / 2 * (1 + 1e-4) + 1e-4
        walls = 0
        for share in (0.001, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999):
            at = position + direction * (depth + share * step.length)
            if state(body, at) != TopAbs_OUT:
                return False
            walls += state(body, at + beyond * across) == TopAbs_IN
            walls += state(body, at - beyond * across) == TopAbs_IN
        if walls < 2:
            return False
        depth += step.length
    return True


def state(body, point):
    classifier = BRepClass3d_SolidClassifier(body, gp_Pnt(*point.tolist()), 1e-6)
    return classifier.State()


@pytest.mark.parametrize("path", sorted(PARTS.glob("*.json")), ids=lambda p: p.stem)
def test_examples_are_told_as_they_are(path):
    solid = built(readers.read(path).sequence)
    features = find_features(solid)
    assert false_facts(solid, describe(features).long) == []
    for body in features.bodies:
        for hole in body.holes:
            hole_is_there(solid, hole)


def test_real_parts_have_no_false_holes_and_fit_the_limits():
    paths = sorted(real("fusion360").glob("json/*/*.json"))[::250]
    paths += sorted(real("omnicad").glob("json/*/*.json"))[::10]
    known = 0
    for path in paths:
        solid = built(readers.read(path).sequence)
        features = find_features(solid)
        description = describe(features)
        assert len(description.short.split()) <= MOST_SHORT
        assert "<|" not in description.long
        if len(features.bodies) == 1:
            assert len(description.long.split()) <= MOST_LONG
            if features.bodies[0].faces <= 20:
                assert false_facts(solid, description.long) == [], path
        known += features.bodies[0].base is not None
        for hole in (hole for body in features.bodies for hole in body.holes if not hole.core):
            hole_is_there(solid, hole)
    assert known > 0.8 * len(paths)
