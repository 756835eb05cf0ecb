"""How long a person waits: the next operation and whole parts, warm, and what that costs in hits.

At one cut of each held-out part, drawn by its hash, one process with the model loaded is asked for
the next operation, nothing shown and with a cloud, and for three whole parts; beside that for three
whole parts by what anybody would write first: `transformers` generates one text after the other,
each is parsed and rebuilt by the kernel, until three are valid::

    OMP_NUM_THREADS=1 python benchmarks/engine.py runs/out/data/fusion360 runs/out/data/omnicad \
        --model cadcomplete/weights_free --out NOW.jsonl
    python benchmarks/engine.py --out NOW.jsonl --against BEFORE.jsonl      # tells both, paired

Told are wall seconds, and beside them CPU seconds of this process and of the kernel's together:
where others work on the machine, they are what to compare. A hit is one of the first three.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psutil
import torch

from cadcomplete.completion.by_model import ByModel
from cadcomplete.completion.prompting import prompted
from cadcomplete.data.samples import hash64
from cadcomplete.errors import CadCompleteError
from cadcomplete.evaluate.questions import ExamQuestion, Held, case, choose, read_data
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.handing import handed
from cadcomplete.kernel.jobs import examine
from cadcomplete.language.lines import decode
from cadcomplete.language.prompt import head
from cadcomplete.metrics.differences import Paired, difference
from cadcomplete.metrics.operations import rank_against
from cadcomplete.metrics.targets import MACRO, target
from cadcomplete.model import checkpoint
from cadcomplete.model.sampling import usual_sampling
from cadcomplete.predictions import Answer, Case

ASKED = {"next": "none", "cloud": "points", "parts": "none", "plain": "none"}
"""What is asked, and what is shown: names of conditions of the benchmark."""

MUST = {"next": (0.5, 2.0), "cloud": (0.7, 2.0), "parts": (1.5, None)}
"""Seconds of issue 17 that must be met: the median, and 95 %."""

PLAIN_LIMIT = 20.0
"""CPU seconds after which the plain way is stopped: what it takes is then at least that."""


@dataclass(slots=True)
class Watch:
    """Wall and CPU seconds since it was made, the CPU's of all processes that belong to us."""

    wall: float
    cpu: float

    @staticmethod
    def start() -> Watch:
        return Watch(time.perf_counter(), _cpu())

    def read(self) -> tuple[float, float]:
        """Return wall and CPU seconds until now."""
        return time.perf_counter() - self.wall, _cpu() - self.cpu


def _cpu() -> float:
    """CPU seconds of this process and of all that it has begun."""
    spent = 0.0
    for one in psutil.Process().children(recursive=True):
        times = one.cpu_times()
        spent += times.user + times.system
    return spent + time.process_time()


def ask(completer: ByModel, shown: Case, what: str, *, n: int) -> Iterator[Answer]:
    """Yield answers as a person gets them: nothing is read or written before the first is asked."""
    if what == "plain":
        yield from plain(completer, shown, n=n)
        return
    until = "end" if what == "parts" else "built"
    reading = completer.written(completer.look(shown), until=until, n=n)
    yield from completer.parts(reading, n=n) if what == "parts" else completer.next(reading, n=n)


