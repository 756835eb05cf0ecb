"""What a model is given of a case: the beginning of a training sample (law 1).

What it cannot see is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from cadcomplete.clouds.cloud import PointCloud
from cadcomplete.clouds.measured import measured
from cadcomplete.errors import InputError
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.commands import WANTED
from cadcomplete.language.prompt import prompt
from cadcomplete.language.words import unlearned
from cadcomplete.model.checkpoint import Checkpoint
from cadcomplete.model.generate import Prompt
from cadcomplete.model.inputs import picture, surface


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
    for which it has no word it is told nothing; what is measured in a cloud it is told in words.
    Raises InputError for what the model cannot see, and for a part that is too long for it.
    """
    features, settings = model.model.features, model.config.model
    for what, there, seen in (
        ("pictures", bool(images), features.image),
        ("point clouds", points is not None, knows_clouds(model)),
    ):
        if there and not seen:
            hint = "leave them out, or take another model with --model"
            raise InputError(f"this model sees no {what}", where=model.name, hint=hint)
    words = "" if points is None else measured(points)
    text_format = model.config.data.text_format
    tell = partial(prompt, given, levels=words, behind=behind, text_format=text_format)
    tell = partial(tell, without=unlearned(given, model.words), words=model.words)
    text = tell(caption=caption)
    looks = points is not None and bool(features.points)
    front = features.placeholders(images=len(images), points=looks)
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
    cloud = None
    if points is not None and looks:
        cloud = surface(points, count=settings.points.count, seed=0)
    return Prompt(ids, np.stack(pictures) if pictures else None, cloud)


def knows_clouds(model: Checkpoint) -> bool:
    """Whether a model sees clouds, or has learned the words for what is measured in them."""
    return bool(model.model.features.points) or WANTED in model.words


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
