"""Styles and views: that they differ, and that each shows the part."""

from __future__ import annotations

import dataclasses
from itertools import combinations

import numpy as np
import pytest
from conftest import PARTS, mesh_of

from cadcomplete.kernel.build import build
from cadcomplete.kernel.tessellate import tessellate
from cadcomplete.meshes.mesh import EMPTY
from cadcomplete.meshes.normals import flat_triangles, outline
from cadcomplete.meshes.raster import fill_loops, fill_numpy
from cadcomplete.meshes.render import ISOMETRIC, VIEWS, Camera, render
from cadcomplete.meshes.styles import STYLES, Style
from cadcomplete.readers import read

GROUND = "sketch 0 0 0 +z +x\n"
OUTLINE = "loop 0 0\nline 40 0\nline 40 30\nline 0 30\nclose\n"
BOX = GROUND + OUTLINE + "extrude new to 10 0\n"
PEG = "sketch 0 0 10 +z +x\ncircle 20 15 8\nextrude join to 20 0\n"
CYLINDER = GROUND + "circle 0 0 10\nextrude new to 40 0\n"
FRONT, TOP = VIEWS[8], VIEWS[12]
BARE = Style(surface=(1, 1, 1), added=(1, 0, 0), edges=0.0, ambient=1.0, diffuse=0.0)


@pytest.fixture(scope="module")
def box():
    """A box of 40 × 30 × 10 mm."""
    return mesh_of(BOX)


@pytest.fixture(scope="module")
def peg():
    """The box with a peg on it."""
    return mesh_of(BOX + PEG)


@pytest.fixture(scope="module")
def cylinder():
    """A cylinder of radius 10 and height 40 mm."""
    return mesh_of(CYLINDER)


def away(picture, color):
    """Return which pixels differ from a color from 0 to 1."""
    return (np.abs(picture - np.rint(np.array(color) * 255)) > 2).any(axis=2)


# --- views --------------------------------------------------------------------------------------


def test_first_view_is_the_canonical_one():
    assert VIEWS[0] == ISOMETRIC
    assert len(VIEWS) == len(set(VIEWS)) == 14


def test_first_eight_views_are_from_the_eight_corners():
    seen = {tuple(np.sign(view.axes[2]).astype(int).tolist()) for view in VIEWS[:8]}
    assert len(seen) == 8
    assert [view.elevation > 0 for view in VIEWS[:8]] == [True] * 4 + [False] * 4


def test_other_views_are_along_the_axes():
    towards = [tuple(np.rint(view.axes[2]).astype(int).tolist()) for view in VIEWS[8:]]
    front, right, back, left = (0, -1, 0), (1, 0, 0), (0, 1, 0), (-1, 0, 0)
    assert towards == [front, right, back, left, (0, 0, 1), (0, 0, -1)]
    assert np.allclose(TOP.axes, np.eye(3))  # x to the right, y up


@pytest.mark.parametrize("view", VIEWS[8:])
def test_side_of_a_box_is_a_rectangle_without_gaps(box, view):
    seen = away(render(box, size=101, camera=view, style=STYLES["clay"]), STYLES["clay"].paper)
    rows, columns = np.nonzero(seen)
    assert seen[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].all()
    wide, high, _ = np.abs(view.axes) @ [40, 30, 10]
    assert np.ptp(rows) / np.ptp(columns) == pytest.approx(high / wide, abs=0.03)


def test_no_sample_falls_between_two_triangles():
    # Samples lie at halves: the diagonal passes through some, rounded away from both triangles.
    a, b, c, d = (1.5, 1.5, 0.0), (16.9, 1.5, 0.0), (16.9, 22.4, 0.0), (1.5, 22.4, 0.0)
    for fill in (fill_loops, fill_numpy):
        depth, owner = np.full((24, 24), -np.inf), np.full((24, 24), -1, dtype=np.int32)
        fill(np.array([(a, b, c), (a, c, d)]), depth, owner, np.zeros((24, 24, 3)))
        assert (owner[1:22, 1:16] >= 0).all()


@pytest.mark.parametrize("view", VIEWS[::4])
def test_frame_of_a_picture_is_the_documented_one(box, view):
    dot, size = np.array((40.0, 0.0, 10.0)), 300  # a corner of the box
    center, (right, up, _) = np.array((20, 15, 5)), view.axes
    width, height = np.abs(view.axes[:2]) @ (40, 30, 10)
    scale = 0.9 * size / max(width, height)
    x, y = size / 2 + scale * right @ (dot - center), size / 2 - scale * up @ (dot - center)
    plain, drawn = (
        render(box, size=size, camera=view, style=BARE, sketches=s)
        for s in ((), (np.array((dot, dot)),))
    )
    rows, columns = np.nonzero((plain != drawn).any(axis=2))
    assert (columns.mean() + 0.5, rows.mean() + 0.5) == pytest.approx((x, y), abs=1)


