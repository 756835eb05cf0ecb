"""The table of what words, pictures, clouds and habit are worth, in one go.

Every part is asked about under all that is to be compared before the next one is, in the order of
hashes; so wherever it is stopped, there is a fair choice of parts, and every difference is of the
same questions. What was answered stays: the same command goes on. Two processes share the parts::

    .venv/bin/python benchmarks/table.py ask OUT --part 0/2 --minutes 30 &
    .venv/bin/python benchmarks/table.py ask OUT --part 1/2 --minutes 30
    .venv/bin/python benchmarks/table.py show OUT

Of other splits, and under fewer conditions, another table. From which probability on a model is to
propose anything where nothing is shown, its own answers on the test split say::

    .venv/bin/python benchmarks/table.py ask OUT --split test --conditions none
    .venv/bin/python benchmarks/table.py show OUT --split test
    .venv/bin/python benchmarks/table.py threshold OUT --split test --model MODEL

`show` prints, for each group, the tables of `cadcomplete evaluate --rescore`, and then this one.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from modalities import CONDITIONS as SHOWN
from modalities import labelled, losses
from table_rows import rows

from cadcomplete.completion import threshold
from cadcomplete.completion.by_model import ByModel
from cadcomplete.completion.predictor import ModelPredictor
from cadcomplete.data.prepared import samples
from cadcomplete.data.samples import Sample, hash64
from cadcomplete.errors import InputError
from cadcomplete.evaluate import tables
from cadcomplete.evaluate.questions import (
    CONDITIONS,
    SPLITS,
    Data,
    ExamQuestion,
    Held,
    Key,
    check_data,
    choose,
    questions,
)
from cadcomplete.evaluate.records import Header, read_predictions
from cadcomplete.evaluate.run import continued, write_answer
from cadcomplete.evaluate.scores import EvaluationRun, firsts, scored_run
from cadcomplete.history.sequence import truncate
from cadcomplete.kernel.contain import Kernel
from cadcomplete.language.tokenizer import folder_named
from cadcomplete.metrics.targets import KINDS, kind_of
from cadcomplete.model import loading

OPEN = ("fusion360", "omnicad")
SOME = 4
"""One part of so many is asked about under the conditions that need fewer."""


@dataclass(frozen=True)
class Group:
    """What is asked of one source about some data sets.

    Attributes:
        always: conditions for every part; `some` for one part of `SOME`.
        nothing: whether only the cut before the first operation is asked about.
    """

    data: tuple[str, ...]
    source: str
    always: tuple[str, ...]
    some: tuple[str, ...] = ()
    nothing: bool = False

    @property
    def conditions(self) -> tuple[str, ...]:
        return tuple(name for name in (*self.always, *self.some) if name in CONDITIONS)

    def only(self, names: Sequence[str]) -> Group:
        """The same under no other conditions than these."""
        always, some = (tuple(n for n in own if n in names) for own in (self.always, self.some))
        return replace(self, always=always, some=some)


GROUPS: dict[str, Group] = {
    "open": Group(
        OPEN,
        "both",
        ("none", "caption", "sizes", "image", "points"),
        ("othercaption", "othersizes", "otherimage", "scan", "all"),
    ),
    "model": Group(OPEN, "model", ("none", "points")),
    "dictated": Group(OPEN, "both", ("dimensions",), nothing=True),
    "freecad": Group(("freecad",), "both", ("none",), ("caption", "sizes", "image", "points")),
    "search": Group(OPEN, "search", (), ("points", "scan")),
}


@dataclass(frozen=True)
class Asked:
    """A group with its parts, in their order, and why others are left out.

    `cuts` is how many of each part are asked about, those with the least hash; None for all.
    `split` is the one that the parts are of; of `kinds` is the operation that is asked about, if
    there are any.
    """

    name: str
    group: Group
    data: Data
    parts: tuple[Held, ...]
    left_out: dict[str, int]
    cuts: int | None = None
    split: str = "validation"
    kinds: frozenset[str] = frozenset()

    def header(self, predictor: str) -> Header:
        about = [q for number in range(len(self.parts)) for q in self.questions(number)]
        cuts, conditions = self.cuts, self.group.conditions
        return Header(
            *(predictor, self.data.names, self.split, cuts, conditions, None, 5, 0),
            *(len(self.parts), len(about), self.left_out),
        )

    def questions(self, number: int) -> list[ExamQuestion]:
        """What is asked about one part: each cut under all conditions before the next one."""
        part, group = self.parts[number], self.group
        names = group.conditions if number % SOME == 0 else group.always
        known = [name for name in names if name in CONDITIONS]
        found = questions((part,), known, cuts=None, others=self.parts)
        order = sorted(range(len(part.sample.sequence) + 1), key=lambda k: hash64(f"{part.id} {k}"))
        chosen = {0} if group.nothing else set(order[: self.cuts])
        wanted = [q for q in found if q.given in chosen and self._meant(q)]
        return sorted(wanted, key=lambda question: question.given)

    def _meant(self, question: ExamQuestion) -> bool:
        given, history = question.given, question.truth
        if not self.kinds:
            return True
        left = given < len(history)
        return left and kind_of(truncate(history, given), history.operations[given]) in self.kinds


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("what", choices=tuple(DO))
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, default=Path("runs/out/data"))
    parser.add_argument("--model", type=Path)
    parser.add_argument("--groups", nargs="+", choices=GROUPS, default=list(GROUPS))
    parser.add_argument("--split", choices=SPLITS, default="validation")
    parser.add_argument("--conditions", nargs="+", choices=CONDITIONS, default=list(CONDITIONS))
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=(), help="that are next")
    parser.add_argument("--part", default="0/1", help="which of how many processes this is")
    parser.add_argument("--most", type=int, help="parts of each group")
    parser.add_argument("--cuts", type=int, help="most of each part, at random; default all")
    parser.add_argument("--minutes", type=float, default=1e6)
    parser.add_argument("--nats", type=int, default=0, help="parts whose nats are told, of show")
    parser.add_argument("--threshold", type=float, help="from which on a suggestion is shown")
    asked = parser.parse_args()
    DO[asked.what](asked)


# --- asking -------------------------------------------------------------------------------------


def held_in(folder: Path, names: Sequence[str], split: str) -> Data:
    """Return the parts of data sets that are of a split; nobody learns here."""
    folders = [folder / name for name in names if (folder / name / "manifest.json").exists()]
    held = [
        Held(one.name, sample)
        for one in folders
        for sample in samples(one, split=split)
        if isinstance(sample, Sample)
    ]
    return Data(check_data(folders, split=split), tuple(held), ())


def groups(asked: argparse.Namespace) -> Iterator[Asked]:
    """Yield the groups with their parts; one that nothing can be asked about is told."""
    known: dict[tuple[str, ...], Data] = {}
    for name in asked.groups:
        group = GROUPS[name].only(asked.conditions)
        data = known.get(group.data) or held_in(asked.data, group.data, asked.split)
        known[group.data] = data
        try:
            if not group.conditions:
                raise InputError("there is no such condition yet", got=", ".join(group.always))
            parts, left_out = choose(data.held, group.conditions, most=asked.most, seed=0)
        except InputError as error:
            print(f"{name} is left out: {error}", flush=True)
            continue
        kinds = frozenset(asked.kinds)
        yield Asked(name, group, data, parts, left_out, asked.cuts, asked.split, kinds)


def ask(asked: argparse.Namespace) -> None:
    """Ask about part after part until the time is over."""
    started, limit = time.monotonic(), 60 * asked.minutes
    model = loading.load(asked.model)
    which, of = map(int, asked.part.split("/"))
    with ExitStack() as stack:
        kernel = stack.enter_context(Kernel(workers=1, time_limit=30.0))
        told = list(groups(asked))
        makers = {s: ModelPredictor(ByModel(model, kernel, source=s)) for s in _sources(told)}
        headers = {one.name: one.header(makers[one.group.source].name) for one in told}
        files: dict[str, tuple[set[Key], TextIO]] = {}
        for one in told:
            path = asked.out / one.name / f"{which}of{of}.jsonl"
            files[one.name] = stack.enter_context(continued(path, headers[one.name]))
        longest = max((len(one.parts) for one in told), default=0)
        for number in range(which, longest, of):
            for one in told:
                done, file = files[one.name]
                for question in one.questions(number) if number < len(one.parts) else ():
                    if question.key in done:
                        continue
                    if time.monotonic() - started > limit:
                        return
                    maker = makers[one.group.source]
                    write_answer(maker, question, headers[one.name], file)
            minutes = (time.monotonic() - started) / 60
            print(f"{number + 1} of {longest} parts, {minutes:.1f} minutes", flush=True)


def _sources(told: Sequence[Asked]) -> set[str]:
    return {one.group.source for one in told}


# --- showing ------------------------------------------------------------------------------------


def runs(out: Path) -> Mapping[str, EvaluationRun]:
    """Return what was answered, scored, by the name of its group."""
    found = {}
    for name in GROUPS:
        files = [path for path in sorted((out / name).glob("*.jsonl")) if path.stat().st_size]
        read = [read_predictions(path) for path in files]
        answers = [answer for _, own, _ in read for answer in own]
        if answers:
            found[name] = scored_run(read[0][0], answers, watch=lambda what, done, total: None)
    return found


def show(asked: argparse.Namespace) -> None:
    """Print each group's tables, and the table of today, must and goal."""
    found = runs(asked.out)
    for name, run in found.items():
        print(f"\n=== {name} ===\n\n{tables.text(run.document)}")
    held = held_in(asked.data, OPEN, asked.split).held
    told = list(
        rows(
            {name: run.scored for name, run in found.items()},
            captioned={f"{one.data}/{one.id}" for one in held if one.sample.caption},
            threshold=asked.threshold,
            nats=nats(asked.model, held, most=asked.nats) if asked.nats else "–",
        )
    )
    lines = tables.columns([row[:-1] for row in told])
    print("\n" + "\n".join(f"{line}  {row[-1]}" for line, row in zip(lines, told, strict=True)))


def choose_threshold(asked: argparse.Namespace) -> None:
    """Choose the threshold of a model by its first suggestions with nothing shown, and save it."""
    own = [s for run in runs(asked.out).values() for s in run.scored]
    own = [s for s in own if s.answer.condition == "none" and not s.finished]
    told = f"{len(own)} cuts of {len({s.part for s in own})} parts of the {asked.split} split"
    chosen = threshold.chosen_of(
        [(first.score, first.hit) for first in firsts(own) if first.score is not None], told
    )
    print(chosen)
    chosen.save(folder_named(asked.model))


def nats(model: Path | None, held: Sequence[Held], *, most: int) -> str:
    """Return what a part costs in the mean, text alone, of those that the model can read."""
    made = loading.load(model)
    parts = sorted(held, key=lambda one: hash64(one.id))[:most]
    known = labelled(made, [one.sample for one in parts], SHOWN["nothing"])
    found = [float(own.sum()) for own in losses(made, known, 8)]
    return f"{sum(found) / len(found):.1f} ({len(found)} of {len(parts)} parts)"


DO = {"ask": ask, "show": show, "threshold": choose_threshold}


if __name__ == "__main__":
    main()
