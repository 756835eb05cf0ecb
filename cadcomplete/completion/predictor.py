"""The completer as benchmarks ask it: one case after the other, and parts from nothing."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from cadcomplete.completion.by_model import ByModel
from cadcomplete.completion.prompting import prompted
from cadcomplete.completion.reading import Reading
from cadcomplete.history.sequence import CadSequence
from cadcomplete.model.generate import begin, generate
from cadcomplete.model.sampling import Sampling
from cadcomplete.predictions import Answer, Case, Prediction

_NAMES = {"both": "{}", "model": "{} alone", "search": "search alone"}


@dataclass(slots=True)
class ModelPredictor:
    """Answers cases with all that the heart finds (`predictions.Predictor`), and writes parts.

    What was read last with a shape is kept: a shape that is shown again, with more operations, is
    not looked at again.
    """

    completer: ByModel
    _last: Reading | None = field(default=None, init=False, repr=False)

    @property
    def name(self) -> str:
        return _NAMES[self.completer.source].format(self.completer.model.name)

    def predict(self, case: Case, *, n: int = 5, seed: int = 0) -> Prediction:
        """Answer a case. Raises InputError for what the model cannot see or is too long for it."""
        started = time.monotonic()
        reading = self.completer.read(case, after=self._last, seed=seed)
        if reading.seen is not None:
            self._last = reading
        following = tuple(self.completer.next(reading, n=n))
        parts = tuple(self.completer.parts(reading, n=n))
        return Prediction(
            next=following,
            parts=parts,
            stop=reading.stop,
            generated=len(reading.rows),
            unparsed=sum(not row.whole for row in reading.rows),
            seconds=time.monotonic() - started,
        )

    def write(self, *, seed: int = 0) -> Answer:
        """Write a whole part from nothing, drawn as the model finds it probable.

        Nothing is searched, ranked or checked; `score` is the probability of the text. A text
        that has not ended when the model can read no more is no part.
        """
        model, nothing = self.completer.model, CadSequence(())
        longest = model.model.longest
        began = begin(model.model, prompted(nothing, model))
        sampling = Sampling(
            rows=1, greedy=False, temperature=1.0, top_p=1.0, most_tokens=longest, seed=seed
        )
        (row,) = generate(began, self.completer.grammar.start(nothing), sampling)
        problems = () if row.ended else (f"no end within {longest} tokens",)
        return Answer(row.finished, math.exp(sum(row.scores)), row.ended, problems, "model")
