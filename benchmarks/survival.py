"""Walk histories through every room: what one accepts, no other may fail on.

Real files, and others made of them at random (seeded), are prepared: half of these have damaged
JSON (`tests/mutations.py`), half have operations that are lost, repeated, emptied or changed. What
is accepted is truncated, encoded, learned from, evaluated, scored again by all metrics, and
exported; some are completed, accepted or not. What raises anything but an error of this package
is printed, with its part.

    .venv/bin/python benchmarks/survival.py ../shared/data/omnicad ../shared/data/fusion360

All files take some hours; `--part 1/8` to `--part 8/8` walk an eighth each.
"""

from __future__ import annotations

import argparse
import dataclasses
import re
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

from cadcomplete import readers
from cadcomplete.baselines import BASELINES, baseline
from cadcomplete.completion.engine import complete, shipped_model
from cadcomplete.completion.ideas import extended
from cadcomplete.completion.writing import write
from cadcomplete.config import from_dict
from cadcomplete.data.collate import collate
from cadcomplete.data.dataset import Histories
from cadcomplete.data.prepare import prepare
from cadcomplete.data.prepare.settings import Settings as Preparing
from cadcomplete.data.read import read_samples
from cadcomplete.data.samples import Sample, find
from cadcomplete.data.truncate import Truncated, truncate_folder
from cadcomplete.errors import CadCompleteError, InputError
from cadcomplete.evaluate import EvaluationSettings, evaluate, rescore
from cadcomplete.evaluate.questions import Data
from cadcomplete.evaluate.records import FILE
from cadcomplete.exporters import EXPORTERS
from cadcomplete.exporters import export as export_files
from cadcomplete.history.fields import FORMATS
from cadcomplete.history.geometry import XY, Plane
from cadcomplete.history.operations import (
    Boolean,
    Extent,
    ExtentType,
    Extrude,
    Operation,
    Sketch,
)
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.kernel.contain import Kernel
from cadcomplete.language.lines import decode, encode
from cadcomplete.language.prompt import Features
from cadcomplete.predictions import Answer, Case, Prediction, Predictor

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))

from mutations import damage_structure  # pyright: ignore[reportMissingImports]


class Neighbour:
    """Answers with the truth, and with what the part asked about before would have had."""

    name = "neighbour"

    def __init__(self, data: Data) -> None:
        self.truths = {one.id: one.sample.sequence for one in data.held}
        self.other = CadSequence(())

    def predict(self, case: Case, *, n: int, seed: int) -> Prediction:
        truth, given = self.truths[case.id], len(case.given)
        added = (*truth.operations[given : given + 1], *self.other.operations[given : given + 1])
        whole = (*case.given.operations, *self.other.operations[given:])
        parts = (truth, case.given, dataclasses.replace(truth, operations=whole))
        if given == len(truth):
            self.other = truth
        return Prediction(
            tuple(Answer(extended(case.given, (operation,)), 0.5) for operation in added),
            tuple(Answer(part, 0.5) for part in parts),
            stop=0.5,
        )


@dataclasses.dataclass(slots=True)
class Walk:
    """What came of it: counts by what was done, and every failure."""

    counts: Counter[str] = dataclasses.field(default_factory=Counter)
    failures: list[str] = dataclasses.field(default_factory=list)

    def through(self, room: str, name: str, job: Callable[[], object]) -> None:
        """Do something; an error of this package is an answer, anything else a failure."""
        try:
            job()
            self.counts[room] += 1
        except CadCompleteError:
            self.counts[f"{room}, refused"] += 1
        except Exception:  # noqa: BLE001
            last = traceback.format_exc().strip().splitlines()
            self.failures.append(f"{room} {name}: {last[-1]} ({last[-3].strip()})")


def gather(originals: Sequence[Path], folder: Path, *, damaged: int, seed: int) -> int:
    """Write files and damaged ones into a folder of data; return how many."""
    choose, target = Random(seed), folder / "json"
    target.mkdir(parents=True)
    for number, path in enumerate(originals):
        (target / f"whole{number:05d}_0.json").write_bytes(path.read_bytes())
    for number in range(damaged):
        path = choose.choice(originals)
        content = (
            damage_structure(path.read_bytes(), choose) if number % 2 else altered(path, choose)
        )
        (target / f"damaged{number:05d}_0.json").write_bytes(content)
    return len(originals) + damaged


