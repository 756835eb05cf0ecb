"""What `inspect` and `convert` say to people: where, once, in words, and what to do."""

from __future__ import annotations

import pytest

from cadcomplete.errors import GeometryError, ReadError, TextError
from cadcomplete.history.operations import Unknown
from cadcomplete.history.reaching import behind
from cadcomplete.history.sequence import CadSequence, validate
from cadcomplete.language.lines import decode
from cadcomplete.readers.freecad.archive import entry_in
from cadcomplete.reports.parts import inspection_text
from cadcomplete.reports.told import told, told_in_words

BOX = """sketch 0 0 0 +z +x
loop 0 0
line 40 0
line 40 30
line 0 30
close
extrude new to 10 0
"""
DISC = "sketch 0 0 10 +z +x\ncircle 20 15 4\n"


@pytest.fixture
def said(run, tmp_path):
    """Return the problems that `inspect` prints for the lines of a part."""

    def said(text):
        path = tmp_path / "part.lines"
        path.write_text(text)
        code, out, err = run("inspect", path)
        assert (code, err) == (0, "")
        return [line for line in out.splitlines() if line.startswith(("error", "warning"))]

    return said


def test_a_hole_that_misses_is_told_by_both_commands(run, tmp_path):
    path, target = tmp_path / "part.lines", tmp_path / "part.step"
    path.write_text(f"{BOX}hole 0 0 10 +z +x 6 through at 100 100\n")
    _, out, _ = run("inspect", path)
    assert "size 40 × 30 × 10 mm from (0, 0, 0) mm, 1 body" in out
    assert "warning at operation 2: the hole changes nothing" in out
    code, _, err = run("convert", path, target)
    assert (code, target.exists()) == (0, True)
    assert err == f"{path}: operation 2: the hole changes nothing\n"


def test_a_point_that_names_no_edge_is_told_with_the_nearest_one(said):
    """From (20, 14, 7) to the rim at y = 0 and z = 10: √(14² + 3²) mm."""
    (line,) = said(f"{BOX}fillet 2 20,14,7\n")
    assert line.startswith("error at operation 2: 20,14,7: there is no such edge (any more): ")
    assert line.endswith(f"{(14**2 + 3**2) ** 0.5:.6g} mm off, at (20, 0, 10) mm")


def test_a_taper_that_is_too_steep_is_told_once(said):
    (line,) = said("sketch 0 0 0 +z +x\ncircle 0 0 5\nextrude new taper 60 to 30 0\n")
    assert line.startswith("error at operation 1, profiles[0]: the taper of 60° is too steep")


def test_next_says_its_own_sentence(said):
    (line,) = said(f"{BOX}sketch 0 0 20 +z +x\ncircle 10 10 4\nextrude join to next 0\n")
    assert line == "error at operation 3: next meets nothing: no part lies along its normal"
    with pytest.raises(GeometryError, match="nothing to go through: no part lies against"):
        behind((1.0, 2.0), -1)


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        (f"{BOX}fillet 2 end@3\n", "no such operation before it: @1 to @2 are possible: got end@3"),
        (f"{BOX}fillet 2 end@0\n", "no such operation before it: @1 to @2 are possible: got end@0"),
        (f"{BOX}{DISC}extrude cut to face end@4 0\n", "@1 to @3 are possible: got end@4"),
    ],
)
def test_counting_back_too_far_says_what_is_possible(text, possible):
    with pytest.raises(TextError) as caught:
        decode(text)
    assert possible in str(caught.value)


@pytest.mark.parametrize(
    ("extent", "words"),
    [
        ("at 8 to face start@2", "starting -2 mm from its plane, to the start of operation 1"),
        ("to face side@2/0.1", "to the side of operation 1, loop 0, curve 1"),
        ("to face +z 2", "to the plane across +z, 2 mm from the origin"),
        ("from through to 15", "5 mm along its normal and through against it"),
        ("taper 5 at 8 to next", "starting -2 mm from its plane, next along its normal, tapered"),
    ],
)
def test_where_an_extrude_ends_is_told_in_words(extent, words):
    cut = decode(f"{BOX}{DISC}extrude cut {extent} 0\n").operations[3]
    assert f"extrude  cut, {words}" in told_in_words(told(3, cut))


def test_of_what_is_not_known_only_the_reason_is_told():
    nothing = CadSequence((), rest=(Unknown("Loft", ("Loft",), source="$.features[0]"),))
    (finding,) = validate(nothing)
    assert (finding.path, finding.severity) == ("$.features[0]", "warning")
    assert "Loft" in finding.problem
    assert [one.problem for one in validate(CadSequence(()))] == ["there are no operations"]


def test_a_damaged_file_says_what_to_do():
    with pytest.raises(ReadError, match=r"damaged: .* \(copy or save it again\)"):
        entry_in(b"no zip", "Document.xml")


def test_rounding_of_the_kernel_is_not_told():
    """A corner that is off by 4e-16 mm lies at zero."""
    report = {
        "id": "box",
        "operations": 0,
        "curves": 0,
        "caption": "",
        "history": [],
        "volume_mm3": 1.0,
        "area_mm2": 6.0,
        "bounding_box_mm": {"min": [-4.4e-16, 2.7e-16, -0.5], "max": [1.0, 1.0, 0.5]},
        "bodies": 1,
        "tokens": {},
        "problems": [],
        "valid": True,
        "checked": True,
        "known": 0,
        "unsupported": [],
        "format": "native",
    }
    assert "size 1 × 1 × 1 mm from (0, 0, -0.5) mm, 1 body" in inspection_text(report)
