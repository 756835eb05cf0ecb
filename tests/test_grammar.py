"""The grammar: whatever it lets through parses, and everything legal is let through."""

from __future__ import annotations

import random
import string
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import sequences

from cadcomplete.history.fields import FORMATS, Decimal, Fixed
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.language.grammar import Grammar, Point, step
from cadcomplete.language.lines import decode, encode
from cadcomplete.language.tokenizer import TextTokenizer, shipped

LONG_TOKENS = ["sketch ", " 12", ".5", "extrude new to ", "/1", '{"type":"', '],"end":[', "}\n"]
VOCABULARY = {text: i for i, text in enumerate([*string.printable, *LONG_TOKENS])}
END = len(VOCABULARY)


@cache
def grammar_of(text_format):
    """The grammar of a format, made once: it remembers what it was asked."""
    return Grammar(VOCABULARY, END, text_format=text_format)


@pytest.fixture(params=FORMATS)
def grammar(request):
    return grammar_of(request.param)


def write_at_random(grammar, start, *, seed, most=1500):
    """Draw allowed tokens until the end or too long; return what was drawn up to a whole line."""
    choose, matcher, text = random.Random(seed), grammar.start(start, least=1), ""
    for _ in range(most):
        allowed = matcher.allowed()
        assert allowed, f"a dead end after {text[-80:]!r}"
        token = END if matcher.may_end and choose.random() < 0.3 else choose.choice(allowed)
        if token == END:
            return text, matcher, True
        text += grammar.texts[token]
        matcher.accept(token)
    return text[: text.rfind("\n") + 1], matcher, False


@cache
def from_nothing(text_format, seed):
    """What is written at random of a whole part; two tests look at the same texts."""
    return write_at_random(grammar_of(text_format), CadSequence(()), seed=seed)


@pytest.mark.parametrize("seed", range(25))
def test_whatever_is_written_at_random_parses(grammar, seed):
    text, matcher, _ = from_nothing(grammar.text_format, seed)
    sequence = decode(text, text_format=grammar.text_format)
    assert sequence.operations == matcher.drawing.sequence.operations


def test_most_random_texts_come_to_an_end_with_what_builds(grammar):
    ends = [from_nothing(grammar.text_format, seed) for seed in range(25)]
    finished = [matcher.drawing for _, matcher, ended in ends if ended]
    assert len(finished) > 10
    assert all(drawing.operations[-1].builds for drawing in finished)


@pytest.mark.parametrize(
    ("text_format", "line", "end"),
    [("lines", "line 5 0", "\n"), ("json", '{"type":"line","end":[5,0', "]")],
)
def test_a_curve_does_not_end_where_it_begins(text_format, line, end):
    drawn = decode("sketch 0 0 0 +z +x\nloop 0 0\nline 5 0\n")
    matcher = grammar_of(text_format).start(drawn)
    comma = "," if text_format == "json" else ""
    for char in comma + line:
        matcher.accept(VOCABULARY[char])
    assert VOCABULARY[end] not in matcher.allowed()
    for char in ".5":
        matcher.accept(VOCABULARY[char])
    assert VOCABULARY[end] in matcher.allowed()


@given(sequence=sequences(grammatical=True))
@settings(max_examples=30, deadline=None)
@pytest.mark.parametrize("text_format", FORMATS)
def test_every_history_is_let_through(sequence, text_format):
    matcher = grammar_of(text_format).start(CadSequence(()))
    text = encode(sequence, text_format=text_format).text.removeprefix('{"sequence":[\n')
    for char in text:
        assert VOCABULARY[char] in matcher.allowed(), f"{char!r} refused in {text!r}"
        matcher.accept(VOCABULARY[char])
    assert END in matcher.allowed()


def test_what_is_remembered_of_one_number_holds_for_all_that_look_alike():
    digits = [*string.digits, "-", ".", "50", "99", "000", " 4", "\n"]
    vocabulary = {text: i for i, text in enumerate(digits)}
    remembers = Grammar(vocabulary, 999, text_format="lines")
    for row in ((Decimal(below=360, zero=False), Fixed("\n")), (Decimal(), Fixed("\n"))):
        for number in [*range(400), 9_999_999, 1_000_000, 123_456]:
            for length in range(len(str(number)) + 1):
                point = Point(row, str(number)[:length])
                fresh = Grammar(vocabulary, 999, text_format="lines")
                assert remembers.masks.tokens(point, "") == fresh.masks.tokens(point, ""), (
                    point.typed
                )


