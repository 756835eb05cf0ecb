"""What is measured in a cloud and said in words: exact for clean clouds, near for scans."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import PLATE, mesh_of
from hypothesis import given
from hypothesis import strategies as st

from cadcomplete.clouds.circles import Round, rounds
from cadcomplete.clouds.cloud import sample_cloud
from cadcomplete.clouds.measured import levels, measured
from cadcomplete.clouds.scanner import MISSING, NOISE, scanned
from cadcomplete.data.augment import move_cloud, scale_cloud
from cadcomplete.history.symmetry import symmetries

STEPPED = (
    PLATE
    + """\
sketch 0 0 10 +z +x
loop 5 5
line 12.7 5
line 12.7 25
line 5 25
close
extrude join to 17.25 0
"""
)
PIN = """\
sketch 3.5 0 0 +x +y
circle 12.25 -4 8
circle 12.25 -4 3.175
extrude new to 40 0/1
"""


@pytest.fixture(scope="module")
def plate_cloud():
    return sample_cloud(mesh_of(PLATE), 4096)


@pytest.fixture(scope="module")
def stepped():
    return sample_cloud(mesh_of(STEPPED), 4096)


@pytest.fixture(scope="module")
def pin():
    return sample_cloud(mesh_of(PIN), 4096)


def test_the_faces_of_a_part_are_found_where_they_were_drawn(stepped):
    assert levels(stepped) == ((0.0, 5.0, 12.7, 40.0), (0.0, 5.0, 25.0, 30.0), (0.0, 10.0, 17.25))


def test_holes_and_bosses_are_found_with_the_radii_that_were_drawn(plate_cloud, pin):
    assert rounds(plate_cloud) == (Round(2, (20.0, 15.0), 5.0, hole=True),)
    inner, outer = sorted(rounds(pin), key=lambda r: r.radius)
    assert inner == Round(0, (12.25, -4.0), 3.175, hole=True)
    assert outer == Round(0, (12.25, -4.0), 8.0, hole=False)


def test_it_is_said_in_words_that_a_model_can_copy(plate_cloud):
    assert measured(plate_cloud) == "x 0 40 y 0 30 z 0 10 hole z 20 15 5"


def test_where_no_face_ends_a_part_its_end_is_told_roughly(pin):
    x, y, z = levels(pin)
    assert x == (3.5, 40.0)  # 40 lies along the normal, from the origin
    assert y == pytest.approx((4.25, 20.25), abs=0.1)
    assert z == pytest.approx((-12.0, 4.0), abs=0.1)


@given(st.integers(0, 47))
def test_a_moved_part_has_moved_levels(number):
    cloud, symmetry = sample_cloud(mesh_of(STEPPED), 2048), symmetries()[number]
    found = levels(move_cloud(cloud, symmetry))
    for axis in range(3):
        source, sign = symmetry.order[axis], symmetry.signs[axis]
        expected = sorted(sign * value + 0.0 for value in levels(cloud)[source])
        assert found[axis] == pytest.approx(expected, abs=1e-3)


def test_a_part_twice_as_large_has_levels_twice_as_far(stepped):
    double = levels(scale_cloud(stepped, 2.0))
    for once, twice in zip(levels(stepped), double, strict=True):
        assert twice == pytest.approx([2 * value for value in once], abs=2e-3)


def test_a_scan_loses_a_third_of_its_points_and_lies_near_the_part(stepped):
    scan = scanned(stepped, name="stepped")
    assert len(scan.points) == pytest.approx((1 - MISSING) * 4096, abs=2)
    assert np.linalg.norm(scan.normals, axis=1) == pytest.approx(1.0)
    low, high = scan.millimetres.min(axis=0), scan.millimetres.max(axis=0)
    assert (low > -2).all() and (high < (42, 32, 19)).all()
    again, other = scanned(stepped, name="stepped"), scanned(stepped, name="another")
    assert np.array_equal(scan.points, again.points)
    assert not np.array_equal(scan.points, other.points)


def test_most_faces_of_a_scan_are_told_to_a_few_hundredths_of_its_size(stepped):
    near = 0.03 * 40
    found, expected = levels(scanned(stepped, name="stepped")), levels(stepped)
    hit = [
        any(abs(value - one) < near for one in found[axis])
        for axis in range(3)
        for value in expected[axis]
    ]
    assert np.mean(hit) > 0.6
    assert NOISE == 0.005
