"""What a configuration will take: memory, data, work. Nothing is loaded, and nothing is trained.

The formulas are in `sizes` (parameters), `activations` and `memory` (bytes), `work` (operations)
and `coverage` (tokens).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cadcomplete.config import Config
from cadcomplete.plan.coverage import Coverage, coverage
from cadcomplete.plan.memory import GB, Memory, Model, memory_of, model_of
from cadcomplete.plan.work import H100, SHARE, of_attention, of_encoders, per_token

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
    tflops: float = SHARE * H100,
) -> Json:
    """Return what a configuration takes on a card of `gpu` GB that computes `tflops`.

    `data` are data sets to count instead of the configuration's own. Raises ConfigError for a
    model whose sizes cannot be found out.
    """
    model = model_of(config)
    memory = memory_of(config, model)
    fits = memory.peak <= gpu * GB
    return {
        "name": config.name,
        "language_model": config.model.language_model or "our own decoder",
        "sizes_from": model.decoder.origin,
        "max_length": config.data.max_length,
        "parameters": model.parameters,
        "trained": model.trained,
        "memory_gb": _memory(memory),
        "peak_gb": round(memory.peak / GB, 2),
        "host_gb": round(memory.host / GB, 2),
        "gpu_gb": gpu,
        "fits": fits,
        "advice": [] if fits else advice(config, gpu),
        **_work(config, model, coverage(config, model, data or config.data.sources), tflops),
    }


def _memory(memory: Memory) -> dict[str, float]:
    """What there is at the peak, by part, in GB."""
    kept = {} if memory.phase == "step" else memory.kept
    parts = {**memory.always, **kept, memory.phase: memory.phases[memory.phase]}
    parts["allowance"] = memory.allowance
    return {name: round(size / GB, 3) for name, size in parts.items()}


def advice(config: Config, gpu: float) -> list[str]:
    """Return changes of which each alone makes a configuration fit, or all that help."""
    found, train = [], config.train
    changed = {
        "train.checkpointing=true": _with(config, train={"checkpointing": True}),
        "train.batch=1": _with(config, train={"batch": 1}),
        "train.offload=true": _with(config, train={"checkpointing": True, "offload": True}),
        "model.lora.rank=8": _with(config, lora={"rank": 8}),
        "model.dtype=bfloat16, train.compute=bfloat16": _with(
            config, model={"dtype": "bfloat16"}, train={"compute": "bfloat16"}
        ),
        "model.quantize=nf4": _with(config, model={"quantize": "nf4"}),
    }
    length = config.data.max_length
    while length > 256:
        length //= 2
        changed[f"data.max_length={length}"] = _with(config, data={"max_length": length})
    if not config.model.lora.rank or train.compute != "bfloat16":
        del changed["model.quantize=nf4"]
    for text, other in changed.items():
        if other != config and memory_of(other, model_of(other)).peak <= gpu * GB:
            found.append(f"--set {text}")
    return found or ["a smaller language model, or several cards: docs/distributed.md"]


def _with(config: Config, **changes: dict[str, Any]) -> Config:
    model = config.model
    if lora := changes.pop("lora", None):
        model = dataclasses.replace(model, lora=dataclasses.replace(model.lora, **lora))
    model = dataclasses.replace(model, **changes.pop("model", {}))
    sections = {k: dataclasses.replace(getattr(config, k), **v) for k, v in changes.items()}
    return dataclasses.replace(config, model=model, **sections)


def _work(config: Config, model: Model, found: Coverage | str, tflops: float) -> Json:
    if isinstance(found, str):
        full = config.data.max_length
        each = per_token(config, model) * full + of_attention(config, model, full)
        return {
            "data": found,
            "flops_of_the_longest_sample": each,
            "seconds_of_the_longest_sample": round(each / (tflops * 1e12), 3),
        }
    passes = sum(stage.passes for stage in config.data.curriculum) * config.train.epochs
    scale = found.parts * found.fits / max(1, len(found.lengths))
    tokens = float(found.lengths.sum()) * scale
    square = float((found.lengths**2).sum()) * scale
    features = {"image": model.image, "point": model.points}
    shown = {k: e.tokens if e else 1 for k, e in features.items()}
    seen = found.parts * found.fits * found.shown
    flops = per_token(config, model) * tokens + of_attention(config, model, 1.0) * square
    flops += of_encoders(
        config, model, pictures=seen / shown["image"] / 2, clouds=seen / shown["point"] / 2
    )
    lengths = found.lengths if len(found.lengths) else np.zeros(1)
    return {
        "data": {
            "parts": found.parts,
            "counted": found.counted,
            "tokenizer": found.tokenizer,
            "fits": round(found.fits, 4),
            "tokens_mean": round(float(lengths.mean()), 1),
            "tokens_median": float(np.median(lengths)),
            "tokens_95": float(np.percentile(lengths, 95)),
        },
        "tokens_per_pass": round(tokens),
        "flops_per_pass": flops,
        "passes": passes,
        "hours": float(f"{passes * flops / (tflops * 1e12) / 3600:.4g}"),
        "tflops": tflops,
    }


def text(report: Json) -> str:
    """Return a plan for people."""
    total, learns = sum(report["parameters"].values()), sum(report["trained"].values())
    lines = [
        f"{report['name']}: {report['language_model']}, up to {report['max_length']:,} tokens",
        f"sizes from {report['sizes_from']}",
        f"{total:,} parameters, {learns:,} of them learn",
        "",
        "memory at the peak, GB",
    ]
    words = {**WORDS, "allowance": "the card's own, and gaps between tensors"}
    lines += [f"  {words[k]:42s} {v:8.2f}" for k, v in report["memory_gb"].items() if v >= 0.005]
    lines.append(f"  {'all':42s} {report['peak_gb']:8.2f}")
    if report["host_gb"]:
        lines.append(f"  {'in the memory of the host':42s} {report['host_gb']:8.2f}")
    verdict = "fits" if report["fits"] else "does not fit"
    lines.append(f"{verdict} a card of {report['gpu_gb']:g} GB")
    lines += [f"  it would with {one}" for one in report["advice"]]
    return "\n".join([*lines, "", *_work_lines(report)])


def _work_lines(report: Json) -> list[str]:
    data = report["data"]
    if isinstance(data, str):
        flops, seconds = (
            report["flops_of_the_longest_sample"],
            report["seconds_of_the_longest_sample"],
        )
        return [data, f"the longest sample: {flops:.3g} operations, {seconds:.3g} seconds"]
    return [
        f"{data['parts']:,} parts, {data['fits']:.1%} of them fit",
        f"tokenizer: {data['tokenizer']}",
        f"tokens of a sample: mean {data['tokens_mean']:.0f}, median {data['tokens_median']:.0f}, "
        f"95 % below {data['tokens_95']:.0f}",
        f"a pass over the parts: {report['tokens_per_pass']:,} tokens, "
        f"{report['flops_per_pass']:.3g} operations",
        f"the run, {report['passes']:g} passes: {report['hours']:.3g} hours "
        f"at {report['tflops']:.0f} TFLOP/s",
    ]
