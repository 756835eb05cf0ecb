"""Parts with the operations that engineers use, in the shares of real FreeCAD bodies.

A part begins as the others do, as a family of `FAMILIES` or a turned one. Then come what repeats,
holes, and at the end fillets and chamfers, where edges are free of everything else
(`clean_edges.py`): so they stand where designers have them, late in the history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from cadcomplete.data.synthetic.clean_edges import CleanEdges, clean_edges
from cadcomplete.data.synthetic.dice import Dice
from cadcomplete.data.synthetic.families import FAMILIES
from cadcomplete.data.synthetic.features import fill
from cadcomplete.data.synthetic.outlines import Disc, Outline, Region, rectangle, slot
from cadcomplete.data.synthetic.part import SketchMap, WorkFace, Workpiece
from cadcomplete.data.synthetic.places import add, cut, grown, height_of, placed, spots
from cadcomplete.data.synthetic.repeating import last_patterned, placed_again
from cadcomplete.data.synthetic.turned import TURNED
from cadcomplete.data.unblended import unblended
from cadcomplete.history.blends import Blend, Chamfer, Fillet
from cadcomplete.history.geometry import Vec2, dot
from cadcomplete.history.holes import Counterbore, Countersink, Hole
from cadcomplete.history.operations import Extrude
from cadcomplete.history.patterns import PATTERNS, LinearPattern, Mirror, PolarPattern, Repeat
from cadcomplete.history.sequence import CadSequence

SHARES: dict[str, float] = {
    "revolve": 0.11,
    "mirror": 0.12,
    "linear": 0.03,
    "polar": 0.06,
    "grid": 0.05,
    "hole": 0.04,
    "fillet": 0.22,
    "chamfer": 0.15,
}
"""Of 3,471 real FreeCAD bodies how many use it: revolution 9 % and groove 3, mirror 12, linear
pattern 3, polar 6, several at once 5, hole 4, fillet 22, chamfer 15."""

_EXTRUDES: dict[int, float] = {
    **{1: 0.24, 2: 0.23, 3: 0.18, 4: 0.12, 5: 0.08},
    **{6: 0.05, 7: 0.035, 8: 0.025, 10: 0.025, 12: 0.015},
}
"""How many extrudes are wanted: with all else 4.1 operations that build, median 3."""

_APART = 3 << 62  # numbers of the parts that `generate` and `turned_part` make are below it

_CODES, _STEP = 999_999, 618_031

_TRIES = 30  # how often room is looked for

_BEGUN = 12  # how often a part is begun, at most

_CHANGE = 1e-7  # of the volume: less is rounding

_EARLY = 0.4  # of the parts with a fillet or chamfer, in which something may still follow one

_FAMILIES = tuple((name, one) for name, one in FAMILIES.items() if name != "several")
"""A body of FreeCAD is one piece."""

_ARRANGED: dict[str, dict[str, float]] = {
    "mirror": {"pair": 0.9, "corners": 0.1},
    "linear": {"row": 1.0},
    "polar": {"circle": 1.0},
    "grid": {"grid": 0.7, "corners": 0.3},
}

_WHOLE = 0.3
"""Share of the mirrors that copy all of the part."""


def engineered_part(number: int, *, seed: int = 0) -> CadSequence:
    """Return part `number` of the parts of a seed: the same on every machine, in any order.

    Of `SHARES` it is drawn what the part should have; where there is no room it is begun anew.
    """
    dice = Dice(seed, number + _APART)
    wants = _wanted(dice)
    wanted, code = dice.weighted(_EXTRUDES), 1 + number * _STEP % _CODES
    best, least = Workpiece(dice, wanted=wanted, code=code, tagged=True), len(wants) + 2
    for _ in range(_BEGUN):
        part = Workpiece(dice, wanted=wanted, code=code, tagged=True)
        missing = _made(part, set(wants))
        if not _sound(part):
            missing |= {"sound"}
        if len(missing) < least:
            best, least = part, len(missing)
        if not missing:
            break
    return CadSequence(tuple(best.operations), f"engineered/{seed}/{number:08d}")


def _wanted(dice: Dice) -> set[str]:
    """Draw what a part should have. What is turned repeats only around its axis."""
    if dice.chance(SHARES["revolve"]):
        possible = {name: SHARES[name] for name in ("polar", "fillet", "chamfer")}
        return {"revolve", *(name for name, share in possible.items() if dice.chance(share))}
    others = {"mirror", "linear", "grid", "hole"}
    more = {name: 1 / (1 - SHARES["revolve"]) if name in others else 1.0 for name in SHARES}
    plain = (name for name in SHARES if name != "revolve")
    return {name for name in plain if dice.chance(SHARES[name] * more[name])}


def _made(part: Workpiece, wants: set[str]) -> set[str]:
    """Make all of a part; return what it should have and has not."""
    dice = part.dice
    early = dice.one(sorted(wants & {"fillet", "chamfer"}) or [""])
    if dice.chance(1 - _EARLY):
        early = ""
    if "revolve" in wants:
        names = {name: one.share for name, one in TURNED.items()}
        if "polar" in wants:
            names = {name: names[name] for name in ("flange", "pulley")}
        TURNED[dice.weighted(names)].make(part)
        wants.remove("revolve")
        if "polar" in wants:
            wants -= _said_again(part)
    else:
        shares = {name: one.alone if part.wanted == 1 else one.several for name, one in _FAMILIES}
        FAMILIES[dice.weighted(shares)].make(part)
        if early and part.left:
            part.wanted -= 1
            fill(part)
            wants -= _blend(part, early)
            part.wanted += 1
        fill(part)
        for name in [name for name in ("grid", "linear", "polar", "mirror") if name in wants]:
            wants -= _add_repeated(part, name, drilled="hole" in wants)
        if "hole" in wants and _tried(part, _drill):
            wants.remove("hole")
    blends = [name for name in ("fillet", "chamfer") if name in wants]
    for name in blends if dice.chance(0.7) else blends[::-1]:
        wants -= _blend(part, name)
    return wants


def engineered_parts(count: int, *, seed: int = 0, start: int = 0) -> Iterator[CadSequence]:
    """Yield `count` such parts of a seed, from number `start` on."""
    for number in range(start, start + count):
        yield engineered_part(number, seed=seed)


def _sound(part: Workpiece) -> bool:
    """Say whether a part is one piece, and each operation but fillets and chamfers changes it."""
    from cadcomplete.meshes.manifolds import states, volume_of

    plain, _ = unblended(CadSequence(tuple(part.operations)))
    found = states(plain)
    volumes = [volume_of(state) for state in found]
    changes = (
        abs(after - before) > _CHANGE * max(before, after)
        for before, after, operation in zip(volumes, volumes[1:], plain.operations, strict=False)
        if operation.builds
    )
    return all(changes) and len(found[-1].decompose()) == 1


def _tried(part: Workpiece, feature: Callable[[Workpiece, WorkFace], bool]) -> bool:
    """Try to put a feature on some face; say whether there was room."""
    faces = {number: face.weight for number, face in enumerate(part.faces) if not face.inside}
    return bool(faces) and any(
        feature(part, part.faces[part.dice.weighted(faces)]) for _ in range(_TRIES)
    )


def _firm(part: Workpiece, face: WorkFace, places: list[Vec2], a: float, b: float) -> bool:
    """Say whether under all of some places there is material, and none above; no places are none.

    The area of a face may be more than it has: a boss that is half a disc counts as a rectangle.
    """
    from cadcomplete.fitting.space.solids import occupancy

    plain, _ = unblended(CadSequence(tuple(part.operations)))
    deep = 0.02 * face.depth
    around = [(0.0, 0.0), (a, b), (-a, b), (a, -b), (-a, -b)]
    flat = [(x + 0.98 * u, y + 0.98 * v) for x, y in places for u, v in around]
    probes = [face.frame.point(x, y, z) for z in (-deep, deep) for x, y in flat]
    full = occupancy(plain, np.array(probes).reshape(-1, 3)).reshape(2, -1)
    return bool(places) and bool(full[0].all() and not full[1].any())


# --- what repeats ---------------------------------------------------------------------------------


def _said_again(part: Workpiece) -> set[str]:
    """Say the equal profiles of the last extrude by patterns, if it has several; return which."""
    if isinstance(part.operations[-1], Extrude):
        there = len(part.operations)
        part.operations = last_patterned(part.operations)
        return _kinds([one for one in part.operations[there:] if isinstance(one, PATTERNS)])
    return set()


def _kinds(patterns: Sequence[Repeat]) -> set[str]:
    """What some patterns are, as `SHARES` calls it."""
    names = {Mirror: "mirror", LinearPattern: "linear", PolarPattern: "polar"}
    found = {names[type(one)] for one in patterns}
    return found | ({"grid"} if len(patterns) > 1 else set())


def _add_repeated(part: Workpiece, kind: str, *, drilled: bool) -> set[str]:
    """Add something equal at several places, drawn once and then mirrored or patterned.

    Returns what of `SHARES` the part has now; nothing if there is no room.
    """
    dice = part.dice
    if kind == "mirror" and dice.chance(_WHOLE) and _double(part):
        return {kind}
    arrangement = dice.weighted(_ARRANGED[kind])
    drilled = drilled and dice.chance(0.5)
    feature = _drill if drilled else _repeat
    there = len(part.operations)
    if not _tried(part, lambda part, face: feature(part, face, arrangement)):
        return set()
    made = part.operations[there:]
    said = _kinds([one for one in made if isinstance(one, PATTERNS)])
    return {*said, "hole"} if drilled else said


def _double(part: Workpiece) -> bool:
    """Mirror all of the part at the end of the first extrude where it began."""
    if part.extrudes > 2 or not isinstance(part.operations[1], Extrude):
        return False
    normal = part.top.normal
    bottom = dot(normal, part.top.origin) - (part.span[1] - part.span[0])
    part.operations.append(Mirror(normal, round(bottom, 6) + 0.0, None))
    return True


def _repeat(part: Workpiece, face: WorkFace, arrangement: str) -> bool:
    """Holes, slots, pockets, bosses or blocks, all equal."""
    dice, short = part.dice, min(face.a, face.b)
    kinds = {"hole": 0.45, "boss": 0.2, "slot": 0.15, "pocket": 0.1, "block": 0.1}
    if arrangement in ("circle", "pair", "corners"):  # others would have to be turned, or mirrored
        kinds = {"hole": 0.7, "boss": 0.3}
    kind = dice.weighted(kinds)
    most = 0.22 if arrangement in ("row", "grid", "circle") else 0.32
    if kind in ("hole", "boss"):
        radius = part.ruler.hole(2 * short * dice.between(0.08, most)) / 2
        one: Outline = Disc(0.0, 0.0, radius)
        a = b = radius
    else:
        length, width = part.share(short, 0.2, 2 * most), part.share(short, 0.1, most)
        if width > 0.9 * length:
            return False
        one = slot(length, width) if kind == "slot" else rectangle(length, width)
        a, b = length / 2, width / 2
    places = spots(part, face, a, b, arrangement)
    if len(places) < 2 or not _firm(part, face, places, a, b):
        return False
    regions, boxes = [Region(outline) for outline in placed(one, places)], grown(places, a, b)
    if kind in ("boss", "block"):
        add(part, face, regions, boxes, height_of(part, 2 * min(a, b)))
    else:
        cut(part, face, regions, boxes)
    _said_again(part)
    return True


# --- holes ----------------------------------------------------------------------------------------


def _drill(part: Workpiece, face: WorkFace, arrangement: str = "") -> bool:
    """A hole at one place or several; with an arrangement at one, which is then patterned."""
    dice = part.dice
    short, deep = min(face.a, face.b), face.depth + face.below
    diameter = part.ruler.hole(2 * short * dice.between(0.06, 0.3 if not arrangement else 0.2))
    head = _head(part, diameter, deep)
    wide = (head.diameter if head is not None else diameter) / 2
    places = spots(part, face, wide, wide, arrangement)
    if not _firm(part, face, places, wide, wide) or len(places) < (2 if arrangement else 1):
        return False
    depth, tip = _depth(part, diameter, face, head)
    if depth is None and face.twin is None and face.side:
        return False
    plane = part.plane_at(face.frame, face.frame.normal)
    there = SketchMap(face.frame, plane, mirrored=False)
    centers = [there.point(x, y) for x, y in places]
    hole = Hole(plane, diameter, depth, tuple(centers), head, tip)
    if next(hole.mistakes(), None) is not None:
        return False
    if arrangement:
        said = placed_again(np.array(centers), plane, len(part.operations))
        if said is None:
            return False
        first, patterns = said
        one: tuple[Vec2, ...] = (centers[first],)
        part.operations += [Hole(plane, diameter, depth, one, head, tip), *patterns]
    else:
        part.operations.append(hole)
    face.take(grown(places, wide, wide), through=depth is None or depth > 0.45 * deep)
    return True


def _head(part: Workpiece, diameter: float, deep: float) -> Counterbore | Countersink | None:
    """One as screws have it: about twice as wide, and a bore about as deep as the hole is wide."""
    kind = part.dice.weighted({"none": 0.45, "bore": 0.3, "sink": 0.25})
    wide = part.share(diameter, 1.6, 2.1)
    if kind == "bore":
        depth = part.share(diameter, 0.5, 1.1)
        return Counterbore(wide, depth) if depth < 0.7 * deep else None
    sink = Countersink(wide, part.dice.one((90.0, 90.0, 90.0, 82.0)))
    return sink if kind == "sink" and sink.depth(diameter) < 0.7 * deep else None


def _depth(
    part: Workpiece, diameter: float, face: WorkFace, head: Counterbore | Countersink | None
) -> tuple[float | None, float | None]:
    """How deep a hole is, None for through, and the angle of its tip or None."""
    dice = part.dice
    if dice.chance(0.6):
        return None, None
    most = 0.8 if face.twin is None or not face.twin.taken else 0.45
    depth = part.share(face.depth, 0.3, most)
    pointed = dice.chance(0.6) and depth + 0.4 * diameter < 0.95 * face.depth
    return depth, 118.0 if pointed else None


# --- fillets and chamfers -------------------------------------------------------------------------


def _blend(part: Workpiece, kind: str) -> set[str]:
    """Make edges round, or slanted, that nothing else is near to; return what the part has now."""
    dice = part.dice
    done = {name for op in part.operations if isinstance(op, Blend) for name in op.edges}
    chosen = _chosen(part, [one for one in _free(part) if not done & {*one.names}], kind)
    if chosen is None:
        return set()
    size = part.share(chosen.size, 0.3, 1.0)
    if kind == "fillet":
        part.operations.append(Fillet(size, chosen.names))
    else:
        other = part.share(chosen.size, 0.3, 1.0) if dice.chance(0.1) else size
        part.operations.append(Chamfer((size, other, False), chosen.names))
    return {kind}


def _free(part: Workpiece) -> list[CleanEdges]:
    """The edges that nothing is near to, but for earlier fillets and chamfers."""
    plain, kept = unblended(CadSequence(tuple(part.operations)))
    back = dict(enumerate(kept))
    return [
        replace(one, names=tuple(name.renumbered(back) for name in one.names))
        for one in clean_edges(plain.operations)
    ]


def _chosen(part: Workpiece, free: list[CleanEdges], kind: str) -> CleanEdges | None:
    """Fillets rather at uprights and in corners, chamfers rather at rims."""
    weights = {
        number: (3.0 if (one.kind == "side") == (kind == "fillet") else 1.0)
        * (1.0 if one.convex or kind == "fillet" else 0.1)
        for number, one in enumerate(free)
    }
    return free[part.dice.weighted(weights)] if weights else None
