"""From predictions to numbers: each with its counts, its failures, and its interval."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cadcomplete.evaluate.differences import above_as_it_is, differences
from cadcomplete.evaluate.handing import handed_answers
from cadcomplete.evaluate.records import Answered, Header
from cadcomplete.evaluate.run import Watch
from cadcomplete.evaluate.scored import Scored, scored
from cadcomplete.history.operations import Sketch
from cadcomplete.metrics.acceptance import Acceptance, First, curve
from cadcomplete.metrics.aggregate import by
from cadcomplete.metrics.calibration import calibration_error, reliability
from cadcomplete.metrics.hits import HITS, tabulate
from cadcomplete.metrics.metric import Item, Metric, Result, summarize
from cadcomplete.metrics.parts import (
    GAIN,
    INVALIDITY,
    IOU,
    IOU_CENTRED,
    chosen_iou,
)
from cadcomplete.metrics.sketches import drawn_with
from cadcomplete.metrics.stopping import Stop, stopping
from cadcomplete.metrics.targets import HIT, MACRO

DRAWS = 1000
_MANY = 10
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class EvaluationRun:
    """A benchmark that was run and scored: its settings, its answers, and its metrics."""

    header: Header
    scored: tuple[Scored, ...]
    document: Json


def scored_run(header: Header, answers: Sequence[Answered], *, watch: Watch) -> EvaluationRun:
    """Score a benchmark: `document` has its settings, and for each condition all metrics.

    Where the kernel cannot build a true part up to its fillets, the settings say how many answers
    are not scored, and why.
    """
    answers, unscored = handed_answers(answers)
    everything = scored(answers, watch=watch)
    groups = {
        name: own
        for name in header.conditions
        if (own := [s for s in everything if s.answer.condition == name])
    }
    conditions = {name: _condition(own, seed=header.seed) for name, own in groups.items()}
    above = differences(groups, draws=DRAWS, seed=header.seed) if groups else {}
    settings = {**dataclasses.asdict(header), "answered": len(answers)}
    if unscored:
        settings["not scored"] = unscored
    return EvaluationRun(
        header,
        tuple(everything),
        {"settings": settings, "conditions": conditions, "differences": above},
    )


def _condition(own: Sequence[Scored], *, seed: int) -> Json:
    failures = Counter(s.answer.failed for s in own if s.answer.failed)
    ranked = [s for s in own if s.ranking is not None]
    return {
        "questions": len(own),
        "parts": len({(s.answer.data, s.answer.truth.id) for s in own}),
        "designs": len({s.answer.design for s in own}),
        "failed": sum(failures.values()),
        "failures": dict(failures),
        "next": _table(ranked, seed=seed),
        "next by operations given": _groups(ranked, lambda s: s.answer.given, seed=seed),
        "next by length": _groups(ranked, lambda s: len(s.answer.truth), seed=seed),
        "next by curves": _groups(ranked, _curves, seed=seed),
        "next by data": {
            data: _table(group, seed=seed)
            for data, group in by(ranked, lambda s: s.answer.data).items()
        },
        "calibration": _calibration(ranked),
        "shown over unfinished cuts": _shown(ranked, seed=seed),
        "shown over all cuts": _shown(own, seed=seed),
        "stop": dataclasses.asdict(stopping([_stop(s) for s in own])),
        "parts over all cuts": _parts(own, seed=seed),
        "parts over unfinished cuts": _parts([s for s in own if not s.finished], seed=seed),
        "parts from nothing": _parts([s for s in own if not s.answer.given], seed=seed),
        "as it is over all cuts": _as_it_is(own, seed=seed),
        "as it is over unfinished cuts": _as_it_is([s for s in own if not s.finished], seed=seed),
        "as it is from nothing": _as_it_is([s for s in own if not s.answer.given], seed=seed),
        "above as it is over all cuts": _above(own, seed=seed),
        "above as it is over unfinished cuts": _above(
            [s for s in own if not s.finished], seed=seed
        ),
        "valid next": _valid(ranked, seed=seed),
        "seconds": _seconds(own, seed=seed),
    }


# --- the next operation -------------------------------------------------------------------------


def _table(ranked: Sequence[Scored], *, seed: int) -> Json:
    rankings = [s.ranking for s in ranked if s.ranking is not None]
    groups = {s.answer.truth.id: s.answer.design for s in ranked}
    table = tabulate(rankings, groups=groups, draws=DRAWS, seed=seed)
    return {kind: _documents(row) for kind, row in table.items()}


def _groups(ranked: Sequence[Scored], key: Callable[[Scored], int | str], *, seed: int) -> Json:
    """Hits by a number or a name, all kinds together but first sketches; over 10 is together."""
    later = [s for s in ranked if s.ranking is not None and s.ranking.kind in MACRO]

    def named(one: Scored) -> str:
        found = key(one)
        return f"over {_MANY}" if isinstance(found, int) and found > _MANY else str(found)

    return {
        name: {
            f"hit@{at}": summarize(
                metric, [_hit(s, at) for s in group], draws=DRAWS, seed=seed
            ).document()
            for at, metric in HITS.items()
        }
        for name, group in by(later, named).items()
    }


def _curves(one: Scored) -> str:
    """Which types of curves the sketch has that comes next, or that is extruded next."""
    operations, given = one.answer.truth.operations, one.answer.given
    drawn = [operations[i] for i in (given, *operations[given].refers())]
    return next((drawn_with(op) for op in drawn if isinstance(op, Sketch)), "nothing")


def _hit(one: Scored, at: int) -> Item:
    ranking = one.ranking
    if ranking is None or ranking.excluded:
        return Item(None, one.answer.design, one.answer.failed, ranking.excluded if ranking else "")
    hit = ranking.rank is not None and ranking.rank <= at
    return Item(float(hit), one.answer.design, ranking.failed)


def _documents(row: dict[str, Result]) -> Json:
    return {name: result.document() for name, result in row.items()}


def _calibration(ranked: Sequence[Scored]) -> Json:
    """Every suggestion's score against whether it hit, questions that can be hit only."""
    scores: list[float] = []
    hits: list[bool] = []
    for one in ranked:
        ranking = one.ranking
        if ranking is not None and not ranking.excluded:
            scores += ranking.scores
            hits += [overlap >= HIT for overlap in ranking.overlaps]
    table = reliability(scores, hits)
    return {
        "suggestions": len(scores),
        "error": calibration_error(table),
        "bins": [dataclasses.asdict(row) for row in table],
    }


