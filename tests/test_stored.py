"""Parts that are read only when they are learned from: nothing but memory and time changes."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import PARTS
from test_train import configure

from cadcomplete.config import Config, DataConfig, TrainConfig
from cadcomplete.data import stored as storing
from cadcomplete.data.dataset import Histories
from cadcomplete.data.draws import draws
from cadcomplete.data.identity import identity
from cadcomplete.data.prepare import prepare
from cadcomplete.data.prepare.settings import Settings
from cadcomplete.data.read import read_samples
from cadcomplete.data.sizes import TextSizes, sizes_of, told
from cadcomplete.data.sources import find_data
from cadcomplete.data.stored import Parts, first_by_key, known_sizes, sizes_in, stored
from cadcomplete.errors import InputError
from cadcomplete.language.prompt import Features
from cadcomplete.language.tokenizer import TextTokenizer, shipped
from cadcomplete.training.train import set_up, train

TOKENIZER = TextTokenizer.load(shipped())
FEATURES = Features(image=64, points=33)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The example parts, prepared with two pictures and a cloud each; half of them validate."""
    folder = tmp_path_factory.mktemp("data") / "parts"
    settings = Settings(points=64, size=32, views=2, per_shard=4, validation=0.4, test=0.0)
    prepare(PARTS, folder, settings)
    return folder


@pytest.fixture
def copy(data, tmp_path):
    ignored = shutil.ignore_patterns("lengths")
    return Path(shutil.copytree(data, tmp_path / "data", ignore=ignored))


def parts_of(folder, text_format="lines"):
    found = stored(folder)
    return Parts.of(found, sizes_in(found, TOKENIZER, text_format=text_format))


def same_sizes(one, other):
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("keys", "operations", "text", "first", "heads", "pictures", "clouds")
    )


@pytest.mark.parametrize("text_format", ["lines", "json"])
def test_what_is_stored_is_counted_as_what_is_read(data, text_format):
    samples = list(read_samples(data))
    parts = parts_of(data, text_format)
    assert same_sizes(parts.sizes, sizes_of((told(s, text_format) for s in samples), TOKENIZER))
    assert list(parts) == samples and parts[1:3][0] == samples[1]


def test_lengths_are_counted_once_and_kept_in_the_data_set(copy, monkeypatch):
    said = []
    first = sizes_in(stored(copy), TOKENIZER, text_format="lines", say=said.append)
    assert len(said) == 1 and "counting the tokens of 6 parts" in said[0]
    assert len(list((copy / "lengths").iterdir())) == 1
    monkeypatch.setattr(storing, "sizes_of", None)  # nothing is counted again
    assert same_sizes(sizes_in(stored(copy), TOKENIZER, text_format="lines"), first)


def test_other_data_another_tokenizer_and_a_damaged_file_are_counted_anew(copy):
    found = stored(copy)
    sizes_in(found, TOKENIZER, text_format="lines")
    other = TextTokenizer.train(["sketch 0 0 0 +z +x\n"], size=300)
    assert known_sizes(found, other, text_format="lines") is None
    assert known_sizes(found, TOKENIZER, text_format="json") is None
    (file,) = (copy / "lengths").iterdir()
    file.write_bytes(file.read_bytes()[:100])
    assert known_sizes(found, TOKENIZER, text_format="lines") is None
    sizes_in(found, TOKENIZER, text_format="lines")
    (copy / found.files[0]).write_bytes((copy / found.files[0]).read_bytes() + b" ")
    assert known_sizes(found, TOKENIZER, text_format="lines") is None


def test_a_data_set_that_cannot_be_written_to_is_counted_all_the_same(copy):
    (copy / "lengths").write_text("in the way")
    said = []
    assert len(sizes_in(stored(copy), TOKENIZER, text_format="lines", say=said.append)) == 6
    assert "the lengths are not kept" in said[1]


@pytest.mark.parametrize(
    "changes",
    [
        {"max_length": 2000},
        {"max_length": 400, "most_images": 2},
        {"max_length": 260, "captions": 1.0, "variants": 3},
        {"max_length": 260, "too_long": "refuse"},
        {"max_length": 150, "images": 0.0, "points": 0.0},
    ],
)
def test_stored_parts_are_samples_as_read_ones_are(data, changes):
    config = Config(data=DataConfig(upright=0.5, **changes))
    samples, parts = list(read_samples(data)), parts_of(data)
    lazy, eager = (Histories(s, TOKENIZER, config, FEATURES) for s in (parts, samples))
    assert lazy.refusals.reasons == eager.refusals.reasons
    assert sorted(lazy.refusals.samples) == sorted(eager.refusals.samples)
    assert (list(lazy.samples), lazy.shortened) == (list(eager.samples), eager.shortened)
    for i in range(len(lazy)):
        assert np.array_equal(lazy[i].ids, eager[i].ids)
    every = np.arange(len(lazy))
    assert np.array_equal(lazy.lengths(every), eager.lengths(every))


def test_lengths_are_those_of_the_samples(data):
    still = {"upright": 1.0, "points": 0.0, "images": 0.7, "most_images": 2, "captions": 0.7}
    config = Config(data=DataConfig(max_length=2000, variants=5, **still))
    histories = Histories(parts_of(data), TOKENIZER, config, FEATURES)
    assert any(histories[i].images is not None for i in range(len(histories)))
    lengths = [len(histories[i].ids) for i in range(len(histories))]
    assert histories.lengths(np.arange(len(histories))).tolist() == lengths


