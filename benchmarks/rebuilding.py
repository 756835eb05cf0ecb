"""How well held-out parts are rebuilt from their meshes, with the search alone and with the model.

    python benchmarks/rebuilding.py runs/out/data/fusion360 runs/out/data/omnicad --parts 30

Each part is tessellated, so that nothing but triangles is left; 8,192 points are drawn from them,
as `cadcomplete rebuild` does with an STL. IoU is that of the solids where they lie. With `--model`
the model writes as well, and the best of both is taken, as `complete --keep 0 --points` does; with
`--no-normals` normals are estimated, as for an .xyz.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from cadcomplete.clouds.cloud import sample_cloud
from cadcomplete.clouds.read import scan_of
from cadcomplete.data.read import read_samples
from cadcomplete.data.samples import Sample
from cadcomplete.errors import CadCompleteError
from cadcomplete.fitting import finish, wanted
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Kernel
from cadcomplete.meshes.manifolds import iou, mesh_of, solid
from cadcomplete.predictions import Case


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, help="prepared data sets")
    parser.add_argument("--parts", type=int, default=30)
    parser.add_argument("--model", action="store_true", help="let the shipped model write, too")
    parser.add_argument("--no-normals", action="store_true", help="of points alone")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    found = [item for folder in args.folders for item in read_samples(folder)]
    parts = [s.sequence for s in found if isinstance(s, Sample) and s.held_out(0.05)]
    order = np.random.default_rng(args.seed).permutation(len(parts))[: args.parts]
    nothing, rows = CadSequence(()), []
    with Kernel(workers=1, time_limit=30.0) as kernel:
        search = None
        if args.model:
            from cadcomplete.completion.by_model import ByModel
            from cadcomplete.completion.engine import shipped_model

            search = ByModel(shipped_model(), kernel)
        for truth in (parts[i] for i in order):
            body = solid(truth)
            cloud = sample_cloud(mesh_of(body), 8192)
            if args.no_normals:
                cloud = scan_of(cloud.millimetres).cloud
            began = time.process_time()
            try:
                alone = iou(body, solid(finish(nothing, wanted(cloud))[0]))
            except CadCompleteError as error:
                print(f"{truth.id}: {error}")
                alone = 0.0
            seconds, both, more = time.process_time() - began, alone, 0.0
            if search is not None:
                began = time.process_time()
                reading = search.read(Case(truth.id, nothing, points=cloud))
                answers = list(search.parts(reading, n=1))
                both = iou(body, solid(answers[0].sequence)) if answers else 0.0
                more = time.process_time() - began
            rows.append((alone, both, seconds, more))
    table = np.array(rows)
    print(f"{len(table)} parts from nothing but their triangles")
    for name, values, seconds in (("search", 0, 2), ("search and model", 1, 3)):
        ious = table[:, values]
        if seconds == 2 or args.model:
            print(
                f"{name:18s} IoU mean {ious.mean():.3f}, median {np.median(ious):.4f}, "
                f"{(ious > 0.95).sum()} above .95; {np.median(table[:, seconds]):.1f} s CPU, median"
            )


if __name__ == "__main__":
    main()
