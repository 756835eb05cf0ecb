"""How long many copies of a hole take: in the kernel, as polyhedra, and one by one.

A plate with one hole, a row of it, and that row again along the other side: a pattern of a pattern.
Each time is the least of some, in seconds of one processor. ::

    .venv/bin/python benchmarks/patterns.py
    .venv/bin/python benchmarks/patterns.py --sides 10 20 --tries 3
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from cadcomplete.history.expanded import expanded
from cadcomplete.history.patterns import LinearPattern
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.build import build
from cadcomplete.language.lines import decode, encode
from cadcomplete.meshes import manifolds

PITCH = 10.0


def plate(side: int) -> CadSequence:
    """Return a square plate with `side` times `side` holes, of six operations."""
    far = side * PITCH
    drawn = decode(
        f"sketch 0 0 0 +z +x\nloop 0 0\nline {far:g} 0\nline {far:g} {far:g}\nline 0 {far:g}\n"
        "close\nextrude new to 10 0\nsketch 0 0 10 +z +x\ncircle 5 5 2\nextrude cut to 0 0\n"
    )
    row = LinearPattern((1.0, 0.0, 0.0), PITCH, side, (3,))
    rows = LinearPattern((0.0, 1.0, 0.0), PITCH, side, (4, 3))
    return CadSequence((*drawn.operations, row, rows))


def seconds(work: Callable[[], object], tries: int) -> float:
    """Return the least processor time that some work takes."""
    found = []
    for _ in range(tries):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sides", type=int, nargs="+", default=[5, 10, 20])
    parser.add_argument("--tries", type=int, default=3)
    options = parser.parse_args()
    build(plate(2))  # the kernel is loaded
    print("| holes | lines of text | kernel, s | polyhedra, s | kernel, one by one, s |")
    print("|---|---|---|---|---|")
    for side in options.sides:
        part = plate(side)
        alone, lines = expanded(part), encode(part).text.count("\n")
        times = [
            seconds(lambda p=part: build(p), options.tries),
            seconds(lambda p=part: manifolds.solid(p).volume(), options.tries),
            seconds(lambda p=alone: build(p), options.tries),
        ]
        print(f"| {side * side} | {lines} |", *(f"{taken:.2f} |" for taken in times))


if __name__ == "__main__":
    main()
