"""A small model that learns from text against the clock, on a core or on a card.

    python benchmarks/small_train.py pack DATA... --to PACK
    python benchmarks/small_train.py train PACK --seconds 500 --workers 15 --out runs/out
    python benchmarks/small_train.py sweep PACK --model "width=512" --model "dropout=.2"
    python benchmarks/small_train.py speed PACK
    python benchmarks/small_train.py evaluate PACK MODEL...

`sweep` trains several models at once, all from the same samples: where a card waits for samples
they cost little more than one. Each --model names what is other than the settings: `dropout`,
`mean`, `decay`, `seed`, `seconds`, or a size of the decoder.
`speed` tells how many samples a CPU second are made, and how many are learned from.
`evaluate` tells what held-out parts cost, in nats a part, of models that are there.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from multiprocessing import Queue
from pathlib import Path
from queue import Full

import torch.multiprocessing
from tokenizers import Regex
from torch.utils.data import DataLoader

from cadcomplete.config import Config, load
from cadcomplete.data.described import described
from cadcomplete.data.pack import Packed, read_pack, write_pack
from cadcomplete.data.samples import Sample, Skipped
from cadcomplete.data.stream import SHOWN, Stream, held_out
from cadcomplete.kernel.contain import Kernel
from cadcomplete.language import numbers
from cadcomplete.language.prompt import head
from cadcomplete.language.tokenizer import TextTokenizer
from cadcomplete.model import checkpoint
from cadcomplete.model.assembly import make_tokenizer
from cadcomplete.training.nats import nats
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
        tokenizer = TextTokenizer.load(config.train.start)
        if config.data.text_format == "numbers":  # which has had fewer words, if it is older
            tokenizer = tokenizer.grown(numbers.words(), pieces=Regex(numbers.PIECES))
        return config, parts, tokenizer
    texts = [head(c) for p in parts for c in (p.sample.caption, *p.sample.descriptions)]
    return config, parts, make_tokenizer(config, texts)


def made(args: argparse.Namespace) -> TimedRun:
    config, parts, tokenizer = prepared(args)
    now = time.process_time if args.cpu_seconds else time.monotonic
    seconds = args.seconds if args.by is None else args.by - time.time()
    left = args.by is not None
    clock = Clock(seconds, evaluate=args.evaluate, save=args.save, now=now, left=left)
    speed = Speed(
        config.train.rates.language_model,
        args.tokens,
        args.share,
        args.dropout,
        args.mean,
        args.workers,
        args.held_out,
    )
    return TimedRun(
        config, parts, tokenizer, clock=clock, speed=speed, say=lambda line: say(args.named + line)
    )


def write(args: argparse.Namespace) -> None:
    """Write a pack: data sets, other packs as they are, and described synthetic parts."""
    with Kernel(workers=1) as kernel:
        found = described(args.synthetic, seed=args.seed, like="engineers", kernel=kernel)
        count = write_pack(args.data, args.to, scans=args.scans, add=args.add, more=told(found))
    print(f"{count} parts in {args.to}")


def told(found: Iterable[Sample | Skipped]) -> Iterator[Sample]:
    """Yield the parts, and say which could not be described, and why."""
    for item in found:
        if isinstance(item, Sample):
            yield item
        else:
            say(f"{item.file}: {item.reason}")


def tell(folder: Path) -> None:
    print(json.dumps({"folder": str(folder), **json.loads((folder / "metrics.json").read_text())}))


def train(args: argparse.Namespace) -> None:
    tell(made(args).run())


def other(args: argparse.Namespace, number: int, model: str) -> argparse.Namespace:
    """Return the settings of one model of a sweep."""
    changes: list[str] = [*args.set, f'name="{number}"']
    given: dict[str, object] = {"named": f"[{number}] "}
    for word in model.split():
        name, value = word.split("=")
        if name in ("dropout", "mean", "seconds"):
            given[name] = float(value)
        else:
            inside = {"decay": "train.weight_decay", "seed": "train.seed"}
            changes.append(f"{inside.get(name, f'model.decoder.{name}')}={value}")
    return argparse.Namespace(**vars(args) | given | {"set": changes})


def learner(args: argparse.Namespace, queue: Queue) -> None:
    """Train one model of a sweep from the batches that come through a queue."""
    tell(made(args).run(iter(queue.get, None)))


def sweep(args: argparse.Namespace) -> None:
    many = torch.multiprocessing.get_context("spawn")
    queues = [many.Queue(maxsize=12) for _ in args.model]
    learners = []
    for number, (model, queue) in enumerate(zip(args.model, queues, strict=True)):
        one = many.Process(target=learner, args=(other(args, number, model), queue), daemon=True)
        one.start()
        learners.append(one)
    config, parts, tokenizer = prepared(args)
    learned = [p for p in parts if p.sample.trains(config.data.validation)]
    seed = config.train.seed
    stream = Stream(learned, tokenizer, config, tokens=args.tokens, share=args.share, seed=seed)
    batches = DataLoader(
        stream,
        batch_size=None,
        num_workers=args.workers,
        prefetch_factor=8 if args.workers else None,
    )
    for batch in batches:
        for one, queue in zip(learners, queues, strict=True):
            while one.is_alive():
                with suppress(Full):
                    queue.put(batch, timeout=1)
                    break
        if not any(one.is_alive() for one in learners):
            break
    for queue in queues:
        queue.cancel_join_thread()
    if failed := [args.model[i] for i, one in enumerate(learners) if one.exitcode]:
        sys.exit(f"these models failed: {', '.join(failed)}")


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


def evaluate(args: argparse.Namespace) -> None:
    """Tell what held-out parts cost models, each in its own words, on parts that all can say."""
    parts = [p for p in read_pack(args.pack) if p.sample.held_out(args.share)][:: args.every]
    made = {folder: checkpoint.load(folder) for folder in args.models}
    for one in made.values():
        parts = [p for p in parts if held_out([p], one.tokenizer, one.config, words=one.words)]
    for folder, one in made.items():
        for shown in args.shown:
            pieces = held_out(parts, one.tokenizer, one.config, shown=shown, words=one.words)
            found = nats(one.model, pieces, tokens=args.tokens, end=one.tokenizer.end)
            print(f"{folder}: {shown:8} {found:.2f} nats a part, {len(pieces)} parts", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    pack = commands.add_parser("pack")
    pack.add_argument("data", type=Path, nargs="*")
    pack.add_argument("--to", type=Path, default=Path("runs/out/pack.xz"))
    pack.add_argument("--scans", type=int, default=2, help="of each part that are measured")
    pack.add_argument("--synthetic", type=int, default=0, help="parts described from their facts")
    pack.add_argument("--seed", type=int, default=1000, help="of these")
    pack.add_argument("--add", type=Path, nargs="*", default=[], help="packs whose parts come too")
    for name in ("train", "sweep", "speed"):
        one = commands.add_parser(name)
        one.add_argument("pack", type=Path)
        one.add_argument("--config", type=Path, default=CONFIG)
        if name == "sweep":
            one.add_argument("--model", action="append", required=True)
        one.set_defaults(named="")
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
        one.add_argument("--held-out", type=int, default=0, help="parts to look at; 0 for all")
        one.add_argument("--evaluate", type=float, default=Clock.evaluate)
        one.add_argument("--save", type=float, default=Clock.save)
    measured = commands.add_parser("evaluate")
    measured.add_argument("pack", type=Path)
    measured.add_argument("models", type=Path, nargs="+", help="folders; only text is shown")
    measured.add_argument("--share", type=float, default=0.05, help="of parts without a split")
    measured.add_argument("--every", type=int, default=1, help="only each of so many parts")
    measured.add_argument("--shown", nargs="+", choices=SHOWN, default=SHOWN)
    measured.add_argument("--tokens", type=int, default=4096, help="that are read at once")
    args = parser.parse_args()
    if args.command == "pack":
        write(args)
    else:
        does = {"train": train, "sweep": sweep, "speed": measure, "evaluate": evaluate}
        does[args.command](args)


if __name__ == "__main__":
    main()
