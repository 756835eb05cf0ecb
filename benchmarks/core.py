"""How fast the core is, on one process: reading, text, kernel, tokens, start-up."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from cadcomplete import readers
from cadcomplete.data.samples import find
from cadcomplete.data.truncate import versions
from cadcomplete.errors import BuildError
from cadcomplete.language.lines import decode, encode
from cadcomplete.language.prompt import prompt
from cadcomplete.language.tokenizer import TextTokenizer, shipped
from cadcomplete.readers import Document

EXAMPLES = Path(__file__).resolve().parent.parent / "examples" / "parts"


def timed(function: Callable[[Any], object], items: Iterable[Any]) -> tuple[float, list[float]]:
    """Seconds for all items, and for each."""
    each = []
    for item in items:
        start = time.perf_counter()
        function(item)
        each.append(time.perf_counter() - start)
    return sum(each), each


def reading(files: list[Path], args: argparse.Namespace) -> dict[str, str]:
    """Read a file, check it, and cut it at up to five places; compared with json.loads alone."""

    def read_and_truncate(path: Path) -> None:
        for version in versions(readers.read(path)):
            assert version.kept_operations

    plain, _ = timed(lambda path: json.loads(path.read_bytes()), files)
    seconds, _ = timed(read_and_truncate, files)
    size = sum(path.stat().st_size for path in files) / 1e6
    return {
        "files": f"{len(files)}, {size:.1f} MB",
        "files per second": f"{len(files) / seconds:.0f}",
        "MB of JSON per second": f"{size / seconds:.1f}",
        "times as long as json.loads": f"{seconds / plain:.1f}",
    }


def text(files: list[Path], args: argparse.Namespace) -> dict[str, str]:
    """Encode histories to both formats and decode them, in MB of the JSON they came from."""
    sequences = [document.sequence for document in documents(files)]
    size = sum(path.stat().st_size for path in files) / 1e6
    table = {}
    for name in ("lines", "json"):
        texts = [encode(s, text_format=name).text for s in sequences]
        there, _ = timed(lambda s, name=name: encode(s, text_format=name), sequences)
        back, _ = timed(lambda t, name=name: decode(t, text_format=name), texts)
        table[f"encode to {name}, MB of JSON per second"] = f"{size / there:.1f}"
        table[f"decode from {name}, MB of JSON per second"] = f"{size / back:.1f}"
    return table


def kernel(files: list[Path], args: argparse.Namespace) -> dict[str, str]:
    """Build, check and tessellate each part; compared with reading its file."""
    from cadcomplete.kernel.build import build
    from cadcomplete.kernel.measure import check
    from cadcomplete.kernel.tessellate import tessellate

    failed = 0

    def make(document: Document) -> None:
        nonlocal failed
        try:
            solid = build(document.sequence)
        except BuildError:
            failed += 1
            return
        if check(solid) or solid is None:
            failed += 1
            return
        tessellate(solid)

    chosen = files[:: max(1, len(files) // args.most)]
    read, _ = timed(readers.read, chosen)
    seconds, each = timed(make, documents(chosen))
    each.sort()
    return {
        "parts": f"{len(each)}, {failed} not built",
        "median": f"{1000 * statistics.median(each):.1f} ms",
        "mean": f"{1000 * seconds / len(each):.1f} ms",
        "95 %": f"{1000 * each[int(0.95 * len(each))]:.1f} ms",
        "times as long as reading": f"{seconds / read:.0f}",
    }


def tokens(files: list[Path], args: argparse.Namespace) -> dict[str, str]:
    """Length of the prompt in tokens against that of the compact raw JSON."""
    tokenizer = TextTokenizer.load(args.tokenizer or shipped())

    def count(text: str) -> int:
        return len(tokenizer.tokens(text))

    raw, lines, ours = [], [], []
    for document in documents(files):
        raw.append(count(json.dumps(document.raw, separators=(",", ":"))))
        lines.append(count(prompt(document.sequence).text))
        ours.append(count(prompt(document.sequence, text_format="json").text))
    table = {
        f"{name}, mean / median / 95 % / most": " / ".join(
            f"{n:.0f}"
            for n in (
                statistics.mean(c),
                statistics.median(c),
                sorted(c)[int(0.95 * len(c))],
                max(c),
            )
        )
        for name, c in (("raw JSON", raw), ("lines", lines), ("json", ours))
    }
    ratio = statistics.mean(raw) / statistics.mean(lines)
    return {**table, "mean of raw JSON / mean of lines": f"{ratio:.2f}"}


def startup(files: list[Path], args: argparse.Namespace) -> dict[str, str]:
    """`cadcomplete --help` against a Python that does nothing; the median of 15 runs each."""

    def median(code: str) -> float:
        command = [sys.executable, "-c", code]
        runs = [
            timed(lambda _: subprocess.run(command, capture_output=True), [0])[0] for _ in range(15)
        ]
        return statistics.median(runs)

    nothing = median("pass")
    shown = median(
        "import sys; sys.argv = ['', '--help']; from cadcomplete.cli.app import main; main()"
    )
    return {
        "cadcomplete --help": f"{shown:.3f} s",
        "times as long as python -c pass": f"{shown / nothing:.1f}",
    }


BENCHMARKS = {f.__name__: f for f in (reading, text, kernel, tokens, startup)}


def documents(files: list[Path]) -> list[Document]:
    return [readers.read(path) for path in files]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=", ".join(BENCHMARKS))
    parser.add_argument("--data", nargs="+", type=Path, default=[EXAMPLES])
    parser.add_argument("--tokenizer", type=Path)
    parser.add_argument("--most", type=int, default=500, help="parts that the kernel builds")
    args = parser.parse_args()
    files = [path for folder in args.data for path, _ in find(folder)]
    for name in args.names or BENCHMARKS:
        print(f"\n{name}: {(BENCHMARKS[name].__doc__ or '').splitlines()[0]}")
        for label, value in BENCHMARKS[name](files, args).items():
            print(f"  {label:45s} {value}")


if __name__ == "__main__":
    main()
