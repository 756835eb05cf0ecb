"""Training: from a configuration to a run folder, top to bottom.

The run folder holds the resolved configuration, `log.jsonl`, the checkpoints from which a run
that was stopped continues, and in the end the model (`checkpoint.py`) with its `metrics.json`.
"""

from __future__ import annotations

import dataclasses
import json
import math
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Sampler
from tqdm import tqdm
from transformers import EarlyStoppingCallback, Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_callback import PrinterCallback, ProgressCallback
from transformers.trainer_pt_utils import get_length_grouped_indices
from transformers.trainer_utils import set_seed

from cadcomplete import checkpoint
from cadcomplete.checkpoint import Checkpoint
from cadcomplete.config import Config
from cadcomplete.data import baselines, synthetic
from cadcomplete.data.collate import collate
from cadcomplete.data.dataset import Histories
from cadcomplete.data.samples import Sample, Skipped, read_samples
from cadcomplete.errors import ConfigError
from cadcomplete.files import write_text
from cadcomplete.model import CompletionModel, qwen3_config
from cadcomplete.prompt import prompt
from cadcomplete.tokenizer import TextTokenizer

Say = Callable[[str], None]


def train(config: Config, *, say: Say = lambda line: None, resume: bool = True) -> Path:
    """Train a model and return the folder of the run.

    A run that was stopped continues from its last checkpoint, with the same losses as if it
    had not been. `say` is told what happens, a line at a time.

    Raises InputError if there is nothing to train on.
    """
    folder = Path(config.output) / config.name
    samples, skipped = _read(config)
    train_samples = [s for s in samples if s.trains(config.data.validation)]
    validation_samples = [s for s in samples if s.held_out(config.data.validation)]
    say(
        f"{len(train_samples)} parts to learn from, {len(validation_samples)} held out, "
        f"{len(skipped)} files skipped"
    )

    tokenizer = TextTokenizer.train(_texts(train_samples, config), size=config.model.vocabulary)
    variants = config.data.variants
    training = Histories(train_samples, tokenizer, config.data, config.train, variants=variants)
    validation = Histories(validation_samples, tokenizer, config.data, config.train)
    if not training.samples or not validation.samples:
        raise ConfigError(
            "nothing is left to train on",
            where="data",
            expected="parts on both sides of the split",
            got=f"{len(training.samples)} to learn from, {len(validation.samples)} held out",
        )

    set_seed(config.train.seed)
    architecture = qwen3_config(
        config.model,
        vocabulary=tokenizer.size,
        end=tokenizer.end,
        length=config.data.max_length,
    )
    model = CompletionModel.from_config(architecture)
    say(f"{model.parameter_count:,} parameters, {tokenizer.size} tokens in the vocabulary")

    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "config.json", json.dumps(config.as_dict(), indent=1) + "\n")
    write_text(
        folder / "skipped.json",
        json.dumps(_skips(skipped, (training, validation)), indent=1) + "\n",
    )
    trainer = _HistoryTrainer(
        model=model,
        args=_arguments(config, folder, len(training)),
        train_dataset=training,
        eval_dataset=validation,
        data_collator=partial(collate, padding=tokenizer.end),
        callbacks=_callbacks(config, folder),
    )
    for chatty in (PrinterCallback, ProgressCallback):  # standard output is for results
        trainer.remove_callback(chatty)
    trainer.store = partial(Checkpoint, tokenizer=tokenizer, config=config)
    last = last_checkpoint(folder) if resume else None
    if last is not None:
        say(f"continuing from {last}")
    started = time.monotonic()
    trainer.train(resume_from_checkpoint=None if last is None else str(last))

    checkpoint.rounded(model, config.train.precision)
    metrics = {
        **trainer.measure(),
        **_baselines(training, validation, tokenizer),
        "steps": trainer.state.global_step,
        "seconds": round(time.monotonic() - started, 1),
        "parts": {"train": len(training.samples), "validation": len(validation.samples)},
        "refused": {
            "train": dict(training.refusals.reasons),
            "validation": dict(validation.refusals.reasons),
        },
        "parameters": model.parameter_count,
    }
    checkpoint.save(Checkpoint(model, tokenizer, config, metrics), folder)
    for name in ("eval_loss", "unigram_loss", "copy_last_loss"):
        say(f"{name}: {metrics[name]:.4f} nats per token")
    say(f"the model is in {folder}")
    return folder


def _read(config: Config) -> tuple[list[Sample], list[Skipped]]:
    found = [item for source in config.data.sources for item in read_samples(source)]
    samples = [item for item in found if isinstance(item, Sample)]
    samples += [
        Sample(part, None, part.id, "train")
        for part in synthetic.parts(config.data.synthetic, seed=config.train.seed)
    ]
    return samples, [item for item in found if isinstance(item, Skipped)]


def _texts(samples: list[Sample], config: Config) -> list[str]:
    text_format = config.data.text_format
    return [prompt(s.sequence, caption=s.caption, text_format=text_format).text for s in samples]


def _skips(skipped: list[Skipped], sides: tuple[Histories, ...]) -> dict[str, Any]:
    files = [dataclasses.asdict(item) for item in skipped]
    return {"files": files, "refused_samples": [name for s in sides for name in s.refusals.samples]}


