"""Fingerprints: the same wherever a part lies and however large it is, and unlike others'."""

from __future__ import annotations

import dataclasses
import math
import random

import numpy as np
import pytest
from conftest import PLATE

from cadcomplete.history.curves import Arc, Circle, Curve, Line
from cadcomplete.history.geometry import Array, Plane, Vec3
from cadcomplete.history.operations import Extent, Extrude, Loop, Operation, Sketch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.symmetry import move, symmetries
from cadcomplete.kernel.build import build
from cadcomplete.kernel.fingerprint import fingerprint
from cadcomplete.kernel.measure import measure
from cadcomplete.language.lines import decode

GROUND = "sketch 0 0 0 +z +x\n"


def box(x, y, z):
    return f"{GROUND}loop 0 0\nline {x} 0\nline {x} {y}\nline 0 {y}\nclose\nextrude new to {z} 0\n"


def plate(*, x=28, diameter=10.0):
    return box(40, 30, 10) + f"{GROUND}circle {x} 15 {diameter / 2}\nextrude cut to 10 0\n"


BRACKET = """\
sketch 0 0 0 +y +x
loop 0 0
line 31.7 0
line 31.7 6.35
line 6.35 6.35
arc 6.35 40 60
line 0 40
close
extrude new sym 12.5 0
sketch 0 0 0 -z +x
circle 20 3 2.75
circle 20 -6 2.75
extrude cut to -50 0 1
"""
"""An angle with an arc inside and two holes through its leg: no symmetry at all."""


def keys(sequence):
    solid = build(sequence)
    assert solid is not None
    return fingerprint(solid)


def near(a, b):
    return any(one == two for one, two in zip(a, b, strict=True))


# --- parts moved, turned and scaled -------------------------------------------------------------


def changed(sequence: CadSequence, plane, number) -> CadSequence:
    """Return a history with each plane and each number in a sketch or extent mapped."""

    def curve(old: Curve) -> Curve:
        if isinstance(old, Circle):
            return Circle(pair(old.center), number(old.radius))
        if isinstance(old, Arc):
            return Arc(pair(old.start), pair(old.mid), pair(old.end))
        return Line(pair(old.start), pair(old.end))

    def pair(point):
        return (number(point[0]), number(point[1]))

    def operation(old: Operation) -> Operation:
        if isinstance(old, Extrude):
            extent = Extent(
                old.extent.type, number(old.extent.distance), number(old.extent.against)
            )
            return dataclasses.replace(old, extent=extent)
        loops = tuple(Loop(tuple(map(curve, loop.curves))) for loop in old.loops)
        return Sketch(plane(old.plane), loops)

    return CadSequence(tuple(map(operation, sequence.operations)))


def turned(sequence, rotation: Array, shift: Vec3):
    def vector(old: Vec3, by=(0.0, 0.0, 0.0)) -> Vec3:
        x, y, z = (rotation @ np.array(old) + np.array(by)).tolist()
        return (x, y, z)

    def plane(old: Plane) -> Plane:
        return Plane.of(vector(old.origin, shift), vector(old.normal), vector(old.x_axis))

    return changed(sequence, plane, lambda number: number)


def mapped(sequence, number):
    def plane(old: Plane) -> Plane:
        x, y, z = map(number, old.origin)
        return Plane((x, y, z), old.normal, old.x_axis)

    return changed(sequence, plane, number)


def rotation_of(seed: int) -> Array:
    """Return a rotation by a random angle about a random axis."""
    unitary, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    return unitary * np.sign(np.linalg.det(unitary))


@pytest.mark.parametrize("symmetry", symmetries()[::5], ids=str)
def test_symmetries_of_the_cube_keep_both_keys(symmetry):
    sequence = decode(BRACKET)
    assert keys(move(sequence, symmetry)) == keys(sequence)


@pytest.mark.parametrize("text", [BRACKET, plate(), box(10, 10, 10)])
@pytest.mark.parametrize("seed", range(4))
def test_rotations_by_any_angle_and_shifts_keep_a_key(text, seed):
    sequence = decode(text)
    shift = random.Random(seed).choice([(0.0, 0.0, 0.0), (5.0, -7.0, 1e3)])
    assert near(keys(turned(sequence, rotation_of(seed), shift)), keys(sequence))


@pytest.mark.parametrize("scale", [25.4, 0.1, 0.001, 1000.0])
@pytest.mark.parametrize("text", [BRACKET, plate(), box(10, 20, 30)])
def test_scales_keep_both_keys(text, scale):
    sequence = decode(text)
    assert keys(mapped(sequence, lambda number: scale * number)) == keys(sequence)


