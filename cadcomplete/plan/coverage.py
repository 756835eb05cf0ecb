"""Which share of a data set fits, and how many tokens an epoch has, before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cadcomplete.config import Config
from cadcomplete.data.sizes import TextSizes, sizes_of, told
from cadcomplete.data.sources import TRAIN, VALIDATION, Source, find_data
from cadcomplete.data.stored import Stored, some_sizes
from cadcomplete.history.fields import Format
from cadcomplete.language.tokenizer import TextTokenizer, shipped
from cadcomplete.plan.memory import Model
from cadcomplete.plan.sizes import local_folder

Numbers = np.ndarray

MOST = 20_000
"""Parts that are counted in a data set whose lengths are not known yet; of more, some."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What of a data set fits.

    Attributes:
        parts: that train, all of them.
        counted: of these, those of which the tokens were counted.
        fits: share of the parts that fit the length with all they may show.
        cut: share of those that do not, and end after an operation that does.
        lengths: of the samples of both, with what they show on average, in tokens.
        shown: features of pictures and points that a sample shows on average, in tokens.
        validation: parts that validate.
        validation_length: tokens of one of them, on average.
        tokenizer: which tokenizer counted.
    """

    parts: int
    counted: int
    fits: float
    cut: float
    lengths: np.ndarray
    shown: float
    validation: int
    validation_length: float
    tokenizer: str

    @property
    def used(self) -> float:
        """The share of the parts that is learned from."""
        return self.fits + self.cut


def coverage(config: Config, model: Model, sources: Sequence[str | Path]) -> Coverage | str:
    """Count the tokens of a data set; or say, in a line, why that cannot be done.

    Synthetic parts are not counted.
    """
    if not sources:
        return "no data to count: the configuration names none (data.sources)"
    if missing := [str(source) for source in sources if not Path(source).is_dir()]:
        return f"no data to count: {', '.join(missing)} is not here"
    tokenizer, name = _tokenizer(config)
    here = replace(config.data, sources=tuple(map(str, sources)), synthetic=0)
    found = find_data(replace(config, data=here))
    counted = [_some(source, tokenizer, config.data.text_format) for source in found.sources]
    starts = np.cumsum([0, *map(len, found.sources)])
    numbers = np.concatenate([n + s for (_, n), s in zip(counted, starts, strict=False)])
    sizes, side = TextSizes.joined([some for some, _ in counted]), found.side[numbers]
    learned, held_out = (sizes.chosen(side == one) for one in (TRAIN, VALIDATION))
    if not len(learned):
        return f"no data to count: nothing to train on in {', '.join(map(str, sources))}"
    most, shown = _shown(config, model)
    room = config.data.max_length
    before = learned.heads.max(axis=1) + most
    fits = before + learned.text + 1 <= room
    cut = ~fits & (before + learned.first <= room) & (config.data.too_long == "cut")
    lengths = np.minimum(_head(learned, config) + learned.text + 1 + shown, room)
    validating = np.minimum(_head(held_out, config) + held_out.text + 1 + shown, room)
    limit, held = config.data.validation_parts, int((found.side == VALIDATION).sum())
    return Coverage(
        parts=int((found.side == TRAIN).sum()),
        counted=len(learned),
        fits=float(fits.mean()),
        cut=float(cut.mean()),
        lengths=lengths[fits | cut],
        shown=shown,
        validation=min(held, limit) if limit else held,
        validation_length=float(validating.mean()) if len(held_out) else 0.0,
        tokenizer=name,
    )


def _some(
    source: Source, tokenizer: TextTokenizer, text_format: Format
) -> tuple[TextSizes, Numbers]:
    """The sizes of the parts of a source, or of some of them, and which these are."""
    if isinstance(source, Stored):
        return some_sizes(source, tokenizer, text_format=text_format, most=MOST)
    numbers = np.arange(0, len(source), -(-len(source) // MOST) or 1)
    several = (told(source[int(n)], text_format) for n in numbers)
    return sizes_of(several, tokenizer), numbers


def _head(sizes: TextSizes, config: Config) -> np.ndarray:
    """Tokens of the first line on average, if every caption is as likely as any other."""
    stages = config.data.curriculum
    share = sum(s.passes * s.captions for s in stages) / sum(s.passes for s in stages)
    there = sizes.heads[:, 1:] > 0
    mean = sizes.heads[:, 1:].sum(axis=1) / np.maximum(1, there.sum(axis=1))
    return np.where(
        there.any(axis=1), share * mean + (1 - share) * sizes.heads[:, 0], sizes.heads[:, 0]
    )


def _shown(config: Config, model: Model) -> tuple[int, float]:
    """The most and the mean number of features of a sample, if every part has all there is."""
    image = model.image.tokens if model.image else 0
    points = model.points.tokens if model.points else 0
    stages = config.data.curriculum
    passes = sum(stage.passes for stage in stages)
    images = sum(stage.passes * stage.images for stage in stages) / passes
    clouds = sum(stage.passes * stage.points for stage in stages) / passes
    pictures = config.data.most_images
    most = image * pictures * (images > 0) + points * (clouds > 0)
    return most, images * image * (1 + pictures) / 2 + clouds * points


def _tokenizer(config: Config) -> tuple[TextTokenizer, str]:
    source = config.model.language_model
    if source and (folder := local_folder(source, "tokenizer.json")) is not None:
        return TextTokenizer.load(folder), source
    return TextTokenizer.load(shipped()), "the shipped model's, because the model's own is not here"
