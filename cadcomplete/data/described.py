"""Synthetic parts that are described from their facts, so that a model learns what words mean.

A name, a clause and a sentence with sizes take the solid, which the kernel builds; every dimension
(`describe/dictated.py`) is told while a model learns, when the part has been moved and scaled.
"""

from __future__ import annotations

from collections.abc import Iterator

from cadcomplete.data import synthetic
from cadcomplete.data.samples import Sample, Skipped
from cadcomplete.errors import BuildError, CadCompleteError
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Kernel

_AHEAD = 16
"""Parts that the kernel is asked about before the first of them is waited for."""


def descriptions_of(sequence: CadSequence) -> tuple[str, ...]:
    """Return what a part is called, a clause and a sentence about it; those that differ.

    Needs the kernel: it is a job (`Kernel.run`). Raises BuildError for what is no solid.
    """
    from cadcomplete.data.describe import describe_part
    from cadcomplete.kernel.build import build

    solid = build(sequence)
    if solid is None:
        raise BuildError(0, "there is no solid to describe")
    said = describe_part(sequence, solid)
    return tuple(dict.fromkeys((said.name, said.short, said.long)))


def described(
    count: int, *, seed: int, like: synthetic.Like, kernel: Kernel
) -> Iterator[Sample | Skipped]:
    """Yield `count` synthetic parts to learn from, described, or why one could not be."""
    parts = list(synthetic.parts(count, seed=seed, like=like))
    jobs = [(part, kernel.submit(descriptions_of, part)) for part in parts[:_AHEAD]]
    for number, part in enumerate(parts):
        if number + _AHEAD < count:
            ahead = parts[number + _AHEAD]
            jobs.append((ahead, kernel.submit(descriptions_of, ahead)))
        _, job = jobs.pop(0)
        try:
            found = job.result()
        except CadCompleteError as error:
            yield Skipped(part.id, str(error))
        else:
            yield Sample(part, None, part.id, "train", found)
