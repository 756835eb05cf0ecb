"""Our own file format: exact, with what it does not know kept, and errors with their places."""

from __future__ import annotations

import json

import pytest
from conftest import PARTS, PLATE
from hypothesis import given, settings
from strategies import sequences

from cadcomplete import readers
from cadcomplete.errors import InputError, ReadError
from cadcomplete.history.curves import Arc, Circle, Line
from cadcomplete.history.geometry import XY
from cadcomplete.history.operations import Loop, Sketch
from cadcomplete.history.sequence import CadSequence, validate
from cadcomplete.language.lines import decode, encode

PLANE = {"origin": [0, 0, 0], "normal": [0, 0, 1], "x_axis": [1, 0, 0]}
SKETCH = {"type": "sketch", "plane": PLANE}
CIRCLE = {"type": "circle", "center": [20, 15], "radius": 5}
EXTRUDE = {
    "type": "extrude",
    "boolean": "new",
    "extent": {"type": "one_sided", "distance": 3},
    "profiles": ["0"],
}


def document(*commands, **more):
    return {"format": "cadcomplete", "version": 1, "units": "mm", **more, "sequence": [*commands]}


def read(raw):
    return readers.parse(json.dumps(raw), id="file")


def with_(command, **changes):
    """A command with other values; `...` leaves a key out."""
    return {key: value for key, value in {**command, **changes}.items() if value is not ...}


# --- there and back -----------------------------------------------------------------------------


@given(sequence=sequences())
@settings(max_examples=100, deadline=None)
def test_histories_are_written_and_read_exactly(sequence):
    again = readers.parse(readers.from_sequence(sequence).dump())
    assert again.dialect == "native"
    assert again.sequence == sequence


def test_numbers_are_kept_to_the_last_digit():
    radius = 0.1 + 0.2  # 0.30000000000000004
    raw = document(SKETCH, with_(CIRCLE, radius=radius))
    again = readers.parse(read(raw).dump())
    assert again.sequence.operations == (Sketch(XY, (Loop((Circle((20.0, 15.0), radius),)),)),)


def test_a_file_has_one_command_a_line(plate):
    lines = readers.from_sequence(CadSequence(plate.operations, "plate")).dump().splitlines()
    assert lines[0] == '{"format":"cadcomplete","version":1,"units":"mm","id":"plate","sequence":['
    assert lines[2:4] == ['{"type":"loop","start":[0,0]},', '{"type":"line","end":[40,0]},']
    assert lines[-1] == "]}"
    assert len(lines) == len(PLATE.splitlines()) + 2


def test_the_id_is_in_the_file_or_else_the_name_of_the_file():
    assert read(document(SKETCH, id="flange")).sequence.id == "flange"
    assert read(document(SKETCH)).sequence.id == "file"
    assert read(document(SKETCH, id=5)).sequence.id == "file"


def test_a_bare_list_of_commands_is_enough():
    assert len(read({"sequence": [SKETCH, CIRCLE, EXTRUDE]}).sequence) == 2


@pytest.mark.parametrize("path", sorted(PARTS.glob("*.json")), ids=lambda path: path.stem)
def test_examples_say_the_same_in_our_format(path):
    sequence = readers.read(path).sequence
    again = readers.parse(readers.from_sequence(sequence).dump()).sequence
    assert again == sequence


def with_more_keys():
    sketch = with_(SKETCH, name="Sketch 1", plane={**PLANE, "on": "top"})
    extent = {**EXTRUDE["extent"], "taper": None}
    return document(
        sketch,
        with_(CIRCLE, construction=False),
        with_(EXTRUDE, extent=extent, name="Ø ½″"),
        author={"name": "A", "tags": [1, [2]]},
    )


def test_keys_that_are_not_ours_are_kept():
    assert json.loads(read(with_more_keys()).dump()) == with_more_keys()


# --- shorter and longer -------------------------------------------------------------------------


def two_parts():
    return document(SKETCH, CIRCLE, EXTRUDE, SKETCH, CIRCLE, CIRCLE, EXTRUDE, note="kept")


@pytest.mark.parametrize(("keep", "commands"), [(0, 0), (1, 2), (2, 3), (3, 6), (4, 7)])
def test_a_shorter_document_has_the_commands_of_its_operations(keep, commands):
    shorter = read(two_parts()).truncated(keep)
    assert shorter.raw == {**two_parts(), "sequence": two_parts()["sequence"][:commands]}
    assert read(shorter.raw).sequence == shorter.sequence


@pytest.mark.parametrize("keep", [-1, 5])
def test_keeping_more_operations_than_there_are_is_refused(keep):
    with pytest.raises(InputError, match="expected 0 to 4"):
        read(two_parts()).truncated(keep)


def test_added_operations_come_after_what_was_there_and_change_nothing():
    before = read(with_more_keys())
    more = "sketch 0 0 3 +z +x\ncircle 20 15 2\nextrude join to 9 0\n"
    after = before.extended(decode(encode(before.sequence).text + more))
    assert after.raw["sequence"][:3] == with_more_keys()["sequence"]
    assert len(after.raw["sequence"]) == 6
    assert before.raw == with_more_keys()
    text = encode(readers.parse(after.dump()).sequence).text
    assert text == encode(before.sequence).text + more


