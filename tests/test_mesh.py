"""From solids to triangles and edges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from conftest import mesh_of

from cadcomplete.history.geometry import BoundingBox
from cadcomplete.language.lines import decode
from cadcomplete.meshes.mesh import EMPTY, open_sketches, to_trimesh

GROUND = "sketch 0 0 0 +z +x\n"
BOX = GROUND + "loop 0 0\nline 40 0\nline 40 30\nline 0 30\nclose\nextrude new to 20 0\n"
CYLINDER = GROUND + "circle 3 4 5\nextrude new to 20 0\n"
TUBE = GROUND + "circle 0 0 10\ncircle 0 0 6\nextrude new to 30 0/1\n"
CAPSULE = GROUND + (
    "loop 0 0\nline 30 0\narc 30 20 180\nline 0 20\narc 0 0 180\nextrude new to 8 0\n"
)
TILTED = (
    "sketch 1 2 3 0.6 0 0.8 0 1 0\ncircle 0 0 10\nextrude new sym 30 0\n"  # 0.6 · 1 + 0.8 · 3 = 3
)
POCKET = BOX + "sketch 0 0 20 +z +x\ncircle 20 15 5\nextrude cut to 10 0\n"
DRILLED = BOX + "sketch 0 0 0 +x +y\ncircle 15 10 6\nextrude cut to 40 0\n"
STACKED = BOX + BOX.replace("0 0 0 +z", "0 0 20 +z").replace("new to 20", "join to 50")
APART = BOX + "sketch 0 0 0 +z +x\ncircle 100 0 5\nextrude new to 10 0\n"

# Exact volumes: w · d · h, and π r² h for what is round.
PARTS = {
    "box": (BOX, 24000),
    "cylinder": (CYLINDER, 500 * math.pi),
    "tube": (TUBE, 1920 * math.pi),
    "capsule": (CAPSULE, 4800 + 800 * math.pi),
    "tilted": (TILTED, 5400 * math.pi),
    "pocket": (POCKET, 24000 - 250 * math.pi),
    "drilled": (DRILLED, 24000 - 1440 * math.pi),
    "stacked": (STACKED, 60000),
    "apart": (APART, 24000 + 250 * math.pi),
}


def winding_numbers(mesh, points):
    """Return how often the mesh encloses each point: the solid angles of its triangles over 4π.

    A. van Oosterom and J. Strackee, The solid angle of a plane triangle, 1983.
    """
    corners = mesh.vertices[mesh.triangles][None] - points[:, None, None]
    a, b, c = (corners[:, :, i] for i in range(3))
    la, lb, lc = (np.linalg.norm(corner, axis=2) for corner in (a, b, c))
    ab, bc, ca = ((x * y).sum(axis=2) for x, y in ((a, b), (b, c), (c, a)))
    triple = (a * np.cross(b, c)).sum(axis=2)
    angles = 2 * np.arctan2(triple, la * lb * lc + ab * lc + bc * la + ca * lb)
    return angles.sum(axis=1) / (4 * np.pi)


@pytest.mark.parametrize("name", PARTS)
def test_mesh_is_watertight_and_has_the_volume_of_the_solid(name):
    text, volume = PARTS[name]
    mesh = mesh_of(text)
    seen = to_trimesh(mesh)
    assert seen.is_watertight
    assert seen.is_winding_consistent
    # Chords of at most 12 degrees leave out at most 1 - sin(12°) / 12° = 0.7 % of a circle.
    assert mesh.volume == pytest.approx(volume, rel=0.008)
    assert mesh.volume == pytest.approx(seen.volume)


def test_finer_mesh_is_closer():
    exact = 500 * math.pi
    coarse = mesh_of(CYLINDER, deflection=0.1, angle=40.0)
    fine = mesh_of(CYLINDER, deflection=1e-4, angle=3.0)
    assert abs(fine.volume - exact) < 1e-3 * exact < abs(coarse.volume - exact)
    assert len(fine.triangles) > len(coarse.triangles)


@pytest.mark.parametrize("name", PARTS)
def test_normals_point_outwards(name):
    mesh = mesh_of(PARTS[name][0])
    middles = mesh.vertices[mesh.triangles].mean(axis=1)
    step = 1e-4 * mesh.normals
    assert np.allclose(winding_numbers(mesh, middles - step), 1, atol=1e-6)
    assert np.allclose(winding_numbers(mesh, middles + step), 0, atol=1e-6)


def test_normals_of_a_box():
    mesh = mesh_of(BOX)
    assert len(mesh.vertices) == 8
    assert len(mesh.triangles) == 12
    normals = {tuple(n) for n in np.rint(mesh.normals).astype(int).tolist()}
    assert normals == {(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)}


@pytest.mark.parametrize(
    ("name", "edges", "length"),
    [
        ("box", 12, 4 * (40 + 30 + 20)),
        ("stacked", 12, 4 * (40 + 30 + 50)),  # none where one box stands on the other
        ("cylinder", 2, 2 * 10 * math.pi),  # its seam is no edge
        ("tube", 4, 2 * 20 * math.pi + 2 * 12 * math.pi),
        ("capsule", 12, 4 * 30 + 4 * 10 * math.pi + 4 * 8),
        ("pocket", 14, 360 + 20 * math.pi),
    ],
)
def test_lines_are_the_edges_of_the_part(name, edges, length):
    lines = mesh_of(PARTS[name][0]).lines
    assert len(lines) == edges
    total = sum(np.linalg.norm(np.diff(line, axis=0), axis=1).sum() for line in lines)
    assert total == pytest.approx(length, rel=0.008)


def test_lines_lie_on_the_mesh():
    mesh = mesh_of(POCKET)
    corners = {tuple(v) for v in np.round(mesh.vertices, 6).tolist()}
    assert all(tuple(p) in corners for line in mesh.lines for p in np.round(line, 6).tolist())


def test_bounding_box_is_that_of_everything_drawn():
    assert mesh_of(BOX).bounding_box == BoundingBox((0, 0, 0), (40, 30, 20))
    assert EMPTY.bounding_box is None
    assert EMPTY.volume == 0


# --- open sketches ------------------------------------------------------------------------------

WALL = "sketch 40 0 0 +x +y\nloop 5 2\nline 25 2\nline 25 8\n"


def test_open_sketch_is_a_wire_in_space():
    (wire,) = open_sketches(decode(BOX + WALL))
    assert wire.tolist() == [[40, 5, 2], [40, 25, 2], [40, 25, 8]]  # x is +y, y is +z


def test_every_sketch_after_the_last_extrude_is_open():
    more = decode(BOX + GROUND + "circle 0 0 5\ncircle 9 9 1\n" + WALL)
    assert len(open_sketches(more)) == 3


def test_extruded_sketch_is_not_open():
    assert open_sketches(decode(BOX)) == ()
    assert open_sketches(decode(BOX + GROUND)) == ()
