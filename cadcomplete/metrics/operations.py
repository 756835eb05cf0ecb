"""The next operation: where the designer's stands among the suggestions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cadcomplete.history.operations import Extrude, Revolve
from cadcomplete.history.sequence import CadSequence
from cadcomplete.metrics.parameters import errors, exact_dimensions
from cadcomplete.metrics.targets import HIT, Truth, target
from cadcomplete.predictions import Answer


@dataclass(frozen=True, slots=True)
class Ranking:
    """What came of the suggestions for one next operation.

    Attributes:
        id: of the part.
        kind: of the true operation, one of `KINDS`.
        given: how many operations there were.
        overlaps: IoU of each suggestion with the truth, the best suggestion first.
        scores: the probability that each claimed.
        excluded: why no suggestion could be a hit; empty if one could.
        failed: why there are no suggestions; empty if there are.
        kind_right: whether the first suggestion is a sketch where the truth is one, and so on.
        boolean_right: of extrudes, or revolves, that both are; None otherwise.
        errors: of the first suggestion where its kind is right, by `parameters.errors`.
        exact: dimensions that the first hit within rank 3 has to 0.01 mm, and how many there are.
    """

    id: str
    kind: str
    given: int
    overlaps: tuple[float, ...] = ()
    scores: tuple[float, ...] = ()
    excluded: str = ""
    failed: str = ""
    kind_right: bool = False
    boolean_right: bool | None = None
    errors: dict[str, float] = field(default_factory=dict)
    exact: tuple[int, int] | None = None

    @property
    def rank(self) -> int | None:
        """Of the first hit, from 1; None if there is none."""
        hits = (i for i, overlap in enumerate(self.overlaps, start=1) if overlap >= HIT)
        return next(hits, None)


def rank(
    history: CadSequence, given: int, suggestions: Sequence[Answer], *, failed: str = ""
) -> Ranking:
    """Compare suggestions, the best first, with operation `given` of a history.

    `failed` says why there are none, if the predictor failed; that counts as no hit. Raises
    InputError if the history has no such operation.
    """
    truth = target(history, given)
    return rank_against(truth, suggestions, failed=failed)


def rank_against(truth: Truth, suggestions: Sequence[Answer], *, failed: str = "") -> Ranking:
    """Compare suggestions with a truth; see `rank`."""
    overlaps = tuple(truth.overlap(s.operation) for s in suggestions)
    first = suggestions[0].operation if suggestions else None
    kind_right = type(first) is type(truth.operation)
    boolean_right = None
    own = truth.operation
    if isinstance(first, Extrude | Revolve) and isinstance(own, Extrude | Revolve) and kind_right:
        boolean_right = first.boolean is own.boolean
    hits = [s for s, o in zip(suggestions[:3], overlaps, strict=False) if o >= HIT]
    return Ranking(
        id=truth.given.id,
        kind=truth.kind,
        given=len(truth.given),
        overlaps=overlaps,
        scores=tuple(s.score for s in suggestions),
        excluded=truth.excluded,
        failed=failed or ("" if suggestions else "no suggestion"),
        kind_right=kind_right,
        boolean_right=boolean_right,
        errors=errors(truth, first) if first is not None and kind_right else {},
        exact=exact_dimensions(truth, hits[0].operation) if hits else None,
    )
