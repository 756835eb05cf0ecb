"""Charts of one or more benchmarks as PNG files. Needs matplotlib, which is an extra."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cadcomplete.errors import InputError
from cadcomplete.evaluate.scored import Scored
from cadcomplete.files import writing
from cadcomplete.metrics.targets import KINDS

Json = Mapping[str, Any]
_COLORS = (
    *("#1f5fa8", "#d9730d", "#2b8a5f", "#b3365c", "#6c4fb0", "#8a6d1b"),
    *("#4a4f57", "#1795a5", "#e28ab0", "#9ac355", "#000000", "#b8a5e3"),
)
_MARKERS = "osD^vP*X<>dh"
_GREY = "#5b616b"
_USUAL = KINDS[:4]  # kinds that have their panel whether they were asked about or not
_PANELS = 5  # beside each other
_FEW = 10
"""A point from fewer questions than this is drawn hollow."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """What is one line in every chart: a predictor under a condition."""

    name: str
    metrics: Json
    scored: tuple[Scored, ...]


def pyplot() -> Any:
    """Return matplotlib's pyplot, drawing without a display. Raises InputError without it."""
    try:
        import matplotlib
    except ImportError:
        hint = 'pip install "cadcomplete[report]"'
        raise InputError("reports need matplotlib, which is not installed", hint=hint) from None
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams.update(
        {
            "font.size": 11,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": _GREY,
            "axes.grid": True,
            "grid.color": "#e3e6ea",
            "axes.axisbelow": True,
            "figure.facecolor": "white",
        }
    )
    return plt


def draw_charts(series: Sequence[Series], folder: Path) -> dict[str, Path]:
    """Write every chart into a folder; return their files by what they show."""
    plt = pyplot()
    files = {}
    for title, (name, draw) in CHARTS.items():
        figure = draw(plt, series)
        files[title] = folder / name
        with writing(files[title]) as unfinished:
            figure.savefig(unfinished, dpi=110, format="png", bbox_inches="tight")
        plt.close(figure)
    return files


def _legend(figure: Any, axis: Any, count: int) -> None:
    """One legend for all panels, under them."""
    handles, labels = axis.get_legend_handles_labels()
    columns = min(3, count + 1)
    figure.legend(
        handles,
        labels,
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        ncols=columns,
        frameon=False,
    )


def _style(number: int) -> dict[str, Any]:
    color = _COLORS[number % len(_COLORS)]
    return {"color": color, "marker": _MARKERS[number % len(_MARKERS)], "markersize": 6}


def _points(axis: Any, x: Any, results: Sequence[Json], number: int, name: str) -> None:
    """Draw values with whiskers and a line through them; those from few questions are hollow."""
    y = [result["value"] for result in results]
    axis.errorbar(x, y, yerr=_bars(results), label=name, capsize=2, linewidth=1.2, **_style(number))
    few = [i for i, result in enumerate(results) if _asked(result) < _FEW]
    style = {**_style(number), "markerfacecolor": "white", "linestyle": "", "zorder": 5}
    axis.plot(np.asarray(x)[few], np.asarray(y)[few], **style)


def _asked(result: Json) -> int:
    """How many questions a value is taken from."""
    return result["n_total"] - sum(result["excluded"].values())


def _span(counts: Sequence[int]) -> str:
    """Return counts of several series as one word: "17", or "16–60" if they differ."""
    low, high = min(counts, default=0), max(counts, default=0)
    return f"{low}" if low == high else f"{low}–{high}"


def _bars(results: Sequence[Json]) -> np.ndarray:
    """Lengths of the whiskers below and above, shape (2, n)."""
    rows = [(r["value"] - r["low"], r["high"] - r["value"]) for r in results]
    return np.maximum(np.array(rows).T, 0.0)


# --- hits ---------------------------------------------------------------------------------------


