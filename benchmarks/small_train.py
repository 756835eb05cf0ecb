"""A small model that learns from text against the clock, on a core or on a card.

    python benchmarks/small_train.py pack DATA... --to PACK
    python benchmarks/small_train.py train PACK --seconds 500 --workers 15 --out runs/out
    python benchmarks/small_train.py speed PACK

`speed` tells how many samples a CPU second are made, and how many are learned from.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path

from cadcomplete.config import Config, load
from cadcomplete.data.pack import Packed, read_pack, write_pack
from cadcomplete.data.stream import Stream
from cadcomplete.language.prompt import head
from cadcomplete.language.tokenizer import TextTokenizer
from cadcomplete.model.assembly import make_tokenizer
from cadcomplete.training.timed import Clock, Speed, TimedRun

CONFIG = Path(__file__).resolve().parent.parent / "configs" / "numbers.toml"


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def prepared(args: argparse.Namespace) -> tuple[Config, list[Packed], TextTokenizer]:
    """Return configuration, parts and a tokenizer that has learned their captions."""
    config = load(args.config, changes=tuple(args.set))
    config = replace(config, output=str(args.out))
    parts = list(read_pack(args.pack))
    if config.train.start:
        return config, parts, TextTokenizer.load(config.train.start)
    texts = [head(c) for p in parts for c in (p.sample.caption, *p.sample.descriptions)]
    return config, parts, make_tokenizer(config, texts)


def train(args: argparse.Namespace) -> None:
    config, parts, tokenizer = prepared(args)
    now = time.process_time if args.cpu_seconds else time.monotonic
    seconds = args.seconds if args.by is None else args.by - time.time()
    clock = Clock(seconds, evaluate=args.evaluate, save=args.save, now=now)
    speed = Speed(
        config.train.rates.language_model,
        args.tokens,
        args.share,
        args.dropout,
        args.mean,
        args.workers,
    )
    folder = TimedRun(config, parts, tokenizer, clock=clock, speed=speed, say=say).run()
    print(json.dumps({"folder": str(folder), **json.loads((folder / "metrics.json").read_text())}))


def measure(args: argparse.Namespace) -> None:
    config, parts, tokenizer = prepared(args)
    stream = Stream(parts, tokenizer, config, tokens=args.tokens, share=args.share)
    began = time.process_time()
    batches = list(islice(stream, 200))
    seconds = time.process_time() - began
    samples = sum(len(batch.ids) for batch in batches)
    full = sum(batch.ids.numel() for batch in batches)
    tokens = sum(int(batch.length.sum()) for batch in batches)
    print(f"made: {samples / seconds:.0f} samples and {tokens / seconds:.0f} tokens a CPU second")
    print(f"{tokens / samples:.0f} tokens a sample, {100 * (1 - tokens / full):.1f} % padding")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    pack = commands.add_parser("pack")
    pack.add_argument("data", type=Path, nargs="+")
    pack.add_argument("--to", type=Path, default=Path("runs/out/pack.xz"))
    pack.add_argument("--scans", type=int, default=2, help="of each part that are measured")
    for name in ("train", "speed"):
        one = commands.add_parser(name)
        one.add_argument("pack", type=Path)
        one.add_argument("--config", type=Path, default=CONFIG)
        one.add_argument("--set", action="append", default=[])
        one.add_argument("--out", type=Path, default=Path("runs/out"))
        one.add_argument("--seconds", type=float, default=450)
        one.add_argument("--by", type=float, help="instead: be done at this time (date +%%s)")
        one.add_argument("--cpu-seconds", action="store_true", help="work of this process counts")
        one.add_argument("--tokens", type=int, default=Speed.tokens)
        one.add_argument("--share", type=float, default=Speed.share, help="of synthetic parts")
        one.add_argument("--dropout", type=float, default=Speed.dropout)
        one.add_argument("--mean", type=float, default=Speed.mean)
        one.add_argument("--workers", type=int, default=0)
        one.add_argument("--evaluate", type=float, default=Clock.evaluate)
        one.add_argument("--save", type=float, default=Clock.save)
    args = parser.parse_args()
    if args.command == "pack":
        print(f"{write_pack(args.data, args.to, scans=args.scans)} parts in {args.to}")
    else:
        (train if args.command == "train" else measure)(args)


if __name__ == "__main__":
    main()
