"""Mirrors and patterns as text: every format, the grammar, the prefix law, bad input."""

from __future__ import annotations

import json
import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cadcomplete.errors import TextError
from cadcomplete.history.fields import FORMATS, Whole
from cadcomplete.history.kinds import AXES
from cadcomplete.history.patterns import LinearPattern, Mirror, PolarPattern
from cadcomplete.history.sequence import CadSequence, truncate, validate
from cadcomplete.language.grammar import Grammar
from cadcomplete.language.lines import JSON_HEAD, decode, encode

VOCABULARY = {text: i for i, text in enumerate(string.printable)}

PART = """\
sketch 0 0 0 +z +x
loop 0 0
line 40 0
line 40 30
line 0 30
close
extrude new to 10 0
sketch 0 0 10 +z +x
circle 5 5 2
extrude cut to 0 0
"""
PATTERNS = """\
mirror +x 20 @1
linear +y 20.5 2 @1 @2
polar +z 20 15 0 6 360 @2 @3
linear -x 45 12 all
polar -y 0 0 1.25 100 67.5 @1
mirror -z 0 all
"""
WHOLE = PART + PATTERNS


def test_a_pattern_is_one_line_that_counts_back():
    assert decode(WHOLE).operations[4:] == (
        Mirror((1.0, 0.0, 0.0), 20.0, (3,)),
        LinearPattern((0.0, 1.0, 0.0), 20.5, 2, (4, 3)),
        PolarPattern((0.0, 0.0, 1.0), (20.0, 15.0, 0.0), 6, 360.0, (4, 3)),
        LinearPattern((-1.0, 0.0, 0.0), 45.0, 12, None),
        PolarPattern((0.0, -1.0, 0.0), (0.0, 0.0, 1.25), 100, 67.5, (7,)),
        Mirror((0.0, 0.0, -1.0), 0.0, None),
    )
    assert validate(decode(WHOLE)) == ()


@pytest.mark.parametrize("text_format", FORMATS)
def test_what_is_written_is_read_and_written_again(text_format):
    sequence = decode(WHOLE)
    text = encode(sequence, text_format=text_format).text
    assert decode(text, text_format=text_format) == sequence
    assert encode(decode(text, text_format=text_format), text_format=text_format).text == text
    assert text.count("mirror") == text.count("linear") == text.count("polar") == 2


@pytest.mark.parametrize("text_format", FORMATS)
def test_the_text_of_a_beginning_is_how_the_whole_text_begins(text_format):
    sequence = decode(WHOLE)
    text = encode(sequence, text_format=text_format)
    for keep in range(len(sequence) + 1):
        begun = encode(truncate(sequence, keep), text_format=text_format).text
        assert begun == text.text[: text.operation_offsets[keep]]


numbers = st.integers(-200_000, 200_000).map(lambda n: n / 1000)
sizes = st.integers(1, 200_000).map(lambda n: n / 1000)
directions = st.sampled_from(list(AXES.values()))
counts = st.integers(2, 1000)
whats = st.sampled_from([None, (1,), (3,), (1, 3), (3, 1)])
patterns = st.one_of(
    st.builds(Mirror, directions, numbers, whats),
    st.builds(LinearPattern, directions, sizes, counts, whats),
    st.builds(
        PolarPattern,
        directions,
        st.tuples(numbers, numbers, numbers),
        counts,
        st.integers(1, 360_000).map(lambda n: n / 1000),
        whats,
    ),
)


@settings(max_examples=60)
@given(st.lists(patterns, min_size=1, max_size=3), st.sampled_from(FORMATS))
def test_random_patterns_are_read_as_they_were_written_and_the_grammar_takes_them(
    some, text_format
):
    sequence = CadSequence((*decode(PART).operations, *some))
    text = encode(sequence, text_format=text_format)
    assert decode(text.text, text_format=text_format) == sequence
    begun = text.operation_offsets[4]
    assert text.text[:begun] == encode(truncate(sequence, 4), text_format=text_format).text
    matcher = Grammar(VOCABULARY, 999, text_format=text_format).start(decode(PART))
    for char in text.text[begun:]:
        assert VOCABULARY[char] in matcher.allowed()
        matcher.accept(VOCABULARY[char])
    assert matcher.drawing.sequence == sequence


def test_a_mirror_that_lies_askew_is_said_by_its_normal():
    line = "mirror 0.6 0 0.8 12.5 @1\n"
    (*_, mirror) = decode(PART + line).operations
    assert mirror == Mirror((0.6, 0.0, 0.8), 12.5, (3,))
    assert encode(decode(PART + line)).text == PART + line
    (*_, longer) = decode(PART + "mirror 6 0 8 12.5 @1\n").operations
    assert longer == mirror


def test_a_sketch_in_between_is_counted_too():
    (*_, mirror) = decode(PART + "sketch 0 0 10 +z +x\ncircle 9 9 1\nmirror +x 20 @2\n").operations
    assert mirror == Mirror((1.0, 0.0, 0.0), 20.0, (3,))


def test_json_has_the_same_by_name():
    text = encode(decode(WHOLE), text_format="json").text
    assert ',{"type":"mirror","normal":[1,0,0],"position":20,"of":["@1"]}\n' in text
    assert '"direction":[0,1,0],"spacing":20.5,"count":2,"of":["@1","@2"]}' in text
    assert '"axis":[0,0,1],"point":[20,15,0],"count":6,"angle":360,"of":["@2","@3"]}' in text
    assert '"of":["all"]}' in text


