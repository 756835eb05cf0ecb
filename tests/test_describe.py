"""Parts in words: golden descriptions, the same for turned parts, and what fails."""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

import dataclasses
import math
import subprocess
import sys

import numpy as np
import pytest
from described_parts import GOLDEN, NAMES, built, solid_of
from hypothesis import given, settings
from hypothesis import strategies as st
from OCP.Standard import Standard_Failure

from cadcomplete.data.describe import describe
from cadcomplete.data.describe.patterns import PatternKind, find_pattern
from cadcomplete.data.describe.words import number, plural
from cadcomplete.history.geometry import Plane
from cadcomplete.history.operations import Sketch
from cadcomplete.history.symmetry import move, symmetries
from cadcomplete.kernel.features import find as finding
from cadcomplete.kernel.features.find import find_features
from cadcomplete.language.lines import decode


def words_of(sequence):
    return describe(find_features(built(sequence)))


@pytest.mark.parametrize("name", NAMES)
def test_golden_descriptions(name):
    _, short, long = GOLDEN[name]
    description = describe(find_features(solid_of(name)))
    assert (description.short, description.long) == (short, long)


# --- invariance ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_turned_and_mirrored_parts_have_the_same_description(name):
    _, short, long = GOLDEN[name]
    for symmetry in symmetries()[5::17]:
        description = words_of(move(decode(GOLDEN[name][0]), symmetry))
        assert (description.short, description.long) == (short, long)


TILT = np.linalg.qr(np.array([[0.8, -0.5, 0.3], [0.4, 0.9, 0.1], [-0.3, 0.2, 0.9]]))[0]
TILT = TILT * np.sign(np.linalg.det(TILT))


@pytest.mark.parametrize("name", NAMES)
def test_a_tilted_and_shifted_part_has_the_same_description(name):
    def tilted(operation):
        if not isinstance(operation, Sketch):
            return operation
        plane = operation.plane
        origin = TILT @ plane.origin + np.array([123.4, -56.7, 8.9])
        moved = Plane.of(tuple(origin), tuple(TILT @ plane.normal), tuple(TILT @ plane.x_axis))
        return dataclasses.replace(operation, plane=moved)

    sequence = decode(GOLDEN[name][0])
    moved = dataclasses.replace(sequence, operations=tuple(map(tilted, sequence.operations)))
    assert words_of(moved).long == GOLDEN[name][2]


# --- patterns and words -------------------------------------------------------------------------


UP = (0.0, 0.0, 1.0)


@given(st.integers(3, 12), st.floats(1, 500), st.floats(0, 6), st.floats(-1e3, 1e3))
@settings(max_examples=30, deadline=None)
def test_points_that_divide_a_circle_are_found(count, radius, first, shift):
    angles = [first + math.tau * i / count for i in range(count)]
    places = [((shift + radius * math.cos(a), radius * math.sin(a), 0.0), UP) for a in angles]
    pattern = find_pattern(places, None)
    assert pattern is not None
    if count == 4 and pattern.arrangement is PatternKind.RECTANGLE:
        return  # a square that stands straight
    assert pattern.arrangement is PatternKind.CIRCLE
    assert pattern.sizes[0] == pytest.approx(2 * radius)


def test_scattered_or_skew_things_have_no_pattern():
    scattered = [((0.0, 0.0, 0.0), UP), ((10.0, 0.0, 0.0), UP), ((3.0, 17.0, 0.0), UP)]
    assert find_pattern(scattered, None) is None
    skew = [((0.0, 0.0, 0.0), UP), ((10.0, 0.0, 0.0), (1.0, 0.0, 0.0))]
    assert find_pattern(skew, None) is None
    behind = [((0.0, 0.0, 0.0), UP), ((0.0, 0.0, 9.0), UP)]
    assert find_pattern(behind, None) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5.0000001, "5"),
        (63.500002, "63.5"),
        (33.333333, "33.33"),
        (0.79375, "0.794"),
        (0.0123456, "0.01235"),
        (999.96, "1000"),
        (12345.6, "12346"),
        (100.0, "100"),
    ],
)
def test_numbers_have_no_noise(value, text):
    assert number(value) == text


def test_plurals():
    assert [plural(word) for word in ("hole", "boss", "notch", "body")] == [
        *("holes", "bosses", "notches", "bodies")
    ]


# --- robustness ---------------------------------------------------------------------------------


def fail(*_):
    raise Standard_Failure("no")


def test_a_failure_of_the_kernel_leaves_the_plain_description(monkeypatch):
    monkeypatch.setattr(finding, "read_skin", fail)
    description = describe(find_features(solid_of("flange")))
    assert description.long == "Part of 10 faces, 80 × 80 × 10 mm."


def test_a_part_of_very_many_faces_is_only_measured(monkeypatch):
    monkeypatch.setattr(finding, "MOST_FACES", 9)
    description = describe(find_features(solid_of("flange")))
    assert description.short == "part of 10 faces"


def test_describing_loads_no_kernel():
    code = "import sys, cadcomplete.data.describe; print('OCP' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
