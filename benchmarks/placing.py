"""How often a shape that does not fit its part is noticed, what is said, and whether it is mended.

    python benchmarks/placing.py runs/out/data/fusion360 runs/out/data/omnicad --parts 40

Held-out parts, cut at random, with their cloud, clean and as a scan: as it is, in another unit, on
its side, moved, turned and moved, normalised. `refused` counts shapes that are refused, `named`
those of which the message names the option that mends it (of the shape as it is: none refused is
right), `placed` those that lie on the given part with `--place fit`: at least half as much of its
surface is on the shape as when it lies where it was drawn. Shapes that look alike from two sides
may be placed either way.

    python benchmarks/placing.py runs/out/data/fusion360 runs/out/data/omnicad --parts 100 --shares

tells only how much of the surface of all beginnings of a part is on its own shape, as it lies, and
how many are refused or asked about.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from cadcomplete.clouds.cloud import PointCloud, normalize
from cadcomplete.clouds.scanner import scanned
from cadcomplete.clouds.shape import UNITS, turn
from cadcomplete.data.modalities import load
from cadcomplete.data.read import read_samples
from cadcomplete.data.samples import Sample
from cadcomplete.errors import InputError
from cadcomplete.history.geometry import Array
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.placing.comparing import fitted
from cadcomplete.placing.marks import SurfaceSample, marks_of
from cadcomplete.placing.registering import judged

Moved = tuple[PointCloud, str]
"""A changed cloud, and the option that mends it."""


def moved(cloud: PointCloud, turned: Array, shift: Array, factor: float) -> PointCloud:
    points, center, scale = normalize(factor * cloud.millimetres @ turned.T + shift)
    return PointCloud(points, cloud.normals @ turned.T, center, scale)


def rotation(random: np.random.Generator) -> Array:
    """A rotation, all alike."""
    matrix, r = np.linalg.qr(random.normal(size=(3, 3)))
    matrix = matrix * np.sign(np.diag(r))
    return matrix if np.linalg.det(matrix) > 0 else -matrix


def _unit(cloud: PointCloud, random: np.random.Generator) -> Moved:
    name = str(random.choice([name for name in UNITS if name not in ("mm", "um")]))
    return moved(cloud, np.eye(3), np.zeros(3), 1 / UNITS[name]), f"--units {name},"


def _side(cloud: PointCloud, random: np.random.Generator) -> Moved:
    name = str(random.choice(["y", "x"]))
    return moved(cloud, turn(name).T, np.zeros(3), 1.0), f"--up {name},"


def _elsewhere(cloud: PointCloud, random: np.random.Generator) -> Moved:
    shift = 2 * cloud.scale * random.uniform(0.2, 1.5, 3) * random.choice([-1, 1], 3)
    return moved(cloud, np.eye(3), shift, 1.0), "--place fit"


def _turned(cloud: PointCloud, random: np.random.Generator) -> Moved:
    shift = 2 * cloud.scale * random.uniform(-1, 1, 3)
    return moved(cloud, rotation(random), shift, 1.0), "--place fit"


def _normalised(cloud: PointCloud, random: np.random.Generator) -> Moved:
    return PointCloud(cloud.points, cloud.normals, np.zeros(3), 1.0), "--place fit"


CHANGES: dict[str, Callable[[PointCloud, np.random.Generator], Moved]] = {
    "as it is": lambda cloud, random: (cloud, ""),
    "another unit": _unit,
    "on its side": _side,
    "moved": _elsewhere,
    "turned and moved": _turned,
    "normalised": _normalised,
}


def tried(cloud: PointCloud, given: CadSequence, name: str, random: np.random.Generator) -> Counter:
    """Return what came of a changed cloud."""
    counts: Counter[str] = Counter(cases=1)
    changed, option = CHANGES[name](cloud, random)
    try:
        fitted(changed, given)
    except InputError as error:
        counts["refused"] += 1
        counts["named"] += bool(option) and option in str(error)
    marks = marks_of(given)
    assert marks is not None
    began = time.process_time()
    try:
        placed = fitted(changed, given, place="fit").placement
    except InputError:
        placed = None
    counts["milliseconds"] += round(1000 * (time.process_time() - began))
    if placed is not None:
        here = judged(marks, SurfaceSample.of(cloud.millimetres, cloud.normals)).share
        counts["placed"] += placed.share >= here / 2
    return counts


def print_shares(parts: list[Sample]) -> None:
    """Print quantiles of the share of marks that is on a part's own shape, over all cuts."""
    shares: dict[str, list[float]] = {"clean": [], "scan": []}
    told: Counter[str] = Counter()
    for sample in parts:
        assert sample.place is not None
        cloud = load(sample.place, sample.sequence.id, images=()).cloud
        if cloud is None:
            continue
        for kind, shape in (("clean", cloud), ("scan", scanned(cloud, name=sample.sequence.id))):
            surface = SurfaceSample.of(shape.millimetres, shape.normals)
            for cut in range(1, len(sample.sequence) + 1):
                given = truncate(sample.sequence, cut)
                marks = marks_of(given)
                if marks is None:
                    continue
                shares[kind].append(judged(marks, surface).share)
                try:
                    told[f"{kind} asked about"] += bool(fitted(shape, given).notices)
                except InputError:
                    told[f"{kind} refused"] += 1
    for kind, values in shares.items():
        least, low, middle = np.quantile(values, [0, 0.01, 0.5])
        print(
            f"{kind}: {len(values)} cuts, least {least:.2f}, 1 % {low:.2f}, median {middle:.2f}; "
            f"{told[f'{kind} refused']} refused, {told[f'{kind} asked about']} asked about"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, help="prepared data sets")
    parser.add_argument("--parts", type=int, default=40)
    parser.add_argument("--shares", action="store_true", help="how well what fits does")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    random = np.random.default_rng(args.seed)
    found = [item for folder in args.folders for item in read_samples(folder)]
    parts = [s for s in found if isinstance(s, Sample) and s.held_out(0.05) and s.place]
    order = random.permutation(len(parts))[: args.parts]
    if args.shares:
        print_shares([parts[i] for i in order])
        return
    totals: dict[tuple[str, str], Counter[str]] = {}
    for sample in (parts[i] for i in order):
        assert sample.place is not None
        cloud = load(sample.place, sample.sequence.id, images=()).cloud
        given = truncate(sample.sequence, int(random.integers(1, len(sample.sequence) + 1)))
        if cloud is None or marks_of(given) is None:
            continue
        for kind, shape in (("clean", cloud), ("scan", scanned(cloud, name=sample.sequence.id))):
            for name in CHANGES:
                key = (kind, name)
                totals[key] = totals.get(key, Counter()) + tried(shape, given, name, random)
    print(f"{'':24s} {'shapes':>7s} {'refused':>8s} {'named':>6s} {'placed':>7s} {'CPU s':>6s}")
    for (kind, name), one in totals.items():
        seconds = one["milliseconds"] / one["cases"] / 1000
        print(
            f"{kind + ', ' + name:24s} {one['cases']:7d} {one['refused']:8d} {one['named']:6d} "
            f"{one['placed']:7d} {seconds:6.2f}"
        )


if __name__ == "__main__":
    main()
