"""Turned and mirrored parts: what moves with them, and of which the pictures stay true."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from conftest import PARTS

from cadcomplete.clouds.cloud import normalize, sample_cloud
from cadcomplete.data.augment import (
    SCALES,
    move_cloud,
    scale_cloud,
    variant,
    variant_scale,
    variant_symmetries,
    variant_symmetry,
)
from cadcomplete.data.samples import hash64
from cadcomplete.history.symmetry import move, scale, symmetries
from cadcomplete.language.lines import encode
from cadcomplete.meshes.mesh import to_trimesh
from cadcomplete.meshes.render import VIEWS, render
from cadcomplete.meshes.styles import STYLES
from cadcomplete.readers import read

TURNS = [symmetry for symmetry in symmetries() if symmetry.turns_about_z]
BRACKET = read(PARTS / "bracket.json").sequence


def tessellated(sequence):
    from cadcomplete.kernel.build import build
    from cadcomplete.kernel.tessellate import tessellate

    return tessellate(build(sequence))


@pytest.fixture(scope="module")
def bracket():
    return tessellated(BRACKET)


# --- symmetries ---------------------------------------------------------------------------------


@pytest.mark.parametrize("symmetry", symmetries())
def test_one_vector_many_vectors_and_the_matrix_are_moved_alike(symmetry):
    vectors = np.random.default_rng(0).normal(size=(5, 3))
    expected = np.array([symmetry.apply(tuple(v)) for v in vectors.tolist()])
    assert (symmetry.apply_all(vectors) == expected).all()
    assert (vectors @ symmetry.matrix.T == expected).all()
    assert np.linalg.det(symmetry.matrix) == pytest.approx(-1 if symmetry.mirrors else 1)


def test_four_symmetries_turn_about_z():
    quarter = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]])
    expected = [np.linalg.matrix_power(quarter, n).tolist() for n in range(4)]
    assert sorted(s.matrix.tolist() for s in TURNS) == sorted(expected)
    assert symmetries()[0] in TURNS


def test_variants_are_drawn_by_id_number_and_seed_and_all_symmetries_alike():
    def drawn(seed, upright):
        keys, numbers = np.arange(20_000, dtype=np.uint64), np.arange(20_000) % 40
        return variant_symmetries(keys, numbers, seed=seed, upright=upright)

    assert np.array_equal(drawn(1, 0.25), drawn(1, 0.25))
    assert (drawn(1, 0.25) != drawn(2, 0.25)).any()
    assert not drawn(0, 0.0)[::40].any()  # variant 0 is as it was drawn
    assert not drawn(0, 1.0).any()
    moved = drawn(0, 0.25)
    assert (moved > 0).sum() == pytest.approx(19_500 * 0.75, rel=0.02)  # 5 sigma is 1.6 %
    # of 19,500 · 3/4 / 47 = 311 for each, 5 sigma is 88
    assert np.bincount(moved)[1:] == pytest.approx(np.full(47, 311), abs=90)
    one = variant_symmetry("a", 3, seed=0, upright=0.0)
    many = variant_symmetries([hash64("b"), hash64("a")], 3, seed=0, upright=0.0)
    assert one == symmetries()[many[1]]


def test_a_variant_is_the_part_moved_by_its_symmetry():
    for number in range(8):
        symmetry = variant_symmetry(BRACKET.id, number, seed=3, upright=0.25)
        expected = BRACKET if symmetry is None else move(BRACKET, symmetry)
        assert variant(BRACKET, number, seed=3, upright=0.25) == expected


# --- clouds -------------------------------------------------------------------------------------


@pytest.mark.parametrize("index", [0, 1, 6, 17, 30, 47])
def test_the_moved_cloud_lies_on_the_moved_part_with_its_normals(bracket, index):
    symmetry = symmetries()[index]
    cloud = move_cloud(sample_cloud(bracket, 200), symmetry)
    part = to_trimesh(tessellated(move(BRACKET, symmetry)))
    _, distances, faces = trimesh.proximity.closest_point_naive(part, cloud.millimetres)
    # The same solid has other facets: those of a hole of 10 mm are off by 0.1 mm or less.
    assert distances.max() < 0.1
    along = (part.face_normals[faces] * cloud.normals).sum(axis=1)
    assert np.median(along) == pytest.approx(1)
    assert (along > 0.9).mean() > 0.97  # at an edge the nearest facet may be the other one


@pytest.mark.parametrize("index", [0, 5, 23, 44])
def test_the_moved_cloud_is_in_its_own_frame(bracket, index):
    cloud = sample_cloud(bracket, 500)
    moved = move_cloud(cloud, symmetries()[index])
    points, center, scale = normalize(moved.millimetres)
    assert moved.points == pytest.approx(points, abs=1e-12)
    assert moved.center == pytest.approx(center)
    assert moved.scale == cloud.scale == pytest.approx(scale)


# --- pictures -----------------------------------------------------------------------------------


def quarters(symmetry):
    """How often a turn about z turns by 90°, anticlockwise seen from above."""
    x, y, _ = symmetry.apply((1.0, 0.0, 0.0))
    return [(1, 0), (0, 1), (-1, 0), (0, -1)].index((x, y))


def pictures(mesh, style):
    return [render(mesh, size=128, camera=view, style=STYLES[style]).astype(int) for view in VIEWS]


@pytest.mark.parametrize("name", ["bracket", "base_plate", "stepped_shaft"])
@pytest.mark.parametrize("style", ["default", "plastic", "drawing"])
def test_a_part_turned_about_z_looks_as_it_did_from_another_corner_or_side(name, style):
    """The lamp is the viewer's, so light turns too; only strokes are rounded otherwise."""
    sequence = read(PARTS / f"{name}.json").sequence
    before = pictures(tessellated(sequence), style)
    for symmetry in TURNS:
        after = pictures(tessellated(move(sequence, symmetry)), style)
        for number in range(12):  # four corners from above, four from below, four sides
            seen = 4 * (number // 4) + (number - quarters(symmetry)) % 4
            apart = np.abs(after[number] - before[seen]).max(axis=2)
            assert (apart > 8).mean() < 0.005
            assert apart.mean() < 0.5


def test_from_top_and_bottom_a_turned_part_looks_turned(bracket):
    before = pictures(bracket, "drawing")
    (quarter,) = (symmetry for symmetry in TURNS if quarters(symmetry) == 1)
    after = pictures(tessellated(move(BRACKET, quarter)), "drawing")
    for number in (12, 13):
        assert np.abs(after[number] - before[number]).mean() > 5


def test_a_part_that_no_longer_stands_looks_like_none_of_its_pictures(bracket):
    before = pictures(bracket, "default")
    for symmetry in [s for s in symmetries() if (s.order[2], s.signs[2]) != (2, 1)][::13]:
        assert not symmetry.turns_about_z
        seen = render(tessellated(move(BRACKET, symmetry)), size=128, style=STYLES["default"])
        assert min(np.abs(seen - picture).mean() for picture in before) > 3


# --- larger and smaller -------------------------------------------------------------------------


@pytest.mark.parametrize("factor", SCALES)
def test_a_part_that_is_scaled_has_its_volume_times_the_cube_and_round_numbers(factor):
    larger = scale(BRACKET, factor)
    volume = tessellated(BRACKET).volume
    assert tessellated(larger).volume == pytest.approx(factor**3 * volume, rel=1e-4)
    assert len(encode(larger).text) < 1.4 * len(encode(BRACKET).text)


def test_the_cloud_of_a_scaled_part_is_scaled(bracket):
    cloud = sample_cloud(bracket, 200)
    double = scale_cloud(cloud, 2.0)
    assert double.millimetres == pytest.approx(2 * cloud.millimetres)
    assert np.array_equal(double.points, cloud.points)


def test_the_first_variant_is_never_scaled_and_others_as_often_as_asked():
    found = [variant_scale("part", n, seed=0, share=0.5) for n in range(400)]
    assert found[0] == 1.0
    assert 0.4 < np.mean([factor != 1.0 for factor in found]) < 0.6
    assert {variant_scale("part", n, seed=0, share=0.0) for n in range(50)} == {1.0}
