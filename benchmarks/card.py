"""What one card does with Qwen3-8B: memory and speed of training and of writing, beside the goals.

    python benchmarks/card.py --out OUT --seconds 170      on a card
    python benchmarks/card.py --out OUT --rehearse         every row on a CPU, with a tiny model

The weights are random, which costs the same; the model, its assembly and its losses are the
project's own. Rows are measured in a process of their own: where it dies, the row says so and
another one goes on. `OUT/card.json` has the rows, standard output the tables.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from card_rows import ROWS, Row, configuration, measure_all, planned

SHARE = 0.45  # goal: of the matrix rate of the card
Found = dict[str, Any]


def measured(args: argparse.Namespace) -> list[Found]:
    """Return what was found of each row; a process that dies costs the row that it was at."""
    args.out.mkdir(parents=True, exist_ok=True)
    file, ends = args.out / "rows.jsonl", time.monotonic() + args.seconds
    file.write_text("")
    at = 0
    while at < len(ROWS) and time.monotonic() < ends:
        left = ends - time.monotonic()
        worker = [sys.executable, __file__, "--out", str(args.out), "--first", str(at)]
        worker += ["--seconds", f"{left:.0f}", *(["--rehearse"] if args.rehearse else [])]
        try:
            died = subprocess.run(worker, timeout=left + 15, check=False).returncode
        except subprocess.TimeoutExpired:
            died = "it took too long"
        found = [json.loads(line) for line in file.read_text().splitlines()]
        at = max((one["row"] for one in found if "row" in one), default=at - 1) + 1
        if died and at < len(ROWS):
            with file.open("a") as lines:
                lines.write(json.dumps({"row": at, "problem": f"the process ended: {died}"}) + "\n")
            at += 1
    return [json.loads(line) for line in file.read_text().splitlines()]


def tables(found: list[Found]) -> str:
    """Return the tables of docs/plan.md and docs/experiments.md."""
    card = next((one for one in found if "card" in one), {"card": "no card", "rate": 0.0})
    rows = {one["row"]: one for one in found if "row" in one}
    lines = [
        f"{card['card']}: {card['rate'] / 1e12:.3g} TFLOP/s in bfloat16, "
        f"{card.get('copy', 0) / 1e12:.3g} TB/s, torch {card.get('torch', '')}; "
        f"{card.get('parameters', 0):,} parameters, {card.get('learn', 0):,} of them learn",
        "",
        "| tokens | | allocated, GB | planned | goal | reserved, GB | s a step | tokens/s "
        "| of the rate |",
        "|---" * 9 + "|",
    ]
    config = configuration(rehearse=False)
    lines += [
        _trained(row, rows.get(i, {}), planned(row, config), card["rate"])
        for i, row in enumerate(ROWS)
        if not row.writes
    ]
    lines += ["", "| writing, batch | ms a token | tokens/s | of what the memory allows |"]
    lines += ["|---" * 4 + "|"]
    lines += [_written(row, rows.get(i, {})) for i, row in enumerate(ROWS) if row.writes]
    goals = f"goals: memory allocated as above, {100 * SHARE:.0f} % of the card's matrix rate"
    return "\n".join([*lines, "", goals])


def _trained(row: Row, found: Found, plan: float, rate: float) -> str:
    goal = "" if row.goal is None else f"{row.goal:.0f}"
    start = f"| {row.tokens:,} | {row.says} |"
    if "allocated" not in found:
        return f"{start} {found.get('problem', 'not measured')} | {plan:.1f} | {goal} | | | | |"
    if row.goal is not None:
        goal += " met" if found["allocated"] <= row.goal else " missed"
    share = found["rate"] / rate
    met = "" if row.literal else " met" if share >= SHARE else " missed"
    return (
        f"{start} {found['allocated']:.1f} | {plan:.1f} | {goal} | {found['reserved']:.1f} | "
        f"{found['seconds']:.2f} | {row.tokens / found['seconds']:,.0f} | "
        f"{100 * share:.0f} %{met} |"
    )


def _written(row: Row, found: Found) -> str:
    if "seconds" not in found:
        return f"| {row.writes} | {found.get('problem', 'not measured')} | | |"
    seconds = found["seconds"]
    share = 100 * found["limit"] / seconds
    return f"| {row.writes} | {1000 * seconds:.1f} | {row.writes / seconds:,.0f} | {share:.0f} % |"


def _without(found: Found) -> Found:
    if "seconds" not in found:
        return found
    return {"row": found["row"], "problem": "not measured: a rehearsal"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/out/card"))
    parser.add_argument("--seconds", type=float, default=170, help="of all rows together")
    parser.add_argument("--rehearse", action="store_true", help="a tiny model, on the CPU")
    parser.add_argument("--first", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.first is not None:
        ends = time.monotonic() + args.seconds
        measure_all(args.out / "rows.jsonl", args.first, ends=ends, rehearse=args.rehearse)
        return
    found = measured(args)
    if args.rehearse:  # whose figures are nobody's
        ran = sum("seconds" in one for one in found)
        print(f"{ran} of {len(ROWS)} rows ran to their end with a tiny model")
        found = [_without(one) for one in found]
    (args.out / "card.json").write_text(json.dumps(found, indent=1) + "\n")
    (args.out / "tables.md").write_text(tables(found) + "\n")
    print(tables(found))


if __name__ == "__main__":
    main()
