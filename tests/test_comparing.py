"""Law 14: a shape that does not fit the given part gets a sentence before it gets an answer."""

from __future__ import annotations

import re

import numpy as np
import pytest
from conftest import PARTS, ROOT

from cadcomplete import readers
from cadcomplete.clouds.cloud import PointCloud, normalize, sample_cloud
from cadcomplete.clouds.scanner import scanned
from cadcomplete.clouds.shape import UNITS, UP, turn
from cadcomplete.errors import InputError
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.kernel.build import build
from cadcomplete.kernel.tessellate import tessellate
from cadcomplete.language.lines import decode
from cadcomplete.placing.comparing import fitted, plausible
from cadcomplete.placing.marks import SurfaceSample, marks_of, matched

NAMES = ("bracket", "base_plate", "clevis", "flange", "housing", "stepped_shaft")


def part(name):
    return readers.read(PARTS / f"{name}.json").sequence


@pytest.fixture(scope="module")
def clouds():
    """Clouds of the example parts."""
    solids = {name: build(part(name)) for name in NAMES}
    return {name: sample_cloud(tessellate(solid), 4096) for name, solid in solids.items()}


def moved(cloud, matrix=None, shift=(0.0, 0.0, 0.0), factor=1.0):
    """The cloud turned, then scaled, then shifted."""
    matrix = np.eye(3) if matrix is None else matrix
    points, center, scale = normalize(
        factor * cloud.millimetres @ np.asarray(matrix).T + np.array(shift)
    )
    return PointCloud(points, cloud.normals @ np.asarray(matrix).T, center, scale)


def rotation(axis, degrees):
    axis = np.array(axis) / np.linalg.norm(axis)
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.radians(degrees)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def refused(cloud, given):
    with pytest.raises(InputError) as caught:
        fitted(cloud, given)
    text = str(caught.value)
    assert "\n" not in text and "or --place keep if it is right" in text
    return text


# --- what fits ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_the_shape_of_a_part_fits_all_beginnings_of_it_clean_and_scanned(clouds, name):
    whole = part(name)
    for cloud in (clouds[name], scanned(clouds[name], name=name)):
        for cut in range(len(whole) + 1):
            found = fitted(cloud, truncate(whole, cut))
            assert found.notices == () and found.cloud is cloud


def test_a_sketch_of_which_the_shape_has_nothing_left_is_a_question_and_no_error():
    """As one real part is: its first sketch is cut away, and a smaller one drawn instead."""
    hexagon = (
        "sketch 0 0 0 +z +x\nloop {0} 0\nline {1} {2}\nline -{1} {2}\nline -{0} 0\nline -{1} -{2}\n"
    )
    hexagon += "line {1} -{2}\nclose\n"
    large, small = hexagon.format(11.547, 5.7735, 10), hexagon.format(10, 5, 8.66025)
    cloud = sample_cloud(tessellate(build(decode(f"{small}extrude new to 6 0\n"))), 2048)
    (notice,) = fitted(cloud, decode(large)).notices
    assert "of the given part's surface 0% is on the shape" in notice
    assert notice.endswith("is it the shape of this part?")


def test_with_nothing_given_there_is_nothing_to_compare_but_the_size(clouds):
    nothing = CadSequence(())
    assert fitted(clouds["flange"], nothing).notices == ()
    tiny = moved(clouds["flange"], factor=1e-3)
    assert fitted(tiny, nothing).notices == plausible(tiny)
    assert "0.08 mm long: if it is in metres, use --units m" in plausible(tiny)[0]
    huge = moved(clouds["flange"], factor=1e3)
    assert "80000 mm long" in plausible(huge)[0]
    cloud = clouds["flange"]
    unit = PointCloud(cloud.points, cloud.normals, np.zeros(3), 1.0)
    assert "as if it were normalised" in plausible(unit)[0]


