"""Parts written from nothing: how many are valid, and are they as a set like real ones, yet new.

To nothing there is no right answer, so parts are not compared one by one but the sets of them.
docs/benchmark.md says what is asked, `metrics/generation.py` has the formulas.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from cadcomplete import readers
from cadcomplete.data.samples import hash64
from cadcomplete.errors import CadCompleteError, InputError, LostWorkersError
from cadcomplete.evaluate.questions import Data, Held, check_data, choose, read_data
from cadcomplete.evaluate.run import Watch
from cadcomplete.evaluate.settings import EvaluationSettings, folder_of
from cadcomplete.exporters.sheet import draw_sheet
from cadcomplete.files import check_folder, write_text
from cadcomplete.history.geometry import Array
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.report import Report
from cadcomplete.language.lines import encode
from cadcomplete.locks import writing_alone
from cadcomplete.metrics.generation import (
    COVERAGE,
    DIVERGENCE,
    MATCHING,
    NOVEL,
    UNIQUE,
    coverage_and_matching,
    divergence,
    generation_cloud,
    novel,
    unique,
)
from cadcomplete.metrics.metric import Item, Metric, Result, summarize
from cadcomplete.metrics.parts import INVALIDITY
from cadcomplete.predictions import Answer, Writer

FILE, METRICS_FILE, SHEET = "made.jsonl", "generation.json", "made.png"
SHOWN = 24
"""Parts that are drawn: the first ones, not the best ones."""

Json = dict[str, Any]
Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """A part that the kernel has built, and points on it, (2000, 3); None if it is not valid."""

    part: Answer
    cloud: Array | None = None

    @property
    def failed(self) -> str:
        """Why it is no valid solid, without numbers of its own: so that reasons can be counted."""
        problem = "" if self.part.valid else self.part.problems[0]
        return re.sub(r"^operation \d+: | *\(.*", "", problem)


def evaluate_generation(
    settings: EvaluationSettings,
    count: int,
    writer: Writer,
    *,
    kernel: Kernel,
    folder: Path | None = None,
    watch: Watch = lambda what, done, total: None,
) -> Json:
    """Let `count` parts be written, compare them with real ones, and return what was found.

    The real parts are those of the split, or `settings.most` of them. Writes to `folder` all parts
    that were made, a picture of the first, and the metrics. Raises InputError.
    """
    check_generation(settings, count)
    data = read_data(settings.data, split=settings.split)
    held, _ = choose(data.held, settings.conditions, most=settings.most, seed=settings.seed)
    folder = folder or folder_of(f"{writer.name}-generated")
    check_folder(folder)
    with writing_alone(folder, "evaluate --generate"):
        return _generated(settings, count, writer, data, held, folder, kernel=kernel, watch=watch)


def check_generation(settings: EvaluationSettings, count: int) -> None:
    """Raise InputError if there is nothing to write, or nothing to compare it with."""
    if count < 1:
        raise InputError("nothing to write", where="--generate", expected="1 or more", got=count)
    check_data(settings.data, split=settings.split)


def _generated(
    settings: EvaluationSettings,
    count: int,
    writer: Writer,
    data: Data,
    held: Sequence[Held],
    folder: Path,
    *,
    kernel: Kernel,
    watch: Watch,
) -> Json:
    written = list(_written(writer, count, seed=settings.seed, watch=watch))
    made = _checked(written, kernel, "made", seed=settings.seed, watch=watch)
    write_text(folder / FILE, "".join(map(_line, made)))
    _draw(made[:SHOWN], folder / SHEET, kernel)
    wanted = [Answer(one.sample.sequence, 1.0) for one in held]
    real = _checked(wanted, kernel, "real", seed=settings.seed, watch=watch)
    document = {
        "predictor": writer.name,
        "data": data.names,
        "split": settings.split,
        "most": settings.most,
        "seed": settings.seed,
        "written": count,
        "valid": sum(not one.failed for one in made),
        "real": len(real),
        "valid real": sum(not one.failed for one in real),
        "training": len(data.training),
        "metrics": _metrics(made, real, data.training, watch=watch),
    }
    write_text(folder / METRICS_FILE, json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    files = {"made": str(folder / FILE), "picture": str(folder / SHEET)}
    return {"folder": str(folder), "files": files, **document}


def _written(writer: Writer, count: int, *, seed: int, watch: Watch) -> Iterator[Answer]:
    for number in range(1, count + 1):
        part = writer.write(seed=hash64(f"{seed} part {number}"))
        watch("writing parts", number, count)
        yield replace(part, sequence=replace(part.sequence, id=f"made_{number:05d}"))


# --- the kernel ---------------------------------------------------------------------------------


def _checked(
    parts: Sequence[Answer], kernel: Kernel, name: str, *, seed: int, watch: Watch
) -> list[Checked]:
    """Build all parts that have an end. Each is sampled apart, so equal parts are not at 0."""
    jobs = [
        kernel.submit(surface, part.sequence, hash64(f"{seed} {name} {number}"))
        if part.valid
        else None
        for number, part in enumerate(parts)
    ]
    found: list[Checked] = []
    for part, job in zip(parts, jobs, strict=True):
        report, cloud = part.report, None
        if job is not None:
            try:
                report, cloud = job.result()
            except LostWorkersError:
                raise
            except CadCompleteError as error:
                report = Report((str(error),))
            part = replace(part, valid=report.valid, problems=report.problems, report=report)
        found.append(Checked(part, cloud))
        watch(f"building {name} parts", len(found), len(parts))
    return found


def surface(sequence: CadSequence, seed: int) -> tuple[Report, Array | None]:
    """Build a history and take points from its surface: a job for `kernel.contain`.

    Raises GeometryError for a solid without surface.
    """
    from cadcomplete.kernel.examine import examine
    from cadcomplete.kernel.tessellate import tessellate

    built = examine(sequence)
    if built.solid is None or not built.report.valid:
        return built.report, None
    return built.report, generation_cloud(tessellate(built.solid), seed=seed)


# --- what is told -------------------------------------------------------------------------------


def _line(one: Checked) -> str:
    part, measures = one.part, one.part.report and one.part.report.measures
    document = {
        "id": part.sequence.id,
        "valid": part.valid,
        "problems": part.problems,
        "volume_mm3": measures.volume if measures else None,
        "text": encode(part.sequence).text,
        "history": readers.from_sequence(part.sequence).raw,
    }
    return json.dumps(document, ensure_ascii=False) + "\n"


def _draw(made: Sequence[Checked], path: Path, kernel: Kernel) -> None:
    entries = [(readers.from_sequence(one.part.sequence), 0) for one in made]
    labels = [
        f"{number}. {len(one.part.sequence)} operations" + (", not valid" if one.failed else "")
        for number, one in enumerate(made, start=1)
    ]
    draw_sheet(entries, path, kernel=kernel, columns=6, labels=labels)


def _metrics(
    made: Sequence[Checked],
    real: Sequence[Checked],
    training: Sequence[CadSequence],
    *,
    watch: Watch,
) -> Json:
    """All metrics by name. What is not valid has no cloud, and is neither new nor a copy."""
    made_clouds = [one.cloud for one in made if one.cloud is not None]
    real_clouds = [one.cloud for one in real if one.cloud is not None]
    coverage, matching, apart = 0.0, math.inf, None  # no parts cover nothing and are near nothing
    if made_clouds:
        told = _told(made_clouds, "comparing parts", watch)
        coverage, matching = coverage_and_matching(told, real_clouds)
        apart = divergence(made_clouds, real_clouds)
    valid = [one.part.sequence for one in made if not one.failed]
    new = novel(valid, _told(training, "reading training parts", watch))
    invalid = [Item(float(bool(one.failed)), failed=one.failed) for one in made]
    results = (
        summarize(INVALIDITY, invalid),
        _result(COVERAGE, coverage, real),
        _result(MATCHING, matching, real),
        _result(DIVERGENCE, apart, [*made, *real]),
        _result(NOVEL, new, made),
        _result(UNIQUE, unique(valid), made),
    )
    return {result.name: result.document() for result in results}


def _result(metric: Metric, value: float | None, parts: Sequence[Checked]) -> Result:
    """A value that is taken from the valid ones of some parts; the others are told beside it."""
    failures = dict(sorted(Counter(one.failed for one in parts if one.failed).items()))
    failed = sum(failures.values())
    return Result(metric.name, value, metric.unit, len(parts), failed, failures, failures)


def _told(things: Sequence[Thing], what: str, watch: Watch) -> Iterator[Thing]:
    """Yield things, and tell how many of them are done."""
    for number, thing in enumerate(things, start=1):
        yield thing
        watch(what, number, len(things))
