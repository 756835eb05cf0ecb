"""How many later sketches are usual ones: the same region on the same plane, IoU >= 0.95.

    .venv/bin/python benchmarks/habits.py runs/out/data/fusion360 --most 120

Only planes that a history has are tried, not those that a model would draw on.
"""

from __future__ import annotations

import argparse
import statistics
from itertools import islice

from cadcomplete.completion.proposing import USUAL
from cadcomplete.completion.usual_sketches import usual_sketches
from cadcomplete.data.read import read_samples
from cadcomplete.data.samples import Sample, hash64
from cadcomplete.history.operations import Sketch
from cadcomplete.history.sequence import truncate
from cadcomplete.metrics.operations import HIT, target


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data")
    parser.add_argument("--split", default="test")
    parser.add_argument("--most", type=int, default=120, help="parts")
    asked = parser.parse_args()
    found = (s for s in read_samples(asked.data) if isinstance(s, Sample))
    chosen = sorted(
        (s for s in found if s.split == asked.split), key=lambda s: hash64(s.sequence.id)
    )
    hits: list[bool] = []
    counts: list[int] = []
    for sample in chosen[: asked.most]:
        for given in range(2, len(sample.sequence)):
            if isinstance(sample.sequence.operations[given], Sketch):
                truth = target(sample.sequence, given)
                ideas = list(islice(usual_sketches(truncate(sample.sequence, given)), USUAL))
                hits.append(any(truth.overlap(idea) >= HIT for idea in ideas))
                counts.append(len(ideas))
    print(
        f"{len(hits)} later sketches, {statistics.mean(hits):.3f} are usual; "
        f"{statistics.mean(counts):.0f} ideas on average, {max(counts)} at most"
    )


if __name__ == "__main__":
    main()
