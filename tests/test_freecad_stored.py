"""Faces and edges of stored solids mean what the kernel's own map says."""

from __future__ import annotations

import math

import numpy as np
import pytest
from conftest import PARTS
from freecad_files import (
    FACE,
    body,
    circle,
    document,
    packed,
    pad,
    pocket,
    rectangle,
    sketch,
    solid,
    sub,
)
from OCP.BRep import BRep_Builder, BRep_Tool
from OCP.BRepAdaptor import BRepAdaptor_Curve, BRepAdaptor_Surface
from OCP.BRepBuilderAPI import BRepBuilderAPI_MakeEdge
from OCP.BRepMesh import BRepMesh_IncrementalMesh
from OCP.BRepTools import BRepTools
from OCP.collections import Array1_gp_Pnt, IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher
from OCP.Geom import Geom_BezierCurve
from OCP.GeomConvert import GeomConvert
from OCP.gp import gp_Ax1, gp_Dir, gp_Pnt, gp_Trsf, gp_Vec
from OCP.TopAbs import TopAbs_EDGE, TopAbs_FACE
from OCP.TopExp import TopExp
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS, TopoDS_Compound

from cadcomplete import readers
from cadcomplete.history.faces import FaceName
from cadcomplete.history.operations import Extrude
from cadcomplete.kernel.build import build
from cadcomplete.kernel.naming.topology import MIDDLE, edges_of
from cadcomplete.readers import freecad
from cadcomplete.readers.freecad.properties import Link
from cadcomplete.readers.freecad.stored import StoredEdge, stored_solid


def text_of(shape, path) -> bytes:
    BRepTools.Write_s(shape, str(path / "solid.brp"))
    return (path / "solid.brp").read_bytes()


def built(name):
    found = build(readers.read(PARTS / f"{name}.json").sequence)
    assert found is not None
    return found.shape


def twice(shape):
    """A shape at two places, the second in a place of its own: turned there, and moved."""
    turn, shift = gp_Trsf(), gp_Trsf()
    turn.SetRotation(gp_Ax1(gp_Pnt(1, 2, 3), gp_Dir(0, 0.6, 0.8)), 0.7)
    shift.SetTranslation(gp_Vec(100, 20, 3))
    inner, outer = TopoDS_Compound(), TopoDS_Compound()
    builder = BRep_Builder()
    builder.MakeCompound(inner)
    builder.MakeCompound(outer)
    builder.Add(inner, shape)
    builder.Add(inner, shape.Moved(TopLoc_Location(turn)))
    builder.Add(outer, inner.Moved(TopLoc_Location(shift)))
    builder.Add(outer, shape)
    return outer


def meshed(shape):
    BRepMesh_IncrementalMesh(shape, 0.5)
    return shape


def mapped(shape, kind):
    found = IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher()
    TopExp.MapShapes_s(shape, kind, found)
    return [found.FindKey(i) for i in range(1, found.Extent() + 1)]


def middle_of(edge):
    curve = BRepAdaptor_Curve(TopoDS.Edge(edge))
    return xyz(curve.Value((curve.FirstParameter() + curve.LastParameter()) / 2))


def xyz(point):
    return (point.X(), point.Y(), point.Z())


SHAPES = {
    "flange": lambda: built("flange"),
    "bracket": lambda: meshed(built("bracket")),
    "twice": lambda: twice(built("bracket")),
}


@pytest.mark.parametrize("name", SHAPES)
def test_faces_and_edges_have_the_numbers_of_the_kernels_map(tmp_path, name):
    shape = SHAPES[name]()
    found = stored_solid(text_of(shape, tmp_path))
    assert found is not None
    faces, edges = mapped(shape, TopAbs_FACE), mapped(shape, TopAbs_EDGE)
    assert (len(found.faces), len(found.edges)) == (len(faces), len(edges))
    for number, face in enumerate(faces, start=1):
        surface = BRepAdaptor_Surface(TopoDS.Face(face))
        one = found.part(f"Face{number}")
        kind = surface.GetType().name.removeprefix("GeomAbs_").lower()
        assert one.surface == kind
        place = (surface.Plane() if kind == "plane" else surface.Cylinder()).Position()
        assert one.axis == pytest.approx(xyz(place.Direction()), abs=1e-9)
        assert one.origin == pytest.approx(xyz(place.Location()), abs=1e-9)
    for number, edge in enumerate(edges, start=1):
        curve = BRepAdaptor_Curve(TopoDS.Edge(edge))
        first, last = curve.FirstParameter(), curve.LastParameter()
        one = found.part(f"Edge{number}")
        assert one.start == pytest.approx(xyz(curve.Value(first)), abs=1e-6)
        assert one.end == pytest.approx(xyz(curve.Value(last)), abs=1e-6)
        assert one.middle == pytest.approx(xyz(curve.Value((first + last) / 2)), abs=1e-6)


@pytest.mark.parametrize("name", SHAPES)
def test_a_face_has_the_edges_around_it_but_for_seams(tmp_path, name):
    shape = SHAPES[name]()
    found = stored_solid(text_of(shape, tmp_path))
    assert found is not None
    for face, one in zip(mapped(shape, TopAbs_FACE), found.faces, strict=True):
        around = {
            tuple(round(v, 6) for v in middle_of(edge))
            for edge in mapped(face, TopAbs_EDGE)
            if not BRep_Tool.IsClosed_s(TopoDS.Edge(edge), TopoDS.Face(face))
        }
        middles = [tuple(round(v, 6) for v in edge.middle or ()) for edge in one.edges]
        assert set(middles) == around and len(middles) == len(around)


