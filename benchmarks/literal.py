"""The training loop of the specification (cad-autocomplete-intuition, sections 4 to 8), literally.

A sample is a part and one of its truncations `_tr_NN`. Its text is the caption and the whole
Omni-CAD document as `json.dumps` writes it; the labels are masked by the number of tokens of the
partial document, `]}` and all; the row is padded to the maximum length; the loss is the plain one
of transformers over the logits of all positions; a loss of NaN is counted and skipped.

Shapes: L the maximum length in tokens, or that of the text where it is not padded.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from cadcomplete.data.labels import evenly_spaced
from cadcomplete.language.tokenizer import IGNORED

Encode = Callable[[str], list[int]]
"""From a text to the ids of its tokens."""

COMPACT = (",", ":")


@dataclass(frozen=True, slots=True)
class LiteralSample:
    """The tokens of a whole document, and how many of them the partial document has."""

    ids: list[int]
    boundary: int

    def targets(self, length: int) -> list[int]:
        """Return the tokens that carry loss where `length` tokens fit: often none."""
        return self.ids[self.boundary : length]


def text(raw: dict[str, Any], caption: str, *, separators: tuple[str, str] | None = None) -> str:
    """Return what the specification feeds: a caption and the document as published."""
    return f"Complete this CAD sequence: {caption}\n{json.dumps(raw, separators=separators)}"


def sample(
    raw: dict[str, Any],
    kept_operations: int,
    caption: str,
    encode: Encode,
    *,
    separators: tuple[str, str] | None = None,
) -> LiteralSample:
    """Return a sample by section 4: both texts are tokenised, and their lengths compared."""
    partial = raw.copy()
    partial["sequence"] = raw["sequence"][:kept_operations]
    boundary = len(encode(text(partial, caption, separators=separators)))
    return LiteralSample(encode(text(raw, caption, separators=separators)), boundary)


def cuts(raw: dict[str, Any]) -> tuple[int, ...]:
    """Return the kept operations of the up to five truncations of a part."""
    return evenly_spaced(len(raw["sequence"]))


def row(one: LiteralSample, *, length: int, padding: int | None) -> tuple[Tensor, Tensor]:
    """Return input_ids and labels (1, L), cut off at `length` and padded to it.

    Where `padding` is None the row is as long as the text.
    """
    ids = torch.tensor([one.ids[:length]])
    labels = ids.clone()
    labels[:, : one.boundary] = IGNORED
    missing = length - ids.shape[1]
    if padding is not None and missing:
        ids = torch.nn.functional.pad(ids, (0, missing), value=padding)
        labels = torch.nn.functional.pad(labels, (0, missing), value=IGNORED)
    return ids, labels


def loss(language_model: Any, input_ids_1L: Tensor, labels_1L: Tensor) -> Tensor:
    """Return the loss of section 8: NaN where no label is left."""
    return language_model(input_ids=input_ids_1L, labels=labels_1L, use_cache=False).loss


def samples(
    parts: Iterable[tuple[dict[str, Any], str]],
    encode: Encode,
    *,
    separators: tuple[str, str] | None = None,
) -> Iterator[LiteralSample]:
    """Yield the samples of all truncations of all parts, given as documents and captions."""
    for raw, caption in parts:
        once = lru_cache(encode)  # the whole document is the same for all of its cuts
        for kept in cuts(raw):
            yield sample(raw, kept, caption, once, separators=separators)
