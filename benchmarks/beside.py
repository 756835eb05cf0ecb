"""What a second busy process costs `complete`: with as many threads as cores, and with one.

Each row is a process of its own that answers the same question, first to warm up, then timed; wall
and processor seconds of an answer. Ratios within one run are what counts: machines differ.

    .venv/bin/python benchmarks/beside.py
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

PART = Path(__file__).resolve().parent.parent / "examples" / "parts" / "flange.json"
BUSY = "while True: pass"


def answer(repeats: int) -> tuple[float, float]:
    """Return the median of the wall and of the processor seconds of an answer."""
    from cadcomplete import readers
    from cadcomplete.completion.engine import complete, shipped_model
    from cadcomplete.kernel.contain import Kernel

    document, model = readers.read(PART), shipped_model()
    walls, owns = [], []
    with Kernel(workers=1, time_limit=120.0) as kernel:
        for _ in range(repeats + 1):
            wall, own = time.monotonic(), time.process_time()
            complete(document, model=model, keep=4, n=3, kernel=kernel)
            walls.append(time.monotonic() - wall)
            owns.append(time.process_time() - own)
    return statistics.median(walls[1:]), statistics.median(owns[1:])


def row(threads: str, *, busy: int, repeats: int) -> tuple[float, float]:
    """Measure in a process of its own, with `busy` others beside it."""
    hidden = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    environment = {k: v for k, v in os.environ.items() if k not in hidden}
    if threads:
        environment["OMP_NUM_THREADS"] = threads
    others = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(busy)]
    try:
        command = [sys.executable, __file__, "--answer", "--repeats", str(repeats)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    finally:
        for other in others:
            other.kill()
            other.wait()
    wall, own = done.stdout.split()
    return float(wall), float(own)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answer", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    if args.answer:
        print(*answer(args.repeats))
        return
    cores = os.cpu_count() or 1
    print(f"{cores} cores, load {os.getloadavg()[0]:.1f} before; seconds of an answer")
    print(f"{'threads':24s} {'busy beside':>12s} {'wall':>8s} {'processor':>10s}")
    for name, threads in ((f"{cores} (before)", str(cores)), ("default (now)", "")):
        for busy in (0, cores):
            wall, own = row(threads, busy=busy, repeats=args.repeats)
            print(f"{name:24s} {busy:12d} {wall:8.2f} {own:10.2f}", flush=True)


if __name__ == "__main__":
    main()
