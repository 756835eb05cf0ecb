"""What the model reads: pictures, points, the instruction with its caption, and the text so far.

Pictures and points become features, and each feature has a placeholder among the tokens; what is
absent has none. What stands before the history does not depend on where it is cut, so the text of
a prompt for k operations is exactly the beginning of the training text, whatever follows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Container
from dataclasses import dataclass

from cadcomplete.history.fields import Format
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.commands import WANTED
from cadcomplete.language.lines import Text, encode
from cadcomplete.language.numbers import spelled
from cadcomplete.language.words import unlearned

INSTRUCTION = "Complete this CAD sequence"

AFTER, BEFORE = "after", "before"
"""Lines around what stands behind a gap that is to be filled, and before what stands before it."""

IMAGE, POINTS = -1, -2
"""Placeholders. They are below zero, so they are no token of any tokenizer and of no caption."""


@dataclass(frozen=True, slots=True)
class Features:
    """How many features a model makes of a picture and of a point cloud; 0 if it sees none."""

    image: int = 0
    points: int = 0

    def placeholders(self, *, images: int = 0, points: bool = False) -> tuple[int, ...]:
        """Return what stands before the text: pictures first, then points."""
        return (IMAGE,) * (images * self.image) + (POINTS,) * (points * self.points)


def head(caption: str | None = None, *, levels: str = "", behind: str = "") -> str:
    """Return what stands before a history. What is absent has no words that stand for it."""
    words = " ".join(caption.split()).replace("<|", "< |") if caption else ""  # no special tokens
    first = f"{INSTRUCTION}: {words}\n" if words else f"{INSTRUCTION}\n"
    wanted = f"{WANTED} {levels}\n" if levels else ""
    return f"{first}{wanted}{AFTER}\n{behind}{BEFORE}\n" if behind else f"{first}{wanted}"


def behind_of(
    sequence: CadSequence,
    keep: int,
    *,
    text_format: Format = "lines",
    words: Container[str] | None = None,
) -> str:
    """Return the lines of what stands behind a gap: after the first `keep` operations.

    `sequence` has nothing in the gap, so the lines depend on nothing that is to be found there.
    """
    without = unlearned(sequence, words)
    text = encode(sequence, text_format=text_format, without=without, words=words)
    return text.text[text.operation_offsets[keep] :]


def prompt(
    sequence: CadSequence,
    *,
    caption: str | None = None,
    levels: str = "",
    behind: str = "",
    text_format: Format = "lines",
    without: Collection[int] = (),
    words: Container[str] | None = None,
) -> Text:
    """Return the text of a history as the model reads it, with every place to cut it.

    `levels` says what was measured in the cloud of the wanted part (`clouds.measured`), `behind`
    what follows the operations that are to be written, if something does (`behind_of`); nothing is
    said of the operations `without`, for which the model has no words; `words` are those it has.
    """
    levels = spelled(levels) if text_format == "numbers" else levels
    first = head(caption, levels=levels, behind=behind)
    text = encode(sequence, text_format=text_format, without=without, words=words)
    offsets = tuple(len(first) + offset for offset in text.offsets)
    return dataclasses.replace(text, text=first + text.text, offsets=offsets)
