"""Numbers that are said by a rule: to a few nanometres, by what stands before, in the grammar."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import sequences
from test_grammar import END, VOCABULARY, grammar_of

from cadcomplete.errors import TextError
from cadcomplete.history.curves import Arc, Line
from cadcomplete.history.geometry import XY
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Sketch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.commands import DERIVED, known_words
from cadcomplete.language.grammar import Grammar
from cadcomplete.language.lines import decode, encode
from cadcomplete.language.numbers.derived import derived_words, tolerance
from cadcomplete.language.numbers.points import SWAPPED, is_derived


def said(text, **options):
    """The lines of a drawing in the plane of x and y, as `numbers` says them."""
    history = decode(f"sketch 0 0 0 +z +x\n{text}")
    return encode(history, text_format="numbers", **options).text.splitlines()[1:]


def polygon(count, radius, first, center):
    """The corners of a regular polygon, its first at an angle in degrees."""
    angles = [math.radians(first + 360 * i / count) for i in range(count)]
    x, y = center
    return [(x + radius * math.cos(a), y + radius * math.sin(a)) for a in angles]


@st.composite
def outlines(draw):
    """Sketches of regular polygons, some of them with rounded corners, turned by any angle."""
    loops = []
    for _ in range(draw(st.integers(1, 3))):
        count, first = draw(st.integers(3, 8)), draw(st.floats(0, 90))
        center = (draw(st.floats(-99, 99)), draw(st.floats(-99, 99)))
        corners = polygon(count, draw(st.floats(1, 80)), first, center)
        sides = list(zip(corners, [*corners[1:], corners[0]], strict=True))
        if not draw(st.booleans()):
            loops.append(Loop(tuple(Line(a, b) for a, b in sides)))
            continue
        share, curves = draw(st.floats(0.1, 0.4)), []
        cut = [
            tuple((a + (b - a) * s) for a, b in zip(*side, strict=True))
            for side in sides
            for s in (share, 1 - share)
        ]
        for i in range(0, 2 * count, 2):
            curves.append(Line(cut[i], cut[i + 1]))
            following = cut[(i + 2) % (2 * count)]
            curves.append(Arc.from_sweep(cut[i + 1], following, 360 / count))
        loops.append(Loop(tuple(curves)))
    return CadSequence((Sketch(XY, tuple(loops)),))


def same_places(one, other):
    """Whether curves lie in the same places, each number as exactly as numbers are told."""
    pairs = zip(one.operations[0].loops, other.operations[0].loops, strict=True)
    curves = [pair for a, b in pairs for pair in zip(a.curves, b.curves, strict=True)]
    places = [(a.end, b.end) for a, b in curves]
    places += [(a.mid, b.mid) for a, b in curves if isinstance(a, Arc)]
    return all(abs(m - n) <= 3 * tolerance(n) for p, q in places for m, n in zip(p, q, strict=True))


@given(history=outlines())
@settings(max_examples=15, deadline=None)
def test_what_is_derived_is_the_same_to_a_few_nanometres_and_is_said_again(history):
    text = encode(history, text_format="numbers").text
    read = decode(text, text_format="numbers")
    assert same_places(read, history)
    assert encode(read, text_format="numbers").text == text


@given(history=outlines())
@settings(max_examples=3, deadline=None)
def test_every_word_is_let_through_by_the_grammar(history):
    matcher = grammar_of("numbers").start(CadSequence(()))
    for char in encode(history, text_format="numbers").text:
        assert VOCABULARY[char] in matcher.allowed()
        matcher.accept(VOCABULARY[char])


@given(history=outlines(), keep=st.integers(0, 9))
@settings(max_examples=15, deadline=None)
def test_only_what_stands_before_is_said(history, keep):
    loops = history.operations[0].loops
    first = Loop(loops[0].curves[: keep + 1])
    text = encode(history, text_format="numbers").text.splitlines()
    begun = encode(CadSequence((Sketch(XY, (first,)),)), text_format="numbers").text.splitlines()
    assert text[: len(begun) - 1] == begun[:-1]  # the last may be a line that closes


def test_a_regular_polygon_goes_on_as_it_turned():
    corners = polygon(6, 10.123457, 17.0, (3.3, 4.4))
    lines = [f"line {x:.6f} {y:.6f}" for x, y in corners[1:]]
    x, y = corners[0]
    words = [line.split() for line in said(f"loop {x:.6f} {y:.6f}\n" + "\n".join(lines) + "\n")]
    # Two sides of any length and direction tell all others: the first is spelled.
    assert words[3] == ["line", "c0", "c0"]
    assert all(is_derived(w) for w in (word for line in words[3:] for word in line[1:]))


def test_an_arc_goes_on_as_the_line_before_it_ended():
    # From (0, 0) at 30 degrees; half a turn to the left of it ends two radii off.
    x, y = 10 * math.cos(math.radians(30)), 5.0
    turn = (x - 6 * math.sin(math.radians(30)), y + 6 * math.cos(math.radians(30)))
    text = f"loop 0 0\nline {x:.6f} 5\narc {turn[0]:.6f} {turn[1]:.6f} 179.99999\n"
    assert said(text)[2].split()[3] == "+84#1"  # 180 degrees, to a nanometre
    by_radius = f"loop 0 0\nline {x:.6f} 5\narc 11 12 100.765117\n"
    chord = math.degrees(math.atan2(7, 11 - x)) - 30
    assert said(by_radius.replace("100.765117", f"{2 * chord:.6f}"))[2].split()[3] == "t0"


def test_the_x_of_a_slanted_line_follows_from_its_y():
    # tan 60 degrees = 1.7320508: 5 up and 8.660254 along lie 60 degrees from the y axis.
    assert said("loop 0 0\nline 8.660254 5\n")[1].split() == ["line", SWAPPED, "+59#0", "u4"]
    assert said("loop 0 0\nline 8.660254 5\n", words=())[1].split()[1] == "+63~0=8.660254"


def test_a_circle_of_a_pattern_is_the_one_before_turned():
    (x, y), (u, v), *_ = polygon(5, 21.234567, 11.0, (0, 0))
    words = said(f"circle {x:.6f} {y:.6f} 2\ncircle {u:.6f} {v:.6f} 2\n")[1].split()
    assert words[1:3] == ["a7", "a7"]  # by 72 degrees about the origin


def test_what_nothing_says_is_an_error_that_names_what_is_said():
    start = "sketch 0 0 0 +z +x\nloop 0 0\nline +60#0 0\n"
    for word, problem in (("e9", "nothing there"), ("t0", "not a number|nothing there")):
        with pytest.raises(TextError, match=problem) as caught:
            decode(f"{start}line {word} 0\n", text_format="numbers")
        assert caught.value.where == "line 4"


@given(sequence=sequences())
@settings(max_examples=10, deadline=None)
def test_a_model_that_does_not_know_rules_reads_and_writes_none(sequence):
    old = [word for word in known_words() if word != DERIVED]
    text = encode(sequence, text_format="numbers", words=old).text
    drawn = [line.split() for line in text.splitlines() if line.startswith(("l", "arc", "c"))]
    assert not any(is_derived(word) or word == SWAPPED for line in drawn for word in line[1:])
    begun = decode("sketch 0 0 0 +z +x\nloop 0 0\nline 8.660254 5\n")
    matcher = Grammar(VOCABULARY, END, text_format="numbers", words=old).start(begun)
    for char in "line ":
        matcher.accept(VOCABULARY[char])
    offered = {matcher.grammar.texts[token] for token in matcher.allowed()}
    assert offered == set("0rnd+-")


def test_every_rule_has_words_of_its_own():
    words = derived_words()
    assert len(words) == len(set(words)) and not {word[0] for word in words} & set("rnd+-0y")
