"""The rows of `table.py`: what was found, with an interval by parts, beside today, must, goal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cadcomplete.evaluate.differences import Value, above_as_it_is, hits, iou, nothing_given, paired
from cadcomplete.evaluate.scored import Scored
from cadcomplete.evaluate.scores import firsts
from cadcomplete.evaluate.tables import share, signed
from cadcomplete.metrics.acceptance import acceptance
from cadcomplete.metrics.calibration import calibration_error, reliability
from cadcomplete.metrics.differences import Difference
from cadcomplete.metrics.targets import COPIES, HIT, MACRO

Answers = Mapping[str, Sequence[Scored]]
DRAWS, SEED = 2000, 0
RIGHT = 1 / 3
"""Of what is shown at least so much should be right."""


@dataclass(frozen=True)
class Row:
    """A line of the table; `found` makes its words of the answers of all groups."""

    title: str
    today: str
    must: str
    goal: str
    found: Callable[[Answers], str]


def of(answers: Answers, group: str, condition: str) -> list[Scored]:
    return [s for s in answers.get(group, ()) if s.answer.condition == condition]


def mean(own: Sequence[Scored], value: Value, kinds: tuple[str, ...] = ()) -> Difference | None:
    """A mean, over kinds with the same weight, as a difference to nothing at all."""
    return paired([(s, value(s), 0.0) for s in own], kinds, draws=DRAWS, seed=SEED)


def above(
    one: Sequence[Scored], other: Sequence[Scored], value: Value, kinds: tuple[str, ...] = ()
) -> Difference | None:
    """What one way of asking is above another, on the questions that both have."""
    against = {s.answer.key[:3]: s for s in other}
    pairs = [(s, against[s.answer.key[:3]]) for s in one if s.answer.key[:3] in against]
    return paired([(s, value(s), value(o)) for s, o in pairs], kinds, draws=DRAWS, seed=SEED)


def told(found: Difference | None, *, sign: bool = False) -> str:
    """A value, its interval and what it is taken from."""
    if found is None:
        return "–"
    counts = f"n {found.questions}, {found.parts} parts"
    if sign:
        row = {"value": found.value, "low": found.low, "high": found.high}
        return f"{signed(row)} ({counts})"
    low, high = share(found.low, digits=2), share(found.high, digits=2)
    return f"{share(found.value)} [{low}, {high}] ({counts})"


def ece(own: Sequence[Scored]) -> str:
    """The calibration error of all suggestions."""
    there = [s.ranking for s in own if s.ranking is not None and not s.ranking.excluded]
    scores = [score for ranking in there for score in ranking.scores]
    right = [overlap >= HIT for ranking in there for overlap in ranking.overlaps]
    return share(calibration_error(reliability(scores, right)))


def shown(own: Sequence[Scored], threshold: float) -> str:
    """Of the first suggestions from a score on, how many are right, and how many there are."""
    words = []
    for what, some in (("unfinished", [s for s in own if not s.finished]), ("all", own)):
        found = acceptance(firsts(some), threshold, draws=DRAWS, seed=SEED)
        low, high = share(found.low, digits=2), share(found.high, digits=2)
        at = f"at {share(found.share_shown)} of {what} cuts"
        words.append(f"{share(found.share_right)} [{low}, {high}] {at}")
    return "; ".join(words)


def lowest(own: Sequence[Scored]) -> float | None:
    """The lowest score from which on enough is right, where something is missing."""
    known = firsts([s for s in own if not s.finished])
    for threshold in (i / 100 for i in range(100)):
        found = acceptance(known, threshold)
        if found.share_right is not None and found.share_right >= RIGHT:
            return threshold
    return None


def _shown(answers: Answers, group: str, threshold: float | None) -> str:
    """What is shown from a threshold on: of the model, or else the lowest that would do here."""
    own = of(answers, group, "none")
    known = lowest(own) if threshold is None else threshold
    if not own or known is None:
        return "–"
    chosen = " (chosen here)" if threshold is None else ""
    return f"from {known:.2f}{chosen}: {shown(own, known)}"


def table(*, captioned: set[str], threshold: float | None, nats: str) -> tuple[Row, ...]:
    """Return the rows; `captioned` are the parts to which a caption was given (`Scored.part`)."""
    hit3 = hits(3)

    def with_caption(own: Sequence[Scored]) -> list[Scored]:
        return [s for s in own if s.part in captioned]

    def wrong(answers: Answers, right: str, other: str) -> str:
        none, own, bad = (of(answers, "open", name) for name in ("none", right, other))
        asked = {s.answer.key[:3] for s in bad}
        same = ([s for s in group if s.answer.key[:3] in asked] for group in (own, none, bad))
        words = (told(mean(group, hit3, MACRO)) for group in same)
        return (
            " / ".join(words)
            + f", wrong above none {told(above(bad, none, hit3, MACRO), sign=True)}"
        )

    return (
        Row("nats a part, text alone", "178", "120", "90", lambda a: nats),
        Row(
            "hit@3 macro, nothing shown",
            *(".171 (unseen .112)", ".25", ".40"),
            lambda a: told(mean(of(a, "open", "none"), hit3, MACRO)),
        ),
        Row(
            "hit@3, mirrors and patterns of FreeCAD bodies",
            *("–", ".40", ".60"),
            lambda a: told(mean(of(a, "freecad", "none"), hit3, COPIES)),
        ),
        Row(
            "first suggestions shown that are right, nothing shown",
            *("–", ".33", ".50"),
            lambda a: _shown(a, "open", threshold),
        ),
        Row("  the same, FreeCAD", "–", ".33", ".50", lambda a: _shown(a, "freecad", threshold)),
        Row(
            "hit@3 macro, caption with sizes",
            *("as without", ".45", ".70"),
            lambda a: told(mean(of(a, "open", "sizes"), hit3, MACRO)),
        ),
        Row(
            "  above none",
            *("0", "", ""),
            lambda a: told(
                above(of(a, "open", "sizes"), of(a, "open", "none"), hit3, MACRO), sign=True
            ),
        ),
        Row(
            "hit@3 macro, caption as given, above none",
            *("0", "+.03", "+.10"),
            lambda a: told(
                above(with_caption(of(a, "open", "caption")), of(a, "open", "none"), hit3, MACRO),
                sign=True,
            ),
        ),
        Row(
            "hit@3 macro, picture, above none",
            *("0", "+.10", "+.30"),
            lambda a: told(
                above(of(a, "open", "image"), of(a, "open", "none"), hit3, MACRO), sign=True
            ),
        ),
        Row(
            "the model alone with a cloud, above none",
            *("0", "+.10", "+.30"),
            lambda a: told(
                above(of(a, "model", "points"), of(a, "model", "none"), hit3, MACRO), sign=True
            ),
        ),
        Row(
            "from nothing but every dimension: IoU",
            *("–", ".60", ".85"),
            lambda a: told(mean(of(a, "dictated", "dimensions"), nothing_given)),
        ),
        Row(
            "IoU of finished parts, nothing shown, all cuts, above the part as it is",
            *("below", "+0", "+.05"),
            lambda a: told(
                above_as_it_is(of(a, "open", "none"), draws=DRAWS, seed=SEED), sign=True
            ),
        ),
        *(
            Row(
                f"ECE, {name}",
                ".028-.035",
                ".05",
                ".02",
                lambda a, name=name: ece(of(a, "open", name)),
            )
            for name in ("none", "caption", "sizes", "image", "points")
        ),
        Row(
            "hit@3 macro, cloud",
            *(".774 (unseen .836)", "not below", ".90"),
            lambda a: told(mean(of(a, "open", "points"), hit3, MACRO)),
        ),
        Row(
            "IoU, cloud, all cuts",
            *(".967", "", ""),
            lambda a: told(mean(of(a, "open", "points"), iou)),
        ),
        *(
            Row(
                f"right, none, wrong: {right}",
                *("", "", ""),
                lambda a, right=right, other=other: wrong(a, right, other),
            )
            for right, other in (
                ("caption", "othercaption"),
                ("sizes", "othersizes"),
                ("image", "otherimage"),
            )
        ),
    )


def rows(
    answers: Answers, *, captioned: set[str], threshold: float | None = None, nats: str = "–"
) -> Iterator[tuple[str, ...]]:
    """Yield the table as words, its head first."""
    yield ("on the open validation split", "today", "must", "goal", "found")
    for row in table(captioned=captioned, threshold=threshold, nats=nats):
        yield (row.title, row.today, row.must, row.goal, row.found(answers))