def plain(completer: ByModel, shown: Case, *, n: int) -> Iterator[Answer]:
    """Yield whole parts by generating, parsing and rebuilding, one text after the other."""
    model, grammar = completer.model, completer.grammar
    drawn = usual_sampling(model.config, model.metrics)
    prompt = prompted(shown.given, model)
    before = model.tokenizer.decode(prompt.ids).removeprefix(head())
    causal = as_transformers(model.model.causal)
    torch.manual_seed(0)
    watch, found = Watch.start(), 0
    while found < n and watch.read()[1] < PLAIN_LIMIT:
        with torch.inference_mode():
            ids_1L = causal.generate(
                torch.tensor([prompt.ids]),
                attention_mask=torch.ones(1, len(prompt.ids), dtype=torch.long),
                do_sample=True,
                temperature=drawn.temperature,
                top_p=drawn.top_p,
                max_new_tokens=min(drawn.most_tokens, model.model.longest - len(prompt.ids)),
                eos_token_id=grammar.end,
                pad_token_id=grammar.end,
            )
        own = [token for token in ids_1L[0, len(prompt.ids) :].tolist() if token != grammar.end]
        try:
            text = before + model.tokenizer.decode(own)
            whole = decode(text, text_format=grammar.text_format)
            report = completer.kernel.run(examine, whole)
        except CadCompleteError:
            continue
        if report.valid and report.measures is not None:
            found += 1
            yield Answer(whole, 0.0, True, (), "model", report)


@cache
def as_transformers(causal: Any) -> Any:
    """Return the same model as `transformers` has it."""
    if hasattr(causal, "generate"):
        return causal
    from transformers import Qwen3Config, Qwen3ForCausalLM

    other = Qwen3ForCausalLM(Qwen3Config(**causal.config))
    other.load_state_dict(causal.state_dict())
    return other.eval()


def measured(
    completer: ByModel, part: Held, kinds: Sequence[str], *, n: int, most_plain: bool
) -> Iterator[dict[str, Any]]:
    """Yield a line for each way of asking about a part."""
    try:
        whole = handed(part.sample.sequence, completer.kernel)
    except CadCompleteError as error:
        print(f"left out: {error}")
        return
    keep = min(range(len(whole)), key=lambda given: hash64(f"{part.id} {given}"))
    truth = target(whole, keep)
    for what in kinds:
        if what == "plain" and not most_plain:
            continue
        shown = case(ExamQuestion(part, keep, ASKED[what], part), seed=0)
        answers, moments, watch = list[Answer](), list[tuple[float, float]](), Watch.start()
        failed = ""
        try:
            for answer in ask(completer, shown, what, n=n):
                answers.append(answer)
                moments.append(watch.read())
        except CadCompleteError as error:  # it counts: as a miss, and with the time it took
            failed = str(error)
        wall, cpu = watch.read()
        valid = [moment for moment, one in zip(moments, answers, strict=True) if one.valid]
        rank = rank_against(truth, answers).rank if what in ("next", "cloud") else None
        yield {
            "id": part.id,
            "given": keep,
            "asked": what,
            "kind": truth.kind,
            "excluded": truth.excluded,
            "hit": rank is not None and rank <= 3,
            "first": list(valid[0] if valid else (wall, cpu)),
            "last": [wall, cpu],
            "failed": failed,
            "answers": [repr(one.operation) for one in answers],
            "scores": [one.score for one in answers],
            "valid": len(valid),
        }


def tell(rows: Sequence[dict[str, Any]]) -> None:
    """Print median and 95 % of each way of asking, and hits."""
    for what in ASKED:
        some = [row for row in rows if row["asked"] == what]
        if not some:
            continue
        median, slow = MUST.get(what, (None, None))
        failed = sum(bool(row.get("failed")) for row in some)
        print(f"{what}: {len(some)} questions, {failed} failed; must be {median} s, {slow} s")
        for name in ("first", "last"):
            told = []
            for unit, at in (("wall", 0), ("CPU", 1)):
                seconds = sorted(row[name][at] for row in some)
                late = seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))]
                told.append(f"{unit} {statistics.median(seconds):.2f} s, 95 % {late:.2f}")
            print(f"  {name} answer: {'; '.join(told)}")
        scored = [row for row in some if not row["excluded"]]
        if what in ("next", "cloud") and scored:
            shares = []
            for kind in sorted({row["kind"] for row in scored}):
                own = [row["hit"] for row in scored if row["kind"] == kind]
                shares.append(f"{kind} {sum(own)} of {len(own)}")
            print(
                f"  hits@3: {sum(r['hit'] for r in scored)} of {len(scored)}: {', '.join(shares)}"
            )
    both: dict[str, list[float]] = {"parts": [], "plain": []}
    for row in rows:
        pair = [r for r in rows if r["id"] == row["id"] and r["asked"] in both]
        if row["asked"] == "plain" and len(pair) == 2:
            for one in pair:
                both[one["asked"]].append(one["last"][1])
    if both["plain"]:
        ratios = [a / b for a, b in zip(both["plain"], both["parts"], strict=True)]
        print(f"the plain way takes {statistics.median(ratios):.1f} times as long (median)")


