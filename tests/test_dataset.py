"""What a sample shows of what is known about a part."""

from __future__ import annotations

from collections import Counter

import pytest
from conftest import PLATE

from cadcomplete.config import Config, DataConfig
from cadcomplete.data.dataset import Histories
from cadcomplete.data.samples import Sample
from cadcomplete.lines import decode
from cadcomplete.prompt import Features
from cadcomplete.tokenizer import TextTokenizer, shipped

DERIVED = ("a plate", "Plate 40 × 30 × 10 mm.")


def shown(caption, descriptions, **data):
    """How often 400 variants of a part show which first line."""
    sample = Sample(decode(PLATE), caption, "plate", "train", descriptions)
    tokenizer = TextTokenizer.load(shipped())
    config = Config(data=DataConfig(variants=400, **data))
    histories = Histories([sample], tokenizer, config, Features())
    lines = (tokenizer.decode(histories[i].ids).partition("\n")[0] for i in range(400))
    return Counter(line.partition(": ")[2] for line in lines)


def test_given_and_derived_captions_are_mixed_as_configured():
    counts = shown("made by hand", DERIVED, captions=0.8, derived=0.5)
    assert counts.keys() == {"", "made by hand", *DERIVED}
    # 400 · 0.2, 400 · 0.8 · 0.5 and half of that for each length; 4 sigma is at most 40
    wanted = {"": 80, "made by hand": 160, DERIVED[0]: 80, DERIVED[1]: 80}
    assert counts == pytest.approx(wanted, abs=40)


def test_where_no_caption_was_given_a_derived_one_stands():
    counts = shown(None, DERIVED, captions=1.0, derived=0.0)
    assert counts.keys() == set(DERIVED)


def test_without_descriptions_the_given_caption_stands():
    assert shown("made by hand", (), captions=1.0, derived=1.0) == {"made by hand": 400}
    assert shown(None, (), captions=1.0) == {"": 400}


@pytest.mark.parametrize(
    ("split", "sides"),
    [("train", (True, False)), ("validation", (False, True)), ("test", (False, False))],
)
def test_the_split_of_a_prepared_part_decides_what_it_is_for(split, sides):
    sample = Sample(decode(PLATE), None, "plate", split)
    for share in (0.0, 1.0):
        assert (sample.trains(share), sample.held_out(share)) == sides


def test_a_part_of_raw_files_trains_or_validates():
    sample = Sample(decode(PLATE), None, "plate")
    assert (sample.trains(0.0), sample.held_out(0.0)) == (True, False)
    assert (sample.trains(1.0), sample.held_out(1.0)) == (False, True)
