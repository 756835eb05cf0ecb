"""The tables of `small_models.py`, from its files of results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from modalities import CONDITIONS
from small_variants import QUESTIONS, VARIANTS

Result = dict[str, Any]

SHOWN = tuple(name for name in CONDITIONS if name != "all")
"""The conditions under which held-out parts are measured."""

_DRAWS = 2000


def tables(found: dict[str, Result], grid: Result | None) -> Iterator[str]:
    """Yield the table of every question of which something is known."""
    for question, names in QUESTIONS.items():
        there = {name: found[name] for name in names if name in found}
        if there.keys() - {"base"}:
            yield f"**{question}**\n\n{compared(there)}\n"
    if grid is not None:
        yield f"{on_grid(grid)}\n"


def compared(runs: dict[str, Result]) -> str:
    """Return the table of some variants over the held-out parts that none of them refuses.

    In brackets the difference to the base, with a 95 % interval: paired bootstrap over parts.
    """
    shown = [set(run["nats"][condition]) for run in runs.values() for condition in SHOWN]
    parts = sorted(set.intersection(*shown))
    titles = {name: VARIANTS[name].title for name in runs}
    told = "; ".join(f"{titles[name]}: {_refusals(run['refused'])}" for name, run in runs.items())
    head = ("", "parameters", "steps", "samples", "CPU s", *SHOWN)
    rows = [
        (VARIANTS[name].title, *_row(run, runs.get("base"), parts)) for name, run in runs.items()
    ]
    most = max(run["parts"]["held out"] for run in runs.values())
    return (
        f"Nats per part over {len(parts)} of {most} held-out parts, by what is shown.\n\n"
        f"{_markdown(head, rows)}\n\nRefused: {told}."
    )


def _row(run: Result, base: Result | None, parts: Sequence[str]) -> Iterator[str]:
    yield f"{run['parameters'] / 1e6:.2f} M"
    yield f"{run['steps']:,}"
    yield f"{run['samples']:,}"
    yield f"{run['cpu_seconds']:.0f}"
    for condition in SHOWN:
        own = np.array([run["nats"][condition][part] for part in parts])
        mean = f"{own.mean():.1f}"
        if base is None or base is run:
            yield mean
            continue
        less = own - np.array([base["nats"][condition][part] for part in parts])
        low, high = interval(less)
        yield f"{mean} ({less.mean():+.1f}: {low:+.1f} to {high:+.1f})"


def interval(values: np.ndarray) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a mean; the same values give the same."""
    random = np.random.default_rng(0)
    means = values[random.integers(len(values), size=(_DRAWS, len(values)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975]).tolist()
    return low, high


def on_grid(counts: Result) -> str:
    """Say what is left of held-out parts that were put on their grids and scaled back."""
    parts, all_dimensions = counts["parts"], counts["dimensions"]
    share = lambda name, of: f"{100 * counts[name] / of:.1f} %"  # noqa: E731
    rows = [
        ("collapse: a curve or an extrude is rounded away", share("collapsed", parts)),
        ("still build a valid solid", share("valid", parts)),
        ("and have an IoU of 0.95 or more with the exact part", share("alike", parts)),
        (
            f"of {all_dimensions:,} dimensions the same to 0.01 mm",
            share("exact dimensions", all_dimensions),
        ),
    ]
    return (
        "A text on the grid says less, so the losses above do not compare; this is what it does "
        f"not say.\n\n{_markdown((f'of {parts} held-out parts', 'share'), rows)}"
    )


def _refusals(refused: dict[str, dict[str, int]]) -> str:
    counts = {side: sum(reasons.values()) for side, reasons in refused.items()}
    return ", ".join(f"{count} {side}" for side, count in counts.items())


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))