def test_every_epoch_shows_other_things_and_no_part_never_shows_any(data):
    config = Config(data=DataConfig(max_length=2000, variants=1, upright=1.0))
    histories = Histories(parts_of(data), TOKENIZER, config, FEATURES)
    shown = np.array(
        [
            [(s.images is not None, s.points is not None) for s in map(histories.__getitem__, part)]
            for part in np.arange(12 * len(histories)).reshape(12, -1).T.tolist()
        ]
    )
    assert shown.any(axis=1).all()  # each part shows its picture in some epoch, and its cloud
    assert not shown.all(axis=1).any()
    assert histories.ranges(2) == [range(2 * len(histories), 3 * len(histories))]


def test_draws_are_even_and_one_does_not_tell_of_another():
    keys, numbers = np.arange(1000, dtype=np.uint64)[:, None], np.arange(100)
    found = draws(keys, numbers, seed=1, stream=2)
    assert found.shape == (1000, 100) and found.min() >= 0 and found.max() < 1
    assert draws(7, 5, seed=1, stream=2)[0] == found[7, 5]
    # 100,000 numbers: 5 sigma of the mean is 0.0046; of a count of 10,000 is 474
    assert found.mean() == pytest.approx(0.5, abs=0.005)
    assert np.histogram(found, 10, (0, 1))[0] == pytest.approx(np.full(10, 10_000), abs=500)
    others = [found[:, 1:], found[1:], draws(keys, numbers, seed=1, stream=3)]
    others += [draws(keys, numbers, seed=2, stream=2)]
    for other in others:
        rows, columns = other.shape
        both = np.corrcoef(found[:rows, :columns].ravel(), other.ravel())[0, 1]
        assert abs(both) < 0.016  # 5 / sqrt(100,000)


def test_few_of_many_parts_validate_and_mostly_the_same_when_there_are_more(data):
    parts = parts_of(data)
    few = first_by_key(parts, 3)
    assert len(few) == 3 and first_by_key(parts, 0) is parts and first_by_key(parts, 9) is parts
    fewer = first_by_key(parts.chosen(np.arange(5)), 3)
    assert {s.sequence.id for s in few} - {parts[5].sequence.id} <= {s.sequence.id for s in fewer}


def test_a_run_over_a_stored_data_set_and_synthetic_parts(data, tmp_path):
    changes = {"sources": [str(data)], "validation_parts": 2, "synthetic": 3, "max_length": 2000}
    run = set_up(configure(tmp_path, **changes))
    train_parts = sum(s.split == "train" for s in read_samples(data))
    assert len(run.training.samples) == train_parts + 3
    assert len(run.validation.samples) == 2
    folder = train(configure(tmp_path, **changes, train={"epochs": 1, "packing": True, "batch": 1}))
    assert (folder / "model.safetensors").is_file()


def test_a_part_of_a_shard_that_is_damaged_names_the_file(copy):
    parts = parts_of(copy)
    file = copy / stored(copy).files[0]
    content = bytearray(file.read_bytes())
    content[4:2000] = bytes(1996)
    file.write_bytes(bytes(content))
    with pytest.raises(InputError, match=file.name):
        list(parts)


def test_the_identity_of_data_changes_with_the_data(copy, tmp_path):
    def changed(folder, path, content):
        before = identity(folder)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return identity(folder) != before

    raw = Path(shutil.copytree(PARTS, tmp_path / "raw"))
    assert identity(raw) == identity(PARTS)
    file = raw / "bracket.json"
    assert changed(raw, file, file.read_bytes().replace(b"1", b"2", 1))
    assert changed(raw, raw / "more.json", file.read_bytes())
    assert changed(raw, raw / "txt" / "a.json", b"[]")
    assert not changed(raw, raw / ".lock", b"")
    assert not changed(copy, copy / "lengths" / "other.npz", b"")
    shard = copy / stored(copy).files[0]
    assert changed(copy, shard, shard.read_bytes() + b" ")


def test_sizes_of_sets_with_other_numbers_of_captions_stand_together(data):
    samples = list(itertools.islice(read_samples(data), 2))
    both = sizes_of((told(s, "lines") for s in samples), TOKENIZER)
    bare = [type(s)(s.sequence, None, s.design) for s in samples]
    none = sizes_of((told(s, "lines") for s in bare), TOKENIZER)
    joined = TextSizes.joined([none, both])
    assert joined.heads.shape == (4, 4) and not joined.heads[:2, 1:].any()
    assert (joined.heads[:, 0] == both.heads[0, 0]).all()


def test_all_cuts_of_files_are_asked_of_each_part(data, tmp_path):
    config = configure(tmp_path, sources=[str(data)], train={"cuts": "five"})
    found = find_data(config)
    learned, _ = found.split(TOKENIZER, config)
    histories = Histories(learned, TOKENIZER, config, FEATURES)
    assert all(len(sample.sequence) > 1 for sample in histories.samples)
    assert isinstance(config.train, TrainConfig)
