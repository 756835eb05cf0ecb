"""The third text format, for models of our own: a number is said by what stands there already.

Most numbers of a history are zero, or one that was used before along the same axis of the world,
or its opposite; of the others most are round. So a number is a word of one of these forms:

    0           zero
    r3, n3      the fourth newest different number along this axis, or its opposite
    +40#5       a new one: sign, size (sixteen steps a decade), and which round number of that size
    d-40#5      so far from the newest number along this axis, where that alone is round
    +40~7=17.34 no round number: the size in 32 finer steps, then its digits
    c0, t0      of points and sweeps: what follows from the curves before by a rule (`derived.py`)

Only what stands before is referred to (law 1), and what is read is, number for number, what the
line language reads (law 7), but for what follows by a rule: that is equal to a few nanometres.
"""

from __future__ import annotations

from cadcomplete.language.numbers.holes import drilled_row
from cadcomplete.language.numbers.memory import Axis, Memory, SketchAxes
from cadcomplete.language.numbers.points import Given, Stated, StatedWords
from cadcomplete.language.numbers.spellings import (
    SPELLINGS,
    after,
    extent_row,
    position_row,
    read_line,
    said,
    spelling_of,
    turns_row,
    write_line,
)
from cadcomplete.language.numbers.tokens import PIECES, spelled, words
from cadcomplete.language.numbers.words import Number, Rest, fresh, read_number, write_number

__all__ = [
    "PIECES",
    "SPELLINGS",
    "Axis",
    "Given",
    "Memory",
    "Number",
    "Rest",
    "SketchAxes",
    "Stated",
    "StatedWords",
    "after",
    "drilled_row",
    "extent_row",
    "fresh",
    "position_row",
    "read_line",
    "read_number",
    "said",
    "spelled",
    "spelling_of",
    "turns_row",
    "words",
    "write_line",
    "write_number",
]
