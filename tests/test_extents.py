"""How far an extrude reaches, but for distances: text, grammar, numbers told from the history."""

from __future__ import annotations

import dataclasses
import string

import pytest
from conftest import PLATE
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import coordinates, extrudes, sequences

from cadcomplete.clouds.cloud import sample_cloud
from cadcomplete.completion.features import FEATURES, features
from cadcomplete.errors import GeometryError, TextError, UnsupportedError
from cadcomplete.fitting import wanted
from cadcomplete.history.extents import NEXT, THROUGH, Extent, ExtentType, Until
from cadcomplete.history.faces import Face, FaceName, FacePlane
from cadcomplete.history.fields import FORMATS, Format
from cadcomplete.history.kinds import AXES
from cadcomplete.history.operations import Boolean, Extrude, Operation, Sketch
from cadcomplete.history.reach import in_numbers
from cadcomplete.history.sequence import CadSequence, truncate, validate
from cadcomplete.history.sketches import SweepsProfiles, sketch_of
from cadcomplete.history.symmetry import move, scale, symmetries
from cadcomplete.kernel.build import build
from cadcomplete.kernel.tessellate import tessellate
from cadcomplete.language.commands import PHRASES, TASKS, command_fields, known_words
from cadcomplete.language.grammar import Grammar
from cadcomplete.language.lines import decode, encode
from cadcomplete.language.tokenizer import shipped
from cadcomplete.metrics.operations import target
from cadcomplete.model.checkpoint import load, save
from cadcomplete.predictions import Idea
from cadcomplete.training.words import words_in

VOCABULARY = {text: i for i, text in enumerate(string.printable)}

formats = pytest.mark.parametrize("text_format", FORMATS)

BLOCK = """\
sketch 0 0 5 +z +x
loop 0 0
line 40 0
line 40 30
line 0 30
close
extrude new to 15 0
sketch 20 15 15 +z +x
circle 0 0 5
"""

SAID = {
    "extrude cut from through to 15 0": Extent(ExtentType.TWO_SIDED, 0.0, until_against=THROUGH),
    "extrude cut from through to through 0": Extent(
        ExtentType.TWO_SIDED, 0.0, until=THROUGH, until_against=THROUGH
    ),
    "extrude join to next 0": Extent(ExtentType.ONE_SIDED, 0.0, until=NEXT),
    "extrude cut at 12 to 8 0": Extent(ExtentType.ONE_SIDED, -4.0, start=-3.0),
    "extrude join taper 5 to 25 0": Extent(ExtentType.ONE_SIDED, 10.0, taper=5.0),
    "extrude join taper -5 at 17 sym 25 0": Extent(
        ExtentType.SYMMETRIC, 8.0, start=2.0, taper=-5.0
    ),
    "extrude join taper 5/0 from 5 to 25 0": Extent(ExtentType.TWO_SIDED, 10.0, 10.0, taper=5.0),
    "extrude join taper 5 from 5 to 25 0": Extent(
        ExtentType.TWO_SIDED, 10.0, 10.0, taper=5.0, taper_against=5.0
    ),
    "extrude cut to face start@2 0": Extent(
        ExtentType.ONE_SIDED, 0.0, until=Until("face", FaceName("start", 1))
    ),
    "extrude cut to face side@2/0.3 0": Extent(
        ExtentType.ONE_SIDED, 0.0, until=Until("face", FaceName("side", 1, 0, 3))
    ),
    "extrude cut to face +z 7 0": Extent(
        ExtentType.ONE_SIDED, 0.0, until=Until("face", FacePlane((0.0, 0.0, 1.0), 7.0))
    ),
}
"""Extrudes of the circle on the block, as lines, and what they mean."""


def part(line: str) -> CadSequence:
    return decode(f"{BLOCK}{line}\n")


def last(sequence: CadSequence) -> Extrude:
    extrude = sequence.operations[-1]
    assert isinstance(extrude, Extrude)
    return extrude


# --- text ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", SAID)
def test_a_line_says_how_far_an_extrude_reaches(line):
    assert last(part(line)).extent == SAID[line]
    assert encode(part(line)).text.splitlines()[-1] == line


