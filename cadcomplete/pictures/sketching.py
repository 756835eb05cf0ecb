"""Sketches that explain a picture: circles and rectangles seen on faces of the given part.

What stands out of a face shows its far end: so each may also be a loop around a middle that is
known, at the height at which it is seen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from cadcomplete.history.curves import Circle, Line
from cadcomplete.history.extents import Extent, ExtentType
from cadcomplete.history.geometry import Array, Plane, Vec2, facing
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Boolean, Extrude, Operation, Profile, Sketch
from cadcomplete.meshes.manifolds import mesh_of
from cadcomplete.pictures.beginning import first_sketches
from cadcomplete.pictures.extruding import Guess, SeenLoops, changed, seen_ends, sets_of
from cadcomplete.pictures.laying import (
    Laid,
    Lines,
    faces,
    known_lines,
    known_middles,
    lay,
    rising,
    unexplained,
)
from cadcomplete.pictures.loops import circles, quads
from cadcomplete.pictures.prisms import prisms
from cadcomplete.pictures.rounding import rounded
from cadcomplete.pictures.scene import PictureScene
from cadcomplete.pictures.turnings import turnings

_PLANES = 8  # on which is looked
_LEAST = 8  # pixels of edges that nothing explains
_MOST = 10  # sketches of which bodies are made
_NEAR_MIDDLE = 1.6  # pixels
_BESIDE = 3  # planes beside the one in which a loop is seen
_LESS = 0.4  # nats for each of them that is less usual
_TURNED, _APART = 2e-8, 1e-4  # by how much planes that are one may be off: cosine, mm
_UNSEEN = -3.0  # nats for a sketch of which nothing is seen


def sketches(scene: PictureScene, *, most: int) -> list[Guess]:
    """Return sketches with the extrudes that they are good for, those first that explain most.

    Where nothing is given yet they come alone.
    """
    if not scene.given.operations:
        return first_sketches(scene, most=most)
    if not scene.views:
        return []
    view = scene.views[0]
    at, tangents = unexplained(scene, view)
    drawn: list[tuple[float, Sketch]] = []
    planes = faces(scene, view)
    for plane in planes[:_PLANES]:
        laid = lay(plane, view, at, tangents)
        if laid is not None and len(laid.points) >= _LEAST:
            drawn += loops_on(laid, scene)
    drawn.sort(key=lambda pair: -pair[0])
    once = list(dict.fromkeys(sketch for _, sketch in drawn))
    found = [guess for sketch in once[: 2 * _MOST] if (guess := good_for(scene, sketch))]
    found += turnings(scene, view, planes)
    for guess in sorted(found, key=lambda guess: -guess.nats)[:_MOST]:
        found += moved(guess, planes)
    for guess in found:
        key = effect(guess.operations[0])
        scene.asked[key] = max(guess.nats, scene.asked.get(key, -math.inf))
    found.sort(key=lambda guess: -guess.nats)
    return list({guess.operations[0]: guess for guess in reversed(found)}.values())[::-1][:most]


def moved(guess: Guess, planes: Sequence[Plane]) -> Iterator[Guess]:
    """Yield the same sketch in planes beside its own, with the extrude to where it ends.

    What is made of it is the same, or where it is not, no picture tells.
    """
    sketch, extrude = guess.operations
    assert isinstance(sketch, Sketch) and isinstance(extrude, Extrude)
    plane, end = sketch.plane, extrude.extent.distance
    count = 0
    for other in planes:
        way = facing(plane.normal, other.normal, turned=_TURNED)
        height = way * other.offset - plane.offset
        if not way or abs(height) < _APART or count == _BESIDE:
            continue
        count += 1
        beside = plane.raised(height)
        length = round(end - height if abs(end - height) > _APART else -height, 4)
        made = replace(extrude, extent=Extent(ExtentType.ONE_SIDED, length))
        yield Guess((replace(sketch, plane=beside), made), guess.nats - _LESS * count)


def effect(sketch: Operation) -> tuple[object, ...]:
    """What sketches have in common that are drawn on planes beside each other."""
    assert isinstance(sketch, Sketch)
    normal = np.array(sketch.plane.normal)
    normal = normal if normal[np.argmax(np.abs(normal))] > 0 else -normal
    points = np.concatenate([sketch.plane.to_world(loop.points()) for loop in sketch.loops])
    flat = points - np.outer(points @ normal, normal)
    area = sum(abs(loop.area) for loop in sketch.loops)
    numbers = (*normal, *flat.min(axis=0), *flat.max(axis=0), math.sqrt(area))
    return ("sketch", *(round(float(number), 3) + 0.0 for number in numbers))


def loops_on(laid: Laid, scene: PictureScene) -> Iterator[tuple[float, Sketch]]:
    """Yield sketches of loops that are seen in a plane or above it, with the share that is."""
    middles, shift = known_middles(scene, laid.plane), rising(laid)
    known = known_lines(scene, laid.plane)
    off = 0.8 / laid.view.scale
    rounds = circles(laid, scene)
    for share, center, radius in rounds:
        for middle in placed(center, middles, shift, known, laid):
            sizes = rounded(2 * radius, off=2 * max(off / 2, 0.02 * radius))
            for d in dict.fromkeys((*sizes, round(2 * radius, 3))):
                yield share, Sketch(laid.plane, (Loop((Circle(middle, d / 2),)),))
    for share, _, radius in rounds:  # several of one size
        alike = [(c, r) for _, c, r in rounds if abs(r - radius) < max(1.5 * off, 0.06 * radius)]
        if len(alike) > 1:
            mean = sum(r for _, r in alike) / len(alike)
            r = next(rounded(2 * mean, off=2 * max(off, 0.02 * mean))) / 2
            centers = [next(placed(c, middles, shift, known, laid)) for c, _ in alike]
            loops = tuple(Loop((Circle(c, r),)) for c in sorted(set(centers)))
            yield share + 0.1, Sketch(laid.plane, loops)
    for share, quad in quads(laid, scene, known):
        center = ((quad[0] + quad[2]) / 2, (quad[1] + quad[3]) / 2)
        for exact in (False, True):
            loop = rectangle(quad, (0.0, 0.0), known, laid, exact=exact)
            yield share, Sketch(laid.plane, (loop,))
        for x, y in list(placed(center, middles, shift, known, laid))[:-1]:
            by = (x - center[0], y - center[1])
            yield share, Sketch(laid.plane, (rectangle(quad, by, known, laid),))


def placed(
    center: Vec2, middles: Sequence[Vec2], shift: Array, known: Lines, laid: Laid
) -> Iterator[Vec2]:
    """Yield where a loop may be drawn that is seen around a center: a known middle, or there."""
    limit = _NEAR_MIDDLE / laid.view.scale
    length = float(shift @ shift)
    for middle in middles:
        off = np.array(center) - np.array(middle)
        rise = float(off @ shift) / length if length > 1e-9 else 0.0
        if np.linalg.norm(off - rise * shift) < limit:
            yield middle
    x, y = (_snapped(v, limit, near) for v, near in zip(center, known, strict=True))
    yield (x, y)


def _snapped(value: float, off: float, known: Sequence[float]) -> float:
    """A number that is there already, 0, or a round one, not farther than `off` from a value."""
    near = min(known, key=lambda other: abs(other - value), default=math.inf)
    if abs(near - value) < off:
        return near
    return 0.0 if abs(value) < off else next(rounded(value, off=off / 2))


def rectangle(quad: Array, by: Vec2, known: Lines, laid: Laid, *, exact: bool = False) -> Loop:
    """Return a rectangle with numbers that are there or round ones, moved by some mm.

    With `exact` numbers that are not there stay as they were measured.
    """
    off, numbers = 0.8 / laid.view.scale, []
    for i, value in enumerate(quad.tolist()):
        moved = value + by[i % 2]
        near = _snapped(moved, off, known[i % 2])
        stays = exact and near not in known[i % 2]
        numbers.append(round(moved, 3) if stays else near)
    left, low, right, high = numbers
    corners: list[Vec2] = [(left, low), (right, low), (right, high), (left, high)]
    return Loop(tuple(Line(a, b) for a, b in zip(corners, corners[1:] + corners[:1], strict=True)))


def good_for(scene: PictureScene, sketch: Sketch) -> Guess | None:
    """Return a sketch with the extrude of it that explains most; None for one of nothing."""
    number = len(scene.given)
    best: Guess | None = None
    for profiles in sets_of(sketch, number)[:1]:
        for extrude in likely(scene, sketch, number, profiles):
            guess = Guess((sketch, extrude), changed(scene, (sketch, extrude)))
            if best is None or guess.nats > best.nats:
                best = guess
    return best


def likely(
    scene: PictureScene, sketch: Sketch, number: int, profiles: tuple[Profile, ...]
) -> Iterator[Extrude]:
    """Yield a few extrudes of a sketch: through the part, and to where ends are seen."""
    over = prisms(sketch, profiles, number)
    if over is None or not scene.views:
        return
    view = scene.views[0]
    outline = SeenLoops(sketch, profiles, view)
    ends = seen_ends(scene, outline, over, view)[:2]
    corners = mesh_of(scene.solid).vertices @ over.normal - over.offset
    low, high = float(corners.min()), float(corners.max())
    through = low if abs(low) > abs(high) else high
    for end in (through, *ends):
        if abs(end) > 1e-6:
            yield Extrude(profiles, Extent(ExtentType.ONE_SIDED, round(end, 3)), Boolean.CUT)
    for end in ends:
        yield Extrude(profiles, Extent(ExtentType.ONE_SIDED, round(end, 3)), Boolean.JOIN)


def weighed_sketches(scene: PictureScene, drawn: Sequence[Sketch]) -> list[float]:
    """Return the nats for each sketch: what the best extrude of it explains.

    Those that are drawn on planes beside each other are good for the same. Bodies are made only of
    those that are seen best, where they lie or above that.
    """
    if not scene.views:
        return [0.0] * len(drawn)
    keys = [effect(sketch) if sketch.loops else () for sketch in drawn]
    first = {key: drawn[i] for i, key in reversed(list(enumerate(keys))) if key}
    new = [key for key in first if key not in scene.asked]
    shares = {key: _share(scene, first[key]) for key in new}
    for key in sorted(new, key=lambda key: -shares[key])[: 2 * _MOST]:
        guess = good_for(scene, first[key]) if shares[key] > 0 else None
        scene.asked[key] = _UNSEEN if guess is None else guess.nats
    return [float(scene.asked.get(key, _UNSEEN)) for key in keys]


def _share(scene: PictureScene, sketch: Sketch) -> float:
    """How much of a sketch is seen in its plane, or half as much what is seen above it."""
    sets = sets_of(sketch, len(scene.given))
    if not sets:
        return 0.0
    view = scene.views[0]
    outline = SeenLoops(sketch, sets[0], view)
    normal = np.array(sketch.plane.normal)
    left, top, right, bottom = scene.sight.seen.box
    reach = float(np.hypot(right - left, bottom - top)) / view.scale
    heights = np.linspace(-reach, reach, 81)
    above = outline.shares(scene.sight.rough, normal, heights)
    (flat,) = outline.shares(scene.sight.rough, normal, np.zeros(1))
    return float(max(flat, 0.8 * above.max()))