# --- what does not ------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", [name for name in UNITS if name != "mm"])
def test_another_unit_is_named_with_its_option(clouds, unit):
    for name, cut in (("flange", 1), ("flange", 4), ("bracket", 2)):
        text = refused(moved(clouds[name], factor=1 / UNITS[unit]), truncate(part(name), cut))
        assert f"use --units {unit}," in text
        assert re.search(r"the shape is [\d.]+ mm long, the given part (80|60) mm: is it in", text)


@pytest.mark.parametrize("up", [name for name in UP if name != "z"])
def test_other_axes_are_named_with_their_option(clouds, up):
    for name, cut in (("bracket", 4), ("clevis", 6)):
        text = refused(moved(clouds[name], turn(up).T), truncate(part(name), cut))
        assert f"use --up {up}," in text


def test_unit_and_axes_together_are_named(clouds):
    cloud = moved(clouds["bracket"], turn("y").T, factor=1 / 25.4)
    assert "use --units inch --up y," in refused(cloud, truncate(part("bracket"), 4))


def test_another_place_is_named(clouds):
    cloud = moved(clouds["bracket"], shift=(100, 50, 20))
    text = refused(cloud, truncate(part("bracket"), 2))
    assert "the shape lies elsewhere: moved by -100, -50, -20 mm; 100% of" in text
    assert "use --place fit," in text


def test_a_normalised_shape_is_named(clouds):
    cloud = clouds["flange"]
    unit = PointCloud(cloud.points, cloud.normals, np.zeros(3), 1.0)
    text = refused(unit, truncate(part("flange"), 4))
    assert "as if it were normalised: scaled by 39.99" in text and "use --place fit," in text


def test_a_part_that_lies_outside_of_a_shape_of_something_else_is_refused(clouds):
    far = moved(clouds["stepped_shaft"], shift=(500, 0, 0))
    text = refused(far, truncate(part("housing"), 3))
    assert "the given part lies outside of the shape" in text


def test_what_does_not_fit_is_kept_with_a_notice_if_the_user_says_so(clouds):
    cloud = moved(clouds["bracket"], shift=(100, 50, 20))
    found = fitted(cloud, truncate(part("bracket"), 2), place="keep")
    assert found.cloud is cloud
    assert "the shape lies elsewhere" in found.notices[0]


def test_there_are_three_choices_of_a_place(clouds):
    with pytest.raises(InputError, match="at --place: no such choice: expected check, fit, keep"):
        fitted(clouds["bracket"], CadSequence(()), place="guess")


# --- putting it there ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["bracket", "clevis", "housing", "base_plate"])
def test_a_shape_is_put_on_the_part_however_it_was_turned_and_moved(clouds, name):
    given, random = truncate(part(name), 4), np.random.default_rng(NAMES.index(name))
    matrix = rotation(random.normal(size=3), random.uniform(20, 160))
    cloud = moved(clouds[name], matrix, random.uniform(-300, 300, 3))
    found = fitted(cloud, given, place="fit")
    assert found.placement is not None and found.placement.factor == 1
    marks = marks_of(given)
    assert marks is not None
    there = matched(marks, SurfaceSample.of(found.cloud.millimetres, found.cloud.normals))
    assert there.share > 0.9 and there.residual < 2e-3 * marks.size
    assert there.share == pytest.approx(found.placement.share, abs=0.05)
    assert re.search(r"the shape was placed: turned by .* off by .* on average", found.notices[0])


@pytest.mark.parametrize("unit", ["m", "inch"])
def test_a_shape_in_another_unit_is_put_there_with_its_unit(clouds, unit):
    cloud = moved(clouds["bracket"], rotation((0, 0, 1), 90), (1, 2, 3), 1 / UNITS[unit])
    found = fitted(cloud, truncate(part("bracket"), 4), place="fit")
    assert found.placement is not None
    assert found.placement.factor == pytest.approx(UNITS[unit])
    assert np.allclose(found.cloud.millimetres, clouds["bracket"].millimetres, atol=0.05)