# --- styles -------------------------------------------------------------------------------------


def test_default_is_the_first_and_used_unless_another_is_named(peg):
    assert next(iter(STYLES)) == "default"
    assert len(STYLES) >= 6
    plain = render(peg, size=64)
    assert np.array_equal(plain, render(peg, size=64, style=STYLES["default"]))


def test_default_look_is_what_it_always_was(box):
    # The top of the box, grey of 0.72, 0.74, 0.77: the lamp is at (-0.4, 0.6, 1), its length
    # √1.52; the top faces up by cos 30° and the viewer by sin 30°.
    lambert = (0.6 * 0.8660254 + 0.5) / 1.52**0.5
    expected = 255 * np.array([0.72, 0.74, 0.77]) * (0.56 + 0.44 * lambert)
    assert render(box, size=100)[45, 50] == pytest.approx(expected, abs=1)
    assert (render(box, size=100)[0, 0] == 255).all()


def test_styles_look_different(peg):
    pictures = {name: render(peg, size=96, style=style) for name, style in STYLES.items()}
    for a, b in combinations(STYLES, 2):
        difference = np.abs(pictures[a].astype(int) - pictures[b]).mean()
        assert difference > 4, (a, b)


@pytest.mark.parametrize("name", STYLES)
def test_part_stands_out_from_the_paper(peg, name):
    style = STYLES[name]
    shape = away(render(peg, size=200), (1, 1, 1))
    drawn = away(render(peg, size=200, style=style), style.paper)
    if name == "drawing":  # the paper shows between its lines
        assert 0.03 < drawn.sum() / shape.sum() < 0.3
    else:
        assert (drawn & shape).sum() > 0.97 * shape.sum()
    assert not (drawn & ~shape).sum() > 0.03 * shape.sum()


@pytest.mark.parametrize("name", STYLES)
def test_paper_has_the_color_of_the_style(name):
    paper = render(EMPTY, size=8, style=STYLES[name])
    assert not away(paper, STYLES[name].paper).any()


@pytest.mark.parametrize("name", STYLES)
def test_step_is_seen_from_above(peg, box, name):
    # A peg on a box: without edges or fading, its top would look like the box's.
    style = STYLES[name]
    with_peg, without = (render(m, size=128, camera=TOP, style=style) for m in (peg, box))
    assert away(with_peg, without / 255).sum() > 50


@pytest.mark.parametrize("name", STYLES)
def test_added_surface_is_told_apart_in_every_style(peg, box, name):
    style = STYLES[name]
    plain, marked = (
        render(peg, size=128, style=style),
        render(peg, size=128, style=style, given=box),
    )
    changed = np.abs(plain.astype(int) - marked).sum(axis=2) > 60
    assert changed.sum() > 300
    _, columns = np.nonzero(changed)
    assert np.ptp(columns) < 64  # only the peg, that is in the middle
    same = render(peg, size=128, style=style, given=peg)
    assert np.array_equal(same, plain)


@pytest.mark.parametrize("name", STYLES)
def test_sketch_is_seen_in_every_style(box, name):
    line = np.array([(10.0, 10.0, 10.0), (30.0, 20.0, 10.0)])
    style = STYLES[name]
    plain, drawn = (render(box, size=128, style=style, sketches=s) for s in ((), (line,)))
    assert (np.abs(plain.astype(int) - drawn).sum(axis=2) > 100).sum() > 20


def test_shallow_engraving_is_new():
    plate = mesh_of(BOX)
    engraved = mesh_of(BOX + "sketch 0 0 10 +z +x\ncircle 20 15 8\nextrude cut to 9.9 0\n")
    picture = render(engraved, size=200, given=plate).astype(int)
    assert (picture[..., 0] - picture[..., 2] > 60).sum() > 500  # a tenth of a millimetre


# --- light and lines ----------------------------------------------------------------------------


def test_ambient_light_alone_gives_the_plain_color(peg):
    style = dataclasses.replace(BARE, surface=(0.2, 0.4, 0.6), paper=(0.2, 0.4, 0.6))
    assert (render(peg, size=64, style=style) == [51, 102, 153]).all()


