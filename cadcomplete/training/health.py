"""How well a run is: speed, what carries loss, what was refused, and what was not a number."""

from __future__ import annotations

import json
import math
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm
from transformers import TrainerCallback
from transformers.trainer_callback import ExportableState

from cadcomplete.files import write_text

_VERDICTS = ((20.0, "normal"), (50.0, "concerning"))


def verdict(percentage: float) -> str:
    """Return what the specification (section 7) says of a share of batches without a loss.

    Excellent below 5 %, normal to 20, concerning above, critical above 50; at 100 the masking is
    broken.
    """
    if percentage >= 100:
        return "masking broken"
    if percentage < 5:
        return "excellent"
    return next((word for most, word in _VERDICTS if percentage <= most), "critical")


@dataclass(slots=True)
class BatchCounts:
    """What was counted: micro-batches, those skipped, tokens, and those that carry loss."""

    batches: int = 0
    skipped: int = 0
    tokens: int = 0
    supervised: int = 0

    def values(self) -> list[int]:
        return [self.batches, self.skipped, self.tokens, self.supervised]


@dataclass(slots=True)
class Window:
    """Counts since the last line of the log.

    Attributes:
        loss: this process's shares of the losses of the steps, added up.
        steps: those of which some micro-batch had a loss.
    """

    counts: BatchCounts = field(default_factory=BatchCounts)
    skipped: list[str] = field(default_factory=list)
    loss: float = 0.0
    steps: int = 0
    began: float = field(default_factory=time.monotonic)


class Health(TrainerCallback, ExportableState):
    """Counts of a run; they go on where a checkpoint left them.

    Attributes:
        total: of the whole run, over all processes.
        refused: samples that were refused before batching.
        window: of this process, since the last line of the log.
        norms: of the last gradient, by part.
        rates: of the last step, by part.
    """

    def __init__(self, refused: int = 0, *, epochs: float = 1.0) -> None:
        """`epochs` are those of the whole run, which the Trainer takes for one."""
        self.refused, self.total, self.window = refused, BatchCounts(), Window()
        self.norms: dict[str, float] = {}
        self.rates: dict[str, float] = {}
        self.epochs = epochs

    def state(self) -> dict[str, Any]:
        return {"args": {"refused": self.refused}, "attributes": {"total": self.total.values()}}

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        saved = state.stateful_callbacks.get("Health", {})
        if state.global_step and saved:
            last = saved[-1] if isinstance(saved, list) else saved
            self.total = BatchCounts(*last["attributes"]["total"])
        self.window = Window()

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        state.epoch = self.epochs * state.global_step / state.max_steps
        if state.global_step >= state.max_steps:  # so that the last weights may be the best
            control.should_evaluate = control.should_evaluate or args.eval_strategy != "no"

    def saw(self, tokens: int, supervised: int) -> None:
        counts = self.window.counts
        counts.batches += 1
        counts.tokens += tokens
        counts.supervised += supervised

    def skip(self, names: list[str]) -> None:
        """Count a micro-batch that was skipped, and keep the names of its samples."""
        self.window.counts.skipped += 1
        self.window.skipped += names

    def close(self, counts: BatchCounts, skipped: list[str], *, finite: bool) -> dict[str, Any]:
        """Return what a line of the log says; `counts` and `skipped` are of all processes.

        `finite` is whether any step since the last line had a loss.
        """
        seconds = time.monotonic() - self.window.began
        self.total = BatchCounts(
            *(a + b for a, b in zip(self.total.values(), counts.values(), strict=True))
        )
        self.window = Window()
        share = 100 * self.total.skipped / max(1, self.total.batches)
        line: dict[str, Any] = {
            "tokens_per_second": round(counts.tokens / max(seconds, 1e-9), 1),
            "supervised_share": round(counts.supervised / max(1, counts.tokens), 4),
            "refused_samples": self.refused,
            "skipped_batches": self.total.skipped,
            "nan_percentage": round(share, 4),
            "nan_verdict": verdict(share) if finite else "not finite",
            **{f"learning_rate/{part}": rate for part, rate in self.rates.items()},
            **{f"gradient_norm/{part}": norm for part, norm in self.norms.items()},
        }
        return {**line, "skipped_samples": " ".join(skipped)} if skipped else line


class LogFile(TrainerCallback):
    """One JSON object a line; a run that continues takes up where its checkpoint was."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if not state.is_world_process_zero:
            return
        old = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        kept = [line for line in old if json.loads(line)["step"] <= state.global_step]
        lines = kept if state.global_step else []
        write_text(self.path, "".join(f"{line}\n" for line in lines))

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        if state.is_world_process_zero:
            with self.path.open("a", encoding="utf-8") as file:
                values = {key: _in_json(value) for key, value in (logs or {}).items()}
                file.write(json.dumps({"step": state.global_step, **values}) + "\n")


def _in_json(value: Any) -> Any:
    """JSON has no numbers that are not finite."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def begin_tracking(name: str, tracker: str, document: dict[str, Any]) -> Any:
    """Begin or continue a run at Weights & Biases: in our project, with our configuration.

    The Trainer logs into the run that there is. Returns it, or None if it is not ours: then the
    caller has one, and gets the configuration there.
    """
    import wandb

    if wandb.run is not None:
        wandb.run.config.update(document, allow_val_change=True)
        return None
    project = os.environ.get("WANDB_PROJECT", "cadcomplete")
    return wandb.init(project=project, name=name, id=tracker, resume="allow", config=document)


class ProgressBar(TrainerCallback):
    """The last losses, speed, and batches without a loss, on standard error.

    A bar on a terminal; elsewhere a line a minute, as a log wants it.
    """

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.lines = state.is_world_process_zero and not sys.stderr.isatty()
        hidden = self.lines or not state.is_world_process_zero
        self.bar = tqdm(total=state.max_steps, initial=state.global_step, disable=hidden)
        self.shown: dict[str, str] = {}
        self.began, self.before, self.told = time.monotonic(), state.global_step, 0.0

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.bar.update()

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        logs = logs or {}
        for key in ("loss", "eval_loss"):
            if logs.get(key) is not None:
                self.shown[key] = f"{logs[key]:.3f}"
        if "tokens_per_second" in logs:
            self.shown["tokens/s"] = f"{logs['tokens_per_second']:.0f}"
            self.shown["NaN"] = f"{logs['nan_percentage']:.3g} % ({logs['nan_verdict']})"
        self.bar.set_postfix(self.shown, refresh=False)
        now = time.monotonic()
        if self.lines and now - self.told >= 60:
            self.told, done = now, state.global_step - self.before
            left = (state.max_steps - state.global_step) * (now - self.began) / max(1, done) / 60
            shown = ", ".join(f"{name} {value}" for name, value in self.shown.items())
            step = f"step {state.global_step} of {state.max_steps}"
            sys.stderr.write(f"{step}, {shown}, {left:.0f} minutes left\n")

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.bar.close()
