"""Parts made from nothing: do they cover the real ones, are they near, new, and different.

Only numpy. Clouds have 2,000 points each, scaled so that their farthest coordinate is 1 (DeepCAD,
ICCV 2021, evaluation/evaluate_gen_torch.py, after P. Achlioptas et al., ICML 2018).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from cadcomplete.clouds.cloud import by_area
from cadcomplete.errors import InputError
from cadcomplete.history.geometry import Array
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.lines import encode
from cadcomplete.meshes.mesh import Mesh
from cadcomplete.metrics.clouds import DEEPCAD_POINTS, chamfer
from cadcomplete.metrics.metric import Metric

GRID = 28

_SOURCE = "DeepCAD (ICCV 2021), evaluation/evaluate_gen_torch.py"
COVERAGE = Metric(
    "COV",
    "share",
    "real parts that are the nearest one (Chamfer distance) of some made part / real parts",
    _SOURCE,
)
MATCHING = Metric(
    "MMD",
    "squared, farthest coordinate 1",
    "mean over real parts of the Chamfer distance to the nearest made part",
    _SOURCE,
    "lower",
)
DIVERGENCE = Metric(
    "JSD",
    "bit",
    "Jensen-Shannon divergence of how often points of either set fall into the cells of a 28³ "
    "grid over [-1, 1]",
    _SOURCE,
    "lower",
)
NOVEL = Metric(
    "novel", "share", "made parts that are not in the training data / made parts", "SkexGen (2022)"
)
UNIQUE = Metric("unique", "share", "made parts that occur only once / made parts", "SkexGen (2022)")


def generation_cloud(mesh: Mesh, *, points: int = DEEPCAD_POINTS, seed: int = 0) -> Array:
    """Return points on a mesh, (points, 3), whose farthest coordinate is 1, not centred.

    Raises GeometryError for a mesh without surface.
    """
    found = by_area(mesh, points, seed)[0]
    return found / max(float(np.abs(found).max()), 1e-300)


def coverage_and_matching(made: Iterable[Array], real: Sequence[Array]) -> tuple[float, float]:
    """Return COV and MMD of clouds; 2 to 8 ms for each pair of 2,000 points.

    Raises InputError if either is none.
    """
    rows = [[chamfer(a, b) for b in real] for a in made]
    if not rows or not real:
        raise InputError("nothing to compare", expected="clouds", got=[len(rows), len(real)])
    far_MR = np.array(rows)
    covered = np.unique(far_MR.argmin(axis=1))
    return len(covered) / len(real), float(far_MR.min(axis=0).mean())


def divergence(made: Sequence[Array], real: Sequence[Array], *, grid: int = GRID) -> float:
    """Return the JSD of two sets of clouds in bits: 0 if equal, 1 if they share no cell.

    A point belongs to the nearest of grid³ places from -1 to 1. Raises InputError if either is
    none.
    """
    if not made or not real:
        raise InputError("nothing to compare", expected="clouds", got=[len(made), len(real)])
    p, q = (_histogram(clouds, grid) for clouds in (made, real))
    middle = (p + q) / 2
    return (_entropy(middle) - (_entropy(p) + _entropy(q)) / 2) / np.log(2)


def _histogram(clouds: Sequence[Array], grid: int) -> Array:
    points = np.concatenate(list(clouds))
    cells = np.clip(np.round((points + 1) / 2 * (grid - 1)), 0, grid - 1).astype(np.int64)
    flat = (cells[:, 0] * grid + cells[:, 1]) * grid + cells[:, 2]
    counts = np.bincount(flat, minlength=grid**3).astype(np.float64)
    return counts / counts.sum()


def _entropy(p: Array) -> float:
    there = p[p > 0]
    return float(-(there * np.log(there)).sum())


# --- novel and unique ---------------------------------------------------------------------------


def key(sequence: CadSequence, *, levels: int = 64) -> str:
    """Return a text that two histories share if they make the same part the same way, at any size.

    Numbers are rounded to `levels` steps of the largest coordinate, as SkexGen compares vectors
    of 6 bits.
    """
    from cadcomplete.metrics.deepcad import vectors

    rows = vectors(sequence, levels=levels)
    return repr(rows) if len(rows) > 1 else encode(sequence).text  # the last row is the end


def novel(made: Sequence[CadSequence], training: Iterable[CadSequence]) -> float | None:
    """Return the share of made parts that are not in the training data; None of nothing."""
    known = {key(sequence) for sequence in training}
    return _share([key(sequence) not in known for sequence in made])


def unique(made: Sequence[CadSequence]) -> float | None:
    """Return the share of made parts that occur only once among them; None of nothing."""
    keys = [key(sequence) for sequence in made]
    often = Counter(keys)
    return _share([often[k] == 1 for k in keys])


def _share(flags: Sequence[bool]) -> float | None:
    return sum(flags) / len(flags) if flags else None
