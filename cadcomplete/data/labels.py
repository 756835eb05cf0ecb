"""Which tokens carry loss, and how much: exact masks from exact cuts.

Under a causal mask one pass over a whole history scores every cut of it. A sample cut at c has
the mean loss over its T_c target tokens; the mean over all cuts C is therefore one pass in which
token t weighs sum over {c in C, c <= t} of 1 / (|C| T_c) (law 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cadcomplete.errors import RefusedSample
from cadcomplete.language.lines import Text
from cadcomplete.language.tokenizer import IGNORED, Tokens


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """A sample that is ready to be batched.

    Attributes:
        ids: placeholders, the whole text and the end token, shape (n,).
        labels: the same, `IGNORED` where there is no loss, shape (n,).
        weights: how much each token counts; 0 where there is no loss, shape (n,).
        name: of the part.
        images: bytes of shape (k, 3, size, size), or None.
        points: xyz and unit normals, shape (count, 6), or None.
    """

    ids: np.ndarray
    labels: np.ndarray
    weights: np.ndarray
    name: str = ""
    images: np.ndarray | None = None
    points: np.ndarray | None = None


def evenly_spaced(operations: int, *, most: int = 5) -> tuple[int, ...]:
    """Return up to `most` evenly spaced numbers of kept operations, as in the specification.

    At least one operation is kept and at least one is left to complete.
    """
    if operations < 2:
        return ()
    spaced = np.linspace(1, operations - 1, min(most, operations - 1))
    return tuple(dict.fromkeys(int(k) for k in np.floor(spaced + 0.5)))


def operation_cuts(text: Text, tokens: Tokens) -> tuple[int, ...]:
    """Return the token index before the first operation and after each one."""
    pairs = zip(text.cuts, tokens.cuts, strict=True)
    return tuple(index for cut, index in pairs if cut.curves is None)


def label(
    tokens: Tokens,
    cuts: Sequence[int],
    *,
    end: int | None,
    max_length: int,
    weighting: Literal["tokens", "truncations"] = "truncations",
    name: str = "",
) -> Labelled:
    """Return the labels of a sample that is cut at `cuts`, given as token indices.

    Loss falls on what follows a cut, the end token included; `end` is None for a text that stops
    before its end, of which nothing says that it is finished. Raises RefusedSample for a sample
    without a cut, or longer than `max_length` tokens.
    """
    ids = np.array([*tokens.ids, *([] if end is None else [end])], dtype=np.int64)
    if len(ids) > max_length:
        expected = f"at most {max_length} tokens"
        raise RefusedSample("too long", where=name, expected=expected, got=len(ids))
    if not cuts:
        raise RefusedSample("nothing to complete", where=name, expected="a place to cut it")
    if min(cuts) < 1 or max(cuts) >= len(ids):
        expected = f"between 1 and {len(ids) - 1}"
        raise RefusedSample("a cut outside of the text", where=name, expected=expected, got=cuts)
    weights = np.zeros(len(ids))
    for cut in cuts:
        weights[cut:] += 1.0 / (len(cuts) * (len(ids) - cut))
    if weighting == "tokens":
        weights = (weights > 0).astype(np.float64)
    labels = np.where(weights > 0, ids, IGNORED)
    return Labelled(ids, labels, weights, name)
