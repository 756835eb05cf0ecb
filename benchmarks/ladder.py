"""From the specification's training loop to ours, one change at a time, on the same parts.

Shapes: B rows, L tokens.
"""

from __future__ import annotations

import dataclasses
import multiprocessing
import resource
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import literal
import torch

from cadcomplete.config import Config, DecoderConfig, from_dict, load
from cadcomplete.data.collate import collate
from cadcomplete.data.labels import Labelled, evenly_spaced, label, operation_cuts
from cadcomplete.data.rows import packed
from cadcomplete.errors import RefusedSample
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.prompt import prompt
from cadcomplete.language.tokenizer import IGNORED, TextTokenizer, Tokens
from cadcomplete.model.assembly import assemble, qwen3_config
from cadcomplete.model.model import CompletionModel
from cadcomplete.plan.memory import model_of
from cadcomplete.plan.work import of_attention, per_token

MINIATURE = DecoderConfig(
    vocabulary=1024,
    width=192,
    layers=2,
    heads=1,
    kv_heads=1,
    head_width=16,
    feed_forward=1024,
    tied=False,
)
"""A small Qwen3. At 13,000 tokens attention and the output layer are 32 and 7 % of its work; of
that of Qwen3-8B they are 28 and 4 % (by `flops`)."""

PRESET = Path(__file__).resolve().parent.parent / "configs" / "qwen3-8b-13k.toml"
ACCUMULATE = 32  # samples of a step, as in the specification


@dataclass(frozen=True, slots=True)
class Part:
    """A part as published, its history, and a caption or ""."""

    raw: dict[str, Any]
    sequence: CadSequence
    caption: str


@dataclass(frozen=True)
class Loop:
    """What a training loop does.

    Attributes:
        everywhere: logits at all positions and the plain loss of transformers.
        padded: every row has the maximum length.
        lines: our text, labels by offsets, refusals before batching; else JSON.
        together: one pass scores all cuts of a part; else one.
        rows: one sample, several of similar length, or packed to the maximum length.
        every: all operation boundaries are cuts; else the specification's up to five.
    """

    says: str = "the specification's loop"
    everywhere: bool = True
    padded: bool = True
    lines: bool = False
    together: bool = False
    rows: Literal["one", "alike", "packed"] = "one"
    every: bool = False


def _ladder() -> dict[str, Loop]:
    found, loop = {"literal": Loop()}, Loop()
    for name, says, change in (
        ("logits", "+ logits only where there are labels, in chunks", {"everywhere": False}),
        ("unpadded", "+ no padding to the maximum length", {"padded": False}),
        ("lines", "+ line language, labels by offsets, refusals", {"lines": True}),
        ("together", "+ all cuts of a part in one pass", {"together": True}),
        ("grouped", "  the same in batches of rows of similar length", {"rows": "alike"}),
        ("packed", "  the same packed into rows of the maximum length", {"rows": "packed"}),
        ("every", "+ every operation boundary is a cut", {"rows": "one", "every": True}),
    ):
        loop = dataclasses.replace(loop, says=says, **change)
        found[name] = loop
    return found


LADDER = _ladder()
OURS = "together"  # a part in a pass, as in configs/qwen3-8b-13k.toml


@dataclass(frozen=True)
class Settings:
    """What all loops share.

    Attributes:
        length: longest sample in tokens.
        batch: rows of similar length in one pass.
        seconds: how long a loop runs at least, whole passes over the parts.
    """

    length: int
    batch: int = 4
    seconds: float = 10.0
    threads: int = 1
    seed: int = 0
    rank: int = 8


Item = tuple[Part, tuple[int, ...]]
"""A part and the numbers of kept operations that are scored."""


@dataclass(frozen=True)
class Pass:
    """One forward pass: the batch, and how many samples, parts and target tokens it scores."""

    batch: dict[str, Any]
    samples: int
    parts: int
    targets: int

    @property
    def tokens(self) -> int:
        return self.batch["input_ids"].numel()


@dataclass(frozen=True)
class Measured:
    """What came of a loop; times in seconds, memory in bytes.

    Attributes:
        samples: that were scored, `lost` those whose loss was NaN, `refused` before batching.
        parts: how often a part went through the model and gave a gradient.
        targets: tokens whose loss was learned from; `tokens`: all, the padding included.
        before: memory of the process before the first pass, `peak` the most after it.
    """

    seconds: float = 0.0
    samples: int = 0
    lost: int = 0
    refused: int = 0
    parts: int = 0
    targets: int = 0
    tokens: int = 0
    before: int = 0
    peak: int = 0


