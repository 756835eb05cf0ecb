"""What vague words say of a part, counted in the captions of the training split.

    python benchmarks/vague.py runs/out/data/fusion360

For each class of what an operation makes, how much likelier each word is in the captions of parts
where it is made. The share of the nats that counts is the one that predicts the classes of the test
split best; both likelihoods are told. Written to cadcomplete/captions/vague.json.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from cadcomplete.captions.classes import bounded, classes, words_of
from cadcomplete.captions.vague import FILE, MOST
from cadcomplete.data.read import read_samples
from cadcomplete.data.samples import Sample
from cadcomplete.history.operations import Extrude, Sketch

LEAST = 40  # parts with a word, so that it counts
FLAT = 8.0  # parts that each class of a question is taken to have had besides
SMALL = 0.25  # nats below which a word says nothing

Seen = tuple[str, str, frozenset[str]]
"""A question, its answer, and the words of the caption."""


def seen(samples: Iterable[Sample], split: str) -> Iterator[Seen]:
    """Yield the classes of every operation of the parts of a split that have a caption."""
    for sample in samples:
        operations = sample.sequence.operations
        known = all(isinstance(one, Sketch | Extrude) for one in operations)
        if sample.split == split and sample.caption and known:
            words = words_of(sample.caption)
            for index, operation in enumerate(operations):
                for question, answer in classes(operation, operations[:index]).items():
                    yield question, answer, words


def counted(found: list[Seen]) -> dict[str, dict[str, dict[str, float]]]:
    """Return the nats of each word by question and class."""
    answers: dict[str, Counter[str]] = defaultdict(Counter)
    with_word: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for question, answer, words in found:
        answers[question][answer] += 1
        with_word[question, answer].update(words)
    table: dict[str, dict[str, dict[str, float]]] = {}
    for question, counts in answers.items():
        total = sum(counts.values())
        all_words: Counter[str] = Counter()
        for answer in counts:
            all_words.update(with_word[question, answer])
        for answer, count in counts.items():
            nats = {}
            for word, among in all_words.items():
                if among < LEAST or among > 0.9 * total:
                    continue
                share = among / total
                own = (with_word[question, answer][word] + FLAT * share) / (count + FLAT)
                value = math.log(own / share)
                if abs(value) > SMALL:
                    nats[word] = round(value, 2)
            table.setdefault(question, {})[answer] = nats
    return table


def likelihood(
    found: list[Seen],
    table: dict[str, dict[str, dict[str, float]]],
    base: dict[str, Counter[str]],
    share: float,
) -> float:
    """Return the mean nats that the words save for an answer."""
    saved = 0.0
    for question, answer, words in found:
        counts = base[question]
        total = sum(counts.values())
        scores = {
            one: math.log(count / total)
            + bounded(share * sum(table[question][one].get(w, 0.0) for w in words), MOST)
            for one, count in counts.items()
        }
        norm = math.log(sum(math.exp(score) for score in scores.values()))
        if answer in counts:
            saved += scores[answer] - norm - math.log(counts[answer] / total)
    return saved / max(1, len(found))


def main() -> None:
    """Count, choose the share, and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    asked = parser.parse_args()
    samples = [s for f in asked.folders for s in read_samples(f) if isinstance(s, Sample)]
    train, test = list(seen(samples, "train")), list(seen(samples, "test"))
    table = counted(train)
    base: dict[str, Counter[str]] = defaultdict(Counter)
    for question, answer, _ in train:
        base[question][answer] += 1
    shares = [i / 20 for i in range(1, 21)]
    best = max(shares, key=lambda share: likelihood(test, table, base, share))
    for question in base:
        own = [one for one in test if one[0] == question]
        print(f"{question}: {likelihood(own, table, base, best):.3f} nats saved of {len(own)}")
    saved = likelihood(test, table, base, best)
    print(f"share {best}: {saved:.3f} nats saved an answer, {len(train)} and {len(test)} answers")
    FILE.write_text(json.dumps({"share": best, "nats": table}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
