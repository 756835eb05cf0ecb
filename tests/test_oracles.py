"""Law 13 for any body: operations that sweep no prism are entered, and nothing of them is lost.

A toy cone knows its volume, its box and its points by formulas; a toy mirror copies the whole body,
a toy rounding knows only bounds. None of it asks the kernel's booleans.
"""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from conftest import PLATE
from manifold3d import Manifold
from OCP.BRep import BRep_Builder
from OCP.BRepFilletAPI import BRepFilletAPI_MakeFillet
from OCP.BRepPrimAPI import BRepPrimAPI_MakeBox, BRepPrimAPI_MakeCone
from OCP.gp import gp_Ax2, gp_Dir, gp_Pnt
from OCP.TopAbs import TopAbs_EDGE
from OCP.TopExp import TopExp_Explorer
from OCP.TopoDS import TopoDS, TopoDS_Compound

from cadcomplete.errors import BuildError, GeometryError
from cadcomplete.history.geometry import Plane
from cadcomplete.history.motions import Motion, mirroring, shifting, turning
from cadcomplete.history.operations import Boolean
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel import build as kernel
from cadcomplete.kernel.attempts import Attempt
from cadcomplete.kernel.booleans import believed, cut, fuse, intersect
from cadcomplete.kernel.build import Before, Prefixes, build, construct
from cadcomplete.kernel.copies import moved
from cadcomplete.kernel.integrals import volume_of
from cadcomplete.kernel.known import Known, located
from cadcomplete.kernel.measure import check, count_bodies, measure
from cadcomplete.kernel.oracle import INSIDE, OUTSIDE, Oracle, Rough, VolumeBounds, turned_about
from cadcomplete.kernel.remarks import Step
from cadcomplete.kernel.report import Senseless
from cadcomplete.kernel.solid import Solid
from cadcomplete.language.lines import decode

CUBE = decode(
    "sketch 0 0 0 +z +x\nloop 0 0\nline 10 0\nline 10 10\nline 0 10\nclose\nextrude new to 10 0\n"
).operations
LOST = r"the kernel's result|no valid solid"

CUBE_MIDDLE = (5.0, 5.0)

CORNERS = 180


@dataclass(frozen=True, slots=True)
class Cone:
    """A cone that stands on z = `low` about a line along z; its top is a point."""

    at: tuple[float, float]
    radius: float
    low: float
    height: float
    boolean: Boolean = Boolean.JOIN

    finished = builds = True


@dataclass(frozen=True, eq=False)
class ConeOracle(Oracle):
    """What formulas say of a cone."""

    cone: Cone

    def bounds(self) -> tuple[float, float]:
        volume = math.pi / 3 * self.cone.radius**2 * self.cone.height
        return volume, volume

    def box(self):
        (x, y), r, low = self.cone.at, self.cone.radius, self.cone.low
        return np.array([(x - r, y - r, low), (x + r, y + r, low + self.cone.height)])

    def contains(self, points):
        away = np.linalg.norm(points[:, :2] - self.cone.at, axis=1)
        up = points[:, 2] - self.cone.low
        inside = (up > 0) & (away < self.cone.radius * (1 - up / self.cone.height))
        return np.where(inside, INSIDE, OUTSIDE).astype(np.int8)

    def rough(self, *, turned=False):
        body = Manifold.cylinder(self.cone.height, self.cone.radius, 0.0, CORNERS)
        body = body.translate((*self.cone.at, self.cone.low))
        off = self.bounds()[1] - body.volume()
        return Rough(turned_about(body) if turned else body, off, self.cone.radius * off)


def cone_of(cone: Cone) -> Solid:
    place = gp_Ax2(gp_Pnt(*cone.at, cone.low), gp_Dir(0, 0, 1))
    shape = BRepPrimAPI_MakeCone(place, cone.radius, 0.0, cone.height).Shape()
    return believed(shape, ConeOracle(cone))


@dataclass(frozen=True, slots=True)
class Mirrored:
    """The whole body, and its image in a plane."""

    plane: Plane

    finished = builds = True


@dataclass(frozen=True, slots=True)
class Repeated:
    """What an earlier operation did, once more somewhere else."""

    operation: int
    by: tuple[float, float, float]

    finished = builds = True


@dataclass(frozen=True, slots=True)
class Rounded:
    """All edges of the body, with a radius."""

    radius: float

    finished = builds = True


