"""How fast parts are prepared on one core, where the time goes, and how much memory it takes."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from cadcomplete import readers
from cadcomplete.data.prepare.inputs import InputFile
from cadcomplete.data.prepare.part import Refused, prepare_part
from cadcomplete.data.prepare.settings import Settings
from cadcomplete.data.samples import find

EXAMPLES = Path(__file__).resolve().parent.parent / "examples" / "parts"

CASES = {
    "without pictures and points": Settings(views=0, points=0),
    "with one view of 224 px and 4,096 points": Settings(),
    "with eight views and 4,096 farthest points": Settings(views=8, sampling="farthest"),
}


def speed(files: list[tuple[Path, str]]) -> None:
    """Prepare the same parts in this process, once for each case; reading is the yardstick."""
    items = [InputFile(name, str(path)) for path, name in files]
    prepare_part(items[0], CASES["with eight views and 4,096 farthest points"])  # compile and load
    start = time.perf_counter()
    for item in items:
        readers.read(item.path)
    reading = time.perf_counter() - start
    for name, settings in CASES.items():
        each, refused = [], Counter()
        for item in items:
            start = time.perf_counter()
            result = prepare_part(item, settings)
            each.append(time.perf_counter() - start)
            if isinstance(result, Refused):
                refused[result.stage] += 1
        each.sort()
        print(f"\n{name}: {len(each)} parts, refused {dict(refused)}")
        print(f"  parts per second and core   {len(each) / sum(each):.1f}")
        print(f"  median                      {1000 * statistics.median(each):.1f} ms")
        print(f"  mean                        {1000 * statistics.mean(each):.1f} ms")
        print(f"  95 %                        {1000 * each[int(0.95 * len(each))]:.1f} ms")
        slow = sum(each[int(0.99 * len(each)) :]) / sum(each)
        print(f"  the slowest 1 % take        {100 * slow:.0f} % of the time")
        print(f"  times as long as reading    {sum(each) / reading:.0f}")


def memory(counts: list[int]) -> None:
    """Prepare synthetic parts in a process of its own and watch what all its processes hold."""
    import psutil

    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            source, target = f"{folder}/source", f"{folder}/target"
            command = [sys.executable, "-m", "cadcomplete"]
            subprocess.run([*command, "synthesize", source, "-n", str(count)], check=True)
            start = time.monotonic()
            running = subprocess.Popen(
                [*command, "prepare", source, target, "--views", "0", "--points", "0"],
                stdout=subprocess.DEVNULL,
            )
            main, workers = 0, 0
            while running.poll() is None:
                try:
                    process = psutil.Process(running.pid)
                    main = max(main, process.memory_info().rss)
                    below = [p.memory_info().rss for p in process.children(recursive=True)]
                    workers = max(workers, *below) if below else workers
                except psutil.Error:
                    pass
                time.sleep(0.2)
            seconds = time.monotonic() - start
            print(
                f"{count} parts: {seconds:.0f} s, at most {main / 1e6:.0f} MB in the main process "
                f"and {workers / 1e6:.0f} MB in a worker",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", type=Path, default=[EXAMPLES])
    parser.add_argument("--most", type=int, default=300, help="parts, evenly spaced over the data")
    parser.add_argument("--memory", nargs="+", type=int, help="numbers of synthetic parts")
    args = parser.parse_args()
    if args.memory:
        memory(args.memory)
        return
    files = [found for folder in args.data for found in find(folder)]
    speed(files[:: max(1, len(files) // args.most)])


if __name__ == "__main__":
    main()
