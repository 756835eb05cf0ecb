"""The finished part: is it one, how much of the wanted part is it, what the completion gained."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from manifold3d import Manifold

from cadcomplete.errors import GeometryError
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.meshes.manifolds import iou, mesh_of, solid, volume_of
from cadcomplete.meshes.mesh import Mesh
from cadcomplete.metrics.aggregate import CHOICES
from cadcomplete.metrics.clouds import chamfer_deepcad, chamfer_recode
from cadcomplete.metrics.metric import Metric
from cadcomplete.predictions import Answer

WHOLE = 1 - 1e-6
"""IoU from which a prefix is already the whole part."""

INVALIDITY = Metric(
    "invalidity ratio",
    "share",
    "questions whose first part is missing or no valid solid / questions",
    "DeepCAD (ICCV 2021); EVIDENCE 5",
    "lower",
)
IOU = Metric(
    "IoU",
    "share",
    "volume(made ∩ true) / volume(made ∪ true) where both lie, mean; an invalid or missing part "
    "counts as 0",
    "EVIDENCE 5; not moved, not scaled",
)
GAIN = Metric(
    "gain",
    "share",
    "(IoU(completed) - IoU(prefix)) / (1 - IoU(prefix)), median, for it has no lower bound; an "
    "invalid or missing part has IoU 0, so its gain is negative; excluded where the prefix is the "
    "whole part already",
    "ours",
)
IOU_CENTRED = Metric(
    "IoU (CAD-Recode)",
    "share",
    "as IoU, both boxes centred and the largest extent of each 1: for parts made from a cloud "
    "alone; an invalid or missing part counts as 0",
    "CAD-Recode (arXiv:2412.14042); there over valid parts",
)


@dataclass(frozen=True, slots=True)
class PartScore:
    """How one finished part compares with the true one.

    Attributes:
        iou: 0 if it is invalid.
        gain: None if the prefix is the whole part already.
        iou_centred: 0 if it is invalid.
        chamfer, chamfer_deepcad: infinite if it is invalid; None if they were not asked for.
        failed: why it is invalid; empty if it is valid.
    """

    iou: float
    gain: float | None
    iou_centred: float
    chamfer: float | None = None
    chamfer_deepcad: float | None = None
    failed: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class TargetPart:
    """A true part and the prefix that was given of it, ready for comparison."""

    id: str
    given: int
    body: Manifold
    prefix_iou: float
    meshes: dict[str, Mesh] = field(default_factory=dict)

    def score(self, made: Answer | None, *, distances: bool = True, seed: int = 0) -> PartScore:
        """Compare a finished part, or that there is none; `distances` are slower than volumes."""
        failed = _problem(made)
        body = Manifold() if made is None or failed else solid(made.sequence)
        if not failed and volume_of(body) <= 0:
            failed = "no volume"
        if failed:
            far = math.inf if distances else None
            return PartScore(0.0, self.gain(0.0), 0.0, far, far, failed)
        found = iou(self.body, body)
        near, deepcad = self._distances(body, seed) if distances else (None, None)
        return PartScore(found, self.gain(found), iou_centred(self.body, body), near, deepcad)

    def gain(self, found: float) -> float | None:
        """Return (IoU(completed) - IoU(prefix)) / (1 - IoU(prefix)), None if that is 0 / 0."""
        if self.prefix_iou >= WHOLE:
            return None
        return (found - self.prefix_iou) / (1 - self.prefix_iou)

    def _distances(self, body: Manifold, seed: int) -> tuple[float, float]:
        truth = self.meshes.setdefault("truth", mesh_of(self.body))
        mesh = mesh_of(body)
        try:
            return chamfer_recode(truth, mesh, seed=seed), chamfer_deepcad(truth, mesh, seed=seed)
        except GeometryError:  # the true part has no surface: nothing is near it
            return math.inf, math.inf


def target_part(history: CadSequence, given: int) -> TargetPart:
    """Return the part that a history makes, and how much of it its first operations are.

    Raises InputError if there are not that many.
    """
    body = solid(history)
    return TargetPart(
        id=history.id, given=given, body=body, prefix_iou=iou(body, solid(truncate(history, given)))
    )


def score_parts(
    truth: TargetPart, parts: Sequence[Answer], *, distances: bool = False, seed: int = 0
) -> tuple[PartScore, ...]:
    """Compare the finished parts of a prediction, in its order; none counts as one that failed."""
    known: Sequence[Answer | None] = parts or (None,)
    return tuple(truth.score(part, distances=distances, seed=seed) for part in known)


def chosen_iou(scores: Sequence[PartScore]) -> dict[str, float | None]:
    """Return the IoU by each of `CHOICES`: "rank 1", "expected" and "oracle"."""
    values = [score.iou for score in scores]
    return {name: choose(values) for name, choose in CHOICES.items()}


def _problem(made: Answer | None) -> str:
    if made is None:
        return "no part"
    if made.valid:
        return ""
    return made.problems[0] if made.problems else "invalid"


def iou_centred(a: Manifold, b: Manifold) -> float:
    """Return the IoU of two parts, both boxes centred and the largest extent of each 1."""
    if a.is_empty() or b.is_empty():
        return iou(a, b)
    return iou(_centred(a), _centred(b))


def _centred(body: Manifold) -> Manifold:
    corners = np.array(body.bounding_box()).reshape(2, 3)
    size = float((corners[1] - corners[0]).max())
    move = -corners.mean(axis=0)[:, None] / size
    return body.transform(np.concatenate([np.eye(3) / size, move], axis=1))
