"""What profiles draw: shapes that are added to a sketch, and taken out of that."""

from __future__ import annotations

from dataclasses import dataclass

from cadcomplete.exporters.scripts.draft import Draft
from cadcomplete.exporters.scripts.outlines import Shape, shape_of
from cadcomplete.history.sketches import Profile


@dataclass(frozen=True, slots=True)
class DrawnRegion:
    """Shapes beside each other, and the holes in the one that there is then."""

    outer: list[Shape]
    holes: list[Shape]


def regions_of(draft: Draft, profiles: tuple[Profile, ...]) -> list[DrawnRegion]:
    """Return profiles as regions: those with holes one by one, all others together."""
    plain = [p for p in profiles if not p.holes]
    found = [
        DrawnRegion(
            [shape_of(draft.loop(p, p.outer))], [shape_of(draft.loop(p, i)) for i in p.holes]
        )
        for p in profiles
        if p.holes
    ]
    if plain:
        found.append(DrawnRegion([shape_of(draft.loop(p, p.outer)) for p in plain], []))
    return found


def apart(draft: Draft, profiles: tuple[Profile, ...]) -> list[tuple[Profile, ...]]:
    """Return profiles in groups of which none touches another, or lies in one, by their boxes."""
    groups: list[list[Profile]] = []
    for profile in profiles:
        free = (g for g in groups if not any(_meet(draft, profile, other) for other in g))
        group = next(free, None)
        if group is None:
            groups.append([profile])
        else:
            group.append(profile)
    return [tuple(group) for group in groups]


def _meet(draft: Draft, one: Profile, other: Profile) -> bool:
    boxes = (draft.loop(profile, profile.outer).box for profile in (one, other))
    (left, low, right, high), (west, south, east, north) = boxes
    return left <= east and west <= right and low <= north and south <= high
