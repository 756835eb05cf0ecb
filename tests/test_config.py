"""Configurations: every shipped one loads, and a wrong one says what is wrong."""

from __future__ import annotations

import json

import pytest
from conftest import ROOT

from cadcomplete import bounds
from cadcomplete.config import Config, from_dict, load
from cadcomplete.errors import ConfigError

CONFIGS = sorted((ROOT / "configs").glob("*.toml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda p: p.name)
def test_every_shipped_configuration_loads(path):
    assert load(path).name == path.stem


def test_the_resolved_configuration_is_read_back_the_same():
    config = load(CONFIGS[0], changes=("train.seed=7",))
    assert from_dict(json.loads(json.dumps(config.as_dict()))) == config
    assert config.train.seed == 7


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("train.lerning_rate=1", "at train.lerning_rate: unknown key: expected one of start,"),
        ("optimiser=1", "at optimiser: unknown key: expected one of name, output, data,"),
        ("train.batch=1.5", "at train.batch: wrong type: expected a int, got 1.5"),
        ("train.weighting=some", "expected tokens or truncations, got some"),
        ("data.sources=here", "at data.sources: wrong type: expected a list of texts"),
        ("name.first=1", "not a table"),
        ("train", "not a change: expected key=value"),
    ],
)
def test_a_wrong_change_is_one_clear_line(change, message):
    with pytest.raises(ConfigError) as caught:
        load(CONFIGS[0], changes=(change,))
    assert message in str(caught.value)
    assert CONFIGS[0].name in str(caught.value)


def test_a_decoder_that_no_card_could_train_is_refused_before_it_is_made():
    changes = ("model.decoder.width=65536", "model.decoder.layers=1000")
    with pytest.raises(
        ConfigError, match=r"at model.decoder: too large together: expected at most 20"
    ):
        load(ROOT / "configs" / "tiny.toml", changes=changes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("train.rates.language_model=nan", "at train.rates.language_model: out of range: expected"),
        ("train.rates.image_encoder=-1e-3", "expected 0 to 1, got -0.001"),
        ("train.rates.language_model=inf", "expected 0 to 1, got inf"),
        ("train.batch=0", "at train.batch: out of range: expected 1 to 65,536, got 0"),
        ("train.batch=100000000", "at train.batch"),
        ("train.epochs=inf", "at train.epochs: out of range: expected 1e-06 to 1,000,000, got inf"),
        ("train.epochs=-1", "at train.epochs"),
        ("train.workers=-1", "at train.workers: out of range: expected 0 to 1,024"),
        ("train.evaluate_every=0", "at train.evaluate_every"),
        ("train.seed=-1", "at train.seed"),
        ("train.clip=nan", "at train.clip"),
        ("data.variants=0", "at data.variants: out of range: expected 1 to"),
        ("data.synthetic=-5", "at data.synthetic"),
        ("data.captions=1.5", "at data.captions: out of range: expected 0 to 1, got 1.5"),
        ("data.stages=[{passes=0}]", "at data.stages[0].passes: out of range"),
        ("model.decoder.width=0", "at model.decoder.width"),
        ("model.decoder.layers=1000000", "at model.decoder.layers: out of range: expected 1 to"),
        ("model.decoder.heads=3", "at model.decoder.heads: does not fit: expected a number that"),
        ("model.decoder.kv_heads=5", "at model.decoder.kv_heads: does not fit"),
        ("model.decoder.head_width=5", "expected heads of an even width, got 5"),
        ("model.image.patch=15", "at model.image.patch: does not fit: expected a number that di"),
        ("model.points.heads=7", "at model.points.heads: does not fit"),
        ("train.checkpoint_every=6", "expected a number that divides checkpoint_every, 6, got 4"),
        ("model.lora.rank=-8", "at model.lora.rank"),
        ("name=../../up", "at name: not a name"),
        ("name=a/b", "at name: not a name"),
        ("name=-x", "at name: not a name"),
        ('name="a\\nb"', "at name: not a name"),
        ('name=""', "at name: not a name"),
        ('output="a\\u0000"', "at output: not a folder"),
    ],
)
def test_a_value_that_makes_no_sense_names_its_field_and_what_is_allowed(change, message):
    with pytest.raises(ConfigError) as caught:
        load(ROOT / "configs" / "tiny.toml", changes=(change,))
    assert message in str(caught.value)


def test_every_number_of_a_configuration_has_a_bound():
    config = load(ROOT / "configs" / "tiny.toml", changes=("data.stages=[{passes=1}]",))
    bounded = {place for place, _, _ in bounds._bounded(config, "")}

    def numbers(value, where):
        for key, item in value.items():
            if isinstance(item, dict):
                yield from numbers(item, f"{where}{key}.")
            elif isinstance(item, list):
                for i, one in enumerate(item):
                    yield from numbers(one, f"{where}{key}[{i}].") if isinstance(one, dict) else ()
            elif isinstance(item, (int, float)) and not isinstance(item, bool):
                yield f"{where}{key}"

    assert set(numbers(config.as_dict(), "")) == bounded


def test_whole_numbers_may_stand_for_others_and_words_need_no_quotes():
    config = load(CONFIGS[0], changes=("train.epochs=2", "name=mine", 'data.sources=["a", "b"]'))
    assert (config.train.epochs, config.name, config.data.sources) == (2.0, "mine", ("a", "b"))


def test_a_file_that_is_not_there_or_not_toml_is_named(tmp_path):
    with pytest.raises(ConfigError, match="cannot read"):
        load(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("a = = 1")
    with pytest.raises(ConfigError, match=r"bad\.toml: not TOML"):
        load(tmp_path / "bad.toml")


def test_an_empty_configuration_is_the_default():
    assert from_dict({}) == Config()
