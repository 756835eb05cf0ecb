"""What a model must beat: predictors that count, copy and look up. Only numpy.

To add one: write a class with `name` and `predict` (`predictions.Predictor`), and enter here how
it is made of the training histories. They see nothing of a case but its first operations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from cadcomplete.baselines.copying import CopyPredictor
from cadcomplete.baselines.habits import habits
from cadcomplete.baselines.judging import SuggestionJudge, joined
from cadcomplete.baselines.ngram import NgramPredictor, counts
from cadcomplete.baselines.retrieval import RetrievalPredictor, first_sketches, indices
from cadcomplete.baselines.stopping import StopPredictor
from cadcomplete.errors import InputError
from cadcomplete.history.curves import Arc, Circle, Line
from cadcomplete.history.expanded import Plain, plain
from cadcomplete.history.operations import Extrude, Sketch
from cadcomplete.history.sequence import CadSequence, check_kinds, check_plain
from cadcomplete.kernel.contain import Kernel
from cadcomplete.predictions import Answer, Case, Idea, Prediction, Predictor, answered

KINDS = (Sketch, Extrude), (Line, Arc, Circle)
"""Operations and curves that baselines know."""

Maker = Callable[[Sequence[CadSequence], SuggestionJudge], Predictor]

BASELINES: dict[str, Maker] = {
    "stop": lambda _, judge: StopPredictor(judge),
    "copy": lambda training, judge: CopyPredictor(judge, habits(training)),
    "ngram": lambda training, judge: NgramPredictor(
        judge, habits(training), counts(training), first_sketches(training)
    ),
    "retrieval": lambda training, judge: RetrievalPredictor(
        judge, habits(training), training, indices(training), first_sketches(training)
    ),
}


def check_baseline(name: str) -> None:
    """Raise InputError for a name that there is no baseline of."""
    if name not in BASELINES:
        known = ", ".join(BASELINES)
        raise InputError("no such baseline", where="--baseline", expected=known, got=name)


def baseline(name: str, training: Sequence[CadSequence], *, kernel: Kernel) -> Predictor:
    """Return a baseline, made of training histories.

    Raises InputError for an unknown name, UnsupportedError for a kind of operation or curve.
    """
    check_baseline(name)
    known, judge = [_plain(part).sequence for part in training], SuggestionJudge(kernel)
    return KnownKinds(BASELINES[name](known, judge), judge)


def _plain(part: CadSequence) -> Plain:
    """Return a history with sharp edges, and every copy of a pattern an operation of its own.

    Raises UnsupportedError for kinds that are not known here.
    """
    found = plain(part)
    check_kinds(found.sequence, "baselines/", *KINDS)
    check_plain(found.sequence, "baselines/")
    return found


@dataclass(frozen=True, slots=True)
class KnownKinds:
    """A predictor that is asked only about the kinds of operations and curves that it knows.

    Of a part that has others it is asked about the plain one (`history/expanded.py`): what it says
    of that follows the given one, on which the kernel checks it.
    """

    asked: Predictor
    judge: SuggestionJudge

    @property
    def name(self) -> str:
        return self.asked.name

    def predict(self, case: Case, *, n: int, seed: int) -> Prediction:
        """Answer a case. Raises UnsupportedError if something of what is given is another kind."""
        told = _plain(case.given)
        if told.sequence is case.given:
            return self.asked.predict(case, n=n, seed=seed)
        found = self.asked.predict(replace(case, given=told.sequence), n=n, seed=seed)
        following = self._back(case.given, told, found.next)
        return replace(found, next=following, parts=self._back(case.given, told, found.parts))

    def _back(
        self, given: CadSequence, told: Plain, answers: Sequence[Answer]
    ) -> tuple[Answer, ...]:
        """The same answers to the given part; those that it cannot say are none."""
        ideas: list[Idea] = []
        for answer in answers:
            added = told.back(given, answer.sequence.operations[len(told.sequence) :])
            if added is not None:
                ideas.append(Idea(added, answer.score, answer.source))
        reports = self.judge.reports(given, [idea.operations for idea in ideas])
        made = (
            answered(joined(given, idea.operations), idea, report)
            for idea, report in zip(ideas, reports, strict=True)
        )
        return tuple(sorted(made, key=lambda answer: not answer.valid))