def altered(path: Path, choose: Random) -> bytes:
    """Return a history, in our JSON, some of whose operations are not as they were."""
    whole = readers.read(path).sequence.operations
    while True:
        operations = list(whole)
        for _ in range(choose.choice((1, 1, 2, 3))):
            choose.choice(ALTERATIONS)(operations, choose)
        try:
            return readers.from_sequence(CadSequence(tuple(operations))).dump().encode()
        except InputError:  # such as profiles of a sketch without loops: that cannot be written
            continue


def lose(operations: list[Operation], choose: Random) -> None:
    """Leave an operation out, and with a sketch the profiles that were drawn in it."""
    if operations:
        index = choose.randrange(len(operations))
        operations.pop(index)
        _renumber(operations, lambda i: None if i == index else i - (i > index))


def repeat(operations: list[Operation], choose: Random) -> None:
    if operations:
        operations.append(choose.choice(operations))


def empty(operations: list[Operation], choose: Random) -> None:
    """Take the loops of a sketch, or the profiles of an extrude."""
    for i in choose.sample(range(len(operations)), min(1, len(operations))):
        one = operations[i]
        if isinstance(one, Sketch):
            operations[i] = dataclasses.replace(one, loops=one.loops[: choose.choice((0, 0, 1))])
        else:
            operations[i] = dataclasses.replace(one, profiles=())


def change(operations: list[Operation], choose: Random) -> None:
    """Let an extrude do something else, elsewhere, or a sketch lie elsewhere."""
    for i in choose.sample(range(len(operations)), min(1, len(operations))):
        one = operations[i]
        if isinstance(one, Sketch):
            x, y, z = one.plane.origin
            place = choose.choice(((0.0, 0.0, 0.0), (x, y, 1e-7), (1e4, y, z), (z, x, y)))
            plane = Plane.of(place, one.plane.normal, one.plane.x_axis)
            operations[i] = dataclasses.replace(one, plane=plane)
        elif isinstance(one, Extrude):
            distance = choose.choice((1e-9, 1e-4, 1.0, -one.extent.distance, 1e5))
            boolean = choose.choice(list(Boolean))
            extent = dataclasses.replace(one.extent, distance=distance)
            operations[i] = dataclasses.replace(one, extent=extent, boolean=boolean)


def begin_with_nothing(operations: list[Operation], choose: Random) -> None:
    """Put an extrude of nothing, or an empty sketch, before everything else."""
    nothing = Extrude((), Extent(ExtentType.ONE_SIDED, 5.0), choose.choice(list(Boolean)))
    _renumber(operations, lambda i: i + 1)
    operations.insert(0, choose.choice((nothing, Sketch(XY))))


def _renumber(operations: list[Operation], number: Callable[[int], int | None]) -> None:
    """Give profiles the new numbers of their sketches; those of which there is none are gone."""
    for i, one in enumerate(operations):
        if isinstance(one, Extrude):
            pairs = [(profile, number(profile.sketch)) for profile in one.profiles]
            kept = [dataclasses.replace(p, sketch=new) for p, new in pairs if new is not None]
            operations[i] = dataclasses.replace(one, profiles=tuple(kept))


ALTERATIONS = (lose, repeat, empty, empty, change, begin_with_nothing)


def walk(
    source: Path,
    work: Path,
    *,
    completed: int,
    seed: int = 0,
    most: int | None = None,
    cuts: int | None = None,
    export: Sequence[str] = tuple(EXPORTERS),
    full: bool = True,
) -> Walk:
    """Walk a folder of histories through every room.

    `most` parts of each split are evaluated at `cuts` of their cuts, `completed` ones asked of
    baselines and completed; `export` names formats, `full` asks for all baselines and the metrics
    of other systems.
    """
    found = Walk()
    preparing = Preparing(views=0, points=0, validation=0.5, test=0.0, seed=seed)
    report = prepare(source, work / "data", preparing, workers=1)
    found.counts["prepared"] = report["parts"]
    samples = [one for one in read_samples(work / "data") if isinstance(one, Sample)]
    for room in truncated(source, work / "truncated"):
        found.counts[room] += 1
    for sample in samples:
        found.through("encode", sample.sequence.id, lambda s=sample.sequence: encoded(s))
    found.through("train", "", lambda: learned(samples, found))
    for split in ("train", "validation"):
        settings = EvaluationSettings((work / "data",), split=split, most=most, cuts=cuts)
        found.through(
            f"evaluate {split}", "", lambda s=settings: scored(work, s, Neighbour, found, full)
        )
    with Kernel(workers=2, time_limit=60.0) as kernel:
        few = EvaluationSettings((work / "data",), most=completed)
        for name in BASELINES if full else ("retrieval",):
            make = lambda data, n=name: baseline(n, data.training, kernel=kernel)  # noqa: E731
            found.through(f"evaluate {name}", "", lambda m=make: scored(work, few, m, found, full))
        for sample in samples:
            document = readers.from_sequence(sample.sequence)
            found.through(
                "export", sample.sequence.id, lambda d=document: exported(d, work, kernel, export)
            )
        paths = Random(seed).sample([path for path, _ in find(source)], k=completed)
        for path in paths:  # those too that were not accepted
            found.through("complete", path.name, lambda p=path: proposed(p, work, kernel))
    return found


