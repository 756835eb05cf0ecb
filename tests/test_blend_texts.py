"""Fillets and chamfers from text to solid: every format, the grammar, what is said of them."""

from __future__ import annotations

import math
import random
import string
from typing import Any

import numpy as np
import pytest

from cadcomplete import readers
from cadcomplete.completion.wording import SAID
from cadcomplete.data.reorder import MOVED
from cadcomplete.errors import BuildError, TextError, UnsupportedError
from cadcomplete.history.blends import Blend, Fillet
from cadcomplete.history.edges import EdgePredicate
from cadcomplete.history.fields import FORMATS
from cadcomplete.history.sequence import CadSequence, truncate, validate
from cadcomplete.kernel import blends as making
from cadcomplete.kernel.build import build, construct
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.jobs import examine
from cadcomplete.kernel.naming.renamed import renamed
from cadcomplete.language.grammar import Grammar
from cadcomplete.language.lines import decode, encode
from cadcomplete.meshes.manifolds import solid
from cadcomplete.reports.parts import inspect, inspection_text

VOCABULARY = {text: i for i, text in enumerate(string.printable)}
END = len(VOCABULARY)

BOX = """\
sketch 0 0 0 +z +x
loop 0 0
line 30 0
line 30 20
line 0 20
close
circle 15 10 4
extrude new to 12 0/1
"""

PART = f"""\
{BOX}fillet 3 side@1/0.0 side@1/0.-3
chamfer 1/2~ end@2/1
sketch 30 0 0 +x +y
circle 10 6 2
extrude cut to 25 0
chamfer 0.5 start@1 0,10,12
fillet 0.25 meet@2@6:concave:round of@5:+z:-y all:x
"""


@pytest.mark.parametrize("text_format", FORMATS)
def test_a_text_is_read_as_it_was_written(text_format):
    sequence = decode(PART)
    text = encode(sequence, text_format=text_format).text
    assert decode(text, text_format=text_format) == sequence
    assert encode(decode(text, text_format=text_format)).text == PART


@pytest.mark.parametrize("text_format", FORMATS)
def test_a_beginning_is_written_as_the_beginning_of_the_whole(text_format):
    sequence = decode(PART)
    whole = encode(sequence, text_format=text_format).text
    for keep in range(len(sequence) + 1):
        part = encode(truncate(sequence, keep), text_format=text_format).text
        assert whole.startswith(part)


def test_the_names_of_a_history_count_from_its_first_operation():
    (fillet,) = [op for op in decode(PART).operations[:3] if isinstance(op, Fillet)]
    assert fillet.edges == (
        EdgePredicate("side", (1,), 0, 0),
        EdgePredicate("side", (1,), 0, -3),
    )
    assert fillet.refers() == (1,)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("fillet 2 end@3", "no such operation before it: @1 to @2 are possible"),
        ("fillet 2 end@2", "operation 0 makes no faces: it is a sketch"),
        ("fillet 2 end@1/2", "its sketch has 2 loops, none has the index 2"),
        ("fillet 2 end@1/1.1", "loop 1 has 1 curves, none has the index 1"),
        ("fillet 0 all", "not a size"),
        ("chamfer -1 all", "not a size"),
        ("chamfer 1/0 all", "not a size"),
        ("fillet 2 edge@1", "not an edge"),
        ("fillet 2 all:w", "not an edge"),
        ("fillet", "fillet is too short"),
    ],
)
def test_a_line_that_names_no_edges_is_refused_with_its_number(line, message):
    with pytest.raises(TextError, match=message) as caught:
        decode(f"{BOX}{line}\n")
    assert "line 9" in str(caught.value)


# --- the grammar ----------------------------------------------------------------------------------


@pytest.mark.parametrize("text_format", FORMATS)
def test_the_grammar_lets_every_name_through(text_format):
    matcher = Grammar(VOCABULARY, END, text_format=text_format).start(CadSequence(()))
    text = encode(decode(PART), text_format=text_format).text.removeprefix('{"sequence":[\n')
    for char in text:
        assert VOCABULARY[char] in matcher.allowed(), (char, matcher._line)
        matcher.accept(VOCABULARY[char])
    assert matcher.may_end


