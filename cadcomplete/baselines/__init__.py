"""What a model must beat: predictors that count, copy and look up. Only numpy.

To add one: write a class with `name` and `predict` (`predictions.Predictor`), and enter here how
it is made of the training histories. They see nothing of a case but its first operations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cadcomplete.baselines.copying import CopyPredictor
from cadcomplete.baselines.habits import habits
from cadcomplete.baselines.judging import SuggestionJudge
from cadcomplete.baselines.ngram import NgramPredictor, counts
from cadcomplete.baselines.retrieval import RetrievalPredictor, first_sketches, indices
from cadcomplete.baselines.stopping import StopPredictor
from cadcomplete.errors import InputError
from cadcomplete.history.curves import Arc, Circle, Line
from cadcomplete.history.expanded import expanded
from cadcomplete.history.operations import Extrude, Sketch
from cadcomplete.history.sequence import CadSequence, check_kinds, check_plain
from cadcomplete.kernel.contain import Kernel
from cadcomplete.predictions import Case, Prediction, Predictor

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
    plain = [_plain(part) for part in training]
    return KnownKinds(BASELINES[name](plain, SuggestionJudge(kernel)))


def _plain(part: CadSequence) -> CadSequence:
    """Return a training history with every copy of a pattern an operation of its own.

    Raises UnsupportedError for kinds that are not known here.
    """
    plain = expanded(part)
    check_kinds(plain, "baselines/", *KINDS)
    check_plain(plain, "baselines/")
    return plain


@dataclass(frozen=True, slots=True)
class KnownKinds:
    """A predictor that is asked only about the kinds of operations and curves that it knows."""

    asked: Predictor

    @property
    def name(self) -> str:
        return self.asked.name

    def predict(self, case: Case, *, n: int, seed: int) -> Prediction:
        """Answer a case. Raises UnsupportedError if something of what is given is another kind."""
        check_kinds(case.given, "baselines/", *KINDS)
        check_plain(case.given, "baselines/")
        return self.asked.predict(case, n=n, seed=seed)
