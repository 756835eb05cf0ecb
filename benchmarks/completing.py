"""Complete held-out parts at a random cut: how many proposals parse, build, change something."""

from __future__ import annotations

import argparse
import random
import statistics
from collections import Counter
from pathlib import Path

from cadcomplete.completion.engine import complete
from cadcomplete.data.read import read_samples
from cadcomplete.data.samples import Sample
from cadcomplete.errors import InputError, TextError
from cadcomplete.kernel.contain import Kernel
from cadcomplete.language.lines import decode, encode
from cadcomplete.model import checkpoint
from cadcomplete.readers import from_sequence


def chosen(folders: list[Path], share: float, most: int, seed: int) -> list[tuple[Sample, int]]:
    """Held-out parts with at least two operations, each with a cut after its first sketch."""
    drawn = random.Random(seed)
    found = (item for folder in folders for item in read_samples(folder))
    parts = [s for s in found if isinstance(s, Sample) and s.held_out(share)]
    parts = [s for s in parts if len(s.sequence) > 1]
    drawn.shuffle(parts)
    return [(s, drawn.randrange(1, len(s.sequence))) for s in parts[:most]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--model", type=Path, help="a trained folder; the shipped one without it")
    parser.add_argument("--most", type=int, default=200, help="parts")
    parser.add_argument("-n", type=int, default=5, help="completions of each")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
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
