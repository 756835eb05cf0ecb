"""What a configuration will take: memory, data, work. Nothing is loaded, and nothing is trained.

The formulas are in `sizes` (parameters), `activations` and `memory` (bytes), `work` (operations)
and `coverage` (tokens).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import numpy as np

from cadcomplete.config import Config, from_dict
from cadcomplete.plan.coverage import Coverage, coverage
from cadcomplete.plan.memory import ADAM, GB, SINGLE, MemoryUse, Model, memory_of, model_of
from cadcomplete.plan.work import MEASURED, of_attention, of_encoders, per_token

Json = dict[str, Any]

WORDS = {
    "weights": "weights of the language model",
    "adapters": "adapters and projectors",
    "encoders": "encoders",
    "gradients": "gradients",
    "optimizer": "optimizer",
    "layers": "activations that are kept",
    "around": "masks, positions, features",
    "layer": "peak of one layer",
    "loss": "logits and their gradient",
    "step": "step of the optimizer",
}


def plan(
    config: Config,
    *,
    data: Sequence[str | Path] = (),
    gpu: float = 80.0,
    tflops: float = MEASURED,
) -> Json:
    """Return what a configuration takes on a card of `gpu` GB that computes `tflops`.

    `data` are data sets to count instead of the configuration's own. Raises ConfigError for a
    model whose sizes cannot be found out.
    """
    model = model_of(config)
    memory = memory_of(config, model)
    fits = memory.peak <= gpu * GB
    found = coverage(config, model, data or config.data.sources)
    return {
        "name": config.name,
        "language_model": config.model.language_model or "our own decoder",
        "sizes_from": model.decoder.origin,
        "max_length": config.data.max_length,
        "parameters": model.parameters,
        "trained": model.trained,
        "memory_gb": _memory(memory),
        "lower_gb": _lower(memory),
        "peak_gb": round(memory.peak / GB, 2),
        "host_gb": round(memory.host / GB, 2),
        "gpu_gb": gpu,
        "fits": fits,
        "advice": [] if fits else advice(config, gpu),
        "tflops": tflops,
        **_longest(config, model, tflops),
        **_run(config, model, found, tflops),
    }


def _memory(memory: MemoryUse) -> dict[str, float]:
    """What there is at the peak, by part, in GB."""
    kept = {} if memory.phase == "step" else memory.kept
    parts = {**memory.always, **kept, memory.phase: memory.phases[memory.phase]}
    parts["allowance"] = memory.allowance
    return {name: round(size / GB, 3) for name, size in parts.items()}


def _lower(memory: MemoryUse) -> dict[str, float]:
    """What is there at other times than the peak and takes less, by part, in GB."""
    others = {k: v for k, v in memory.phases.items() if k != memory.phase}
    return {name: round(size / GB, 3) for name, size in others.items()}


def advice(config: Config, gpu: float) -> list[str]:
    """Return changes that each make a configuration fit; if none does alone, all together."""
    candidates: list[Json] = [
        {"train.checkpointing": True},
        {"train.batch": 1},
        {"train.checkpointing": True, "train.offload": True},
        {"model.lora.rank": 8},
        {"model.dtype": "bfloat16", "train.compute": "bfloat16"},
    ]
    if config.model.lora.rank and config.train.compute == "bfloat16":
        candidates.append({"model.quantize": "nf4"})
    together = {key: value for one in candidates for key, value in one.items()}
    fitting = [one for one in candidates if _fits(_with(config, one), gpu)]
    if not fitting and _fits(_with(config, together), gpu):
        fitting = [together]
    for basis in ({}, together):
        if length := _longest_fitting(_with(config, basis), gpu):
            fitting.append({**basis, "data.max_length": length})
            break
    found = [_options(config, one) for one in fitting]
    return found or ["a smaller language model, or several cards: docs/distributed.md"]


def _longest_fitting(config: Config, gpu: float) -> int:
    """The longest samples that fit, a multiple of 256 below those of a configuration, or 0.

    A text of 256 tokens has to have room beside pictures and points.
    """
    model, most = model_of(config), (config.data.max_length - 1) // 256 * 256
    shown = model.image.tokens * config.data.most_images if model.image else 0
    shown += model.points.tokens if model.points else 0
    for length in range(most, shown + 255, -256):
        if _fits(_with(config, {"data.max_length": length}), gpu):
            return length
    return 0


def _fits(config: Config, gpu: float) -> bool:
    return memory_of(config, model_of(config)).peak <= gpu * GB


def _with(config: Config, changes: Json) -> Config:
    raw = config.as_dict()
    for key, value in changes.items():
        *tables, last = key.split(".")
        reduce(getitem, tables, raw)[last] = value
    return from_dict(raw)


def _options(config: Config, changes: Json) -> str:
    """Changes as the command line takes them, but for what is so already."""
    raw = config.as_dict()
    new = {k: v for k, v in changes.items() if reduce(getitem, k.split("."), raw) != v}
    words = (f"--set {k}={str(v).lower() if isinstance(v, bool) else v}" for k, v in new.items())
    return " ".join(words)


def _longest(config: Config, model: Model, tflops: float) -> Json:
    full = config.data.max_length
    each = per_token(config, model) * full + of_attention(config, model, full)
    return {
        "flops_of_the_longest_sample": each,
        "seconds_of_the_longest_sample": round(each / (tflops * 1e12), 3),
    }


def _run(config: Config, model: Model, found: Coverage | str, tflops: float) -> Json:
    """What there is to learn from and what that takes; all of it None where it is not here."""
    if isinstance(found, str):
        unknown = ("data", "tokens_per_pass", "flops_per_pass", "passes", "steps", "parts_per_step")
        unknown += ("hours", "validation", "checkpoints")
        return {**dict.fromkeys(unknown), "without_data": found}
    passes = sum(stage.passes for stage in config.data.curriculum) * config.train.epochs
    scale = found.parts * found.used / max(1, len(found.lengths))
    tokens = float(found.lengths.sum()) * scale
    square = float((found.lengths**2).sum()) * scale
    features = {"image": model.image, "point": model.points}
    shown = {k: e.tokens if e else 1 for k, e in features.items()}
    seen = found.parts * found.used * found.shown
    flops = per_token(config, model) * tokens + of_attention(config, model, 1.0) * square
    flops += of_encoders(
        config, model, pictures=seen / shown["image"] / 2, clouds=seen / shown["point"] / 2
    )
    rows = found.parts * found.used
    if row := config.packed_row:
        rows *= float(np.minimum(1.0, found.lengths / row).mean())
    steps = max(1, math.ceil(passes * rows / (config.train.batch * config.train.accumulate)))
    lengths = found.lengths if len(found.lengths) else np.zeros(1)
    return {
        "data": {
            "parts": found.parts,
            "counted": found.counted,
            "tokenizer": found.tokenizer,
            "fits": round(found.fits, 4),
            "cut": round(found.cut, 4),
            "tokens_mean": round(float(lengths.mean()), 1),
            "tokens_median": float(np.median(lengths)),
            "tokens_95": float(np.percentile(lengths, 95)),
        },
        "tokens_per_pass": round(tokens),
        "flops_per_pass": flops,
        "passes": passes,
        "steps": steps,
        "parts_per_step": round(passes * found.parts * found.used / steps, 1),
        "hours": _hours(passes * flops, tflops),
        "validation": _validation(config, model, found, steps, tflops),
        "checkpoints": _checkpoints(config, model, steps),
        "without_data": "",
    }


def _hours(flops: float, tflops: float) -> float:
    return float(f"{flops / (tflops * 1e12) / 3600:.4g}")


def _validation(config: Config, model: Model, found: Coverage, steps: int, tflops: float) -> Json:
    """What all evaluations take: one every so often, one at the end, and one of what is saved."""
    length, times = found.validation_length, math.ceil(steps / config.train.evaluate_every) + 1
    each = per_token(config, model, learns=False) * length
    each += of_attention(config, model, length, learns=False)
    return {
        "parts": found.validation,
        "evaluations": times,
        "hours": _hours(times * found.validation * each, tflops),
    }


def _checkpoints(config: Config, model: Model, steps: int) -> Json:
    """What is saved on the way: what learns, and both moments of it, in single precision."""
    every = config.train.checkpoint_every or config.train.evaluate_every
    size = (SINGLE + ADAM) * model.learning / GB
    return {
        "saved": math.ceil(steps / every),
        "gb_each": round(size, 3),
        "gb_kept": round(size * (config.train.checkpoints + 1), 3),
    }


def text(report: Json) -> str:
    """Return a plan for people."""
    total, learns = sum(report["parameters"].values()), sum(report["trained"].values())
    lines = [
        f"{report['name']}: {report['language_model']}, up to {report['max_length']:,} tokens",
        f"sizes from {report['sizes_from']}",
        "",
        f"{total:,} parameters, {learns:,} of them learn",
    ]
    for name, count in report["parameters"].items():
        if count:
            does = "learns" if name in report["trained"] else "frozen"
            lines.append(f"  {name.replace('_', ' '):32s} {count:18,}  {does}")
    return "\n".join([*lines, "", *_memory_lines(report), "", *_work_lines(report)])


def _memory_lines(report: Json) -> list[str]:
    words = {**WORDS, "allowance": "the card's own, and gaps between tensors"}
    lines = ["memory at the peak, GB"]
    lines += [f"  {words[k]:42s} {v:8.2f}" for k, v in report["memory_gb"].items() if v >= 0.005]
    lines.append(f"  {'all':42s} {report['peak_gb']:8.2f}")
    for name, size in report["lower_gb"].items():
        if size >= 0.005:
            lines.append(f"  not at the peak: {words[name]:25s} {size:8.2f}")
    if report["host_gb"]:
        lines.append(f"  {'in the memory of the host':42s} {report['host_gb']:8.2f}")
    verdict = "fits" if report["fits"] else "does not fit"
    lines.append(f"{verdict} a card of {report['gpu_gb']:g} GB")
    return lines + [f"  it would with {one}" for one in report["advice"]]


def _work_lines(report: Json) -> list[str]:
    data = report["data"]
    flops, seconds = report["flops_of_the_longest_sample"], report["seconds_of_the_longest_sample"]
    longest = f"the longest sample: {flops:.3g} FLOP, {seconds:.3g} seconds"
    if data is None:
        return [report["without_data"], longest]
    cut = f", {data['cut']:.1%} are cut after an operation that does" if data["cut"] else ""
    out = 1 - data["fits"] - data["cut"]
    cut += f", {out:.1%} are left out" if out > 5e-4 else ""
    checked, saved = report["validation"], report["checkpoints"]
    return [
        f"{data['parts']:,} parts, {data['fits']:.1%} of them fit{cut}",
        f"tokenizer: {data['tokenizer']}",
        f"tokens of a sample: mean {data['tokens_mean']:.0f}, median {data['tokens_median']:.0f}, "
        f"95 % below {data['tokens_95']:.0f}",
        longest,
        f"a pass over the parts: {report['tokens_per_pass']:,} tokens, "
        f"{report['flops_per_pass']:.3g} FLOP",
        f"the run, {report['passes']:g} passes: {report['steps']:,} steps of "
        f"{report['parts_per_step']:.0f} parts, {report['hours']:.3g} hours "
        f"at {report['tflops']:.0f} TFLOP/s",
        f"validation: {checked['parts']:,} parts, {checked['evaluations']:,} times, "
        f"{checked['hours']:.3g} hours",
        f"checkpoints: {saved['saved']:,} of {saved['gb_each']:.3g} GB, "
        f"{saved['gb_kept']:.3g} GB kept",
    ]
