"""What vague words say of a part, fitted to the captions of the training split.

    python benchmarks/vague.py runs/out/data/fusion360 runs/out/data/omnicad

For each question of what an operation makes (`captions/classes.py`) a multinomial logistic
regression on what was made before, and beside it one on the words of the caption. The penalty of
the words is the one that predicts a seventh of the training designs best, when it was fitted to the
others; a question of which words tell nothing there is left out. Told are the nats that words save
of the test split, which nothing was chosen by. Written to cadcomplete/captions/vague.json.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from cadcomplete.captions.classes import classes, context, words_of
from cadcomplete.captions.planes import views
from cadcomplete.captions.vague import BIAS, FILE, UNIT, Question
from cadcomplete.data.read import read_samples
from cadcomplete.data.samples import Sample, hash64
from cadcomplete.evaluate.questions import WORDS
from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import Extrude, Sketch
from cadcomplete.history.sequence import CadSequence

LEAST = 40  # operations with a word, so that it counts
MOST = 300  # words of a question
LONGEST = 24  # operations of a part
RARE = 20  # operations of a class that is left out
PENALTIES = (5.0, 15.0, 50.0, 150.0)
BEFORE = 1.0  # the penalty without words
WORTH = 0.02  # nats held out that a question is worth at least
SMALL = 0.03  # nats below which a word says nothing


@dataclass(frozen=True, slots=True)
class Seen:
    """An operation: its class, what was made before it, and what is said of the part."""

    question: str
    answer: str
    before: frozenset[str]
    words: frozenset[str]
    held: bool  # out, to choose a penalty by


def seen(samples: Iterable[Sample], split: str) -> Iterator[Seen]:
    """Yield the classes of every operation of the parts of a split that have a caption."""
    for sample in samples:
        operations = sample.sequence.operations
        known = all(isinstance(one, Sketch | Extrude) for one in operations)
        text = WORDS["caption"](sample)
        if sample.split != split or not text or not known or len(operations) > LONGEST:
            continue
        words, held = words_of(text), hash64(f"vague {sample.design}") % 7 == 0
        for index, operation in enumerate(operations):
            before = operations[:index]
            later = isinstance(operation, Sketch) and any(one.builds for one in before)
            planes = views(CadSequence(before)) if later else []
            for question, answer in classes(operation, before, planes).items():
                yield Seen(question, answer, frozenset(context(before)), words, held)


def regression(x: Array, y: Array, beside: Array, penalty: float) -> Array:
    """Return weights (F, K) of a multinomial logistic regression, the squares penalised.

    `x` is (N, F), `y` (N,) of K ways; `beside` what is known of them already, (N, K).
    """
    rows, answers, known = (torch.from_numpy(one) for one in (x, y, beside))
    rows, known = rows.float(), known.float()
    ways = beside.shape[1]
    w = torch.zeros((x.shape[1], ways), requires_grad=True)
    solver = torch.optim.LBFGS([w], max_iter=60, history_size=8, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        solver.zero_grad()
        value = torch.nn.functional.cross_entropy(rows @ w + known, answers, reduction="sum")
        value = value + penalty / 2 * (w**2).sum()
        value.backward()
        return value

    solver.step(loss)
    return w.detach().numpy().astype(np.float64)


def table(rows: Sequence[frozenset[str]], names: Sequence[str]) -> Array:
    """Return which of some names each row has, (N, F)."""
    column = {name: i for i, name in enumerate(names)}
    found = np.zeros((len(rows), len(names)))
    for i, row in enumerate(rows):
        found[i, [column[name] for name in row if name in column]] = 1.0
    return found


def vocabulary(rows: Sequence[frozenset[str]]) -> list[str]:
    """The words that enough of the rows have, and not nearly all; the most frequent ones."""
    counts = Counter(word for row in rows for word in row)
    kept = [(count, word) for word, count in counts.items() if LEAST <= count <= 0.9 * len(rows)]
    return [word for _, word in sorted(kept, reverse=True)[:MOST]]


def fitted(question: str, own: Sequence[Seen], penalty: float, answers: Sequence[str]) -> Question:
    """Fit both regressions of a question, the second beside the first."""
    before = [*vocabulary([o.before for o in own]), BIAS]
    words = vocabulary([o.words for o in own])
    y = np.array([answers.index(one.answer) for one in own])
    x = table([o.before | {BIAS} for o in own], before)
    without = regression(x, y, np.zeros((len(y), len(answers))), BEFORE)
    told = regression(table([o.words for o in own], words), y, x @ without, penalty)
    return Question(tuple(answers), _rows(before, without), _rows(words, told))


def _rows(names: Sequence[str], weights: Array) -> dict[str, tuple[int, ...]]:
    found = zip(names, np.round(weights / UNIT).astype(int).tolist(), strict=True)
    return {
        name: tuple(row) for name, row in found if max(map(abs, row)) > SMALL / UNIT or name == BIAS
    }


def saved(question: Question, some: Sequence[Seen]) -> float:
    """Return the mean nats that the words save for an answer."""
    nats = [question.nats(one.before, one.words)[one.answer] for one in some]
    return float(np.mean(nats)) if nats else 0.0


def main() -> None:
    """Fit, tell, and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    asked = parser.parse_args()
    samples = [s for f in asked.folders for s in read_samples(f) if isinstance(s, Sample)]
    train, test = list(seen(samples, "train")), list(seen(samples, "test"))
    document = {}
    for name in sorted({one.question for one in train}):
        own = [one for one in train if one.question == name]
        counts = Counter(one.answer for one in own)
        answers = [answer for answer, count in counts.most_common() if count >= RARE]
        own = [one for one in own if one.answer in answers]
        kept, held = ([o for o in own if o.held is out] for out in (False, True))
        worth = {p: saved(fitted(name, kept, p, answers), held) for p in PENALTIES}
        best = max(worth, key=worth.__getitem__)
        found = fitted(name, own, best, answers)
        asked_of = [one for one in test if one.question == name and one.answer in answers]
        told = f"{worth[best]:.3f} nats held out, {saved(found, asked_of):.3f} of {len(asked_of)}"
        print(f"{name}: {len(own)} operations, penalty {best:g}: {told}", flush=True)
        if worth[best] > WORTH:
            document[name] = {"answers": answers, "before": found.before, "words": found.words}
    FILE.write_text(json.dumps(document, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