class Planner:
    """Turns parts into the rows of a loop, and a row into a batch."""

    def __init__(self, loop: Loop, tokenizer: TextTokenizer, settings: Settings) -> None:
        self.loop, self.tokenizer, self.settings = loop, tokenizer, settings
        self.refused, self.end = 0, tokenizer.end % MINIATURE.vocabulary

    def plan(self, parts: Iterable[Part]) -> list[list[Item]]:
        """Return the rows of one pass over all samples; each row is some items."""
        loop, items, lengths = self.loop, [], []
        for part in parts:
            cuts = self._cuts(part)
            for some in [cuts] if loop.together else [(cut,) for cut in cuts]:
                try:
                    lengths.append(len(self._labelled((part, some)).ids) if loop.lines else 0)
                    items.append((part, some))
                except RefusedSample:
                    self.refused += len(some)
        if loop.rows == "packed":
            order = torch.randperm(
                len(items), generator=torch.Generator().manual_seed(self.settings.seed)
            ).tolist()
            found = packed([lengths[i] for i in order], self.settings.length)
            rows = [[order[i] for i in row] for row in found]
        elif loop.rows == "alike":
            order, size = sorted(range(len(items)), key=lengths.__getitem__), self.settings.batch
            rows = [order[i : i + size] for i in range(0, len(order), size)]
        else:
            rows = [[i] for i in range(len(items))]
        return [[items[i] for i in row] for row in rows]

    def make(self, row: Sequence[Item]) -> Pass:
        """Tokenise the samples of a row and return their batch."""
        if not self.loop.lines:
            return self._literal(row[0])
        labelled = [self._labelled(item) for item in row]
        rows = [labelled] if self.loop.rows == "packed" else [[one] for one in labelled]
        batch = collate(rows, padding=self.end)
        batch.pop("names")
        targets = int((batch["labels"] != IGNORED).sum())
        return Pass(batch, sum(len(cuts) for _, cuts in row), len(row), targets)

    def encode(self, text: str) -> list[int]:
        """Return ids that the miniature has: speed does not depend on which they are."""
        ids = self.tokenizer.tokens(text)
        return [i % MINIATURE.vocabulary for i in ids]

    def _cuts(self, part: Part) -> tuple[int, ...]:
        if self.loop.every:
            return tuple(range(len(part.sequence)))
        return evenly_spaced(len(part.sequence)) if self.loop.lines else literal.cuts(part.raw)

    def _literal(self, item: Item) -> Pass:
        part, (kept,) = item
        sample = literal.sample(part.raw, kept, part.caption, self.encode)
        padding = self.end if self.loop.padded else None
        ids_1L, labels_1L = literal.row(sample, length=self.settings.length, padding=padding)
        batch = {"input_ids": ids_1L, "labels": labels_1L}
        if not self.loop.everywhere:
            batch["weights"] = (labels_1L != IGNORED).float()
        return Pass(batch, 1, 1, len(sample.targets(self.settings.length)))

    def _labelled(self, item: Item) -> Labelled:
        part, cuts = item
        text = prompt(part.sequence, caption=part.caption or None)
        tokens = self.tokenizer.encode(text)
        tokens = Tokens(tuple(i % MINIATURE.vocabulary for i in tokens.ids), tokens.cuts)
        starts = operation_cuts(text, tokens)
        chosen = [starts[k] for k in cuts]
        return label(tokens, chosen, end=self.end, max_length=self.settings.length)


def configuration(settings: Settings) -> Config:
    """Return the run that all loops are of: LoRA and checkpoints as in the specification."""
    model = {"decoder": dataclasses.asdict(MINIATURE), "lora": {"rank": settings.rank}}
    train = {"checkpointing": True, "weighting": "truncations", "seed": settings.seed}
    return from_dict({"data": {"max_length": settings.length}, "model": model, "train": train})


def miniature(tokenizer: TextTokenizer, settings: Settings) -> CompletionModel:
    """Return the model that all loops train, the same for a seed."""
    torch.manual_seed(settings.seed)
    config = configuration(settings)
    sizes = qwen3_config(
        config.model,
        vocabulary=MINIATURE.vocabulary,
        end=tokenizer.end % MINIATURE.vocabulary,
        length=settings.length,
    )
    known = {"language_model": sizes.to_diff_dict()}
    return assemble(config, tokenizer, architectures=known).train()


