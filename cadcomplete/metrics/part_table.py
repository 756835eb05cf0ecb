"""The scores of many finished parts as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from cadcomplete.metrics.aggregate import CHOICES
from cadcomplete.metrics.clouds import CHAMFER, CHAMFER_DEEPCAD, CHAMFER_VALID
from cadcomplete.metrics.metric import Item, Result, summarize
from cadcomplete.metrics.parts import GAIN, INVALIDITY, IOU, IOU_CENTRED, PartScore

Scores = Sequence[PartScore]
"""Of the parts of one prediction, in its order: `parts.score_parts`; never empty."""


def tabulate_parts(
    questions: Mapping[str, Scores] | Sequence[Scores],
    *,
    groups: Sequence[str] = (),
    draws: int = 0,
    seed: int = 0,
) -> dict[str, Result]:
    """Return the part-level metrics, each over all questions.

    What has no suffix is of the part that our own ranking puts first. "IoU, expected" is the mean
    over the samples of a question, "IoU, oracle" the best by the truth: a bound, never a result.
    `groups` has the source design of each question, in order.
    """
    rows = list(questions.values()) if isinstance(questions, Mapping) else list(questions)
    names = list(groups) or [""] * len(rows)
    table: dict[str, Result] = {}

    def enter(result: Result) -> None:
        table[result.name] = result

    def first(value: Callable[[PartScore], float | None], why: str = "") -> list[Item]:
        pairs = zip(rows, names, strict=True)
        return [Item(value(s[0]), name, s[0].failed, excluded=why) for s, name in pairs]

    enter(summarize(INVALIDITY, first(lambda s: float(bool(s.failed))), draws=draws, seed=seed))
    for choice, choose in CHOICES.items():
        metric = IOU if choice == "rank 1" else replace(IOU, name=f"IoU, {choice}")
        items = [
            Item(choose([one.iou for one in scores]), name, scores[0].failed)
            for scores, name in zip(rows, names, strict=True)
        ]
        enter(summarize(metric, items, draws=draws, seed=seed))
    gains = first(lambda s: s.gain, "the prefix is the whole part")
    enter(summarize(GAIN, gains, median=True, draws=draws, seed=seed))
    enter(summarize(IOU_CENTRED, first(lambda s: s.iou_centred), draws=draws, seed=seed))
    for metric, value, why in (
        (CHAMFER, lambda s: s.chamfer, "not measured"),
        (CHAMFER_VALID, lambda s: None if s.failed else s.chamfer, "invalid or not measured"),
        (CHAMFER_DEEPCAD, lambda s: s.chamfer_deepcad, "not measured"),
    ):
        if any(scores[0].chamfer is not None for scores in rows):
            enter(summarize(metric, first(value, why), median=True, draws=draws, seed=seed))
    return table
