"""The geometric proposer: parts that were computed come out exactly, scans nearly."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from conftest import mesh_of

from cadcomplete.clouds.cloud import PointCloud, sample_cloud
from cadcomplete.clouds.scanner import scanned
from cadcomplete.errors import GeometryError
from cadcomplete.fitting import finish, next_extrudes, next_sketches, occupancy, settled, wanted
from cadcomplete.fitting.faces.faces import rounded
from cadcomplete.fitting.space.scores import whole_state
from cadcomplete.history.curves import Arc, Circle
from cadcomplete.history.operations import Boolean, Extrude, Sketch
from cadcomplete.history.sequence import CadSequence, truncate, validate
from cadcomplete.language.lines import decode

BASE = (
    "sketch 0 0 0 +z +x\nloop 0 0\nline 40 0\nline 40 30\nline 0 30\nclose\nextrude new to 12 0\n"
)
BOSS = "sketch 0 0 12 +z +x\ncircle 12.5 11 6.25\nextrude join to 20.5 0\n"
HOLE = "sketch 0 0 12 +z +x\ncircle 30 20 3.3\nextrude cut to 0 0\n"
PATTERN = (
    "sketch 0 0 12 +z +x\ncircle 5 5 2\ncircle 35 5 2\ncircle 35 25 2\ncircle 5 25 2\n"
    "extrude cut to 7 0 1 2 3\n"
)
ROUNDED = (
    "sketch 0 0 0 +y +x\nloop 6 0\nline 54 0\narc 60 6 90\nline 60 34\narc 54 40 90\nline 6 40\n"
    "arc 0 34 90\nline 0 6\narc 6 0 90\nextrude new to 8 0\n"
)
OBLIQUE = (
    "sketch 0 0 0 +y +x\nloop 0 0\nline 40 0\nline 40 20\nline 20 40\nline 0 40\nclose\n"
    "extrude new to 30 0\n"
)
PEG = (
    "sketch 30 0 -30 0.707106781 0 -0.707106781 0.707106781 0 0.707106781\n"
    "circle 0 15 4\nextrude join to 50.426407 0\n"
)


def cloud_of(text: str) -> PointCloud:
    """A cloud as data sets have it: points in single, normals in half precision."""
    cloud = sample_cloud(mesh_of(text), 4096)
    normals = cloud.normals.astype(np.float16).astype(np.float64)
    points = cloud.points.astype(np.float32).astype(np.float64)
    return PointCloud(points, normals, cloud.center, cloud.scale)


@pytest.fixture(scope="module")
def clouds():
    texts = {
        "base": BASE, "boss": BASE + BOSS, "hole": BASE + HOLE, "pattern": BASE + PATTERN,
        "rounded": ROUNDED, "oblique": OBLIQUE + PEG,
    }  # fmt: skip
    return {name: (decode(text), cloud_of(text)) for name, text in texts.items()}


def iou(one: CadSequence, other: CadSequence, cloud: PointCloud) -> float:
    low, high = cloud.millimetres.min(axis=0) - 1, cloud.millimetres.max(axis=0) + 1
    points = low + np.random.default_rng(0).random((30000, 3)) * (high - low)
    a, b = occupancy(one, points), occupancy(other, points)
    return float((a & b).sum() / (a | b).sum())


def test_faces_of_a_box_with_a_boss_are_exact(clouds):
    found = wanted(clouds["boss"][1])
    assert {round(f.offset, 6) for f in found.flats if f.normal[2] == 1} == {12.0, 20.5}
    (cylinder,) = found.cylinders
    assert cylinder.center[:2] == (12.5, 11.0)
    assert cylinder.radius == pytest.approx(6.25, abs=1e-4)
    assert cylinder.convex and found.noise == 0


def test_an_extrude_ends_exactly_where_the_part_does(clouds):
    sequence, cloud = clouds["boss"]
    target = wanted(cloud)
    for keep, boolean, distance in ((1, Boolean.NEW_BODY, 12.0), (3, Boolean.JOIN, 8.5)):
        best = next_extrudes(truncate(sequence, keep), target)[0]
        (extrude,) = best.operations
        assert isinstance(extrude, Extrude)
        assert (extrude.boolean, extrude.extent.distance) == (boolean, pytest.approx(distance))
        assert best.gain > 0


@pytest.mark.parametrize("name", ["boss", "hole", "pattern"])
def test_a_sketch_on_a_box_is_among_the_first_three(clouds, name):
    sequence, cloud = clouds[name]
    true = sequence.operations[2]
    assert isinstance(true, Sketch)
    drawn = [c for loop in true.loops for c in loop.curves if isinstance(c, Circle)]
    circles = {(c.center, round(c.radius, 3)) for c in drawn}
    for proposal in next_sketches(truncate(sequence, 2), wanted(cloud))[:3]:
        sketch = proposal.operations[0]
        assert isinstance(sketch, Sketch)
        world = {
            (tuple(np.round(sketch.plane.to_world(np.array([c.center]))[0, :2], 4)), c.radius)
            for loop in sketch.loops for c in loop.curves if isinstance(c, Circle)
        }  # fmt: skip
        same = {(at, round(radius, 3)) for at, radius in world} == circles
        if same and abs(sketch.plane.origin[2]) == pytest.approx(12):
            return
    pytest.fail("no proposal is the sketch")


@pytest.mark.parametrize("name", ["base", "boss", "hole", "pattern", "rounded", "oblique"])
def test_parts_are_finished_from_nothing_but_their_cloud(clouds, name):
    sequence, cloud = clouds[name]
    done = finish(CadSequence(()), wanted(cloud))[0]
    assert iou(done, sequence, cloud) > 0.995
    assert not [f for f in validate(done) if f.severity == "error"]


TUBE = "sketch 0 0 0 +y +x\ncircle 0 0 10\ncircle 0 0 5\nextrude new to -60 0/1\n"
ACROSS = "sketch 0 0 0 +z +x\ncircle 0 -10 2\nextrude cut to 20 0\n"
SIEVE = (
    "sketch 0 0 12 +z +x\n"
    + "".join(f"circle {x} {y} 1\n" for x in range(5, 40, 6) for y in (6, 15, 24))
    + f"extrude cut to 0 {' '.join(map(str, range(18)))}\n"
)


@pytest.mark.parametrize(("base", "more", "holes"), [(TUBE, ACROSS, 1), (BASE, SIEVE, 18)])
def test_holes_in_the_wall_of_a_tube_and_many_at_once_are_thought_of(base, more, holes):
    cloud = sample_cloud(mesh_of(base + more), 8192)
    true = decode(base + more).operations[2]
    given = decode(base)
    found = next_sketches(given, settled(wanted(cloud), given))
    assert len(true.loops) == holes
    assert any(_circles(p.operations[0]) == _circles(true) for p in found[:4])


def _circles(sketch):
    return {
        (*map(round, loop.curves[0].center), round(loop.curves[0].radius, 2))
        for loop in sketch.loops
        if isinstance(loop.curves[0], Circle)
    }


@pytest.mark.parametrize("name", ["boss", "hole", "pattern", "oblique"])
def test_what_is_given_stays_and_the_rest_comes(clouds, name):
    sequence, cloud = clouds[name]
    for keep in (1, 2, 3):
        given = truncate(sequence, keep)
        done = finish(given, wanted(cloud))[0]
        assert done.operations[:keep] == given.operations
        assert iou(done, sequence, cloud) > 0.995


def test_rounded_corners_are_arcs_of_their_radius(clouds):
    proposals = next_sketches(CadSequence(()), wanted(clouds["rounded"][1]))
    sketch = proposals[0].operations[0]
    assert isinstance(sketch, Sketch)
    radii = [c.radius for c in sketch.loops[0].curves if isinstance(c, Arc)]
    assert len(sketch.loops[0].curves) == 8 and radii == pytest.approx([6.0] * 4, abs=2e-3)


@pytest.mark.parametrize("longer", [1.5, 4.0])
def test_what_sticks_out_of_the_cloud_counts_against_a_part(longer):
    text = "sketch 0 0 0 +z +x\nloop 0 0\nline {0} 0\nline {0} 20\nline 0 20\nclose\n"
    text += "extrude new to 8 0\n"
    seen = wanted(cloud_of(text.format(40)))
    agreement = whole_state(decode(text.format(40 * longer)), seen).agreement
    assert agreement == pytest.approx(1 / longer, abs=0.05)  # its IoU


def test_nothing_is_added_to_a_part_that_is_finished(clouds):
    sequence, cloud = clouds["pattern"]
    assert finish(sequence, wanted(cloud))[0] == sequence


def test_looking_changes_nothing(clouds):
    sequence, cloud = clouds["pattern"]
    points, history = cloud.points.copy(), copy.deepcopy(sequence)
    target = wanted(cloud)
    first = next_sketches(truncate(sequence, 2), target)
    assert next_sketches(truncate(sequence, 2), target) == first  # and gives the same twice
    assert (cloud.points == points).all() and sequence == history


def test_proposals_come_once_and_as_many_as_asked_for(clouds):
    sequence, cloud = clouds["pattern"]
    found = next_sketches(truncate(sequence, 2), wanted(cloud), most=5)
    assert 1 < len(found) <= 5
    assert len({p.operations for p in found}) == len(found)
    assert [p.score for p in found] == sorted((p.score for p in found), reverse=True)


# --- scans --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["boss", "pattern"])
def test_a_scan_lies_where_the_history_is(clouds, name):
    sequence, cloud = clouds[name]
    scan = wanted(scanned(cloud, name=name))
    assert 0.002 < scan.noise / scan.size < 0.01
    placed = settled(scan, truncate(sequence, 2))
    tops = [f.offset for f in placed.flats if f.normal[2] > 0.99]
    assert min(abs(top - 12) for top in tops) < 0.15


@pytest.mark.parametrize("name", ["boss", "oblique"])
def test_a_scan_is_finished_nearly(clouds, name):
    sequence, cloud = clouds[name]
    given = truncate(sequence, 2)
    done = finish(given, wanted(scanned(cloud, name=name)))[0]
    assert iou(done, sequence, cloud) > 0.9


# --- bad input ----------------------------------------------------------------------------------


def _cloud(points: np.ndarray, normals: np.ndarray) -> PointCloud:
    return PointCloud(points, normals, np.zeros(3), 1.0)


@pytest.mark.parametrize(
    ("points", "normals", "message"),
    [
        (np.zeros((3, 3)), np.ones((3, 3)), "at least 16 points"),
        (np.zeros((50, 3)), np.ones((50, 3)), "lie in a plane"),
        (np.outer(np.arange(50.0), [1, 2, 3]), np.ones((50, 3)), "lie in a plane"),
        (np.full((50, 3), np.nan), np.ones((50, 3)), "no place or no normal"),
        (np.random.default_rng(0).random((50, 3)), np.zeros((50, 3)), "no place or no normal"),
    ],
)
def test_what_is_no_surface_raises(points, normals, message):
    with pytest.raises(GeometryError, match=message):
        wanted(_cloud(points, normals))


def test_points_without_sense_give_no_error():
    random = np.random.default_rng(0)
    points, normals = random.random((200, 3)), random.normal(size=(200, 3))
    target = wanted(_cloud(points, normals))
    given = decode(BASE)
    assert next_extrudes(given, target, most=3)
    next_sketches(given, target)
    assert finish(given, target, steps=2)


def test_a_sketch_that_is_still_open_proposes_no_extrude(clouds):
    given = decode("sketch 0 0 0 +z +x\nloop 0 0\nline 40 0\nline 40 30\n")
    assert next_extrudes(given, wanted(clouds["base"][1])) == ()


@pytest.mark.parametrize(
    ("value", "tolerance", "expected"),
    [(11.99999998, 1e-6, 12.0), (6.2500003, 1e-5, 6.25), (7.1374, 1e-6, 7.1374), (0.3, 0, 0.3)],
)
def test_numbers_are_rounded_only_within_their_tolerance(value, tolerance, expected):
    assert rounded(value, tolerance) == pytest.approx(expected, abs=1e-12)
