"""Compare synthetic parts with real ones: distributions, speed, validity, likeness.

The table is in Markdown, as in cadcomplete/data/synthetic/README.md. Real files are given with
`--real`; without them only the synthetic column is printed.
"""

from __future__ import annotations

import argparse
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from cadcomplete import readers
from cadcomplete.data import synthetic
from cadcomplete.data.samples import find
from cadcomplete.errors import CadCompleteError
from cadcomplete.history.curves import Circle
from cadcomplete.history.geometry import Vec3, dot
from cadcomplete.history.operations import Extrude, Sketch
from cadcomplete.history.reach import around
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.jobs import examine
from cadcomplete.kernel.measure import Measures
from cadcomplete.kernel.report import Report
from cadcomplete.language.lines import encode
from cadcomplete.language.tokenizer import TextTokenizer, shipped

Sequences = Sequence[CadSequence]


# --- what is counted ----------------------------------------------------------------------------


def sketches(parts: Iterable[CadSequence]) -> Iterable[Sketch]:
    return (op for part in parts for op in part.operations if isinstance(op, Sketch))


def extrudes(parts: Iterable[CadSequence], first: int = 0) -> Iterable[Extrude]:
    for part in parts:
        yield from [op for op in part.operations if isinstance(op, Extrude)][first:]


def largest_side(part: CadSequence) -> float:
    """The longest side of the box around all that is added, in millimetres."""
    box = around(part.operations)
    return 0.0 if box is None else float((box[1] - box[0]).max())


def tokens(parts: Sequences) -> list[float]:
    tokenizer = TextTokenizer.load(shipped())
    texts = [encode(part).text for part in parts]
    return [float(len(e.ids)) for e in tokenizer.backend.encode_batch(texts)]


NUMBERS: dict[str, Callable[[Sequences], list[float]]] = {
    "operations": lambda parts: [float(len(p)) for p in parts],
    "extrudes": lambda parts: [float(len(list(extrudes([p])))) for p in parts],
    "curves of a part": lambda parts: [float(p.curves) for p in parts],
    "curves of a sketch": lambda parts: [
        float(sum(len(loop.curves) for loop in s.loops)) for s in sketches(parts)
    ],
    "loops of a sketch": lambda parts: [float(len(s.loops)) for s in sketches(parts)],
    "profiles of an extrude": lambda parts: [float(len(e.profiles)) for e in extrudes(parts)],
    "largest side, mm": lambda parts: [largest_side(p) for p in parts],
    "circle diameters, mm": lambda parts: [
        2 * c.radius
        for s in sketches(parts)
        for loop in s.loops
        for c in loop.curves
        if isinstance(c, Circle)
    ],
    "height of an extrude, mm": lambda parts: [
        abs(e.extent.span[1] - e.extent.span[0]) for e in extrudes(parts)
    ],
    "tokens of the line text": tokens,
}


def _kind(values: Iterable[object]) -> Counter[str]:
    return Counter(str(v) for v in values)


def curve_kinds(parts: Sequences) -> Counter[str]:
    curves = (c for s in sketches(parts) for loop in s.loops for c in loop.curves)
    return _kind(type(c).__name__.lower() for c in curves)


def loop_kinds(parts: Sequences) -> Counter[str]:
    def name(size: int, is_circle: bool) -> str:
        if is_circle:
            return "a circle"
        return (
            f"{size} curves" if size in (2, 3, 4, 6, 8) else "5 or 7" if size < 9 else "9 or more"
        )

    return _kind(
        name(len(loop.curves), isinstance(loop.curves[0], Circle))
        for s in sketches(parts)
        for loop in s.loops
    )


def extents(parts: Sequences) -> Counter[str]:
    return _kind(
        e.extent.type.value.replace("_", " ")
        + (", against the normal" if e.extent.distance < 0 else "")
        for e in extrudes(parts)
    )


AXES = {
    tuple(sign * float(i == axis) for i in range(3)): f"{'+' if sign > 0 else '-'}{'xyz'[axis]}"
    for axis in range(3)
    for sign in (1, -1)
}


