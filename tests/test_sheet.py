"""The sheet of parts: a tile for each, given in grey, target in colour."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import PLATE
from PIL import Image
from test_prepare import rings

from cadcomplete.errors import InputError
from cadcomplete.exporters.sheet import draw_sheet
from cadcomplete.kernel.contain import Kernel
from cadcomplete.language.lines import decode
from cadcomplete.readers import from_sequence

POCKET = "sketch 0 0 10 +z +x\ncircle 8 8 4\nextrude cut to 4 0\n"
ALL_AWAY = "sketch 0 0 -5 +z +x\ncircle 20 15 80\nextrude cut to 50 0\n"
TILE = 120


def document(text):
    return from_sequence(decode(text))


def tiles(path, columns, tile=TILE):
    """Cut a sheet into its tiles, in reading order; without the frames around them."""
    sheet = np.asarray(Image.open(path)).astype(int)
    rows = len(sheet) // (tile + 22)
    assert sheet.shape == (rows * (tile + 22), columns * tile, 3)
    return [
        sheet[r * (tile + 22) :, c * tile :][1:tile, 1:tile]
        for r in range(rows)
        for c in range(columns)
    ]


def orange(picture):
    return (picture[..., 0] - picture[..., 2] > 60).sum()


def blue(picture):
    return (picture[..., 2] - picture[..., 0] > 60).sum()


def grey(picture):
    return ((np.ptp(picture, axis=2) < 25) & (picture.max(axis=2) < 240)).sum()


@pytest.fixture(scope="module")
def kernel():
    with Kernel(workers=1, time_limit=2.0) as kernel:
        kernel.submit(abs, 1, limit=60.0).result()  # until the kernel is loaded
        yield kernel


@pytest.fixture(scope="module")
def sheet(tmp_path_factory, kernel):
    """Every case once, three in a row."""
    path = tmp_path_factory.mktemp("sheet") / "sheet.png"
    pocket = document(PLATE + POCKET)
    entries = [(pocket, keep) for keep in (0, 1, 2, 3, 4)]
    entries += [(document(PLATE + ALL_AWAY), 2), (document(PLATE), 2)]
    draw_sheet(entries, path, kernel=kernel, columns=3, tile=TILE)
    return tiles(path, 3)


def test_tiles_stand_in_rows(sheet):
    assert len(sheet) == 9
    assert [bool((tile < 250).any()) for tile in sheet] == [True] * 7 + [False] * 2


def test_part_of_which_nothing_was_given_is_all_colored(sheet):
    assert orange(sheet[0]) > 1000
    assert blue(sheet[0]) == 0


def test_sketch_that_was_given_is_blue(sheet):
    assert orange(sheet[1]) > 1000
    assert blue(sheet[1]) > 50


def test_given_solid_is_grey_and_what_is_cut_out_colored(sheet):
    assert grey(sheet[2]) > 2000
    assert 20 < orange(sheet[2]) < 500  # of a plate of 40 × 30, a circle of π 4²
    assert blue(sheet[2]) == 0


def test_sketch_on_a_given_solid_is_blue(sheet):
    assert grey(sheet[3]) > 2000
    assert 20 < orange(sheet[3]) < 500
    assert blue(sheet[3]) > 10


def test_part_that_was_given_whole_is_grey(sheet):
    for tile in (sheet[4], sheet[6]):
        assert grey(tile) > 2000
        assert orange(tile) == blue(tile) == 0


def test_part_that_cannot_be_built_says_so(sheet):
    assert 50 < (sheet[5].max(axis=2) < 128).sum() < 2000  # text on white
    assert orange(sheet[5]) == 0


def test_few_parts_make_a_narrow_sheet(tmp_path, kernel):
    entries = [(document(PLATE), 1)] * 2
    draw_sheet(entries, tmp_path / "sheet.png", kernel=kernel, tile=TILE)
    assert len(tiles(tmp_path / "sheet.png", 2)) == 2


def test_labels_stand_under_the_tiles(tmp_path, kernel):
    entries, sheets = [(document(PLATE), 2)] * 2, []
    for labels in (["one", "one"], ["one", "another"]):
        draw_sheet(entries, tmp_path / "sheet.png", kernel=kernel, tile=TILE, labels=labels)
        sheets.append(np.asarray(Image.open(tmp_path / "sheet.png")))
    same = (sheets[0] == sheets[1]).all(axis=2)
    assert same[:TILE].all() and same[:, :TILE].all()
    assert not same[TILE:, TILE:].all()


def test_sheet_of_nothing_raises_input_error(tmp_path, kernel):
    with pytest.raises(InputError, match="no parts to draw"):
        draw_sheet([], tmp_path / "sheet.png", kernel=kernel)


def test_cut_that_does_not_exist_raises_input_error(tmp_path, kernel):
    with pytest.raises(InputError, match="cannot keep so many operations"):
        draw_sheet([(document(PLATE), 9)], tmp_path / "sheet.png", kernel=kernel)
    assert list(tmp_path.iterdir()) == []


def test_part_that_takes_the_kernel_too_long_costs_its_own_tile(tmp_path, kernel):
    entries = [(document(PLATE), 1), (from_sequence(rings()), 1), (document(PLATE), 1)]
    draw_sheet(entries, tmp_path / "sheet.png", kernel=kernel, tile=TILE)
    before, slow, after = tiles(tmp_path / "sheet.png", 3)
    assert orange(before) == orange(after) > 1000
    assert orange(slow) == 0
    assert (slow.max(axis=2) < 128).any()  # the reason