def test_what_is_far_behind_fades_but_never_goes_dark(box):
    style = dataclasses.replace(BARE, paper=(0, 0, 0), fade=0.6)
    # Two plates seen from above, beside each other, with 10 m between their heights.
    far = mesh_of(BOX + "sketch 50 0 -10000 +z +x\n" + OUTLINE + "extrude new to -9990 0\n")
    levels, counts = np.unique(render(far, size=128, camera=TOP, style=style), return_counts=True)
    # A picture is 90 mm / 0.9 wide: 1 - 0.6 · 10000 / 10100.
    assert set(levels[counts > 5000]) == {0, round(255 * 0.4059), 255}  # others at the rims
    assert (render(box, size=64, camera=TOP, style=style)[32, 32] == 255).all()


def test_highlight_is_white_and_only_where_the_lamp_is_mirrored(cylinder):
    dull = dataclasses.replace(BARE, surface=(0.4, 0.0, 0.0), lamp=(0.0, 0.0, 1.0))
    glossy = dataclasses.replace(dull, gloss=0.5, polish=40)
    plain, shining = (render(cylinder, size=200, camera=FRONT, style=s) for s in (dull, glossy))
    green = shining[100, :, 1].astype(int) - plain[100, :, 1]
    # The axis of the cylinder faces the lamp, which stands at the viewer: 0.5 · 255.
    assert green[99:101] == pytest.approx(128, abs=4)  # facets lose a little
    # 45 wide of 200 · 0.9: half way to the side the normal is off by 30 degrees: cos³⁰ ⁴⁰.
    assert green[100 + 22] == pytest.approx(128 * 0.866**40, abs=3)
    assert np.array_equal(green, green.clip(0))


def test_outline_closes_a_cylinder(cylinder):
    lines = dataclasses.replace(BARE, ink=(0, 0, 0), edges=3.0)
    closed = dataclasses.replace(lines, outline=True)
    without, outlined = (
        render(cylinder, size=200, camera=FRONT, style=s)[100, :, 0] < 128 for s in (lines, closed)
    )
    # From the front two vertical lines, 0.9 · 200 pixels high and half as far apart.
    assert not without.any()
    left, right = np.flatnonzero(outlined).min(), np.flatnonzero(outlined).max()
    assert right - left == pytest.approx(90, abs=3)
    assert outlined.sum() <= 8


def test_outline_is_where_the_surface_turns_away(cylinder, box):
    turns = outline(cylinder, FRONT.axes[2])
    vertical = turns[np.abs(np.ptp(turns, axis=1)[:, 2]) > 39]
    assert len(vertical) == 2
    assert np.abs(vertical[..., 0]) == pytest.approx(
        np.full((2, 2), 10), abs=0.06
    )  # R (1 - cos 6°)
    lengths = np.linalg.norm(np.ptp(outline(box, ISOMETRIC.axes[2]), axis=1), axis=1)
    assert lengths.sum() == pytest.approx(2 * (40 + 30 + 10))  # the hexagon


def test_outline_behind_the_part_is_hidden(cylinder):
    wall = mesh_of(
        CYLINDER + "sketch -30 -20 0 -y +x\nloop 0 0\nline 60 0\nline 60 40\nline 0 40\n"
        "close\nextrude new to 21 0\n"
    )
    style = dataclasses.replace(BARE, ink=(0, 0, 0), edges=2.0, outline=True)
    inside = render(wall, size=200, camera=FRONT, style=style)[60:140, 20:180]
    assert (inside == 255).all()


def test_planes_are_flat_and_cylinders_are_not(peg):
    flat = flat_triangles(peg)
    middles = peg.vertices[peg.triangles].mean(axis=1)
    around = np.abs(np.linalg.norm(middles[:, :2] - [20, 15], axis=1) - 8) < 0.1
    side = around & (np.abs(peg.normals[:, 2]) < 0.5)
    assert np.array_equal(flat, ~side)


@pytest.mark.parametrize("name", ["flange", "housing"])
def test_examples_are_drawn_in_every_style_and_view_alike(name):
    solid = build(read(PARTS / f"{name}.json").sequence)
    assert solid is not None
    mesh = tessellate(solid)
    for view in VIEWS[::3]:
        shapes = [
            away(render(mesh, size=64, camera=view, style=style), style.paper)
            for key, style in STYLES.items()
            if key != "drawing"
        ]
        for shape in shapes[1:]:
            assert (shape != shapes[0]).sum() < 0.05 * shapes[0].sum()


def test_picture_depends_on_the_mesh_the_view_and_the_style_alone(peg):
    for style in STYLES.values():
        first, again = (render(peg, size=48, camera=Camera(10, 20), style=style) for _ in range(2))
        assert np.array_equal(first, again)