def blends_at_random(text_format: Any, seed: int) -> CadSequence:
    """A box, and a fillet or a chamfer that is drawn at random."""
    grammar, choose = Grammar(VOCABULARY, END, text_format=text_format), random.Random(seed)
    name = choose.choice(["fillet", "chamfer"])
    matcher = grammar.start(decode(BOX)).only(name)
    for _ in range(600):
        allowed = [token for token in matcher.allowed() if token != END]
        whole = [token for token in allowed if grammar.texts[token] in "\n"]
        matcher.accept(choose.choice(whole or allowed))
        if not matcher._line:
            return matcher.drawing.sequence
    pytest.skip("it became too long")


@pytest.mark.parametrize("text_format", FORMATS)
@pytest.mark.parametrize("seed", range(8))
def test_what_is_drawn_at_random_names_what_there_is(text_format, seed):
    sequence = blends_at_random(text_format, seed)
    assert isinstance(sequence.operations[-1], Blend)
    assert validate(sequence) == ()


def test_nothing_is_rounded_before_there_is_a_solid():
    grammar = Grammar(VOCABULARY, END, text_format="lines")
    drawn = decode(BOX).operations
    for keep, offered in ((0, False), (1, False), (2, True)):
        openings = grammar.start(CadSequence(drawn[:keep])).openings
        assert ("fillet" in openings, "chamfer" in openings) == (offered, offered)


def test_a_model_that_has_not_learned_the_words_is_not_offered_them():
    grammar = Grammar(VOCABULARY, END, text_format="lines", words=("sketch", "circle", "extrude"))
    assert set(grammar.start(decode(BOX)).openings) == {"sketch", "extrude"}


# --- the solid ------------------------------------------------------------------------------------


def test_a_history_goes_on_after_a_fillet():
    """The uprights round, then a hole of 2 mm through the two walls beside the first hole."""
    text = f"{BOX}fillet 3 side@1/0.0 side@1/0.1\nsketch 30 0 0 +x +y\ncircle 3 6 1.5\n"
    built = construct(decode(f"{text}extrude cut to 0 0\n")).solid
    assert built is not None and built.checked
    plain = (600 - 16 * math.pi - 2 * (1 - math.pi / 4) * 9) * 12
    # The hole at y = 3 ends where the fillet begins: Simpson's rule over its chords.
    y = np.linspace(1.5, 4.5, 200001)
    ends = 30 - np.where(y < 3, 3 - np.sqrt(np.maximum(9 - (3 - y) ** 2, 0)), 0)
    hole = np.trapezoid(2 * np.sqrt(np.maximum(1.5**2 - (y - 3) ** 2, 0)) * ends, y)
    assert built.volume == pytest.approx(plain - hole, rel=1e-5)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("fillet 2 meet@1@1:concave", r"operation 2: meet@1@1:concave: there is no such edge"),
        ("fillet 2 side@1/1", r"operation 2: side@1/1: there is no such edge"),
        ("fillet 2 1,1,1", r"operation 2: 1,1,1: there is no such edge"),
        ("fillet 11 end@1/0", r"operation 2: the kernel cannot make the fillet of 11 mm at the e"),
        ("chamfer 20 end@1/1", r"operation 2: the kernel cannot make the chamfer of 20 mm at the"),
    ],
)
def test_what_cannot_be_built_names_the_operation_and_the_edge(line, message):
    with pytest.raises(BuildError, match=message):
        build(decode(f"{BOX}{line}\n"))


def test_in_the_contained_kernel_a_failure_is_an_answer():
    with Kernel() as kernel:
        report = kernel.run(examine, decode(f"{BOX}fillet 11 end@1/0\n"))
    assert report.operation == 2 and "fillet of 11 mm" in report.problems[0]


