"""What a person should know of how an answer came: what a model was not told, or did not use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cadcomplete.completion.reading import Reading
from cadcomplete.data.describe.words import joined
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.words import unlearned
from cadcomplete.predictions import Case

if TYPE_CHECKING:
    from cadcomplete.model.checkpoint import Checkpoint

UNSEEN = "time was up before the shape was read: nothing of it is in what is proposed"

_USED = 0.05
"""By which share what is shown must lower the loss of a model that uses it."""


def untaught(case: Case, reading: Reading) -> str:
    """Say that there was no time for a model, and who had the ideas instead."""
    if reading.wanted is not None:
        return "time was up before the model answered: what is proposed is read off the shape alone"
    names = [f"the {evidence.name}" for evidence in reading.evidence]
    who = joined([*names, "what is usual"])
    left = "" if case.points is None else "; the shape was not searched in time"
    return f"time was up before the model answered: what is proposed comes from {who} alone{left}"


def unused(
    model: Checkpoint, caption: str | None, images: Sequence[bytes | Path]
) -> tuple[str, ...]:
    """Say of a caption and of pictures that a model hardly uses them, if that was measured."""
    losses, notices = model.metrics.get("nats_per_token_shown", {}), []
    if images and not model.model.features.image:
        notices.append("this model sees no pictures: it was not shown them")
    for name, shown_name, there in (
        ("captions", "caption", bool(caption)),
        ("pictures", "picture", bool(images) and model.model.features.image),
    ):
        if there and {"nothing", shown_name} <= losses.keys():
            without, with_it = losses["nothing"], losses[shown_name]
            if with_it > (1 - _USED) * without:
                change = f"{without:.3f} to {with_it:.3f} nats per token"
                notices.append(
                    f"{name} are read by rule; the model itself hardly uses them "
                    f"(its loss goes from {change})"
                )
    if caption and not any(stage.captions for stage in model.config.data.curriculum):
        notices.append("this model has never seen a caption")
    return tuple(notices)


def half_told(caption: str | None, told: str | None) -> tuple[str, ...]:
    """Say that a caption was longer than the model can read, if it was."""
    if caption is None or told is None or caption == told:
        return ()
    words = f"{len(told.split())} of {len(caption.split())} words"
    return (
        f"the caption is long: the model was told its first {words}; all of it was read by rule",
    )


def untold(model: Checkpoint, given: CadSequence) -> tuple[str, ...]:
    """Say of which given operations a model was not told, as it has not learned their words."""
    left_out = unlearned(given, model.words)
    if not left_out:
        return ()
    kinds = dict.fromkeys(type(given.operations[index]).__name__.lower() for index in left_out)
    which = f"operation{'s' if len(left_out) > 1 else ''} {', '.join(map(str, left_out))}"
    return (
        f"this model has not learned {' and '.join(kinds)}: it was told the part without {which}; "
        "what is built, compared and checked has all of them",
    )
