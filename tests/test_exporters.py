"""Files for other programs: written whole or not at all, and read back."""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs; trimesh does not say what it loads.

from __future__ import annotations

import dataclasses
import math
import re
from pathlib import Path

import numpy as np
import pytest
import trimesh
from conftest import PLATE
from PIL import Image

from cadcomplete.errors import BuildError, InputError
from cadcomplete.exporters import EXPORTERS, Part, check_formats, convert, export, format_of, write
from cadcomplete.exporters.pictures import SIZE, draw_overview
from cadcomplete.files import write_text, writing
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.build import build
from cadcomplete.kernel.jobs import examine_and_keep
from cadcomplete.kernel.measure import measure
from cadcomplete.kernel.packing import packed, unpacked
from cadcomplete.language.lines import decode
from cadcomplete.readers import from_sequence, read

VOLUME = 12000 - 250 * math.pi  # 40 · 30 · 10 less π 5² 10
POCKET = "sketch 0 0 10 +z +x\ncircle 8 8 4\nextrude cut to 4 0\n"
ALL_AWAY = "extrude cut to 10 0\n"  # of the plate with its hole, nothing is left


def document(text, name="bracket"):
    return from_sequence(dataclasses.replace(decode(text), id=name))


def orange(picture):
    return picture[..., 0].astype(int) - picture[..., 2] > 60


def blue(picture):
    return picture[..., 2].astype(int) - picture[..., 0] > 60


