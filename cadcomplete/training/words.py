"""Which words a model learns: the commands that the texts of its parts hold.

A checkpoint says them, so that of a language that has grown since, no word is offered that the
model has never seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np

from cadcomplete.config import Config
from cadcomplete.data.prepared import SPLITS
from cadcomplete.data.sources import TRAIN, SourceData
from cadcomplete.data.stored import Stored
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.commands import DERIVED, EXTRUDE, PHRASES, TASKS, known_words
from cadcomplete.language.lines import encode
from cadcomplete.model import checkpoint


def words_of(config: Config, texts: Iterable[str]) -> tuple[str, ...]:
    """Return the words that a run learns from texts, and those of the model that it starts from.

    Raises CheckpointError if no part can be finished with them.
    """
    start = config.train.start
    before = checkpoint.words_of(Path(start)) if start else ()
    words = words_in(chain(texts, before))
    if config.data.text_format == "numbers":  # whose texts derive what they can
        words = (*words, DERIVED)
    words += tuple(task for task in TASKS if task in before and task not in words)
    checkpoint.check_words(words, file="the parts to learn from")
    return words


def words_in(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the words that stand in histories as lines; no more are read than it takes.

    They are the commands, and the words within extrudes that not every model knows.
    """
    known, found = tuple(w for w in known_words() if w not in TASKS), set[str]()
    for text in texts:
        for line in text.splitlines():
            command, _, rest = line.partition(" ")
            found.add(command)
            if command == EXTRUDE:
                found.update(PHRASES & frozenset(rest.split(" ")))
        if found.issuperset(known):
            break
    return tuple(name for name in known if name in found)


def lines_of(sequences: Iterable[CadSequence]) -> Iterator[str]:
    """Yield histories as lines."""
    return (encode(sequence).text for sequence in sequences)


def training_texts(data: SourceData) -> Iterator[str]:
    """Yield the histories that a run learns from, as lines.

    Of data sets in shards only the texts are read, as they are stored.
    """
    ends = np.cumsum([len(source) for source in data.sources])
    for source, side in zip(data.sources, np.split(data.side, ends[:-1]), strict=True):
        if isinstance(source, Stored):
            yield from _stored_texts(source)
        else:
            yield from lines_of(source[i].sequence for i in np.flatnonzero(side == TRAIN).tolist())


def _stored_texts(source: Stored) -> Iterator[str]:
    from cadcomplete.data.shards import read_rows

    for file, side in zip(source.files, source.sides, strict=True):
        if SPLITS[side] == "train":
            for row in read_rows(source.folder / file, ("text",)):
                yield row["text"]
