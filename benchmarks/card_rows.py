"""One row after the other: training steps and writing of Qwen3-8B with random weights.

Shapes: L tokens of a row, placeholders of a picture and a point cloud included.
"""

from __future__ import annotations

import dataclasses
import gc
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import DynamicCache

from cadcomplete.config import Config, from_dict, load
from cadcomplete.language.prompt import IMAGE, POINTS
from cadcomplete.language.tokenizer import IGNORED, TextTokenizer
from cadcomplete.model.assembly import assemble, qwen3_config
from cadcomplete.model.losses import LOSSES
from cadcomplete.model.model import CompletionModel
from cadcomplete.plan.memory import memory_of, model_of
from cadcomplete.plan.sizes import decoder_of

PRESET = Path(__file__).resolve().parent.parent / "configs" / "qwen3-8b-13k.toml"
GB = 1e9
TINY = {
    "decoder": {"vocabulary": 512, "width": 32, "layers": 2, "heads": 2, "feed_forward": 64},
    "image": {"encoder": "dinov2", "size": 28, "width": 32, "layers": 1, "heads": 2},
    "points": {"encoder": "michelangelo", "count": 64, "queries": 5, "width": 32, "heads": 2},
}
SHRINK = 64  # a rehearsal has so many times fewer tokens
PROMPT, WRITTEN = 1024, 32  # tokens of a prompt, and those written after it


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes:
        goal: for its peak memory, in GB.
        literal: the loop of the specification: all logits at once.
        packed: samples that share the row.
        writes: how many rows are written at once; 0 for training.
    """

    tokens: int = 13000
    says: str = ""
    goal: float | None = None
    nf4: bool = False
    offload: bool = False
    loss: str = "plain"
    literal: bool = False
    packed: int = 0
    writes: int = 0


# The most telling first, for time may run out; those in four bits last, for they change the model.
ROWS = (
    Row(goal=24),
    Row(says="cut-cross-entropy", goal=24, loss="cut-cross-entropy"),
    Row(8192),
    Row(16384, goal=26),
    Row(writes=1),
    Row(writes=16),
    Row(32768, goal=36),
    Row(says="20 samples share it", packed=20),
    Row(says="checkpoints on the host", goal=24, offload=True),
    Row(32768, "checkpoints on the host", goal=36, offload=True),
    Row(says="the specification's loop", literal=True),
    Row(16384, "checkpoints on the host", goal=26, offload=True),
    Row(says="base in nf4", goal=14, nf4=True),
    Row(says="base in nf4, checkpoints on the host", goal=14, nf4=True, offload=True),
)


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


# --- training -----------------------------------------------------------------------------------


def batch_of(
    model: CompletionModel, config: Config, tokens: int, device: str, *, packed: int = 0
) -> dict[str, Tensor]:
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
    if packed:  # the first of them has the picture and the cloud
        batch["position_ids"] = (torch.arange(tokens) % -(-tokens // packed))[None]
    return {name: tensor.to(device) for name, tensor in batch.items()}


def step(model: CompletionModel, batch: dict[str, Tensor], *, literal: bool) -> Tensor:
    """Return the loss: ours, or the plain one of transformers over all positions."""
    if not literal:
        return model(**batch)["loss"]
    embedded_1LD = model.embed(batch["input_ids"], batch["images"], batch["points"])
    return model.language_model(
        inputs_embeds=embedded_1LD, labels=batch["labels"], use_cache=False
    ).loss


def trained(row: Row, model: CompletionModel, config: Config, device: str, shrink: int) -> Any:
    """Train two steps with one row; the first one warms up. Raises torch.OutOfMemoryError."""
    model.train()
    model.offload, model.loss = row.offload, LOSSES[row.loss]
    batch = batch_of(model, config, max(32, row.tokens // shrink), device, packed=row.packed)
    optimizer = torch.optim.AdamW([p for _, p in model.trained()], lr=1e-4)
    cuda, started, loss = device == "cuda", 0.0, torch.zeros(())
    for number in range(2):
        if number == 1:
            wait(device)
            if cuda:
                torch.cuda.reset_peak_memory_stats()
            started = time.perf_counter()
        with torch.autocast(device, torch.bfloat16):
            loss = step(model, batch, literal=row.literal)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    if not bool(torch.isfinite(loss)):
        raise ValueError(f"the loss is {float(loss)}")
    wait(device)
    seconds = time.perf_counter() - started
    return {
        "allocated": torch.cuda.max_memory_allocated() / GB if cuda else 0.0,
        "reserved": torch.cuda.max_memory_reserved() / GB if cuda else 0.0,
        "seconds": seconds,
        "rate": work(config, batch) / seconds,
    }


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


# --- writing ------------------------------------------------------------------------------------


@torch.inference_mode()
def written(row: Row, model: CompletionModel, device: str, shrink: int, copied: float) -> Any:
    """Write some tokens after a prompt, as `generate` does; adapters are merged.

    `limit` is the time in which memory can deliver each weight of the language model once.
    """
    model.eval()
    model.language_model.merge_adapter()
    try:
        prompt = torch.randint(1, 300, (row.writes, max(8, PROMPT // shrink)), device=device)
        causal, cache = model.causal, DynamicCache(config=model.causal.config)
        with torch.autocast(device, torch.bfloat16):
            causal(input_ids=prompt, past_key_values=cache, use_cache=True, logits_to_keep=1)
            last, started = prompt[:, -1:], 0.0
            for number in range(WRITTEN + 4):
                if number == 4:
                    wait(device)
                    started = time.perf_counter()
                logits = causal(input_ids=last, past_key_values=cache, use_cache=True).logits
                last = logits[:, -1:].argmax(-1)
            wait(device)
        seconds = (time.perf_counter() - started) / WRITTEN
    finally:
        model.language_model.unmerge_adapter()
    own = sum(p.numel() * p.element_size() for p in causal.parameters())
    return {"seconds": seconds, "limit": own / copied}


# --- the card -----------------------------------------------------------------------------------


def matrix_rate(device: str, *, size: int) -> float:
    """Return the FLOP per second of a product of two square matrices in bfloat16."""
    a, b = (torch.randn(size, size, device=device, dtype=torch.bfloat16) for _ in range(2))
    return 2 * size**3 / _timed(device, lambda: torch.mm(a, b))


def copy_rate(device: str, *, size: int) -> float:
    """Return the bytes per second that memory reads and writes in a copy."""
    a, b = (torch.randn(size, device=device) for _ in range(2))
    return 2 * a.numel() * a.element_size() / _timed(device, lambda: b.copy_(a))


def _timed(device: str, do: Callable[[], object], *, runs: int = 20) -> float:
    started = 0.0
    for number in range(runs + 5):
        if number == 5:
            wait(device)
            started = time.perf_counter()
        do()
    wait(device)
    return (time.perf_counter() - started) / runs


def wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def lacks(row: Row, device: str) -> str | None:
    """Say what a row needs that is not here."""
    for package, needed in (
        ("cut_cross_entropy", row.loss == "cut-cross-entropy"),
        ("bitsandbytes", row.nf4),
    ):
        if needed and find_spec(package) is None:
            return f"not measured: {package} is not installed"
    if row.loss == "cut-cross-entropy" and device != "cuda":
        return "not measured: its kernel needs a card"
    return None


def measure_all(file: Path, first: int, *, ends: float, rehearse: bool) -> None:
    """Measure the rows from `first` on until time is over; each is a line of the file at once."""
    device = "cuda" if torch.cuda.is_available() and not rehearse else "cpu"
    if device == "cpu" and not rehearse:
        raise SystemExit("no card is at hand; --rehearse goes through every row with a tiny model")
    config, shrink = configuration(rehearse=rehearse), SHRINK if rehearse else 1
    rate = matrix_rate(device, size=256 if rehearse else 8192)
    copied = copy_rate(device, size=1 << (16 if rehearse else 29))
    model = build(config, device)
    card = torch.cuda.get_device_name() if device == "cuda" else "a rehearsal on the CPU"
    counts = {
        "parameters": model.parameter_count,
        "learn": sum(p.numel() for _, p in model.trained()),
    }
    told = {"card": card, "rate": rate, "copy": copied, "torch": torch.__version__, **counts}
    _tell(file, told)
    nf4 = False
    for number, row in enumerate(ROWS[first:], start=first):
        problem = lacks(row, device) or ("no time was left" if time.monotonic() > ends else None)
        found: dict[str, Any] = {"problem": problem}
        if problem is None:
            if row.nf4 and not nf4:
                model, nf4 = quantized(model), True
            do = partial(written, row, model, device, shrink, copied)
            if not row.writes:
                do = partial(trained, row, model, config, device, shrink)
            found = attempt(do, model)
        _tell(file, {"row": number, **dataclasses.asdict(row), **found})
        gc.collect()
        if device == "cuda":
            torch.cuda.empty_cache()


def attempt(do: Callable[[], dict[str, Any]], model: CompletionModel) -> dict[str, Any]:
    """What goes wrong in one row costs that row."""
    try:
        return do()
    except torch.OutOfMemoryError:
        model.zero_grad()
        return {"problem": "out of memory"}
    except Exception as error:  # noqa: BLE001
        model.zero_grad()
        return {"problem": f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"}


def _tell(file: Path, line: dict[str, Any]) -> None:
    with file.open("a") as lines:
        lines.write(json.dumps(line) + "\n")
