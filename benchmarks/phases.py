"""Where the time of an answer goes: CPU seconds of each phase of the next operation, one core.

What a phase calls that is a phase itself counts there and not here; of the kernel, which works in
processes of its own, the seconds that are waited for. And how long the same texts take to write,
step by step as `transformers` does, in the same run::

    OMP_NUM_THREADS=1 python benchmarks/phases.py runs/out/data/fusion360 --most 20 \
        --model cadcomplete/weights_free
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cadcomplete.completion import by_model, ideas, judging, opinion, verifying
from cadcomplete.completion.by_model import ByModel
from cadcomplete.completion.choosing import ByEffect
from cadcomplete.data.samples import hash64
from cadcomplete.errors import CadCompleteError
from cadcomplete.evaluate.questions import ExamQuestion, case, choose, read_data
from cadcomplete.kernel.contain import Kernel, Pending
from cadcomplete.language.grammar import Matcher
from cadcomplete.model import checkpoint, generate
from cadcomplete.model.generate import _Writing

PHASES: tuple[tuple[str, Any, str], ...] = (
    ("read prompts", by_model, "begin"),
    ("read prompts", opinion, "begin"),
    ("read prompts", by_model, "commands"),
    ("look at shape", by_model, "looked_at"),
    ("kinds by habit", by_model, "kinds_of"),
    ("ideas by habit", judging, "by_habit"),
    ("write", by_model, "generate"),
    ("write: masks", Matcher, "allowed"),
    ("write: accept", Matcher, "accept"),
    ("write: draw", generate, "drawn"),
    ("write: model", _Writing, "step"),
    ("ideas", opinion, "ideas"),
    ("ideas: texts", ideas.TextAfter, "text"),
    ("ask: turn", opinion, "turned"),
    ("ask: model", opinion, "scored"),
    ("rank", judging, "ranked"),
    ("rank: features", judging, "facts"),
    ("choose: alike", verifying, "alike"),
    ("choose: effects", ByEffect, "alike"),
    ("choose: effects", ByEffect, "idle"),
    ("kernel", Pending, "result"),
)
"""The phases, and what each of them calls."""


@dataclass
class Spent:
    """Seconds of phases; within another, a phase takes its seconds from it."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    _inner: list[float] = field(default_factory=lambda: [0.0])

    def watched(self, phase: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that notes its seconds."""
        clock = time.perf_counter if phase == "kernel" else time.process_time

        def timed(*args: Any, **named: Any) -> Any:
            started = clock()
            self._inner.append(0.0)
            try:
                return call(*args, **named)
            finally:
                took = clock() - started
                self.seconds[phase] += took - self._inner.pop()
                self._inner[-1] += 0.0 if phase == "kernel" else took

        return timed


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


def tell(found: list[dict[str, float]]) -> None:
    """Print median, 95 % and share of all seconds of each phase."""
    total = sum(row["all"] for row in found)
    for name in dict.fromkeys(name for row in found for name in row):
        seconds = sorted(row.get(name, 0.0) for row in found)
        slow = seconds[int(0.95 * len(seconds))]
        told = f"{statistics.median(seconds):6.3f} {slow:6.3f} s (95 %)"
        print(f"{name:16} {told} {sum(seconds) / total:6.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--model", type=Path, help="a trained folder; the shipped one without it")
    parser.add_argument("--split", default="validation")
    parser.add_argument("--shown", default="none", help="a condition of the benchmark")
    parser.add_argument("--most", type=int, default=20, help="parts, one cut of each")
    parser.add_argument("-n", type=int, default=3, help="answers of each")
    parser.add_argument("--until", default="built", choices=("built", "end"), help="what to write")
    parser.add_argument("--again", action="store_true", help="write as transformers does, too")
    asked = parser.parse_args()
    spent = Spent()
    for phase, place, name in PHASES:
        setattr(place, name, spent.watched(phase, getattr(place, name)))
    held = read_data(asked.data, split=asked.split).held
    parts, _ = choose(held, [asked.shown], most=asked.most + 1, seed=0)
    found: list[dict[str, float]] = []
    with Kernel(workers=1) as kernel:
        heart = ByModel(checkpoint.load(asked.model), kernel)
        for number, part in enumerate(parts):
            whole = part.sample.sequence
            keep = min(range(len(whole)), key=lambda given: hash64(f"{part.id} {given}"))
            shown = case(ExamQuestion(part, keep, asked.shown, part), seed=0)
            spent.seconds.clear()
            started = time.process_time()
            try:
                reading = heart.read(shown, until=asked.until)
                answers = list(
                    (heart.next if asked.until == "built" else heart.parts)(reading, n=asked.n)
                )
            except CadCompleteError as error:
                print(f"left out: {error}")
                continue
            row = {"all": time.process_time() - started, **spent.seconds}
            own = (seconds for name, seconds in spent.seconds.items() if name != "kernel")
            row["rest"] = row["all"] - sum(own)
            if asked.again:
                row["as transformers"] = once_more(reading)
            if number:  # the first one pays for what is done once
                found.append(row)
                told = ", ".join(f"{name} {s:.2f}" for name, s in row.items() if s >= 0.05)
                print(
                    f"{part.id} {keep} {reading.command}: {len(answers)} answers, {told}",
                    flush=True,
                )
    tell(found)


if __name__ == "__main__":
    main()
