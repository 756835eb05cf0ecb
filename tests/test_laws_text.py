"""Laws 1, 2, 5 and 7 of a text, on the example parts and on parts that were made, in every format.

`test_text.py` asks the same of random histories; here are parts as people draw them.
"""

from __future__ import annotations

import dataclasses
import re

import pytest
from conftest import PARTS
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import sequences

from cadcomplete.data import synthetic
from cadcomplete.history.fields import FORMATS
from cadcomplete.history.operations import Sketch
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.language.commands import CLOSE, LOOP, command_fields
from cadcomplete.language.drawing import Drawing
from cadcomplete.language.lines import JSON_HEAD, decode, encode
from cadcomplete.language.numbers import SPELLINGS
from cadcomplete.language.prompt import IMAGE, INSTRUCTION, POINTS, Features, head, prompt
from cadcomplete.language.tokenizer import TextTokenizer, shipped
from cadcomplete.language.words import write_commands
from cadcomplete.readers import read

MADE = tuple(synthetic.parts(12, seed=41))
EXAMPLES = tuple(read(path).sequence for path in sorted(PARTS.glob("*.json")))
ALL = [pytest.param(part, id=part.id) for part in (*EXAMPLES, *MADE)]

formats = pytest.mark.parametrize("text_format", FORMATS)
every_part = pytest.mark.parametrize("part", ALL)


@pytest.fixture(scope="module")
def tokenizer():
    return TextTokenizer.load(shipped())


def lines_of(text: str, text_format: str) -> list[str]:
    """The commands of a text, without what holds a JSON list together."""
    rows = text.splitlines()
    return [row.removeprefix(",") for row in rows if row != JSON_HEAD] if rows else []


# --- law 1: every cut is the beginning of the whole text ----------------------------------------


@formats
@every_part
def test_the_text_of_a_shorter_part_is_how_the_whole_text_begins(part, text_format):
    whole = encode(part, text_format=text_format)
    for cut, offset in zip(whole.cuts, whole.offsets, strict=True):
        shorter = truncate(part, cut.operations, curves=cut.curves)
        assert encode(shorter, text_format=text_format).text == whole.text[:offset]


@formats
@every_part
def test_a_part_may_be_cut_after_every_operation_and_every_curve(part, text_format):
    cuts = encode(part, text_format=text_format).cuts
    # before the first; for a sketch of n curves after its plane and after each curve, the last
    # of which is the cut after the operation; one for each extrude
    inside = [
        sum(len(loop.curves) for loop in op.loops) if isinstance(op, Sketch) else 0
        for op in part.operations
    ]
    assert len(cuts) == 1 + sum(curves + 1 for curves in inside)
    assert [cut.operations for cut in cuts if cut.curves is None] == list(range(len(part) + 1))
    for index, curves in enumerate(inside):
        found = [cut.curves for cut in cuts if cut.operations == index and cut.curves is not None]
        assert found == list(range(curves))


@formats
@every_part
def test_every_cut_stands_at_the_end_of_a_line(part, text_format):
    text = encode(part, text_format=text_format)
    assert text.offsets[-1] == len(text.text)
    assert list(text.offsets) == sorted(set(text.offsets))
    assert all(text.text[offset - 1] == "\n" for offset in text.offsets if offset)
    assert len(text.operation_offsets) == len(part) + 1
    assert set(text.operation_offsets) <= set(text.offsets)


@formats
@every_part
def test_captions_and_measures_move_every_cut_by_as_much(part, text_format):
    levels = "z 0 10" if text_format != "numbers" else ""
    plain = encode(part, text_format=text_format)
    said = prompt(part, caption="a  part\nof steel", levels=levels, text_format=text_format)
    first = head("a part of steel", levels=levels)
    assert said.text == first + plain.text
    assert said.offsets == tuple(len(first) + offset for offset in plain.offsets)
    assert said.cuts == plain.cuts


@formats
@pytest.mark.parametrize("part", ALL[::4])
def test_tokens_of_a_prompt_are_the_first_tokens_of_the_whole(tokenizer, part, text_format):
    whole = tokenizer.encode(prompt(part, caption="a part", text_format=text_format))
    text = prompt(part, caption="a part", text_format=text_format)
    for cut, tokens in zip(text.cuts, whole.cuts, strict=True):
        shorter = truncate(part, cut.operations, curves=cut.curves)
        asked = prompt(shorter, caption="a part", text_format=text_format)
        assert tokenizer.encode(asked).ids == whole.ids[:tokens]


# --- law 2: nothing depends on what follows -----------------------------------------------------


@formats
@pytest.mark.parametrize("part", ALL)
def test_another_end_changes_nothing_before_it(part, text_format):
    """The first operations get the last ones of another part, which are much larger."""
    end = decode("sketch 0 0 7777.7 -y +z\ncircle 4444.4 0 3333.3\nextrude new to 9999.9 0\n")
    whole = encode(part, text_format=text_format)
    for keep in range(len(part) + 1):
        other = dataclasses.replace(part, operations=(*part.operations[:keep], end.operations[0]))
        text = encode(other, text_format=text_format)
        offset = whole.operation_offsets[keep]
        assert text.text[:offset] == whole.text[:offset]
        assert text.operation_offsets[: keep + 1] == whole.operation_offsets[: keep + 1]


@formats
@given(sequence=sequences(), other=sequences(), data=st.data())
@settings(max_examples=15)
def test_the_beginning_of_a_random_history_does_not_know_its_end(
    sequence, other, data, text_format
):
    keep = data.draw(st.integers(0, len(sequence)))
    first = other.operations[:1]  # a sketch: it can follow anything
    mixed = CadSequence((*sequence.operations[:keep], *first))
    shorter = encode(truncate(sequence, keep), text_format=text_format).text
    assert encode(mixed, text_format=text_format).text.startswith(shorter)