def test_a_normalised_shape_is_scaled_to_the_part(clouds):
    cloud = clouds["flange"]
    unit = PointCloud(cloud.points, cloud.normals, np.zeros(3), 1.0)
    found = fitted(unit, truncate(part("flange"), 4), place="fit")
    assert found.placement is not None
    assert found.placement.factor == pytest.approx(cloud.scale, rel=2e-3)
    size = np.ptp(found.cloud.millimetres, axis=0)
    assert size == pytest.approx([80, 80, 30], rel=5e-3)


def test_a_shape_that_lies_there_stays_there(clouds):
    found = fitted(clouds["clevis"], truncate(part("clevis"), 4), place="fit")
    assert found.placement is not None
    assert np.allclose(found.cloud.millimetres, clouds["clevis"].millimetres, atol=0.01)


def test_a_shape_of_something_else_is_not_put_anywhere():
    wedge = decode(
        "sketch 0 0 0 +z +x\nloop 0 0\nline 100 0\nline 0 9\nclose\nextrude new to 2 0\n"
    )
    cloud = sample_cloud(tessellate(build(wedge)), 2048)
    with pytest.raises(InputError, match="the shape could not be placed on the given part"):
        fitted(cloud, truncate(part("housing"), 4), place="fit")


def test_a_shape_of_another_size_is_named_as_such(clouds):
    text = refused(moved(clouds["bracket"], factor=0.4), truncate(part("bracket"), 4))
    assert "24 mm long, the given part 60 mm, it seems to be of another size: scaled by 2.5" in text


# --- marks --------------------------------------------------------------------------------------


def test_marks_lie_on_the_true_cylinders_and_not_on_the_facets_of_their_mesh():
    marks = marks_of(decode("sketch 0 0 0 +z +x\ncircle 0 0 40\nextrude new to 10 0\n"))
    assert marks is not None
    wall = np.abs(marks.normals[:, 2]) < 0.5
    assert np.linalg.norm(marks.points[wall, :2], axis=1) == pytest.approx(40)


def test_a_sketch_alone_has_marks_along_its_curves_and_nothing_has_none():
    marks = marks_of(decode("sketch 0 0 5 +z +x\ncircle 0 0 40\n"))
    assert marks is not None and marks.along is not None and marks.size == pytest.approx(80)
    assert np.linalg.norm(marks.points[:, :2], axis=1) == pytest.approx(40, rel=4e-3)
    assert marks.points[:, 2] == pytest.approx(5)
    assert marks_of(CadSequence(())) is None


# --- the command line ---------------------------------------------------------------------------


def test_complete_refuses_a_shape_that_does_not_fit_and_takes_the_option(run, tmp_path):
    flange = np.load(ROOT / "examples" / "wanted" / "flange.npy")
    np.save(tmp_path / "m.npy", flange / np.array([1000, 1000, 1000, 1, 1, 1]))
    arguments = ("complete", PARTS / "flange.json", "--keep", 4, "-n", 1)
    code, out, err = run(*arguments, "--points", tmp_path / "m.npy")
    assert (code, out) == (2, "")
    assert err == (
        f"cadcomplete: {tmp_path / 'm.npy'}: the shape is 0.08 mm long, the given part 80 mm: is "
        "it in metres? (use --units m, or --place keep if it is right)\n"
    )
    code, out, _ = run(*arguments, "--points", tmp_path / "m.npy", "--place", "fit")
    assert code == 0
    notes, best = out.split("\n1. ")
    assert "note: the shape was placed: scaled by 1000;" in notes
    assert "expected IoU 0.99" in best and "63962.8 mm³" in best  # the whole flange


def test_options_of_a_shape_without_a_shape_are_refused(run):
    code, _, err = run("complete", PARTS / "flange.json", "--units", "m")
    assert code == 2 and "--units, --up and --place are for a shape (give it with --points)" in err
