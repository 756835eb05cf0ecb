"""A case as a model has read it, and what was found in the shape that is shown.

What the model is given is the beginning of a training sample (law 1); what it cannot see is
refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from cadcomplete.clouds.cloud import PointCloud
from cadcomplete.clouds.measured import measured
from cadcomplete.completion.evidence import Evidence
from cadcomplete.completion.proposing import command_of, kind_of
from cadcomplete.errors import GeometryError, InputError
from cadcomplete.fitting import Wanted, settled, wanted
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Pending
from cadcomplete.kernel.report import Report
from cadcomplete.language.grammar import Matcher
from cadcomplete.language.prompt import prompt
from cadcomplete.language.words import unlearned
from cadcomplete.model.checkpoint import Checkpoint
from cadcomplete.model.generate import Began, Prompt, Row, Sampling, generate
from cadcomplete.model.inputs import picture, surface
from cadcomplete.predictions import Answer, Case


@dataclass(slots=True, eq=False)
class Reading:
    """A case that was read: no value but a place to work, where more is found as it is asked for.

    Attributes:
        stop: the probability that nothing is missing.
        command: the kind of the next operation, of those that the model can write.
        sampling: how the model draws; its seed is that of all that is random.
        rows: what the model has written so far.
        seen: what the shape says, whatever is given; None if there is none, or nobody looked.
        wanted: the same for what is given.
        began: the model after the prompt; None if no model is asked.
        start: what the grammar allows there.
        asked: the kernel's jobs to check histories that begin with what is given, each begun once.
        evidence: what else is shown: words, pictures.
        kinds: how probable each kind of operation is, by its command, supposing that one follows;
            empty where only `command` may.
        as_it_is: what the given part scores as a whole one, once parts were compared; None where
            it cannot be one.
    """

    case: Case
    stop: float
    command: str
    sampling: Sampling
    rows: tuple[Row, ...] = ()
    seen: Wanted | None = None
    wanted: Wanted | None = None
    began: Began | None = None
    start: Matcher | None = None
    asked: dict[CadSequence, Pending[Report]] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    kinds: Mapping[str, float] = field(default_factory=dict)
    as_it_is: float | None = None

    @property
    def given(self) -> CadSequence:
        return self.case.given

    @property
    def situation(self) -> str:
        """The name of what kind of operation is next, and of what is known of the wanted part."""
        kind = kind_of(self.command)
        first = not any(type(operation) is kind for operation in self.given.operations)
        name = f"{'first' if first else 'later'} {command_of(kind)}"
        if self.wanted is None:
            return name
        return f"{name}, {'scan' if self.wanted.noise > 0 else 'cloud'}"

    @property
    def may_go_on(self) -> bool:
        """Whether there is a model that can write more, and time for it."""
        return self.began is not None and not self.sampling.due.over

    @property
    def before(self) -> Report | None:
        """What the kernel says of the given part; None if it was not asked, or does not answer."""
        job = self.asked.get(self.given)
        if job is None or not job.future.done() or job.future.cancelled():
            return None
        return None if job.future.exception() else job.future.result()

    def hopeless(self, answers: Sequence[Answer]) -> bool:
        """Say whether something that was given cannot be built: then nothing valid follows it."""
        failed = [one.report.operation for one in answers if one.report is not None]
        return any(at is not None and at < self.given.whole_operations for at in failed)

    def write_more(self, attempt: int) -> None:
        """Let the model write once more, the bolder the more often it has."""
        assert self.began is not None and self.start is not None
        start = self.start.only(self.command)
        self.rows += generate(self.began, start, self.sampling.bolder(attempt))


def prompted(
    given: CadSequence,
    model: Checkpoint,
    *,
    caption: str | None = None,
    images: Sequence[bytes | Path] = (),
    points: PointCloud | None = None,
    behind: str = "",
) -> Prompt:
    """Return what the model is given: the beginning of a training sample of that part.

    `behind` is what stands behind a gap that is to be filled (`prompt.behind_of`). Of operations
    for which it has no word it is told nothing. Raises InputError for what the model cannot see,
    and for a part that is too long for it.
    """
    features, settings = model.model.features, model.config.model
    for what, there, seen in (
        ("pictures", bool(images), features.image),
        ("point clouds", points is not None, features.points),
    ):
        if there and not seen:
            hint = "leave them out, or take another model with --model"
            raise InputError(f"this model sees no {what}", where=model.name, hint=hint)
    words = "" if points is None else measured(points)
    text_format = model.config.data.text_format
    tell = partial(prompt, given, levels=words, behind=behind, text_format=text_format)
    tell = partial(tell, without=unlearned(given, model.words), words=model.words)
    text = tell(caption=caption)
    front = features.placeholders(images=len(images), points=points is not None)
    ids = model.tokenizer.encode(text).after(front).ids
    if len(ids) >= model.model.longest:
        if caption and len(model.tokenizer.encode(tell()).after(front).ids) < model.model.longest:
            hint = "say in a sentence or two what the part is"
            got = f"{len(caption)} characters"
            raise InputError("the caption is too long for this model", got=got, hint=hint)
        raise InputError(
            "the part is too long for this model",
            where=given.id,
            expected=f"less than {model.model.longest} tokens",
            got=len(ids),
            hint="keep fewer operations, with --keep",
        )
    pictures = [picture(image, size=settings.image.size) for image in images]
    cloud = None if points is None else surface(points, count=settings.points.count, seed=0)
    return Prompt(ids, np.stack(pictures) if pictures else None, cloud)


def shortened(caption: str, given: CadSequence, model: Checkpoint) -> str:
    """Return as much of a caption as a model can read before what is given: its first words.

    Half of them, and half of those, until they fit. Raises InputError if the part alone does not.
    """
    words = caption.split()
    while True:
        try:
            prompted(given, model, caption=caption)
        except InputError:
            if len(words) < 2:
                raise
            words = words[: len(words) // 2]
            caption = " ".join(words)
        else:
            return caption


def looked_at(case: Case, *, after: Reading | None = None) -> tuple[Wanted | None, Wanted | None]:
    """Return what the shape of a case says, and the same for what is given; None without one.

    The shape that was shown in the reading before is not looked at once more. Raises InputError
    for one that is no part's surface.
    """
    if case.points is None:
        return None, None
    known = after.seen if after is not None and after.case.points is case.points else None
    try:
        seen = wanted(case.points) if known is None else known
        return seen, settled(seen, case.given)
    except GeometryError as error:
        hint = "give the whole surface of a part, with normals that point outwards"
        raise InputError(f"the point cloud: {error}", where=case.id, hint=hint) from error