def measure(
    loop: Loop, parts: Sequence[Part], tokenizer: TextTokenizer, settings: Settings
) -> Measured:
    """Train for whole passes over the parts and return what it took; meant for a new process.

    Seconds of one thread are those of the processor, so that others on the machine do not count.
    """
    torch.set_num_threads(settings.threads)
    model = miniature(tokenizer, settings)
    optimizer = torch.optim.AdamW([p for _, p in model.trained()], lr=1e-4)
    planner = Planner(loop, tokenizer, settings)
    rows = planner.plan(parts)
    _step(model, loop, planner.make(min(rows, key=_size)).batch)  # the first is slower
    optimizer.zero_grad()
    before, passes = _reset_peak(), 0
    sums = dict.fromkeys(("samples", "lost", "parts", "targets", "tokens"), 0)
    clock = time.process_time if settings.threads == 1 else time.perf_counter
    started, waiting = clock(), 0
    while not passes or clock() - started < settings.seconds:
        passes += 1
        for row in rows:
            one = planner.make(row)
            sums["tokens"] += one.tokens
            if not _step(model, loop, one.batch):
                sums["lost"] += one.samples
                continue
            for name in ("samples", "parts", "targets"):
                sums[name] += getattr(one, name)
            waiting += one.parts
            if waiting >= ACCUMULATE:
                waiting = 0
                optimizer.step()
                optimizer.zero_grad()
    seconds = clock() - started
    refused = planner.refused * passes
    return Measured(seconds, refused=refused, before=before, peak=_peak(), **sums)


def _step(model: CompletionModel, loop: Loop, batch: dict[str, Any]) -> bool:
    """Forward and backward; say whether there was a loss."""
    if loop.everywhere:
        loss = literal.loss(model.language_model, batch["input_ids"], batch["labels"])
    else:
        loss = model(**batch)["loss"]
    if not bool(torch.isfinite(loss)):
        return False
    (loss / ACCUMULATE).backward()
    return True


def alone(
    loop: Loop, parts: Sequence[Part], tokenizer: TextTokenizer, settings: Settings
) -> Measured:
    """Measure a loop in a process of its own, so that its peak of memory is its own."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as pool:
        return pool.submit(measure, loop, parts, tokenizer, settings).result()


def _size(row: Sequence[Item]) -> int:
    return sum(len(str(part.raw)) for part, _ in row)


# --- memory of this process, in bytes -----------------------------------------------------------


def _reset_peak() -> int:
    """Forget the peak so far and return what is held now."""
    if sys.platform != "linux":
        return _peak()
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _peak() -> int:
    if sys.platform != "linux":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return _status("VmHWM")  # ru_maxrss would begin with the peak of the parent


def _status(key: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(f"{key}:"))


# --- counted, without a model -------------------------------------------------------------------


def flops(config: Config, tokens: int, logits: int, *, learns: bool) -> float:
    """Return the floating-point operations of a pass over one row of so many tokens.

    As `plan` counts them; where nothing is learned there is only the forward pass. The output
    layer, which is not computed again, counts where there are logits.
    """
    model = model_of(config)
    head = 2.0 * model.decoder.embedding
    layers = tokens * (per_token(config, model) - 3 * head)
    attention = of_attention(config, model, tokens)
    if not learns:
        layers, attention = layers / 3, attention / 4.5
    return layers + attention + (2 if learns else 1) * head * logits


@dataclass(frozen=True)
class Cost:
    """Of a scored sample: tokens and FLOPs; `lost` and `refused` are shares of all samples."""

    tokens: float
    work: float
    lost: float
    refused: float


def counted(
    loop: Loop,
    parts: Sequence[Part],
    samples: Sequence[literal.LiteralSample],
    tokenizer: TextTokenizer,
    settings: Settings,
) -> Cost:
    """Return what Qwen3-8B takes for each sample that is scored.

    `samples` are those of the specification's loop, for all cuts of all parts.
    """
    passes: list[tuple[int, int, int]] = []  # tokens, target tokens, samples
    refused = 0
    if loop.lines:
        planner = Planner(loop, tokenizer, settings)
        made = (planner.make(row) for row in planner.plan(parts))
        passes += [(one.tokens, one.targets, one.samples) for one in made]
        refused = planner.refused
    else:
        length = settings.length
        for sample in samples:
            tokens = length if loop.padded else min(length, len(sample.ids))
            passes.append((tokens, len(sample.targets(length)), 1))
    scored = sum(samples for _, targets, samples in passes if targets)
    work, config = 0.0, load(PRESET)
    for tokens, targets, _ in passes:
        logits = tokens if loop.everywhere else targets
        work += flops(config, tokens, logits, learns=targets > 0)
    lost = sum(samples for _, targets, samples in passes if not targets)
    tokens = sum(tokens for tokens, _, _ in passes)
    every, one = max(1, scored + lost + refused), max(1, scored)
    return Cost(tokens / one, work / one, lost / every, refused / every)
