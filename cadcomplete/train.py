"""Training: from a configuration to a run folder, top to bottom.

The run folder holds the resolved configuration, `log.jsonl`, the checkpoints from which a run
that was stopped continues, and in the end the model (`checkpoint.py`) with its `metrics.json`.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from transformers.trainer_utils import set_seed

from cadcomplete import checkpoint
from cadcomplete.assembly import assemble, choose_loss, make_tokenizer
from cadcomplete.checkpoint import Checkpoint
from cadcomplete.config import Config, StageConfig
from cadcomplete.data import baselines, synthetic
from cadcomplete.data.dataset import Histories, Rows
from cadcomplete.data.samples import Sample, Skipped, read_samples
from cadcomplete.distributed import this_process
from cadcomplete.errors import ConfigError
from cadcomplete.files import write_text
from cadcomplete.model import CompletionModel
from cadcomplete.prompt import prompt
from cadcomplete.tokenizer import TextTokenizer
from cadcomplete.trainer import HistoryTrainer, check_reports, check_shares, last_checkpoint

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Run:
    """All that training needs: a model, its tokenizer, and what it learns from."""

    config: Config
    model: CompletionModel
    tokenizer: TextTokenizer
    training: Histories
    validation: Histories
    skipped: tuple[Skipped, ...]

    @property
    def folder(self) -> Path:
        return Path(self.config.output) / self.config.name

    @property
    def refused(self) -> dict[str, dict[str, int]]:
        """How many samples were refused before batching, by side and reason."""
        sides = {"train": self.training, "validation": self.validation}
        return {name: dict(side.refusals.reasons) for name, side in sides.items()}


def train(config: Config, *, say: Say = lambda line: None, resume: bool = True) -> Path:
    """Train a model and return the folder of the run.

    A run that was stopped continues from its last checkpoint, with the same losses as if it
    had not been. `say` is told what happens, a line at a time. Several processes that were
    started together (accelerate launch) share the work; one of them speaks and writes.

    Raises InputError if there is nothing to train on.
    """
    return fit(set_up(config, say=say), say=say, resume=resume)


def set_up(
    config: Config, *, say: Say = lambda line: None, histories: type[Histories] = Histories
) -> Run:
    """Read the data and make the model. `histories` says what a sample is and where its loss."""
    state = this_process()
    say = say if state.is_main_process else lambda line: None
    check_shares(config, state.num_processes)
    check_reports(config)
    samples, skipped = _read(config)
    learned = [s for s in samples if s.trains(config.data.validation)]
    held_out = [s for s in samples if s.held_out(config.data.validation)]
    say(f"{len(learned)} parts to learn from, {len(held_out)} held out, {len(skipped)} skipped")
    start = Path(config.train.start) if config.train.start else None
    tokenizer = (
        TextTokenizer.load(start) if start else make_tokenizer(config, _texts(learned, config))
    )
    set_seed(config.train.seed)
    model = assemble(config, tokenizer)
    if start:
        checkpoint.start_from(model, config, start)
    count = sum(p.numel() for _, p in model.trained())
    say(f"{model.parameter_count:,} parameters, {count:,} of them learn")

    training = histories(learned, tokenizer, config, model.features)
    once = dataclasses.replace(config.data.curriculum[-1], passes=1)
    validation = histories(held_out, tokenizer, config, model.features, stages=[once])
    run = Run(config, model, tokenizer, training, validation, tuple(skipped))
    for side, reasons in run.refused.items():
        for reason, number in reasons.items():
            say(f"{number} parts refused ({side}): {reason}")
    if not training.samples or not validation.samples:
        raise ConfigError(
            "nothing is left to train on",
            where="data",
            expected=f"parts of at most {config.data.max_length} tokens on both sides of the split",
            got=f"{len(training.samples)} to learn from, {len(validation.samples)} held out",
            hint="see data.max_length and data.validation",
        )
    _tell_what_is_shown(training, config.data.curriculum, say)
    return run


def fit(run: Run, *, say: Say = lambda line: None, resume: bool = True) -> Path:
    """Train what was set up, and return the folder of the run."""
    state, config, folder = this_process(), run.config, run.folder
    say = say if state.is_main_process else lambda line: None
    if state.is_main_process:
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / "config.json", json.dumps(config.as_dict(), indent=1) + "\n")
        write_text(folder / "skipped.json", json.dumps(_skips(run), indent=1) + "\n")
    packing = config.data.max_length if config.train.packing else 0
    rows = Rows(run.training, packing=packing, seed=config.train.seed)
    refused = sum(sum(side.values()) for side in run.refused.values())
    trainer = HistoryTrainer(
        run.model,
        config,
        partial(Checkpoint, tokenizer=run.tokenizer, config=config),
        folder=folder,
        rows=(rows, Rows(run.validation)),
        padding=run.tokenizer.end,
        refused=refused,
        processes=state.num_processes,
    )
    choose_loss(run.model, config, trainer.args.device)
    last = last_checkpoint(folder) if resume else None
    if last is not None:
        say(f"continuing from {last}")
    started = time.monotonic()
    trainer.train(resume_from_checkpoint=None if last is None else str(last))

    checkpoint.rounded(run.model, config)
    metrics = trainer.measure()
    whole = checkpoint.shared(run.model, config) if trainer.is_fsdp_enabled else None
    if state.is_main_process:
        metrics |= _baselines(run) | {
            "steps": trainer.state.global_step,
            "seconds": round(time.monotonic() - started, 1),
            "parts": {
                "train": len(run.training.samples),
                "validation": len(run.validation.samples),
            },
            "refused": run.refused,
            "skipped_batches": trainer.health.total.skipped,
            "parameters": run.model.parameter_count,
        }
        made = Checkpoint(run.model, run.tokenizer, config, metrics)
        checkpoint.save(made, folder, state=whole)
        for name in ("eval_loss", "unigram_loss", "copy_last_loss"):
            say(f"{name}: {metrics[name]:.4f} nats per token")
        say(f"the model is in {folder}")
    state.wait_for_everyone()
    return folder


def _read(config: Config) -> tuple[list[Sample], list[Skipped]]:
    cuts = config.train.cuts == "files"
    found = [item for source in config.data.sources for item in read_samples(source, cuts=cuts)]
    samples = [item for item in found if isinstance(item, Sample)]
    samples += [
        Sample(part, None, part.id, "train")
        for part in synthetic.parts(config.data.synthetic, seed=config.train.seed)
    ]
    return samples, [item for item in found if isinstance(item, Skipped)]


def _texts(samples: Sequence[Sample], config: Config) -> list[str]:
    text_format = config.data.text_format
    return [prompt(s.sequence, caption=s.caption, text_format=text_format).text for s in samples]


def _skips(run: Run) -> dict[str, Any]:
    files = [dataclasses.asdict(item) for item in run.skipped]
    sides = (run.training, run.validation)
    return {"files": files, "refused_samples": [name for s in sides for name in s.refusals.samples]}


def _tell_what_is_shown(training: Histories, stages: Sequence[StageConfig], say: Say) -> None:
    """Say so if a model has encoders for which there is nothing to see."""
    places = [sample.place for sample in training.samples if sample.place is not None]
    pictures, clouds = sum(p.pictures > 0 for p in places), sum(p.cloud for p in places)
    for kind, tokens, count in (
        ("pictures", training.features.image, pictures),
        ("point clouds", training.features.points, clouds),
    ):
        if tokens:
            say(f"{count} of {len(training.samples)} parts have {kind}")
    if len(stages) > 1:
        say(f"{len(stages)} stages of {', '.join(str(s.passes) for s in stages)} passes")


def _baselines(run: Run, *, most: int = 20_000) -> dict[str, float]:
    """The loss of the unigram and of copying the last operation, on the same target tokens.

    Counted on the first `most` parts, as they were drawn.
    """
    training, validation = run.training, run.validation
    learned = [training.history(i) for i in range(min(most, len(training.samples)))]
    size = run.tokenizer.backend.get_vocab_size()
    logs = baselines.unigram((history.labelled for history in learned), size)
    share = baselines.best_share(learned[:1000], logs)
    histories = [validation.history(i) for i in range(len(validation.samples))]
    return {
        "unigram_loss": baselines.unigram_loss((h.labelled for h in histories), logs),
        "copy_last_loss": baselines.copy_loss(histories, logs, share),
        "copy_last_share": share,
    }
