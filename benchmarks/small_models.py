"""What a small model should be like, at equal cost: variants trained for the same CPU seconds.

    OMP_NUM_THREADS=1 python benchmarks/small_models.py DATA... --seconds 360

A few timed steps tell how many steps a variant can afford, because its learning rates must know
where they end; what was really used is told. Neither setting up nor measuring counts. Losses are
told per part, which compares tokenizers and formats. A variant with a result is not trained again.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import grid
import torch
from modalities import CONDITIONS, labelled, losses
from small_tables import SHOWN, tables
from small_variants import VARIANTS, Variant, configure
from transformers.trainer_utils import IntervalStrategy, SaveStrategy, set_seed

from cadcomplete.config import Config
from cadcomplete.data.collate import collate
from cadcomplete.data.dataset import Histories
from cadcomplete.data.read import read_samples
from cadcomplete.data.rows import InStages, Rows
from cadcomplete.data.samples import Sample, hash64
from cadcomplete.files import write_text
from cadcomplete.language.prompt import prompt
from cadcomplete.language.tokenizer import TextTokenizer
from cadcomplete.model.assembly import assemble, choose_loss
from cadcomplete.model.checkpoint import FIRST_WORDS, Checkpoint
from cadcomplete.model.model import CompletionModel
from cadcomplete.training.trainer import HistoryTrainer

HELD_OUT = 200
"""Most parts that measure: more only take longer."""

TIMED, WARM_UP = 12, 3
"""Steps that tell how long one takes, and those before them that do not count."""

MIXED = 50
"""Batches that `InStages` sorts by length together, the longest first."""


def read(folders: Sequence[Path], *, share: float, most: int) -> tuple[list[Sample], list[Sample]]:
    """Return parts to learn from and held-out ones, of each those with the smallest hashes."""
    found = [item for folder in folders for item in read_samples(folder)]
    samples = [item for item in found if isinstance(item, Sample)]
    samples.sort(key=lambda sample: hash64(sample.sequence.id))
    learned = [sample for sample in samples if sample.trains(share)]
    held_out = [sample for sample in samples if sample.held_out(share)]
    return learned[:most], held_out[: min(most, HELD_OUT)]


def fresh(config: Config, tokenizer: TextTokenizer) -> CompletionModel:
    """Return an untrained model, the same for a seed."""
    set_seed(config.train.seed)
    return assemble(config, tokenizer)


def seconds_per_step(model: CompletionModel, training: Histories, padding: int) -> float:
    """Return the CPU seconds of a step, reading included; the model is spoilt by it.

    The steps are evenly spaced among some that were sorted by length together: any in a row
    would be all long or all short.
    """
    train = training.config.train
    rows = Rows(training)
    order = list(InStages(rows, step=train.batch, seed=train.seed))
    starts = range(0, len(order), train.batch)
    starts = starts[MIXED : 2 * MIXED] if len(starts) >= 2 * MIXED else starts
    spaced = [starts[int((i + 0.5) * len(starts) / TIMED)] for i in range(TIMED)]
    learned = [parameter for _, parameter in model.trained()]
    optimizer = torch.optim.AdamW(learned, lr=1e-4)
    began = 0.0
    model.train()
    for number, start in enumerate([*spaced[:WARM_UP], *spaced]):
        if number == WARM_UP:
            began = time.process_time()
        batch = collate([rows[i] for i in order[start : start + train.batch]], padding=padding)
        del batch["names"]
        model(**batch)["loss"].backward()
        torch.nn.utils.clip_grad_norm_(learned, train.clip)
        optimizer.step()
        optimizer.zero_grad()
    return (time.process_time() - began) / TIMED


def fit(
    model: CompletionModel, tokenizer: TextTokenizer, training: Histories, *, steps: int
) -> float:
    """Train for so many steps, nothing measured or saved on the way; return the CPU seconds."""
    config = training.config
    a_pass = math.ceil(len(training) / config.train.batch)
    train = dataclasses.replace(
        config.train, epochs=(steps - 0.5) / a_pass, log_every=max(1, steps // 20)
    )
    config = dataclasses.replace(config, train=train)
    rows = Rows(training, epochs=train.epochs)
    folder = Path(config.output) / config.name
    folder.mkdir(parents=True, exist_ok=True)
    trainer = HistoryTrainer(
        model,
        config,
        partial(Checkpoint, tokenizer=tokenizer, config=config),
        folder=folder,
        rows=(rows, rows),
        padding=tokenizer.end,
        refused=0,
        processes=1,
    )
    trainer.args.eval_strategy = IntervalStrategy.NO
    trainer.args.save_strategy = SaveStrategy.NO
    choose_loss(model, config, trainer.args.device)
    began = time.process_time()
    trainer.train()
    return time.process_time() - began


def measured(made: Checkpoint, held_out: list[Sample], variant: Variant) -> dict[str, Any]:
    """Return the nats of every held-out part that is not refused, by what is shown."""
    # What is drawn for a part, such as its caption, must be the same whatever the seed was.
    train = dataclasses.replace(made.config.train, seed=0)
    made = dataclasses.replace(made, config=dataclasses.replace(made.config, train=train))
    nats: dict[str, dict[str, float]] = {}
    for name in SHOWN:
        samples = labelled(made, held_out, CONDITIONS[name], histories=variant.histories)
        found = losses(made, samples, made.config.train.batch)
        nats[name] = {s.name: float(n.sum()) for s, n in zip(samples, found, strict=True)}
    return nats


def one(
    name: str, learned: list[Sample], held_out: list[Sample], args: argparse.Namespace
) -> dict[str, Any]:
    """Train a variant for the budget, and return what is known of it."""
    variant = VARIANTS[name]
    config = configure(name, sources=args.folders, output=folder_of(args), seed=args.seed)
    text_format, size = config.data.text_format, config.model.decoder.vocabulary
    texts = [prompt(s.sequence, caption=s.caption, text_format=text_format).text for s in learned]
    tokenizer = variant.tokenizer(texts, size=size)
    model = fresh(config, tokenizer)
    parts = variant.parts(learned, seed=config.train.seed)
    training = variant.histories(parts, tokenizer, config, model.features)
    step = seconds_per_step(model, training, tokenizer.end)
    steps = max(2, round(args.seconds / step))
    say(f"{name}: {steps} steps of {step:.2f} seconds")
    model = fresh(config, tokenizer)
    seconds = fit(model, tokenizer, training, steps=steps)
    nats = measured(Checkpoint(model.eval(), tokenizer, config, FIRST_WORDS), held_out, variant)
    return {
        "title": variant.title,
        "seed": config.train.seed,
        "budget": args.seconds,
        "steps": steps,
        "samples": steps * config.train.batch,
        "cpu_seconds": seconds,
        "parameters": model.parameter_count,
        "parts": {"to learn from": len(training.samples), "held out": len(held_out)},
        "refused": {
            "to learn from": dict(training.refusals.reasons),
            "held out": {"any reason": len(held_out) - min(map(len, nats.values()))},
        },
        "nats": nats,
    }


def folder_of(args: argparse.Namespace) -> Path:
    return args.out / f"seed-{args.seed}"


def train(args: argparse.Namespace) -> None:
    """Train every variant that has no result yet."""
    share = configure("base", sources=[], output=args.out, seed=0).data.validation
    learned, held_out = read(args.folders, share=share, most=args.most)
    for name in args.only or VARIANTS:
        result = folder_of(args) / f"{name}.json"
        if result.exists():
            continue
        say(f"{name} begins: {len(learned)} parts to learn from, {len(held_out)} held out")
        found = one(name, learned, held_out, args)
        write_text(result, json.dumps(found, indent=1) + "\n")
        say(f"{name} ends after {found['cpu_seconds']:.0f} CPU seconds")


def check_grid(args: argparse.Namespace) -> None:
    """Count what the grid leaves of held-out parts."""
    share = configure("base", sources=[], output=args.out, seed=0).data.validation
    _, held_out = read(args.folders, share=share, most=args.most)
    counts = grid.check([sample.sequence for sample in held_out])
    folder_of(args).mkdir(parents=True, exist_ok=True)
    write_text(folder_of(args) / "grid-check.json", json.dumps(counts, indent=1) + "\n")


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, help="prepared data sets")
    parser.add_argument("--out", type=Path, default=Path("runs/out/small_models"))
    parser.add_argument("--seconds", type=float, default=360.0, help="CPU time of each training")
    parser.add_argument("--only", nargs="+", choices=VARIANTS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--most", type=int, default=10**9, help="parts of each side of the split")
    parser.add_argument("--tell", action="store_true", help="only print the tables")
    parser.add_argument("--grid-check", action="store_true", help="only count what a grid leaves")
    args = parser.parse_args()
    torch.set_num_threads(1)
    if not (args.tell or args.folders):
        parser.error("name the data to learn from")
    if args.grid_check:
        check_grid(args)
    elif not args.tell:
        train(args)
    found = {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in folder_of(args).glob("*.json")
    }
    counted = found.pop("grid-check", None)
    for table in tables(found, counted):
        print(table)


if __name__ == "__main__":
    main()