def _arguments(config: Config, folder: Path, items: int) -> TrainingArguments:
    train = config.train
    steps = math.ceil(items / (train.batch * train.accumulate)) * train.epochs
    return TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=train.epochs,
        per_device_train_batch_size=train.batch,
        per_device_eval_batch_size=train.batch,
        gradient_accumulation_steps=train.accumulate,
        learning_rate=train.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=round(train.warmup * steps),
        weight_decay=train.weight_decay,
        max_grad_norm=train.clip,
        adam_beta2=0.95,
        seed=train.seed,
        eval_strategy="steps",
        eval_steps=train.evaluate_every,
        save_strategy="steps",
        save_steps=train.evaluate_every,
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model="eval_loss",
        greater_is_better=False,
        logging_steps=train.log_every,
        logging_nan_inf_filter=False,
        report_to=[],
        disable_tqdm=True,
        dataloader_pin_memory=torch.cuda.is_available(),
        remove_unused_columns=False,
        label_names=["labels"],
    )


def last_checkpoint(folder: Path) -> Path | None:
    """Return the newest checkpoint of a run that was written to its end."""
    whole = [path.parent for path in folder.glob("checkpoint-*/trainer_state.json")]
    return max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def _callbacks(config: Config, folder: Path) -> list[TrainerCallback]:
    callbacks: list[TrainerCallback] = [_LogFile(folder / "log.jsonl"), _Progress()]
    if config.train.patience:
        callbacks.append(EarlyStoppingCallback(config.train.patience))
    return callbacks


class _LogFile(TrainerCallback):
    """One JSON object a line; a run that continues takes up where its checkpoint was."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        old = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        kept = [line for line in old if json.loads(line)["step"] <= state.global_step]
        lines = kept if state.global_step else []
        write_text(self.path, "".join(f"{line}\n" for line in lines))

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": state.global_step, **(logs or {})}) + "\n")


class _SimilarLengths(Sampler[int]):
    """Batches of similar length, in an order that depends on nothing but seed and epoch."""

    def __init__(self, lengths: list[int], batch: int, seed: int) -> None:
        self.lengths, self.batch, self.seed, self.epoch = lengths, batch, seed, 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        random = torch.Generator().manual_seed(1000 * self.seed + self.epoch)
        return iter(get_length_grouped_indices(self.lengths, self.batch, generator=random))


class _Progress(TrainerCallback):
    """A bar on standard error, with the last losses."""

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.bar = tqdm(total=state.max_steps, initial=state.global_step, disable=None)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.bar.update()

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        shown = {k: v for k, v in (logs or {}).items() if k in ("loss", "eval_loss")}
        self.bar.set_postfix(shown, refresh=False)

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.bar.close()


class _HistoryTrainer(Trainer):
    """The Trainer of transformers with our losses, batches and files."""

    store: Callable[..., Checkpoint]
    loss_is_scaled_for_ga = True

    def _get_num_items_in_batch(self, batch_samples: list[Any], device: Any) -> Tensor | None:
        """The weight of all micro-batches of a step, by which each one's loss is divided."""
        weights = [batch["weights"][:, 1:].sum() for batch in batch_samples]
        return torch.stack(weights).sum().to(device) if weights else None

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        outputs = model(**inputs)
        loss = (
            outputs["loss"] if num_items_in_batch is None else outputs["total"] / num_items_in_batch
        )
        return (loss, outputs) if return_outputs else loss

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        dataset: Histories = self.train_dataset  # type: ignore[assignment]
        size = self.args.train_batch_size * self.args.gradient_accumulation_steps
        return _SimilarLengths(dataset.lengths * dataset.variants, size, self.args.seed)

    def evaluate(
        self, *args: Any, metric_key_prefix: str = "eval", **kwargs: Any
    ) -> dict[str, Any]:
        metrics = self.measure()
        self.log(metrics)
        handler = self.callback_handler
        self.control = handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    @torch.inference_mode()
    def measure(self) -> dict[str, float]:
        """Return the validation loss per target token and per part, each token once."""
        dataset: Histories = self.eval_dataset  # type: ignore[assignment]
        order = sorted(range(len(dataset)), key=lambda i: dataset.lengths[i])
        loader = DataLoader(
            dataset,
            batch_size=self.args.eval_batch_size,
            sampler=order,
            collate_fn=self.data_collator,
        )
        model: CompletionModel = self.model  # type: ignore[assignment]
        was_training = model.training
        model.eval()
        total, count = 0.0, 0
        for batch in loader:
            batch = self._prepare_inputs(batch)
            scored = model.score(
                batch["input_ids"],
                batch["labels"],
                batch["weights"],
                attention_mask_BL=batch["attention_mask"],
            )
            total += float(scored.losses.double().sum())
            count += len(scored.losses)
        model.train(was_training)
        return {"eval_loss": total / count, "eval_loss_per_part": total / len(dataset)}

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        folder = Path(output_dir or str(self.args.output_dir))
        folder.mkdir(parents=True, exist_ok=True)
        checkpoint.write(self.store(model=self.model), folder)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        target: CompletionModel = model or self.model  # type: ignore[assignment]
        checkpoint.load_weights(target, Path(resume_from_checkpoint))

    def _load_best_model(self) -> None:
        if self.state.best_model_checkpoint is not None:
            self._load_from_checkpoint(self.state.best_model_checkpoint)


def _baselines(
    training: Histories, validation: Histories, tokenizer: TextTokenizer
) -> dict[str, float]:
    """The loss of the unigram and of copying the last operation, on the same target tokens."""
    logs = baselines.unigram((training[i] for i in range(len(training.samples))), tokenizer.size)
    train_part = [training.history(i) for i in range(min(1000, len(training.samples)))]
    share = baselines.best_share(train_part, logs)
    histories = [validation.history(i) for i in range(len(validation))]
    return {
        "unigram_loss": baselines.unigram_loss((h.labelled for h in histories), logs),
        "copy_last_loss": baselines.copy_loss(histories, logs, share),
        "copy_last_share": share,
    }