@st.composite
def ends(draw, before: list[Operation]) -> Until:
    names: list[Face] = [
        FaceName(kind, index)
        for index, operation in enumerate(before)
        if isinstance(operation, SweepsProfiles)
        for kind in ("start", "end")
    ]
    for index, operation in enumerate(before):
        sketch = sketch_of(operation, tuple(before[:index]))
        for number, loop in enumerate(sketch.loops if sketch else ()):
            count = len(loop.curves)
            curve = draw(st.integers(-count, count - 1))
            names.append(FaceName("side", index, number, curve))
    planes = st.builds(FacePlane, st.sampled_from(list(AXES.values())), coordinates)
    faces = st.one_of(planes, st.sampled_from(names)) if names else planes
    return draw(st.one_of(st.just(THROUGH), st.just(NEXT), faces.map(lambda f: Until("face", f))))


@st.composite
def reaching(draw) -> CadSequence:
    """A random history whose last extrude has more to say than distances."""
    operations = list(draw(sequences(grammatical=True)).operations)
    extrude = draw(extrudes(operations, [Boolean.JOIN, Boolean.CUT]))
    degrees = st.integers(-89_000, 89_000).filter(bool).map(lambda n: n / 1000)
    extent = dataclasses.replace(
        extrude.extent,
        start=draw(st.one_of(st.just(0.0), coordinates)),
        taper=draw(st.one_of(st.just(0.0), degrees)),
    )
    if extent.type is ExtentType.TWO_SIDED:
        other = draw(st.one_of(st.just(0.0), degrees))
        extent = dataclasses.replace(extent, taper_against=other)
        if draw(st.booleans()):
            until = draw(ends(operations))
            extent = dataclasses.replace(extent, against=0.0, until_against=until)
    if extent.type is not ExtentType.SYMMETRIC and draw(st.booleans()):
        extent = dataclasses.replace(extent, distance=0.0, until=draw(ends(operations)))
    return CadSequence((*operations, dataclasses.replace(extrude, extent=extent)))


@formats
@given(sequence=reaching())
@settings(max_examples=40, deadline=None)
def test_any_extrude_is_read_as_it_was_written_and_its_beginning_is_that_of_a_shorter_part(
    text_format, sequence
):
    text = encode(sequence, text_format=text_format)
    again = decode(text.text, text_format=text_format)
    assert encode(again, text_format=text_format).text == text.text
    extent, other = last(sequence).extent, last(again).extent
    assert (extent.until, extent.until_against) == (other.until, other.until_against)
    assert extent.taper == other.taper
    assert extent.start == pytest.approx(other.start, abs=1e-6)
    assert extent.distance == pytest.approx(other.distance, abs=1e-6)
    shorter = encode(truncate(sequence, len(sequence) - 1), text_format=text_format).text
    assert text.text.startswith(shorter)


def test_no_taper_is_none():
    plain = part("extrude cut to 5 0")
    assert part("extrude cut taper 0 to 5 0") == plain
    assert encode(part("extrude cut taper 0/0 from 5 to 20 0")).text.endswith(
        "cut from 5 to 20 0\n"
    )


def test_what_there_was_before_is_said_as_it_was():
    for extent in ('{"type":"one_sided","distance":10}', '{"type":"symmetric","distance":5}'):
        line = f'{{"type":"extrude","boolean":"new","extent":{extent},"profiles":["0"]}}'
        text = encode(decode("sketch 0 0 0 +z +x\ncircle 0 0 5\n"), text_format="json").text
        history = decode(f"{text},{line}\n", text_format="json")
        assert encode(history, text_format="json").text.splitlines()[-1] == f",{line}"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("extrude cut sym through 0", "not a size.*from through to through.*got through"),
        ("extrude cut taper 90 to 5 0", "not a taper.*between -90 and 90"),
        ("extrude cut taper 5/4 to 5 0", "not tapers.*each of two sides"),
        ("extrude cut to face end@7 0", r"no such face.*@1 to @3 are possible.*end@7"),
        ("extrude cut to face end@1 0", r"no such face.*has no start, end or sides.*sketch"),
        ("extrude cut to face side@2/1.0 0", "its sketch has 1 loops, none has the index 1"),
        ("extrude cut to face side@2/0.9 0", "loop 0 has 4 curves, none has the index 9"),
        ("extrude cut to face top@2 0", "not a face.*such as end@1"),
        ("extrude cut up 5 0", "unknown extent"),
        ("extrude cut at 5 0", "unknown extent"),
    ],
)
def test_a_line_that_says_no_extent_is_told_in_one_line(line, problem):
    with pytest.raises(TextError, match=problem):
        part(line)