def truncated(source: Path, target: Path) -> Iterator[str]:
    for item in truncate_folder(source, target):
        yield "truncate" if isinstance(item, Truncated) else "truncate, refused"


def encoded(sequence: CadSequence) -> None:
    for text_format in FORMATS:
        for keep in range(len(sequence) + 1):
            text = encode(truncate(sequence, keep), text_format=text_format).text
            decode(text, text_format=text_format)


def learned(samples: Sequence[Sample], found: Walk) -> None:
    """Make every variant of every part a row of a batch."""
    data = {"variants": 8, "upright": 0.2, "scaled": 0.5, "reordered": 0.5, "captions": 0.5}
    config = from_dict({"data": {**data, "max_length": 2000}})
    learning = [dataclasses.replace(one, split="train") for one in samples]
    histories = Histories(learning, shipped_model().tokenizer, config, Features())
    found.counts["train, refused"] += sum(histories.refusals.reasons.values())
    for index in range(len(histories)):
        name = histories.samples[index % len(histories.samples)].sequence.id
        batch = lambda i=index: collate([[histories[i]]], padding=histories.tokenizer.end)  # noqa: E731
        found.through("train sample", name, batch)


def scored(
    work: Path,
    settings: EvaluationSettings,
    make: Callable[[Data], Predictor],
    found: Walk,
    full: bool,
) -> None:
    """Evaluate, and score again; what a predictor raised that is no error of ours is a failure."""
    folder = work / f"evaluation{found.counts['evaluations']}"
    found.counts["evaluations"] += 1
    none = evaluate(settings, make, folder=folder)["conditions"]["none"]
    found.counts["answers"] += none["questions"]
    for why, count in none["failures"].items():
        if re.match(r"\w+(Error|Exception): ", why):
            found.failures.append(f"evaluate, {count} times: {why}")
    rescore(folder / FILE, full=full)


def exported(
    document: readers.Document, work: Path, kernel: Kernel, formats: Sequence[str]
) -> None:
    paths = [work / "files" / f"part.{name}" for name in formats]
    kernel.run(export_files, document, len(document.sequence) // 2, paths)


def proposed(path: Path, work: Path, kernel: Kernel) -> None:
    document = readers.read(path)
    for keep in (len(document.sequence) // 2, None):
        result = complete(document, keep=keep, n=2, only_next=keep is None, kernel=kernel)
        write(result, work / "completions", ("json", "step", "png"), kernel)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, help="data sets with json/")
    parser.add_argument("--files", type=int, help="real files, chosen at random; default: all")
    parser.add_argument("--damaged", type=int, default=2000)
    parser.add_argument(
        "--complete", type=int, default=20, help="how many are completed, and asked of baselines"
    )
    parser.add_argument("--most", type=int, help="parts of each split that are evaluated")
    parser.add_argument("--cuts", type=int, help="of each part that is evaluated; default all")
    parser.add_argument("--part", default="1/1", help="of so many parts this one, such as 2/8")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    started = time.monotonic()
    originals = [path for folder in args.folders for path, _ in find(folder)]
    if args.files is not None:
        originals = Random(args.seed).sample(originals, k=args.files)
    part, parts = (int(one) for one in args.part.split("/"))
    seed, originals = args.seed + part - 1, originals[part - 1 :: parts]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        total = gather(originals, work / "source", damaged=args.damaged // parts, seed=seed)
        asked = {"completed": args.complete, "most": args.most, "cuts": args.cuts}
        found = walk(work / "source", work, seed=seed, **asked)
    for room, count in found.counts.items():
        print(f"{count:8d}  {room}")
    for failure in found.failures:
        print(f"FAILED {failure}")
    print(f"{len(found.failures)} failures, {total} files, {time.monotonic() - started:.0f} s")
    sys.exit(bool(found.failures))


if __name__ == "__main__":
    main()