def test_a_fillet_without_anything_before_it_is_not_built():
    fillet = Fillet(1.0, (EdgePredicate("all"),))
    with pytest.raises(BuildError, match="operation 0: there is no solid that has edges"):
        build(CadSequence((fillet,)))


def test_a_fillet_that_the_kernel_leaves_out_is_no_result(monkeypatch):
    """Law 13: the kernel calls it done and valid, but nothing is gone."""
    sequence = decode(f"{BOX}fillet 2 side@1\n")
    plain = build(truncate(sequence, 2))
    monkeypatch.setattr(making, "_built", lambda maker: plain.shape)
    with pytest.raises(BuildError, match=r"operation 2: the kernel's result has \S+ mm³ where"):
        build(sequence)


def test_other_evaluators_refuse_by_name():
    with pytest.raises(UnsupportedError, match=r"manifolds\.py: not supported: Fillet"):
        solid(decode(f"{BOX}fillet 2 side@1\n"))


# --- points become predicates ---------------------------------------------------------------------


def test_points_get_the_names_that_the_history_gives_them():
    sequence = decode(
        f"{BOX}fillet 3 0,0,6 30,0,6 0,20,5 30,20,1\n"
        "sketch 0 0 12 +z +x\ncircle 15 10 6\nextrude cut to 10 0\n"
        "chamfer 0.5 21,10,12\nfillet 0.25 19,10,10\n"
    )
    names = [line for line in encode(renamed(sequence)).text.splitlines() if "@" in line]
    assert names == ["fillet 3 side@1", "chamfer 0.5 start@1", "fillet 0.25 meet@2@5"]
    before, after = build(sequence), build(renamed(sequence))
    assert after.volume == pytest.approx(before.volume)


def test_a_point_where_nothing_bends_is_left_out_and_one_that_lies_nowhere_stays():
    smooth = f"{BOX}fillet 3 side@1\nfillet 1 30,10,12 27,0,6\n"
    assert encode(renamed(decode(smooth))).text.splitlines()[-1].count(",") == 0
    lost = f"{BOX}fillet 1 30,10,12 99,0,6\n"
    assert encode(renamed(decode(lost))).text.endswith("fillet 1 end@1/0.1 99,0,6\n")


# --- what is told ---------------------------------------------------------------------------------


def test_inspect_says_which_edges_are_rounded(tmp_path):
    path = tmp_path / "part.json"
    path.write_text(readers.from_sequence(decode(PART)).dump())
    report = inspect(path, tokenizer=None, time_limit=60.0)
    assert report["history"][2]["radius_mm"] == 3.0
    assert report["history"][3]["edges"] == ["end@1/1"]
    text = inspection_text(report)
    assert "  3  chamfer  1 by 2 mm on the end of operation 1, loop 1" in text
    assert "  6  chamfer  0.5 mm on the start of operation 5 and 1 edge named by a point" in text


def test_what_is_added_is_said_in_words():
    fillet, chamfer = decode(PART).operations[-1], decode(PART).operations[3]
    assert SAID[type(chamfer)](chamfer, None) == (
        "chamfer 1 × 2 mm on the end of operation 1, loop 1"
    )
    assert SAID[type(fillet)](fillet, None) == (
        "fillet 0.25 mm on where operations 1 and 5 meet, concave, round, "
        "all of operation 2, farthest to +z, farthest to -y and all edges, along x"
    )


def test_operations_that_change_places_keep_their_edges():
    fillet: Any = decode(PART).operations[2]
    moved = MOVED[Fillet].renumbered(fillet, {1: 4})
    assert [name.operations for name in moved.edges] == [(4,), (4,)]
    assert MOVED[Fillet].meaning(fillet) is None


@pytest.mark.parametrize("field", ["edges", "radius"])
def test_a_file_of_ours_that_lacks_a_field_is_refused(field):
    text = encode(decode(f"{BOX}fillet 2 all\n"), text_format="json").text
    with pytest.raises(TextError, match=field):
        decode(text.replace(f'"{field}"', '"other"'), text_format="json")
