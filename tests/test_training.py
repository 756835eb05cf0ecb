"""What a run does beyond learning: rates, stages, packing, health, and what may go wrong."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from conftest import PARTS, ROOT
from test_train import configure, entries, losses
from torch.optim.optimizer import register_optimizer_step_post_hook

from cadcomplete.config import Config, StageConfig, from_dict
from cadcomplete.data.collate import collate
from cadcomplete.data.dataset import Histories
from cadcomplete.data.rows import InStages, Rows, packed
from cadcomplete.errors import ConfigError, DivergedError, InputError, RefusedSample
from cadcomplete.training import train as training
from cadcomplete.training.health import verdict
from cadcomplete.training.train import fit, last_checkpoint, set_up, train

# --- what a line of the log says ----------------------------------------------------------------


@pytest.fixture(scope="session")  # a process tells Weights & Biases but once where to write
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("first")
    reports = {"report_to": ["tensorboard", "wandb"]}
    os.environ.update(WANDB_MODE="offline", WANDB_DIR=str(folder), WANDB_SILENT="true")
    return train(configure(folder, train=reports))


def test_the_log_tells_rates_gradients_speed_and_nan(run):
    line = next(e for e in entries(run) if e["step"] == 5 and "loss" in e)
    assert line["learning_rate/language_model"] > 0
    assert line["gradient_norm/language_model"] == pytest.approx(line["grad_norm"], rel=1e-4)
    assert line["tokens_per_second"] > 0
    assert 0 < line["supervised_share"] < 1
    assert (line["nan_percentage"], line["nan_verdict"]) == (0, "excellent")
    assert line["skipped_batches"] == 0 and line["refused_samples"] == 0


def test_tensorboard_and_weights_and_biases_get_the_same_numbers(run):
    import wandb
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(next(run.glob("**/events.out.*")).parent)).Reload()
    scalars = {e.step: e.value for e in events.Scalars("train/loss")}
    told = {step: loss for step, loss in losses(run) if step in scalars}
    assert scalars[5] == pytest.approx(
        next(e["loss"] for e in entries(run) if e["step"] == 5 and "loss" in e), rel=1e-5
    )
    assert len(scalars) == 9 and told
    assert events.Scalars("train/nan_percentage")[0].value == 0
    assert wandb.run is None  # it ended with the training
    record = json.loads((run / "run.json").read_text())
    (offline,) = run.parent.glob("wandb/offline-run-*/*.wandb")
    assert offline.name == f"run-{record['tracker']}.wandb"
    for _ in range(200):  # another process writes it
        if b"tokens_per_second" in offline.read_bytes():
            break
        time.sleep(0.1)
    content = offline.read_bytes()
    assert b"tokens_per_second" in content and b"cadcomplete" in content
    assert b'"max_length":400' in content.replace(b" ", b"")  # our configuration, resolved
    assert b"huggingface" not in content


def test_a_run_that_continues_is_the_same_run_for_weights_and_biases(run, tmp_path):
    stopped = tmp_path / "run"
    shutil.copytree(run, stopped)
    (stopped / "model.safetensors").unlink()
    shutil.rmtree(last_checkpoint(stopped))
    train(configure(tmp_path, train={"report_to": ["tensorboard", "wandb"]}))
    names = [path.name for path in run.parent.glob("wandb/offline-run-*/*.wandb")]
    assert len(names) == 2 and len(set(names)) == 1


@pytest.mark.parametrize(
    ("percentage", "word"),
    [
        (0, "excellent"),
        (4.9, "excellent"),
        (5, "normal"),
        (20, "normal"),
        (20.1, "concerning"),
        (50, "concerning"),
        (50.1, "critical"),
        (99.9, "critical"),
        (100, "masking broken"),
    ],
)
def test_the_verdicts_are_those_of_the_specification(percentage, word):
    assert verdict(percentage) == word


# --- rates and steps ----------------------------------------------------------------------------


def test_each_part_has_its_rate_with_warm_up_and_cosine(tmp_path):
    config = configure(tmp_path, train={"warmup": 0.25, "epochs": 4})
    folder = train(config)
    rates = [e["learning_rate/language_model"] for e in entries(folder) if "loss" in e]
    # 16 samples, 4 epochs: 12 steps, 3 of them warm-up; the first one learns nothing yet
    steps = np.arange(len(rates))
    warm = 0.01 * steps / 3
    cosine = 0.01 * 0.5 * (1 + np.cos(np.pi * (steps - 3) / (len(rates) - 3)))
    assert rates == pytest.approx(np.where(steps < 3, warm, cosine), abs=1e-6)


def test_accumulated_micro_batches_give_the_losses_of_one_batch(tmp_path):
    whole = train(configure(tmp_path / "whole"))
    pieces = train(configure(tmp_path / "pieces", train={"batch": 1, "accumulate": 4}))
    both = zip(losses(whole), losses(pieces), strict=True)
    for (step, a), (other, b) in both:
        assert step == other and a == pytest.approx(b, rel=1e-3)


def test_packed_rows_learn_the_same_parts(tmp_path):
    folder = train(configure(tmp_path, train={"packing": True, "batch": 1, "epochs": 2}))
    first, *_, last = [loss for _, loss in losses(folder)]
    assert last < first


def test_a_run_that_gets_worse_stops_early_and_keeps_its_best_weights(tmp_path):
    hot = {"rates": {"language_model": 0.3}, "warmup": 0.0, "epochs": 20, "patience": 2}
    folder = train(configure(tmp_path, train={**hot, "evaluate_every": 2, "precision": "float32"}))
    evaluated = [e["eval_loss"] for e in entries(folder) if "eval_loss" in e]
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["steps"] < 60  # of 80
    assert metrics["eval_loss"] == pytest.approx(min(evaluated), rel=1e-6)
    assert min(evaluated[-2:]) > min(evaluated)


def test_half_precision_learns_nearly_the_same(tmp_path):
    single = train(configure(tmp_path / "single", train={"epochs": 1}))
    half = train(configure(tmp_path / "half", train={"epochs": 1, "compute": "bfloat16"}))
    for (_, a), (_, b) in zip(losses(single), losses(half), strict=True):
        assert a != b and a == pytest.approx(b, rel=0.02)


def test_nothing_that_learns_is_an_error(tmp_path):
    rates = {"language_model": 0.0, "image_projector": 0.0, "point_projector": 0.0}
    with pytest.raises(ConfigError, match=r"at train\.rates: nothing learns"):
        train(configure(tmp_path, train={"rates": rates}))


# --- rows and stages ----------------------------------------------------------------------------


def test_packing_fills_rows_and_loses_nothing():
    random = np.random.default_rng(0)
    lengths = random.integers(1, 100, 500).tolist()
    rows = packed(lengths, 100)
    assert sorted(i for row in rows for i in row) == list(range(500))
    assert all(sum(lengths[i] for i in row) <= 100 for row in rows)
    assert sum(lengths) / (100 * len(rows)) > 0.9


def test_a_sample_longer_than_a_row_has_one_for_itself():
    assert packed([50, 130, 40], 100) == [[0, 2], [1]]


def test_stages_come_one_after_the_other_and_every_step_is_full(tmp_path):
    stages = [{"passes": 2, "captions": 1.0}, {"passes": 1, "captions": 0.0}]
    run = set_up(configure(tmp_path, stages=stages))
    rows = Rows(run.training)
    parts = len(run.training.samples)
    assert [len(stage) for stage in rows.stages] == [2 * parts, parts]
    order = list(InStages(rows, step=4, seed=0))
    ends = -(-2 * parts // 4) * 4
    assert len(order) % 4 == 0 and set(order[:ends]) == set(rows.stages[0])
    assert set(order[ends:]) == set(rows.stages[1])


def test_the_order_depends_on_seed_and_epoch_only(tmp_path):
    rows = Rows(set_up(configure(tmp_path)).training)

    def order(seed, epoch):
        sampler = InStages(rows, step=4, seed=seed)
        sampler.set_epoch(epoch)
        return list(sampler)

    assert order(0, 1) == order(0, 1)
    assert order(0, 1) != order(0, 2) and order(0, 1) != order(1, 1)


def test_a_stage_shows_what_it_says():
    stages = [{"passes": 1, "captions": 0.0}, {"passes": 1, "captions": 1.0}]
    config = from_dict({"data": {"stages": stages}})
    assert config.data.curriculum == (StageConfig(1, 0.0), StageConfig(1, 1.0))
    plain = Config().data
    assert plain.curriculum == (
        StageConfig(plain.variants, plain.captions, plain.images, plain.points),
    )


# --- cuts ---------------------------------------------------------------------------------------


def supervised(config):
    run = set_up(config)
    return [int((run.training[i].labels >= 0).sum()) for i in range(len(run.training))]


def test_one_cut_is_drawn_anew_for_each_variant(tmp_path):
    once = {"variants": 8, "upright": 1.0, "captions": 0.0}
    run = set_up(configure(tmp_path, train={"cuts": "one"}, **once))
    parts = len(run.training.samples)
    counts = [int((run.training[i * parts].labels >= 0).sum()) for i in range(8)]
    assert len(set(counts)) > 1
    everything = supervised(configure(tmp_path, **once))
    assert max(counts) <= everything[0]


def test_the_cuts_of_given_files_are_used(tmp_path):
    from cadcomplete.data.truncate import truncate_folder

    list(truncate_folder(PARTS, tmp_path / "data", most=2))
    given = configure(tmp_path, sources=[str(tmp_path / "data")], train={"cuts": "files"})
    found = set_up(given)
    assert all(sample.cuts for sample in found.training.samples)
    text = found.tokenizer.decode(found.training[0].ids[found.training[0].labels >= 0])
    assert text.startswith(("sketch", "extrude")) and text.endswith("<|endoftext|>")


def test_without_given_files_every_sample_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="nothing is left to train on"):
        train(configure(tmp_path, train={"cuts": "files"}))


# --- what may go wrong --------------------------------------------------------------------------


class Poisoned(Histories):
    """One sample of one part has a weight that is not a number."""

    def __getitem__(self, index):
        labelled = super().__getitem__(index)
        if index == 1:
            labelled.weights[-1] = np.nan
        return labelled


def test_a_sample_without_a_number_for_its_loss_is_refused_by_name(tmp_path):
    run = set_up(configure(tmp_path), histories=Poisoned)
    with pytest.raises(RefusedSample, match=run.training.samples[1].sequence.id):
        fit(run)


def test_a_loss_that_is_not_finite_is_skipped_counted_and_named(tmp_path):
    run = set_up(configure(tmp_path, train={"batch": 1, "accumulate": 4}))
    layer = run.model.causal.model.layers[0]
    poisoned = {"left": 1}

    def poison(module, inputs, output):  # the first micro-batch overflows
        if poisoned["left"] and module.training:
            poisoned["left"] -= 1
            return output * float("inf")
        return output

    handle = layer.register_forward_hook(poison)
    folder = fit(run)
    handle.remove()
    first = next(e for e in entries(folder) if "loss" in e)
    assert np.isfinite(first["loss"])
    assert first["skipped_batches"] == 1
    assert first["nan_percentage"] == 25 and first["nan_verdict"] == "concerning"
    assert first["skipped_samples"] in {s.sequence.id for s in run.training.samples}
    assert all(torch.isfinite(p).all() for p in run.model.parameters())
    assert json.loads((folder / "metrics.json").read_text())["skipped_batches"] == 1


def test_what_is_skipped_leaves_the_denominator(tmp_path):
    changes = {"batch": 1, "accumulate": 4, "epochs": 0.01}
    run = set_up(configure(tmp_path / "poisoned", train=changes))
    same = set_up(configure(tmp_path / "same", train=changes))
    seen = []

    def poison(module, inputs, output):  # of one step the second micro-batch overflows
        seen.append(module.training)
        return output * float("inf") if sum(seen) == 2 and module.training else output

    handle = run.model.causal.model.layers[0].register_forward_hook(poison)
    line = next(e for e in entries(fit(run)) if "loss" in e)
    handle.remove()

    rows = Rows(same.training)
    order = list(InStages(rows, step=4, seed=0))[:4]
    total = weight = torch.zeros(())
    for i in (order[0], order[2], order[3]):
        batch = collate([rows[i]], padding=same.tokenizer.end)
        del batch["names"]
        found = same.model.train()(**batch)
        total, weight = total + found["total"], weight + found["weight"]
    (total / weight).backward()
    norm = torch.nn.utils.get_total_norm([p.grad for _, p in same.model.trained()])
    assert line["skipped_batches"] == 1
    assert line["loss"] == pytest.approx(float((total / weight).detach()), rel=1e-5)
    assert line["gradient_norm/language_model"] == pytest.approx(float(norm), rel=1e-4)


@pytest.mark.parametrize(("step", "kept"), [(1, None), (2, "checkpoint-1")])
def test_a_run_whose_weights_are_no_numbers_ends_with_an_error_and_no_model(tmp_path, step, kept):
    run = set_up(configure(tmp_path, train={"evaluate_every": 1}))
    _, weight = next(run.model.trained())
    steps = []

    def spoil(optimizer, arguments, keywords):
        steps.append(optimizer)
        if len(steps) == step:
            with torch.no_grad():
                weight.view(-1)[0] = float("nan")

    handle = register_optimizer_step_post_hook(spoil)
    with pytest.raises(DivergedError, match=rf"not finite after step {step}: the run diverged"):
        fit(run)
    handle.remove()
    assert not (run.folder / "model.safetensors").exists()
    assert not (run.folder / "metrics.json").exists()
    last = last_checkpoint(run.folder)
    assert (last.name if last else None) == kept


def test_a_run_without_a_finite_loss_is_never_called_excellent(tmp_path):
    run = set_up(configure(tmp_path, train={"log_every": 2}))

    def poison(module, inputs, output):
        return output * float("inf") if module.training else output

    run.model.causal.model.layers[0].register_forward_hook(poison)
    fit(run)  # its weights stay what they were
    lines = [e for e in entries(run.folder) if "nan_verdict" in e]
    assert {line["nan_verdict"] for line in lines} == {"not finite"}
    assert {line["loss"] for line in lines} == {None}


def test_checkpoints_are_as_rare_as_configured_and_the_best_of_them_is_the_model(tmp_path):
    changes = {"evaluate_every": 2, "checkpoint_every": 4, "checkpoints": 9, "epochs": 3}
    folder = train(configure(tmp_path, train=changes))
    steps = sorted(int(path.name[11:]) for path in folder.glob("checkpoint-*"))
    assert steps == [4, 8, 9]
    evaluated = {e["step"]: e["eval_loss"] for e in entries(folder) if "eval_loss" in e}
    assert sorted(evaluated) == [2, 4, 6, 8, 9]
    best = min(evaluated[step] for step in steps)
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["eval_loss"] == pytest.approx(best, rel=1e-2)  # in half precision


def test_counts_go_on_where_a_checkpoint_left_them(run, tmp_path):
    state = json.loads((last_checkpoint(run) / "trainer_state.json").read_text())
    total = state["stateful_callbacks"]["Health"]
    total = (total[-1] if isinstance(total, list) else total)["attributes"]["total"]
    assert total[0] == state["global_step"] and total[1] == 0


@contextmanager
def disk_with(size):
    """No file may get larger, as on a disk that is nearly full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_during_a_save_leaves_the_last_checkpoint_good(tmp_path):
    first = train(configure(tmp_path, train={"epochs": 1}))
    good = last_checkpoint(first)
    (first / "model.safetensors").unlink()  # as if it had been stopped; then it goes on for longer
    run = set_up(configure(tmp_path, train={"epochs": 3}))
    with disk_with(60_000), pytest.raises(InputError, match="cannot save a checkpoint") as error:
        fit(run, changed=True)
    assert f"continues from {good.name}" in str(error.value)
    assert last_checkpoint(first) == good
    assert [p.name for p in first.glob("checkpoint-*")] == [good.name]
    assert train(configure(tmp_path), changed=True) == first  # and so it does


