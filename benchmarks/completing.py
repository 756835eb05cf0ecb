"""Complete held-out parts at a random cut: how many proposals parse, build, change something.

With `--phases` where the CPU time of the next operation goes, nothing shown, one core: for reading
prompts, writing, asking the model about ideas, and the rest; and how long the same texts take to
write step by step as `transformers` does, in the same run::

    OMP_NUM_THREADS=1 python benchmarks/completing.py runs/out/data/fusion360 --phases --most 20
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cadcomplete.completion import by_model, judging
from cadcomplete.completion.by_model import ByModel
from cadcomplete.completion.engine import complete
from cadcomplete.data.read import read_samples
from cadcomplete.data.samples import Sample
from cadcomplete.errors import InputError, TextError
from cadcomplete.history.sequence import truncate
from cadcomplete.kernel.contain import Kernel, Pending
from cadcomplete.language.lines import decode, encode
from cadcomplete.model import checkpoint, generate
from cadcomplete.predictions import Case
from cadcomplete.readers import from_sequence


def chosen(folders: list[Path], share: float, most: int, seed: int) -> list[tuple[Sample, int]]:
    """Held-out parts with at least two operations, each with a cut after its first sketch."""
    drawn = random.Random(seed)
    found = (item for folder in folders for item in read_samples(folder))
    parts = [s for s in found if isinstance(s, Sample) and s.held_out(share)]
    parts = [s for s in parts if len(s.sequence) > 1]
    drawn.shuffle(parts)
    return [(s, drawn.randrange(1, len(s.sequence))) for s in parts[:most]]


# --- where the time goes ------------------------------------------------------------------------

WITHIN = (
    ("reading", by_model, "begin"),
    ("reading", by_model, "commands"),
    ("reading", judging, "begin"),
    ("writing", by_model, "generate"),
    ("scoring", judging, "scored"),
    ("kernel", Pending, "result"),
)
"""The phases, and what each of them calls; the kernel works in a process of its own."""


def watched(phase: str, call: Callable[..., Any], spent: dict[str, float]) -> Callable[..., Any]:
    """Return a function that notes its CPU seconds, of the kernel those that are waited for."""
    clock = time.perf_counter if phase == "kernel" else time.process_time

    def timed(*args: Any, **named: Any) -> Any:
        started = clock()
        try:
            return call(*args, **named)
        finally:
            spent[phase] += clock() - started

    return timed


def phases(args: argparse.Namespace) -> None:
    """Ask for the next operation at random cuts, and print a table of seconds."""
    spent = defaultdict[str, float](float)
    for phase, place, name in WITHIN:
        setattr(place, name, watched(phase, getattr(place, name), spent))
    drawn = random.Random(args.seed)
    samples = [s for folder in args.folders for s in read_samples(folder)]
    parts = [s.sequence for s in samples if isinstance(s, Sample) and s.split in ("", args.split)]
    parts = sorted((s for s in parts if len(s)), key=lambda s: s.id)
    drawn.shuffle(parts)
    found: dict[str, list[float]] = {}
    with Kernel(workers=1) as kernel:
        asked = ByModel(checkpoint.load(args.model), kernel)
        for number, part in enumerate(parts[: args.most + 1]):
            given = truncate(part, drawn.randrange(len(part)))
            spent.clear()
            started = time.process_time()
            reading = asked.read(Case(part.id, given), until=args.until)
            answers = list(asked.next(reading, n=args.n))
            spent["all"] = time.process_time() - started
            spent["rest"] = spent["all"] - sum(spent[p] for p in ("reading", "writing", "scoring"))
            spent["as transformers"] = once_more(reading)
            if number:  # the first one pays for what is done once
                for name, seconds in spent.items():
                    found.setdefault(name, []).append(seconds)
                told = ", ".join(f"{name} {seconds:.2f}" for name, seconds in spent.items())
                print(f"{part.id} {len(given)}: {len(answers)} answers, {told}", flush=True)
    tell(found)


def once_more(reading: Any) -> float:
    """Write the same once more, step by step as `transformers` does; return the seconds."""
    own, started = generate.steps_itself, time.process_time()
    generate.steps_itself = lambda causal: False
    try:
        start = reading.start.only(reading.command)
        rows = generate.generate(reading.began, start, reading.sampling)
    finally:
        generate.steps_itself = own
    first = reading.rows[: len(rows)]
    alike = sum(a.tokens == b.tokens for a, b in zip(rows, first, strict=True))
    if alike < len(rows):
        print(f"of {len(rows)} rows {len(rows) - alike} have other tokens")
    return time.process_time() - started


def tell(found: dict[str, list[float]]) -> None:
    """Print median, 95 % and share of all seconds of each phase."""
    total = sum(found["all"])
    for name, seconds in found.items():
        ordered: Sequence[float] = sorted(seconds)
        slow = ordered[int(0.95 * len(ordered))]
        share = sum(seconds) / total
        print(f"{name:16} {statistics.median(seconds):6.2f} {slow:6.2f} s (95 %) {share:6.1%}")
    ratio = sum(found["as transformers"]) / sum(found["writing"])
    print(f"{len(found['all'])} cuts; writing as transformers does takes {ratio:.2f} times as long")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--model", type=Path, help="a trained folder; the shipped one without it")
    parser.add_argument("--most", type=int, default=200, help="parts")
    parser.add_argument("-n", type=int, default=5, help="completions of each")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--phases", action="store_true", help="where the time goes")
    parser.add_argument("--split", default="test", help="with --phases")
    parser.add_argument(
        "--until", default="built", choices=("built", "end"), help="with --phases: what is written"
    )
    args = parser.parse_args()
    if args.phases:
        phases(args)
        return
    model = checkpoint.load(args.model)
    share = model.config.data.validation
    counts: Counter[str] = Counter()
    problems: Counter[str] = Counter()
    seconds: list[float] = []
    with Kernel(workers=2, time_limit=30.0) as kernel:
        for sample, keep in chosen(args.folders, share, args.most, args.seed):
            document = from_sequence(sample.sequence)
            counts["parts"] += 1
            try:
                result = complete(
                    document, model=model, keep=keep, n=args.n, seed=args.seed, kernel=kernel
                )
            except InputError as error:  # longer than the model reads
                counts["refused"] += 1
                problems[str(error).partition(":")[0]] += 1
                continue
            seconds.append(result.seconds)
            counts["generated"] += result.generated
            counts["discarded"] += result.discarded
            given = encode(result.given.sequence).text
            counts["first valid"] += any(c.valid for c in result.completions)
            for completion in result.completions:
                counts["completions"] += 1
                counts["valid"] += completion.valid
                try:
                    counts["parse"] += len(decode(given + completion.text)) > keep
                except TextError:
                    problems["does not parse"] += 1
                problems.update(p.partition(": ")[2] or p for p in completion.problems)
    for name, count in counts.items():
        print(f"{name:15s} {count}")
    seconds.sort()
    median, slow = statistics.median(seconds), seconds[int(0.95 * len(seconds))]
    print(f"{'seconds':15s} {median:.2f} (median), {slow:.2f} (95 %)")
    for problem, count in problems.most_common(8):
        print(f"  {count:5d}  {problem}")


if __name__ == "__main__":
    main()
