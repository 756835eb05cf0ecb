"""Training Qwen3-8B on one card: memory and speed for each length, beside the goals.

The weights are random, the model, its assembly and its losses are the project's own. Shapes: L
tokens of a row, placeholders of a picture and a point cloud included.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor, nn

from cadcomplete.assembly import assemble, qwen3_config
from cadcomplete.config import Config, from_dict, load
from cadcomplete.data.labels import IGNORED
from cadcomplete.losses import LOSSES
from cadcomplete.model import CompletionModel
from cadcomplete.plan.memory import memory_of, model_of
from cadcomplete.plan.sizes import decoder_of
from cadcomplete.prompt import IMAGE, POINTS
from cadcomplete.tokenizer import TextTokenizer

PRESET = Path(__file__).resolve().parent.parent / "configs" / "qwen3-8b-13k.toml"
GB = 1e9
SHARE = 0.45  # goal: of the matrix rate of the card
NO_CARD = "not measured: no GPU at hand"
TINY = {
    "decoder": {"vocabulary": 512, "width": 32, "layers": 2, "heads": 2, "feed_forward": 64},
    "image": {"encoder": "dinov2", "size": 28, "width": 32, "layers": 1, "heads": 2},
    "points": {"encoder": "michelangelo", "count": 64, "queries": 5, "width": 32, "heads": 2},
}
SHRINK = 64  # a rehearsal has so many times fewer tokens


@dataclass(frozen=True)
class Row:
    """A line of the table: `goal` is for its peak memory, in GB."""

    tokens: int
    says: str = ""
    goal: float | None = None
    nf4: bool = False
    offload: bool = False
    loss: str = "plain"
    literal: bool = False


ROWS = (
    Row(8192),
    Row(13000, goal=24),
    Row(13000, "checkpoints on the host", goal=24, offload=True),
    Row(13000, "cut-cross-entropy", goal=24, loss="cut-cross-entropy"),
    Row(16384, goal=26),
    Row(16384, "checkpoints on the host", goal=26, offload=True),
    Row(32768, goal=36),
    Row(32768, "checkpoints on the host", goal=36, offload=True),
    Row(13000, "the specification's loop", literal=True),
    Row(13000, "base in nf4", goal=14, nf4=True),
    Row(13000, "base in nf4, checkpoints on the host", goal=14, nf4=True, offload=True),
)


@dataclass(frozen=True)
class Result:
    """Of a row; memory in GB, times in seconds, `rate` in FLOP per second."""

    allocated: float
    reserved: float
    seconds: float
    rate: float


def configuration(*, rehearse: bool) -> Config:
    """Return the preset with random weights everywhere, or a tiny model of the same parts."""
    raw = load(PRESET).as_dict()
    model = raw["model"]
    model |= {"language_model": "", "gguf": "", "new_tokens": [], "quantize": "none"}
    model["dtype"] = "bfloat16"
    model["image"]["source"] = model["points"]["source"] = ""
    raw["train"] |= {"compute": "bfloat16", "checkpointing": True, "loss_kernel": "plain"}
    if rehearse:
        model |= TINY
    raw["train"]["rates"] |= {"image_encoder": 0.0, "point_encoder": 0.0}
    return from_dict(raw)


def build(config: Config, device: str) -> CompletionModel:
    """Return the model, made on its device with random weights, ready to train."""
    sizes = qwen3_config(
        config.model,
        vocabulary=config.model.decoder.vocabulary,
        end=0,
        length=config.data.max_length,
    )
    tokenizer = TextTokenizer.train(["sketch"], size=300)  # only asked for new tokens: none
    known = {"language_model": sizes.to_diff_dict()}
    with torch.device(device):
        return assemble(config, tokenizer, architectures=known).train()


def quantized(model: CompletionModel) -> CompletionModel:
    """Keep the linear layers of the language model in nf4, but those of the adapters."""
    import bitsandbytes  # pyright: ignore[reportMissingImports]

    for module in model.causal.base_model.modules():
        for name, child in list(module.named_children()):
            if type(child) is nn.Linear and not child.weight.requires_grad:
                with child.weight.device:  # not on the host first, which takes minutes
                    small = bitsandbytes.nn.Linear4bit(
                        child.in_features,
                        child.out_features,
                        bias=False,
                        compute_dtype=torch.bfloat16,
                        quant_type="nf4",
                    )
                small.weight = bitsandbytes.nn.Params4bit(
                    child.weight.data, requires_grad=False, quant_type="nf4"
                )
                setattr(module, name, small.to(child.weight.device))
    return model


def batch_of(model: CompletionModel, config: Config, tokens: int, device: str) -> dict[str, Tensor]:
    """Return a row of a picture, a cloud and random text, all of which carries loss."""
    random = torch.Generator().manual_seed(tokens)
    features, size = model.features, config.model.image.size
    front = [IMAGE] * features.image + [POINTS] * features.points
    length = tokens - len(front)
    ids = torch.randint(1, config.model.decoder.vocabulary, (1, length), generator=random)
    ids_1L = torch.cat([torch.tensor([front]), ids], dim=1)
    labels_1L = torch.where(ids_1L >= 0, ids_1L, IGNORED)
    cloud = torch.rand(1, config.model.points.count, 6, generator=random)
    batch = {
        "input_ids": ids_1L,
        "labels": labels_1L,
        "weights": (labels_1L != IGNORED).float(),
        "images": torch.randint(0, 256, (1, 3, size, size), generator=random, dtype=torch.uint8),
        "points": cloud * 2 - 1,
    }
    return {name: tensor.to(device) for name, tensor in batch.items()}


def step(model: CompletionModel, batch: dict[str, Tensor], *, literal: bool) -> Tensor:
    """Return the loss: ours, or the plain one of transformers over all positions."""
    if not literal:
        return model(**batch)["loss"]
    embedded_1LD = model.embed(batch["input_ids"], batch["images"], batch["points"])
    return model.language_model(
        inputs_embeds=embedded_1LD, labels=batch["labels"], use_cache=False
    ).loss


def measure(
    row: Row, model: CompletionModel, config: Config, device: str, *, steps: int, shrink: int
) -> Result:
    """Train some steps with one row. Raises torch.OutOfMemoryError."""
    model.offload, model.loss = row.offload, LOSSES[row.loss]
    batch = batch_of(model, config, max(32, row.tokens // shrink), device)
    optimizer = torch.optim.AdamW([p for _, p in model.trained()], lr=1e-4)
    cuda, started = device == "cuda", 0.0
    for number in range(steps + 1):
        if number == 1:  # the first one warms up
            if cuda:
                torch.cuda.synchronize()
                torch.cuda.reset_peak_memory_stats()
            started = time.perf_counter()
        with torch.autocast(device, torch.bfloat16):
            loss = step(model, batch, literal=row.literal)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    if not bool(torch.isfinite(loss)):  # type: ignore[possibly-undefined]
        raise ValueError(f"the loss is {float(loss)}")  # type: ignore[possibly-undefined]
    if cuda:
        torch.cuda.synchronize()
    seconds = (time.perf_counter() - started) / steps
    allocated = torch.cuda.max_memory_allocated() / GB if cuda else 0.0
    reserved = torch.cuda.max_memory_reserved() / GB if cuda else 0.0
    return Result(allocated, reserved, seconds, work(config, batch) / seconds)


def work(config: Config, batch: dict[str, Tensor]) -> float:
    """6 N for each token: forward, recomputation, and the gradient of activations.

    N are the weights of the linear layers; those of the output layer count where there are
    labels. Attention is left out, so the share of the card's rate is a lower bound.
    """
    decoder = decoder_of(config)
    labels = int((batch["labels"][:, 1:] != IGNORED).sum())
    return 6.0 * (decoder.linear * batch["input_ids"].numel() + decoder.embedding * labels)


def planned(row: Row, config: Config) -> float:
    """Return the peak of all tensors in GB as `cadcomplete plan` foresees it."""
    data = dataclasses.replace(config.data, max_length=row.tokens)
    quantize = "nf4" if row.nf4 else "none"
    model = dataclasses.replace(config.model, quantize=quantize)
    at_once = row.tokens if row.literal else config.train.logits_at_once
    train = dataclasses.replace(
        config.train, batch=1, offload=row.offload, loss_kernel=row.loss, logits_at_once=at_once
    )
    whole = dataclasses.replace(config, data=data, model=model, train=train)
    return memory_of(whole, model_of(whole)).tensors / GB


def matrix_rate(device: str, *, size: int) -> float:
    """Return the FLOP per second of a product of two square matrices in bfloat16."""
    a, b = (torch.randn(size, size, device=device, dtype=torch.bfloat16) for _ in range(2))
    runs, started = 20, 0.0
    for number in range(runs + 5):
        if number == 5:
            _wait(device)
            started = time.perf_counter()
        torch.mm(a, b)
    _wait(device)
    return runs * 2 * size**3 / (time.perf_counter() - started)


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def run(args: argparse.Namespace) -> None:
    """Print the table. Without a card it says so; a rehearsal goes through every row, tiny."""
    device = "cuda" if torch.cuda.is_available() and not args.rehearse else "cpu"
    if device == "cpu" and not args.rehearse:
        table(dict.fromkeys(ROWS, NO_CARD), 1.0)
        return
    config = configuration(rehearse=args.rehearse)
    shrink = SHRINK if args.rehearse else 1
    rate = matrix_rate(device, size=256 if args.rehearse else 8192)
    name = torch.cuda.get_device_name() if device == "cuda" else "a rehearsal on the CPU"
    print(f"{name}: {rate / 1e12:.3g} TFLOP/s in bfloat16, torch {torch.__version__}")
    model = build(config, device)
    learned = sum(p.numel() for _, p in model.trained())
    print(f"{model.parameter_count:,} parameters, {learned:,} of them learn")
    results: dict[Row, Result | str] = {}
    nf4 = False
    for row in ROWS:
        if (missing := lacks(row, device)) is not None:
            results[row] = missing
            continue
        if row.nf4 and not nf4:
            model, nf4 = quantized(model), True
        results[row] = _attempt(row, model, config, device, args.steps, shrink)
        gc.collect()
        if device == "cuda":
            torch.cuda.empty_cache()
    if args.rehearse:
        ran = sum(isinstance(result, Result) for result in results.values())
        print(f"{ran} of {len(ROWS)} rows ran to their end with a tiny model")
        results = {r: NO_CARD if isinstance(v, Result) else v for r, v in results.items()}
    table(results, rate)


def _attempt(
    row: Row, model: CompletionModel, config: Config, device: str, steps: int, shrink: int
) -> Result | str:
    try:
        return measure(row, model, config, device, steps=steps, shrink=shrink)
    except torch.OutOfMemoryError:
        model.zero_grad()
        return "out of memory"


def lacks(row: Row, device: str) -> str | None:
    """Say what a row needs that is not here; 4 bits can be rehearsed where the package is."""
    for package, needed in (
        ("cut_cross_entropy", row.loss == "cut-cross-entropy"),
        ("bitsandbytes", row.nf4),
    ):
        if needed and find_spec(package) is None:
            return f"not measured: {package} is not installed" if device == "cuda" else NO_CARD
    return NO_CARD if row.loss == "cut-cross-entropy" and device != "cuda" else None


def table(results: dict[Row, Result | str], rate: float) -> None:
    """Print a line for each row, with its goals and what `cadcomplete plan` foresees."""
    config = configuration(rehearse=False)
    print(
        "| tokens | | allocated, GB | planned | goal | reserved, GB | s a step | tokens/s "
        "| of the rate |"
    )
    print("|---" * 9 + "|")
    for row, result in results.items():
        goal = "" if row.goal is None else f"{row.goal:.0f}"
        start, plan = f"| {row.tokens:,} | {row.says} |", f"{planned(row, config):.1f}"
        if isinstance(result, str):
            print(f"{start} {result} | {plan} | {goal} | | | | |")
            continue
        if row.goal is not None:
            goal += " met" if result.allocated <= row.goal else " missed"
        share = result.rate / rate
        met = "" if row.literal else " met" if share >= SHARE else " missed"
        print(
            f"{start} {result.allocated:.1f} | {plan} | {goal} | {result.reserved:.1f} | "
            f"{result.seconds:.2f} | {row.tokens / result.seconds:,.0f} | "
            f"{100 * share:.0f} %{met} |"
        )
    print(f"goals: peak memory allocated as above, {100 * SHARE:.0f} % of the card's matrix rate")