@given(sequence=sequences())
@settings(max_examples=40, deadline=None)
def test_a_shorter_document_is_continued_to_the_whole_one(sequence):
    whole = readers.from_sequence(sequence)
    for keep in range(len(sequence)):
        assert whole.truncated(keep).extended(sequence).raw == whole.raw


@pytest.mark.parametrize("commands", range(6))
def test_a_sketch_that_was_left_off_after_any_command_is_continued(plate, commands):
    whole = readers.from_sequence(plate)
    unfinished = {**whole.raw, "sequence": whole.raw["sequence"][:commands]}
    assert read(unfinished).extended(plate).sequence.operations == plate.operations


# --- errors -------------------------------------------------------------------------------------


def refused(raw) -> ReadError:
    with pytest.raises(ReadError) as caught:
        read(raw)
    return caught.value


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("sketch", "not a command"),
        ({}, "not a command"),
        ({"type": 5}, "not a command"),
        ({"type": "loop"}, "loop lacks the key 'start'"),
        ({"type": "loop", "start": [1, 2, 3]}, "not a point"),
        ({"type": "loop", "start": {"x": 1, "y": 2}}, "not a point"),
        ({"type": "loop", "start": [1, "2"]}, "not a length"),
        ({"type": "loop", "start": [1, 1e9]}, "not a length"),
        ({"type": "loop", "start": [True, 1]}, "not a length"),
        ({"type": "line", "end": [1, 1]}, "line outside of a loop"),
        ({"type": "close"}, "close outside of a loop"),
        (with_(CIRCLE, radius=0), "not a size"),
        (with_(CIRCLE, radius=-1), "not a size"),
        (with_(CIRCLE, radius=None), "not a length"),
        (with_(SKETCH, plane=None), "wrong value of 'plane' in sketch"),
        (with_(SKETCH, plane={}), "plane of sketch lacks the key 'origin'"),
        (with_(SKETCH, plane={**PLANE, "x_axis": [0, 0, 2]}), "has no direction"),
        (with_(EXTRUDE, boolean="glue"), "unknown boolean"),
        (with_(EXTRUDE, extent=5), "wrong value of 'extent' in extrude"),
        (with_(EXTRUDE, extent={"type": "two_sided", "distance": 1}), "lacks the key 'against'"),
        (with_(EXTRUDE, extent={"type": ["one_sided"], "distance": 1}), "wrong value of 'extent'"),
        (with_(EXTRUDE, profiles="0"), "not profiles"),
        (with_(EXTRUDE, profiles=[0]), "not a profile"),
        (with_(EXTRUDE, profiles=["0/"]), "not a profile"),
        (with_(EXTRUDE, profiles=["1"]), "no such loop"),
        (with_(EXTRUDE, profiles=["0/1"]), "no such loop"),
        (with_(EXTRUDE, profiles=["@1:0"]), "no such sketch"),
    ],
)
def test_a_wrong_command_is_named_with_its_place(command, problem):
    error = refused(document(SKETCH, CIRCLE, command))
    assert problem in error.problem
    assert error.where == "$.sequence[2]"


@pytest.mark.parametrize("command", [CIRCLE, EXTRUDE, {"type": "loop", "start": [0, 0]}])
def test_a_sketch_comes_first(command):
    assert refused(document(command, SKETCH)).where == "$.sequence[0]"


@pytest.mark.parametrize(
    ("key", "value"), [("format", "other"), ("version", 2), ("units", "inch"), ("units", None)]
)
def test_files_of_another_kind_are_refused(key, value):
    assert refused(document(SKETCH, **{key: value})).where == f"$.{key}"


@pytest.mark.parametrize("raw", [[], 5, "sketch", None, {}, {"sequence": {}}])
def test_what_is_no_history_is_refused_with_what_was_expected(raw):
    error = refused(raw)
    assert error.where == "$"
    assert '"sequence" (cadcomplete)' in error.expected


# --- the line language as a file ----------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_of_lines_is_read_whatever_its_line_ends(tmp_path, plate, end):
    path = tmp_path / "plate.lines"
    path.write_bytes(PLATE.replace("\n", end).encode())
    document = readers.read(path)
    assert document.sequence == CadSequence(plate.operations, "plate")
    assert document.dialect == "native"


def test_an_arc_that_is_all_but_straight_can_be_written_in_lines():
    # 1 picometre high over 10 mm: 2.3e-8 degrees, which six decimals do not hold
    arc = Arc((0.0, 0.0), (5.0, -1e-9), (10.0, 0.0))
    rest = (Line((10.0, 0.0), (5.0, 5.0)), Line((5.0, 5.0), (0.0, 0.0)))
    sequence = CadSequence((Sketch(XY, (Loop((arc, *rest)),)),))
    assert validate(sequence) == ()
    text = encode(sequence).text
    assert text.splitlines()[2] == "arc 10 0 0.000001"
    assert encode(decode(text)).text == text


def test_an_unknown_dialect_lists_the_known_ones(plate):
    with pytest.raises(InputError, match="expected omnicad or native, got step"):
        readers.from_sequence(plate, dialect="step")
