"""What an operation more costs in a session, against reading the part anew, in one run.

Held-out parts, cut somewhere; the part with one operation more is read anew, after the reading of
the shorter one, and as it was foreseen; CPU seconds of this process for reading, and with
three next operations; nothing shown, and with a cloud. Then how memory grows over many edits::

    OMP_NUM_THREADS=1 python benchmarks/session.py runs/out/data/fusion360 --most 10 --edits 1000
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cadcomplete.clouds.cloud import sample_cloud
from cadcomplete.completion.asking import PartReading
from cadcomplete.completion.engine import Completer
from cadcomplete.completion.session import PartSession
from cadcomplete.data.read import read_samples
from cadcomplete.data.samples import Sample
from cadcomplete.errors import CadCompleteError
from cadcomplete.history.sequence import CadSequence
from cadcomplete.meshes.manifolds import mesh_of, solid


def timed(do: Callable[[], Any]) -> tuple[float, Any]:
    started = time.process_time()
    made = do()
    return time.process_time() - started, made


def measured(completer: Completer, part: CadSequence, keep: int, shown: dict[str, Any]) -> Any:
    """Seconds of reading, and of reading and answering: anew and after; and the difference."""
    first = completer.read(part, keep=keep, **shown)
    list(completer.next(first))

    def asked(after: PartReading | None) -> tuple[float, float, list[tuple[str, float]]]:
        read, now = timed(lambda: completer.read(part, keep=keep + 1, after=after, **shown))
        answering, found = timed(lambda: list(completer.next(now)))
        return read, read + answering, [(one.text, one.score) for one in found]

    anew, after = asked(None), asked(first)
    pairs = list(zip(anew[2], after[2], strict=False))
    same = len(anew[2]) == len(after[2]) and all(a[0] == b[0] for a, b in pairs)
    return anew[:2], after[:2], same, max((abs(a[1] - b[1]) for a, b in pairs), default=0.0)


def foreseen(completer: Completer, part: CadSequence, keep: int, shown: dict[str, Any]) -> Any:
    """Seconds from accepting the first answer to three more: it was foreseen, and not."""
    session = PartSession(completer, completer.read(part, keep=keep, **shown))
    first = next(session.next(), None)
    if first is None:
        return None

    def accepted() -> int:
        session.accept(first)
        return len(list(session.next()))

    plain, _ = timed(accepted)
    session.undo()
    session.foresee(first)
    while not session._foreseen.stream.done:  # type: ignore[union-attr]
        time.sleep(0.01)
    return plain, timed(accepted)[0]


def resident() -> float:
    """Memory of this process in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def edits(completer: Completer, parts: list[CadSequence], count: int) -> None:
    """Draw and take back in sessions, a new one each twenty; print memory."""
    drawn = random.Random(0)
    session = PartSession(completer, completer.read(parts[0]))
    for number in range(count + 1):
        part = drawn.choice(parts)
        if number % 20 == 0:
            session = PartSession(completer, completer.read(part, keep=1))
        session.draw(part, keep=drawn.randrange(1, len(part) + 1))
        if number % 3 == 0:
            session.undo()
        if number % (count // 5 or 1) == 0:
            print(f"after {number} edits {resident():.0f} MB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--most", type=int, default=10)
    parser.add_argument("--edits", type=int, default=0)
    args = parser.parse_args()
    samples = [s for folder in args.folders for s in read_samples(folder)]
    parts = [s.sequence for s in samples if isinstance(s, Sample) and s.split == "validation"]
    parts = sorted((p for p in parts if len(p) > 2), key=lambda p: p.id)
    drawn = random.Random(0)
    drawn.shuffle(parts)
    with Completer.load() as completer:
        for name in ("nothing", "cloud"):
            rows, looks = [], []
            for part in parts[: args.most]:
                cloud = {"shape": sample_cloud(mesh_of(solid(part)), 2048)}
                shown = cloud if name == "cloud" else {}
                keep = drawn.randrange(1, len(part))
                try:
                    rows.append(measured(completer, part, keep, shown))
                    looks.append(foreseen(completer, part, keep, shown))
                except CadCompleteError as error:
                    print(f"{part.id} {keep}: {error}", flush=True)
            tell(name, rows, [one for one in looks if one is not None])
        edits(completer, parts[:8], args.edits) if args.edits else None


def tell(name: str, rows: list[Any], looks: list[Any]) -> None:
    for what, column in (("reading", 0), ("reading and answers", 1)):
        anew, after = ([row[i][column] for row in rows] for i in (0, 1))
        ratios = [a / b for a, b in zip(anew, after, strict=True)]
        print(
            f"{name}: {what}: anew {statistics.median(anew):.3f} s, after "
            f"{statistics.median(after):.3f} s, {statistics.median(ratios):.2f} times faster"
        )
    plain, known = ([one[i] for one in looks] for i in (0, 1))
    ratios = [a / max(b, 1e-3) for a, b in looks]
    print(
        f"{name}: accepted: {statistics.median(plain):.3f} s, foreseen "
        f"{statistics.median(known):.3f} s, {statistics.median(ratios):.1f} times faster"
    )
    same, most = sum(row[2] for row in rows), max(row[3] for row in rows)
    print(f"{name}: the same answers {same} of {len(rows)}, scores to {most:.1e}", flush=True)


if __name__ == "__main__":
    main()
