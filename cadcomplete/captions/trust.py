"""Whether a caption is of this part at all: by the sizes that are given and the sizes that it says.

A wrong caption must cost little. How much likelier it is right was counted with the captions of
other parts (`benchmarks/words.py --trust`).
"""

from __future__ import annotations

import math

import numpy as np

from cadcomplete.captions.mention import Caption
from cadcomplete.captions.outlines import outlined, told
from cadcomplete.captions.state import box_of
from cadcomplete.captions.vague import Vague
from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import Sketch
from cadcomplete.history.sequence import CadSequence

PRIOR = 2.0
"""Nats for a caption to be right, before anything is compared: 88 %."""

OF_WORDS = 1.0
"""The same for one without sizes: those that machines write from pictures are often wrong of their
own part as well."""

_MOST = 12  # sizes that are looked at
UNSAID = "nothing to compare"

LIKELIER = {
    "all said": 4.2,
    "most said": 2.1,
    "few said": 1.1,
    "none said": -2.9,
    "all said, larger": 3.0,
    "most said, larger": 0.5,
    "few said, larger": -1.0,
    "none said, larger": -3.1,
    UNSAID: 0.0,
}
"""Nats by how many of the sizes that are given the caption says; `larger`: than the whole is said
to be."""


def fit_of(caption: Caption, given: CadSequence) -> str:
    """Return which of `LIKELIER` a caption is beside what is given."""
    sketches = [operation for operation in given.operations if isinstance(operation, Sketch)]
    loops = [loop for sketch in sketches for loop in sketch.loops if loop.closed]
    sizes = [size for loop in loops for size in dict.fromkeys(outlined(loop).sizes)][:_MOST]
    if not caption.lengths or not sizes:
        return UNSAID
    share = sum(told(size, caption.lengths) for size in sizes) / len(sizes)
    name = "none" if not share else "few" if share < 0.5 else "most" if share < 1 else "all"
    box = box_of(given.operations)
    larger = len(box) == 3 and is_larger(caption, box)
    return f"{name} said, larger" if larger else f"{name} said"


def is_larger(caption: Caption, box: tuple[float, ...]) -> bool:
    """Say whether a box, its longest side first, is larger than the whole part is said to be."""
    return bool(caption.boxes) and all(
        any(a > 1.01 * b for a, b in zip(box, said, strict=False)) for said in caption.boxes
    )


def trust(caption: Caption, given: CadSequence) -> float:
    """Return how probable it is that a caption is of this part, 0 to 1."""
    if fit_of(caption, given) == UNSAID:
        return 1.0
    return 1 / (1 + math.exp(-PRIOR - LIKELIER[fit_of(caption, given)]))


def trust_of_words(text: str, given: CadSequence) -> float:
    """Return the same of a caption without sizes, by how much likelier what is given is with its
    words than without them (`vague.py`)."""
    nats = 0.0
    for index, operation in enumerate(given.operations[:_MOST]):
        nats += Vague.of(text, given.operations[:index]).nats(operation)
    return 1 / (1 + math.exp(-OF_WORDS - nats))


def believed(nats: Array, share: float) -> Array:
    """Return nats that hold with a probability only: else the caption says nothing, shape (C,)."""
    if share >= 1:
        return nats
    bounded = np.minimum(nats, 50.0)
    return np.asarray(np.log(share * np.exp(bounded) + (1 - share)))
