"""Which extrudes of the sketches that are there bring a part towards the wanted one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cadcomplete.fitting.drawn.extents import Extents, extents
from cadcomplete.fitting.drawn.proposals import Proposal, ranked
from cadcomplete.fitting.flat.levels import levels
from cadcomplete.fitting.flat.profiles import choices, mask_of, masks, merged, nested
from cadcomplete.fitting.scan.settling import settled
from cadcomplete.fitting.space.scores import Slices, State, state
from cadcomplete.fitting.space.wanted import Wanted
from cadcomplete.history.inside import Bools
from cadcomplete.history.nesting import Nesting
from cadcomplete.history.operations import Boolean, Extrude, Profile, Sketch
from cadcomplete.history.sequence import CadSequence

_OLDER = 0.01  # by how much more agreement an extrude of an older sketch must bring
_MORE = 0.001  # the same for one more profile
_KEPT = 6  # extents for each set of profiles


def next_extrudes(
    given: CadSequence, wanted: Wanted, *, most: int = 20, before: State | None = None
) -> tuple[Proposal, ...]:
    """Return extrudes of sketches in the history, the best first."""
    if before is None:
        before = state(given, settled(wanted, given))
    numbers = [i for i, op in enumerate(given.operations) if isinstance(op, Sketch)]
    found: list[Proposal] = []
    for age, number in enumerate(reversed(numbers)):
        found += of_sketch(given, number, before, penalty=_OLDER * min(age, 3))
    return ranked(found, most)


def of_sketch(
    given: CadSequence, number: int, before: State, *, penalty: float = 0.0
) -> Iterator[Proposal]:
    """Yield extrudes of one sketch."""
    sketch, wanted = given.operations[number], before.wanted
    assert isinstance(sketch, Sketch)
    nest = nested(sketch)
    if not nest.children:
        return
    normal = np.asarray(sketch.plane.normal)
    local = sketch.plane.to_local(wanted.queries)
    loops = masks(sketch, nest, local[:, :2])
    ends = extents(levels(given, wanted, normal) - sketch.plane.offset, wanted.size)
    if not ends.extents:
        return
    used = _used(given, number)
    sets = choices(number, nest)
    if len(nest.children) > 1:
        sets += _best_sets(number, nest, loops, local[:, 2], ends, before)
    for profiles in dict.fromkeys(sets):
        repeated = 0.01 if used & set(profiles) else 0.0
        mask = mask_of(profiles, loops)
        yield from _with_extents(profiles, mask, local[:, 2], ends, before, penalty + repeated)


def _used(given: CadSequence, number: int) -> set[Profile]:
    extrudes = [op for op in given.operations if isinstance(op, Extrude)]
    return {p for extrude in extrudes for p in extrude.profiles if p.sketch == number}


def booleans(before: State) -> tuple[Boolean, ...]:
    """What an extrude may do to what is there."""
    if not before.current.any():
        return (Boolean.NEW_BODY,)
    return (Boolean.JOIN, Boolean.CUT)


def _with_extents(
    profiles: tuple[Profile, ...],
    mask: Bools,
    heights: np.ndarray,
    ends: Extents,
    before: State,
    penalty: float,
) -> Iterator[Proposal]:
    slices = Slices(before, mask, heights)
    # Of what a scan does not show, all that is drawn will be there.
    several = -_MORE if before.wanted.noise else _MORE
    for boolean in booleans(before):
        gains = slices.gains(ends.lows, ends.highs, boolean)
        scores = gains - ends.penalty
        for best in np.argsort(-scores, kind="stable")[:_KEPT]:
            gain = float(gains[best])
            yield Proposal(
                (Extrude(profiles, ends.extents[best], boolean),),
                gain,
                before.agreement + gain,
                "extrude",
                float(scores[best]) - penalty - several * (len(profiles) - 1),
            )


def _best_sets(
    number: int,
    nest: Nesting,
    loops: dict[int, Bools],
    heights: np.ndarray,
    ends: Extents,
    before: State,
) -> list[tuple[Profile, ...]]:
    """For each extent all regions that gain by it: the best sets, without trying all."""
    regions = list(nest.children)
    slices = [Slices(before, mask_of((nest.natural(number, i),), loops), heights) for i in regions]
    found: dict[tuple[Profile, ...], float] = {}
    for boolean in booleans(before):
        gains = np.array([s.gains(ends.lows, ends.highs, boolean) for s in slices])
        total = np.where(gains > 0, gains, 0).sum(axis=0)
        for best in np.argsort(-total, kind="stable")[:8]:
            chosen = {regions[i] for i in np.flatnonzero(gains[:, best] > 1e-5)}
            if chosen:
                found[merged(number, nest, chosen)] = float(total[best])
                natural = tuple(nest.natural(number, i) for i in sorted(chosen))
                found[natural] = float(total[best])
    return list(found)
