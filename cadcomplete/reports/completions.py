"""What `complete` answers, as a plain dictionary and as text.

The keys are a promise to scripts: they do not change.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cadcomplete import exporters, readers
from cadcomplete.clouds.read import Scan, check_file, read_scan
from cadcomplete.constraints.bound import bound_to
from cadcomplete.constraints.constraints import Constraints
from cadcomplete.constraints.said import ConstraintWords, as_json
from cadcomplete.deadline import TIME_WAS_UP, due_after
from cadcomplete.errors import InputError, keeping
from cadcomplete.files import check_folder
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Kernel, Pending
from cadcomplete.placing.shapes import reading
from cadcomplete.predictions import check_count, check_seed
from cadcomplete.progress import telling
from cadcomplete.readers import Document
from cadcomplete.reports.answering import Answering
from cadcomplete.reports.told import counted

if TYPE_CHECKING:
    from cadcomplete.completion.completion import Completions

Json = dict[str, Any]

_ANSWERING = 0.8
"""Share of the time that answering may take where files are written as well."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How a part is to go on, as `complete` has it; `points` are the file of a shape."""

    keep: int | None
    caption: str | None
    images: tuple[Path, ...]
    points: Path | None
    units: str
    up: str
    place: str
    n: int
    seed: int
    only_next: bool
    constraints: ConstraintWords = ConstraintWords()  # noqa: RUF009
    snap: bool | None = None

    def check(self, document: Document) -> None:
        """Raise InputError for what cannot be: at once, before the model is read."""
        check_seed(self.seed)
        check_count(self.n)
        if self.points is None and (self.units or self.up or self.place != "check"):
            hint = "give it with --points"
            raise InputError("--units, --up and --place are for a shape", hint=hint)
        if self.keep is not None:
            document.truncated(self.keep)
        if self.points is not None:
            check_file(self.points, units=self.units, up=self.up)
        for image in self.images:
            if not image.is_file():
                problem = "a folder, and no picture" if image.is_dir() else "no such picture"
                raise InputError(problem, file=image, hint="give one that exists")

    def of_nothing(self) -> Document:
        """Return a part without operations. Raises InputError if nothing is shown of it either."""
        if not ((self.caption or "").strip() or self.images or self.points):
            expected = "PART, or what it is to be: --caption, --image or --points"
            raise InputError("nothing to go on from", expected=expected)
        return readers.from_sequence(CadSequence((), id="part"))

    def scan(self, kernel: Kernel) -> Pending[Scan] | None:
        """Begin to read the shape."""
        if self.points is None:
            return None
        return reading(self.points, units=self.units, up=self.up, kernel=kernel)

    def limits(self, kernel: Kernel) -> Constraints:
        """Return the constraints; files of regions are read by the kernel. Raises InputError."""
        return self.constraints.constraints(lambda path: kernel.run(read_scan, path).mesh)

    def as_json(self) -> Json:
        return {
            "caption": self.caption,
            "images": [str(image) for image in self.images],
            "points": self.points and str(self.points),
            "asked": self.n,
        }


def complete(
    path: Path | None,
    asked: Asked,
    *,
    model: Path | None,
    output: Path | None,
    formats: tuple[str, ...],
    started: float,
    time_limit: float,
    answering: Answering,
) -> Json:
    """Return the completions of a part, or without a `path` of nothing; with `output`, as files.

    All of it within `time_limit` seconds, but for reading a model of one's own: what is found by
    then is the answer, what could not be written is named. `started` is when the program was, by
    `time.monotonic`. Raises Interrupted.
    """
    due = due_after(time_limit, started)
    document = asked.of_nothing() if path is None else readers.read(path)
    asked.check(document)
    exporters.check_formats(formats)
    if output is not None:
        check_folder(output)
    kernel = Kernel(workers=2, time_limit=time_limit)
    with keeping(partial(_kept, output)), ExitStack() as after, telling() as tell:
        after.callback(kernel.leave)  # who waits for the answer does not wait for that
        kernel.start()  # it is loaded while all else is imported
        from cadcomplete.completion import writing
        from cadcomplete.completion.asking import kept
        from cadcomplete.completion.engine import Completer

        with kernel.until(due):
            scan, limits = asked.scan(kernel), asked.limits(kernel)
        bound_to(limits, kept(document, asked.keep).sequence)
        tell("the model is read")
        loaded, due = answering.ready(model, due, started)
        writes = output is not None
        answered = due.share(_ANSWERING) if writes else due
        drawn = None if loaded is None else answering.sampling(loaded, n=asked.n)
        question: dict[str, Any] = asdict(asked) | {"points": scan, "constraints": limits}
        result = Completer(loaded, kernel, sampling=drawn).complete(
            document,
            **question,
            file=asked.points or "",
            due=answered,
            tell=tell,
        )
        if writes:
            tell("files are written")
        with kernel.until(due):
            files = writing.write(result, output, formats, kernel) if writes else {}
    return {
        "file": path and str(path),
        **asked.as_json(),
        "constraints": as_json(limits),
        "folder": output and str(output),
        "notices": list(result.notices),
        "part_notices": _part_notices(document, result),
        **_completions(result, files),
        "total_seconds": round(time.monotonic() - started, 3),
    }


def _kept(output: Path | None) -> str:
    """What is left after a Ctrl-C."""
    there = output is not None and output.is_dir()
    return f"files that are in {output} are whole" if there else "nothing was written"


