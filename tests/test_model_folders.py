"""Model folders that are broken: one line that names the file, whatever is wrong with it."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest
import torch
from conftest import ROOT
from safetensors.torch import load_file, save_file
from test_train import configure

from cadcomplete.errors import CheckpointError, ConfigError, InputError
from cadcomplete.model import checkpoint
from cadcomplete.training.train import train

ATTACK = ROOT / "tests" / "attack"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return train(configure(tmp_path_factory.mktemp("made"), train={"epochs": 0.1}))


@pytest.fixture
def folder(made, tmp_path):
    names = ("cadcomplete.json", "model.safetensors", "language_model.json", "metrics.json")
    (tmp_path / "model").mkdir()
    for name in (*names, "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(made / name, tmp_path / "model")
    return tmp_path / "model"


@pytest.mark.parametrize("name", sorted(path.name for path in ATTACK.glob("tok_*.json")))
def test_a_tokenizer_that_is_none_is_named(folder, name):
    shutil.copy(ATTACK / name, folder / "tokenizer.json")
    with pytest.raises(CheckpointError, match=r"tokenizer\.json: not a tokenizer: "):
        checkpoint.load(folder)


@pytest.mark.parametrize("name", ["cadcomplete.json", "language_model.json", "tokenizer.json"])
@pytest.mark.parametrize("content", ["[" * 100_000, '{"data":' * 50_000, "{", "[]", '"text"', ""])
def test_a_file_that_is_nested_without_end_or_no_object_is_named(folder, name, content):
    (folder / name).write_text(content)
    with pytest.raises(InputError, match=name.replace(".", r"\.")):
        checkpoint.load(folder)


def test_a_configuration_that_makes_no_sense_is_named(folder):
    raw = json.loads((folder / "cadcomplete.json").read_text())
    raw["train"]["batch"] = -1
    (folder / "cadcomplete.json").write_text(json.dumps(raw))
    with pytest.raises(ConfigError, match=r"cadcomplete\.json: at train\.batch: out of range"):
        checkpoint.load(folder)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_named(folder, value):
    weights = load_file(folder / "model.safetensors")
    name = sorted(weights)[1]
    weights[name].view(-1)[0] = value
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(CheckpointError, match=rf"model\.safetensors: at {name}: .* no weights"):
        checkpoint.load(folder)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_weights_that_were_cut_short_are_named(folder, share):
    content = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(content[: int(share * len(content))])
    with pytest.raises(CheckpointError, match=r"model\.safetensors: cannot read"):
        checkpoint.load(folder)


def test_a_tokenizer_of_another_model_is_named(folder):
    content = json.loads((folder / "tokenizer.json").read_text())
    content["model"]["vocab"]["something else"] = 5000
    (folder / "tokenizer.json").write_text(json.dumps(content))
    with pytest.raises(CheckpointError, match="tokens that the model does not know"):
        checkpoint.load(folder)


def test_a_run_does_not_begin_from_weights_that_are_no_numbers(folder, tmp_path):
    weights = load_file(folder / "model.safetensors")
    save_file({k: torch.full_like(v, torch.nan) for k, v in weights.items()}, folder / "m")
    (folder / "m").replace(folder / "model.safetensors")
    with pytest.raises(CheckpointError, match="no weights"):
        train(configure(tmp_path, train={"start": str(folder)}))


def test_damaged_values_end_in_a_sentence_that_names_the_folder(folder):
    told = [damaged(folder, seed) for seed in range(40)]
    assert any(told) and all(str(folder) in line for line in told if line)


WRONG = (None, -1, 0, 1e308, float("nan"), "x", [], {}, True, -3.5)


def damaged(folder: Path, seed: int) -> str:
    """Load a model of which one value is another one; return what was said."""
    draw = random.Random(seed)
    file = folder / draw.choice(["cadcomplete.json", "language_model.json", "tokenizer.json"])
    content = file.read_text()
    raw = place = json.loads(content)
    while True:
        key = draw.choice(list(place))
        if not isinstance(place[key], dict) or not place[key] or draw.random() < 0.3:
            break
        place = place[key]
    place[key] = draw.choice(WRONG)
    file.write_text(json.dumps(raw))
    try:
        checkpoint.load(folder)
    except InputError as error:
        return str(error)
    finally:
        file.write_text(content)
    return ""
