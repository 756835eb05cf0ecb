"""The Trainer of transformers with our losses, batches, rates and files.

A step learns from `batch` × `accumulate` rows, however many processes share them. Its loss is
the weighted sum over all of them, divided by the sum of the weights.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import gather_object
from safetensors import SafetensorError
from torch import Tensor
from torch.distributed.fsdp import MixedPrecisionPolicy
from torch.nn.utils import get_total_norm
from torch.utils.data import DataLoader, Sampler
from transformers import EarlyStoppingCallback, Trainer, TrainerCallback, TrainingArguments
from transformers.trainer import OPTIMIZER_NAME, SCHEDULER_NAME
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from cadcomplete.config import Config
from cadcomplete.data.collate import collate
from cadcomplete.data.rows import InStages, Rows
from cadcomplete.errors import ConfigError, DivergedError, InputError, MemoryLimitError
from cadcomplete.language.tokenizer import IGNORED
from cadcomplete.model import checkpoint
from cadcomplete.model.checkpoint import Checkpoint
from cadcomplete.model.distributed import gathered, local, spread, this_process, whole
from cadcomplete.model.model import PARTS, CompletionModel
from cadcomplete.training.health import BatchCounts, Health, LogFile, ProgressBar

TRACKERS = ("tensorboard", "wandb")
"""Where the log may go besides its own file."""


class HistoryTrainer(Trainer):
    """Trains a `CompletionModel` on `Rows`."""

    loss_is_scaled_for_ga = True

    def __init__(
        self,
        model: CompletionModel,
        config: Config,
        store: Callable[..., Checkpoint],
        *,
        folder: Path,
        rows: tuple[Rows, Rows],
        padding: int,
        refused: int,
        processes: int,
    ) -> None:
        """`rows` are those to learn from and those held out; `store` completes a checkpoint."""
        self.config, self.store = config, store
        self.health = Health(refused, epochs=rows[0].epochs)
        self._weight = self._lost = self._total = torch.zeros(())  # of the step
        callbacks: list[TrainerCallback] = [self.health, LogFile(folder / "log.jsonl")]
        if config.train.patience:
            callbacks.append(EarlyStoppingCallback(config.train.patience))
        super().__init__(
            model=model,
            args=arguments(config, folder, rows[0], processes),
            train_dataset=rows[0],
            eval_dataset=rows[1],
            data_collator=partial(collate, padding=padding),
            callbacks=[*callbacks, ProgressBar()],
        )
        for chatty in (PrinterCallback, ProgressCallback):  # standard output is for results
            self.remove_callback(chatty)
        train = config.train
        self.order = InStages(rows[0], step=train.batch * train.accumulate, seed=train.seed)
        if self.is_fsdp_enabled and train.compute == "bfloat16":
            # Autocast decides what is computed in it, so that points stay exact; see docs.
            policy = MixedPrecisionPolicy(torch.bfloat16, torch.float32, cast_forward_inputs=False)
            plugin: Any = self.accelerator.state.fsdp_plugin
            plugin.mixed_precision_policy = policy

    # --- a step -------------------------------------------------------------------------------

    def create_optimizer(self, model: Any = None) -> Any:
        """AdamW with a learning rate for each part; vectors are not pulled towards zero."""
        if self.optimizer is not None:
            return self.optimizer
        groups, own = [], self._own()
        for name in PARTS:
            rate = getattr(self.config.train.rates, name)
            trained = [p for _, p in own.part(name) if p.requires_grad]
            for decay, some in (
                (self.args.weight_decay, [p for p in trained if p.ndim > 1]),
                (0.0, [p for p in trained if p.ndim <= 1]),
            ):
                if some:
                    groups.append({"params": some, "lr": rate, "weight_decay": decay, "part": name})
        if not groups:
            raise ConfigError("nothing learns", where="train.rates", expected="one above 0")
        self.optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.95))
        return self.optimizer

    def _own(self) -> CompletionModel:
        return self.accelerator.unwrap_model(self.model)

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        return self.order

    def _run_epoch(self, *args: Any, epoch: int, **kwargs: Any) -> None:
        """Tell the order its epoch: the loader of a run that continues does not pass it on.

        All epochs of a configuration are one here (`Rows`); a longer run begins again.
        """
        self.order.set_epoch(epoch)
        super()._run_epoch(*args, epoch=epoch, **kwargs)

    def _get_num_items_in_batch(self, batch_samples: list[Any], device: Any) -> Tensor | None:
        """The weight of all micro-batches of a step, over all processes."""
        if not batch_samples:
            return None
        weights = [batch["weights"][:, 1:].double().sum() for batch in batch_samples]
        total = torch.stack(weights).sum().to(device, torch.float32)
        self._weight: Tensor = self.accelerator.reduce(total, reduction="sum")  # type: ignore
        self._lost, self._total = torch.zeros_like(total), torch.zeros_like(total)
        return self._weight

    def training_step(self, model: Any, inputs: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        names, length = inputs["names"], inputs["input_ids"].shape[1]
        try:
            return super().training_step(model, inputs, *args, **kwargs)
        except (RuntimeError, MemoryError) as error:
            if not _out_of_memory(error):
                raise
            raise MemoryLimitError(
                "out of memory",
                where=f"step {self.state.global_step + 1}, {', '.join(names)}",
                expected="less to compute at once",
                got=f"rows of {length} tokens",
                hint="lower data.max_length or train.batch, or set train.checkpointing=true; "
                "cadcomplete plan tells what fits",
            ) from error

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """Return this micro-batch's share of the loss of the step."""
        inputs = dict(inputs)
        names: list[str] = inputs.pop("names")
        with self.accelerator.autocast():
            outputs = model(**inputs)
        self.health.saw(_tokens(inputs), _labels(inputs))
        total = outputs["total"]
        if not bool(torch.isfinite(total)):
            self.health.skip(names)
            self._lost = self._lost + inputs["weights"][:, 1:].sum()
            total = self._zero(total)
        else:
            self._total = self._total + total.detach()
        # DDP and FSDP take the mean over the processes; the sum is what is meant.
        loss = total * self.accelerator.num_processes / num_items_in_batch
        return (loss, outputs) if return_outputs else loss

    def _zero(self, total: Tensor) -> Tensor | float:
        """Zero for a loss that is not finite, with a gradient of zero for all that learns.

        Where processes share the model, the others wait for a gradient that comes the same way
        as theirs. What is not finite on that way costs all of the step.
        """
        return total.nan_to_num(0.0, 0.0, 0.0) if self.is_fsdp_enabled else self._own().zero(*PARTS)

    def _clip_grad_norm(self, model: Any) -> Any:
        """Measure the gradient of each part, clip it, and drop one that is not finite."""
        own = self._own()
        assert self.optimizer is not None
        self.health.rates = {g["part"]: g["lr"] for g in self.optimizer.param_groups}
        self._leave_out_skipped()
        for name in PARTS:
            gradients = [p.grad for _, p in own.part(name) if p.grad is not None]
            if gradients:
                self.health.norms[name] = round(float(whole(get_total_norm(gradients))), 6)
        norm: Any = super()._clip_grad_norm(model)
        if not math.isfinite(float(whole(norm))):
            if self.accelerator.is_main_process:  # all processes see the same norm
                self.health.skip([f"a step whose gradient is {float(whole(norm))}"])
            for _, parameter in own.trained():
                if parameter.grad is not None:
                    local(parameter.grad).zero_()
        return norm

    def _leave_out_skipped(self) -> None:
        """Divide the gradient and the loss of a step by the weight of what had a loss alone."""
        lost: Tensor = self.accelerator.reduce(self._lost, reduction="sum")  # type: ignore
        left = self._weight - lost
        if float(left) <= 0:
            return
        self.health.window.loss += float(self._total / left)
        self.health.window.steps += 1
        if float(lost):
            for _, parameter in self._own().trained():
                if parameter.grad is not None:
                    local(parameter.grad).mul_(self._weight / left)

    def log(self, logs: dict[str, Any], start_time: float | None = None) -> None:
        """Add the health of the run to the lines that tell the loss."""
        if "loss" in logs:
            counts = torch.tensor(self.health.window.counts.values(), device=self.args.device)
            summed = BatchCounts(*self.accelerator.reduce(counts, reduction="sum").tolist())  # type: ignore[union-attr]
            names = gather_object(self.health.window.skipped) if summed.skipped else []
            shares = torch.tensor(self.health.window.loss, device=self.args.device)
            loss = float(self.accelerator.reduce(shares, reduction="sum"))  # type: ignore[arg-type]
            steps = self.health.window.steps  # the same in all processes
            logs["loss"] = loss / steps if steps else math.nan
            logs |= self.health.close(summed, names, finite=bool(steps))
        super().log(logs, start_time)
        if math.isnan(logs.get("loss", 0.0)):
            self.check_finite()

    def check_finite(self) -> None:
        """Raise DivergedError if a weight that learns is not finite; all processes ask together."""
        bad = sum(int((~torch.isfinite(local(p))).sum()) for _, p in self._own().trained())
        count = torch.tensor(bad, device=self.args.device)
        if int(self.accelerator.reduce(count, reduction="sum")):  # type: ignore[arg-type]
            self._diverged("weights")

    def check_loss(self, loss: float) -> None:
        """Raise DivergedError if the loss of the validation is not finite."""
        if not math.isfinite(loss):
            self._diverged("losses of the validation")

    def _diverged(self, what: str) -> None:
        last = last_checkpoint(Path(str(self.args.output_dir)))
        kept = f"{last.name} is the last good one" if last else "no checkpoint is good"
        raise DivergedError(
            f"the {what} of {self.config.name} are not finite after step {self.state.global_step}: "
            f"the run diverged, and no model is saved ({kept}; lower train.rates or train.clip)"
        )

    # --- validation ---------------------------------------------------------------------------

    def evaluate(
        self, *args: Any, metric_key_prefix: str = "eval", **kwargs: Any
    ) -> dict[str, Any]:
        metrics = self.measure()
        self.log(metrics)
        self.check_loss(metrics["eval_loss"])
        handler = self.callback_handler
        self.control = handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    @torch.no_grad()
    def measure(self) -> dict[str, float]:
        """Return the validation loss per target token and per part, each token once.

        Every process computes some of the batches; one that has fewer computes another without
        counting it, because parameters that are shared are gathered by all of them together.
        """
        rows: Rows = self.eval_dataset  # type: ignore[assignment]
        order = sorted(range(len(rows)), key=lambda i: rows.lengths[i])
        size, rank = self.args.eval_batch_size, self.accelerator.process_index
        batches = [order[i : i + size] for i in range(0, len(order), size)]
        mine = batches[rank :: self.accelerator.num_processes]
        rounds = math.ceil(len(batches) / self.accelerator.num_processes)
        filled = [*mine, *batches[:1] * (rounds - len(mine))]
        loader = DataLoader(rows, batch_sampler=filled, collate_fn=self.data_collator)
        model: Any = self.model_wrapped if self.is_fsdp_enabled else self.model
        was_training = model.training
        model.eval()
        total, count = 0.0, 0
        for number, batch in enumerate(loader):
            batch = self._prepare_inputs(batch)
            batch.pop("names")
            with self.accelerator.autocast():
                losses_N = model(**batch)["losses"]
            if number < len(mine):
                total, count = total + float(losses_N.double().sum()), count + len(losses_N)
        model.train(was_training)
        sums = torch.tensor([total, count], dtype=torch.float64, device=self.args.device)
        total, count = self.accelerator.reduce(sums, reduction="sum").tolist()  # type: ignore[union-attr]
        parts = len(rows.histories)
        return {"eval_loss": total / count, "eval_loss_per_part": total / parts}

    # --- files --------------------------------------------------------------------------------

    def _determine_best_metric(self, metrics: Any, trial: Any) -> bool:
        """Only what is saved can be the best: between checkpoints nothing is."""
        return self.control.should_save and super()._determine_best_metric(metrics, trial)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Save; if that fails, nothing unfinished is left and older checkpoints stay good."""
        self.check_finite()
        folder = Path(str(self.args.output_dir)) / f"checkpoint-{self.state.global_step}"
        try:
            super()._save_checkpoint(model, trial)
        except (OSError, SafetensorError, RuntimeError, InputError) as error:
            if isinstance(error, RuntimeError) and "write" not in str(error):
                raise
            shutil.rmtree(folder, ignore_errors=True)
            last = last_checkpoint(folder.parent)
            reason = getattr(error, "strerror", None) or str(error)
            raise InputError(
                f"cannot save a checkpoint: {reason}",
                file=folder,
                hint=f"the run continues from {last.name if last else 'its beginning'} "
                "when there is room and the command is repeated",
            ) from error

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        folder, own = Path(output_dir or str(self.args.output_dir)), self._own()
        state = checkpoint.shared(own, self.config) if self.is_fsdp_enabled else None
        if self.args.should_save:
            folder.mkdir(parents=True, exist_ok=True)
            checkpoint.write(self.store(model=own), folder, state=state)

    def _save_optimizer_and_scheduler(self, output_dir: str) -> None:
        """The files are the same whatever the processes share, so their number may change."""
        if not self.is_fsdp_enabled:
            return super()._save_optimizer_and_scheduler(output_dir)
        assert self.optimizer is not None
        scheduler: Any = self.lr_scheduler
        state = self.optimizer.state_dict()
        state["state"] = {i: gathered(kept) for i, kept in state["state"].items()}
        if self.args.should_save:
            torch.save(state, Path(output_dir) / OPTIMIZER_NAME)
            torch.save(scheduler.state_dict(), Path(output_dir) / SCHEDULER_NAME)

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        if not self.is_fsdp_enabled or checkpoint is None:
            return super()._load_optimizer_and_scheduler(checkpoint)
        assert self.optimizer is not None
        scheduler: Any = self.lr_scheduler
        state = torch.load(Path(checkpoint) / OPTIMIZER_NAME, weights_only=True)
        parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        state["state"] = {
            i: {key: spread(value, parameters[i]) for key, value in kept.items()}
            for i, kept in state["state"].items()
        }
        self.optimizer.load_state_dict(state)
        scheduler.load_state_dict(torch.load(Path(checkpoint) / SCHEDULER_NAME, weights_only=True))

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        checkpoint.load_weights(self._own(), self.config, Path(resume_from_checkpoint))

    def _load_best_model(self) -> None:
        if self.state.best_model_checkpoint is not None:
            self._load_from_checkpoint(self.state.best_model_checkpoint)


def arguments(config: Config, folder: Path, rows: Rows, processes: int) -> TrainingArguments:
    """Return the settings of the Trainer."""
    train = config.train
    size = train.batch * train.accumulate
    steps = rows.steps(size)
    return TrainingArguments(
        output_dir=str(folder),
        run_name=config.name,
        project="cadcomplete",
        max_steps=steps,
        per_device_train_batch_size=train.batch,
        per_device_eval_batch_size=train.batch,
        gradient_accumulation_steps=train.accumulate // processes,
        learning_rate=max(vars(train.rates).values()),
        lr_scheduler_type="cosine",
        warmup_steps=round(train.warmup * steps),
        weight_decay=train.weight_decay,
        max_grad_norm=train.clip or 1e30,  # so that it is measured all the same
        bf16=train.compute == "bfloat16",
        use_cpu=str(this_process().device).startswith("cpu"),  # "cpu:0" of several processes
        seed=train.seed,
        eval_strategy="steps",
        eval_steps=train.evaluate_every,
        save_strategy="steps",
        save_steps=train.checkpoint_every or train.evaluate_every,
        save_total_limit=train.checkpoints,
        load_best_model_at_end=True,
        metric_for_best_model="eval_loss",
        greater_is_better=False,
        logging_steps=train.log_every,
        logging_nan_inf_filter=False,
        report_to=list(train.report_to),
        disable_tqdm=True,
        dataloader_num_workers=train.workers,
        dataloader_pin_memory=torch.cuda.is_available(),
        remove_unused_columns=False,
        label_names=["labels"],
        ddp_find_unused_parameters=False,
    )


def check_shares(config: Config, processes: int) -> None:
    """Raise ConfigError if so many processes cannot share the micro-batches of a step."""
    if config.train.accumulate % processes:
        raise ConfigError(
            "the micro-batches of a step cannot be shared evenly",
            where="train.accumulate",
            expected=f"a multiple of {processes}, the number of processes",
            got=config.train.accumulate,
        )


def check_reports(config: Config) -> None:
    """Raise ConfigError if the log is to go where it cannot."""
    for name in config.train.report_to:
        if name not in TRACKERS or find_spec(name) is None:
            known = name in TRACKERS
            raise ConfigError(
                f"{name} is not installed" if known else "unknown value",
                where="train.report_to",
                expected=" or ".join(TRACKERS),
                got=None if known else name,
                hint="pip install 'cadcomplete[track]'" if known else "",
            )


def last_checkpoint(folder: Path) -> Path | None:
    """Return the newest checkpoint of a run that was written to its end."""
    whole = [path.parent for path in folder.glob("checkpoint-*/trainer_state.json")]
    return max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def _tokens(inputs: dict[str, Any]) -> int:
    mask = inputs.get("attention_mask")
    return int(inputs["input_ids"].numel() if mask is None else mask.sum())


def _labels(inputs: dict[str, Any]) -> int:
    return int((inputs["labels"][:, 1:] != IGNORED).sum())


def _out_of_memory(error: BaseException) -> bool:
    told = ("can't allocate memory", "out of memory")
    known = isinstance(error, (torch.OutOfMemoryError, MemoryError))
    return known or any(text in str(error) for text in told)