def _part_notices(document: Document, result: Completions) -> list[str]:
    """What a person should know of how the given part was read."""
    kept = result.given.sequence.operations
    remarks = [remark for operation in kept for remark in operation.remarks]
    return [*remarks, document.sequence.notice] if document.sequence.rest else remarks


def _completions(result: Completions, files: dict[int | str, Any]) -> Json:
    return {
        "kept": result.given.sequence.whole_operations,
        "model": result.model,
        "seconds": round(result.seconds, 3),
        "finished": round(result.finished, 4),
        "score_is": result.score_is,
        "least": result.least,
        "as_it_is": None if result.as_it_is is None else round(result.as_it_is, 6),
        "generated": result.generated,
        "discarded": result.discarded,
        "in_time": result.in_time,
        "left_out": dict(result.left_out),
        "overview": files.get("overview"),
        "lost": files.get("lost", {}),
        "completions": [
            {
                "rank": c.rank,
                "score": round(c.score, 6),
                "valid": c.valid,
                "problems": list(c.problems),
                "remarks": [str(remark) for remark in c.remarks],
                "snaps": list(c.snaps),
                "bodies": c.bodies,
                "operations_added": c.operations_added,
                "volume_mm3": c.volume,
                "words": c.words,
                "text": c.text,
                "files": files.get(c.rank, {}),
            }
            for c in result.completions
        ],
    }


def completions_text(report: Json, *, everything: bool = False) -> str:
    """Return completions for people; what is not likely enough only if they want `everything`."""
    from cadcomplete.completion.wording import told

    kept, score_is = counted(report["kept"], "operation"), report["score_is"]
    lines = [f"{report['file'] or 'from nothing'}: {kept} kept"]
    asked = bool(report["generated"])  # whether there was time for a model
    if asked and not any(report[shown] for shown in ("caption", "images", "points")):
        # What is shown says more of what is missing than a model: the part as it is tells it.
        lines[0] += f"; finished already: {report['finished']:.0%}"
    if report["as_it_is"] is not None:
        lines.append(f"as it is: {told(report['as_it_is'], score_is)}")
    lines += [f"{report['file']}: {notice}" for notice in report["part_notices"]]
    lines += [f"note: {notice}" for notice in report["notices"]]
    quiet = not everything and _unlikely(report)
    for completion in () if quiet else report["completions"]:
        lines += _completion_lines(completion, told(completion["score"], score_is))
    lines += _silence(report, quiet=quiet)
    if report["overview"]:
        lines.append(f"\noverview: {report['overview']}")
    lines += [f"not written: {path}: {reason}" for path, reason in report["lost"].items()]
    if not report["in_time"]:
        lines.append("time was up before all was found and checked; --time-limit allows more")
    total, own = report["total_seconds"], report["seconds"]
    lines.append(f"\n{report['model']}, {total:.1f} seconds, {own:.1f} of them for the answer")
    if report["completions"] and not quiet and not any(c["files"] for c in report["completions"]):
        lines.append("use -o FOLDER to write files")
    return "\n".join(lines)


def _completion_lines(completion: Json, score: str) -> list[str]:
    """One completion for people."""
    volume, facts = completion["volume_mm3"], [counted(completion["operations_added"], "operation")]
    facts[0] += " added"
    if volume is not None:
        bodies = completion["bodies"]
        facts.append(f"{volume:.6g} mm³" + (f" in {bodies} bodies" if bodies > 1 else ""))
    problems = completion["problems"]
    late = bool(problems) and problems[0].startswith(TIME_WAS_UP)
    facts.append(
        "valid" if completion["valid"] else f"not {'checked' if late else 'valid'}: {problems[0]}"
    )
    return [
        f"\n{completion['rank']}. {completion['words']}",
        f"   {score}; {', '.join(facts)}",
        *(f"   {remark}" for remark in completion["remarks"]),
        *(f"   snapped: {snap}" for snap in completion["snaps"]),
        *(f"   {line}" for line in completion["text"].splitlines()),
        *(f"   {name}: {file}" for name, file in completion["files"].items()),
    ]


def _unlikely(report: Json) -> bool:
    """Whether the first of the next operations is below what is worth showing."""
    found, least = report["completions"], report["least"]
    return least is not None and bool(found) and found[0]["score"] < least


def _silence(report: Json, *, quiet: bool) -> list[str]:
    """Why there are no answers, or fewer than were asked for, or none to believe in."""
    from cadcomplete.completion.wording import PROBABILITY, told

    found = report["completions"]
    out = [f"left out: {number} by {name}" for name, number in report["left_out"].items()]
    if not found and out:
        return ["\nnothing that was found keeps to the constraints", *out]
    if not found:
        files = ", so no files were written" if report["folder"] else ""
        if report["score_is"] == PROBABILITY or not report["in_time"]:
            until = "" if report["in_time"] else " until time was up"
            return [f"\nnothing that may follow was found{until}{files}"]
        nothing = "nothing that was found is expected to be better than the part as it is"
        return [
            f"\n{nothing}{files};",
            "with --next: what may follow, supposing that something does",
        ]
    if quiet:
        best = f"{found[0]['words']}, {told(found[0]['score'], report['score_is'])}"
        return [
            "\nnothing that may follow is likely enough to be shown",
            f"(the likeliest is {best});",
            f"--all shows {'it' if len(found) == 1 else f'all {len(found)}'}; "
            "a caption, a picture or a shape of the part says more",
        ]
    if len(found) < report["asked"] and report["in_time"]:
        better = "" if report["as_it_is"] is None else " and better than the part as it is"
        return [f"\nnothing else was found that is different{better}", *out]
    return []
