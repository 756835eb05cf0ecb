"""Fitting as a whole: from a cloud to a finished part, measured by the kernel's manifolds."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from conftest import PLATE, mesh_of

from cadcomplete.clouds.cloud import PointCloud, sample_cloud
from cadcomplete.clouds.scanner import scanned
from cadcomplete.errors import GeometryError
from cadcomplete.fitting import Wanted, finish, next_extrudes, next_sketches, wanted
from cadcomplete.fitting.scan.opening import closed, opening
from cadcomplete.fitting.space.scores import state
from cadcomplete.history.curves import Circle
from cadcomplete.history.operations import Sketch
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.language.lines import decode
from cadcomplete.meshes.manifolds import iou, solid

PARTS = {
    "boss": PLATE + "sketch 0 0 10 +z +x\ncircle 8 8 4\nextrude join to 16 0\n",
    "pattern": PLATE
    + "sketch 0 0 10 +z +x\ncircle 5 5 2\ncircle 35 5 2\ncircle 35 25 2\ncircle 5 25 2\n"
    "extrude cut to 4 0 1 2 3\n",
    "oblique": "sketch 0 0 0 +y +x\nloop 0 0\nline 40 0\nline 40 20\nline 20 40\nline 0 40\nclose\n"
    "extrude new to 30 0\n"
    "sketch 30 0 -30 0.707106781 0 -0.707106781 0.707106781 0 0.707106781\n"
    "circle 0 15 4\nextrude join to 50.426407 0\n",
}


@pytest.fixture(scope="module")
def parts() -> dict[str, tuple[CadSequence, PointCloud, Wanted]]:
    clouds = {name: sample_cloud(mesh_of(text), 4096) for name, text in PARTS.items()}
    return {name: (decode(PARTS[name]), cloud, wanted(cloud)) for name, cloud in clouds.items()}


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("keep", range(4))
def test_from_any_operation_on_the_part_is_finished(parts, name, keep):
    sequence, _, target = parts[name]
    done = finish(truncate(sequence, keep), target)[0]
    assert iou(solid(done), solid(sequence)) > 0.99


@pytest.mark.parametrize("name", ["boss", "pattern"])
def test_circles_come_back_to_a_thousandth_of_a_millimetre(parts, name):
    sequence, _, target = parts[name]
    true = sequence.operations[2]
    found = next_sketches(truncate(sequence, 2), target)
    assert any(_close(_circles(p.operations[0]), _circles(true)) for p in found[:5])


def _circles(operation) -> np.ndarray:
    """Centres in space and radii, sorted, shape (n, 4)."""
    assert isinstance(operation, Sketch)
    circles = [c for loop in operation.loops for c in loop.curves if isinstance(c, Circle)]
    centers = operation.plane.to_world(np.array([c.center for c in circles]).reshape(-1, 2))
    table = np.column_stack([centers, [c.radius for c in circles]])
    return table[np.lexsort(np.round(table.T, 2))]


def _close(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and bool(np.abs(one - other).max(initial=0) < 1e-3)


def test_a_history_agrees_with_its_own_cloud_and_less_with_another(parts):
    for name, (sequence, _, target) in parts.items():
        agreement = state(sequence, target).agreement
        assert agreement > 0.97
        for other, (wrong, _, _) in parts.items():
            if other != name:
                assert state(wrong, target).agreement < agreement - 0.02


def test_the_same_cloud_gives_the_same_and_stays_as_it_is(parts):
    sequence, cloud, _ = parts["pattern"]
    points, normals, history = cloud.points.copy(), cloud.normals.copy(), copy.deepcopy(sequence)
    given = truncate(sequence, 2)
    assert finish(given, wanted(cloud)) == finish(given, wanted(cloud))
    assert next_sketches(given, wanted(cloud)) == next_sketches(given, wanted(cloud))
    assert (cloud.points == points).all() and (cloud.normals == normals).all()
    assert sequence == history


# --- scans --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_a_scan_of_a_plate_with_a_boss_is_finished_nearly(parts, seed):
    sequence, cloud, _ = parts["boss"]
    given = truncate(sequence, 2)
    done = finish(given, wanted(scanned(cloud, name="boss", seed=seed)))[0]
    assert iou(solid(done), solid(sequence)) > 0.85


def test_a_clean_cloud_is_not_taken_for_a_scan_nor_a_scan_for_clean(parts):
    for name, (_, cloud, target) in parts.items():
        assert target.noise == 0 and target.opened is None
        assert wanted(scanned(cloud, name=name)).noise > 0


def test_a_surface_that_is_cut_off_is_open_there_and_its_inside_is_mended():
    """A box 40 x 30 x 20 without what is above z = 12: its inside has winding number 1 again."""
    random = np.random.default_rng(0)
    box, normals = random.random((6000, 3)) * [40, 30, 20], np.zeros((6000, 3))
    faces = random.choice(6, 6000, p=np.repeat([600, 800, 1200], 2) / 5200)
    axis, side = faces // 2, faces % 2
    rows = np.arange(6000)
    box[rows, axis] = side * np.array([40, 30, 20])[axis]
    normals[rows, axis] = 2.0 * side - 1
    low = box[:, 2] < 12
    opened = opening(box[low], normals[low])
    assert opened is not None
    assert opened.normal @ [0, 0, 1] > 0.99 and opened.offset == pytest.approx(12, abs=0.5)
    assert opening(box, normals) is None
    places = np.array([[20, 15, 11.0], [20, 15, 6], [20, 15, 16], [60, 15, 10]])
    mended = closed(box[low], normals[low], opened).at(places)
    assert mended == pytest.approx([1, 1, 0, 0], abs=0.15)
    assert closed(box[low], normals[low], None).at(places)[0] < 0.75


@pytest.mark.parametrize("points", [16, 60, 400])
def test_no_scan_makes_it_raise(parts, points):
    sequence, cloud, _ = parts["boss"]
    chosen = np.random.default_rng(points).choice(len(cloud.points), points, replace=False)
    few = PointCloud(cloud.points[chosen], cloud.normals[chosen], cloud.center, cloud.scale)
    noisy = few.points + np.random.default_rng(1).normal(0, 0.02, few.points.shape)
    target = wanted(PointCloud(noisy, few.normals, few.center, few.scale))
    for keep in range(len(sequence) + 1):
        given = truncate(sequence, keep)
        assert finish(given, target, steps=2)[0].operations[:keep] == given.operations
        next_sketches(given, target)
        next_extrudes(given, target)


# --- bad input ----------------------------------------------------------------------------------


def test_clouds_that_are_no_surface_raise(parts):
    _, cloud, _ = parts["boss"]
    flat, nowhere = cloud.points * [1, 1, 0], np.full_like(cloud.normals, np.nan)
    for points, normals, message in (
        (flat, cloud.normals, "in a plane"),
        (cloud.points, nowhere, "no normal"),
        (cloud.points[:15], cloud.normals[:15], "at least 16 points"),
    ):
        with pytest.raises(GeometryError, match=message):
            wanted(PointCloud(points, normals, cloud.center, cloud.scale))
