"""What the commands of the command line answer, as plain dictionaries and as text.

The keys are a promise to scripts: they do not change.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cadcomplete import exporters, readers
from cadcomplete.errors import CadCompleteError, InputError, KernelFailure
from cadcomplete.history.blends import Blend
from cadcomplete.history.fields import FORMATS, Format
from cadcomplete.history.sequence import CadSequence, Finding, validate
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.jobs import examine, largest
from cadcomplete.kernel.report import Report
from cadcomplete.predictions import check_seed
from cadcomplete.progress import progress, watched
from cadcomplete.readers import Document
from cadcomplete.reports.answering import Answering
from cadcomplete.reports.told import counted, told, told_in_words

if TYPE_CHECKING:
    from cadcomplete.data.prepare.settings import Settings
    from cadcomplete.evaluate.settings import EvaluationSettings as Benchmark
    from cadcomplete.model.checkpoint import Checkpoint

Json = dict[str, Any]


# --- inspect ------------------------------------------------------------------------------------


def inspect(path: Path, *, tokenizer: Path | None, time_limit: float) -> Json:
    """Return what is in a file: its operations, problems, measures and lengths in tokens."""
    document = readers.read(path)
    whole, sequence = document.sequence, document.sequence.known
    with Kernel(time_limit=time_limit) as kernel:
        pending = kernel.submit(examine, sequence)
        tokens = _token_counts(sequence, tokenizer)
        findings, checked = validate(whole), True
        try:
            report = pending.result()
            report = _with_size(report, sequence, kernel)
        except KernelFailure as error:
            report, checked = Report((str(error),)), False
    measures = report.measures
    # Where nothing that is known builds there is no solid, but that is no fault of the file.
    begun = whole.rest and not any(operation.builds for operation in sequence.operations)
    built = () if begun else _build_findings(report, sequence, findings)
    problems = [dataclasses.asdict(f) for f in (*findings, *built)]
    return {
        "file": str(path),
        "id": sequence.id,
        "format": document.origin,
        "dialect": document.dialect,
        "operations": len(sequence) + len(whole.rest),
        "known": len(sequence),
        "unsupported": list(whole.unsupported),
        "curves": sequence.curves,
        "history": [told(i, op) for i, op in enumerate((*whole.operations, *whole.rest))],
        "problems": problems,
        "valid": report.valid and not any(p["severity"] == "error" for p in problems),
        "checked": checked,
        "volume_mm3": measures and measures.volume,
        "area_mm2": measures and measures.area,
        "bounding_box_mm": measures
        and {"min": measures.bounding_box.minimum, "max": measures.bounding_box.maximum},
        "center_of_mass_mm": measures and measures.center_of_mass,
        "bodies": measures.bodies if measures else 0,
        "tokens": tokens,
        "caption": document.caption or None,
    }


def _with_size(report: Report, sequence: CadSequence, kernel: Kernel) -> Report:
    """Return a report that says up to what size a fillet or chamfer that fails can be made."""
    index = report.operation
    if index is None or not isinstance(sequence.operations[index], Blend):
        return report
    try:
        most = kernel.run(largest, sequence, index)
    except CadCompleteError:  # of edges that do not exist, or a kernel that hangs: it is said
        return report
    if not most:
        return report
    first, *others = report.problems
    said = f"{first}: up to {most:g} mm it can"
    return dataclasses.replace(report, problems=(said, *others))


def _build_findings(
    report: Report, sequence: CadSequence, said: tuple[Finding, ...]
) -> Iterator[Finding]:
    """Yield what the kernel found, but for what was said of the same operation before."""
    place = _place(report.operation, sequence)
    told = {f"operation {report.operation}: {f.problem}" for f in said if f.path.startswith(place)}
    for problem in report.problems:
        if problem not in told:
            yield Finding(place, problem)
    for remark in report.remarks:
        yield Finding(_place(remark.operation, sequence), remark.text, "warning")


def _place(index: int | None, sequence: CadSequence) -> str:
    if index is None:
        return "$.sequence"
    return sequence.operations[index].source or f"$.sequence[{index}]"


def _token_counts(sequence: CadSequence, folder: Path | None) -> dict[str, int]:
    from cadcomplete.language.prompt import prompt
    from cadcomplete.language.tokenizer import TextTokenizer, shipped

    tokenizer = TextTokenizer.load(folder or shipped())
    texts = {name: prompt(sequence, text_format=name) for name in FORMATS}
    return {name: len(tokenizer.encode(text).ids) for name, text in texts.items()}


def inspection_text(report: Json) -> str:
    """Return an inspection for people."""
    head = (counted(report[name], name[:-1]) for name in ("operations", "curves"))
    lines = [f"{report['id']}: {', '.join(head)}"]
    if report["caption"]:
        lines.append(f"called {report['caption']}")
    lines += [f"  {told_in_words(operation)}" for operation in report["history"]]
    if report["volume_mm3"] is not None:
        low, high = report["bounding_box_mm"]["min"], report["bounding_box_mm"]["max"]
        size = " × ".join(f"{b - a:.6g}" for a, b in zip(low, high, strict=True))
        lines.append(f"volume {report['volume_mm3']:.6g} mm³, area {report['area_mm2']:.6g} mm²")
        corner = ", ".join(f"{round(value, 9) + 0.0:.6g}" for value in low)
        bodies = counted(report["bodies"], "body", "bodies")
        lines.append(f"size {size} mm from ({corner}) mm, {bodies}")
    counts = ", ".join(f"{count} as {name}" for name, count in report["tokens"].items())
    lines.append(f"tokens: {counts}")
    lines += [_problem_words(problem, report["format"]) for problem in report["problems"]]
    faulty = any(p["severity"] == "error" for p in report["problems"])
    verdict = "a valid solid" if report["valid"] else "not a valid solid" if faulty else "no solid"
    verdict = verdict if report["checked"] else "not checked whether it is a valid solid"
    known = report["known"]
    part = f", as far as it is known: {counted(known, 'operation')} of {report['operations']}"
    lines.append(verdict if known == report["operations"] else verdict + part)
    return "\n".join(lines)


def _problem_words(problem: Json, origin: str) -> str:
    """A line for a problem. Lines have no paths: there an operation is named by its index."""
    place, said = problem["path"], problem["problem"]
    if origin == "lines" and (own := _OWN_PATH.match(place)):
        place = ", ".join(filter(None, (f"operation {own[1]}", place[own.end() :].lstrip("."))))
    return f"{problem['severity']} at {place}: {said.removeprefix(f'{place}: ')}"


_OWN_PATH = re.compile(r"^\$\.sequence\[(\d+)\]")


# --- convert, encode, truncate ------------------------------------------------------------------


def convert(
    document: Document, target: Path, *, time_limit: float, dialect: str = ""
) -> tuple[str, ...]:
    """Write a history to a file, and return what a person should know about that.

    `dialect` is one of those of its format (`Exporter.dialects`); "" for the usual one. Of what is
    not known here only JSON is written. Raises BuildError if a solid is needed and there is none.
    """
    name = exporters.format_of(target)
    notices: tuple[str, ...] = ()
    if name != "json" and document.sequence.rest:
        notices, document = (document.sequence.notice,), document.known
    if not exporters.EXPORTERS[name].needs_solid:
        exporters.write(exporters.Part(document), target)
        return notices
    with Kernel(time_limit=time_limit) as kernel:
        remarks = kernel.run(exporters.convert, document, target, dialect)
    return (*notices, *remarks)


def encode(
    path: Path, text_format: str, *, cut: int | None, caption: str | None, tokenizer: Path | None
) -> Json:
    """Return the prompt of a part cut after `cut` operations, and its tokens."""
    from cadcomplete.language.prompt import prompt
    from cadcomplete.language.tokenizer import TextTokenizer, shipped

    names: dict[str, Format] = {name: name for name in FORMATS}
    known = names.get(text_format)
    if known is None:
        expected = " or ".join(FORMATS)
        raise InputError("unknown format", where="--format", expected=expected, got=text_format)
    document = readers.read(path)
    kept = document.known if cut is None else document.truncated(cut)
    text = prompt(kept.sequence, caption=caption, text_format=known)
    tokens = TextTokenizer.load(tokenizer or shipped()).encode(text)
    after = [i for i, c in zip(tokens.cuts, text.cuts, strict=True) if c.curves is None]
    return {
        "id": document.sequence.id,
        "format": text_format,
        "operations": len(kept.sequence),
        "notices": [document.sequence.notice] if cut is None and document.sequence.rest else [],
        "text": text.text,
        "input_ids": list(tokens.ids),
        "boundaries": after[1:],
    }


def truncate(source: Path, target: Path, *, most: int) -> Json:
    """Write the truncated versions of all histories of a folder."""
    from cadcomplete.data.samples import Skipped
    from cadcomplete.data.truncate import truncate_folder

    if most < 1:
        raise InputError("nothing to write", where="--max-versions", expected="1 or more", got=most)
    files, written, skipped = 0, 0, []
    for item in progress(truncate_folder(source, target, most=most), "truncating"):
        if isinstance(item, Skipped):
            skipped.append(dataclasses.asdict(item))
        else:
            files, written = files + 1, written + len(item.versions)
    if not files and not skipped:
        raise InputError("no files to truncate", file=source)
    return {"files": files, "versions": written, "skipped": skipped}


# --- data sets ----------------------------------------------------------------------------------


def prepare(
    source: Path, target: Path, settings: Settings, *, workers: int | None, ray: str | None
) -> Json:
    """Prepare a data set, with progress on standard error."""
    import os

    from cadcomplete.data.prepare import prepare as prepare_here

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with watched() as watch:
        return prepare_here(
            source, target, settings, workers=workers or cores or 1, ray=ray, watch=watch
        )


def synthesize(target: Path, count: int, *, start: int, seed: int, like: str) -> Json:
    """Write synthetic parts into a folder, a thousand in each folder below it."""
    from cadcomplete.data import synthetic
    from cadcomplete.files import write_text

    check_seed(seed)
    if count < 1:
        raise InputError("nothing to write", where="-n", expected="1 or more", got=count)
    if start < 0:
        raise InputError("out of range", where="--start", expected="0 or more", got=start)
    if like not in synthetic.LIKE:
        known = " or ".join(synthetic.LIKE)
        raise InputError("unknown parts", where="--like", expected=known, got=like)
    made = synthetic.parts(count, seed=seed, start=start, like=like)
    for part in progress(made, "writing parts"):
        name = part.id.rpartition("/")[2]
        file = target / "json" / name[:-3] / f"{name}.json"
        write_text(file, readers.from_sequence(part).dump())
    return {"folder": str(target), "parts": count, "start": start, "seed": seed, "like": like}


# --- evaluate -----------------------------------------------------------------------------------


def evaluate(
    settings: Benchmark,
    *,
    model: Path | None,
    answering: Answering,
    baseline: str | None,
    output: Path | None,
) -> Json:
    """Return the metrics of a model, or of a baseline, on held-out parts."""
    from cadcomplete.evaluate import evaluate as evaluate_here
    from cadcomplete.evaluate.predictors import check_predictor, maker

    check_predictor(model, baseline, answering.source, settings.conditions)

    def load() -> tuple[Checkpoint, Any]:
        loaded = answering.load(model)
        return loaded, answering.sampling(loaded)

    with Kernel(workers=2, time_limit=30.0) as kernel, watched() as watch:
        make = maker(baseline, answering.source, load, kernel)
        return evaluate_here(settings, make, folder=output, watch=watch)


def generate(
    settings: Benchmark,
    count: int,
    *,
    model: Path | None,
    answering: Answering,
    output: Path | None,
) -> Json:
    """Let a model write parts from nothing, and return how they compare with held-out ones."""
    from cadcomplete.completion.by_model import ByModel
    from cadcomplete.completion.predictor import ModelPredictor
    from cadcomplete.evaluate.generation import check_generation, evaluate_generation

    check_generation(settings, count)
    with Kernel(workers=2, time_limit=30.0) as kernel, watched() as watch:
        loaded = answering.load(model)
        writer = ModelPredictor(ByModel(loaded, kernel, answering.sampling(loaded)))
        return evaluate_generation(
            settings, count, writer, kernel=kernel, folder=output, watch=watch
        )


def check_alone(option: str, others: dict[str, bool]) -> None:
    """Raise InputError if an option is given together with others that it has no use for."""
    given = ", ".join(name for name, is_given in others.items() if is_given)
    if given:
        raise InputError(f"{option} does not go with {given}", hint="leave it out")


def reevaluate(
    data: tuple[Path, ...],
    predictions: Path | None,
    folders: tuple[Path, ...],
    output: Path | None,
    *,
    full: bool,
) -> Json:
    """Score predictions again, or write a report of several folders of them.

    Raises InputError if more than one of data sets, predictions and folders is given.
    """
    from cadcomplete.evaluate import compare, rescore

    if sum(map(bool, (data, predictions, folders))) > 1:
        raise InputError("too much to do", expected="one of DATA, --rescore and --compare")
    with watched() as watch:
        if predictions is not None:
            return rescore(predictions, full=full, watch=watch)
        with Kernel(workers=2, time_limit=60.0) as kernel:
            return compare(folders, output or folders[0], kernel=kernel, watch=watch)