def _shown(own: Sequence[Scored], *, seed: int) -> list[Json]:
    """Of the first suggestions that are shown from a threshold on, how many are right."""
    return [_acceptance(row) for row in curve(firsts(own), draws=DRAWS, seed=seed)]


def firsts(own: Iterable[Scored]) -> list[First]:
    """Return the first suggestion of each answer; those that nobody can hit are left out.

    Where nothing is missing none is right.
    """
    found = []
    for one in own:
        if one.ranking is None or not one.ranking.excluded:
            first = next(iter(one.answer.prediction.next), None)
            score = None if first is None else first.score
            found.append(First(score, bool(one.hit(1)), one.part))
    return found


def _acceptance(row: Acceptance) -> Json:
    shares = {"share shown": row.share_shown, "share right": row.share_right}
    return {**dataclasses.asdict(row), **shares}


def _above(own: Sequence[Scored], *, seed: int) -> Json | None:
    """By how much the first part is better than the part as it is, parts drawn; None of nothing."""
    found = above_as_it_is(own, draws=DRAWS, seed=seed)
    return None if found is None else dataclasses.asdict(found)


def _stop(one: Scored) -> Stop:
    answer = one.answer
    return Stop(answer.prediction.stop, one.finished, answer.truth.id, answer.failed)


# --- the whole part -----------------------------------------------------------------------------

EXPECTED = dataclasses.replace(
    IOU, name="IoU, expected", formula=f"the mean over the parts of an answer; {IOU.formula}"
)
ORACLE = dataclasses.replace(
    IOU, name="IoU, oracle", formula=f"the best of an answer by the truth; {IOU.formula}"
)
PREFIX = dataclasses.replace(IOU, name="IoU, given", formula="of the given operations alone, mean")
SAME = Metric("same part", "share", f"questions whose first part has IoU >= {HIT}", "ours")
VALID = Metric(
    "valid",
    "share",
    "first suggestion is valid by the CAD kernel; none counts as invalid",
    "ours; 1 - invalidity ratio of suggestions",
)
SECONDS = Metric("seconds", "s", "median time for an answer", "ours", "lower")


def _parts(own: Sequence[Scored], *, seed: int) -> Json:
    def result(
        metric: Metric, value: Callable[[Scored], float | None], *, median: bool = False
    ) -> Json:
        items = [Item(value(s), s.answer.design, _why(s), "prefix is the whole part") for s in own]
        return summarize(metric, items, median=median, draws=DRAWS, seed=seed).document()

    found = {
        PREFIX: result(PREFIX, lambda s: s.before.iou),
        IOU: result(IOU, lambda s: s.parts[0].iou),
        EXPECTED: result(EXPECTED, lambda s: chosen_iou(s.parts)["expected"]),
        ORACLE: result(ORACLE, lambda s: chosen_iou(s.parts)["oracle"]),
        GAIN: result(GAIN, lambda s: s.parts[0].gain, median=True),
        IOU_CENTRED: result(IOU_CENTRED, lambda s: s.parts[0].iou_centred),
        SAME: result(SAME, lambda s: float(s.parts[0].iou >= HIT)),
        INVALIDITY: result(INVALIDITY, lambda s: float(bool(s.parts[0].failed))),
    }
    return {metric.name: document for metric, document in found.items()}


def _as_it_is(own: Sequence[Scored], *, seed: int) -> Json:
    """What leaving the part as it is would be worth, by the metrics of `_parts`."""
    left = [dataclasses.replace(s, answer=dataclasses.replace(s.answer, failed="")) for s in own]
    return _parts([dataclasses.replace(s, parts=(s.before,)) for s in left], seed=seed)


def _why(one: Scored) -> str:
    return one.answer.failed or one.parts[0].failed


def _valid(own: Sequence[Scored], *, seed: int) -> Json:
    items = []
    for one in own:
        first = next(iter(one.answer.prediction.next), None)
        failed = one.answer.failed or ("" if first else "no suggestion")
        items.append(Item(float(first is not None and first.valid), one.answer.design, failed))
    return summarize(VALID, items, draws=DRAWS, seed=seed).document()


def _seconds(own: Iterable[Scored], *, seed: int) -> Json:
    items = [Item(s.answer.prediction.seconds, s.answer.design, s.answer.failed) for s in own]
    return summarize(SECONDS, items, median=True, seed=seed).document()
