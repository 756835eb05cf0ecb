"""Which share of a data set fits, and how many tokens an epoch has, before anything is trained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cadcomplete.config import Config
from cadcomplete.data.samples import Sample, read_samples
from cadcomplete.plan.memory import Model
from cadcomplete.plan.sizes import local_folder
from cadcomplete.prompt import prompt
from cadcomplete.tokenizer import TextTokenizer, shipped

MOST = 20_000
"""Parts that are counted; of more, evenly spaced ones stand for all."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What of a data set fits.

    Attributes:
        parts: that train, all of them.
        counted: of these, those of which the tokens were counted.
        fits: share of the parts that fit the length with all they may show.
        lengths: of the samples that fit, with what they show on average, in tokens.
        shown: features of pictures and points that a sample shows on average, in tokens.
        tokenizer: which tokenizer counted.
    """

    parts: int
    counted: int
    fits: float
    lengths: np.ndarray
    shown: float
    tokenizer: str


def coverage(config: Config, model: Model, sources: Sequence[str | Path]) -> Coverage | str:
    """Count the tokens of a data set; or say, in a line, why that cannot be done."""
    missing = [str(source) for source in sources if not Path(source).is_dir()]
    if missing or not sources:
        return f"no data to count: {', '.join(missing) or 'no data.sources'} is not here"
    tokenizer, name = _tokenizer(config)
    parts = [s for s in _samples(sources) if s.trains(config.data.validation)]
    if not parts:
        return f"no data to count: nothing to train on in {', '.join(map(str, sources))}"
    chosen = parts[:: -(-len(parts) // MOST)]
    text_format = config.data.text_format
    texts = (prompt(s.sequence, caption=s.caption, text_format=text_format).text for s in chosen)
    encoded = tokenizer.backend.encode_batch(list(texts), add_special_tokens=False)
    lengths = np.array([len(one.ids) + 1 for one in encoded])
    most, shown = _shown(config, model)
    fit = lengths + most <= config.data.max_length
    return Coverage(len(parts), len(chosen), float(fit.mean()), lengths[fit] + shown, shown, name)


def _samples(sources: Sequence[str | Path]) -> Iterator[Sample]:
    for source in sources:
        yield from (item for item in read_samples(source) if isinstance(item, Sample))


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
