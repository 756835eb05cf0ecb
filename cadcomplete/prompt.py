"""What the model reads: the instruction, the caption if there is one, and the text so far.

One line stands before the history, so the text of a prompt for k operations is exactly the
beginning of the training text, whatever follows.
"""

from __future__ import annotations

import dataclasses

from cadcomplete.fields import Format
from cadcomplete.lines import Text, encode
from cadcomplete.sequence import CadSequence

INSTRUCTION = "Complete this CAD sequence"


def head(caption: str | None) -> str:
    """Return the first line. Without a caption nothing stands for it."""
    words = " ".join(caption.split()).replace("<|", "< |") if caption else ""  # no special tokens
    return f"{INSTRUCTION}: {words}\n" if words else f"{INSTRUCTION}\n"


def prompt(
    sequence: CadSequence, *, caption: str | None = None, text_format: Format = "lines"
) -> Text:
    """Return the text of a history as the model reads it, with every place to cut it."""
    first, text = head(caption), encode(sequence, text_format=text_format)
    offsets = tuple(len(first) + offset for offset in text.offsets)
    return dataclasses.replace(text, text=first + text.text, offsets=offsets)
