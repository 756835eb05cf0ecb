"""What a sample shows of what is known about a part."""

from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
import pytest
from conftest import PLATE

from cadcomplete import readers
from cadcomplete.config import Config, DataConfig, TrainConfig
from cadcomplete.data.collate import collate
from cadcomplete.data.dataset import Histories
from cadcomplete.data.prepare import prepare
from cadcomplete.data.prepare.settings import Settings
from cadcomplete.data.read import read_samples
from cadcomplete.data.samples import Sample
from cadcomplete.history.fields import FORMATS
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.lines import decode
from cadcomplete.language.prompt import Features
from cadcomplete.language.tokenizer import TextTokenizer, shipped

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


# --- histories that are odd, but accepted -------------------------------------------------------


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """Parts with an extrude that extrudes nothing, an empty sketch, and both, prepared."""
    folder, plate = tmp_path_factory.mktemp("odd"), decode(PLATE)
    sketch, extrude = plate.operations
    empty = dataclasses.replace(sketch, loops=())
    nothing = dataclasses.replace(extrude, profiles=())
    histories = {
        "nothing_1": (sketch, extrude, nothing),
        "empty_1": (sketch, extrude, empty),
        "both_1": (empty, sketch, extrude_of(extrude, 1), nothing, empty),
    }
    for name, operations in histories.items():
        file = folder / "raw" / f"{name}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(readers.from_sequence(CadSequence(operations, name)).dump())
    report = prepare(folder / "raw", folder / "set", Settings(views=0, points=64))
    assert report["parts"] == 3, report["skipped"]
    return folder / "set"


def extrude_of(extrude, sketch):
    profiles = tuple(dataclasses.replace(p, sketch=sketch) for p in extrude.profiles)
    return dataclasses.replace(extrude, profiles=profiles)


@pytest.mark.parametrize("text_format", FORMATS)
@pytest.mark.parametrize("cuts", ["all", "one", "five"])
def test_what_prepare_accepts_can_be_learned_from(odd, text_format, cuts):
    moved = {"variants": 12, "upright": 0.2, "scaled": 0.5, "reordered": 1.0, "max_length": 2000}
    config = Config(
        data=DataConfig(text_format=text_format, **moved),
        train=TrainConfig(cuts=cuts, weighting="truncations"),
    )
    tokenizer = TextTokenizer.load(shipped())
    histories = Histories(list(read_samples(odd)), tokenizer, config, Features(points=5))
    assert len(histories.samples) == 3
    for index in range(len(histories)):
        batch = collate([[histories[index]]], padding=0)
        assert float(batch["weights"].sum()) > 0


# --- parts that are too long --------------------------------------------------------------------


def test_a_long_part_is_cut_after_its_last_operation_that_fits():
    tokenizer, plate = TextTokenizer.load(shipped()), decode(PLATE)
    sketch, extrude = plate.operations
    operations = tuple(op for i in range(6) for op in (sketch, extrude_of(extrude, 2 * i)))
    sample = Sample(CadSequence(operations, "long"), None, "long", "train")
    data = {"captions": 0.0, "variants": 1}
    whole = Histories([sample], tokenizer, Config(data=DataConfig(**data)), Features())
    full = whole.history(0)
    starts = [start for start, _ in full.operations]
    for room in (starts[5] + 1, starts[5], starts[5] - 1):
        config = Config(data=DataConfig(max_length=room, **data))
        cut = Histories([sample], tokenizer, config, Features())
        labelled = cut[0]
        end = starts[5] if room >= starts[5] else starts[4]
        assert labelled.ids.tolist() == full.labelled.ids[:end].tolist()  # law 1, and no end token
        assert (labelled.labels[starts[0] :] == labelled.ids[starts[0] :]).all()
        assert len(cut.history(0).operations) == starts.index(end)
        assert cut.shortened == 1 and not cut.refusals.samples
    tiny = Config(data=DataConfig(max_length=starts[1] - 1, **data))
    refused = Histories([sample], tokenizer, tiny, Features())
    assert refused.refusals.reasons == {"too long": 1}


def test_the_weights_of_a_part_that_was_cut_are_those_of_its_own_cuts():
    tokenizer, plate = TextTokenizer.load(shipped()), decode(PLATE)
    sketch, extrude = plate.operations
    operations = (sketch, extrude, sketch, extrude_of(extrude, 2))
    sample = Sample(CadSequence(operations, "long"), None, "long", "train")
    data, learn = {"captions": 0.0, "variants": 1}, TrainConfig(weighting="truncations")
    whole = Histories([sample], tokenizer, Config(data=DataConfig(**data), train=learn), Features())
    starts = [start for start, _ in whole.history(0).operations]
    config = Config(data=DataConfig(max_length=starts[3], **data), train=learn)
    weights = Histories([sample], tokenizer, config, Features())[0].weights
    end = starts[3]  # three cuts, each with the mean over what follows it up to there
    expected = sum(
        np.where(np.arange(end) >= cut, 1 / (3 * (end - cut)), 0.0) for cut in starts[:3]
    )
    assert weights == pytest.approx(expected)
