"""Omni-CAD documents written back: lossless, cut short, and with operations added."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import pytest
from conftest import PARTS
from hypothesis import given, settings
from omnicad_documents import (
    PLATE,
    changed,
    circle,
    document,
    extrude,
    line,
    plate,
    profile,
    read,
    rectangle,
    ring_plate,
    sketch,
)
from strategies import sequences

from cadcomplete import readers
from cadcomplete.errors import InputError
from cadcomplete.history.curves import Circle
from cadcomplete.history.fields import FORMATS
from cadcomplete.history.geometry import XY
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Profile, Sketch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.lines import decode, encode

BOSS = "sketch 0 0 10 +z +x\ncircle 20 15 8\nextrude join to 30 0\n"


def extended(raw, more: str):
    """The document after more lines have been added to what it says."""
    before = read(raw)
    return before.extended(decode(encode(before.sequence).text + more))


def said(extended_document) -> str:
    """What a document says when it is written and read once more."""
    return encode(readers.parse(extended_document.dump()).sequence).text


# --- lossless -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(PARTS.glob("*.json")), ids=lambda path: path.stem)
def test_examples_are_written_as_they_were_read(path):
    assert json.loads(readers.read(path).dump()) == json.loads(path.read_text())


def with_more_fields():
    """A document with fields that nobody knows, everywhere."""
    raw = plate()
    raw |= {"version": {"major": 2}, "caption": "Plättchen ½″", "big": 10**30, "tags": [None, []]}
    raw["properties"]["mass"] = 1.25
    raw["sequence"][0]["suppressed"] = False
    raw["entities"]["S"]["reference_plane"] = {"type": "ConstructionPlane", "name": "XY"}
    raw["entities"]["S"]["profiles"]["P"]["properties"] = {"area": 0.0012}
    raw["entities"]["S"]["profiles"]["P"]["loops"][0]["profile_curves"][0]["layer"] = "a\u0000b"
    raw["entities"]["E"]["extent_one"]["distance"]["value"] = 0.063500002
    raw["entities"]["Note"] = {"type": "Text", "entity": "E"}
    return raw


def test_fields_that_nobody_knows_are_kept():
    assert json.loads(read(with_more_fields()).dump()) == with_more_fields()


def test_fields_that_nobody_knows_are_kept_when_operations_are_added():
    raw = json.loads(extended(with_more_fields(), BOSS).dump())
    for key, value in with_more_fields().items():
        if key not in ("entities", "sequence"):
            assert raw[key] == value
    assert raw["entities"].items() >= with_more_fields()["entities"].items()


# --- extend -------------------------------------------------------------------------------------


def test_what_was_there_stays_entity_for_entity_and_value_for_value():
    raw = changed(plate(), ("sequence", 1, "index"), 7)
    result = extended(raw, BOSS).raw
    assert {key: result["entities"][key] for key in raw["entities"]} == raw["entities"]
    assert result["sequence"][:2] == raw["sequence"]
    assert list(result["entities"])[:2] == list(raw["entities"])


def test_added_operations_read_back_the_same():
    assert said(extended(plate(), BOSS)) == PLATE + BOSS


def test_new_ids_are_fresh_and_indices_go_on_after_the_highest():
    raw = changed(plate(), ("sequence", 0, "index"), 7)
    result = extended(raw, BOSS).raw
    assert [entry["index"] for entry in result["sequence"]] == [7, 1, 8, 9]
    new = [entry["entity"] for entry in result["sequence"][2:]]
    assert len({"S", "E", *new}) == 4
    assert set(result["entities"]) == {"S", "E", *new}


def test_adding_the_same_twice_gives_the_same_document():
    assert extended(plate(), BOSS).dump() == extended(plate(), BOSS).dump()


def test_operations_can_be_added_in_two_steps():
    once = extended(plate(), BOSS)
    assert said(extended(once.raw, BOSS)) == PLATE + BOSS + BOSS


def test_adding_operations_leaves_the_document_that_was_read_alone():
    before = read(plate())
    raw = copy.deepcopy(before.raw)
    before.extended(decode(PLATE + BOSS))
    assert before.raw == raw


def test_what_was_there_is_not_rounded_when_operations_come_from_a_text():
    noisy = plate(S=sketch(P=profile([circle((0, 0), 0.063500002)])))
    result = extended(noisy, BOSS)
    assert result.raw["entities"]["S"] == noisy["entities"]["S"]
    assert result.sequence.operations[0] == read(noisy).sequence.operations[0]


@given(sequence=sequences(turned=False))
@settings(max_examples=60, deadline=None)
def test_every_history_can_be_written_and_read(sequence):
    written = readers.from_sequence(sequence, dialect="omnicad")
    again, drawn = said(written).split(), encode(sequence).text.split()
    assert len(again) == len(drawn)
    for one, other in zip(again, drawn, strict=True):
        # An arc goes by way of its centre, so the last of six decimals may be another.
        assert one == other or float(one) == pytest.approx(float(other), abs=2e-6)


@given(sequence=sequences(turned=False))
@settings(max_examples=40, deadline=None)
def test_every_history_can_be_continued_after_each_operation(sequence):
    whole = readers.from_sequence(sequence, dialect="omnicad").sequence
    for keep in range(len(whole)):
        given = readers.from_sequence(CadSequence(whole.operations[:keep]), dialect="omnicad")
        result = given.extended(whole)
        assert result.sequence.operations[:keep] == given.sequence.operations
        assert result.raw["entities"].items() >= given.raw["entities"].items()


# --- regions that a sketch does not list --------------------------------------------------------

RING = PLATE.replace("extrude new to 10 0", "circle 20 15 5\nextrude new to 10 0/1")


def test_a_region_that_the_sketch_lists_is_named():
    result = extended(ring_plate(), "extrude join to 20 0/1\n")
    assert said(result) == RING + "extrude join to 20 0/1\n"
    assert len(result.raw["entities"]) == 3


def test_a_region_that_the_sketch_does_not_list_gets_a_copy_of_the_sketch():
    result = extended(ring_plate(), "extrude cut to 5 1\n")
    copied = "sketch 0 0 0 +z +x\ncircle 20 15 5\nextrude cut to 5 0\n"
    assert said(result) == encode(result.sequence).text == RING + copied
    assert result.raw["entities"]["S"] == ring_plate()["entities"]["S"]


def test_references_move_on_behind_a_copy():
    result = extended(ring_plate(), f"extrude cut to 5 1\n{BOSS}extrude cut to 20 0 @1:0/1\n")
    copied = "sketch 0 0 0 +z +x\ncircle 20 15 5\nextrude cut to 5 0\n"
    assert said(result) == RING + copied + BOSS + "extrude cut to 20 0 @2:0/1\n"


# --- a sketch that is still being drawn ---------------------------------------------------------


def unfinished():
    """A plate, and on top of it two sides of a triangle; with a field of its own."""
    open_loop = [line((0.01, 0.01), (0.03, 0.01)), line((0.03, 0.01), (0.02, 0.02))]
    top = sketch(origin=(0, 0, 0.01), T=profile(open_loop)) | {"name": "Top", "colour": "red"}
    return document(**plate()["entities"], Top=top)


def test_a_loop_that_does_not_close_yet_is_read_as_far_as_it_goes():
    expected = "sketch 0 0 10 +z +x\nloop 10 10\nline 30 10\nline 20 20\n"
    assert encode(read(unfinished()).sequence).text == PLATE + expected
    assert read(unfinished()).sequence.whole_operations == 2


def test_finishing_a_sketch_keeps_its_id_frame_name_and_all_other_entities():
    raw = unfinished()
    result = extended(raw, "close\nextrude join to 15 0\n")
    assert said(result) == (
        PLATE + "sketch 0 0 10 +z +x\nloop 10 10\nline 30 10\nline 20 20\nclose\n"
        "extrude join to 15 0\n"
    )
    top = result.raw["entities"]["Top"]
    assert {**top, "profiles": 0} == {**raw["entities"]["Top"], "profiles": 0}
    assert all(result.raw["entities"][key] == raw["entities"][key] for key in ("S", "E"))
    assert result.raw["sequence"][:3] == raw["sequence"]


def test_a_sketch_without_loops_can_be_drawn():
    result = extended(document(S=sketch()), "circle 0 0 5\nextrude new to 1 0\n")
    assert said(result) == "sketch 0 0 0 +z +x\ncircle 0 0 5\nextrude new to 1 0\n"


def test_an_arc_that_does_not_exist_cannot_be_written():
    straight = '{"type":"arc","mid":[5,0],"end":[10,0]}'
    plane = '{"type":"sketch","plane":{"origin":[0,0,0],"normal":[0,0,1],"x_axis":[1,0,0]}}'
    text = f'{{"sequence":[{plane},{{"type":"loop","start":[0,0]}},{straight}]}}'
    with pytest.raises(InputError, match="operation 0: no arc through"):
        readers.from_sequence(readers.parse(text).sequence, dialect="omnicad")


# --- truncate -----------------------------------------------------------------------------------


def two_plates():
    """Two plates, a sketch that is not in the sequence, and the box of the finished part."""
    raw = plate()
    raw["entities"] |= {"T": sketch(P=profile([circle((0, 0), 0.005)])), "F": extrude("T.P")}
    raw["entities"] |= {"Loose": sketch(P=profile(rectangle(0, 0, 1, 1)))}
    result = document("S", "E", "T", "F", **raw["entities"])
    result["properties"] = {"bounding_box": {"max_point": {"x": 1.0}}, "mass": 2.0}
    return result


def test_a_shorter_document_has_no_trace_of_what_follows():
    raw = read(two_plates()).truncated(2).raw
    assert raw == {**plate(), "properties": {"mass": 2.0}}


@pytest.mark.parametrize("keep", range(5))
def test_a_shorter_document_says_how_the_long_one_begins(keep):
    whole = read(two_plates())
    shorter = readers.parse(whole.truncated(keep).dump()).sequence
    assert shorter.operations == whole.sequence.operations[:keep]


def test_nothing_of_a_document_is_lost_when_all_of_it_is_kept():
    assert read(two_plates()).truncated(4).raw == two_plates()


def test_entities_are_kept_that_kept_ones_refer_to_however_deep():
    raw = two_plates()
    raw["entities"]["S"]["reference_plane"] = {"on": [{"face": "Face"}]}
    raw["entities"] |= {
        "Face": {"type": "Face", "of": "Body"},
        "Body": {"type": "B", "face": "Face"},
    }
    assert set(read(raw).truncated(1).raw["entities"]) == {"S", "Face", "Body"}


def test_cutting_a_document_short_leaves_it_alone():
    whole = read(two_plates())
    whole.truncated(1)
    assert whole.raw == two_plates()


@pytest.mark.parametrize("keep", [-1, 5])
def test_keeping_more_operations_than_there_are_is_refused(keep):
    with pytest.raises(InputError, match="expected 0 to 4"):
        read(two_plates()).truncated(keep)


@pytest.mark.parametrize(
    ("sketch", "loop", "said"),
    [(3, 0, "sketch 3, loops 0"), (-1, 0, "sketch -1"), (1, 0, "sketch 1"), (0, 2, "loops 2")],
)
def test_an_extrude_of_what_is_not_drawn_before_it_is_refused_by_name(sketch, loop, said):
    drawn, extrude = decode("sketch 0 0 0 +z +x\ncircle 0 0 5\nextrude new to 5 0\n").operations
    wrong = replace(extrude, profiles=(Profile(sketch, loop),))
    with pytest.raises(InputError, match=rf"operation 1: no such profile: got .*{said}"):
        readers.from_sequence(CadSequence((drawn, wrong), "a"), dialect="omnicad")


def test_whole_numbers_may_be_given_as_such():
    whole = CadSequence((Sketch(XY, (Loop((Circle((0, 0), 5),)),)),), "a")
    texts = {form: encode(whole, text_format=form).text for form in FORMATS}
    floats = CadSequence((Sketch(XY, (Loop((Circle((0.0, 0.0), 5.0),)),)),), "a")
    assert texts == {form: encode(floats, text_format=form).text for form in FORMATS}
    assert readers.from_sequence(whole).dump() == readers.from_sequence(floats).dump()