# --- grammar and words --------------------------------------------------------------------------


BEFORE = tuple(command_fields("lines"))


def lets(grammar: Grammar, line: str, text_format: Format) -> bool:
    """Whether a grammar lets an extrude of the circle on the block through, to its end."""
    whole = encode(part(line), text_format=text_format).text
    matcher = grammar.start(decode(BLOCK))
    for char in whole.removeprefix(encode(decode(BLOCK), text_format=text_format).text):
        if VOCABULARY[char] not in matcher.allowed():
            return False
        matcher.accept(VOCABULARY[char])
    return matcher.drawing.operations[-1] == last(part(line))


@formats
def test_the_grammar_lets_through_what_can_be_said(text_format):
    grammar = Grammar(VOCABULARY, 999, text_format=text_format)
    for line in (*SAID, "extrude cut to 5 0", "extrude cut sym 20 0", "extrude cut from 5 to 20 0"):
        assert lets(grammar, line, text_format), line


@formats
@pytest.mark.parametrize("word", [None, *sorted(PHRASES)])
def test_the_grammar_offers_only_words_that_a_model_has_learned(word, text_format):
    words = (*BEFORE, word) if word else BEFORE
    grammar = Grammar(VOCABULARY, 999, text_format=text_format, words=words)
    for line in ("extrude cut to 5 0", "extrude cut sym 20 0", "extrude cut from 5 to 20 0"):
        assert lets(grammar, line, text_format)
    for line in SAID:
        needed = PHRASES & set(line.split(" "))
        assert lets(grammar, line, text_format) == (needed <= {word}), line


def test_the_words_within_extrudes_are_learned_from_the_texts_that_have_them():
    text = encode(part("extrude cut taper 5 at 12 from through to face start@2 0")).text
    learned = words_in([text])
    assert {"taper", "at", "through", "face"} <= set(learned)
    assert "next" not in learned
    assert words_in([encode(part("extrude cut to 5 0")).text, *learned]) == learned
    assert set(known_words()) == {*command_fields("lines"), *PHRASES, *TASKS}


def test_a_model_says_that_it_has_learned_them(tmp_path):
    model = load(shipped())
    assert not PHRASES & set(model.words)
    words = (*model.words, "through")
    save(dataclasses.replace(model, words=words), tmp_path / "model")
    assert load(tmp_path / "model").words == words


# --- numbers from the history -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "span"),
    [
        ("extrude cut from through to 15 0", (-10.0, 0.0)),
        ("extrude cut at 12 from through to through 0", (-10.0, 0.0)),
        ("extrude cut to face start@2 0", (0.0, -10.0)),
        ("extrude cut to face +z 7 0", (0.0, -8.0)),
        ("extrude join to face -z -19 0", (0.0, 4.0)),
        ("extrude cut at 12 to 8 0", (-3.0, -7.0)),
    ],
)
def test_what_stands_before_tells_where_it_ends(line, span):
    sequence = part(line)
    found = in_numbers(last(sequence), sequence.operations[:-1]).extent
    assert found.ends == pytest.approx(span, abs=1e-9)


@pytest.mark.parametrize("line", ["extrude cut to next 0", "extrude join from through to 15 0"])
def test_what_only_a_solid_tells_is_refused_by_name(line):
    sequence = part(line)
    with pytest.raises(UnsupportedError, match=r"Extrude \((next|through)\)"):
        in_numbers(last(sequence), sequence.operations[:-1])


