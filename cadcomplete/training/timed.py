"""Training against the clock: a small model learns from text until its time is over.

The learning rate follows the time that is left, so a run of ten minutes on a card and one of days
on a core end equally well. The weights that are kept are running means over the last steps, and of
these the best by the held-out loss. A run that was stopped goes on where it was.

Shapes: B samples, L tokens, V vocabulary.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader
from transformers.trainer_utils import set_seed

from cadcomplete.config import Config
from cadcomplete.data import synthetic
from cadcomplete.data.pack import Packed
from cadcomplete.data.stream import SHOWN, Batch, Piece, Stream, held_out
from cadcomplete.errors import CadCompleteError, InputError
from cadcomplete.files import write_text
from cadcomplete.language.commands import FILLS, WANTED
from cadcomplete.language.tokenizer import TextTokenizer
from cadcomplete.model import checkpoint
from cadcomplete.model.assembly import assemble
from cadcomplete.model.checkpoint import Checkpoint
from cadcomplete.model.model import CompletionModel
from cadcomplete.training.nats import losses, nats
from cadcomplete.training.words import lines_of, words_of

Say = Callable[[str], None]

STATE = "state.pt"
"""What a stopped run goes on from."""

_LOOKED_AT = 500
"""Synthetic parts of which the words are taken: more than have any of them all but for chance."""

_DIGITS = 0.5
"""How much a digit of an irregular number counts: no hit depends on the last ones."""


@dataclass(frozen=True)
class Clock:
    """How long a run takes, in seconds.

    Attributes:
        seconds: all of it, over all of its parts if it was stopped.
        evaluate: between two looks at the held-out parts.
        save: between two states from which it goes on.
        now: what tells the time; `time.process_time` counts work alone.
        left: whether `seconds` are those that are left to a run that goes on.
    """

    seconds: float
    evaluate: float = 60.0
    save: float = 600.0
    now: Callable[[], float] = time.monotonic
    left: bool = False


@dataclass(frozen=True)
class Speed:
    """How a run learns.

    Attributes:
        rate: the highest learning rate.
        tokens: of a batch, padding included.
        share: of samples that are synthetic.
        dropout: of what each layer adds.
        mean: what a step leaves of the running mean of the weights.
        workers: processes that make samples; 0 makes them in the process that trains.
        held_out: parts that are looked at while it learns, the same at every look; 0 for all.
    """

    rate: float = 1.5e-3
    tokens: int = 32_768
    share: float = 0.5
    dropout: float = 0.1
    mean: float = 0.998
    workers: int = 0
    held_out: int = 0


class TimedRun:
    """A model that learns, and what is known of it so far."""

    def __init__(
        self,
        config: Config,
        parts: Sequence[Packed],
        tokenizer: TextTokenizer,
        *,
        clock: Clock,
        speed: Speed,
        say: Say,
    ) -> None:
        """Make the model. `parts` are all of a pack, those held out among them."""
        self.config, self.tokenizer, self.clock, self.speed = config, tokenizer, clock, speed
        self.say = say
        set_seed(config.train.seed)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = assemble(config, tokenizer)
        if config.train.start:
            start = Path(config.train.start)
            checkpoint.start_from(self.model, config, start, tokenizer=tokenizer)
        self.model.to(self.device)
        self.mean = [p.detach().clone() for p in self.model.parameters()]
        self.best: list[Tensor] = []
        self.least = math.inf
        self.step, self.spent, self.tokens = 0, 0.0, 0
        self.seconds = clock.seconds
        _drop(self.model, speed.dropout)
        cuda = self.device.type == "cuda"
        self.optimizer = torch.optim.AdamW(
            _groups(self.model, config.train.weight_decay),
            lr=speed.rate,
            betas=(0.9, 0.95),
            fused=cuda,
        )
        self.weights_V = _weights(tokenizer, config).to(self.device)
        share = config.data.validation
        learned = [p for p in parts if p.sample.trains(share)]
        kept_out = [p for p in parts if p.sample.held_out(share)]
        kept_out = kept_out[:: max(1, len(kept_out) // (speed.held_out or len(kept_out) or 1))]
        self.sides = {shown: held_out(kept_out, tokenizer, config, shown=shown) for shown in SHOWN}
        if not any(self.sides.values()) or not (learned or speed.share == 1):
            raise InputError("nothing to learn from, or nothing held out", where="the pack")
        self.words = words_of(config, _texts(learned, config, speed))
        shown = ((FILLS, config.data.filled), (WANTED, config.data.points))
        self.words += tuple(w for w, share in shown if share and w not in self.words)
        self.stream = Stream(
            learned,
            tokenizer,
            config,
            tokens=speed.tokens,
            share=speed.share,
            seed=config.train.seed,
        )
        say(
            f"{self.model.parameter_count:,} parameters, {len(learned)} parts to learn from, "
            f"{len(kept_out)} held out, on {self.device}"
        )

    @property
    def folder(self) -> Path:
        return Path(self.config.output) / self.config.name

    # --- the loop -------------------------------------------------------------------------------

    def run(self, batches: Iterable[Batch] | None = None) -> Path:
        """Learn until the time is over; return the folder with the best model.

        `batches` are those of its own stream, unless several models learn from the same ones.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._resume()
        self.seconds = self.clock.seconds + (self.spent if self.clock.left else 0.0)
        began = self.clock.now() - self.spent
        looked, saved = self.spent, self.spent
        sums, last = torch.zeros(2, device=self.device), self.spent
        for batch in self.batches() if batches is None else batches:
            self.spent = self.clock.now() - began
            if self.spent >= self.seconds:
                break
            sums += self._learn(batch.to(self.device))
            if self.step % 100 == 0:
                total, weight = sums.tolist()
                self._log(
                    {"loss": total / weight, "seconds": round(self.clock.now() - began - last, 3)}
                )
                sums, last = torch.zeros_like(sums), self.clock.now() - began
            if self.spent - looked >= self.clock.evaluate:
                self._look()
                looked = self.clock.now() - began
            if self.spent - saved >= self.clock.save:
                self._save()
                saved = self.clock.now() - began
        self._look()
        return self._finish()

    def batches(self) -> Iterable[Batch]:
        """Batches without end, made by processes of their own."""
        return DataLoader(
            self.stream,
            batch_size=None,
            num_workers=self.speed.workers,
            pin_memory=self.device.type == "cuda",
            prefetch_factor=8 if self.speed.workers else None,
        )

    def _learn(self, batch: Batch) -> Tensor:
        """Take a step; return the weighted sum of the losses, and that of the weights."""
        self.model.train()
        for group in self.optimizer.param_groups:
            group["lr"] = self.speed.rate * self._share()
        losses_N, targets_N = losses(self.model, batch, computing=self._computing)
        weights_N = self.weights_V[targets_N]
        total, weight = (losses_N * weights_N).sum(), weights_N.sum()
        (total / weight).backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.config.train.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self.tokens += batch.ids.numel()
        kept = min(self.speed.mean, 1 - 1 / (self.step + 1))
        with torch.no_grad():
            for mean, parameter in zip(self.mean, self.model.parameters(), strict=True):
                mean.lerp_(parameter, 1 - kept)
        return torch.stack([total.detach(), weight])

    def _share(self) -> float:
        """Of the highest rate: it rises for two hundredths of the time, then falls to nothing."""
        over = min(1.0, self.spent / self.seconds)
        rising = self.config.train.warmup
        if over < rising:
            return max(0.01, over / rising)
        return 0.5 * (1 + math.cos(math.pi * (over - rising) / (1 - rising)))

    def _computing(self) -> AbstractContextManager[Any]:
        """In half precision on a card, and on a core if the configuration says so."""
        if self.device.type == "cuda" or self.config.train.compute == "bfloat16":
            return torch.autocast(self.device.type, torch.bfloat16)
        return nullcontext()

    # --- held-out parts -------------------------------------------------------------------------

    def _look(self) -> None:
        """Measure the running mean of the weights, and keep it if it is the best so far."""
        learned = [p.detach().clone() for p in self.model.parameters()]
        self._put(self.mean)
        found = {f"nats_{shown}": self.nats(pieces) for shown, pieces in self.sides.items()}
        least = found["nats_none"]
        if least < self.least:
            self.least, self.best = least, [p.clone() for p in self.mean]
            self._keep(found)
        self._put(learned)
        self._log(found)
        shown = ", ".join(f"{name} {value:.2f}" for name, value in found.items())
        self.say(f"{self.spent:.0f} s, step {self.step}: {shown} per part")

    def nats(self, pieces: Sequence[Piece]) -> float:
        """Return what a part costs in the mean, in nats, every digit counted."""
        end, tokens = self.tokenizer.end, self.speed.tokens
        return nats(self.model, pieces, tokens=tokens, end=end, computing=self._computing)

    # --- files ----------------------------------------------------------------------------------

    def _put(self, weights: Sequence[Tensor]) -> None:
        with torch.no_grad():
            for parameter, weight in zip(self.model.parameters(), weights, strict=True):
                parameter.copy_(weight)

    def _log(self, values: dict[str, Any]) -> None:
        line = {"step": self.step, "spent": round(self.spent, 1), "tokens": self.tokens, **values}
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def _save(self) -> None:
        state = {
            "model": [p.detach() for p in self.model.parameters()],
            "optimizer": self.optimizer.state_dict(),
            "mean": self.mean,
            "best": self.best,
            "numbers": [self.least, self.step, self.spent, self.tokens],
        }
        unfinished = self.folder / f".{STATE}.part"
        torch.save(state, unfinished)
        unfinished.replace(self.folder / STATE)

    def _resume(self) -> None:
        """Go on where a stopped run was: its samples are others, but as likely."""
        if not (self.folder / STATE).exists():
            write_text(self.folder / "log.jsonl", "")
            return
        state = torch.load(self.folder / STATE, weights_only=True, map_location=self.device)
        self._put(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.mean, self.best = state["mean"], state["best"]
        self.least, self.step, self.spent, self.tokens = state["numbers"]
        self.stream.seed += self.step  # else it would see again what it has seen
        self.say(f"continuing after {self.spent:.0f} s, step {self.step}")

    def _keep(self, measured: dict[str, float]) -> None:
        """Write the weights that the model has now as the model of this run."""
        metrics = measured | {
            "steps": self.step,
            "seconds": round(self.spent, 1),
            "tokens": self.tokens,
            "parameters": self.model.parameter_count,
            "held_out": len(self.sides["none"]),
        }
        made = Checkpoint(self.model, self.tokenizer, self.config, self.words, metrics)
        checkpoint.save(made, self.folder)

    def _finish(self) -> Path:
        """Measure and write the best weights as they will be read again."""
        if not self.best or not all(bool(torch.isfinite(p).all()) for p in self.best):
            raise CadCompleteError(f"{self.folder}: the weights are not finite; none are good")
        self._put(self.best)
        checkpoint.rounded(self.model, self.config)
        self._keep({f"nats_{name}": self.nats(pieces) for name, pieces in self.sides.items()})
        (self.folder / STATE).unlink(missing_ok=True)
        return self.folder


def _texts(learned: Sequence[Packed], config: Config, speed: Speed) -> Iterator[str]:
    """Histories as lines: all that are learned from, of synthetic ones as many as tell enough."""
    if speed.share < 1:
        yield from lines_of(part.sample.sequence for part in learned)
    if speed.share > 0:
        like, seed = config.data.synthetic_like, config.train.seed
        yield from lines_of(synthetic.parts(_LOOKED_AT, seed=seed, like=like))


def _drop(model: CompletionModel, share: float) -> None:
    """Drop a share of what is embedded and of what each layer adds, while the model learns."""

    def dropped(module: nn.Module, _: Any, output: Tensor) -> Tensor:
        return functional.dropout(output, share, module.training)

    for name, module in model.causal.named_modules():
        if share and name.endswith(("embed_tokens", "o_proj", "down_proj")):
            module.register_forward_hook(dropped)


def _groups(model: CompletionModel, decay: float) -> list[dict[str, Any]]:
    trained = [p for _, p in model.trained()]
    return [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]


def _weights(tokenizer: TextTokenizer, config: Config) -> Tensor:
    """How much each token counts, shape (V,): a digit of `numbers` less than a word."""
    weights_V = torch.ones(tokenizer.size)
    if config.data.text_format == "numbers":
        for digit in (*"0123456789", "."):
            weights_V[tokenizer.vocabulary[digit]] = _DIGITS
    return weights_V
