"""Training: from a configuration to a run folder, top to bottom.

The run folder holds the resolved configuration, `log.jsonl`, the checkpoints from which a run
that was stopped continues, and in the end the model (`model/checkpoint.py`), its `metrics.json`.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from transformers.trainer_utils import set_seed

from cadcomplete.config import Config, StageConfig
from cadcomplete.data import baselines
from cadcomplete.data.dataset import Histories
from cadcomplete.data.identity import identity
from cadcomplete.data.rows import Rows
from cadcomplete.data.samples import Skipped
from cadcomplete.data.sources import TRAIN, VALIDATION, find_data
from cadcomplete.errors import ConfigError, keeping
from cadcomplete.files import write_text
from cadcomplete.language.tokenizer import TextTokenizer
from cadcomplete.locks import writing_alone
from cadcomplete.model import checkpoint
from cadcomplete.model.assembly import assemble, choose_loss, make_tokenizer
from cadcomplete.model.checkpoint import Checkpoint
from cadcomplete.model.distributed import this_process
from cadcomplete.model.model import CompletionModel
from cadcomplete.training import runs
from cadcomplete.training.health import begin_tracking
from cadcomplete.training.trainer import (
    HistoryTrainer,
    check_reports,
    check_shares,
    last_checkpoint,
)
from cadcomplete.training.words import training_texts, words_of

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Run:
    """All that training needs: a model, its tokenizer, and what it learns from.

    Attributes:
        words: the commands that it learns, and those of the model that it starts from.
        data: the fingerprint of each source.
    """

    config: Config
    model: CompletionModel
    tokenizer: TextTokenizer
    words: tuple[str, ...]
    training: Histories
    validation: Histories
    skipped: tuple[Skipped, ...]
    data: dict[str, str]

    @property
    def sides(self) -> dict[str, Histories]:
        return {"train": self.training, "validation": self.validation}

    @property
    def folder(self) -> Path:
        return Path(self.config.output) / self.config.name

    @property
    def refused(self) -> dict[str, dict[str, int]]:
        """How many samples were refused before batching, by side and reason."""
        return {name: dict(side.refusals.reasons) for name, side in self.sides.items()}


def train(
    config: Config,
    *,
    say: Say = lambda line: None,
    resume: bool = True,
    changed: bool = False,
) -> Path:
    """Train a model and return the folder of the run.

    A run that was stopped continues from its last checkpoint, with the same losses as if it
    had not been; with `changed` even if its configuration is another one now. One that is finished
    stays as it is. `say` is told what happens, a line at a time. Several processes that were
    started together (accelerate launch) share the work; one of them speaks and writes.

    Raises ConfigError for a value that makes no sense and for a run of that name that is another
    one, InputError if there is nothing to train on or somebody else writes there, DivergedError.
    """
    config.check()
    folder = Path(config.output) / config.name
    with _alone(folder):
        begun = resume and last_checkpoint(folder) is not None
        runs.check_config(config, folder, begun=begun, changed=changed)
        if runs.is_finished(folder):
            _quietly(say)(f"this run is finished: the model is in {folder}")
            return folder
        run = set_up(config, say=say)
        return _fit(run, say=say, resume=resume, changed=changed)


def fit(
    run: Run, *, say: Say = lambda line: None, resume: bool = True, changed: bool = False
) -> Path:
    """Train what was set up, and return the folder of the run. Raises as `train` does."""
    with _alone(run.folder):
        return _fit(run, say=say, resume=resume, changed=changed)


def _alone(folder: Path) -> AbstractContextManager[None]:
    """Let nobody else write there, of several processes that share the work for all of them."""
    return writing_alone(folder, "train") if this_process().is_main_process else nullcontext()


def _quietly(say: Say) -> Say:
    """Of several processes one speaks."""
    return say if this_process().is_main_process else lambda line: None


def set_up(
    config: Config, *, say: Say = lambda line: None, histories: type[Histories] = Histories
) -> Run:
    """Find the data and make the model. `histories` says what a sample is and where its loss."""
    config.check()
    state, say = this_process(), _quietly(say)
    check_shares(config, state.num_processes)
    check_reports(config)
    data = find_data(config)
    counts = [int((data.side == side).sum()) for side in (TRAIN, VALIDATION)]
    say(f"{counts[0]} parts to learn from, {counts[1]} held out, {len(data.skipped)} skipped")
    words = words_of(config, training_texts(data))
    start = Path(config.train.start) if config.train.start else None
    tokenizer = TextTokenizer.load(start) if start else make_tokenizer(config, data.texts(config))
    with state.main_process_first():  # it counts, and the others read what it wrote
        learned, held_out = data.split(tokenizer, config, say=say)
    set_seed(config.train.seed)
    model = assemble(config, tokenizer)
    if start:
        checkpoint.start_from(model, config, start)
    count = sum(p.numel() for _, p in model.trained())
    say(f"{model.parameter_count:,} parameters, {count:,} of them learn")

    once = dataclasses.replace(config.data.curriculum[-1], passes=1)
    training, validation = (
        # Another kind of samples is asked about each of them, for it may refuse others.
        histories(
            parts if histories is Histories else list(parts),
            tokenizer,
            config,
            model.features,
            stages=stages,
        )
        for parts, stages in ((learned, None), (held_out, [once]))
    )
    identities = {source: identity(source) for source in config.data.sources}
    run = Run(config, model, tokenizer, words, training, validation, data.skipped, identities)
    _tell_what_is_left(run, say)
    _tell_what_is_shown(training, config.data.curriculum, say)
    return run


def _tell_what_is_left(run: Run, say: Say) -> None:
    """Say which parts are refused or cut. Raises ConfigError if nothing is left to train on."""
    most = run.config.data.max_length
    for name, side in run.sides.items():
        for reason, number in side.refusals.reasons.items():
            say(f"{number} parts refused ({name}): {reason}")
        if side.shortened:
            say(f"{side.shortened} parts are cut ({name}): their last operations do not fit {most}")
    learned, held_out = (len(side.samples) for side in run.sides.values())
    if not learned or not held_out:
        raise ConfigError(
            "nothing is left to train on",
            where="data",
            expected=f"parts of at most {most} tokens on both sides of the split",
            got=f"{learned} to learn from, {held_out} held out",
            hint="see data.max_length and data.validation",
        )


def _fit(run: Run, *, say: Say, resume: bool, changed: bool) -> Path:
    state, config, folder, say = this_process(), run.config, run.folder, _quietly(say)
    last = last_checkpoint(folder) if resume else None
    begun = last is not None
    runs.check_config(config, folder, begun=begun, changed=changed)
    if runs.is_finished(folder):
        say(f"this run is finished: the model is in {folder}")
        checkpoint.load_weights(run.model, config, folder)
        return folder
    record = runs.check_record(runs.new(config, run.data), folder, begun=begun, changed=changed)
    state.wait_for_everyone()  # until all have looked
    if state.is_main_process:
        step = int(last.name.rpartition("-")[2]) if last else 0
        record = runs.write(record, config, folder, step=step)
        write_text(folder / "skipped.json", json.dumps(_skips(run), indent=1) + "\n")
    trainer = _trainer(run)
    choose_loss(run.model, config, trainer.args.device)
    if last is not None:
        say(f"continuing from {last}")
    started = time.monotonic()
    tracked = None
    if "wandb" in config.train.report_to and state.is_main_process:
        tracked = begin_tracking(config.name, record.tracker, config.as_dict())
    try:
        with keeping(lambda: _kept(folder)):
            trainer.train(resume_from_checkpoint=None if last is None else str(last))
            metrics = _finished(run, trainer)
    finally:
        if tracked is not None:
            tracked.finish()
    whole = checkpoint.shared(run.model, config) if trainer.is_fsdp_enabled else None
    if state.is_main_process:
        metrics |= {"seconds": round(time.monotonic() - started, 1)}
        made = Checkpoint(run.model, run.tokenizer, config, run.words, metrics)
        checkpoint.save(made, folder, state=whole)
        for name in ("eval_loss", "unigram_loss", "copy_last_loss"):
            say(f"{name}: {metrics[name]:.4f} nats per token")
        say(f"the model is in {folder}")
    state.wait_for_everyone()
    return folder


def _trainer(run: Run) -> HistoryTrainer:
    config, train = run.config, run.config.train
    rows = Rows(run.training, packing=config.packed_row, seed=train.seed, epochs=train.epochs)
    return HistoryTrainer(
        run.model,
        config,
        partial(Checkpoint, tokenizer=run.tokenizer, config=config, words=run.words),
        folder=run.folder,
        rows=(rows, Rows(run.validation)),
        padding=run.tokenizer.end,
        refused=sum(sum(side.values()) for side in run.refused.values()),
        processes=this_process().num_processes,
    )


def _kept(folder: Path) -> str:
    """Say what a run that is interrupted leaves behind."""
    last = last_checkpoint(folder)
    if last is None:
        return "nothing was saved yet: repeat the command to begin again"
    return f"{last} is kept: repeat the command to go on from there"


def _finished(run: Run, trainer: HistoryTrainer) -> dict[str, Any]:
    """Round the weights as they are saved, and measure them. Raises DivergedError."""
    checkpoint.rounded(run.model, run.config)
    trainer.check_finite()
    metrics: dict[str, Any] = trainer.measure()
    trainer.check_loss(metrics["eval_loss"])
    if not this_process().is_main_process:
        return metrics
    return {
        **metrics,
        **_baselines(run),
        "steps": trainer.state.global_step,
        "parts": {name: len(side.samples) for name, side in run.sides.items()},
        "refused": run.refused,
        "cut": {name: side.shortened for name, side in run.sides.items()},
        "skipped_batches": trainer.health.total.skipped,
        "parameters": run.model.parameter_count,
        "longest_target": run.training.longest_target,
        "fingerprint": runs.fingerprint(run.config),
        "data": run.data,
    }


def _skips(run: Run) -> dict[str, Any]:
    files = [dataclasses.asdict(item) for item in run.skipped]
    refused = [name for side in run.sides.values() for name in side.refusals.samples]
    return {"files": files, "refused_samples": refused}


def _tell_what_is_shown(training: Histories, stages: Sequence[StageConfig], say: Say) -> None:
    """Say so if a model has encoders for which there is nothing to see."""
    pictures, clouds = (training.sizes.pictures > 0).sum(), training.sizes.clouds.sum()
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
    size = run.tokenizer.size
    logs = baselines.unigram((history.labelled for history in learned), size)
    share = baselines.best_share(learned[:1000], logs)
    histories = [validation.history(i) for i in range(len(validation.samples))]
    return {
        "unigram_loss": baselines.unigram_loss((h.labelled for h in histories), logs),
        "copy_last_loss": baselines.copy_loss(histories, logs, share),
        "copy_last_share": share,
    }