def compare(rows: Sequence[dict[str, Any]], before: Sequence[dict[str, Any]]) -> None:
    """Print by how much hits and seconds differ on the same questions."""
    key = ("id", "given", "asked")
    known = {tuple(row[k] for k in key): row for row in before}
    pairs = [(row, known[k]) for row in rows if (k := tuple(row[name] for name in key)) in known]
    for what in ASKED:
        some = [(a, b) for a, b in pairs if a["asked"] == what]
        if not some:
            continue
        times = [b["first"][1] / max(a["first"][1], 1e-3) for a, b in some]
        same = sum(a["answers"] == b["answers"] for a, b in some)
        print(f"{what}: {len(some)} questions, {same} with the same answers; ", end="")
        print(f"the first {statistics.median(times):.2f} times as fast (CPU, median of ratios)")
        hits = [(a, b) for a, b in some if not a["excluded"]]
        for name, kinds in (("all", None), ("macro", MACRO)):
            own = [
                Paired(a["hit"], b["hit"], a["id"], "" if kinds is None else a["kind"])
                for a, b in hits
                if kinds is None or a["kind"] in kinds
            ]
            if own and what in ("next", "cloud"):
                d = difference(own)
                print(f"  hits@3 {name}: {d.value:+.3f} [{d.low:+.3f}, {d.high:+.3f}] ({len(own)})")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", nargs="*", type=Path)
    parser.add_argument("--model", type=Path, help="a trained folder; the shipped one without it")
    parser.add_argument("--split", default="validation")
    parser.add_argument("--most", type=int, default=100, help="parts, one cut of each")
    parser.add_argument("--plain", type=int, default=10, help="of them asked the plain way as well")
    parser.add_argument("--asked", nargs="+", default=list(ASKED), choices=list(ASKED))
    parser.add_argument("--seed", type=int, default=0, help="which parts")
    parser.add_argument("-n", type=int, default=3, help="answers of each")
    parser.add_argument("--out", type=Path, required=True, help="one line of JSON a question")
    parser.add_argument("--against", type=Path, help="what was written before")
    asked = parser.parse_args()
    if asked.data:
        collect(asked)
    rows = [json.loads(line) for line in asked.out.read_text().splitlines()]
    tell(rows)
    if asked.against:
        compare(rows, [json.loads(line) for line in asked.against.read_text().splitlines()])


def collect(asked: argparse.Namespace) -> None:
    """Ask, and write a line for each question as soon as it is answered."""
    held = read_data(asked.data, split=asked.split).held
    shown = sorted({ASKED[what] for what in asked.asked})
    parts, left_out = choose(held, shown, most=asked.most + 1, seed=asked.seed)
    print(f"{len(parts)} parts; left out: {left_out}", flush=True)
    with Kernel(workers=2, time_limit=30.0) as kernel, asked.out.open("w") as file:
        completer = ByModel(checkpoint.load(asked.model), kernel)
        for number, part in enumerate(parts):
            few = number <= asked.plain
            for row in measured(completer, part, asked.asked, n=asked.n, most_plain=few):
                if number:  # the first one pays for what is done once
                    file.write(json.dumps(row) + "\n")
            file.flush()
            print(f"{number} of {len(parts) - 1}", flush=True)


if __name__ == "__main__":
    main()
