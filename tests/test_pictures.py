"""What is seen in pictures: outlines, edges, views, and what would explain them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from cadcomplete.clouds.cloud import PointCloud
from cadcomplete.completion.evidence import evidence_of
from cadcomplete.errors import InputError
from cadcomplete.history.curves import Circle
from cadcomplete.history.operations import Extrude, Sketch
from cadcomplete.history.sequence import truncate
from cadcomplete.language.lines import decode
from cadcomplete.meshes.manifolds import mesh_of, solid
from cadcomplete.meshes.mesh import Mesh
from cadcomplete.meshes.render import ISOMETRIC, render
from cadcomplete.meshes.styles import STYLES
from cadcomplete.pictures.evidence import Pictures
from cadcomplete.pictures.matching import Sight, match
from cadcomplete.pictures.rounding import rounded
from cadcomplete.pictures.scene import fitted, scene
from cadcomplete.pictures.seen import SIZE, look
from cadcomplete.pictures.sides import side, wire
from cadcomplete.pictures.views import scan_loops, scan_numpy
from cadcomplete.predictions import Case

BLOCK = """sketch 0 0 0 +z +x
loop 0 0
line 80 0
line 80 50
line 0 50
close
extrude new to 20 0
"""
HOLED = f"""{BLOCK}sketch 0 0 20 +z +x
circle 30 25 12
extrude cut to 0 0
"""


def drawn(sequence, style="default", **options):
    """A picture of a part, as PNG: from the canonical side, framed on it."""
    body = mesh_of(solid(sequence))
    lines = tuple(wire(body).ends)
    picture = render(
        Mesh(body.vertices, body.triangles, lines), size=SIZE, style=STYLES[style], **options
    )
    return png(picture)


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format="PNG")
    return file.getvalue()


def scale_of(sequence):
    """Pixels per mm of such a picture: 0.9 of its side over the projected box (render.py)."""
    box = mesh_of(solid(sequence)).bounding_box
    half = np.array(box.size) / 2
    return 0.45 * SIZE / (np.abs(ISOMETRIC.axes[:2]) * half).sum(axis=1).max()


@pytest.fixture(scope="module")
def holed():
    return decode(HOLED)


@pytest.fixture(scope="module")
def shown(holed):
    return Pictures.of([drawn(holed)])


@pytest.mark.parametrize("style", STYLES)
def test_the_given_part_is_found_where_it_was_drawn_in_every_style(holed, style):
    sight = Sight(look(drawn(holed, style)))
    (view, *_) = fitted(wire(mesh_of(solid(truncate(holed, 2)))), sight)
    assert view.axes == pytest.approx(ISOMETRIC.axes)
    assert view.scale == pytest.approx(scale_of(holed), rel=0.01)


def test_the_outline_of_a_part_is_as_wide_as_the_picture_says(holed):
    left, top, right, bottom = look(drawn(holed)).box
    assert max(right - left, bottom - top) == pytest.approx(0.9 * SIZE, abs=2)


@pytest.mark.parametrize("gray", [0, 255])
def test_a_picture_without_a_part_is_refused(gray):
    case = Case("a", decode(BLOCK), images=(png(np.full((64, 64, 3), gray, dtype=np.uint8)),))
    with pytest.raises(InputError, match="no part is seen in the picture"):
        evidence_of(case)


def test_beside_a_shape_pictures_are_not_compared(holed):
    cloud = PointCloud(np.zeros((1, 3)), np.eye(3)[:1], np.zeros(3), 1.0)
    picture = drawn(holed)
    assert [e.name for e in evidence_of(Case("a", holed, images=(picture,)))] == ["picture"]
    assert evidence_of(Case("a", holed, images=(picture,), points=cloud)) == ()


def test_the_height_of_the_first_extrude_is_seen(holed, shown):
    heights = {
        op.extent.distance
        for (op,) in shown.ideas(truncate(holed, 1), Extrude, most=6)
        if isinstance(op, Extrude)
    }
    assert 20.0 in heights


def test_a_circle_that_is_seen_on_a_face_is_an_idea(holed, shown):
    ideas = shown.ideas(truncate(holed, 2), Sketch, most=6)
    circles = [sketch.loops[0].curves[0] for sketch, *_ in ideas if sketch.plane.origin[2] == 20.0]
    assert Circle((30.0, 25.0), 12.0) in circles


def test_the_cut_that_is_seen_weighs_more_than_a_boss_and_than_none(holed, shown):
    boss = decode(HOLED.replace("cut to 0", "join to 35"))
    aside = decode(HOLED.replace("circle 30", "circle 50"))
    cut, other, elsewhere = shown.weigh(truncate(holed, 2), [holed, boss, aside])
    assert cut > max(other, elsewhere) + 1


def test_a_picture_of_another_part_is_told():
    rod = decode("sketch 0 0 0 +z +x\ncircle 0 0 4\nextrude new to 200 0\n")
    other = Pictures.of([drawn(rod)])
    given = decode(HOLED)
    (notice,) = other.notices(given)
    assert "does not fit the given part" in notice
    assert not other.weigh(given, [given]).any()


def test_the_right_body_explains_more_of_a_picture_than_a_part_of_it(holed):
    sight = Sight(look(drawn(holed)))
    one = scene(truncate(holed, 2), sight)
    found = {}
    for name, body in (("half", truncate(holed, 2)), ("whole", holed)):
        seen = side(wire(mesh_of(solid(body))), one.views[0].axes)
        found[name] = match(seen, sight, one.views[0])
    assert found["whole"].explained > found["half"].explained
    assert found["whole"].overlap > 0.95


def test_rounded_numbers_are_the_roundest_that_are_near():
    assert next(rounded(19.8, off=0.4)) == 20.0
    assert next(rounded(12.6, off=0.2)) == 12.7
    assert list(rounded(7.4321, off=1e-4)) == [7.432]


def test_the_search_without_a_compiler_finds_the_same():
    random = np.random.default_rng(0)
    values = (
        random.random((20, 2)) * np.array([10.0, -10.0]),
        random.integers(8, size=20),
        np.full(20, 0.05),
        random.random((8, 64, 64)),
        np.array([4.0, 2.0]),
        np.array([4.0, 4.0, 60.0, 60.0]),
        np.array([10.0, 10.0]),
        3.0,
    )
    assert scan_loops(*values) == pytest.approx(scan_numpy(*values))
