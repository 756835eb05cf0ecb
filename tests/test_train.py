"""Training: reproducible, resumable, saved as it was (law 8), with baselines beside it."""

from __future__ import annotations

import json
import math
import shutil

import pytest
import torch
from conftest import PARTS

from cadcomplete.config import Config, from_dict
from cadcomplete.data import baselines
from cadcomplete.data.baselines import History
from cadcomplete.data.labels import label
from cadcomplete.errors import CheckpointError, ConfigError, InputError
from cadcomplete.language.tokenizer import Tokens
from cadcomplete.model import checkpoint
from cadcomplete.model.model import CompletionModel
from cadcomplete.training.train import last_checkpoint, train


def configure(folder, *, train=None, **changes) -> Config:
    """A run of 9 steps over the example parts; `changes` are those of the data."""
    return from_dict(
        {
            "name": "run",
            "output": str(folder),
            "data": {
                "sources": [str(PARTS)],
                "validation": 0.4,
                "variants": 4,
                "max_length": 400,
                **changes,
            },
            "model": {
                "decoder": {
                    "vocabulary": 300,
                    "width": 32,
                    "layers": 2,
                    "heads": 2,
                    "kv_heads": 1,
                    "feed_forward": 64,
                }
            },
            "train": {
                "epochs": 3,
                "batch": 4,
                "rates": {"language_model": 0.01},
                "evaluate_every": 4,
                "log_every": 1,
                "precision": "float16",
                **(train or {}),
            },
        }
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return train(configure(tmp_path_factory.mktemp("first")))


def entries(folder):
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def losses(folder):
    return [(e["step"], e[k]) for e in entries(folder) for k in ("loss", "eval_loss") if k in e]


def test_a_model_says_the_words_that_its_texts_held_and_those_of_the_model_it_starts_from(tmp_path):
    """What it has never seen is not offered, though the language has it."""
    source = tmp_path / "json"
    source.mkdir()
    for number in range(8):
        text = f"sketch 0 0 0 +z +x\ncircle {number} 0 {5 + number}\nextrude new to 5 0\n"
        (source / f"{number:04d}_part.lines").write_text(text)
    few = train(configure(tmp_path / "few", sources=[str(source)]))
    words = ("circle", "sketch", "extrude")
    assert checkpoint.load(few).words == words
    assert all(checkpoint.words_of(path) == words for path in few.glob("checkpoint-*"))
    first = json.loads((few / "cadcomplete.json").read_text())
    more = first | {"words": ["loop", "arc", "sketch", "extrude"]}
    (few / "cadcomplete.json").write_text(json.dumps(more))
    again = configure(
        tmp_path / "more", sources=[str(source)], train={"start": str(few), "epochs": 1}
    )
    assert checkpoint.load(train(again)).words == ("loop", "arc", *words)


def test_parts_that_can_never_be_finished_are_no_run(tmp_path):
    source = tmp_path / "json"
    source.mkdir()
    for number in range(4):
        text = f"sketch 0 0 0 +z +x\ncircle {number} 0 {5 + number}\n"
        (source / f"{number:04d}_part.lines").write_text(text)
    with pytest.raises(CheckpointError, match="the parts to learn from: at words: no part can be"):
        train(configure(tmp_path / "run", sources=[str(source)]))


def test_a_run_folder_has_its_configuration_losses_model_and_metrics(run):
    assert from_dict(json.loads((run / "config.json").read_text())).name == "run"
    assert len(losses(run)) > 9
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["parts"]["train"] + metrics["parts"]["validation"] == 6
    settings = json.loads((run / "config.json").read_text())
    assert 20 < metrics["longest_target"] <= settings["data"]["max_length"]
    assert {"eval_loss", "unigram_loss", "copy_last_loss", "refused", "steps"} <= metrics.keys()
    assert not list(run.glob("*.bin"))


def test_the_loss_falls(run):
    train_losses = [loss for _, loss in losses(run)]
    assert train_losses[-2] < train_losses[0] - 0.5


def test_the_same_configuration_gives_the_same_losses_and_weights(run, tmp_path):
    again = train(configure(tmp_path))
    assert losses(again) == losses(run)
    assert (again / "model.safetensors").read_bytes() == (run / "model.safetensors").read_bytes()


def test_a_run_that_was_stopped_continues_with_the_same_losses(run, tmp_path):
    stopped = tmp_path / "run"
    shutil.copytree(run, stopped)
    (stopped / "model.safetensors").unlink()
    for path in stopped.glob("checkpoint-*"):
        if path != min(stopped.glob("checkpoint-*"), key=lambda p: int(p.name[11:])):
            shutil.rmtree(path)
    before = last_checkpoint(stopped)
    train(configure(tmp_path))
    assert before is not None and int(before.name[11:]) < 9
    assert losses(stopped) == losses(run)
    assert (stopped / "model.safetensors").read_bytes() == (run / "model.safetensors").read_bytes()


def test_a_checkpoint_that_was_not_written_to_its_end_is_passed_over(run, tmp_path):
    shutil.copytree(run, tmp_path / "run")
    (tmp_path / "run" / "checkpoint-99").mkdir()
    newest = last_checkpoint(tmp_path / "run")
    assert newest is not None and newest.name != "checkpoint-99"


def test_a_saved_model_gives_the_same_logits(run, tmp_path):
    first = checkpoint.load(run)
    checkpoint.save(first, tmp_path / "copy")
    again = checkpoint.load(tmp_path / "copy")
    ids = torch.arange(20)[None]
    with torch.inference_mode():
        logits = [c.model.language_model(ids).logits for c in (first, again)]
    assert torch.equal(*logits)
    assert (again.config, again.name) == (first.config, first.name)


def test_saving_over_a_model_that_cannot_be_written_keeps_the_old_one(run, tmp_path):
    target = tmp_path / "file" / "model"
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="cannot save the model"):
        checkpoint.save(checkpoint.load(run), target)
    assert (tmp_path / "file").read_text() == "in the way"


