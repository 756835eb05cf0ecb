"""The format `numbers`: each number by what stands there already, and nothing is lost."""

from __future__ import annotations

import pytest
from conftest import PARTS
from hypothesis import given, settings
from strategies import sequences

from cadcomplete.errors import TextError
from cadcomplete.history.geometry import XY, Plane
from cadcomplete.language import numbers
from cadcomplete.language.lines import decode, encode
from cadcomplete.language.numbers import Axis, Memory, SketchAxes, fresh, read_number, write_number
from cadcomplete.language.prompt import prompt
from cadcomplete.readers import read

X = Axis(0)


def remembering(*values, axis=X):
    return Memory().seen((axis, value) for value in values)


@given(sequence=sequences())
@settings(max_examples=60, deadline=None)
def test_it_says_what_the_line_language_says(sequence):
    lines = decode(encode(sequence).text)
    text = encode(sequence, text_format="numbers", words=()).text
    assert decode(text, text_format="numbers").operations == lines.operations
    assert encode(lines, text_format="numbers", words=()).text == text


def test_the_example_parts_are_shorter_and_whole():
    for path in sorted(PARTS.glob("*.json")):
        sequence = read(path).sequence
        text = encode(sequence, text_format="numbers").text
        assert encode(decode(text, text_format="numbers")).text == encode(sequence).text
        words = text.split()
        named = sum(word == "0" or (word[0] in "rn" and word[1:].isdigit()) for word in words)
        assert named > 0.2 * len(words)


@pytest.mark.parametrize(
    ("seen", "value", "word"),
    [
        ((), 0.0, "0"),
        ((5.0, 7.0), 7.0, "r0"),
        ((5.0, 7.0), 5.0, "r1"),
        ((5.0, 7.0, 5.0), 7.0, "r1"),  # each number once, the newest first
        ((5.0,), -5.0, "n0"),
        ((-5.0,), -5.0000001, "r0"),  # the same to a nanometre
        ((7.123457,), 17.123457, "d+64#0"),  # ten further on
    ],
)
def test_a_number_is_said_by_what_stands_there(seen, value, word):
    memory = remembering(*seen)
    assert write_number(value, X, memory) == word
    assert read_number(word, X, memory) == pytest.approx(value, abs=1e-6)


def test_sizes_are_sixteen_steps_a_decade_and_round_numbers_come_by_rank():
    # 10 = 10^1: (1 + 3) * 16 = 64; it is the roundest of 10 to 11.5, and 11 the next.
    assert fresh(10.0) == "+64#0"
    assert fresh(-10.0) == "-64#0"
    assert read_number("+64#1", X, Memory()) == 11.0
    # 10.123457 lies 16 * 32 * log10(1.0123457) = 2.7 finer steps further, and is not round.
    assert fresh(10.123457) == "+64~2=10.123457"


def test_a_number_is_compared_where_it_lies_in_the_world():
    behind = Plane((0.0, 0.0, 30.0), (0.0, 0.0, -1.0), (-1.0, 0.0, 0.0))
    frame = SketchAxes.of(behind)
    assert frame.u == Axis(0, -1.0, 0.0)  # its x runs against that of the world
    memory = remembering(20.0)
    assert write_number(-20.0, frame.u, memory) == "r0"


def test_an_end_refers_to_planes_and_corners_along_the_normal():
    text = "sketch 0 0 12.5 +z +x\ncircle 0 0 4\nextrude new to 30 0\n"
    again = "sketch 0 0 0 +x +y\ncircle 0 30 2\nextrude join to 5 0\n"
    said = encode(decode(text + again), text_format="numbers").text.splitlines()
    assert said[2].startswith("extrude @0:0 new to +")
    assert said[4].split()[2] == "r1"  # y of this sketch is z of the world: 30, and then 0


def test_a_skew_plane_has_numbers_of_its_own():
    skew = SketchAxes.of(Plane((0.0, 0.0, 0.0), (0.6, 0.0, 0.8), (0.0, 1.0, 0.0)))
    assert (skew.u.key, skew.v.key, skew.w.key) == ("u", "v", "w")
    assert SketchAxes.of(XY).u.key == 0


@pytest.mark.parametrize(
    ("word", "problem"),
    [
        ("r0", "no such number before"),
        ("n3", "no such number before"),
        ("d+64#0", "no number before"),
        ("+64#99", "no such round number"),
        ("+64~3", "not a number"),
        ("ten", "not a number"),
        ("12.5", "not a number"),
    ],
)
def test_a_word_that_says_no_number_is_named(word, problem):
    with pytest.raises(TextError, match=problem):
        read_number(word, X, Memory())


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("clothoid 0 0", "unknown command"),
        ("circle 0 0", "too short"),
        ("circle 0 0 +60#0 0", "too long"),
        ("extrude @0 new to +60#0", "not a profile"),
        ("extrude @0:0 new up +60#0", "unknown extent"),
        ("extrude @0:0 glue to +60#0", "unknown boolean"),
    ],
)
def test_a_wrong_line_is_named(line, problem):
    with pytest.raises(TextError, match=problem) as caught:
        decode(f"sketch 0 0 0 +z +x\ncircle 0 0 +60#0\n{line}\n", text_format="numbers")
    assert caught.value.where == "line 3"


def test_every_word_of_the_language_is_one_token():
    from tokenizers import Regex

    from cadcomplete.language.tokenizer import TextTokenizer

    pieces = Regex(numbers.PIECES)
    tokenizer = TextTokenizer.train(
        ["a plate of 20 mm"], size=1700, pieces=pieces, words=numbers.words()
    )
    several = [w for w in numbers.words() if len(tokenizer.backend.encode(w).ids) != 1]
    assert several == []
    sequence = read(PARTS / "flange.json").sequence
    text = prompt(sequence, caption="a flange ⌀80", text_format="numbers")
    tokens = tokenizer.encode(text)
    assert tokenizer.decode(tokens.ids) == text.text
    assert len(tokens.ids) < 2.5 * len(text.text.split())


def test_what_a_cloud_measures_is_said_as_a_history_would_say_it():
    assert numbers.spelled("x -10 10 hole z 0 3 5.5") == "x -64#0 +64#0 hole z 0 +55#0 +59#1"