def mirrored(operation: Mirrored, before: Before) -> Solid:
    if before.solid is None:
        raise GeometryError("there is nothing to mirror")
    image = moved(before.solid, mirroring(operation.plane))
    return fuse([before.solid, image], way=before.way)


def repeated(operation: Repeated, before: Before) -> Step:
    step = before.steps[operation.operation]
    if step is None:
        raise GeometryError(f"operation {operation.operation} does nothing that can be repeated")
    tools = tuple(moved(tool, shifting(operation.by)) for tool in step.tools)
    return Step(before.index, step.boolean, tools)


def rounded(operation: Rounded, before: Before) -> Solid:
    solid = before.solid
    if solid is None:
        raise GeometryError("there is nothing to round")
    fillet, explorer = (
        BRepFilletAPI_MakeFillet(solid.shape),
        TopExp_Explorer(solid.shape, TopAbs_EDGE),
    )
    while explorer.More():
        fillet.Add(operation.radius, TopoDS.Edge(explorer.Current()))
        explorer.Next()
    box, bodies = measure(solid).bounding_box, count_bodies(solid)
    around = np.array([box.minimum, box.maximum])
    return believed(
        fillet.Shape(), VolumeBounds(0.8 * solid.volume, solid.volume, around, (1, bodies))
    )


ENTRIES: dict[Any, Any] = {
    Cone: lambda cone, before: Step(before.index, cone.boolean, (cone_of(cone),)),
    Mirrored: mirrored,
    Repeated: repeated,
    Rounded: rounded,
}


@pytest.fixture(autouse=True)
def entered(monkeypatch):
    for kind, entry in ENTRIES.items():
        monkeypatch.setitem(kernel.APPLY, kind, entry)


def part(*operations: Any, before: Any = CUBE) -> CadSequence:
    return CadSequence((*before, *operations), "part")


def solid_of(sequence: CadSequence) -> Solid:
    solid = build(sequence)
    assert solid is not None and check(solid) == ()
    return solid


ON_TOP = Cone(CUBE_MIDDLE, 3.0, 10.0, 6.0)  # π/3 · 3² · 6 = 18 π
SUNK = replace(ON_TOP, low=8.0)  # what sticks out is 4 high: (4/6)³ of it

VOLUMES = {
    "joined": ((ON_TOP,), 1000 + 18 * math.pi),
    "sunk": ((SUNK,), 1000 + 18 * math.pi * (4 / 6) ** 3),
    "cut": ((replace(ON_TOP, low=2.0, boolean=Boolean.CUT),), 1000 - 18 * math.pi),
    "cut in part": (
        (replace(SUNK, boolean=Boolean.CUT),),
        1000 - 18 * math.pi * (1 - (4 / 6) ** 3),
    ),
    "intersected": (
        (replace(SUNK, boolean=Boolean.INTERSECT),),
        18 * math.pi * (1 - (4 / 6) ** 3),
    ),
}


# --- a body that is no prism ----------------------------------------------------------------------


@pytest.mark.parametrize("name", VOLUMES)
def test_a_cone_is_joined_cut_and_intersected(name):
    operations, volume = VOLUMES[name]
    assert solid_of(part(*operations)).volume == pytest.approx(volume, rel=1e-7)


def test_what_follows_a_cone_is_built_on_it():
    """A hole of radius 1 through the cube and the cone on it, whose axis it shares."""
    hole = decode("sketch 0 0 0 +z +x\ncircle 5 5 1\nextrude cut to 20 0\n").operations
    bored = (replace(hole[1], profiles=(replace(hole[1].profiles[0], sketch=3),)),)
    solid = solid_of(part(ON_TOP, hole[0], *bored))
    # Of the cone there stays what is farther than 1 from its axis: by shells, 2π r (6 - 2 r) dr.
    ring = 2 * math.pi * ((3 * 3**2 - 2 / 3 * 3**3) - (3 - 2 / 3))
    assert solid.volume == pytest.approx(1000 - 10 * math.pi + ring, rel=1e-6)


def losing(monkeypatch, *kinds, among=lambda volumes: True):
    """A kernel whose booleans of these kinds take no notice of the last body that goes in.

    `among` says of which, from the volumes of all bodies that go in.
    """
    run, cells = Attempt.run, Attempt.cells

    def loses(attempt: Attempt) -> bool:
        volumes = [volume_of(shape) for shape in (*attempt.arguments, *attempt.tools)]
        return attempt.kind in kinds and among(volumes)

    def forgetful(self, fuzzy, *, spare=True):
        return self.arguments[0] if loses(self) else run(self, fuzzy, spare=spare)

    monkeypatch.setattr(Attempt, "run", forgetful)
    monkeypatch.setattr(Attempt, "cells", lambda s, f: None if loses(s) else cells(s, f))


