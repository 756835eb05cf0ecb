"""What the start of a run over many stored parts takes: seconds, memory, and reading afterwards.

::

    .venv/bin/python benchmarks/start.py --parts 10000 450000

The data sets are simulated: synthetic parts, each again and again, in shards as `cadcomplete
prepare` writes them, with a picture and a cloud of some bytes. What is measured is all
that `cadcomplete train` does before the model is there, with the settings of a large preset (packed
rows, three epochs), in a process of its own: first the tokens are counted, then
they are known.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from cadcomplete.config import Config, load
from cadcomplete.data import synthetic
from cadcomplete.data.dataset import Histories
from cadcomplete.data.modalities import SIGNATURE
from cadcomplete.data.read import read_samples
from cadcomplete.data.rows import InStages, Rows
from cadcomplete.data.samples import Sample
from cadcomplete.data.shards import write_rows
from cadcomplete.data.sources import find_data
from cadcomplete.files import write_text
from cadcomplete.language.lines import encode
from cadcomplete.language.prompt import Features
from cadcomplete.language.tokenizer import TextTokenizer, shipped

ROOT = Path(__file__).resolve().parent.parent
DIFFERENT, PER_SHARD, HELD_OUT = 2000, 500, 20  # parts; rows; of so many shards one validates
WRITTEN = 40  # shards; those that follow are links to them


def simulate(folder: Path, count: int) -> None:
    """Write a data set of so many parts."""
    rows = [_row(part) for part in synthetic.parts(DIFFERENT, seed=0)]
    shards, written = [], []
    for number, start in enumerate(range(0, count, PER_SHARD)):
        split = "validation" if number % HELD_OUT == HELD_OUT - 1 else "train"
        file = f"shards/{split}-{number:06d}.parquet"
        size = min(count, start + PER_SHARD) - start
        if number < WRITTEN or size < PER_SHARD:
            write_rows(folder / file, _rows(rows, range(start, start + size)))
        else:
            os.link(written[number % WRITTEN], folder / file)
        written.append(folder / file)
        shards.append({"file": file, "split": split})
    manifest = {"format": "cadcomplete data set", "layout": "shards", "shards": shards}
    write_text(folder / "manifest.json", json.dumps(manifest))
    write_text(folder / "report.json", "{}")


def _row(part: Any) -> dict[str, Any]:
    return {
        "text": encode(part).text,
        "caption": "a plate with four holes and a slot",
        "description": "a plate",
        "description_long": "Plate 40 × 30 × 10 mm with a round hole ⌀8 mm.",
        "operations": len(part),
        "unsupported": [],
        "images": [{"view": 0, "style": "default", "png": SIGNATURE}],
        "points": np.zeros(3, dtype=np.float32),
        "normals": np.zeros(3, dtype=np.float16),
        "center": np.zeros(3),
        "scale": 1.0,
    }


def _rows(rows: list[dict[str, Any]], numbers: range) -> Iterator[dict[str, Any]]:
    for number in numbers:
        name = f"{number // 100:08d}_{number % 100:05d}"
        yield {**rows[number % len(rows)], "id": name, "design": name.partition("_")[0]}


def start(config: Config, tokenizer: TextTokenizer) -> dict[str, Any]:
    """Do what a run does before its model is there, and read some samples; return the figures."""
    said: list[str] = []
    began = time.perf_counter()
    data = find_data(config)
    found = time.perf_counter()
    learned, held_out = data.split(tokenizer, config, say=said.append)
    split = time.perf_counter()
    features = Features(image=256, points=257)
    training = Histories(learned, tokenizer, config, features)
    packing = config.packed_row
    rows = Rows(training, packing=packing, epochs=config.train.epochs)
    order = list(InStages(rows, step=config.train.accumulate, seed=0))
    ended = time.perf_counter()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # in kB, the most there was
    chosen = np.random.default_rng(0).choice(len(learned), min(300, len(learned)), replace=False)
    reading = time.perf_counter()
    for number in chosen.tolist():
        learned[number]
    return {
        "counted": any("counting" in line for line in said),
        "find": found - began,
        "sizes": split - found,
        "rows": ended - split,
        "start": ended - began,
        "megabytes": memory / 1e3,
        "samples": len(training) * len(rows.stages),
        "filled": float(rows.lengths.mean()) / max(1, packing),
        "steps": len(order) // config.train.accumulate,
        "validation": len(held_out),
        "milliseconds a part": 1e3 * (time.perf_counter() - reading) / len(chosen),
    }


def read_all(config: Config, tokenizer: TextTokenizer) -> dict[str, Any]:
    """Do the same as a run did before lengths were kept: read every part and tokenise it."""
    began = time.perf_counter()
    samples = [s for source in config.data.sources for s in read_samples(source)]
    learned = [s for s in samples if isinstance(s, Sample) and s.trains(config.data.validation)]
    Histories(learned, tokenizer, config, Features(image=256, points=257))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"start": time.perf_counter() - began, "megabytes": memory / 1e3}


def measured(folder: Path, tokenizer: Path, *more: str) -> dict[str, Any]:
    """Start in a process of its own."""
    command = [sys.executable, str(Path(__file__)), "--one", str(folder), "--tokenizer", tokenizer]
    command += more
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--parts", type=int, nargs="+", default=[10_000, 450_000])
    parser.add_argument("--tokenizer", type=Path, default=shipped(), help="a folder")
    parser.add_argument("--config", type=Path, default=ROOT / "configs" / "qwen3-8b-13k.toml")
    parser.add_argument("--out", type=Path, help="where data sets are kept; else they are removed")
    parser.add_argument("--read", action="store_true", help="all parts too, as it was before")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        config = load(args.config, changes=(f'data.sources=["{args.one}"]',))
        does = read_all if args.read else start
        print(json.dumps(does(config, TextTokenizer.load(args.tokenizer))))
        return
    print(
        "parts     what            start s  find  sizes  rows  MB most  ms a part  samples, steps"
    )
    for count in args.parts:
        folder = (args.out or Path(tempfile.mkdtemp())) / f"{count}"
        if not (folder / "report.json").exists():
            simulate(folder, count)
        for _ in range(2):
            one = measured(folder, args.tokenizer)
            what = "tokens counted" if one["counted"] else "tokens known"
            times = f"{one['start']:9.1f} {one['find']:5.1f} {one['sizes']:6.1f} {one['rows']:5.1f}"
            rows = f"{one['samples']:,} in rows {one['filled']:.0%} full, {one['steps']:,} steps"
            costs = f"{one['megabytes']:8.0f} {one['milliseconds a part']:10.2f}"
            print(f"{count:<9,} {what:14s} {times} {costs}  {rows}", flush=True)
        if args.read:
            one = measured(folder, args.tokenizer, "--read")
            print(f"{count:<9,} all parts read {one['start']:9.1f} {one['megabytes']:27.0f}")
        if not args.out:
            shutil.rmtree(folder.parent)


if __name__ == "__main__":
    main()