def test_the_middle_of_a_spline_is_known(tmp_path):
    points = Array1_gp_Pnt(1, 4)
    for number, at in enumerate([(0, 0, 0), (1, 2, 0), (3, -1, 1), (4, 0, 2)], start=1):
        points.SetValue(number, gp_Pnt(*at))
    bezier = Geom_BezierCurve(points)
    for curve in (bezier, GeomConvert.CurveToBSplineCurve_s(bezier)):
        edge = BRepBuilderAPI_MakeEdge(curve, 0.25, 1.0).Edge()
        found = stored_solid(text_of(edge, tmp_path))
        assert found is not None
        (one,) = found.edges
        # Bernstein polynomials at 0.625
        assert one.middle == pytest.approx(bernstein(0.625), abs=1e-9)
        assert one.start == pytest.approx(bernstein(0.25), abs=1e-9)


def bernstein(t):
    poles = np.array([(0, 0, 0), (1, 2, 0), (3, -1, 1), (4, 0, 2)], float)
    return [math.comb(3, i) * t**i * (1 - t) ** (3 - i) for i in range(4)] @ poles


def test_a_part_that_a_solid_does_not_have_is_none(tmp_path):
    found = stored_solid(text_of(built("bracket"), tmp_path))
    assert found is not None
    for name in ("Face0", "Face999", "Vertex1", "", "Face"):
        assert found.part(name) is None


def test_what_is_no_solid_is_none(tmp_path):
    text = text_of(built("bracket"), tmp_path)
    choose = np.random.default_rng(0)
    assert stored_solid(b"") is None and stored_solid(text[: len(text) // 2]) is None
    for _ in range(60):
        at, word = (
            int(choose.integers(len(text))),
            choose.choice([b"-1 ", b"nan ", b"9 " * 40, b"*"]),
        )
        stored_solid(text[:at] + word + text[at:])  # raises nothing


# --- what features refer to -----------------------------------------------------------------------


def box(length=10.0, faces=("Face3",), **more) -> bytes:
    """A box of 40 by 30 by 10 with its solid, and a pocket up to a face of it."""
    top = sketch("Sketch001", circle(20, 15, 5), place=(0, 0, 25))
    made = pocket(
        "Pocket", "Sketch001", 1, after="Pad", type=FACE, more=sub("UpToFace", "Pad", *faces)
    )
    things = (
        sketch("Sketch", *rectangle(0, 0, 40, 30)),
        pad("Pad", "Sketch", length, more=solid("Pad")),
        *(top, made, body("Body", "Pocket")),
    )
    return packed(document(*things), **more)


def test_a_face_that_a_pocket_ends_at_is_that_of_an_operation(tmp_path):
    shape = build(freecad.parse(box()).known)
    assert shape is not None
    found = {}
    for number in range(1, 7):
        sequence = freecad.parse(box(faces=(f"Face{number}",), Pad=text_of(shape.shape, tmp_path)))
        last = sequence.operations[-1]
        if isinstance(last, Extrude) and not sequence.rest:
            found[number] = last.extent.until
    # the floor, and the top; the walls stand along the way
    assert {until.face for until in found.values()} == {FaceName("start", 1), FaceName("end", 1)}


def test_up_to_a_face_is_not_known_where_the_solid_is_missing_or_damaged():
    for more in ({}, {"Pad": b"CASCADE Topology V1"}):
        assert freecad.parse(box(**more)).rest[0].uses == ("up to a face",)


def test_a_straight_edge_is_an_axis_and_a_flat_face_a_plane(tmp_path):
    shape = build(freecad.parse(box()).known)
    assert shape is not None
    found = freecad.body_of(box(Pad=text_of(shape.shape, tmp_path)))
    normals = {tuple(map(abs, found.plane(Link("Pad", (f"Face{i}",))).normal)) for i in range(1, 7)}
    assert normals == {(1, 0, 0), (0, 1, 0), (0, 0, 1)}
    for number in range(1, 13):
        link = Link("Pad", (f"Edge{number}",))
        (edge,), axis = found.parts(link), found.axis(link)
        assert isinstance(edge, StoredEdge) and axis is not None
        length = math.dist(edge.start, edge.end)
        assert axis[0] == edge.start
        assert edge.end == pytest.approx(np.add(edge.start, np.multiply(length, axis[1])))
        assert length in (pytest.approx(10), pytest.approx(30), pytest.approx(40))


@pytest.mark.parametrize("name", ["bracket", "flange"])
def test_the_faces_at_an_edge_lie_where_the_kernel_has_them_in_their_order(name, tmp_path):
    shape = twice(built(name))
    found = stored_solid(text_of(shape, tmp_path))
    assert found is not None
    known = edges_of(shape)
    middles = {tuple(np.round(p, 6) + 0.0): i for i, p in enumerate(known.points[:, MIDDLE])}
    seen = 0
    for number in range(1, len(found.edges) + 1):
        edge = found.part(f"Edge{number}")
        assert isinstance(edge, StoredEdge) and edge.middle is not None
        index = middles.get(tuple(np.round(edge.middle, 6) + 0.0))
        if index is not None:
            assert edge.within is not None
            within = np.array(edge.within)
            np.testing.assert_allclose(within, known.within[index, :, MIDDLE], atol=1e-9)
            seen += 1
    assert seen == len(known)
