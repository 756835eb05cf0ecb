"""Configurations: every shipped one loads, and a wrong one says what is wrong."""

from __future__ import annotations

import json

import pytest
from conftest import ROOT

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
