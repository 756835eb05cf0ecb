"""What `small_models.py` compares: each variant changes one thing of a small model.

Synthetic parts have no captions, pictures or clouds, so a larger share of them is also a smaller
share of samples that show something. The tokenizer learns from the real parts alone, even where
the model sees none of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import grid
from tokenizers import Regex

from cadcomplete.config import Config, load
from cadcomplete.data import synthetic
from cadcomplete.data.dataset import Histories
from cadcomplete.data.samples import Sample
from cadcomplete.errors import GeometryError, RefusedSample
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.tokenizer import TextTokenizer

CONFIG = Path(__file__).resolve().parent.parent / "configs" / "small.toml"

BASE = (
    "model.decoder.width=128",
    "model.decoder.layers=4",
    "model.decoder.heads=2",
    "model.decoder.kv_heads=1",
    "model.decoder.feed_forward=384",
    "data.synthetic=0",  # that is for the variants to say
    "train.batch=16",
    "train.workers=0",
    "data.variants=8",  # no budget of minutes sees a part so often
)


class OnGrid(Histories):
    """Parts on the grid of `grid.py`, their clouds as large as they are; no other scales."""

    def _scale(self, sample: Sample, number: int) -> float:
        return grid.factor(sample.sequence)

    def _sequence(self, sample: Sample, number: int) -> CadSequence:
        try:
            return grid.rounded(super()._sequence(sample, number))
        except GeometryError as error:
            raise RefusedSample(str(error), where=sample.sequence.id) from None


_DIGITS = Regex(r"\n| ?-?\d|\.?\d| ?[+\-@]?\p{L}+| ?[^\s\p{L}\d]+|\s")
"""Pieces like those of the package, but with no two digits in one."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A small model and what it learns from.

    Attributes:
        changes: of `BASE`, as on the command line.
        seed: added to that of the command.
        synthetic: share of synthetic parts among those it learns from.
    """

    title: str
    changes: tuple[str, ...] = ()
    seed: int = 0
    synthetic: float = 0.0
    tokenizer: Callable[..., TextTokenizer] = TextTokenizer.train
    histories: type[Histories] = Histories

    def parts(self, real: Sequence[Sample], *, seed: int) -> list[Sample]:
        """Return the parts to learn from: the real ones with synthetic ones, or only these."""
        kept = list(real) if self.synthetic < 1 else []
        count = len(real) * self.synthetic / (1 - self.synthetic) if kept else len(real)
        made = synthetic.parts(round(count), seed=seed)
        return [*kept, *(Sample(part, None, part.id, "train") for part in made)]


def sizes(width: int, layers: int, heads: int, kv_heads: int, feed_forward: int) -> tuple[str, ...]:
    """Return the changes that give a decoder these sizes."""
    return tuple(f"model.decoder.{name}={value}" for name, value in locals().items())


# A text of more tokens gets more room, so that as many parts fit.
VARIANTS = {
    "base": Variant("base: 128 wide, 4 layers"),
    "seed1": Variant("base, another seed", seed=1),
    "seed2": Variant("base, a third seed", seed=2),
    "wide": Variant("192 wide, 2 layers", sizes(192, 2, 3, 1, 576)),
    "deep": Variant("96 wide, 8 layers", sizes(96, 8, 2, 1, 288)),
    "large": Variant("256 wide, 6 layers", sizes(256, 6, 4, 2, 768)),
    "vocabulary512": Variant(
        "vocabulary 512", ("model.decoder.vocabulary=512", "data.max_length=1200")
    ),
    "vocabulary2048": Variant("vocabulary 2,048", ("model.decoder.vocabulary=2048",)),
    "digits": Variant(
        "digits one by one",
        ("data.max_length=1800",),
        tokenizer=partial(TextTokenizer.train, pieces=_DIGITS),
    ),
    "json": Variant("JSON", ('data.text_format="json"', "data.max_length=3000")),
    "synthetic25": Variant("25 % synthetic parts", synthetic=0.25),
    "synthetic50": Variant("50 % synthetic parts", synthetic=0.5),
    "synthetic100": Variant("synthetic parts only", synthetic=1.0),
    "points0": Variant("points shown to none", ("data.points=0.0",)),
    "points30": Variant("points shown to 30 %", ("data.points=0.3",)),
    "points100": Variant("points shown to all", ("data.points=1.0",)),
    "captions0": Variant("captions shown to none", ("data.captions=0.0",)),
    "captions100": Variant("captions shown to all", ("data.captions=1.0",)),
    "blind": Variant("no encoders", ('model.image.encoder=""', 'model.points.encoder=""')),
    "no_pictures": Variant("no image encoder", ('model.image.encoder=""',)),
    "global": Variant("points as one global token", ('model.points.tokens="global"',)),
    "frozen": Variant(
        "random encoders, frozen",
        ("train.rates.image_encoder=0.0", "train.rates.point_encoder=0.0"),
    ),
    "grid": Variant("a grid of 256 levels", histories=OnGrid),
}

QUESTIONS = {
    "How much is noise?": ("base", "seed1", "seed2"),
    "Width and depth": ("base", "wide", "deep", "large"),
    "Tokenizer and format": ("base", "vocabulary512", "vocabulary2048", "digits", "json"),
    "Share of synthetic parts": ("base", "synthetic25", "synthetic50", "synthetic100"),
    "What is shown": ("base", "points0", "points30", "points100", "captions0", "captions100"),
    "Encoders": ("base", "blind", "no_pictures", "global", "frozen"),
    "Grid": ("base", "grid"),
}


def configure(name: str, *, sources: Sequence[Path], output: Path, seed: int) -> Config:
    """Return the configuration of a variant."""
    variant = VARIANTS[name]
    run = (
        f"name={json.dumps(name)}",
        f"output={json.dumps(str(output))}",
        f"data.sources={json.dumps([str(source) for source in sources])}",
        f"train.seed={seed + variant.seed}",
    )
    return load(CONFIG, changes=(*BASE, *run, *variant.changes))
