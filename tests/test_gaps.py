"""Gaps: what may be missing in the middle of a part, what a model is told of it, and filling it."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter

import numpy as np
import pytest
import torch
from conftest import PLATE
from tokenizers import Regex

from cadcomplete.completion.by_model import ByModel
from cadcomplete.completion.filling import fill, verified
from cadcomplete.config import from_dict
from cadcomplete.data import synthetic
from cadcomplete.data.describe.dictated import dictate
from cadcomplete.data.described import described
from cadcomplete.data.gaps import LeftOut, before, filled, gaps, inside, without
from cadcomplete.data.pack import Packed
from cadcomplete.data.samples import Sample
from cadcomplete.data.stream import Stream, grouped, piece
from cadcomplete.errors import InputError
from cadcomplete.history.fields import FORMATS
from cadcomplete.history.sequence import truncate
from cadcomplete.kernel.contain import Kernel
from cadcomplete.language import numbers
from cadcomplete.language.commands import DERIVED, FILLS
from cadcomplete.language.grammar import Grammar
from cadcomplete.language.lines import decode, encode
from cadcomplete.language.prompt import behind_of, prompt
from cadcomplete.language.tokenizer import TextTokenizer
from cadcomplete.model.assembly import assemble
from cadcomplete.model.checkpoint import FIRST_WORDS, Checkpoint
from cadcomplete.model.sampling import Sampling
from cadcomplete.training.nats import losses

# A plate, a boss on it that nothing needs, a hole, and a fillet of an edge of the plate.
BOSS = "sketch 0 0 10 +z +x\ncircle 8 8 4\nextrude join to 16 0\n"
HOLE = "sketch 0 0 10 +z +x\ncircle 30 20 2\nextrude cut to 0 0\n"
PART = decode(PLATE + BOSS + HOLE)


@pytest.fixture(scope="module")
def words():
    return TextTokenizer.train(
        ["plate"], size=1700, pieces=Regex(numbers.PIECES), words=numbers.words()
    )


def test_what_builds_and_is_needed_by_nothing_behind_may_be_missing():
    assert gaps(PART) == (LeftOut(2, 4),)  # the plate begins the part, and the hole ends it
    again = decode(PLATE + BOSS + "extrude join to 14 @1:1\n" + HOLE)
    # The plate's sketch is extruded again: that may be missing, and the boss before it.
    assert gaps(again) == (LeftOut(2, 4), LeftOut(4, 5))


def test_of_a_sketch_the_rest_may_be_missing_after_each_of_its_curves():
    # The plate has four lines and a circle, the boss and the hole a circle each.
    assert inside(PART) == tuple(LeftOut(0, 1, curves) for curves in range(1, 5))


def test_what_something_behind_refers_to_is_never_missing():
    mirrored = decode(PLATE + BOSS + "mirror +x 20 @1\n" + HOLE)
    assert gaps(mirrored) == (LeftOut(4, 5),)


def test_taken_out_and_put_in_again_the_part_is_what_it_was():
    parts = [part for part in synthetic.parts(16, seed=5, like="engineers") if gaps(part)]
    assert len(parts) >= 4
    for part in parts:
        for gap in gaps(part):
            left = without(part, gap)
            assert len(left) == len(part) - (gap.end - gap.start)
            middle = part.operations[gap.start : gap.end]
            assert filled(left, gap.start, middle) == part
            text = encode(left).text
            assert encode(decode(text)).text == text
        for gap in inside(part):
            left, middle = without(part, gap), part.operations[gap.start : gap.end]
            assert left.operations[gap.end :] == part.operations[gap.end :]
            assert filled(left, gap.start, middle, going_on=True) == part


@pytest.mark.parametrize("text_format", FORMATS)
def test_the_prompt_of_a_gap_is_how_the_whole_text_begins_and_knows_nothing_of_it(text_format):
    other = decode(PLATE + BOSS.replace("8 8 4", "20 9.123 3") + HOLE)
    told = []
    for part in (PART, other):
        (gap,) = gaps(part)
        behind = behind_of(without(part, gap), gap.start, text_format=text_format)
        tell = {"behind": behind, "text_format": text_format, "caption": "a plate"}
        whole = prompt(truncate(part, gap.end), **tell)
        begun = prompt(truncate(part, gap.start), **tell)
        assert whole.text.startswith(begun.text) and len(begun.text) in whole.offsets
        told.append(begun.text)
    assert told[0] == told[1]
    assert "after\n" in told[0] and told[0].count("cut") == 1


@pytest.mark.parametrize("text_format", FORMATS)
def test_of_a_sketch_that_goes_on_the_prompt_ends_after_the_curve(text_format):
    for gap in inside(PART):
        left = without(PART, gap)
        behind = behind_of(left, gap.end, text_format=text_format)
        whole = prompt(truncate(PART, gap.end), behind=behind, text_format=text_format)
        begun = prompt(truncate(left, gap.end), behind=behind, text_format=text_format)
        assert whole.text.startswith(begun.text)
        at = [cut[:2] for cut in whole.cuts].index((gap.start, gap.curves))
        assert whole.offsets[at] == len(begun.text)


@pytest.mark.parametrize("text_format", FORMATS)
def test_the_grammar_lets_a_sketch_go_on_to_its_end_and_no_further(text_format):
    vocabulary = {chr(i): i for i in (10, *range(32, 127))}
    grammar = Grammar(vocabulary, 999, text_format=text_format)
    for gap in inside(PART):
        begun = before(PART, gap)
        matcher = grammar.start(begun, going_on=True)
        text = encode(truncate(PART, gap.end), text_format=text_format).text
        for char in text[len(encode(begun, text_format=text_format).text) :]:
            assert vocabulary[char] in matcher.allowed()
            matcher.accept(vocabulary[char])
        assert matcher.may_end and grammar.end in matcher.allowed()
        assert matcher.drawing.sequence == truncate(PART, gap.end)
        longer = encode(truncate(PART, gap.end + 1), text_format=text_format).text
        for char in longer[len(text) :]:  # of an extrude; it begins as an ellipse does
            if vocabulary[char] not in matcher.allowed():
                break
            matcher.accept(vocabulary[char])
        else:
            pytest.fail("the sketch was followed by an extrude")


def test_only_what_is_in_the_gap_carries_loss(words):
    config = from_dict({"data": {"text_format": "numbers"}})
    (gap,) = gaps(PART)
    found = piece(PART, words, config, gap=gap)
    assert found is not None and found.ids[-1] == words.end
    asked = words.decode(found.ids[found.first : -1].tolist())
    before = encode(truncate(PART, gap.start), text_format="numbers").text
    whole = encode(truncate(PART, gap.end), text_format="numbers").text
    assert before + asked == whole


# --- filling ------------------------------------------------------------------------------------

TINY = {
    "data": {"text_format": "numbers", "max_length": 300, "filled": 1.0},
    "model": {
        "decoder": {
            **{"vocabulary": 1700, "width": 64, "layers": 1, "heads": 2, "kv_heads": 1},
            "feed_forward": 128,
        }
    },
}


@pytest.fixture(scope="module")
def kernel():
    with Kernel(workers=1, time_limit=30) as kernel:
        yield kernel


@pytest.fixture(scope="module")
def completer(words, kernel):
    """Of a model that has learned one gap by heart."""
    torch.manual_seed(0)
    config = from_dict(TINY)
    model = assemble(config, words).train()
    found = piece(PART, words, config, gap=gaps(PART)[0])
    assert found is not None
    (batch,) = grouped([found], 1000, words.end)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(40):
        losses(model, batch)[0].mean().backward()
        optimizer.step()
        optimizer.zero_grad()
    known = (*FIRST_WORDS, DERIVED, FILLS)
    made = Checkpoint(model.eval(), words, config, known, name="tiny")
    return ByModel(made, kernel, Sampling(rows=3))


def test_a_gap_is_filled_with_what_was_learned_and_all_behind_it_is_built(completer):
    first = fill(completer, without(PART, LeftOut(2, 4)), 2, n=1)[0]
    assert first.operations == PART.operations[2:4] and first.whole.operations == PART.operations
    expected = 40 * 30 * 10 - math.pi * 5**2 * 10 + math.pi * 4**2 * 6 - math.pi * 2**2 * 10
    assert first.report.valid and first.report.measures is not None
    assert first.report.measures.volume == pytest.approx(expected, rel=1e-6)
    assert 0 < first.score <= 1


def test_what_leaves_nothing_to_do_for_what_is_behind_fills_no_gap(completer):
    """A larger hole in the place of the one behind: then that would cut nothing."""
    larger = decode(PLATE + HOLE.replace("20 2\n", "20 4\n")).operations[2:]
    ways = [(larger, 0.6), (PART.operations[2:4], 0.4)]
    found = list(verified(completer, without(PART, LeftOut(2, 4)), 2, ways, n=3))
    assert [one.operations for one in found] == [PART.operations[2:4]]


@pytest.mark.parametrize("at", [0, 6])
def test_a_gap_at_an_end_is_refused(completer, at):
    with pytest.raises(InputError, match=r"between two operations.*1 to 5"):
        fill(completer, PART, at)


def test_a_model_that_has_not_learned_it_is_refused_by_name(completer, kernel):
    words = tuple(word for word in completer.model.words if word != FILLS)
    other = ByModel(dataclasses.replace(completer.model, words=words), kernel)
    with pytest.raises(InputError, match=r"tiny.*not learned to fill"):
        fill(other, PART, 2)


# --- captions at four levels --------------------------------------------------------------------


def test_a_synthetic_part_has_a_name_a_clause_and_a_sentence_with_sizes(kernel):
    found = list(described(6, seed=3, like="engineers", kernel=kernel))
    assert all(isinstance(one, Sample) and one.trains(0.05) for one in found)
    for one in found:
        assert isinstance(one, Sample)
        name, *more = one.descriptions
        assert not any(char.isdigit() for char in name) and " mm" in one.descriptions[-1]
        assert all(name.split()[-1].lower() in text.lower() for text in more[:1])
    again = list(described(6, seed=3, like="engineers", kernel=kernel))
    assert again == found


def test_every_level_is_told_as_often_and_every_dimension_as_the_part_is_now(words):
    config = from_dict(
        {
            "data": {
                **{"text_format": "numbers", "captions": 1.0, "derived": 1.0, "points": 0.0},
                **{"upright": 1.0, "max_length": 4000},
            }
        }
    )
    levels = ("plate", "plate with one hole", "Plate 40 × 30 × 10 mm with a hole.")
    part = Packed(Sample(decode(PLATE), "given", "d", "train", levels), None, ())
    stream = Stream([part], words, config, tokens=4000, share=0.0)
    random, counts = np.random.default_rng(1), Counter()
    for _ in range(200):
        found = stream._real(part, random)
        assert found is not None
        first, _, _ = words.decode(found.ids[: found.first].tolist()).partition("\n")
        counts[first.partition(": ")[2]] += 1
    assert set(counts) == {*levels, dictate(decode(PLATE))}
    assert min(counts.values()) > 30  # of 50 expected; binomial, six parts in 10,000 below that
