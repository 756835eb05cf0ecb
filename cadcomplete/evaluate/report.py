"""The report of one or more benchmarks: one HTML file that needs nothing else."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path

from cadcomplete.errors import InputError
from cadcomplete.evaluate.charts import Series, draw_charts, pyplot
from cadcomplete.evaluate.gallery import CASES, chosen, draw_gallery
from cadcomplete.evaluate.run import Watch
from cadcomplete.evaluate.scores import EvaluationRun
from cadcomplete.evaluate.tables import cell, count, share, signed
from cadcomplete.files import check_folder, write_text
from cadcomplete.kernel.contain import Kernel
from cadcomplete.metrics.targets import KINDS, MACROS

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #24292f; max-width: 1280px; margin: 2em auto;
  padding: 0 1em; }
p.warn { border-left: 4px solid #d9730d; padding: 4px 12px; background: #fdf3e7; }
table { border-collapse: collapse; margin: 1em 0; font-size: 13.5px; }
th, td { border-bottom: 1px solid #d6dae0; padding: 4px 10px; text-align: right;
  white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
th { background: #f3f5f7; } small { color: #5b616b; } img { max-width: 100%; }
div.wide { overflow-x: auto; }
"""


def write_report(
    runs: Sequence[EvaluationRun], folder: Path, *, kernel: Kernel, watch: Watch
) -> list[str]:
    """Write `report.html` and the pictures in it into a folder; return the files of the pictures.

    Raises InputError if there is nothing to report, or matplotlib is not installed.
    """
    pyplot()
    check_folder(folder)
    series = all_series(runs)
    if not series:
        raise InputError("there are no answers to report")
    files = draw_charts(series, folder)
    cases = chosen(runs[0].scored, seed=runs[0].header.seed)
    if cases:
        files["Gallery"] = folder / "gallery.png"
        draw_gallery(cases, files["Gallery"], kernel=kernel, watch=watch)
    write_text(folder / "report.html", page(runs, series, files, cases=len(cases)))
    return [str(file) for file in files.values()]


def all_series(runs: Sequence[EvaluationRun]) -> list[Series]:
    """Return every predictor under every condition, in the order in which they were given."""
    found = []
    names = [run.header.predictor for run in runs]
    for run in runs:
        name = run.header.predictor
        if names.count(name) > 1:
            name = f"{name} (seed {run.header.seed}, {', '.join(run.header.data)})"
        several = len({c for r in runs for c in r.document["conditions"]}) > 1
        for condition, metrics in run.document["conditions"].items():
            label = f"{name}, {condition}" if several else name
            own = tuple(s for s in run.scored if s.answer.condition == condition)
            found.append(Series(label, metrics, own))
    return found


# --- the page -----------------------------------------------------------------------------------


def page(
    runs: Sequence[EvaluationRun], series: Sequence[Series], files: dict[str, Path], *, cases: int
) -> str:
    """Return the HTML of a report."""
    parts = ["<h1>Completing CAD histories</h1>", *map(_settings, runs)]
    parts += [f'<p class="warn">{escape(text)}</p>' for text in warnings(runs, series)]
    parts += [f"<p>{escape(_WORDS)}</p>", "<h2>Next operation</h2>"]
    parts += [_next_table(kind, series) for kind in (*KINDS, *MACROS)]
    parts += ["<h2>Above nothing shown</h2>", _differences_table(runs)]
    parts += ["<h2>First suggestions shown</h2>", _shown_table(series)]
    parts += ["<h2>Finished part</h2>", _parts_table("unfinished cuts", series)]
    parts += [_parts_table("all cuts", series), "<h2>Finished or not</h2>", _stop_table(series)]
    for title, file in files.items():
        note = ""
        if title == "Gallery":
            name, seed = runs[0].header.predictor, runs[0].header.seed
            note = (
                f"<p>{cases} questions of {escape(name)} that were drawn at random (seed {seed}, "
                f"at most {CASES}), not chosen. Grey is given, orange is new, blue are "
                "sketches. Each picture is fitted to what it shows: a miss that looks like the "
                "designer's is on another plane, elsewhere, or of another size.</p>"
            )
        parts.append(f"<h2>{escape(title)}</h2>{note}{_image(file, title)}")
    body = "\n".join(parts)
    head = '<meta charset="utf-8"><title>Completing CAD histories</title>'
    return f'<!doctype html>\n<html lang="en"><head>{head}<style>{_STYLE}</style></head>' + (
        f"<body>\n{body}\n</body></html>\n"
    )


_WORDS = (
    "Values in brackets are 95 % intervals, drawn over source designs. A question whose predictor "
    "failed, or suggested nothing (both are: no answer), is a miss. n is how many questions hit@k "
    "and IoU are taken from; questions that nobody can hit, such as cuts that remove nothing, are "
    "in none of them. Accuracies and errors are of the first suggestion, errors are medians; exact "
    "dimensions are of hits only."
)