def normals(chosen: Iterable[Sketch]) -> Counter[str]:
    return _kind(
        AXES.get(tuple(round(c, 6) + 0.0 for c in s.plane.normal), "oblique") for s in chosen
    )


def later_planes(parts: Sequences) -> Counter[str]:
    """How the planes of later sketches lie to the first."""
    counts: Counter[str] = Counter()
    for part in parts:
        first, *later = sketches([part])
        for sketch in later:
            along = dot(sketch.plane.normal, first.plane.normal)
            arm = np.subtract(sketch.plane.origin, first.plane.origin)
            away: Vec3 = tuple(arm.tolist())
            if abs(along) < 1e-6:
                counts["at right angles"] += 1
            elif abs(along) < 1 - 1e-6:
                counts["oblique"] += 1
            else:
                same = abs(dot(away, first.plane.normal)) < 1e-4
                counts["the same plane" if same else "parallel"] += 1
    return counts


def roundness(parts: Sequences) -> Counter[str]:
    """Whether heights are whole, halves or tenths of a millimetre or 64ths of an inch."""
    steps = {"whole mm": 1.0, "halves": 0.5, "tenths": 0.1, "1/64 inch": 25.4 / 64}

    def name(length: float) -> str:
        fits = (n for n, s in steps.items() if abs(length / s - round(length / s)) * s < 1e-4)
        return next(fits, "other")

    return _kind(name(abs(e.extent.distance)) for e in extrudes(parts))


SHARES: dict[str, Callable[[Sequences], Counter[str]]] = {
    "curves": curve_kinds,
    "loops": loop_kinds,
    "booleans": lambda parts: _kind(e.boolean.value for e in extrudes(parts)),
    "booleans after the first": lambda parts: _kind(e.boolean.value for e in extrudes(parts, 1)),
    "extents": extents,
    "normal of the first sketch": lambda parts: normals(next(iter(sketches([p]))) for p in parts),
    "normals of all sketches": lambda parts: normals(sketches(parts)),
    "later sketches, to the first": later_planes,
    "heights": roundness,
}


# --- the table ----------------------------------------------------------------------------------

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


def numbers_of(values: list[float]) -> str:
    quantiles = " / ".join(f"{q:.3g}" for q in np.quantile(values, QUANTILES))
    return f"{quantiles}"


def print_table(columns: dict[str, Sequences]) -> None:
    print("quantiles 5 / 25 / 50 / 75 / 95 / 99 %\n")
    print("| | " + " | ".join(f"{name} ({len(p)})" for name, p in columns.items()) + " |")
    print("|---|" + "---|" * len(columns))
    for label, measure in NUMBERS.items():
        print(f"| {label} | " + " | ".join(numbers_of(measure(p)) for p in columns.values()) + " |")
    print("\n| share, % | " + " | ".join(columns) + " |")
    print("|---|" + "---|" * len(columns))
    for label, count in SHARES.items():
        counts = [count(parts) for parts in columns.values()]
        for key, _ in sum(counts[::-1], Counter()).most_common(8):
            cells = (f"{100 * c[key] / max(sum(c.values()), 1):.1f}" for c in counts)
            print(f"| {label}: {key} | " + " | ".join(cells) + " |")


# --- speed, validity, likeness ------------------------------------------------------------------


def print_speed(count: int, seed: int, like: synthetic.Like) -> None:
    start = time.process_time()
    for _ in synthetic.parts(count, seed=seed, like=like):
        pass
    print(f"\n{count / (time.process_time() - start):.0f} sequences a second on one core")


def print_likeness(count: int, seed: int, like: synthetic.Like) -> None:
    """Count parts with the same text, and with the same shape whatever their place and size."""
    texts: set[int] = set()
    shapes: set[int] = set()
    for part in synthetic.parts(count, seed=seed, like=like):
        texts.add(hash(encode(part).text))
        shapes.add(hash(shape_of(part)))
    print(f"of {count} parts {count - len(texts)} have the text of another,")
    print(f"{count - len(shapes)} differ from another in nothing but place, direction and scale")