@pytest.mark.parametrize("name", VOLUMES)
def test_a_cone_that_a_boolean_loses_is_an_error_that_names_the_operation(monkeypatch, name):
    operations, _ = VOLUMES[name]
    losing(monkeypatch, "fuse", "cut", "common")
    with pytest.raises(BuildError, match=LOST) as caught:
        build(part(*operations))
    assert caught.value.operation == 2


@pytest.mark.parametrize("boolean", [Boolean.JOIN, Boolean.CUT])
def test_one_too_small_for_the_volume_is_missed_where_its_points_are(monkeypatch, boolean):
    """Beside a cone, a round plate is known to some mm³ only: less has the cone that is lost."""
    plate = decode("sketch 0 0 0 +z +x\ncircle 0 0 100\nextrude new to 40 0\n").operations
    first = Cone((0.0, 0.0), 50.0, 39.0, 50.0)
    low = 40.0 if boolean is Boolean.JOIN else 39.0
    small = Cone((70.0, 20.0), 0.6, low, 1.0, boolean)
    assert check(build(part(first, small, before=plate))) == ()
    losing(monkeypatch, "fuse", "cut", among=lambda volumes: min(volumes) < 1)
    with pytest.raises(BuildError, match=r"wrong at \(\S+, \S+, \S+\) mm, which is (in|out)side"):
        build(part(first, small, before=plate))


def test_a_wrong_formula_is_an_error_too():
    shape = BRepPrimAPI_MakeCone(3.0, 0.0, 6.0).Shape()
    for wrong in (Cone((0.0, 0.0), 3.1, 0.0, 6.0), Cone((0.0, 0.0), 3.0, 1.0, 6.0)):
        with pytest.raises(GeometryError, match=r"56\.5487 mm³ where|reaches out|wrong at"):
            believed(shape, ConeOracle(wrong))


def test_a_cone_that_touches_nothing_or_changes_nothing_is_told():
    far, within = replace(ON_TOP, at=(50.0, 5.0)), replace(ON_TOP, low=2.0)
    kinds = [[r.kind for r in construct(part(cone)).remarks] for cone in (far, within, ON_TOP)]
    assert kinds == [[Senseless.TOUCHES_NOTHING], [Senseless.CHANGES_NOTHING], []]
    with pytest.raises(BuildError, match="operation 2: the join changes nothing"):
        build(part(within), strict_from=2)


def test_a_cut_that_leaves_nothing_of_a_cone_is_an_error():
    cone = replace(ON_TOP, low=2.0)
    all_of_it = replace(cone, radius=9.0, low=-8.0, height=60.0, boolean=Boolean.CUT)
    with pytest.raises(BuildError, match="operation 1: nothing is left"):
        build(part(cone, all_of_it, before=()))


# --- a solid from the solid before ----------------------------------------------------------------