@given(sequence=sequences(), keep=st.integers(0, 20), seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_what_continues_a_prefix_leaves_it_as_it_is(sequence, keep, seed):
    grammar = grammar_of("lines")
    prefix = truncate(sequence, min(keep, len(sequence)))
    _, matcher, _ = write_at_random(grammar, prefix, seed=seed, most=300)
    assert matcher.drawing.sequence.operations[: len(prefix)] == prefix.operations


def allowed_texts(text):
    """The characters that may follow a piece of the line language, and whether it may end."""
    grammar = Grammar({c: i for i, c in enumerate(string.printable)}, 999, text_format="lines")
    whole, _, rest = text.rpartition("\n")
    matcher = grammar.start(CadSequence(()))
    for char in f"{whole}\n{rest}" if whole else rest:
        matcher.accept(string.printable.index(char))
    allowed = matcher.allowed()
    return "".join(sorted(grammar.texts[t] for t in allowed if t != 999)), 999 in allowed


CIRCLE = "sketch 0 0 0 +z +x\ncircle 0 0 9\n"


@pytest.mark.parametrize(
    ("text", "chars", "end"),
    [
        ("", "s", False),  # sketch
        ("sketch 0 0 0 +z +x\n", "cel", False),  # circle, loop
        ("sketch 0 0 0 +z +x\nloop 0 0\n", "aels", False),  # arc, line: nothing to close yet
        ("sketch 0 0 0 +z +x\nloop 0 0\nline 1 0\n", "aels", False),  # a line there and back
        ("sketch 0 0 0 +z +x\nloop 0 0\nline 1 0\nline 1 1\n", "acels", False),
        (CIRCLE, "celrs", False),  # circle, extrude, loop, revolve, sketch
        (CIRCLE + "extrude ", "n", False),  # nothing to join, cut or intersect
        (CIRCLE + "extrude new to 5 ", "0", False),  # the only loop
        (CIRCLE + "extrude new to 5 0", "\n", False),  # no hole, no other profile
        (CIRCLE + "circle 0 0 4\nextrude new to 5 0", "\n /", False),
        (CIRCLE + "circle 0 0 4\nextrude new to 5 1", "\n ", False),  # 0 is not inside 1
        (CIRCLE + "extrude new to 5 0\n", "cefhlmprs", True),
        (CIRCLE + "extrude new to 5 0\nextrude ", "cijn", False),
        (CIRCLE + "extrude new to -0", ".", False),  # there is no -0
        (CIRCLE + "extrude new to 0", " .", False),  # nor 05
        (CIRCLE + "circle 0 0 0", ".", False),  # a radius is above 0
        (CIRCLE + "extrude new to 5 0\npolar +z 0 0 0 3 360", " ", False),  # no further than round
        (CIRCLE + "revolve new to 360", " ", False),
    ],
)
def test_what_may_follow(text, chars, end):
    assert allowed_texts(text) == ("".join(sorted(chars)), end)


def test_planes_may_be_turned_along_the_axes_or_like_an_earlier_one():
    oblique = "sketch 0 0 0 0.6 0 0.8 +y\ncircle 0 0 9\nextrude new to 5 0\n"
    grammar = Grammar({c: i for i, c in enumerate(string.printable)}, 999, text_format="lines")
    matcher = grammar.start(decode(oblique))
    for char in "sketch 0 0 0 0.6 0 0.8 ":
        matcher.accept(string.printable.index(char))
    assert "".join(grammar.texts[t] for t in matcher.allowed()) == "+"
    matcher.accept(string.printable.index("+"))
    assert "".join(grammar.texts[t] for t in matcher.allowed()) == "y"


@pytest.mark.parametrize(
    ("slot", "good", "bad"),
    [
        (Decimal(), ["0", "-1", "0.5", "-0.000001", "9999999.999999"], ["-0", "00", "1.0", "1e3"]),
        (Decimal(signed=False, zero=False), ["1", "0.5"], ["0", "-1", "0.0"]),
        (Decimal(below=360, zero=False), ["90", "-359.999999"], ["360", "0", "1.0000000"]),
        (Decimal(below=360, reached=True), ["360", "-360", "359.9"], ["360.5", "361", "-360.1"]),
    ],
)
def test_decimals_have_one_spelling(slot, good, bad):
    def accepts(text):
        point = Point((slot,))
        for char in text:
            point = step(point, char)
            if point is None:
                return False
        from cadcomplete.history.fields import Fixed

        after = step(Point((slot, Fixed("\n")), text), "\n")
        return after is not None and after.row == ()

    assert all(accepts(text) for text in good)
    assert not any(accepts(text) for text in bad)


def test_the_shipped_tokenizer_can_write_every_example(example_sequences):
    tokenizer = TextTokenizer.load(shipped())
    grammar = Grammar(tokenizer.vocabulary, tokenizer.end, text_format="lines")
    for sequence in example_sequences:
        matcher = grammar.start(CadSequence(()))
        ids = tokenizer.backend.encode(encode(sequence).text, add_special_tokens=False).ids
        for token in ids:
            assert token in matcher.allowed()
            matcher.accept(token)
        assert tokenizer.end in matcher.allowed()
