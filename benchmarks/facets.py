"""Solids that the kernel hands over as triangles: how many, how far off, how long.

Of real FreeCAD bodies with fillets and chamfers, up to the last of them: triangles, the error of
their volume, and the seconds that it takes to say which of 8,192 points are inside.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import freecad
import numpy as np

from cadcomplete.errors import BuildError
from cadcomplete.history.blends import Blend
from cadcomplete.history.faceted import Faceted
from cadcomplete.history.sequence import truncate
from cadcomplete.kernel.build import build
from cadcomplete.kernel.faceting import facets_after
from cadcomplete.meshes.faceted import body_of, contains

POINTS = 8192


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="such as data/freecad")
    parser.add_argument("--most", type=int, default=40, help="bodies")
    options = parser.parse_args()
    rows, failed = [], 0
    for body in freecad.bodies(options.folder):
        blends = [i for i, op in enumerate(body.sequence.operations) if isinstance(op, Blend)]
        if not blends:
            continue
        if len(rows) + failed == options.most:
            break
        try:
            solid = build(truncate(body.sequence, blends[-1] + 1))
            (found,) = facets_after(body.sequence, (blends[-1],))
        except BuildError as error:
            failed += 1
            print(f"{body.id}: {error}")
            continue
        assert solid is not None
        faceted = Faceted((), *found)
        made = body_of(faceted)
        low, high = np.array(made.bounding_box()).reshape(2, 3)
        points = low + (high - low) * np.random.default_rng(0).random((POINTS, 3))
        started = time.perf_counter()
        contains(faceted, points)
        seconds = time.perf_counter() - started
        rows.append((made.num_tri(), abs(made.volume() / solid.volume - 1), seconds))
    triangles, off, seconds = np.array(rows).T
    print(
        f"{len(rows)} bodies, {failed} not built: {triangles.min():.0f} to {triangles.max():.0f} "
        f"triangles; volumes off by {off.max():.1e} at most, median {np.median(off):.1e}; "
        f"{1e3 * seconds.min():.0f} to {1e3 * seconds.max():.0f} ms for {POINTS} points"
    )


if __name__ == "__main__":
    main()
