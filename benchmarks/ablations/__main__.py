"""The specification's own comparisons, as an experiment with a small model.

Three commands, each of which runs/ablations.sh calls; what is there already is not done again::

    python benchmarks/ablations train       trains the variants, a folder and a result.json each
    python benchmarks/ablations boundaries  counts how far boundaries by length are off
    python benchmarks/ablations tell        prints the tables, and draws the picture
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import boundaries
import measures
import tables
import torch
from variants import VARIANTS, OwnInput, Variant, configure

from cadcomplete.data.dataset import Histories
from cadcomplete.data.rows import InStages, Rows
from cadcomplete.data.samples import find, hash64
from cadcomplete.files import write_text
from cadcomplete.language.tokenizer import TextTokenizer, shipped
from cadcomplete.model.sampling import Sampling
from cadcomplete.training.train import Run, fit, set_up
from cadcomplete.training.trainer import last_checkpoint


def subset(source: Path, target: Path, most: int) -> Path:
    """Link a fixed choice of parts into a folder of their own: those of the smallest hashes."""
    chosen = sorted(find(source), key=lambda item: hash64(item[1]))[:most]
    for path, name in chosen:
        link = target / "json" / f"{name}.json"
        link.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):  # another process may be doing the same
            link.symlink_to(path.resolve())
    return target


def train(args: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    source = subset(args.parts, args.out / "parts", args.most)
    for seed in args.seeds:
        for name in args.only or VARIANTS:
            result = args.out / f"{name}-{seed}" / "result.json"
            if not result.exists():
                found = one(VARIANTS[name], f"{name}-{seed}", seed, source, args)
                write_text(result, json.dumps(found, indent=1) + "\n")


def one(
    variant: Variant, name: str, seed: int, source: Path, args: argparse.Namespace
) -> dict[str, Any]:
    """Train a variant, and return all that is measured of it."""
    say = lambda line: print(f"{name}: {line}", file=sys.stderr)  # noqa: E731
    steps = args.steps * variant.longer
    config = configure(
        variant,
        name,
        seed,
        sources=[str(source)],
        output=str(args.out),
        batch=args.batch,
        validation=args.validation,
        log_every=max(1, args.steps // 20),
        evaluate_every=max(1, args.steps // 2),
    )
    run = set_up(config, say=say, histories=variant.histories)
    run = timed(judged(run), steps)
    if isinstance(run.training, OwnInput):
        run.training.follow(run, steps)
    resumed = last_checkpoint(run.folder) is not None
    wall, cpu = time.monotonic(), time.process_time()
    folder = fit(run, say=say)
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return {
        "title": variant.title,
        "seed": seed,
        "steps": steps,
        "samples": steps * args.batch,
        "parameters": run.model.parameter_count,
        "seconds": None if resumed else {"wall": wall, "cpu": cpu},
        "curve": [(e["step"], e["eval_loss"]) for e in lines if "eval_loss" in e],
        "metrics": json.loads((folder / "metrics.json").read_text()),
        **measured(run, seed, args),
    }


def judged(run: Run) -> Run:
    """Let all cuts at exact boundaries judge, whatever the variant learns from."""
    train = dataclasses.replace(run.config.train, cuts="all", weighting="tokens")
    config = dataclasses.replace(run.config, train=train)
    validation = Histories(
        run.validation.samples,
        run.tokenizer,
        config,
        run.model.features,
        stages=run.validation.stages,
    )
    return dataclasses.replace(run, validation=validation)


def timed(run: Run, steps: int) -> Run:
    """Let a run take exactly so many steps."""
    train = run.config.train
    sampler = InStages(Rows(run.training), step=train.batch, seed=train.seed)
    a_pass = math.ceil(len(sampler) / train.batch)
    train = dataclasses.replace(train, epochs=(steps - 0.5) / a_pass)
    return dataclasses.replace(run, config=dataclasses.replace(run.config, train=train))


def measured(run: Run, seed: int, args: argparse.Namespace) -> dict[str, Any]:
    model, validation, end = run.model.eval(), run.validation, run.tokenizer.end
    held_out = measures.parts(validation)
    room = args.room * (1 + (run.config.data.text_format == "json"))  # JSON is twice as long
    some = held_out[: args.completed]
    sampling = Sampling(rows=2, temperature=1.0, top_p=1.0, most_tokens=room, seed=seed)
    started = time.process_time()
    found = {
        "losses": measures.losses(model, held_out, end),
        "positions": measures.by_position(model, held_out, end, draws=2, seed=seed)
        if run.config.data.text_format == "lines"
        else {},
        "free": measures.free(validation, model, held_out, room=room, seed=seed),
        "constrained": measures.constrained(validation, model, some, sampling),
    }
    return {**found, "measuring": time.process_time() - started}


def count_boundaries(args: argparse.Namespace) -> None:
    """Count boundaries by length of section 4 against true ones."""
    tokenizers = {"shipped": TextTokenizer.load(shipped())}
    if args.tokenizer.exists():
        tokenizers[args.tokenizer.name] = TextTokenizer.load(args.tokenizer)
    result, rows = args.out / "boundaries.json", []
    if result.exists():
        return
    for folder in args.data:
        documents = boundaries.read(folder, args.most)
        for layout, cut in boundaries.LAYOUTS.items():
            for name, tokenizer in tokenizers.items():
                counted = boundaries.count(documents, cut, tokenizer)
                row = {"data": folder.name, "parts": len(documents), "layout": layout}
                found = {f.name: getattr(counted, f.name) for f in dataclasses.fields(counted)}
                rows.append({**row, "tokenizer": name, **found})
    result.parent.mkdir(parents=True, exist_ok=True)
    write_text(result, json.dumps(rows, indent=1) + "\n")


def tell(args: argparse.Namespace) -> None:
    """Print the tables of all that has been measured, and draw the picture."""
    found = {
        path.parent.name: json.loads(path.read_text())
        for path in sorted(args.out.glob("*/result.json"))
    }
    runs = {
        name: [found[f"{name}-{seed}"] for seed in args.seeds if f"{name}-{seed}" in found]
        for name in VARIANTS
    }
    runs = {name: some for name, some in runs.items() if some}
    counted = args.out / "boundaries.json"
    rows = json.loads(counted.read_text()) if counted.exists() else []
    for table in tables.all_tables(runs, rows):
        print(table)
    if args.picture and "one" in runs:
        tables.draw(runs, args.picture)


def main() -> None:
    parser = argparse.ArgumentParser(description="The specification's own comparisons.")
    parser.add_argument("--out", type=Path, default=Path("runs/out/ablations"))
    commands = parser.add_subparsers(required=True)
    data = Path("../shared/data")

    command = commands.add_parser("train")
    command.add_argument("--parts", type=Path, default=data / "fusion360")
    command.add_argument("--most", type=int, default=1500, help="parts")
    command.add_argument("--validation", type=float, default=0.08, help="share held out")
    command.add_argument("--steps", type=int, default=300)
    command.add_argument("--batch", type=int, default=16)
    command.add_argument("--completed", type=int, default=60, help="parts, under the grammar")
    command.add_argument("--room", type=int, default=160, help="tokens of a completion at most")
    command.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    command.add_argument("--only", nargs="+", choices=VARIANTS)
    command.set_defaults(run=train)

    command = commands.add_parser("boundaries")
    command.add_argument(
        "--data", type=Path, nargs="+", default=[data / "omnicad", data / "fusion360"]
    )
    command.add_argument("--tokenizer", type=Path, default=data / "tokenizers" / "qwen3")
    command.add_argument("--most", type=int, default=150, help="parts of each")
    command.set_defaults(run=count_boundaries)

    command = commands.add_parser("tell")
    command.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    command.add_argument("--picture", type=Path, help="a PNG file")
    command.set_defaults(run=tell)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