def test_numbers_refer_to_places_that_there_are():
    """The mirror's place along x is one that stands there already; so is the axis' y."""
    text = PART + "mirror +x 40 @1\npolar +z 40 30 0 4 360 @2\n"
    *_, mirror, polar, _ = encode(decode(text), text_format="numbers").text.split("\n")
    assert mirror.startswith("mirror +x r") and mirror.endswith(" @1")
    assert polar.startswith("polar +z r0 r") and " 0 4 +" in polar


@pytest.mark.parametrize("text_format", FORMATS)
def test_the_grammar_lets_every_pattern_through(text_format):
    matcher = Grammar(VOCABULARY, 999, text_format=text_format).start(CadSequence(()))
    text = encode(decode(WHOLE), text_format=text_format).text.removeprefix(f"{JSON_HEAD}\n")
    for char in text:
        assert VOCABULARY[char] in matcher.allowed()
        matcher.accept(VOCABULARY[char])
    assert matcher.may_end and matcher.drawing.sequence == decode(WHOLE)


def after(line: str, given: str = PART) -> str:
    """The characters that may follow the beginning of a line."""
    matcher = Grammar(VOCABULARY, 999, text_format="lines").start(decode(given))
    for char in line:
        matcher.accept(VOCABULARY[char])
    texts = matcher.grammar.texts
    return "".join(sorted(texts[token] for token in matcher.allowed() if token != 999))


def test_the_grammar_names_only_what_can_be_done_again():
    assert after("mirror +x 20 ") == "@a"
    assert after("mirror +x 20 @") == "13"  # not the sketches
    assert after("mirror +x 20 @1") == "\n "
    assert after("mirror +x 20 @1 @") == "3"
    assert after("mirror +x 20 @1 @3") == "\n"  # each once
    assert after("mirror +x 20 all") == "\n"


def test_the_grammar_counts_from_2_to_1000():
    assert after("linear +x 5 ") == "123456789"
    assert after("linear +x 5 1") == "0123456789"  # one alone is no pattern
    assert after("linear +x 5 100") == " 0"
    assert after("linear +x 5 1000") == " "


def test_nothing_is_done_again_before_something_is_built():
    given = "sketch 0 0 0 +z +x\ncircle 0 0 5\n"
    grammar = Grammar(VOCABULARY, 999, text_format="lines")
    assert not {"mirror", "linear", "polar"} & set(grammar.start(decode(given)).openings)
    assert {"mirror", "linear", "polar"} <= set(grammar.start(decode(PART)).openings)


def test_a_direction_of_an_earlier_sketch_is_offered():
    given = PART + "sketch 8 0 0 0.6 0 0.8 +y\ncircle 0 0 5\n"
    assert after("mirror 0", given) == "."
    assert after("mirror 0.6 0 0.8 ", given) == "-0123456789"


def test_a_whole_number_is_what_it_says():
    slot = Whole(12, 1000)
    assert [n for n in range(3000) if slot.is_one(str(n))] == [*range(12, 1001)]
    assert all(slot.begins(str(n)[:end]) for n in range(12, 1001) for end in range(5))
    assert not any(slot.begins(text) for text in ("0", "1001", "-1", "1.", "2000", "x"))


BAD: dict[str, Any] = {
    "mirror 0 0 0 20 all": "not a direction: expected three numbers, not all 0",
    "mirror +x": "mirror is too short: expected normal, position, of",
    "mirror +x 20 @9": "no such operation: expected at most 4 before, got @9",
    "mirror +x 20 @0": "not an operation: expected all, or operations such as @1, got @0",
    "mirror +x 20 all @1": "not an operation",
    "mirror +x 20 @1:0": "not an operation",
    "linear +x 0 3 @1": "not a size: expected a number above 0",
    "linear +x -5 3 @1": "not a size: expected a number above 0",
    "linear +x 5 1 @1": "not a number of places: expected 2 to 1000, the first included, got 1",
    "linear +x 5 2.5 @1": "not a number of places",
    "linear +x 5 1001 @1": "not a number of places",
    "polar +z 0 0 0 3 0 @1": "not an angle: expected degrees above 0, up to 360, got 0",
    "polar +z 0 0 0 3 361 @1": "not an angle",
}


@pytest.mark.parametrize("line", BAD)
def test_a_line_that_is_no_pattern_names_what_it_is(line):
    with pytest.raises(TextError, match="line 11") as caught:
        decode(PART + line + "\n")
    assert BAD[line] in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("of", "all", 'not operations: expected a list such as ["all"] or ["@1"]'),
        ("of", [1], "not an operation"),
        ("count", 2.5, "not a number of places"),
        ("count", True, "not a number of places"),
        ("count", "3", "not a number of places"),
        ("direction", [1, 0], "not a point: expected a list of 3 numbers"),
        ("spacing", 0, "not a size"),
    ],
)
def test_json_that_is_no_pattern_names_what_it_is(key, value, said):
    good = {"type": "linear", "direction": [1, 0, 0], "spacing": 5, "count": 3, "of": ["@1"]}
    begun = encode(decode(PART), text_format="json").text
    assert decode(f"{begun},{json.dumps(good)}\n", text_format="json")
    with pytest.raises(TextError) as caught:
        decode(f"{begun},{json.dumps(good | {key: value})}\n", text_format="json")
    assert said in str(caught.value)


def test_what_does_not_stand_before_cannot_be_counted_back():
    wrong = CadSequence((*decode(PART).operations, Mirror((1.0, 0.0, 0.0), 0.0, (7,))))
    with pytest.raises(TextError, match="no such operation before: expected below 4, got 7"):
        encode(wrong)
