"""Our training against the specification's loop.

A sample is a pair of a part and a cut whose target is scored: it has a loss, from which is
learned. The specification's loop scores one in a forward pass, ours all those of a part (law 4).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ladder import Measured, Part
    from literal import LiteralSample

    from cadcomplete.language.tokenizer import TextTokenizer

EXAMPLES = Path(__file__).resolve().parent.parent / "examples" / "parts"
LENGTHS = (2048, 4096, 8192, 13000, 16384)
ENDLESS = 10**9
GOAL = 20.0
MB = 1e6


def read(folders: Sequence[Path]) -> list[Part]:
    """Return all parts that can be cut, as Omni-CAD JSON, with their captions."""
    from ladder import Part

    from cadcomplete import readers
    from cadcomplete.data.samples import find, read_captions

    parts = []
    for folder in folders:
        captions = read_captions(folder)
        for path, name in find(folder):
            document = readers.read(path)
            if document.dialect != "omnicad":
                document = readers.from_sequence(document.sequence, dialect="omnicad")
            if len(document.raw["sequence"]) > 1:
                parts.append(Part(document.raw, document.sequence, captions.get(name, "")))
    return parts


def chosen(parts: list[Part], most: int) -> list[Part]:
    """Return some parts, evenly spaced by their length."""
    order = sorted(parts, key=lambda part: len(str(part.raw)))
    count = min(most, len(order))
    return [order[int((i + 0.5) * len(order) / count)] for i in range(count)]


def tokenizer_of(parts: list[Part], path: Path | None) -> TextTokenizer:
    """Return the one at `path`, or one learned from both texts of the parts alike."""
    import literal
    from ladder import MINIATURE

    from cadcomplete.language.prompt import prompt
    from cadcomplete.language.tokenizer import TextTokenizer

    if path is not None:
        return TextTokenizer.load(path)
    texts = [literal.text(part.raw, part.caption) for part in parts]
    texts += [prompt(part.sequence, caption=part.caption or None).text for part in parts]
    return TextTokenizer.train(texts, size=MINIATURE.vocabulary)


def lost(parts: list[Part], tokenizer: TextTokenizer) -> list[LiteralSample]:
    """Print the share of samples that are not learned from; return those of the specification.

    Its own have no label and a loss of NaN, ours are too long and refused before batching.
    """
    import ladder
    import literal

    def encode(text: str) -> list[int]:
        return tokenizer.tokens(text)

    documents = [(part.raw, part.caption) for part in parts]
    found: list[LiteralSample] = []
    print(f"\nlost: share of samples not learned from, by maximum length, of {len(parts)} parts")
    print(f"| text | samples | {' | '.join(f'{n:,}' for n in LENGTHS)} | target tokens |")
    print("|---|---|" + "---|" * (len(LENGTHS) + 1))
    for says, separators in (("json.dumps", None), ("compact json.dumps", literal.COMPACT)):
        samples = list(literal.samples(documents, encode, separators=separators))
        found = found or samples
        lost = [sum(not s.targets(n) for s in samples) for n in LENGTHS]
        print(_lost(f"{says}: NaN", lost, [len(s.ids) - s.boundary for s in samples]))
    planner = ladder.Planner(ladder.LADDER["lines"], tokenizer, ladder.Settings(ENDLESS))
    ours = [planner.make(row) for row in planner.plan(parts)]
    lost = [sum(one.tokens > n for one in ours) for n in LENGTHS]
    print(_lost("ours: refused; NaN 0", lost, [one.targets for one in ours]))
    return found


def _lost(says: str, lost: list[int], targets: list[int]) -> str:
    shown = " | ".join(f"{100 * number / len(targets):.1f} %" for number in lost)
    return f"| {says} | {len(targets)} | {shown} | {sum(targets) / len(targets):.0f} |"


def climb(parts: list[Part], tokenizer: TextTokenizer, args: argparse.Namespace) -> None:
    """Measure the loops one after the other and print their table.

    Those of our text go over all parts: they are fast, and a few long parts decide how fast. A
    padded row of JSON costs the same whatever the part, so some parts tell enough.
    """
    import ladder

    settings = ladder.Settings(args.length, args.batch, args.seconds, args.threads, args.seed)
    some = chosen(parts, args.parts)
    print(
        f"\nmeasured: at most {args.length:,} tokens; {len(parts)} parts, the loops of JSON "
        f"{len(some)} of them, evenly spaced by length; {args.threads} threads; seed {args.seed}"
    )
    print(
        "| loop | samples/s | × | parts/s | × | target tokens/s | × | tokens/s | "
        "NaN | refused | peak, MB | added by training |"
    )
    print("|---" * 12 + "|")
    first: tuple[float, ...] | None = None
    for name in args.loops or ladder.LADDER:
        loop = ladder.LADDER[name]
        result = ladder.alone(loop, parts if loop.lines else some, tokenizer, settings)
        rates = tuple(x / result.seconds for x in (result.samples, result.parts, result.targets))
        first = first or rates
        print(_line(loop.says, result, rates, first), flush=True)
        if name == ladder.OURS and rates[0]:
            ratio = rates[0] / first[0] if first[0] else float("inf")
            met = "met" if ratio >= GOAL else "missed"
            print(f"| *samples/s against the first row: {ratio:.1f}; goal {GOAL:.0f}: {met}* |")


def _line(says: str, result: Measured, rates: tuple[float, ...], first: tuple[float, ...]) -> str:
    seen = result.samples + result.lost
    columns = [says]
    for rate, base in zip(rates, first, strict=True):
        columns += [f"{rate:.3g}", f"{rate / base:.1f}" if base else "-"]
    columns += [
        f"{result.tokens / result.seconds:,.0f}",
        f"{100 * result.lost / max(1, seen):.0f} % of {seen}",
        f"{result.refused}",
        f"{result.peak / MB:,.0f}",
        f"{(result.peak - result.before) / MB:,.0f}",
    ]
    return f"| {' | '.join(columns)} |"


def count(
    parts: list[Part],
    samples: list[LiteralSample],
    tokenizer: TextTokenizer,
    args: argparse.Namespace,
) -> None:
    """Print what a scored sample costs Qwen3-8B, counted over all parts without a model."""
    import ladder

    length = args.counted
    settings = ladder.Settings(length, batch=1)
    print(f"\ncounted for Qwen3-8B at {length:,} tokens, over all {len(parts)} parts")
    print("| loop | tokens a scored sample | TFLOP a scored sample | times less | NaN | refused |")
    print("|---" * 6 + "|")
    first = None
    for name in ("literal", "logits", "unpadded", "lines", "together", "every"):
        loop = ladder.LADDER[name]
        cost = ladder.counted(loop, parts, samples, tokenizer, settings)
        first = first or cost.work
        print(
            f"| {loop.says} | {cost.tokens:,.0f} | {cost.work / 1e12:,.1f} | "
            f"{first / cost.work:.1f} | {100 * cost.lost:.1f} % | {100 * cost.refused:.1f} % |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", type=Path, default=[EXAMPLES])
    parser.add_argument("--tokenizer", type=Path, help="folder; else learned from the parts")
    parser.add_argument("--length", type=int, default=2048, help="longest sample in tokens")
    parser.add_argument("--counted", type=int, default=13000, help="length of the counted table")
    parser.add_argument("--parts", type=int, default=16, help="how many the loops of JSON see")
    parser.add_argument("--batch", type=int, default=4, help="rows of similar length in a pass")
    parser.add_argument("--seconds", type=float, default=5.0, help="at least, for each loop")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--loops", nargs="*", help="default: all, from the specification's to ours")
    args = parser.parse_args()
    parts = read(args.data)
    tokenizer = tokenizer_of(parts, args.tokenizer)
    count(parts, lost(parts, tokenizer), tokenizer, args)
    climb(parts, tokenizer, args)


if __name__ == "__main__":
    main()
