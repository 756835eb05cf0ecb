"""Several processes: what they share changes nothing but the speed (docs/distributed.md).

Two processes on processors, by gloo, started as users do: with accelerate and our configurations.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from conftest import PARTS, ROOT
from on_processors import poisoned
from PIL import Image
from safetensors.torch import load_file

from cadcomplete.config import from_dict
from cadcomplete.training.train import fit, set_up, train

pytestmark = pytest.mark.timeout(900)  # three processes that import torch beside others

KINDS = {"ddp": "MULTI_CPU", "fsdp2": "FSDP"}
"""The configurations, and what accelerate says of processes that run by them."""

ENCODERS = {
    "image": {"encoder": "dinov2", "size": 28, "width": 16, "layers": 1, "heads": 2},
    "points": {
        "encoder": "michelangelo",
        "count": 24,
        "queries": 3,
        "width": 16,
        "layers": 1,
        "heads": 2,
    },
}
DECODER = {"vocabulary": 300, "width": 32, "layers": 2, "heads": 2, "kv_heads": 1}
SCRATCH = {**ENCODERS, "decoder": {**DECODER, "feed_forward": 64}}
MIDDLE = 4
"""A step in the middle of the second epoch, with a checkpoint."""


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """The example parts with a picture and a cloud each, of noise."""
    folder, random = tmp_path_factory.mktemp("parts"), np.random.default_rng(0)
    for name in ("json", "img", "pointcloud"):
        (folder / name).mkdir()
    for path in PARTS.glob("*.json"):
        shutil.copy(path, folder / "json")
        picture = random.integers(0, 256, (28, 28, 3), dtype=np.uint8)
        Image.fromarray(picture).save(folder / "img" / f"{path.stem}_000.png")
        normals = random.normal(size=(64, 3))
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        cloud = {"points": normals, "normals": normals, "center": np.zeros(3), "scale": 1.0}
        np.savez(folder / "pointcloud" / f"{path.stem}.npz", **cloud)
    return folder


def configure(parts, output, *, model=SCRATCH, **rates):
    """A run of 6 steps of 4 micro-batches; half of them show pictures, half of them points."""
    return {
        "output": str(output),
        "data": {"sources": [str(parts)], "validation": 0.4, "variants": 4, "max_length": 400},
        "model": model,
        "train": {
            "epochs": 2,
            "batch": 1,
            "accumulate": 4,
            "rates": {"language_model": 0.01, "image_encoder": 1e-3, "point_encoder": 1e-3} | rates,
            "evaluate_every": 2,
            "log_every": 1,
            "checkpoints": 10,
        },
    }


def launch(kind, *command, limit=400):
    """Run a command in two processes, and return what came of it."""
    accelerate = [sys.executable, "-m", "accelerate.commands.launch"]
    configuration = ROOT / "configs" / "accelerate" / f"{kind}.yaml"
    settings = ["--config_file", configuration, "--num_processes=2", "--main_process_port=0"]
    return subprocess.run(
        [*accelerate, *settings, *map(str, command)],
        cwd=ROOT,
        env={**os.environ, "ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=limit,
    )


def stopped(folder, output):
    """Copy a run as if it had been stopped in the middle."""
    shutil.copytree(folder, output / "run")
    for path in (output / "run").iterdir():
        if path.name not in ("config.json", "run.json", "log.jsonl", f"checkpoint-{MIDDLE}"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def part_that_is_learned(parts):
    return set_up(from_dict(configure(parts, "unused"))).training.samples[0].sequence.id


@pytest.fixture(scope="module")
def one(parts, tmp_path_factory):
    """The runs of one process: from scratch, with a part that is poisoned, and with adapters."""
    folder = tmp_path_factory.mktemp("one")
    first = train(from_dict(configure(parts, folder / "scratch")))
    part = part_that_is_learned(parts)
    sick = set_up(from_dict(configure(parts, folder / "poisoned")), histories=poisoned(part))
    base = sick.model.causal
    base.save_pretrained(folder / "base")
    sick.tokenizer.save(folder / "base")
    fit(sick)
    train(from_dict(adapters(parts, folder / "adapters", folder / "base")))
    assert first == folder / "scratch" / "run"
    return folder


def adapters(parts, output, base):
    """Adapters of a language model that is frozen, in half precision, and frozen encoders."""
    lora = {"rank": 2, "alpha": 4.0, "targets": "all"}
    model = {**ENCODERS, "language_model": str(base), "lora": lora, "dtype": "bfloat16"}
    return configure(parts, output, model=model, image_encoder=0.0, point_encoder=0.0)


def damaged(parts, folder):
    """The same parts, but one has a cloud that was cut short."""
    shutil.copytree(parts, folder / "parts")
    cloud = folder / "parts" / "pointcloud" / f"{part_that_is_learned(parts)}.npz"
    cloud.write_bytes(cloud.read_bytes()[:-20])
    return folder / "parts"


@pytest.fixture(scope="module", params=KINDS)
def two(request, parts, one, tmp_path_factory):
    """The same runs of two processes, and one that continues what one process began.

    The last run ends with an error: of one process where they share the model, of both else.
    """
    kind = request.param
    for _ in range(2):  # seldom a process of torch dies of a signal, in its own code
        folder = tmp_path_factory.mktemp(kind)
        done = run_all(kind, folder, parts, one)
        if "SIGSEGV" not in done.stderr:
            break
    assert (folder / "adapters" / "run" / "model.safetensors").exists(), done.stderr[-5000:]
    assert (folder / "scratch" / "run" / "kind.txt").read_text() == KINDS[kind]
    (folder / "end.txt").write_text(f"{done.returncode} {done.stderr}")
    return folder


def run_all(kind, folder, parts, one):
    stopped(one / "scratch" / "run", folder / "resumed")
    runs = {
        "scratch": (configure(parts, folder / "scratch"), None),
        "resumed": (configure(parts, folder / "resumed"), None),
        "poisoned": (configure(parts, folder / "poisoned"), part_that_is_learned(parts)),
        "adapters": (adapters(parts, folder / "adapters", one / "base"), None),
    }
    if kind == "fsdp2":
        runs["damaged"] = (configure(damaged(parts, folder), folder / "damaged"), None)
    jobs = [{"config": config, "poisoned": part} for config, part in runs.values()]
    (folder / "jobs.json").write_text(json.dumps(jobs))
    last = command(parts, folder / "odd", accumulate=3) if kind == "ddp" else ()
    return launch(kind, "tests/on_processors.py", kind, folder / "jobs.json", *last)


def command(parts, folder, **changes):
    config = configure(parts, folder)
    config["train"] |= changes
    folder.mkdir()
    path = folder / "run.toml"
    path.write_text("".join(toml("", config)))
    return "train", path


def toml(prefix, table):
    """The lines of a table of tables, simple values and lists of texts."""
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from toml(f"{name}.", value)
        else:
            yield f"{name} = {json.dumps(value)}\n"


def entries(folder):
    return [json.loads(line) for line in (folder / "run" / "log.jsonl").read_text().splitlines()]


def losses(folder):
    keys = ("loss", "eval_loss", "grad_norm")
    return {(e["step"], key): e[key] for e in entries(folder) for key in keys if key in e}


def skips(folder):
    """What was skipped, by step."""
    found = {e["step"]: e.get("skipped_samples") for e in entries(folder) if "loss" in e}
    return {step: names for step, names in found.items() if names}


def assert_same(folder, expected, *, rel=1e-5):
    """The same losses at every step, and the same weights."""
    assert losses(folder) == pytest.approx(losses(expected), rel=rel)
    weights, others = (load_file(f / "run" / "model.safetensors") for f in (folder, expected))
    assert weights.keys() == others.keys()
    for name in weights:
        np.testing.assert_allclose(
            weights[name].float(), others[name].float(), atol=rel, rtol=rel, err_msg=name
        )


def test_two_processes_have_the_losses_and_weights_of_one(one, two):
    assert len(losses(two / "scratch")) == 6 + 6 + 3
    assert_same(two / "scratch", one / "scratch")
    measured = [json.loads((f / "scratch/run/metrics.json").read_text()) for f in (one, two)]
    for key in ("parts", "steps", "parameters", "skipped_batches"):
        assert measured[0][key] == measured[1][key]


def test_two_processes_continue_what_one_began(one, two):
    assert_same(two / "resumed", one / "scratch")


def test_one_process_continues_what_two_began(parts, one, two, tmp_path):
    stopped(two / "scratch" / "run", tmp_path)
    train(from_dict(configure(parts, tmp_path)))
    assert_same(tmp_path, one / "scratch")


def test_a_loss_of_one_process_that_is_not_finite_ends_nothing(one, two):
    alone, shared = skips(one / "poisoned"), skips(two / "poisoned")
    assert alone
    if two.name.startswith("ddp"):
        assert shared == alone
        assert_same(two / "poisoned", one / "poisoned")
    else:  # what was on its way from the other process is lost with it: the whole step
        assert shared.keys() == alone.keys()
        for step, names in shared.items():
            assert set(alone[step].split()) <= set(names.split())
            assert "a step whose gradient is nan" in names
        found = losses(two / "poisoned")
        assert all(np.isfinite(found[key]) for key in found if key[1] != "grad_norm")
    weights = load_file(two / "poisoned" / "run" / "model.safetensors")
    assert all(bool(tensor.isfinite().all()) for tensor in weights.values())


def test_adapters_of_a_frozen_model_in_half_precision_learn_alike(one, two):
    # Numbers of 8 bits amplify the difference that another order of additions makes.
    assert_same(two / "adapters", one / "adapters", rel=2e-3)
    names = load_file(two / "adapters" / "run" / "model.safetensors").keys()
    assert any("lora_" in name for name in names)
    assert not any("base_layer" in name for name in names)


# --- errors -------------------------------------------------------------------------------------


def test_an_error_of_one_process_or_of_both_ends_the_run(two):
    code, text = (two / "end.txt").read_text().split(" ", 1)
    assert code != "0"
    if two.name.startswith("ddp"):  # micro-batches that cannot be shared
        told = [line for line in text.splitlines() if line.startswith("cadcomplete: ")]
        (line,) = [line for line in told if "accumulate" in line]  # the other was ended by it
        assert "at train.accumulate" in line and "expected a multiple of 2" in line
        assert "exitcode: 2" in text.replace("  : ", ": ")
        assert not (two / "odd" / "run").exists()
    else:
        assert "not a file of a data set" in text
        assert not (two / "damaged" / "run" / "model.safetensors").exists()
