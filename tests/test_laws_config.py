"""Configurations as data: every number within its bounds and no other, every word, every file."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import get_args, get_origin, get_type_hints

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from cadcomplete import bounds
from cadcomplete.bounds import Between
from cadcomplete.config import Config, StageConfig, from_dict, load
from cadcomplete.errors import ConfigError

CONFIGS = sorted((ROOT / "configs").glob("*.toml"))
TINY = ROOT / "configs" / "tiny.toml"

BOUNDED = {place: bound for place, _, bound in bounds._bounded(Config(), "")}
"""Every number of a configuration, by its key, and what it may be."""


def leaves(cls, where=""):
    """Yield every key of a configuration with its type, those of tables in it included."""
    for name, hint in get_type_hints(cls).items():
        if dataclasses.is_dataclass(hint):
            yield from leaves(hint, f"{where}{name}.")
        elif name not in ("FIELDS",):
            yield f"{where}{name}", hint


LEAVES = dict(leaves(Config))
WORDS = {place: get_args(hint) for place, hint in LEAVES.items() if get_origin(hint) is not None}
WORDS = {place: words for place, words in WORDS.items() if words and isinstance(words[0], str)}


def changed(place, value):
    raw = Config().as_dict()
    *tables, last = place.split(".")
    table = raw
    for name in tables:
        table = table[name]
    table[last] = value
    return raw


def refused(raw) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        from_dict(raw)
    return caught.value


# --- bounds -------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", BOUNDED)
def test_every_number_is_refused_just_beyond_its_bounds(place):
    bound, is_whole = BOUNDED[place], LEAVES[place] is int
    step = 1 if is_whole else 1e-9
    for value in (bound.low - step, bound.high + max(step, abs(bound.high) * 1e-9)):
        value = math.floor(value) if is_whole and value < bound.low else value
        value = math.ceil(value) if is_whole and value > bound.high else value
        error = refused(changed(place, value))
        assert (error.problem, error.where) == ("out of range", place)
        assert error.expected == str(bound)
        assert error.got == value


@pytest.mark.parametrize("place", BOUNDED)
def test_no_number_may_be_none_at_all(place):
    hint = LEAVES[place]
    if hint is float:
        for value in (math.nan, math.inf, -math.inf):
            assert refused(changed(place, value)).problem == "out of range"
    error = refused(changed(place, "much"))
    assert (error.problem, error.where) == ("wrong type", place)
    assert error.expected == f"a {hint.__name__}"


@pytest.mark.parametrize("place", [place for place, hint in LEAVES.items() if hint is bool])
def test_a_switch_is_neither_a_number_nor_a_word(place):
    for value in (1, 0, "true", None):
        assert refused(changed(place, value)).where == place
    assert from_dict(changed(place, True)) != from_dict(changed(place, False))


@pytest.mark.parametrize("place", WORDS)
def test_every_word_of_a_choice_may_be_chosen_and_no_other(place):
    for word in WORDS[place]:
        from_dict(changed(place, word))
    error = refused(changed(place, "another"))
    assert (error.problem, error.where) == ("unknown value", place)
    assert error.expected == " or ".join(WORDS[place])


def test_there_are_choices_switches_and_numbers():
    assert len(BOUNDED) >= 50
    assert len(WORDS) >= 9
    assert sum(hint is bool for hint in LEAVES.values()) >= 5


@pytest.mark.parametrize(
    ("bound", "said"),
    [
        (Between(0, 1), "0 to 1"),
        (Between(1, 65_536), "1 to 65,536"),
        (Between(1e-6, 1e6), "1e-06 to 1,000,000"),
        (Between(0, 0.99), "0 to 0.99"),
        (Between(0, math.inf), "0 to inf"),
    ],
)
def test_bounds_are_told_as_people_write_numbers(bound, said):
    assert str(bound) == said


@given(low=st.floats(-1e6, 1e6), size=st.floats(0, 1e6), value=st.floats(allow_nan=True, width=32))
@settings(max_examples=50)
def test_what_is_between_is_allowed_ends_included(low, size, value):
    bound = Between(low, low + size)
    assert bound.allows(value) == (low <= value <= low + size)
    assert bound.allows(bound.low)
    assert bound.allows(bound.high)


# --- structure ----------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["data", "model", "model.decoder", "train", "train.rates"])
def test_a_table_is_a_table_and_lists_its_keys_for_one_that_it_has_not(place):
    assert refused(changed(place, 5)).problem == "not a table"
    error = refused(changed(f"{place}.surprise", 5))
    assert (error.problem, error.where) == ("unknown key", f"{place}.surprise")
    assert error.expected.startswith("one of ")
    known = [key.rpartition(".")[2] for key in LEAVES if key.rpartition(".")[0] == place]
    assert all(key in error.expected for key in known)


@pytest.mark.parametrize("value", [5, "a", [1], {"a": 1}])
@pytest.mark.parametrize("place", ["data.sources", "model.new_tokens", "train.report_to"])
def test_a_list_of_texts_is_one(place, value):
    error = refused(changed(place, value))
    assert (error.problem, error.expected) == ("wrong type", "a list of texts")


@pytest.mark.parametrize(
    ("stages", "where", "problem"),
    [
        (5, "data.stages", "wrong type"),
        ([5], "data.stages[0].", "not a table"),
        ([{}, {"pass": 1}], "data.stages[1].pass", "unknown key"),
        ([{}, {"passes": 0}], "data.stages[1].passes", "out of range"),
        ([{"images": "many"}], "data.stages[0].images", "wrong type"),
    ],
)
def test_a_stage_of_a_curriculum_that_is_wrong_is_named_by_its_number(stages, where, problem):
    error = refused(changed("data.stages", stages))
    assert (error.where, error.problem) == (where, problem)


def test_without_stages_a_curriculum_has_the_one_that_the_settings_describe():
    raw = changed("data.variants", 3)
    raw["data"] |= {"captions": 0.25, "images": 0.5, "points": 0.75}
    assert from_dict(raw).data.curriculum == (StageConfig(3, 0.25, 0.5, 0.75),)
    raw["data"]["stages"] = [{"passes": 2}, {"points": 1}]
    assert from_dict(raw).data.curriculum == (StageConfig(2), StageConfig(points=1.0))


@pytest.mark.parametrize(
    ("packing", "row", "expected"), [(False, 0, 0), (False, 64, 0), (True, 0, 1024), (True, 64, 64)]
)
def test_packed_rows_are_as_long_as_samples_unless_another_length_is_given(packing, row, expected):
    raw = changed("train.packing", packing)
    raw["train"]["row"] = row
    assert from_dict(raw).packed_row == expected


@pytest.mark.parametrize(
    ("heads", "width", "head_width", "good"),
    [
        (4, 256, 0, True),
        (3, 256, 0, False),
        (3, 256, 64, True),
        (4, 12, 0, False),
        (4, 256, 3, False),
    ],
)
def test_heads_divide_the_width_evenly_or_have_an_even_one_of_their_own(
    heads, width, head_width, good
):
    raw = changed("model.decoder.heads", heads)
    raw["model"]["decoder"] |= {"width": width, "head_width": head_width, "kv_heads": 1}
    if good:
        from_dict(raw)
    else:
        assert refused(raw).where.startswith("model.decoder")
    raw["model"]["language_model"] = "some/model"  # then the sizes are those of the model
    from_dict(raw)


# --- files --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_shipped_configuration_is_saved_and_read_back_the_same(path):
    config = load(path)
    again = from_dict(json.loads(json.dumps(config.as_dict())))
    assert again == config
    assert again.as_dict() == config.as_dict()
    config.check()
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.name = "other"


def test_there_are_shipped_configurations():
    assert len(CONFIGS) >= 5


@pytest.mark.parametrize("place", [key for key in LEAVES if key != "data.stages"])
def test_every_key_may_be_set_on_the_command_line_to_what_it_is(place):
    config = load(TINY)
    value = config.as_dict()
    for name in place.split("."):
        value = value[name]
    said = json.dumps(value) if not isinstance(value, bool) else str(value).lower()
    assert load(TINY, changes=(f"{place}={said}",)) == config


@given(seed=st.integers(0, 2**31 - 1), batch=st.integers(1, 65_536))
@settings(max_examples=10)
def test_of_several_changes_the_last_one_counts(seed, batch):
    changes = ("train.seed=1", f"train.batch={batch}", f"train.seed={seed}")
    config = load(TINY, changes=changes)
    assert (config.train.seed, config.train.batch) == (seed, batch)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a = = 1", "not TOML"),
        ("[train]\nbatch = 8\n[train]\n", "not TOML"),
        ("\udcff", "not TOML"),
        ("train = 5", "not a table"),
        ("[trian]\nbatch = 8", "unknown key"),
        ("[train]\nbatch = 'eight'", "wrong type"),
    ],
)
def test_a_file_that_is_wrong_is_named(tmp_path, text, problem):
    path = tmp_path / "wrong.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert problem in str(caught.value)
    assert caught.value.file == str(path)