def _hits(plt: Any, series: Sequence[Series]) -> Any:
    """How often one of the first k suggestions is what the designer did, for each kind."""
    kinds = [kind for kind in KINDS if kind in _USUAL or _asked_about(kind, series)]
    wide = min(_PANELS, len(kinds))
    high = -(-len(kinds) // wide)
    figure, grid = plt.subplots(high, wide, figsize=(13, 3.8 * high), sharey=True, squeeze=False)
    axes = grid.flat[: len(kinds)]
    for axis in grid.flat[len(kinds) :]:
        axis.set_axis_off()
    for axis, kind in zip(axes, kinds, strict=True):
        counts = []
        for i, one in enumerate(series):
            row = one.metrics["next"].get(kind)
            values = [row[f"hit@{k}"] for k in (1, 3, 5)] if row else []
            if not values or values[0]["value"] is None:
                continue
            counts.append(_asked(values[0]))
            apart = 0.12 * (i - (len(series) - 1) / 2)
            _points(axis, np.array([1, 3, 5]) + apart, values, i, one.name)
        axis.set_title(f"{kind} (n = {_span(counts)})", fontsize=11)
        axis.set_xlabel("suggestions looked at, k")
        axis.set_xticks([1, 3, 5])
    top = max(axes[0].get_ylim()[1], 0.1)
    axes[0].set_ylim(-0.04 * top, top)  # of all panels; points at 0 are seen whole
    for axis in grid[:, 0]:
        axis.set_ylabel("share of questions hit, hit@k")
    figure.tight_layout()
    fullest = max(axes, key=lambda axis: len(axis.get_legend_handles_labels()[0]))
    _legend(figure, fullest, len(series))
    return figure


def _asked_about(kind: str, series: Sequence[Series]) -> bool:
    return any(kind in one.metrics["next"] for one in series)


def _by_number(key: str, label: str) -> Callable[[Any, Sequence[Series]], Any]:
    def draw(plt: Any, series: Sequence[Series]) -> Any:
        figure, axis = plt.subplots(figsize=(9, 4.2))
        names = sorted({k for s in series for k in s.metrics[key]}, key=_order)
        for i, one in enumerate(series):
            known = [(names.index(k), row["hit@3"]) for k, row in one.metrics[key].items()]
            known = sorted((x, r) for x, r in known if r["value"] is not None)
            if known:
                x = np.array([x for x, _ in known]) + 0.08 * (i - (len(series) - 1) / 2)
                _points(axis, x, [r for _, r in known], i, one.name)
        rows = [[s.metrics[key][k]["hit@3"] for s in series if k in s.metrics[key]] for k in names]
        counts = [_span([_asked(result) for result in row]) for row in rows]
        words = [f"{k}\n{count}" for k, count in zip(names, counts, strict=True)]
        axis.set_xticks(range(len(names)), words)
        axis.set_xlabel(f"{label}; below, how many questions (hollow: fewer than {_FEW})")
        axis.set_ylabel("hit@3, all but first sketches")
        top = max(axis.get_ylim()[1], 0.1)
        axis.set_ylim(-0.04 * top, top)
        figure.tight_layout()
        _legend(figure, axis, len(series))
        return figure

    return draw


def _order(name: str) -> int:
    return int(name) if name.isdecimal() else 10**6


# --- scores and parts ---------------------------------------------------------------------------


def _reliability(plt: Any, series: Sequence[Series]) -> Any:
    """Whether suggestions hit as often as their scores say."""
    wide = min(4, len(series))
    high = -(-len(series) // wide)
    size = (3.3 * wide + 0.6, 3.5 * high)
    figure, axes = plt.subplots(high, wide, figsize=size, squeeze=False, sharex=True, sharey=True)
    for i, (axis, one) in enumerate(zip(axes.flat, series, strict=False)):
        calibration = one.metrics["calibration"]
        bins = [row for row in calibration["bins"] if row["count"]]
        axis.plot([0, 1], [0, 1], color=_GREY, linewidth=1, linestyle="--")
        x, y = [row["score"] for row in bins], [row["hits"] for row in bins]
        areas = [20 + 160 * row["count"] / max(calibration["suggestions"], 1) for row in bins]
        axis.plot(x, y, color=_COLORS[i % len(_COLORS)], linewidth=1.2)
        axis.scatter(x, y, s=areas, color=_COLORS[i % len(_COLORS)], clip_on=False)
        error = calibration["error"]
        text = "no suggestions" if error is None else f"ECE {error:.3f}"
        title = textwrap.fill(one.name, 30)  # beside its neighbours'
        axis.set_title(f"{title}\n{text}, n = {calibration['suggestions']}", fontsize=10)
        axis.set_xlim(-0.02, 1.02)
        axis.set_ylim(-0.02, 1.02)
        axis.set_aspect("equal")
    for axis in axes.flat[len(series) :]:
        axis.set_axis_off()
    for axis in axes[-1]:
        axis.set_xlabel("score")
    for axis in axes[:, 0]:
        axis.set_ylabel("share that hit")
    figure.tight_layout()
    return figure


def _ious(plt: Any, series: Sequence[Series]) -> Any:
    """How many unfinished parts come at least so close to the wanted one."""
    figure, axis = plt.subplots(figsize=(9, 4.2))
    grid = np.linspace(0, 1, 201)
    unfinished = [[s for s in one.scored if not s.finished] for one in series]
    if unfinished and unfinished[0]:
        before = np.array([s.before.iou for s in unfinished[0]])
        shares = (before[:, None] >= grid).mean(axis=0)
        axis.plot(grid, shares, color=_GREY, linestyle="--", label=f"given alone, {series[0].name}")
    for i, (one, own) in enumerate(zip(series, unfinished, strict=True)):
        if own:
            values = np.array([s.parts[0].iou for s in own])
            name = f"{one.name} (mean {values.mean():.3f}, n = {len(own)})"
            shares = (values[:, None] >= grid).mean(axis=0)
            axis.plot(grid, shares, color=_COLORS[i % len(_COLORS)], label=name)
    axis.set_xlabel("IoU of the first finished part with the wanted one")
    axis.set_ylabel("share of unfinished questions\nwith at least that IoU")
    axis.set_xlim(-0.005, 1.005)
    axis.set_ylim(0, 1.02)
    figure.tight_layout()
    _legend(figure, axis, 1)
    return figure


def _shown(plt: Any, series: Sequence[Series]) -> Any:
    """Of what is shown, how much is right, from all that is suggested to what is all but sure."""
    figure, axis = plt.subplots(figsize=(9, 4.2))
    for i, one in enumerate(series):
        rows = [row for row in one.metrics["shown over unfinished cuts"] if row["shown"]]
        if rows:
            results = [_right(row) for row in rows]
            _points(axis, np.array([r["share shown"] for r in rows]), results, i, one.name)
    axis.set_xlabel("share of unfinished cuts with something shown, by the score of the first")
    axis.set_ylabel("share of these that are right")
    axis.set_xlim(-0.02, 1.02)
    axis.set_ylim(0, 1.02)
    figure.tight_layout()
    _legend(figure, axis, len(series))
    return figure


def _right(row: Json) -> Json:
    bounds = {key: row[key] for key in ("low", "high")}
    return {"value": row["share right"], **bounds, "n_total": row["shown"], "excluded": {}}


CHARTS: dict[str, tuple[str, Callable[[Any, Sequence[Series]], Any]]] = {
    "Hits": ("hits.png", _hits),
    "Hits by the number of operations given": (
        "hits_by_given.png",
        _by_number("next by operations given", "operations given"),
    ),
    "Hits by the length of the history": (
        "hits_by_length.png",
        _by_number("next by length", "operations of the whole part"),
    ),
    "Reliability of scores": ("reliability.png", _reliability),
    "First suggestions shown, and right": ("shown.png", _shown),
    "IoU of finished parts": ("iou.png", _ious),
}