# --- law 7: there and back ----------------------------------------------------------------------


@every_part
def test_json_gives_back_every_number(part):
    text = encode(part, text_format="json").text
    assert decode(text, text_format="json").operations == part.operations


@formats
@every_part
def test_what_is_read_of_a_text_is_written_again_the_same(part, text_format):
    text = encode(part, text_format=text_format).text
    assert encode(decode(text, text_format=text_format), text_format=text_format).text == text


NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


@every_part
def test_lines_and_numbers_say_the_same_part_to_a_few_nanometres(part):
    lines = repr(decode(encode(part).text))
    numbers = repr(decode(encode(part, text_format="numbers").text, text_format="numbers"))
    assert NUMBER.sub("", numbers) == NUMBER.sub("", lines)
    found, wanted = ([float(word) for word in NUMBER.findall(text)] for text in (numbers, lines))
    assert found == pytest.approx(wanted, rel=2**-23, abs=4e-6)


@formats
@every_part
def test_the_same_part_has_the_same_text_and_is_left_as_it_was(part, text_format):
    before = hash(part)
    assert encode(part, text_format=text_format) == encode(part, text_format=text_format)
    assert hash(part) == before


@formats
@pytest.mark.parametrize("part", ALL[::3])
def test_a_drawing_that_was_left_off_is_gone_on_with_line_by_line(part, text_format):
    text = encode(part, text_format=text_format)
    whole = decode(text.text, text_format=text_format)
    lines = lines_of(text.text, text_format)
    for cut in text.cuts:
        begun = truncate(whole, cut.operations, curves=cut.curves)
        if cut.curves is not None and begun.whole_operations == len(begun):
            continue  # all its loops are closed: a sketch like that is taken as whole
        drawing = Drawing.of(begun, text_format)
        for line in lines[cut.commands :]:
            drawing.add(drawing.read(line))
        assert drawing.sequence.operations == whole.operations


def test_a_copy_of_a_drawing_goes_its_own_way(plate):
    drawing = Drawing.of(truncate(plate, 0, curves=2), "lines")
    other = drawing.copy()
    other.add(other.read("line 0 30"))
    assert len(other.curves) == 3
    assert len(drawing.curves) == 2
    other.add(other.read("extrude new to 5 0"))
    assert (len(other.operations), len(drawing.operations)) == (2, 0)
    assert drawing.plane is not None


# --- tokens -------------------------------------------------------------------------------------


@formats
@pytest.mark.parametrize("part", ALL[::4])
def test_the_same_text_has_the_same_tokens_from_any_tokenizer_of_that_folder(
    tokenizer, part, text_format
):
    text = encode(part, text_format=text_format)
    once = tokenizer.encode(text)
    assert tokenizer.encode(text) == once
    assert TextTokenizer.load(shipped()).encode(text) == once
    assert tuple(tokenizer.ids([text.text, "", text.text])[2]) == once.ids
    assert tokenizer.decode(once.ids) == text.text


def test_tokens_behind_placeholders_are_the_same_and_their_cuts_move(tokenizer, plate):
    tokens = tokenizer.encode(prompt(plate))
    front = Features(image=3, points=2).placeholders(images=2, points=True)
    assert front == (IMAGE,) * 6 + (POINTS,) * 2
    behind = tokens.after(front)
    assert behind.ids == front + tokens.ids
    assert behind.cuts == tuple(8 + cut for cut in tokens.cuts)
    assert tokens.after(()) == tokens


@pytest.mark.parametrize(
    ("features", "shown", "count"),
    [
        (Features(), {"images": 2, "points": True}, 0),  # a model that sees neither
        (Features(image=4), {"images": 0}, 0),  # absent: no token (law 6)
        (Features(image=4), {"images": 3}, 12),
        (Features(points=5), {"points": True}, 5),
        (Features(points=5), {"points": False}, 0),
    ],
)
def test_what_is_not_shown_or_not_seen_has_no_placeholder(features, shown, count):
    assert len(features.placeholders(**shown)) == count


@pytest.mark.parametrize(
    ("caption", "levels", "text"),
    [
        (None, "", f"{INSTRUCTION}\n"),
        ("a\tplate \n of  steel", "", f"{INSTRUCTION}: a plate of steel\n"),
        ("", "z 0 10", f"{INSTRUCTION}\nwanted z 0 10\n"),
        ("a plate", "z 0", f"{INSTRUCTION}: a plate\nwanted z 0\n"),
        ("<|endoftext|>", "", f"{INSTRUCTION}: < |endoftext|>\n"),
    ],
)
def test_what_stands_before_a_history_is_what_is_known(caption, levels, text):
    assert head(caption, levels=levels) == text


# --- the tables of the language -----------------------------------------------------------------


@formats
def test_every_command_that_is_written_has_fields_and_a_spelling(text_format):
    written = {
        command.name
        for part in (*EXAMPLES, *MADE)
        for command in write_commands(part, text_format)[0]
    }
    assert written == {"sketch", LOOP, "line", "arc", "circle", CLOSE, "extrude"}
    assert set(command_fields(text_format)) >= written
    assert set(SPELLINGS) >= written


@formats
@every_part
def test_a_command_a_line(part, text_format):
    commands, cuts = write_commands(part, text_format)
    lines = lines_of(encode(part, text_format=text_format).text, text_format)
    assert len(lines) == len(commands) == cuts[-1].commands
    if text_format != "json":
        assert [line.split(" ")[0] for line in lines] == [command.name for command in commands]
