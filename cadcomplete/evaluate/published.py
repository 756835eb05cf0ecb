"""Metrics that other systems are compared by, of the first finished part of every question.

They take tenths of a second each, so they are counted only when they are asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from cadcomplete.errors import UnsupportedError
from cadcomplete.evaluate.records import Answered
from cadcomplete.evaluate.run import Watch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.meshes.manifolds import mesh_of, solid
from cadcomplete.metrics.clouds import CHAMFER, CHAMFER_DEEPCAD
from cadcomplete.metrics.deepcad import COMMAND_ACCURACY, PARAMETER_ACCURACY, accuracy
from cadcomplete.metrics.metric import Item, Metric, summarize
from cadcomplete.metrics.parts import IOU_CENTRED, score_parts, target_part
from cadcomplete.metrics.text2cad import F1, count
from cadcomplete.metrics.topology import TOPOLOGY
from cadcomplete.predictions import Answer

Json = dict[str, Any]
Values = dict[str, float | None]

_MEDIANS = (CHAMFER.name, CHAMFER_DEEPCAD.name)
_METRICS: tuple[Metric, ...] = (
    IOU_CENTRED,
    CHAMFER,
    CHAMFER_DEEPCAD,
    COMMAND_ACCURACY,
    PARAMETER_ACCURACY,
    *F1.values(),
    *(metric for metric, _ in TOPOLOGY.values()),
)


def published(answers: Sequence[Answered], *, draws: int, seed: int, watch: Watch) -> Json:
    """Return each metric over all answers; `accuracy` and F1 are of what was added."""
    rows: list[tuple[Answered, str, Values]] = []
    for number, answer in enumerate(answers, start=1):
        first = next(iter(answer.prediction.parts), None)
        failed, values = _values(answer, first)
        rows.append((answer, failed, values))
        watch("other metrics", number, len(answers))
    found = {}
    for metric in _METRICS:
        items = [
            Item(values[metric.name], answer.design, failed, "not defined")
            for answer, failed, values in rows
        ]
        median = metric.name in _MEDIANS
        result = summarize(metric, items, median=median, draws=draws, seed=seed)
        found[metric.name] = result.document()
    return found


def _values(answer: Answered, made: Answer | None) -> tuple[str, Values]:
    """The metrics of one part, and why it failed; then distances are infinite."""
    target = target_part(answer.truth, answer.given)
    score = score_parts(target, [made] if made else [], distances=True)[0]
    sequence = made.sequence if made and not score.failed else None
    values: Values = {
        IOU_CENTRED.name: score.iou_centred,
        CHAMFER.name: score.chamfer,
        CHAMFER_DEEPCAD.name: score.chamfer_deepcad,
        **_by_commands(answer.truth, sequence, answer.given),
    }
    truth, body = mesh_of(target.body), None if sequence is None else mesh_of(solid(sequence))
    for metric, value in TOPOLOGY.values():
        values[metric.name] = None if body is None else _finite(value, truth, body)
    return score.failed, values


def _by_commands(truth: CadSequence, made: CadSequence | None, given: int) -> Values:
    """What other systems count by commands; not defined where they have no word for one."""
    try:
        right = accuracy(truth, made, given=given)
        counts = count(truth, made, given=given)
    except UnsupportedError:
        names = (COMMAND_ACCURACY.name, PARAMETER_ACCURACY.name, *(one.name for one in F1.values()))
        return dict.fromkeys(names)
    return {
        COMMAND_ACCURACY.name: right.commands,
        PARAMETER_ACCURACY.name: right.parameters,
        **{F1[name].name: one.f1 for name, one in counts.items()},
    }


def _finite(value: Callable[[Any, Any], float], truth: Any, body: Any) -> float | None:
    found = float(value(truth, body))
    return found if math.isfinite(found) else None