def pixels(path):
    return np.asarray(Image.open(path))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The plate in every format, as paths by name of the format."""
    folder = tmp_path_factory.mktemp("plate")
    paths = {name: folder / f"plate.{name}" for name in EXPORTERS}
    for path in paths.values():
        convert(document(PLATE), path)
    return paths


# --- formats ------------------------------------------------------------------------------------


def test_exporters_has_every_format():
    assert set(EXPORTERS) >= {"json", "lines", "step", "stl", "glb", "png"}


@pytest.mark.parametrize("name", EXPORTERS)
def test_every_format_is_written(files, name):
    assert files[name].stat().st_size > 100
    assert sorted(files[name].parent.iterdir()) == sorted(files.values())  # and nothing else


def read_step(path):
    """Return the shape in a STEP file, in millimetres, and the units that the file names."""
    from OCP.collections import Sequence_TCollection_AsciiString as Names
    from OCP.IFSelect import IFSelect_RetDone
    from OCP.STEPControl import STEPControl_Reader

    reader, units = STEPControl_Reader(), Names()
    assert reader.ReadFile(str(path)) == IFSelect_RetDone
    reader.FileUnits(units, Names(), Names())
    reader.TransferRoots()
    return reader.OneShape(), [units.Value(i).ToCString() for i in range(1, units.Length() + 1)]


def test_step_has_the_exact_solid_in_millimetres(files):
    from cadcomplete.kernel.integrals import volume_of
    from cadcomplete.kernel.measure import bounding_box
    from cadcomplete.kernel.solid import Solid, is_valid

    shape, units = read_step(files["step"])
    assert units == ["millimetre"]
    assert volume_of(shape) == pytest.approx(VOLUME, rel=1e-9)
    assert bounding_box(Solid(shape, VOLUME)).maximum == pytest.approx((40, 30, 10))
    assert is_valid(shape)


def products(path):
    """Return the names of the products in a STEP file."""
    entities = path.read_text().split(";\n")
    return [e.split("'")[3] for e in entities if "= PRODUCT(" in e]


@pytest.mark.parametrize("name", ["bracket", "7", ""])
def test_step_has_the_name_of_the_part_however_many_were_written(tmp_path, name):
    path = tmp_path / "part.step"
    for _ in range(2):
        convert(document(PLATE, name), path)
        assert products(path) == [name or "part"]
        assert f"FILE_NAME('{name or 'part'}'" in path.read_text()


def test_step_of_several_bodies_numbers_them(tmp_path):
    apart = "sketch 0 0 0 +z +x\ncircle 90 0 5\nextrude new to 10 0\n"
    convert(document(PLATE + apart), tmp_path / "two.stp")
    assert products(tmp_path / "two.stp") == ["bracket", "bracket.1", "bracket.2"]


def test_stl_is_a_watertight_mesh_in_millimetres(files):
    mesh = trimesh.load(files["stl"])
    assert mesh.is_watertight
    assert mesh.bounds.tolist() == [[0, 0, 0], [40, 30, 10]]
    assert mesh.volume == pytest.approx(VOLUME, rel=1e-3)


def test_glb_is_a_watertight_mesh_in_metres_with_y_up(files):
    mesh = trimesh.load(files["glb"], force="mesh")
    assert mesh.is_watertight
    # Our z of 0 to 10 mm is its y, our y of 0 to 30 mm goes away from the viewer.
    assert mesh.bounds == pytest.approx(np.array([[0, 0, -0.03], [0.04, 0.01, 0]]), abs=1e-6)
    assert mesh.volume == pytest.approx(VOLUME * 1e-9, rel=1e-3)


def test_png_is_a_picture_of_the_part(files):
    picture = pixels(files["png"])
    assert picture.shape == (SIZE, SIZE, 3)
    assert (picture != 255).any()
    assert not orange(picture).any()


@pytest.mark.parametrize("name", ["json", "lines"])
def test_text_reads_back_to_the_same_history(files, name):
    assert read(files[name]).sequence.operations == decode(PLATE).operations


def test_json_keeps_what_it_does_not_know(tmp_path):
    given = document(PLATE)
    given = dataclasses.replace(given, raw={**given.raw, "author": "Ada"})
    write(Part(given), tmp_path / "part.json")
    assert read(tmp_path / "part.json").raw == given.raw


# --- what is asked for --------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["step", "stp", "STEP", "glb"])
def test_format_is_known_by_its_suffix(suffix):
    expected = {"glb": "glb"}.get(suffix, "step")
    assert format_of(Path(f"part.{suffix}")) == expected


@pytest.mark.parametrize("name", ["part.dwg", "part"])
def test_unknown_suffix_raises_and_lists_the_known(name):
    with pytest.raises(InputError, match="unknown format") as caught:
        format_of(Path(name))
    assert all(f".{known}" in str(caught.value) for known in EXPORTERS)


def test_unknown_format_raises_and_lists_the_known():
    check_formats(tuple(EXPORTERS))
    with pytest.raises(InputError, match="dwg") as caught:
        check_formats(("step", "dwg"))
    assert all(known in str(caught.value) for known in EXPORTERS)


@pytest.mark.parametrize("name", ["step", "stl", "glb"])
def test_history_without_solid_raises_input_error(tmp_path, name):
    with pytest.raises(InputError, match="no solid"):
        convert(document("sketch 0 0 0 +z +x\ncircle 0 0 5\n"), tmp_path / f"part.{name}")
    assert list(tmp_path.iterdir()) == []


def test_history_that_cannot_be_built_raises_build_error(tmp_path):
    with pytest.raises(BuildError, match="operation 2"):
        convert(document(PLATE + ALL_AWAY), tmp_path / "part.step")
    assert list(tmp_path.iterdir()) == []


def test_picture_of_an_open_sketch_shows_wires(tmp_path):
    convert(document("sketch 0 0 0 +z +x\ncircle 0 0 5\n"), tmp_path / "alone.png")
    assert blue(pixels(tmp_path / "alone.png")).sum() > 500
    on_top = "sketch 0 0 10 +z +x\nloop 5 5\nline 20 5\n"  # not even closed yet
    convert(document(PLATE + on_top), tmp_path / "more.png")
    assert blue(pixels(tmp_path / "more.png")).sum() > 100


# --- completions --------------------------------------------------------------------------------


def test_completion_is_written_in_every_format(tmp_path):
    paths = [tmp_path / f"part.{name}" for name in EXPORTERS]
    export(document(PLATE + POCKET), 2, paths)
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    picture = pixels(tmp_path / "part.png")
    # Only the pocket is new: of a plate of 40 × 30, a circle of π 4².
    assert 0.01 < orange(picture).sum() / (picture != 255).any(axis=2).sum() < 0.1


def test_completion_that_cannot_be_built_is_json_without_step(tmp_path):
    export(document(PLATE + ALL_AWAY), 2, [tmp_path / f"part.{name}" for name in EXPORTERS])
    assert {path.name for path in tmp_path.iterdir()} == {"part.json", "part.lines"}
    assert len(read(tmp_path / "part.json").sequence) == 3


def test_overview_shows_what_was_given_and_every_completion(tmp_path):
    good, bad = document(PLATE + POCKET), document(PLATE + ALL_AWAY)
    entries = [(good, "1.  score 0.90"), (bad, "2.  score 0.10, not valid")]
    draw_overview(document(PLATE), entries, tmp_path / "overview.png")
    sheet = pixels(tmp_path / "overview.png")
    height, width, _ = sheet.shape
    given, first, second = np.split(sheet, 3, axis=1)
    assert width == 3 * (width // 3)
    assert height > width // 3  # room for what is written under each
    assert [orange(tile).any() for tile in (given, first, second)] == [False, True, False]
    below = slice(width // 3, None)
    assert all((tile[below] < 128).any() for tile in (given, first, second))  # its text
    above = slice(0, width // 3)
    assert np.array_equal(second[above], given[above])  # all that it has
    outlines = [(tile[above] < 250).any(axis=2) for tile in (given, first)]
    assert np.array_equal(*outlines)  # seen from one side, and as large


def test_overview_has_no_place_for_a_given_part_that_there_is_not(tmp_path):
    draw_overview(document(""), [(document(PLATE), "1. plate")], tmp_path / "overview.png")
    sheet = pixels(tmp_path / "overview.png")
    assert sheet.shape[1] < sheet.shape[0] < 2 * sheet.shape[1]  # one tile, with its text
    assert orange(sheet).any()


def test_overview_shows_what_was_added_behind_something(tmp_path):
    """Holes on both sides of a wall that no corner looks over: both are seen, by their edges."""
    plate = PLATE.replace("circle 20 15 5\n", "").replace("0/1", "0")
    wall = "loop 0 8\nline 40 8\nline 40 22\nline 0 22\nclose\nextrude join to 60 0\n"
    given = plate + "sketch 0 0 10 +z +x\n" + wall
    counts = []
    for holes in ("circle 20 4 2\n", "circle 20 4 2\ncircle 20 26 2\n"):
        which = " ".join(map(str, range(holes.count("circle"))))
        whole = document(f"{given}sketch 0 0 0 +z +x\n{holes}extrude cut to 10 {which}\n")
        draw_overview(document(given), [(whole, "1. holes")], tmp_path / "overview.png")
        counts.append(orange(pixels(tmp_path / "overview.png")).sum())
    assert counts[1] > 1.3 * counts[0] > 100


# --- whole or not at all ------------------------------------------------------------------------


def fail_halfway(path):
    with writing(path) as unfinished:
        unfinished.write_text("half of")
        raise BuildError(3, "the kernel gave up")


def test_failed_write_leaves_no_file(tmp_path):
    with pytest.raises(BuildError):
        fail_halfway(tmp_path / "new" / "part.json")
    assert list((tmp_path / "new").iterdir()) == []


def test_failed_write_leaves_the_old_file_as_it_was(tmp_path):
    path = tmp_path / "part.json"
    path.write_text("the old")
    with pytest.raises(BuildError):
        fail_halfway(path)
    assert path.read_text() == "the old"
    assert list(tmp_path.iterdir()) == [path]


def test_write_replaces_the_old_file_and_makes_folders(tmp_path):
    path = tmp_path / "a" / "b" / "part.txt"
    write_text(path, "one")
    write_text(path, "Ø 5 mm")
    assert path.read_bytes() == "Ø 5 mm".encode()
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("name", EXPORTERS)
@pytest.mark.parametrize("place", ["file/part", "folder", "n" * 300])
def test_path_that_cannot_be_written_raises_input_error(tmp_path, place, name):
    (tmp_path / "file").write_text("not a folder")
    (tmp_path / f"folder.{name}").mkdir()
    before = sorted(tmp_path.iterdir())
    part = Part(document(PLATE), build(decode(PLATE)))
    with pytest.raises(InputError, match="cannot write: ") as caught:
        write(part, tmp_path / f"{place}.{name}")
    assert f"{place}.{name}" in str(caught.value)
    assert sorted(tmp_path.iterdir()) == before


# --- what is built once -------------------------------------------------------------------------


def stable(path):
    """The content of a file, without the moment of its writing and the signs of its zeros."""
    content = re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+", b"", path.read_bytes())
    return re.sub(rb"-0\.(?=[,)])", b"0.", content) if path.suffix == ".step" else content


def test_a_solid_that_was_kept_is_written_and_drawn_as_if_it_was_built_but_is_not(
    tmp_path, monkeypatch
):
    whole, given = document(PLATE + POCKET), document(PLATE)
    solid, before = (examine_and_keep(one.sequence).solid for one in (whole, given))
    first, second = tmp_path / "built", tmp_path / "kept"
    names = [f"part.{name}" for name in EXPORTERS if name != "fcstd"]  # built after each operation
    export(whole, 2, [first / name for name in names])
    draw_overview(given, [(whole, "1.")], first / "overview.png")
    monkeypatch.setattr("cadcomplete.kernel.build.construct", None)  # whoever builds fails
    export(whole, 2, [second / name for name in names], solid, before)
    draw_overview(given, [(whole, "1.")], second / "overview.png", [before, solid])
    for name in (*names, "overview.png"):
        assert stable(first / name) == stable(second / name), name


def test_a_packed_solid_is_the_same_and_nothing_is_no_bytes():
    made = build(decode(PLATE + POCKET))
    again = unpacked(packed(made))
    assert made is not None and again is not None
    assert measure(again) == measure(made)
    assert packed(None) == b"" and unpacked(b"") is None
    assert examine_and_keep(CadSequence(())).solid == b""
    beyond = decode(PLATE + "sketch 0 0 10 +z +x\ncircle 8 8 4\nextrude cut to 20 0\n")
    assert examine_and_keep(beyond).solid  # a cut of nothing is built,
    assert examine_and_keep(beyond, 2).solid is None  # but not where it has to do something
