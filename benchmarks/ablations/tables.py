"""The tables and the picture of the experiment, from the files of results."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

Result = dict[str, Any]
Runs = dict[str, list[Result]]

COMPARISONS = {
    "Teacher forcing against truncated input": ("one", "truncated", "own", "scheduled"),
    "Boundaries of operations against tokens at random": ("one", "random", "hidden"),
    "The boundary by length against the exact one, in JSON": ("json", "literal"),
    "All cuts in one pass against five samples": (
        "all",
        "truncations",
        "five",
        "one",
        "samples",
        "samples5",
        "five5",
    ),
}


def all_tables(runs: Runs, boundaries: Sequence[Result]) -> Iterator[str]:
    """Yield every table for which there is a result."""
    for title, names in COMPARISONS.items():
        there = [name for name in names if name in runs]
        if there:
            yield f"\n{title}\n"
            yield losses({name: runs[name] for name in there})
            yield completions({name: runs[name] for name in there})
    if runs:
        yield f"\nNoise: {noise(runs):.3f} nats, the standard deviation between two seeds\n"
    if "one" in runs:
        yield "\nExposure bias\n"
        yield positions(runs["one"])
        names = ("one", "all", "truncated", "own", "scheduled", "random", "hidden")
        yield over_positions({name: runs[name] for name in names if name in runs})
    if boundaries:
        yield "\nBoundaries by length\n"
        yield offsets(boundaries)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


def _mean(runs: Sequence[Result], get: Callable[[Result], float | None], digits: int = 3) -> str:
    """The mean over seeds, and in brackets half of what they differ by."""
    values = [value for value in map(get, runs) if value is not None]
    if not values:
        return ""
    text = f"{statistics.fmean(values):.{digits}f}"
    return f"{text} ±{(max(values) - min(values)) / 2:.{digits}f}" if len(values) > 1 else text


def losses(runs: Runs) -> str:
    """Losses of true texts, and what learning cost, validation on the way included."""
    columns = ("all cuts", "half given", "first tokens", "end")
    head = ("variant", "steps", *columns, "CPU s", "samples a CPU s")
    rows = [
        [
            some[0]["title"],
            str(some[0]["steps"]),
            *(
                _mean(some, lambda r, key=key: r["losses"][key])
                for key in ("all", "half", "first", "end")
            ),
            _mean(some, lambda r: r["seconds"] and r["seconds"]["cpu"], 0),
            _mean(some, lambda r: r["seconds"] and r["samples"] / r["seconds"]["cpu"], 0),
        ]
        for some in runs.values()
    ]
    return table(head, rows) + "\n"


def completions(runs: Runs) -> str:
    """Shares in per cent: texts written freely, and under the grammar."""
    columns = (
        ("free", "greedy end"),
        ("free", "greedy parse"),
        ("free", "drawn end"),
        ("free", "drawn parse"),
        ("free", "greedy equal"),
        ("constrained", "end"),
        ("constrained", "next"),
        ("constrained", "next alike"),
        ("constrained", "rest alike"),
    )
    rows = [
        [
            some[0]["title"],
            *(_mean(some, lambda r, a=a, b=b: 100 * r[a].get(b, 0.0), 1) for a, b in columns),
        ]
        for some in runs.values()
    ]
    return table(("variant", *(f"{a}: {b}" for a, b in columns)), rows) + "\n"


def noise(runs: Runs) -> float:
    """Standard deviation between seeds, pooled over the variants that have two."""
    pairs = [[r["losses"]["all"] for r in some] for some in runs.values() if len(some) > 1]
    squares = [statistics.variance(values) for values in pairs]
    return math.sqrt(statistics.fmean(squares)) if squares else math.nan


def _joined(runs: Sequence[Result], name: str) -> list[float]:
    """A curve, mean over seeds; all of them have the same bins."""
    return [
        statistics.fmean(values)
        for values in zip(*(r["positions"][name] for r in runs), strict=False)
    ]


def positions(runs: Sequence[Result]) -> str:
    """Losses by position after the cut."""
    names = ("count", "teacher", "own", "other", "entropy", "agreement")
    curves = {name: _joined(runs, name) for name in names}
    errors = _joined(runs, "error")
    rows = [
        [
            f"{8 * i + 1}-{8 * i + 8}",
            f"{curves['count'][i]:.0f}",
            *(f"{curves[name][i]:.2f}" for name in ("teacher", "own", "other", "entropy")),
            f"{curves['own'][i] - curves['teacher'][i]:.2f} ±{errors[i]:.2f}",
            f"{curves['agreement'][i]:.2f}",
        ]
        for i in range(len(errors))
    ]
    head = ("tokens", "count", "teacher", "own", "other", "entropy", "own - teacher", "agreement")
    return table(head, rows) + "\n"


def over_positions(runs: Runs) -> str:
    """The same over all positions of the bins, for several variants."""
    names = ("teacher", "own", "other", "entropy", "agreement")
    rows = [
        [
            some[0]["title"],
            *(
                _mean(some, lambda r, name=name: _overall(r["positions"], name), 2)
                for name in names
            ),
        ]
        for some in runs.values()
    ]
    return table(("variant", *names), rows) + "\n"


def _overall(curves: dict[str, list[float]], name: str) -> float:
    weighted = (a * b for a, b in zip(curves[name], curves["count"], strict=True))
    return sum(weighted) / sum(curves["count"])


def offsets(boundaries: Sequence[Result]) -> str:
    """How far boundaries by length are off, and what carries loss behind them."""
    rows = []
    for row in boundaries:
        off = sorted((int(k), v) for k, v in row["off"].items())
        cuts = sum(count for _, count in off)
        supervised = max(1, row["supervised"])
        rows.append(
            [
                f"{row['data']}, {row['parts']} parts, {cuts} cuts",
                row["layout"],
                row["tokenizer"],
                ", ".join(f"{k:+d}: {100 * v / cuts:.0f} %" for k, v in off),
                f"{100 * row['broken'] / cuts:.0f} %",
                f"{100 * row['straddling'] / cuts:.0f} %",
                f"{100 * supervised / row['total']:.1f} %",
                f"{100 * row['geometry'] / supervised:.1f} %",
            ]
        )
    head = (
        "data",
        "JSON",
        "tokenizer",
        "tokens too late",
        "no prefix",
        "inside a token",
        "carry loss",
        "of these before the list",
    )
    return table(head, rows) + "\n"


def draw(runs: Runs, path: Path) -> None:
    """Draw losses by position after the cut, and what training on own output changes."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10, 4.6), sharey=True, layout="constrained")
    styles = {
        "teacher": ("true text before it", "C0", "-"),
        "own": ("the model's own text before it", "C3", "-"),
        "other": ("text of another part before it", "0.5", "--"),
        "entropy": ("own token after own text", "C2", ":"),
    }
    for name, (label, color, line) in styles.items():
        curve = _joined(runs["one"], name)
        places = [8 * i + 4.5 for i in range(len(curve))]
        axes[0].plot(places, curve, color=color, linestyle=line, marker=".", label=label)
    axes[0].set_title("trained with teacher forcing")
    for number, name in enumerate(n for n in ("one", "own", "scheduled") if n in runs):
        label = {"one": "teacher forcing", "own": "own output", "scheduled": "share of own rising"}[
            name
        ]
        for curve_name, line in (("teacher", "-"), ("own", "--")):
            curve = _joined(runs[name], curve_name)
            places = [8 * i + 4.5 for i in range(len(curve))]
            read = "true" if curve_name == "teacher" else "own"
            axes[1].plot(
                places,
                curve,
                color=f"C{number}",
                linestyle=line,
                marker=".",
                label=f"{label}; reads {read} text",
            )
    axes[1].set_title("three ways to train")
    for axis in axes:
        axis.set_xlabel("position after the cut, in tokens")
        axis.grid(alpha=0.3)
        axis.set_ylim(bottom=0)
        axis.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=2)
    axes[0].set_ylabel("loss, nats per token")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)
