"""How often the geometric proposer finds the next operation, and how close it comes to the part.

    python benchmarks/fitting.py runs/out/data/fusion360 --parts 150

A hit on an extrude: the change that it makes agrees with the true change, IoU >= 0.95. A hit on a
sketch: the same plane in space, and the regions inside of its loops agree, IoU >= 0.95. Only
parts to train on are looked at. `--scan` puts noise, a hole and a turn into the clouds.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cadcomplete.clouds.cloud import PointCloud
from cadcomplete.clouds.scanner import scanned
from cadcomplete.data.modalities import load
from cadcomplete.data.read import read_samples
from cadcomplete.data.samples import Sample
from cadcomplete.fitting import Wanted, finish, next_extrudes, next_sketches, occupancy, wanted
from cadcomplete.fitting.flat.regions import inside_loop
from cadcomplete.fitting.space.solids import combined, swept
from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import Extrude, Operation, Sketch
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.meshes.manifolds import iou, solid

KINDS = ("first extrude", "later extrude", "first sketch", "later sketch")
RANKS = (1, 3, 20)
_ALL, _LONGEST = 5, 16  # operations of parts of which all cuts are looked at; that are looked at


@dataclass
class Counts:
    """What came out, by kind: ranks of the first hit (0: none), seconds, and finished parts."""

    ranks: dict[str, list[int]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    seconds: dict[str, list[float]] = field(default_factory=dict)
    finished: list[float] = field(default_factory=list)
    unfinished: list[float] = field(default_factory=list)
    prefix: list[float] = field(default_factory=list)
    misses: list[str] = field(default_factory=list)
    without_change: int = 0

    def timed(self, kind: str, start: float) -> None:
        self.seconds.setdefault(kind, []).append(time.perf_counter() - start)


# --- what a hit is ------------------------------------------------------------------------------


class Space:
    """Points with weights, close together where the true change is."""

    def __init__(
        self, points: Array, inside: np.ndarray, sequence: CadSequence, index: int
    ) -> None:
        rng = np.random.default_rng(1)
        low, high = box_of(points, sequence)
        everywhere = low + rng.random((30000, 3)) * (high - low)
        self.before_all = truncate(sequence, index)
        changed = self._change(everywhere, sequence.operations[index])
        if changed.any():
            tight = everywhere[changed]
            pad = 0.05 * np.ptp(tight, axis=0) + 0.02 * (high - low)
            near_low, near_high = tight.min(axis=0) - pad, tight.max(axis=0) + pad
        else:
            near_low, near_high = low, high
        near = near_low + rng.random((12000, 3)) * (near_high - near_low)
        far = everywhere[((everywhere < near_low) | (everywhere > near_high)).any(axis=1)][:12000]
        self.points = np.concatenate([near, far])
        near_volume = float(np.prod(near_high - near_low))
        volume = float(np.prod(high - low))
        rest = max(volume - near_volume, 0.0) / max(len(far), 1)
        self.weight = np.concatenate(
            [np.full(len(near), near_volume / len(near)), np.full(len(far), rest)]
        )
        self.before = occupancy(self.before_all, self.points)
        self.true = self._after(sequence.operations[index])

    def _change(self, points: Array, extrude: Operation) -> np.ndarray:
        before = occupancy(self.before_all, points)
        assert isinstance(extrude, Extrude)
        tool = swept(extrude, self.before_all.operations, points)
        return combined(before, tool, extrude.boolean) ^ before

    def _after(self, extrude: Operation) -> np.ndarray:
        assert isinstance(extrude, Extrude)
        tool = swept(extrude, self.before_all.operations, self.points)
        return combined(self.before, tool, extrude.boolean)

    @property
    def changes(self) -> bool:
        return bool((self.true ^ self.before).any())

    def hit(self, extrude: Operation) -> bool:
        after = self._after(extrude)
        one, other = self.true ^ self.before, after ^ self.before
        either = float(self.weight[one | other].sum())
        return float(self.weight[one & other].sum()) >= 0.95 * either


def box_of(points: Array, sequence: CadSequence) -> tuple[Array, Array]:
    """The box of a cloud and of every prism of a history, corners (3,)."""
    corners = [points]
    for op in sequence.operations:
        if isinstance(op, Extrude):
            for profile in op.profiles:
                sketch = sequence.operations[profile.sketch]
                assert isinstance(sketch, Sketch)
                flat = sketch.plane.to_world(sketch.loops[profile.outer].points())
                corners += [flat + h * np.array(sketch.plane.normal) for h in op.extent.span]
    every = np.concatenate(corners)
    low, high = every.min(axis=0), every.max(axis=0)
    pad = 0.02 * float((high - low).max())
    return low - pad, high + pad


def same_sketch(one: Sketch, other: Operation) -> bool:
    """The same plane in space, either side, and the same region, even-odd, IoU >= 0.95."""
    assert isinstance(other, Sketch)
    normal = np.array(one.plane.normal)
    if abs(normal @ np.array(other.plane.normal)) < 1 - 1e-5:
        return False
    outline = [one.plane.to_world(loop.points()) for loop in one.loops]
    outline += [other.plane.to_world(loop.points()) for loop in other.loops]
    local = one.plane.to_local(np.concatenate(outline))
    size = float(np.ptp(local, axis=0).max())
    if np.abs(local[:, 2]).max() > 2e-3 * size:
        return False
    low, high = local[:, :2].min(axis=0), local[:, :2].max(axis=0)
    flat = low + np.random.default_rng(2).random((4000, 2)) * (high - low)
    world = one.plane.to_world(flat)
    a, b = (even_odd(s, s.plane.to_local(world)[:, :2]) for s in (one, other))
    return bool((a & b).sum() >= 0.95 * (a | b).sum() > 0)


def even_odd(sketch: Sketch, flat: Array) -> np.ndarray:
    inside = np.zeros(len(flat), dtype=bool)
    for loop in sketch.loops:
        inside ^= inside_loop(loop, flat)
    return inside


# --- the loop -----------------------------------------------------------------------------------


def measure(
    sequence: CadSequence, cloud: PointCloud, true: Array, counts: Counts, steps: int
) -> None:
    """Measure every cut of a part."""
    start = time.perf_counter()
    target = wanted(cloud)
    counts.timed("wanted", start)
    for index, operation in enumerate(sequence.operations):
        given = truncate(sequence, index)
        if isinstance(operation, Extrude):
            extrude_case(given, sequence, index, target, true, counts)
        elif isinstance(operation, Sketch):
            sketch_case(given, operation, target, counts)
    if steps:
        finish_cases(sequence, target, counts, steps)


def finish_cases(sequence: CadSequence, target: Wanted, counts: Counts, steps: int) -> None:
    """Finish a part from every cut, nothing and the whole included, or from six of many."""
    whole, size = solid(sequence), len(sequence)
    every = range(size + 1) if size <= _ALL else sorted({0, 1, 2, size // 2, size - 1, size})
    for keep in every:
        given = truncate(sequence, keep)
        start = time.perf_counter()
        done = finish(given, target, steps=steps)
        counts.timed("finish", start)
        counts.prefix.append(iou(whole, solid(given)))
        found = iou(whole, solid(done[0])) if done else counts.prefix[-1]
        counts.finished.append(found)
        if keep < size:
            counts.unfinished.append(found)
        if found < 0.9:
            counts.misses.append(f"finish {sequence.id} cut {keep}: {found:.3f}")


def extrude_case(
    given: CadSequence,
    sequence: CadSequence,
    index: int,
    target: Wanted,
    true: Array,
    counts: Counts,
) -> None:
    first = not any(isinstance(op, Extrude) for op in given.operations)
    kind = "first extrude" if first else "later extrude"
    space = Space(true, np.zeros(0), sequence, index)
    if not space.changes:
        counts.without_change += 1
        return
    start = time.perf_counter()
    found = next_extrudes(given, target)
    counts.timed("next_extrudes", start)
    hits = [space.hit(p.operations[0]) for p in found]
    record(counts, kind, hits, f"{sequence.id} cut {index}")


def sketch_case(given: CadSequence, operation: Sketch, target: Wanted, counts: Counts) -> None:
    kind = "later sketch" if len(given) else "first sketch"
    start = time.perf_counter()
    found = next_sketches(given, target)
    counts.timed("next_sketches", start)
    hits = [same_sketch(operation, p.operations[0]) for p in found]
    record(counts, kind, hits, f"{given.id} cut {len(given)}")


def record(counts: Counts, kind: str, hits: list[bool], name: str) -> None:
    rank = hits.index(True) + 1 if any(hits) else 0
    counts.ranks[kind].append(rank)
    if not 0 < rank <= 3:
        counts.misses.append(f"{kind} {name}: rank {rank}")


def parts(source: Path, number: int, seed: int) -> list[Sample]:
    """Random parts to train on that have a cloud."""
    every = [s for s in read_samples(source) if isinstance(s, Sample) and s.split == "train"]
    every = [s for s in every if s.place and s.place.cloud]
    random.Random(seed).shuffle(every)
    return every[:number]


def report(counts: Counts) -> dict[str, object]:
    table: dict[str, object] = {}
    for kind, ranks in counts.ranks.items():
        if ranks:
            hits = {f"hit@{n}": sum(0 < r <= n for r in ranks) / len(ranks) for n in RANKS}
            table[kind] = {"n": len(ranks), **{k: round(v, 3) for k, v in hits.items()}}
    if counts.finished:
        table["finished"] = {
            "n": len(counts.finished),
            "prefix mean IoU": round(statistics.mean(counts.prefix), 3),
            "mean IoU": round(statistics.mean(counts.finished), 3),
            "mean IoU, unfinished cuts": round(statistics.mean(counts.unfinished), 3),
            "median IoU": round(statistics.median(counts.finished), 3),
            "share above 0.95": round(
                sum(i > 0.95 for i in counts.finished) / len(counts.finished), 3
            ),
        }
    table["extrudes that change nothing"] = counts.without_change
    for kind, seconds in counts.seconds.items():
        mean, most = statistics.mean(seconds), max(seconds)
        table[f"seconds of {kind}"] = f"mean {mean:.3f}, most {most:.3f}"
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("--parts", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=12, help="of finish; 0 leaves it out")
    parser.add_argument("--scan", action="store_true")
    parser.add_argument("--misses", type=Path, help="a file for what was missed")
    args = parser.parse_args()
    counts = Counts()
    for sample in parts(args.source, args.parts, args.seed):
        assert sample.place is not None
        if len(sample.sequence) > _LONGEST:
            continue
        cloud = load(sample.place, sample.sequence.id, images=()).cloud
        assert cloud is not None
        true = cloud.millimetres
        if args.scan:
            cloud = scanned(cloud, name=sample.sequence.id)
        measure(sample.sequence, cloud, true, counts, args.steps)
    print(json.dumps(report(counts), indent=1))
    if args.misses:
        args.misses.write_text("\n".join(counts.misses) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