def shape_of(part: CadSequence) -> tuple[object, ...]:
    """What stays when a part is moved, turned to other axes or scaled as a whole.

    The lengths of all curves and all heights, over the first height, to seven digits.
    """
    first = next(iter(extrudes([part])), None)
    unit = 1.0 if first is None else abs(first.extent.distance)

    def ratio(value: float) -> str:
        return f"{abs(value) / unit:.7g}"

    found: list[object] = []
    for op in part.operations:
        if isinstance(op, Sketch):
            for loop in op.loops:
                found += sorted(ratio(c.length) for c in loop.curves)
        elif isinstance(op, Extrude):
            found += [op.boolean.value, *map(ratio, op.extent.span)]
        else:
            found += [type(op).__name__]
    return tuple(found)


def kinds_of(part: CadSequence) -> set[str]:
    """The kinds of operations that build which a part has."""
    return {type(operation).__name__ for operation in part.operations if operation.builds}


def print_kinds(parts: Sequences, valid: set[str]) -> None:
    """Of each kind of operation the parts that have it, where it stands, and how many are valid."""
    print(
        "\n| operation | parts with it, % | where, 0 first, 1 last | valid, % |\n|---|---|---|---|"
    )
    for kind in sorted({kind for part in parts for kind in kinds_of(part)}):
        having = [part for part in parts if kind in kinds_of(part)]
        share = 100 * len(having) / len(parts)
        right = 100 * sum(part.id in valid for part in having) / len(having)
        print(f"| {kind} | {share:.1f} | {_place(kind, having):.2f} | {right:.1f} |")
    builders = [sum(operation.builds for operation in part.operations) for part in parts]
    print(
        f"\n{np.mean(builders):.2f} operations that build a part, {np.median(builders):.0f} median"
    )


def _place(kind: str, parts: Sequences) -> float:
    """Where a kind stands in the histories that have it: 0 first, 1 last, the mean."""
    found = []
    for part in parts:
        builders = [type(operation).__name__ for operation in part.operations if operation.builds]
        places = (i / (len(builders) - 1) for i, name in enumerate(builders) if name == kind)
        found += places if len(builders) > 1 else []
    return float(np.mean(found)) if found else math.nan


def print_validity(parts: Sequences, workers: int) -> list[Measures]:
    """Build every part; each operation must change something."""
    failures: list[str] = []
    valid: set[str] = set()
    measures: list[Measures] = []
    start = time.perf_counter()
    with Kernel(workers=workers, time_limit=60) as kernel:
        for part, pending in [(p, kernel.submit(examine, p, 0)) for p in parts]:
            try:
                report: Report = pending.result()
            except CadCompleteError as error:
                failures.append(f"{part.id}: {error}")
                continue
            if report.valid and report.measures:
                measures.append(report.measures)
                valid.add(part.id)
            else:
                failures.append(f"{part.id}: {report.problems[0]}")
    share = 100 * len(measures) / len(parts)
    seconds = time.perf_counter() - start
    print(
        f"{len(measures)} of {len(parts)} build to valid solids in {seconds:.0f} s ({share:.2f} %)"
    )
    for failure in failures[:40]:
        print(f"  {failure}")
    print_kinds(parts, valid)
    return measures


# --- pictures -----------------------------------------------------------------------------------