@pytest.mark.parametrize("text", [BRACKET, plate(), box(1 / 3, 20, 30)])
@pytest.mark.parametrize("seed", range(3))
def test_noise_of_single_precision_keeps_a_key(text, seed):
    sequence = mapped(decode(text), lambda number: number * (1 + seed / 7))
    rounded = mapped(sequence, lambda number: float(np.float32(number)))
    assert near(keys(rounded), keys(sequence))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # One circle, or two half circles that begin elsewhere.
        (
            GROUND + "circle 3 4 5\nextrude new to 20 0\n",
            GROUND + "loop 3 9\narc 3 -1 180\narc 3 9 180\nextrude new to 20 0\n",
        ),
        # A side in one piece, or in two.
        (
            box(10, 20, 30),
            GROUND + "loop 0 0\nline 4 0\nline 10 0\nline 10 20\nline 0 20\nclose\n"
            "extrude new to 30 0\n",
        ),
        # All at once, or a half put on the other.
        (box(10, 20, 30), box(10, 20, 15) + box(10, 20, 30).replace("new", "join from 15")),
        (PLATE, plate(x=20)),  # a hole drawn in the sketch, or drilled
        (plate(), plate(x=12)),  # mirrored
    ],
)
def test_other_histories_of_one_shape_have_the_same_keys(one, other):
    assert keys(decode(one)) == keys(decode(other))


# --- parts that differ --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (box(10, 20, 30), box(10, 20, 31)),
        (plate(), plate(x=30)),  # the same volume, area, faces and length of edges
        (plate(), plate(diameter=10.1)),  # 1 % of the diameter
        (plate(), plate() + "extrude join to 10 @1:0\n"),  # the hole is filled again
        (plate(), box(40, 30, 10)),
    ],
)
def test_other_shapes_have_other_keys(one, other):
    assert not near(keys(decode(one)), keys(decode(other)))


def test_bodies_further_apart_have_other_keys():
    # Two cubes with a gap of 2 or 4 mm: only the moments differ.
    cube = "loop {0} {1}\nline {2} {1}\nline {2} {3}\nline {0} {3}\nclose\n"
    base = GROUND + cube.format(0, 0, 10, 10)
    close = base + cube.format(12, 0, 22, 10) + "extrude new to 10 0 1\n"
    far = base + cube.format(14, 0, 24, 10) + "extrude new to 10 0 1\n"
    assert not near(keys(decode(close)), keys(decode(far)))


# --- the keys, and what they are made of --------------------------------------------------------


def test_keys_are_hexadecimal_and_differ():
    first, second = keys(decode(BRACKET))
    assert first != second
    assert len(first) == len(second) == 16
    assert int(first, 16) and int(second, 16)


RING = f"{GROUND}circle {{x}} 0 {{r}}\nrevolve new to 360 about 0 0 0 1 0\n"
"""A torus: one face, and no edge between two."""


def test_a_ring_has_keys_though_it_has_no_edges():
    first, second, other = (
        keys(decode(RING.format(x=x, r=r))) for x, r in ((20, 5), (40, 10), (20, 6))
    )
    assert first == second != other


def test_measures_that_are_known_are_not_asked_again():
    solid = build(decode(BRACKET))
    assert solid is not None
    assert fingerprint(solid, measure(solid)) == fingerprint(solid)


def moments(text, turn=None):
    sequence = decode(text)
    solid = build(sequence if turn is None else turned(sequence, turn, (500.0, -300.0, 20.0)))
    assert solid is not None
    return measure(solid).moments


@pytest.mark.parametrize("turn", [None, rotation_of(7)])
def test_moments_of_inertia(turn):
    def close(values):
        return pytest.approx(values, rel=1e-9)

    # A box of mass m: m (a² + b²) / 12.
    expected = [6000 * (a * a + b * b) / 12 for a, b in ((10, 20), (10, 30), (20, 30))]
    assert moments(box(10, 20, 30), turn) == close(expected)
    # A cylinder: m r² / 2 along, m (3 r² + h²) / 12 across.
    mass = 500 * math.pi
    across = mass * (3 * 25 + 400) / 12
    cylinder = GROUND + "circle 3 4 5\nextrude new to 20 0\n"
    assert moments(cylinder, turn) == close([mass * 25 / 2, across, across])


def test_moments_of_two_bodies_are_about_their_common_center():
    # Two cubes of 10 mm, 20 mm apart: each 1000 · 200 / 12, and 1000 · 10² more across.
    cube = "loop {0} 0\nline {1} 0\nline {1} 10\nline {0} 10\nclose\n"
    two = GROUND + cube.format(0, 10) + cube.format(20, 30) + "extrude new to 10 0 1\n"
    along = 2 * 1000 * 200 / 12
    assert moments(two) == pytest.approx([along, along + 200000, along + 200000], rel=1e-9)
