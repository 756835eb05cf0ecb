"""Metrics as text for people: one row for each kind of operation, with counts and intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]

_HITS = ("hit@1", "hit@3", "hit@5")


def answer(report: Json) -> str:
    """Return what the command tells people."""
    if "report" in report:
        return "\n".join([f"report: {report['report']}", *report["files"]])
    if "written" in report:
        return f"{generation(report)}\n\nparts, picture and metrics are in {report['folder']}"
    return f"{text(report)}\n\npredictions and metrics are in {report['folder']}"


def text(document: Json) -> str:
    """Return the table of a benchmark."""
    settings = document["settings"]
    data = ", ".join(settings["data"])
    lines = [
        f"{settings['predictor']} on {data}, {settings['split']}: {settings['parts']} parts, "
        f"{settings['answered']} of {settings['questions']} questions"
    ]
    lines += [f"  left out: {count} parts, {why}" for why, count in settings["left_out"].items()]
    for name, condition in document["conditions"].items():
        lines += ["", f"condition {name}: {_counts(condition)}", *_condition(condition)]
    lines += _differences(document["differences"])
    lines += ["", "scores: of a next operation the probability that it is the designer's, of a "]
    lines[-1] += "finished part the IoU that it is expected to have"
    return "\n".join(lines)


def generation(document: Json) -> str:
    """Return the table of parts that were written from nothing."""
    data, real = ", ".join(document["data"]), document["real"]
    lines = [
        f"{document['predictor']} on {data}, {document['split']}: {document['written']} parts "
        f"written from nothing, {document['valid']} valid; {document['valid real']} of {real} real "
        f"parts; {document['training']} training parts"
    ]
    failures = document["metrics"]["invalidity ratio"]["failures"]
    lines += [f"  failed: {count} × {why}" for why, count in failures.items()]
    rows = [("parts from nothing", "n", "value")]
    for name, result in document["metrics"].items():
        share_of = result["unit"] == "share"
        label = name if share_of else f"{name} ({result['unit']})"
        rows.append((label, count(result), cell(result, digits=3 if share_of else 4)))
    return "\n".join([*lines, "", *columns(rows)])


def _counts(condition: Json) -> str:
    text = f"{condition['questions']} questions, {condition['designs']} designs"
    failed = condition["failed"]
    reasons = "; ".join(f"{count} × {why}" for why, count in condition["failures"].items())
    return f"{text}, {failed} failed" + (f" ({reasons})" if reasons else "")


def _condition(condition: Json) -> list[str]:
    rows: list[tuple[str, ...]] = [("next operation", "n", *_HITS, "kind", "boolean", "exact")]
    for kind, row in condition["next"].items():
        first = row["hit@1"]
        others = ("kind accuracy", "boolean accuracy", "exact dimensions")
        rows.append(
            (
                kind,
                count(first),
                *(cell(row[name]) for name in _HITS),
                *(cell(row.get(name), interval=False) for name in others),
            )
        )
    lines = columns(rows)
    names = list(condition["parts over all cuts"])
    parts: list[tuple[str, ...]] = [("whole part", "n", *names)]
    for level in ("over all cuts", "over unfinished cuts", "from nothing"):
        row = condition[f"parts {level}"]
        parts.append((level, count(row[names[0]]), *(cell(row[name]) for name in names)))
        row = condition[f"as it is {level}"]
        parts.append(("  as it is", count(row[names[0]]), *(cell(row[name]) for name in names)))
    lines += ["", *columns(parts), "", *_above(condition), "", *_shown(condition), ""]
    lines += _rest(condition)
    others = condition.get("other metrics")
    if others:
        known = [(name, count(result), cell(result)) for name, result in others.items()]
        lines += ["", *columns([("as other systems", "n", "first part"), *known])]
    return lines


def _above(condition: Json) -> list[str]:
    return [
        f"first part above the part as it is {level}: IoU {signed(found)}, parts drawn"
        for level in LEVELS
        if (found := condition[f"above as it is {level}"]) is not None
    ]


LEVELS = ("over all cuts", "over unfinished cuts")
_TOLD = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def _shown(condition: Json) -> list[str]:
    """First suggestions from a score on: at how many cuts there is one, and how many are right."""
    rows = [("first suggestion shown from", "n", *(share(t, digits=1) for t in _TOLD))]
    for level in ("unfinished cuts", "all cuts"):
        found = [row for row in condition[f"shown over {level}"] if row["threshold"] in _TOLD]
        total = str(found[0]["total"])
        rows.append((f"of {level}", total, *(share(row["share shown"], digits=2) for row in found)))
        rows.append(
            ("  of these right", "", *(share(row["share right"], digits=2) for row in found))
        )
    return columns(rows)


def _differences(found: Json) -> list[str]:
    """What each condition is above the first: the same questions, parts drawn with replacement."""
    names = [name for name in _COMPARED if any(name in row for row in found.values())]
    rows = [
        (name, str(next(iter(row.values()))["parts"]), *(_difference(row, what) for what in names))
        for name, row in found.items()
        if row
    ]
    return ["", *columns([("the same questions", "parts", *names), *rows])] if rows else []


_COMPARED = (
    *("hit@1, macro", "hit@3, macro", "hit@3, macro, copies"),
    *("IoU over all cuts", "IoU from nothing"),
)


def _difference(row: Json, what: str) -> str:
    return signed(row[what]) if what in row else "–"


def signed(result: Json, *, digits: int = 3) -> str:
    """Return a difference with its 95 % interval, such as "+.042 [+.010, +.081]"."""
    low, high = (_signed(result[key], digits) for key in ("low", "high"))
    return f"{_signed(result['value'], digits)} [{low}, {high}]"


def _signed(value: float, digits: int) -> str:
    text = f"{value:+.{digits}f}"
    return text[0] + text[1:].removeprefix("0")


def _rest(condition: Json) -> list[str]:
    stop, calibration = condition["stop"], condition["calibration"]
    return [
        f"finished ({stop['n_finished']} of {stop['n_total']}): precision "
        f"{share(stop['precision'])}, recall {share(stop['recall'])}, "
        f"Brier {share(stop['brier'])}; "
        f"mean probability {share(stop['when_finished'])} if finished, "
        f"{share(stop['when_not'])} if not",
        f"first suggestion valid: {cell(condition['valid next'])}",
        f"calibration error {share(calibration['error'])} over {calibration['suggestions']} "
        f"suggestions; {cell(condition['seconds'], interval=False, digits=2)} seconds an answer "
        "(median)",
    ]


def count(result: Json) -> str:
    """Return how many items a value is taken from, and how many there are if that is more."""
    total, out = result["n_total"], sum(result["excluded"].values())
    return f"{total - out}" + (f" of {total}" if out else "")


def cell(result: Json | None, *, interval: bool = True, digits: int = 3) -> str:
    """Return a value with its 95 % interval, such as ".142 [.120, .160]"."""
    if result is None or result["value"] is None:
        return "–"
    text = share(result["value"], digits=digits)
    if interval and result["low"] is not None:
        text += f" [{share(result['low'], digits=2)}, {share(result['high'], digits=2)}]"
    return text


def share(value: float | None, *, digits: int = 3) -> str:
    if value is None:
        return "–"
    text = f"{value:.{digits}f}"
    return text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows of words with their columns under each other, the first one to the left."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        words = [row[0].ljust(widths[0])]
        words += [word.rjust(width) for word, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(words))
    return lines
