"""Who learns and who is tested: by source design, and what looks alike on one side.

Designs that share a shape (the same solid up to a rigid motion and uniform scale) belong
together, and so do those that share another with one of them. Such a family goes to one side as
a whole, by a hash of a name: the same parts are split alike on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LARGE = 0.02
"""Share of all parts from which a family always trains: it would make up a split of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """What becomes of n parts.

    Attributes:
        original: for each part the first one with the same text: itself, unless it is a copy.
        family: for each part the number of its family.
        side: for each part 0 train, 1 validation, 2 test.
    """

    original: np.ndarray
    family: np.ndarray
    side: np.ndarray

    @property
    def kept(self) -> np.ndarray:
        """Which parts are no copies."""
        return self.original == np.arange(len(self.original))


def split(
    designs: np.ndarray,
    texts: np.ndarray,
    keys: np.ndarray,
    *,
    validation: float,
    test: float,
) -> Split:
    """Split n parts.

    `designs`, `texts` (n,) and `keys` (n, k) are 64-bit hashes. Parts that share any key in one
    column, or their design, are of one family; copies of a text do not count, but for the first.
    """
    _, first, text = np.unique(texts, return_index=True, return_inverse=True)
    original = first[text]
    kept = original == np.arange(len(texts))
    _, group = np.unique(designs, return_inverse=True)
    family = _families(group, keys, kept)[group]
    name = np.full(family.max(initial=-1) + 1, np.iinfo(np.uint64).max, dtype=np.uint64)
    np.minimum.at(name, family, designs)  # the family's smallest design, in any order of files
    size = np.bincount(family[kept], minlength=len(name))
    place = name / 2.0**64
    side = np.where(place < validation, 1, np.where(place >= 1 - test, 2, 0))
    single = np.bincount(np.unique(np.stack([family, group]), axis=1)[0], minlength=len(name)) == 1
    side[(size > LARGE * max(1, kept.sum())) & ~single] = 0
    return Split(original, family, side[family])


def _families(group: np.ndarray, keys: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Return the family of each design: the smallest number that reaches it over shared keys."""
    label = np.arange(group.max(initial=-1) + 1)
    columns = [np.unique(keys[kept, c], return_inverse=True)[1] for c in range(keys.shape[1])]
    owner = group[kept]
    while True:
        before = label.copy()
        for column in columns:
            smallest = np.full(column.max(initial=-1) + 1, len(label))
            np.minimum.at(smallest, column, label[owner])
            np.minimum.at(label, owner, smallest[column])
        label = label[label]
        if (label == before).all():
            return np.unique(label, return_inverse=True)[1]
