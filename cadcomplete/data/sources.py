"""What a configuration learns from: its sources, found, and shared out between both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cadcomplete.config import Config
from cadcomplete.data import synthetic
from cadcomplete.data.prepared import SPLITS, read_manifest
from cadcomplete.data.read import read_samples
from cadcomplete.data.samples import Sample, Skipped
from cadcomplete.data.sizes import sizes_of, told
from cadcomplete.data.stored import Parts, Stored, first_by_key, sizes_in, stored
from cadcomplete.history.fields import Format
from cadcomplete.language.prompt import prompt
from cadcomplete.language.tokenizer import TextTokenizer

TRAIN, VALIDATION, _NEITHER = range(3)
_TOKENIZED = 20_000
"""Most parts that a tokenizer learns from; of more, evenly spaced ones."""

Source = Stored | Sequence[Sample]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SourceData:
    """The parts of all sources; those of data sets in shards are not read yet.

    Attributes:
        side: of each part, one source after the other: TRAIN, VALIDATION, or neither; shape (n,).
        skipped: files that were left out.
    """

    sources: tuple[Source, ...]
    side: np.ndarray
    skipped: tuple[Skipped, ...]

    def texts(self, config: Config) -> Iterator[str]:
        """Yield texts for a tokenizer to learn from: of the parts that train, or some of them."""
        numbers = np.flatnonzero(self.side == TRAIN)
        starts = np.cumsum([0, *map(len, self.sources)])
        for number in numbers[:: -(-len(numbers) // _TOKENIZED) or 1].tolist():
            source = int(np.searchsorted(starts, number, side="right")) - 1
            sample = self.sources[source][number - int(starts[source])]
            text_format = config.data.text_format
            yield prompt(sample.sequence, caption=sample.caption, text_format=text_format).text

    def split(
        self, tokenizer: TextTokenizer, config: Config, *, say: Say = lambda line: None
    ) -> tuple[Parts, Parts]:
        """Return the parts that train, and those that validate, at most as many as configured."""
        text_format = config.data.text_format
        every = Parts.joined(
            [_parts(source, tokenizer, text_format, say) for source in self.sources]
        )
        learned, held_out = (every.chosen(self.side == side) for side in (TRAIN, VALIDATION))
        return learned, first_by_key(held_out, config.data.validation_parts)


def _parts(source: Source, tokenizer: TextTokenizer, text_format: Format, say: Say) -> Parts:
    if isinstance(source, Stored):
        sizes = sizes_in(source, tokenizer, text_format=text_format, say=say)
    else:
        sizes = sizes_of((told(sample, text_format) for sample in source), tokenizer)
    return Parts.of(source, sizes)


def find_data(config: Config) -> SourceData:
    """Find what a configuration learns from. Raises InputError."""
    cuts = config.train.cuts == "files"
    sources: list[Source] = []
    skipped: list[Skipped] = []
    for name in config.data.sources:
        folder = Path(name)
        if (folder / "manifest.json").exists() and read_manifest(folder)["layout"] == "shards":
            sources.append(stored(folder))
            continue
        found = list(read_samples(folder, cuts=cuts))
        sources.append([item for item in found if isinstance(item, Sample)])
        skipped += [item for item in found if isinstance(item, Skipped)]
    data, seed = config.data, config.train.seed
    made = synthetic.parts(data.synthetic, seed=seed, like=data.synthetic_like)
    sources.append([Sample(part, None, part.id, "train") for part in made])
    sides = [_side(source, config.data.validation) for source in sources]
    return SourceData(tuple(sources), np.concatenate(sides), tuple(skipped))


def _side(source: Source, share: float) -> np.ndarray:
    if isinstance(source, Stored):
        known = {"train": TRAIN, "validation": VALIDATION}
        return np.array([known.get(name, _NEITHER) for name in SPLITS], dtype=np.int8)[source.side]
    sides = ((s.trains(share), s.held_out(share)) for s in source)
    return np.array(
        [TRAIN if t else VALIDATION if h else _NEITHER for t, h in sides], dtype=np.int8
    )