def draw_distributions(columns: dict[str, Sequences], file: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.ticker import NullFormatter

    colors = ("#e08a1e", "#3d6ea8", "#9db8d6")
    figure, axes = pyplot.subplots(2, 4, figsize=(15, 6.4))
    for axis, label in zip(axes.flat, _DRAWN, strict=False):
        for (name, parts), color in zip(columns.items(), colors, strict=False):
            values = np.sort(NUMBERS[label](parts))
            axis.step(values, np.linspace(0, 1, len(values)), color=color, label=name, lw=1.6)
        axis.set_xscale("log")
        axis.set_xlim(*_DRAWN[label])
        if label == "operations":
            axis.set_xticks((2, 4, 8, 16, 32), ("2", "4", "8", "16", "32"))
            axis.minorticks_off()
        axis.xaxis.set_minor_formatter(NullFormatter())  # they would run into each other
        axis.set_title(label, fontsize=10)
        axis.grid(alpha=0.25)
    axes.flat[0].set_ylabel("share of all below")
    axes.flat[0].legend(frameon=False, fontsize=9)
    bars = list(axes.flat)[len(_DRAWN) :]
    for axis, label in zip(bars, ("curves", "booleans"), strict=True):
        counts = [SHARES[label](parts) for parts in columns.values()]
        keys = [key for key, _ in counts[1 % len(counts)].most_common()]
        for i, ((name, _), count) in enumerate(zip(columns.items(), counts, strict=True)):
            shares = [100 * count[key] / sum(count.values()) for key in keys]
            places = np.arange(len(keys)) + 0.27 * (i - 1)
            axis.bar(places, shares, width=0.25, color=colors[i % 3], label=name)
        axis.set_xticks(range(len(keys)), keys)
        axis.set_title(f"{label}, %", fontsize=10)
    figure.tight_layout()
    figure.savefig(file, dpi=80)


_DRAWN = {
    "operations": (1.8, 40),
    "curves of a part": (0.9, 200),
    "curves of a sketch": (0.9, 100),
    "largest side, mm": (1, 5000),
    "height of an extrude, mm": (0.3, 2000),
    "tokens of the line text": (10, 2000),
}


def draw_gallery(
    seed: int,
    file: Path,
    like: synthetic.Like,
    *,
    columns: int = 8,
    rows: int = 6,
    size: int = 150,
) -> None:
    """Draw parts in the order of their numbers; of those of one extrude only one in eight."""
    from PIL import Image

    from cadcomplete.kernel.examine import examine as examine_here
    from cadcomplete.kernel.tessellate import tessellate
    from cadcomplete.meshes.render import render

    sheet = Image.new("RGB", (columns * size, rows * size), "white")
    place = 0
    for number, part in enumerate(synthetic.parts(10 * columns * rows, seed=seed, like=like)):
        if len(part) < 3 and number % 8:
            continue
        built = examine_here(part)
        if place == columns * rows or built.solid is None:
            continue
        picture = Image.fromarray(render(tessellate(built.solid), size=size))
        sheet.paste(picture, (place % columns * size, place // columns * size))
        place += 1
    sheet.quantize(64).save(file, optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000, help="parts for the table")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--like", choices=tuple(synthetic.LIKE), default="extrudes")
    parser.add_argument("--real", nargs="*", type=Path, default=[], help="folders of real files")
    parser.add_argument("--build", type=int, default=0, help="parts to build")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--alike", type=int, default=0, help="parts to look for equal ones among")
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--gallery", type=Path)
    parser.add_argument("--columns", type=int, default=8, help="of the gallery")
    parser.add_argument("--rows", type=int, default=6, help="of the gallery")
    parser.add_argument("--size", type=int, default=150, help="of its pictures, in pixels")
    args = parser.parse_args()
    made = list(synthetic.parts(args.count, seed=args.seed, like=args.like))
    columns: dict[str, Sequences] = {"synthetic": made}
    for folder in args.real:
        found = [readers.read(path).sequence for path, _ in find(folder)]
        columns[folder.name] = [p for p in found if any(True for _ in extrudes([p]))]
    print_table(columns)
    print_speed(min(args.count, 5000), args.seed, args.like)
    if args.alike:
        print_likeness(args.alike, args.seed, args.like)
    if args.build:
        print_validity(columns["synthetic"][: args.build], args.workers)
    if args.picture:
        draw_distributions(columns, args.picture)
    if args.gallery:
        draw_gallery(
            args.seed, args.gallery, args.like, rows=args.rows, columns=args.columns, size=args.size
        )


if __name__ == "__main__":
    main()
