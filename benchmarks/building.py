"""How long the kernel takes to build: holes in a plate, and real parts against another checkout.

    .venv/bin/python benchmarks/building.py --holes 25 100 400
    .venv/bin/python benchmarks/building.py --against CHECKOUT --data ../shared/data/fusion360

Seconds are those of the processor, the least of some runs. Against another checkout each part is
built by both in turn, so that their ratio does not depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from cadcomplete import readers
from cadcomplete.data.samples import find, hash64
from cadcomplete.errors import BuildError
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.lines import decode, encode

RUNS = 3

HERE = Path(__file__).resolve()


def plate(count: int, boolean: str = "cut") -> CadSequence:
    """A plate of 10 mm with `count` holes (or posts) in rows, each a sketch and an extrude."""
    columns = round(count**0.5)
    rows = -(-count // columns)
    width, depth = 10 * columns, 10 * rows
    text = f"sketch 0 0 0 +z +x\nloop 0 0\nline {width} 0\nline {width} {depth}\nline 0 {depth}\n"
    text += "close\nextrude new to 10 0\n"
    low, high = (0, 10) if boolean == "cut" else (10, 15)
    for n in range(count):
        x, y = 10 * (n % columns) + 5, 10 * (n // columns) + 5
        text += f"sketch 0 0 {low} +z +x\ncircle {x} {y} 3\nextrude {boolean} to {high} 0\n"
    return decode(text)


def seconds(sequence: CadSequence, runs: int = RUNS) -> float:
    """Processor seconds of a build, the least of some; NaN for what cannot be built."""
    from cadcomplete.kernel.build import build

    times = []
    for _ in range(runs):
        started = time.process_time()
        try:
            build(sequence)
        except BuildError:
            return float("nan")
        times.append(time.process_time() - started)
    return min(times)


def serve() -> None:
    """Build what standard input names, one file of lines each, and answer the seconds."""
    seconds(plate(4))
    for line in sys.stdin:
        text = Path(line.strip()).read_text(encoding="utf-8")
        print(seconds(decode(text)), flush=True)


class Builder:
    """A process that builds with the package of a checkout."""

    def __init__(self, checkout: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(HERE), "--serve"],
            env={**os.environ, "PYTHONPATH": str(checkout)},
            cwd=checkout,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def seconds(self, file: Path) -> float:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(f"{file}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


def against(checkout: Path, folders: list[Path], most: int, scratch: Path) -> None:
    """Print the ratio of build times, this checkout's to the other's."""
    found = {hash64(name): file for folder in folders for file, name in find(folder)}
    one, other = Builder(HERE.parent.parent), Builder(checkout.resolve())
    times, several = [], []
    for _, file in sorted(found.items())[:most]:
        sequence = readers.read(file).sequence
        (scratch / "part.lines").write_text(encode(sequence).text, encoding="utf-8")
        times.append((one.seconds(scratch / "part.lines"), other.seconds(scratch / "part.lines")))
        several.append(sum(hasattr(op, "profiles") for op in sequence.operations) > 1)
    table, mask = np.array(times), np.array(several)
    for name, rows in (("all parts", table), ("those with several extrudes", table[mask])):
        rows = rows[np.isfinite(rows).all(axis=1)]
        (new, old), (new_mean, old_mean) = np.median(rows, axis=0), rows.mean(axis=0)
        print(
            f"{name}: {len(rows)}; median {1000 * new:.2f} ms, {new / old:.2f} of the other's; "
            f"median of ratios {np.median(rows[:, 0] / rows[:, 1]):.2f}; "
            f"mean {1000 * new_mean:.1f} ms, {new_mean / old_mean:.2f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--holes", nargs="+", type=int, default=[])
    parser.add_argument("--against", type=Path, help="another checkout of this project")
    parser.add_argument("--data", nargs="+", type=Path, default=[])
    parser.add_argument("--most", type=int, default=300, help="parts")
    parser.add_argument("--scratch", type=Path, default=Path("/tmp"))
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        serve()
    for boolean in ("cut", "join") if args.holes else ():
        parts = {count: plate(count, boolean) for count in args.holes}
        rounds = [{count: seconds(part, 1) for count, part in parts.items()} for _ in range(RUNS)]
        least = {count: min(one[count] for one in rounds) for count in parts}
        told = (f"{count}: {least[count]:.2f} s" for count in parts)
        ratios = [f"{least[4 * count] / least[count]:.1f}" for count in parts if 4 * count in least]
        print(f"{boolean} {', '.join(told)}; four times as many take {', '.join(ratios)} times")
    if args.against is not None:
        against(args.against, args.data, args.most, args.scratch)


if __name__ == "__main__":
    main()
