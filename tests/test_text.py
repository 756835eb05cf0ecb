"""The text of a history: laws 1, 2 and 7, for every history and both formats."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from strategies import sequences

from cadcomplete.errors import TextError
from cadcomplete.history.fields import FORMATS, number
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.language.lines import TextAfter, decode, encode
from cadcomplete.language.prompt import head, prompt

D_SHAPE = """\
sketch 0 0 0 +z +x
loop 6.35 0
line 98.425 0
arc 98.425 88.9 180
line 6.35 88.9
close
circle 98.425 44.45 15.24
extrude new to 22.225 0/1
"""


def cut(sequence: CadSequence, place) -> CadSequence:
    """The history up to a cut; a sketch of which nothing is drawn yet has its plane."""
    return truncate(sequence, place.operations, curves=place.curves)


def test_the_line_language_reads_as_it_was_written():
    assert encode(decode(D_SHAPE)).text == D_SHAPE


def test_json_text_has_one_command_a_line_and_no_end():
    lines = encode(decode(D_SHAPE), text_format="json").text.splitlines()
    assert lines[0] == '{"sequence":['
    assert lines[3] == ',{"type":"line","end":[98.425,0]}'
    assert lines[-1].startswith(',{"type":"extrude","boolean":"new"')


@pytest.mark.parametrize("text_format", FORMATS)
@given(sequence=sequences())
@settings(max_examples=60)
def test_the_text_up_to_a_cut_is_the_text_of_the_history_cut_there(sequence, text_format):
    whole = encode(sequence, text_format=text_format)
    for place, offset in zip(whole.cuts, whole.offsets, strict=True):
        part = encode(cut(sequence, place), text_format=text_format)
        assert part.text == whole.text[:offset]


@pytest.mark.parametrize("text_format", FORMATS)
@given(sequence=sequences())
@settings(max_examples=30)
def test_an_operation_more_is_written_as_in_the_whole_history(sequence, text_format):
    whole = encode(sequence, text_format=text_format)
    ends = whole.operation_offsets
    for index, operation in enumerate(sequence.operations):
        after = TextAfter(truncate(sequence, index), text_format=text_format)
        assert after.text(operation) == whole.text[ends[index] : ends[index + 1]]


@given(sequence=sequences())
@settings(max_examples=60)
def test_json_text_is_lossless(sequence):
    text = encode(sequence, text_format="json").text
    assert decode(text, text_format="json").operations == sequence.operations


@given(sequence=sequences())
@settings(max_examples=60)
def test_what_was_written_in_lines_is_written_again_the_same(sequence):
    text = encode(sequence).text
    assert encode(decode(text)).text == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (63.5, "63.5"),
        (63.500002, "63.5"),  # the single-precision metre 0.0635
        (-1e-9, "0"),
        (0.125, "0.125"),
        (1 / 3, "0.333333"),
        (16385.176, "16385.176"),
        (1e7, "10000000"),
    ],
)
def test_numbers_are_the_shortest_decimals(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("blob 1 2", "unknown command"),
        ("sketch 0 0 0 +z", "too short"),
        ("sketch 0 0 0 +z +x 4", "too long"),
        ("sketch 0 0 0 +z +z", "has no direction"),
        ("sketch 0 0 nan +z +x", "not a number"),
        ("circle 0 0 1", "outside of a sketch"),
        ("extrude new to 5 0", "no such sketch"),
    ],
)
def test_a_wrong_line_is_named(line, problem):
    with pytest.raises(TextError, match=problem) as caught:
        decode(f"{line}\n")
    assert caught.value.where == "line 1"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("circle 0 0 0", "not a size"),
        ("line 1 1", "outside of a loop"),
        ("close", "outside of a loop"),
        ("extrude new to 5 1", "no such loop"),
        ("extrude new up 5 0", "unknown extent"),
        ("extrude glue to 5 0", "unknown boolean"),
        ("extrude new to 5 0/", "not a profile"),
    ],
)
def test_a_line_that_cannot_follow_is_named(line, problem):
    with pytest.raises(TextError, match=problem) as caught:
        decode(f"sketch 0 0 0 +z +x\ncircle 0 0 5\n{line}\n")
    assert caught.value.where == "line 3"


def test_a_prompt_starts_with_the_caption_and_without_one_with_nothing_for_it(plate):
    assert prompt(plate, caption="a plate\nwith a hole").text.startswith(
        "Complete this CAD sequence: a plate with a hole\nsketch 0 0 0 +z +x\n"
    )
    assert head(None) == head("") == head(" \n") == "Complete this CAD sequence\n"


def test_a_caption_cannot_smuggle_in_special_tokens():
    assert "<|" not in head("a <|endoftext|> plate")


def test_a_prompt_for_no_operations_is_the_instruction_alone(plate):
    text = prompt(plate, caption="a plate")
    assert text.text[: text.offsets[0]] == head("a plate")