SIDE = Plane((10.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
ASKEW = Plane.of((20.0, 3.0, 1.0), (2.0, 1.0, 0.5), (0.0, 1.0, -2.0))


BOWED = decode(
    "sketch 0 0 0 +z +x\nloop 10 0\nline 10 9\nline 0 10\narc 0 0 120\nclose\nextrude new to 7 0\n"
).operations
"""Bowed on one side, so that a mirror is no turn."""


@pytest.mark.parametrize("plane", [SIDE, ASKEW])
def test_a_body_is_mirrored_and_prisms_stay_exact(plane):
    alone, both = solid_of(CadSequence(BOWED)), solid_of(part(Mirrored(plane), before=BOWED))
    assert both.volume == pytest.approx(2 * alone.volume, rel=1e-8)
    assert both.oracle is not None and both.oracle.exact


@pytest.mark.parametrize("operations", [(Mirrored(SIDE),), (ON_TOP, Mirrored(SIDE))])
def test_an_image_that_a_boolean_loses_is_an_error(monkeypatch, operations):
    losing(monkeypatch, "fuse", among=lambda volumes: min(volumes) > 900)
    with pytest.raises(BuildError, match=LOST) as caught:
        build(part(*operations))
    assert caught.value.operation == len(operations) + 1


def test_a_mirror_of_prisms_and_cones_has_twice_their_volume():
    solid = solid_of(part(ON_TOP, Mirrored(SIDE)))
    assert solid.volume == pytest.approx(2 * (1000 + 18 * math.pi), rel=1e-7)
    assert count_bodies(solid) == 1


def test_a_mirror_that_changes_nothing_is_told_and_an_error_where_it_must():
    middle = Plane((5.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
    (remark,) = construct(part(Mirrored(middle))).remarks
    assert str(remark) == "operation 2: the mirrored changes nothing"
    with pytest.raises(BuildError, match="operation 2: the mirrored changes nothing"):
        build(part(Mirrored(middle)), strict_from=2)


@pytest.mark.parametrize(
    "motion",
    [mirroring(ASKEW), shifting((3.0, -4.0, 5.0)), turning((1.0, 2.0, 3.0), (0, 0.6, 0.8), 50)],
)
def test_what_is_known_moves_with_a_body(motion: Motion):
    for operations in ((), (SUNK,)):
        body = solid_of(part(*operations, before=decode(PLATE).operations))
        there = moved(body, motion)
        assert there.oracle is not None and body.oracle is not None
        points = np.random.default_rng(0).uniform(-20, 60, (400, 3))
        sides = there.oracle.contains(points)
        assert (sides == body.oracle.contains(motion.inverse.apply(points))).all()
        assert (located(there.shape, points) * sides >= 0).all()
        assert there.volume == pytest.approx(body.volume, rel=1e-9)


def test_what_an_operation_did_is_done_again():
    cut_once: Any = (
        *decode(PLATE).operations,
        replace(SUNK, boolean=Boolean.CUT, at=(10.0, 10.0)),
    )
    cut_twice: Any = (*cut_once, Repeated(2, (0.0, 10.0, 0.0)))
    once, twice = (solid_of(CadSequence(ops)).volume for ops in (cut_once, cut_twice))
    plate = solid_of(CadSequence(cut_once[:2])).volume
    assert plate - twice == pytest.approx(2 * (plate - once), rel=1e-6)
    with pytest.raises(BuildError, match="operation 3: operation 0 does nothing that can be"):
        build(part(Repeated(0, (15.0, 5.0, 0.0)), before=cut_once))


# --- bounds, and shapes without a history ---------------------------------------------------------


def rounded_cube(r: float) -> float:
    """Steiner: a cube of 10 - 2 r, its faces, quarter cylinders and eighths of a ball around it."""
    a = 10 - 2 * r
    return a**3 + 6 * a**2 * r + 3 * math.pi * a * r**2 + 4 / 3 * math.pi * r**3


def test_a_rounded_body_is_believed_within_bounds_and_built_upon():
    assert solid_of(part(Rounded(1.0))).volume == pytest.approx(rounded_cube(1.0), rel=1e-6)
    solid = solid_of(part(Rounded(1.0), ON_TOP))
    assert solid.volume == pytest.approx(rounded_cube(1.0) + 18 * math.pi, rel=1e-6)


def test_a_cone_on_a_rounded_body_is_not_lost(monkeypatch):
    losing(monkeypatch, "fuse")
    with pytest.raises(BuildError, match="operation 3: "):
        build(part(Rounded(1.0), ON_TOP))


def shape_of(*boxes: tuple[float, float, float, float]):
    compound, builder = TopoDS_Compound(), BRep_Builder()
    builder.MakeCompound(compound)
    for x, width, depth, height in boxes:
        builder.Add(compound, BRepPrimAPI_MakeBox(gp_Pnt(x, 0, 0), width, depth, height).Shape())
    return compound


@pytest.mark.parametrize(
    ("boxes", "message"),
    [
        ([(0, 10, 10, 8)], "has 800 mm³ where 900 to 1000 are right"),
        ([(0, 10, 10, 9.5), (5, 20, 1, 1)], "reaches out of the box|where 900 to 1000|no valid"),
        ([(0, 9.5, 10, 10.4)], "reaches out of the box"),
        ([(0, 4.8, 10, 10), (5, 4.8, 10, 10)], "has 2 bodies where 1 are right"),
        ([], "makes no solid"),
    ],
)
def test_what_breaks_the_bounds_is_not_believed(boxes, message):
    bounds = VolumeBounds(900.0, 1000.0, np.array([(0.0, 0.0, 0.0), (10.0, 10.0, 10.0)]), (1, 1))
    with pytest.raises(GeometryError, match=message):
        believed(shape_of(*boxes), bounds)


def test_a_solid_from_a_file_goes_into_booleans_and_is_not_lost(monkeypatch):
    ball = BRepPrimAPI_MakeCone(3.0, 0.0, 6.0).Shape()
    block = BRepPrimAPI_MakeBox(gp_Pnt(-5, -5, -10), 10, 10, 10).Shape()
    one, other = Solid(block, 1000.0), Solid(ball, 18 * math.pi)
    assert fuse([one, other]).volume == pytest.approx(1000 + 18 * math.pi, rel=1e-7)
    with pytest.raises(GeometryError, match="nothing is left"):
        intersect(one, other)
    losing(monkeypatch, "fuse", "cut")
    for boolean in (
        lambda: fuse([one, other]),
        lambda: cut(one, [moved(other, shifting((0, 0, -4)))]),
    ):
        with pytest.raises(GeometryError, match=LOST):
            boolean()


def test_triangles_that_stand_for_a_shape_are_as_near_as_they_say():
    shape = BRepPrimAPI_MakeCone(3.0, 0.0, 6.0).Shape()
    known = Known(shape, 18 * math.pi)
    for turned in (False, True):
        rough = known.rough(turned=turned)
        assert rough is not None and 0 < rough.off < 0.2
        assert abs(rough.body.volume() - 18 * math.pi) <= rough.off


# --- what was built is kept -----------------------------------------------------------------------

HOLES = "".join(
    f"sketch 0 0 10 +z +x\ncircle {x} 6 2\nextrude cut to 0 0\n" for x in (6, 14, 22, 30)
)


def counted(monkeypatch) -> list[str]:
    """The kind of each boolean that is done from now on."""
    done, run = [], Attempt.run

    def noted(self, fuzzy, **options):
        done.append(self.kind)
        return run(self, fuzzy, **options)

    monkeypatch.setattr(Attempt, "run", noted)
    return done


def test_one_more_operation_costs_one_boolean(monkeypatch):
    given, prefixes = decode(PLATE + HOLES).operations, Prefixes()
    construct(CadSequence(given), prefixes=prefixes)
    done = counted(monkeypatch)
    for cone in (ON_TOP, replace(ON_TOP, radius=2.0)):
        construct(part(cone, before=given), strict_from=len(given), prefixes=prefixes)
        assert done == ["fuse"]
        done.clear()
    for x in (3, 37):
        hole = decode(PLATE + HOLES + f"sketch 0 0 0 +z +x\ncircle {x} 24 2\nextrude cut to 10 0\n")
        construct(hole, strict_from=len(given), prefixes=prefixes)
        assert done == ["cut"]
        done.clear()
    construct(part(Mirrored(SIDE), before=given), strict_from=len(given), prefixes=prefixes)
    construct(CadSequence(given), prefixes=prefixes)
    assert done == ["fuse"]


def test_what_is_built_does_not_depend_on_what_was_built_before():
    """Joins in a row are one boolean, also where the first of them were built before."""
    posts = "".join(
        f"sketch 0 0 10 +z +x\ncircle {x} 5 1.5\nextrude join to 20 0\n" for x in (5, 20, 35)
    )
    whole, prefixes = decode(PLATE + HOLES + posts), Prefixes()
    for keep in range(len(whole) + 1):
        for strict in (keep, None):
            some = replace(whole, operations=whole.operations[:keep])
            fresh = construct(some, strict_from=strict)
            again = construct(some, strict_from=strict, prefixes=prefixes)
            assert fresh.remarks == again.remarks
            assert (fresh.solid is None) == (again.solid is None)
            if fresh.solid is not None and again.solid is not None:
                assert fresh.solid.volume == again.solid.volume


def test_only_the_last_beginnings_are_kept(monkeypatch):
    prefixes = Prefixes(most=2)
    for height in (10, 11, 12):
        operations = decode(PLATE.replace("to 10", f"to {height}") + HOLES).operations
        construct(CadSequence(operations), prefixes=prefixes)
    done = counted(monkeypatch)
    construct(CadSequence(operations), prefixes=prefixes)
    assert done == []
    first = decode(PLATE + HOLES).operations
    construct(CadSequence(first), prefixes=prefixes)
    assert done


def test_a_history_that_fails_is_named_though_its_beginning_is_kept():
    given, prefixes = decode(PLATE).operations, Prefixes()
    for _ in range(2):
        with pytest.raises(BuildError, match="operation 2: nothing is left"):
            away = Cone((0.0, 0.0), 500.0, -10.0, 500.0, Boolean.CUT)
            construct(part(away, before=given), strict_from=2, prefixes=prefixes)
    assert construct(CadSequence(given), prefixes=prefixes).solid is not None