def test_a_model_folder_without_its_weights_is_an_error_that_lists_what_it_needs(run, tmp_path):
    shutil.copytree(run, tmp_path / "run")
    (tmp_path / "run" / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"model\.safetensors is missing"):
        checkpoint.load(tmp_path / "run")


def test_weights_of_other_shapes_are_an_error(run, tmp_path):
    shutil.copytree(run, tmp_path / "run")
    path = tmp_path / "run" / "language_model.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "intermediate_size": 48}))
    with pytest.raises(CheckpointError, match="do not fit"):
        checkpoint.load(tmp_path / "run")


def test_rounded_weights_survive_half_precision(run):
    model: CompletionModel = checkpoint.load(run).model
    assert all(torch.equal(p, p.half().float()) for p in model.parameters())
    size = (run / "model.safetensors").stat().st_size
    assert 2 * model.parameter_count <= size < 3 * model.parameter_count  # two bytes each


def test_samples_that_are_too_long_are_cut_and_counted(tmp_path):
    folder = train(configure(tmp_path, max_length=190))
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["parts"]["train"] + metrics["parts"]["validation"] == 6
    assert metrics["cut"]["train"] > 0 and metrics["refused"] == {"train": {}, "validation": {}}


def test_samples_that_are_too_long_may_be_refused_instead_counted_and_named(tmp_path):
    folder = train(configure(tmp_path, max_length=190, too_long="refuse"))
    metrics = json.loads((folder / "metrics.json").read_text())
    refused = sum(sum(side.values()) for side in metrics["refused"].values())
    assert refused + sum(metrics["parts"].values()) == 6
    names = json.loads((folder / "skipped.json").read_text())["refused_samples"]
    assert len(names) == refused > 0
    assert all("too long" in name for name in names)


def test_nothing_to_train_on_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="nothing is left to train on"):
        train(configure(tmp_path, max_length=5))
    with pytest.raises(InputError, match="no such folder of data"):
        train(configure(tmp_path, sources=[str(tmp_path / "none")]))


# --- baselines ---------------------------------------------------------------------------


def history(ids, operations):
    tokens = Tokens(tuple(ids), ())
    return History(label(tokens, [1], end=9, max_length=99, weighting="tokens"), operations)


def test_the_unigram_counts_targets_and_adds_one():
    sample = history([0, 5, 5, 7], ((1, "Sketch"),)).labelled
    logs = baselines.unigram([sample], 10)  # targets 5, 5, 7 and the end, 9
    assert math.exp(logs[5]) == pytest.approx(3 / 14)
    assert math.exp(logs[1]) == pytest.approx(1 / 14)
    assert baselines.unigram_loss([sample], logs) == pytest.approx(
        -(2 * math.log(3 / 14) + 2 * math.log(2 / 14)) / 4
    )


def test_copying_offers_the_last_operation_of_the_same_kind():
    ids = [0, 1, 2, 3, 4, 1, 2, 5]  # sketch 1 2, extrude 3 4, sketch 1 2 5
    pairs = baselines.copied(history(ids, ((1, "Sketch"), (3, "Extrude"), (5, "Sketch"))))
    assert pairs == [
        (1, None),
        (2, None),
        (3, None),
        (4, None),
        (1, 1),
        (2, 2),
        (5, None),
        (9, None),
    ]


def test_the_loss_of_copying_is_that_of_the_mixture():
    logs = [math.log(0.1)] * 10
    copied = history([0, 1, 2, 1, 3], ((1, "Sketch"), (3, "Sketch")))
    # 1 and 2 have nothing to copy; then 1 is copied right, 3 wrong; the end cannot be copied.
    expected = -(3 * math.log(0.1) + math.log(0.5 * 0.1 + 0.5) + math.log(0.5 * 0.1)) / 5
    assert baselines.copy_loss([copied], logs, 0.5) == pytest.approx(expected)
    assert baselines.copy_loss([copied], logs, 0.0) == pytest.approx(-math.log(0.1))
