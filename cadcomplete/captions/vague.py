"""What words without numbers say: that a "rod" is long, and that a "washer" is hollow.

For each word and each class of what an operation makes (`classes.py`) there is by how many nats the
word is likelier where that class is true (naive Bayes), counted in captions of the training split
(`benchmarks/vague.py`). They count together, but not fully, as words come in company.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from cadcomplete.captions.classes import bounded, classes, words_of
from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.operations import Operation

FILE = Path(__file__).with_name("vague.json")

MOST = 2.5
"""Nats that vague words are worth at most, for one question."""

Table = Mapping[str, Mapping[str, Mapping[str, float]]]
"""Nats of a question, a class and a word."""


@cache
def associations() -> tuple[float, Table]:
    """Return which share of the nats counts, and the nats."""
    document = json.loads(FILE.read_text(encoding="utf-8"))
    return float(document["share"]), document["nats"]


def vague_nats(text: str, operation: Operation, before: tuple[Operation, ...]) -> float:
    """Return what the words of a caption say for or against an operation."""
    share, table = associations()
    words = words_of(text)
    total = 0.0
    try:
        found = classes(operation, before)
    except (GeometryError, UnsupportedError):  # what cannot be drawn is of no class
        return total
    for question, answer in found.items():
        known = table.get(question, {}).get(answer, {})
        total += bounded(share * sum(known.get(word, 0.0) for word in words), MOST)
    return total
