"""Fillets and chamfers of the sizes that a caption says, on the edges that are likeliest."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from cadcomplete.captions.mention import Caption, Noun
from cadcomplete.captions.outlines import near
from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.edges import EdgePredicate
from cadcomplete.history.operations import Operation
from cadcomplete.history.sequence import CadSequence

NOUNS: dict[type[Operation], Noun] = {Fillet: Noun.FILLET, Chamfer: Noun.CHAMFER}

_NEWEST = 3  # operations of which edges are named, beside the first


def size_of(blend: Fillet | Chamfer) -> float:
    """Return the radius of a fillet, or the first size of a chamfer, in mm."""
    return blend.radius if isinstance(blend, Fillet) else blend.sizes[0]


def sizes_left(
    caption: Caption, before: tuple[Operation, ...], kind: type[Operation]
) -> list[float]:
    """Return the sizes that are said of fillets, or chamfers, and not made yet, in mm."""
    said = [m.radius for m in caption.mentions if m.noun is NOUNS[kind] and m.radius is not None]
    made = [
        size_of(one) for one in before if type(one) is kind and isinstance(one, Fillet | Chamfer)
    ]
    return [size for size in dict.fromkeys(said) if not any(near(size, one) for one in made)]


def fillets(caption: Caption, given: CadSequence) -> Iterator[Fillet]:
    """Yield fillets of what is said."""
    for radius in sizes_left(caption, given.operations, Fillet):
        yield from (Fillet(radius, (edges,)) for edges in _edges(given))


def chamfers(caption: Caption, given: CadSequence) -> Iterator[Chamfer]:
    """Yield chamfers of what is said."""
    for size in sizes_left(caption, given.operations, Chamfer):
        yield from (Chamfer((size, size, False), (edges,)) for edges in _edges(given))


def _edges(given: CadSequence) -> Iterator[EdgePredicate]:
    """Yield which edges, by what made them: all, or those of the newest and of the first."""
    made = [index for index, operation in enumerate(given.operations) if operation.builds]
    of_all = partial(EdgePredicate, "all")
    yield of_all()
    yield of_all(filters=("convex",))
    yield from (of_all(filters=(axis,)) for axis in "zxy")
    for index in dict.fromkeys((*made[: -_NEWEST - 1 : -1], *made[:1])):
        for kind in ("end", "start", "side", "of"):
            yield EdgePredicate(kind, (index,))
