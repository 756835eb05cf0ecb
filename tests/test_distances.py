"""How far points are from a mesh, and a part from the shape that it was made after."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from conftest import mesh_of

from cadcomplete.clouds.cloud import sample_cloud
from cadcomplete.clouds.deviation import of_cloud, of_surface, shortly
from cadcomplete.errors import GeometryError
from cadcomplete.meshes.distances import distances, nearest_numpy
from cadcomplete.meshes.mesh import EMPTY, Mesh

BOX = (
    "sketch 0 0 0 +z +x\nloop 0 0\nline {0} 0\nline {0} 30\nline 0 30\nclose\nextrude new to 10 0\n"
)


def some_mesh() -> Mesh:
    """A sphere with a triangle without area, and one that is nearly a line."""
    ball = trimesh.creation.icosphere(2)
    vertices = np.concatenate([ball.vertices, [[2, 0, 0], [3, 0, 0], [2.5, 1e-9, 0]]])
    count = len(ball.vertices)
    flat = [[0, 0, 1], [count, count + 1, count + 2]]
    return Mesh(vertices, np.concatenate([ball.faces, flat]))


def test_distances_are_those_to_the_nearest_point_of_a_triangle():
    mesh, random = some_mesh(), np.random.default_rng(0)
    points = np.concatenate([random.normal(size=(40, 3)), mesh.vertices[:5], [[0, 0, 0]]])
    corners = mesh.vertices[mesh.triangles]
    corners = corners[np.linalg.norm(mesh.normals, axis=1) > 0]
    known = [
        np.linalg.norm(
            trimesh.triangles.closest_point(corners, np.tile(p, (len(corners), 1))) - p, axis=1
        ).min()
        for p in points
    ]
    assert distances(points, mesh) == pytest.approx(known, abs=1e-7)
    assert np.sqrt(nearest_numpy(points, corners)) == pytest.approx(known, abs=1e-7)


def test_nothing_is_no_surface():
    with pytest.raises(GeometryError, match="no surface to measure a distance to"):
        distances(np.zeros((2, 3)), EMPTY)


def test_a_part_that_is_longer_deviates_by_that():
    shape, longer = mesh_of(BOX.format(40)), mesh_of(BOX.format(42))
    same = of_surface(shape, shape)
    assert same.mean == pytest.approx(0, abs=1e-9) and same.largest < 1e-9
    assert of_surface(longer, shape).largest == pytest.approx(2)
    assert of_surface(shape, longer).largest == pytest.approx(2)


def test_what_a_part_has_and_a_cloud_does_not_show_is_counted():
    shape, longer = mesh_of(BOX.format(40)), mesh_of(BOX.format(80))
    cloud = sample_cloud(shape, 4096)
    same = of_cloud(shape, cloud)
    assert (same.mean, same.largest) == (pytest.approx(0, abs=1e-9), pytest.approx(0, abs=1e-9))
    assert same.unseen < 0.01
    found = of_cloud(longer, cloud)
    # The end at x = 40 is 300 mm² of 3,800 and at most 5 mm inside; of the longer part's 7,000 mm²
    # 3,200 + 300 lie beyond.
    assert found.largest == pytest.approx(5, abs=0.3)
    assert found.unseen == pytest.approx(3500 / 7000, abs=0.05)


def test_small_lengths_are_said_shortly():
    assert [shortly(v) for v in (0, 9e-4, 0.00123, 1.26, 123.4)] == [
        "less than 0.001 mm",
        "less than 0.001 mm",
        "0.0012 mm",
        "1.3 mm",
        "120 mm",
    ]
