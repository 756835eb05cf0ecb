"""How the edges of real fillets and chamfers are named: by predicates of the history, or by points.

Reads the bodies of a folder like `data/freecad` as far as they are known, names the edges of every
fillet and chamfer anew (`kernel/naming/renamed.py`), builds the part up to it and compares with the
stored volume. Prints how many are named by predicates alone, with how many words, and by which.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cadcomplete.history.blends import Blend
from cadcomplete.history.edges import EdgePoint, EdgePredicate
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.jobs import examine, renamed

CLOSE = 1e-3
"""Relative error up to which a volume is the stored one."""


def freecad() -> Any:
    """The benchmark that reads the bodies."""
    path = Path(__file__).parent / "freecad.py"
    spec = importlib.util.spec_from_file_location("freecad_bodies", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["freecad_bodies"] = module
    spec.loader.exec_module(module)
    return module


def blends(sequence: CadSequence) -> Iterator[tuple[int, Blend]]:
    """Yield every fillet and chamfer with its index."""
    for index, operation in enumerate(sequence.operations):
        if isinstance(operation, Blend):
            yield index, operation


def kind_of(name: EdgePredicate) -> str:
    """Which kind of predicate it is, such as `end/l.c:f`."""
    loop = "" if name.loop is None else "/l" if name.curve is None else "/l.c"
    return f"{name.kind}{loop}{':f' * bool(name.filters)}"


def volumes(kernel: Kernel, body: Any, sequence: CadSequence) -> Iterator[str]:
    """Yield for every fillet and chamfer whether the part up to it has the stored volume."""
    stored = {step["n"]: step["v"] for step in body.steps}
    asked = [index for index, _ in blends(sequence)]
    reports = kernel.map(examine, [truncate(sequence, index + 1) for index in asked])
    for index, report in zip(asked, reports, strict=True):
        volume = stored[sequence.operations[index].source]
        made = getattr(report, "measures", None)
        if made is None:
            yield "not built"
        else:
            yield "equal" if abs(made.volume / volume - 1) <= CLOSE else "differs"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--most", type=int, help="bodies with a fillet or a chamfer to take")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--limit", type=float, default=120.0, help="seconds for a body")
    parser.add_argument("-v", "--verbose", action="store_true", help="print the names of each")
    args = parser.parse_args()
    started = time.monotonic()
    read = list(freecad().bodies(args.folder))
    all_ = sum(kind in ("Fillet", "Chamfer") for body in read for kind in body.kinds)
    known = [body for body in read if any(blends(body.sequence))][: args.most]
    counts, words, kinds, built = Counter[str](), Counter[int](), Counter[str](), Counter[str]()
    with Kernel(workers=args.workers, time_limit=args.limit) as kernel:
        named = list(kernel.map(renamed, [body.sequence for body in known]))
        for body, sequence in zip(known, named, strict=True):
            if not isinstance(sequence, CadSequence):
                counts[type(sequence).__name__] += 1
                continue
            for index, blend in blends(sequence):
                points = any(isinstance(name, EdgePoint) for name in blend.edges)
                counts["points" if points else "predicates"] += 1
                words[len(blend.edges)] += 1
                kinds.update(kind_of(n) for n in blend.edges if isinstance(n, EdgePredicate))
                if args.verbose:
                    said = " ".join(name.counted(index).word for name in blend.edges)
                    print(f"{body.id} {blend.source}: {said}", flush=True)
            built.update(volumes(kernel, body, sequence))
    total = counts.total() or 1
    print(f"{total} of {all_} fillets and chamfers are reached, in {len(known)} bodies")
    for what, count in counts.most_common():
        print(f"{count:6d}  {100 * count / total:5.1f} %  {what}")
    print("names each:", ", ".join(f"{n}: {words[n]}" for n in sorted(words)))
    print("by kind:", ", ".join(f"{kind} {count}" for kind, count in kinds.most_common()))
    print("volume:", ", ".join(f"{what} {count}" for what, count in built.most_common()))
    print(f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