def test_later_operations_do_not_change_where_it_ends():
    line, tower = "extrude cut from through to 15 0\n", "sketch 0 0 0 +z +x\ncircle 0 0 5\n"
    longer = decode(f"{BLOCK}{line}{tower}extrude join to -90 0\n").operations
    found = longer[3]
    assert isinstance(found, Extrude)
    assert in_numbers(found, longer[:3]).extent.ends == (-10.0, 0.0)


@pytest.mark.parametrize(
    ("history", "problem"),
    [
        (f"{BLOCK}extrude cut to through 0\n", "nothing to go through: no part lies along"),
        (f"{BLOCK}extrude cut to face side@2/0.1 0\n", "lies along the extrude: it never meets it"),
        (f"{BLOCK}extrude cut to face +z 15 0\n", "no height: it starts at the face"),
    ],
)
def test_an_extrude_that_ends_nowhere_is_told(history, problem):
    sequence = decode(history)
    with pytest.raises(GeometryError, match=problem):
        in_numbers(last(sequence), sequence.operations[:-1])


@pytest.mark.parametrize("word", ["through", "next"])
def test_through_and_next_need_a_part(word):
    sequence = decode(f"sketch 0 0 0 +z +x\ncircle 0 0 5\nextrude new to {word} 0\n")
    (finding,) = validate(sequence)
    assert finding.severity == "error"
    assert "nothing before it" in finding.problem


def test_a_taper_that_is_too_steep_is_a_finding():
    found = validate(part("extrude join taper 30 to 30 0"))
    assert [finding.severity for finding in found] == ["error"]
    assert "the taper of 30° is too steep" in found[0].problem
    assert "its circle vanishes" in found[0].problem


@pytest.mark.parametrize("line", SAID)
def test_a_mirror_and_a_size_move_what_it_ends_at(line):
    """The named face is the same one, and a plane lies where the moved part has it."""
    sequence = part(line)
    for symmetry in list(symmetries())[::7]:
        moved = move(sequence, symmetry)
        back = in_numbers_or_none(sequence), in_numbers_or_none(moved)
        assert (back[0] is None) == (back[1] is None)
        if back[0] is not None and back[1] is not None:
            assert back[1] == pytest.approx(back[0], abs=1e-9)
    larger = in_numbers_or_none(scale(sequence, 2.5))
    if larger is not None:
        assert larger == pytest.approx([2.5 * end for end in in_numbers_or_none(sequence) or ()])


def in_numbers_or_none(sequence: CadSequence) -> tuple[float, float] | None:
    try:
        return in_numbers(last(sequence), sequence.operations[:-1]).extent.ends
    except (GeometryError, UnsupportedError):
        return None


def test_what_it_names_is_said():
    sequence = part("extrude cut to face side@2/0.3 0")
    assert last(sequence).refers() == (2, 1)
    assert isinstance(decode(PLATE).operations[0], Sketch)


def test_the_wall_of_a_curve_without_length_is_none():
    text = PLATE.replace("line 40 0\n", "line 40 0\nline 40 0\n", 1)
    drawn = decode(f"{text}sketch 5 5 10 +z +x\ncircle 0 0 2\nextrude join to face side@2/0.1 0\n")
    assert [finding.severity for finding in validate(drawn)]


@pytest.mark.parametrize("line", ["extrude join to through 0", "extrude cut to next 0"])
def test_an_idea_that_only_the_kernel_can_end_is_no_hit_and_stops_nothing(line):
    truth = target(part("extrude join to 30 0"), 3)
    assert truth.overlap(last(part("extrude join to 30 0"))) == pytest.approx(1)
    assert truth.overlap(last(part(line))) == 0.0


def test_with_a_cloud_an_idea_that_only_the_kernel_can_end_brings_nothing_nearer():
    whole = part("extrude cut to 5 0")
    given, solid = truncate(whole, 3), build(whole)
    assert solid is not None
    shown = wanted(sample_cloud(tessellate(solid), 2048))
    lines = "extrude cut to 5 0", "extrude join to through 0"
    ideas = [Idea((last(part(line)),), log_probability=0.0, tokens=1) for line in lines]
    gains = features(ideas, given, wanted=shown)[:, list(FEATURES).index("gain")]
    assert gains[0] > 0.01 and gains[1] == 0.0
