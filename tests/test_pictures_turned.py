"""Pictures unlike our own: turned cameras, walls, noise; and pictures of something else."""

from __future__ import annotations

import math

import numpy as np
import pytest
from test_pictures import HOLED, drawn, png

from cadcomplete.history.curves import Circle
from cadcomplete.history.operations import Profile, Sketch
from cadcomplete.history.sequence import truncate
from cadcomplete.language.lines import decode
from cadcomplete.meshes.manifolds import mesh_of, solid
from cadcomplete.meshes.mesh import Mesh
from cadcomplete.meshes.render import ISOMETRIC, Camera, render
from cadcomplete.pictures.belief import facts, mixed, probable
from cadcomplete.pictures.evidence import Pictures
from cadcomplete.pictures.extruding import SeenLoops
from cadcomplete.pictures.matching import Sight
from cadcomplete.pictures.paper import noise
from cadcomplete.pictures.scene import fitted as views_of
from cadcomplete.pictures.scene import scene
from cadcomplete.pictures.seen import SIZE, look
from cadcomplete.pictures.sides import wire
from cadcomplete.pictures.turning import cameras

ANGLE = """sketch 0 0 0 +z +x
loop 0 0
line 80 0
line 80 20
line 30 20
line 30 60
line 0 60
close
extrude new to 25 0
"""
STEPPED = """sketch 0 0 0 +z +x
circle 10 5 30
extrude new to 12 0
sketch 0 0 12 +z +x
circle 10 5 11
extrude join to 30 0
"""


def pixels(sequence, camera=ISOMETRIC):
    body = mesh_of(solid(sequence))
    lines = tuple(wire(body).ends)
    return render(Mesh(body.vertices, body.triangles, lines), size=SIZE, camera=camera)


def apart(one, other):
    """The angle between two sets of axes, in degrees: the trace of a turn is 1 + 2 cos."""
    return math.degrees(math.acos(min(1.0, (np.trace(one @ other.T) - 1) / 2)))


def test_three_lines_say_how_the_camera_was_turned():
    axes = Camera(-40.0, 20.0).axes
    lines = [math.atan2(axes[1, i], axes[0, i]) % math.pi for i in range(3)]
    assert min(apart(axes, found) for found in cameras(lines)) < 1e-5


def test_three_lines_that_no_camera_sees_say_nothing():
    # of three axes at right angles no two are seen less than a right angle apart with the third
    # between them
    assert not list(cameras([math.radians(a) for a in (60.0, 90.0, 120.0)]))


@pytest.mark.parametrize("camera", [Camera(-43.0, 21.0), Camera(-20.0, 42.0)])
def test_a_part_is_found_from_a_side_that_is_none_of_ours(camera):
    part = decode(ANGLE)
    (view, *_) = views_of(wire(mesh_of(solid(part))), Sight(look(png(pixels(part, camera)))))
    assert apart(view.axes, camera.axes) < 1.5


def test_before_a_wall_and_with_noise_the_outline_is_where_it_was():
    plain = pixels(decode(ANGLE)).astype(np.float64)
    light = 0.75 + 0.25 * np.linspace(0, 1, SIZE)[None, :, None]
    spoiled = plain * light + np.random.default_rng(0).normal(0, 5, plain.shape)
    spoiled = np.clip(np.rint(spoiled), 0, 255).astype(np.uint8)
    assert look(png(spoiled)).box == pytest.approx(look(drawn(decode(ANGLE))).box, abs=3)


def test_grain_of_the_wall_is_neither_part_nor_edge():
    clean = pixels(decode(ANGLE)).astype(np.float64)
    random, part = np.random.default_rng(1), clean.min(axis=2) < 250
    grain = np.kron(random.normal(0, 5, (SIZE // 4, SIZE // 4)), np.ones((4, 4)))
    light = np.linspace(0.75, 1.0, SIZE)[None, :]
    taken = np.where(part[..., None], clean, (200 * light + grain)[..., None])
    taken = np.clip(taken + random.normal(0, 6, clean.shape), 0, 255).astype(np.uint8)
    seen, true = look(png(taken)), look(png(clean.astype(np.uint8)))
    assert seen.box == pytest.approx(true.box, abs=4)  # a single speck would be beside it
    rows, columns = np.nonzero(seen.edges)
    beside = true.away.min(axis=0)[rows, columns] < 3
    assert beside.mean() > 0.8


def test_noise_is_measured():
    flat = np.full((200, 200, 1), 0.5) + np.random.default_rng(0).normal(0, 0.02, (200, 200, 1))
    assert noise(flat) == pytest.approx(0.02, rel=0.1)


def test_a_boss_on_an_axis_that_is_there_is_an_idea():
    part = decode(STEPPED)
    ideas = Pictures.of([drawn(part)]).ideas(truncate(part, 2), Sketch, most=12)
    sketches = [sketch for sketch, *_ in ideas if isinstance(sketch, Sketch)]
    there = [sketch for sketch in sketches if sketch.plane.origin[2] == 12.0]
    circles = [loop.curves[0] for sketch in there for loop in sketch.loops]
    assert Circle((10.0, 5.0), 11.0) in circles


def test_a_hole_may_be_drawn_on_the_far_side():
    part = decode(HOLED)
    ideas = Pictures.of([drawn(part)]).ideas(truncate(part, 2), Sketch, most=24)
    heights = {
        round(sketch.plane.origin[2], 6)
        for sketch, *_ in ideas
        if isinstance(sketch, Sketch) and Circle((30.0, 25.0), 12.0) in sketch.loops[0].curves
    }
    assert heights >= {0.0, 20.0}


def test_a_wrong_picture_is_believed_less_and_costs_little():
    part, other = decode(HOLED), decode(ANGLE)
    given, elsewhere = truncate(part, 2), decode(HOLED.replace("circle 30", "circle 50"))
    right, wrong = Pictures.of([drawn(part)]), Pictures.of([drawn(other)])
    sure = [
        probable(facts(one, np.zeros(1)), built=True)
        for one in (scene(given, pictures.sights[0]) for pictures in (right, wrong))
    ]
    assert sure[0] > 0.9 > 0.4 > sure[1]
    lost = right.weigh(given, [part, elsewhere])[1] - wrong.weigh(given, [part, elsewhere]).min()
    assert lost < -1


def test_where_no_height_is_to_be_tried_nothing_is_seen():
    part = decode(HOLED)
    one = scene(truncate(part, 2), Sight(look(drawn(part))))
    sketch = part.operations[2]
    assert isinstance(sketch, Sketch)
    outline = SeenLoops(sketch, (Profile(2, 0),), one.views[0])
    assert outline.shares(one.sight.rough, np.array([0.0, 0.0, 1.0]), np.zeros(0)).shape == (0,)


@pytest.mark.parametrize(("built", "shows"), [(True, 0.995), (False, 0.2)])
def test_what_a_picture_may_cost_is_how_far_it_is_believed(built, shows):
    nats = np.array([60.0, 0.0, 0.0])
    for share in (0.1, 0.9):
        found = mixed(nats, share, built=built)
        # an idea of which the picture says nothing keeps what the picture not being right leaves;
        # where nothing is built that is four fifths of the right one as well
        assert found[1] == pytest.approx(math.log(1 - share * shows), abs=1e-6)
        assert found[0] > 0
