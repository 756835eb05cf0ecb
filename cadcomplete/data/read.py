"""Every part of a data set, prepared or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cadcomplete.data.modalities import FilePlaces
from cadcomplete.data.samples import (
    TRUNCATED,
    Sample,
    Skipped,
    design_of,
    find,
    read_captions,
)
from cadcomplete.errors import MISTAKES, InputError


def read_samples(source: str | Path, *, cuts: bool = False) -> Iterator[Sample | Skipped]:
    """Yield every part of a data set, prepared or not, or why it cannot be used.

    Truncated versions (`<id>_tr_NN.json`, beside the whole file or in `json_truncated/`) are no
    parts of their own: they would be learned from twice. With `cuts` each is read for the number
    of operations that it keeps, and one that cannot be used is skipped with its reason.
    """
    source = Path(source)
    if (source / "manifest.json").exists():
        from cadcomplete.data.prepared import samples

        yield from samples(source, cuts=cuts)
        return
    from cadcomplete import readers
    from cadcomplete.data.truncate import StatedCuts

    captions, places, stated = read_captions(source), FilePlaces(source), StatedCuts(source)
    for path, name in find(source):
        if TRUNCATED.search(name):
            continue
        try:
            document = readers.read(path)
        except InputError as error:
            yield Skipped(str(path), str(error))
            continue
        except MISTAKES as error:
            yield Skipped(str(path), f"unexpected {type(error).__name__}: {error}")
            continue
        whole = replace(document.sequence, id=name)
        sequence = whole.known
        if whole.rest and not len(sequence):
            yield Skipped(str(path), whole.notice)
            continue
        kept, problems = stated.of(sequence) if cuts else ((), ())
        yield from problems
        design, place = design_of(name), places.find(name)
        caption, beyond = captions.get(name) or document.caption or None, whole.unsupported
        yield Sample(sequence, caption, design, place=place, cuts=kept, unsupported=beyond)
    yield from stated.without_part()
