"""What a preparation tells when it is done: `report.json`, and the same for people."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from cadcomplete.data.prepare.finish import Catalog
from cadcomplete.data.prepare.inputs import Inputs
from cadcomplete.data.prepare.settings import Settings
from cadcomplete.data.prepared import SPLITS

LENGTHS = (2048, 4096, 8192, 13000, 16384)
"""Numbers of tokens at which coverage is told: 13,000 is the specification's."""

Json = dict[str, Any]


def summarize(
    inputs: Inputs, catalog: Catalog, problems: list[Json], source: str, settings: Settings
) -> Json:
    """Return the report; every problem in it has an id, a file, a stage and a reason."""
    kept = catalog.split.kept
    left_out = [p for p in problems if p["stage"] != "caption"]
    outside = sum(p["stage"] == "list" for p in problems)
    return {
        "source": source,
        "settings": settings.as_dict(),
        "files": inputs.count + outside,
        "parts": int(kept.sum()),
        "skipped": {
            "count": len(left_out),
            "by_stage": dict(Counter(p["stage"] for p in left_out).most_common()),
            "parts": left_out,
        },
        "captions": {
            "given": int((catalog.given & kept).sum()),
            "derived": int((~catalog.given & kept).sum()),
            "missing": [],
            "problems": [p for p in problems if p["stage"] == "caption"],
        },
        "duplicates": _duplicates(catalog),
        "splits": {name: _side(catalog, side) for side, name in enumerate(SPLITS)},
        "operations": _distribution(catalog.operations[kept]),
        "tokens": {
            name: {**_distribution(lengths), "coverage": _coverage(lengths)}
            for name, lengths in zip(("lines", "json"), catalog.lengths[kept].T, strict=True)
        },
    }


def unfinished(parts: list[Json]) -> Json:
    """What is told of parts that end before something that is not known here."""
    names = Counter(name for part in parts for name in part["unsupported"])
    return {"count": len(parts), "by_name": dict(names.most_common()), "parts": parts}


def remarks(odd: list[Json]) -> Json:
    """Return what is valid but may not be meant: how many parts, and which operations of which.

    `several_bodies` and each of `kinds` count parts; `parts` are those with such operations.
    """
    kinds = ({remark["kind"] for remark in part["remarks"]} for part in odd)
    named = [part for part in odd if part["remarks"]]
    return {
        "several_bodies": sum(part["bodies"] > 1 for part in odd),
        "kinds": dict(Counter(kind for found in kinds for kind in found).most_common()),
        "parts": [{**part, "remarks": [r["text"] for r in part["remarks"]]} for part in named],
    }


def _duplicates(catalog: Catalog) -> Json:
    """Copies have the same text; a family has designs that share a shape, however placed."""
    kept, family = catalog.split.kept, catalog.split.family
    pairs = np.unique(np.stack([family[kept], catalog.designs[kept]]).astype(np.uint64), axis=1)
    families, designs = np.unique(pairs[0], return_counts=True)
    shared = np.isin(family[kept], families[designs > 1])
    return {
        "copies": int((~kept).sum()),
        "families_of_several_designs": int((designs > 1).sum()),
        "parts_in_them": int(shared.sum()),
        "largest_family": int(np.bincount(family[kept]).max(initial=0)) if kept.any() else 0,
    }


def _side(catalog: Catalog, side: int) -> Json:
    here = catalog.split.kept & (catalog.split.side == side)
    designs = len(np.unique(catalog.designs[here]))
    return {"parts": int(here.sum()), "designs": designs}


def _distribution(values: np.ndarray) -> Json:
    if not len(values):
        return {"mean": None}
    quantiles = {"median": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "max": 1.0}
    told = {name: int(np.quantile(values, q, method="lower")) for name, q in quantiles.items()}
    powers = np.floor(np.log2(np.maximum(values, 1))).astype(int)
    counts = np.unique(powers, return_counts=True)
    histogram = {str(2 << int(p)): int(n) for p, n in zip(*counts, strict=True)}
    return {"mean": round(float(values.mean()), 2), **told, "below": histogram}


def _coverage(lengths: np.ndarray) -> dict[str, float]:
    shares = ((lengths <= limit).mean() if len(lengths) else 0.0 for limit in LENGTHS)
    return {str(n): round(float(share), 5) for n, share in zip(LENGTHS, shares, strict=True)}


def text(report: Json) -> str:
    """Return a report for people."""
    skipped, duplicates = report["skipped"], report["duplicates"]
    lines = [f"{report['parts']} parts from {report['files']} files"]
    for stage, count in skipped["by_stage"].items():
        lines.append(f"  {count} left out: {_STAGES.get(stage, stage)}")
        shown = [p for p in skipped["parts"] if p["stage"] == stage][:3]
        lines += [f"    {p['file']}: {p['reason']}" for p in shown] if stage != "duplicate" else []
    if (cut := report["unfinished"])["count"]:
        names = ", ".join(f"{name} {count}" for name, count in cut["by_name"].items())
        lines.append(f"  {cut['count']} end before what is not known here: {names}")
    sides = (f"{side['parts']} {name}" for name, side in report["splits"].items())
    lines.append(f"split by source design: {', '.join(sides)}")
    lines.append(
        f"{duplicates['families_of_several_designs']} families of designs that share a shape, "
        f"{duplicates['parts_in_them']} parts in them, each family on one side"
    )
    if "remarks" in report:  # an earlier version did not look
        lines += _remarks(report["remarks"])
    captions = report["captions"]
    lines.append(f"captions: {captions['given']} given, {captions['derived']} derived alone")
    if captions["problems"]:
        lines.append(
            f"  {len(captions['problems'])} that belong to no part, or to one that has one"
        )
    for name, tokens in report["tokens"].items():
        if tokens["mean"] is None:
            continue
        fits = ", ".join(f"{share:.1%} ≤ {n}" for n, share in tokens["coverage"].items())
        lines.append(f"tokens as {name}: median {tokens['median']}, most {tokens['max']}; {fits}")
    lines.append(
        f"{report['seconds']:.0f} seconds, {report['parts_per_second']:.1f} parts a second"
    )
    return "\n".join(lines)


def _remarks(found: Json) -> list[str]:
    """What is valid but may not be meant, for people: nothing if there is nothing."""
    counts = [f"{count} have an operation that {kind}" for kind, count in found["kinds"].items()]
    if found["several_bodies"]:
        counts.insert(0, f"{found['several_bodies']} have several bodies")
    lines = [f"valid, but look at them: {', '.join(counts)}"] if counts else []
    return lines + [f"    {part['file']}: {part['remarks'][0]}" for part in found["parts"][:3]]


_STAGES = {
    "list": "truncated versions, or their id is taken",
    "read": "cannot be read",
    "validate": "something in them cannot be built",
    "build": "an operation cannot be built",
    "check": "no valid solid",
    "describe": "cannot be drawn or measured",
    "kernel": "the CAD kernel crashed or took too long",
    "unexpected": "a mistake of ours: please report it",
    "duplicate": "copies of another part",
}