SCRIPT = """
import os, resource, sys
import psutil
sys.path.insert(0, {tests!r})
from pathlib import Path
from test_train import configure
from cadcomplete.errors import InputError
from cadcomplete.training.train import fit, set_up
run = set_up(configure(Path({folder!r}), train={{"batch": 4}}))
limit = psutil.Process().memory_info().vms + 3_000_000
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
try:
    fit(run, changed=True)
except InputError as error:
    print(f"{{type(error).__name__}}: {{error}}", flush=True)
    os._exit(0)  # without taking torch apart
"""


def test_out_of_memory_says_which_sample_and_what_to_change(tmp_path):
    script = SCRIPT.format(tests=str(ROOT / "tests"), folder=str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=200, check=False
    )
    told = done.stdout + done.stderr[-2000:]
    assert "MemoryLimitError" in told, told
    assert "out of memory" in told and "lower data.max_length or train.batch" in told
    assert "step 1" in told and "tokens" in told


def test_a_run_begins_with_the_weights_of_another(run, tmp_path):
    found = set_up(configure(tmp_path, train={"start": str(run)}))
    from cadcomplete.model import checkpoint

    before = checkpoint.load(run).model.state_dict()
    assert all(torch.equal(before[name], t) for name, t in found.model.state_dict().items())
    assert found.tokenizer.size == checkpoint.load(run).tokenizer.size
    with pytest.raises(InputError, match="cannot read"):
        set_up(configure(tmp_path, train={"start": str(tmp_path)}))


def test_a_tracker_that_is_not_known_is_an_error_before_anything_is_read(tmp_path):
    with pytest.raises(ConfigError, match=r"at train\.report_to: unknown value: expected tensorb"):
        set_up(configure(tmp_path / "none", sources=["nowhere"], train={"report_to": ["mlflow"]}))


def test_training_says_what_it_does(tmp_path):
    lines = []
    training.set_up(configure(tmp_path, max_length=190), say=lines.append)
    assert any("parameters" in line for line in lines)
    assert any("are cut (train): their last operations do not fit 190" in line for line in lines)
    training.set_up(configure(tmp_path, max_length=190, too_long="refuse"), say=lines.append)
    assert any("parts refused (train): too long" in line for line in lines)