def warnings(runs: Sequence[EvaluationRun], series: Sequence[Series]) -> list[str]:
    """Return what forbids to compare: runs that are not finished, questions that differ."""
    found = []
    for run in runs:
        answered, total = run.document["settings"]["answered"], run.header.questions
        if answered < total:
            name = run.header.predictor
            found.append(f"{name} is not finished: {answered} of {total} questions are answered.")
    asked = [frozenset(s.answer.key[:3] for s in one.scored) for one in series]
    if len(set(asked)) > 1:
        counts = ", ".join(f"{s.name}: {len(keys)}" for s, keys in zip(series, asked, strict=True))
        shared = len(frozenset.intersection(*asked))
        found.append(
            f"These are not answers to the same questions ({counts}; {shared} are in all): "
            "differences between rows are also differences between questions."
        )
    return found


def _settings(run: EvaluationRun) -> str:
    header, settings = run.header, run.document["settings"]
    data = ", ".join(f"{name} ({digest})" for name, digest in header.data.items())
    left = "; ".join(f"{why}: {n} parts" for why, n in header.left_out.items()) or "none"
    failed = sum(c["failed"] for c in run.document["conditions"].values())
    text = (
        f"{data}, split {header.split}: {header.parts} parts, {settings['answered']} of "
        f"{header.questions} questions answered, {failed} failed; cuts {header.cuts or 'all'}; "
        f"conditions {', '.join(header.conditions)}; n {header.n}; seed {header.seed}; left out: "
        f"{left}"
    )
    return f"<p><b>{escape(header.predictor)}</b> on {escape(text)}</p>"


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    first = "".join(f"<th>{escape(word)}</th>" for word in head)
    lines = ["<tr>" + "".join(f"<td>{escape(word)}</td>" for word in row) + "</tr>" for row in rows]
    caption = f"<h3>{escape(title)}</h3>" if title else ""
    return f'{caption}<div class="wide"><table><tr>{first}</tr>{"".join(lines)}</table></div>'


def _next_table(kind: str, series: Sequence[Series]) -> str:
    own = [(s.name, s.metrics["next"].get(kind)) for s in series]
    known = [(name, row) for name, row in own if row]
    if not known:
        return ""
    names = list(dict.fromkeys(name for _, row in known for name in row))
    rows = [
        (
            label,
            count(row["hit@1"]),
            str(row["hit@1"]["n_failed"]),
            *(cell(row.get(n)) for n in names),
        )
        for label, row in known
    ]
    millimetres = {name for _, row in known for name in row if row[name]["unit"] == "mm"}
    head = [f"{name}, mm" if name in millimetres else name for name in names]
    title = _MEANS.get(kind, kind)
    return _table(title, ("predictor", "n", "no answer", *head), rows)


_MEANS = {
    "macro": "macro: the mean of first extrude, later sketch and later extrude",
    "macro, copies": "macro, copies: the mean of mirror, linear and polar pattern",
    "macro, all kinds": "macro, all kinds: the mean of all kinds but the first sketch",
}


def _differences_table(runs: Sequence[EvaluationRun]) -> str:
    """What each condition is above the first one of its run, question by question."""
    found = [
        (f"{run.header.predictor}, {name}", row)
        for run in runs
        for name, row in run.document["differences"].items()
    ]
    names = list(dict.fromkeys(what for _, row in found for what in row))
    cells = [
        (label, *(signed(row[what]) if what in row else "–" for what in names))
        for label, row in found
    ]
    return _table("the same questions, parts drawn", ("predictor", *names), cells) if cells else ""


def _shown_table(series: Sequence[Series]) -> str:
    rows, heads = [], []
    for one in series:
        found = [row for row in one.metrics[_UNFINISHED] if row["shown"]]
        heads = heads or [share(r["threshold"], digits=2) for r in one.metrics[_UNFINISHED]]
        words = [
            f"{share(row['share right'], digits=2)} of {share(row['share shown'], digits=2)}"
            for row in found
        ]
        rows.append((one.name, *words, *["–"] * (len(heads) - len(words))))
    title = "right of those shown, of the unfinished cuts with something shown, from a score on"
    return _table(title, ("predictor", *heads), rows)


_UNFINISHED = "shown over unfinished cuts"


def _parts_table(level: str, series: Sequence[Series]) -> str:
    rows, names = [], []
    for one in series:
        row = one.metrics[f"parts over {level}"]
        names = list(row)
        first = row[names[0]]
        rows.append((one.name, count(first), *(cell(row[name]) for name in names)))
    if series:  # the same for all that were asked the same
        row = series[0].metrics[f"as it is over {level}"]
        rows.append(("as it is", count(row[names[0]]), *(cell(row[name]) for name in names)))
    return _table(f"over {level}", ("predictor", "n", *names), rows)


def _stop_table(series: Sequence[Series]) -> str:
    keys = ("precision", "recall", "when_finished", "when_not", "brier")
    rows = []
    for one in series:
        stop = one.metrics["stop"]
        counts = f"{stop['n_finished']} of {stop['n_total']}"
        values = (share(stop[key]) for key in keys)
        valid, seconds = one.metrics["valid next"], one.metrics["seconds"]
        rows.append(
            (one.name, counts, str(stop["n_failed"]), *values, cell(valid), cell(seconds, digits=2))
        )
    head = ("predictor", "finished", "failed", "precision", "recall", "mean if finished")
    return _table("", (*head, "mean if not", "Brier", "first suggestion valid", "seconds"), rows)


def _image(file: Path, title: str) -> str:
    data = base64.b64encode(file.read_bytes()).decode("ascii")
    return f'<img alt="{escape(title)}" src="data:image/png;base64,{data}">'
