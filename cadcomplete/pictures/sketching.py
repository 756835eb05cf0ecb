"""Sketches that explain a picture: circles and rectangles seen on faces of the given part.

What stands out of a face shows its far end: so each may also be a loop around a middle that is
known, at the height at which it is seen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from cadcomplete.history.curves import Circle, Line
from cadcomplete.history.extents import Extent, ExtentType
from cadcomplete.history.geometry import Array, Vec2
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Boolean, Extrude, Profile, Sketch
from cadcomplete.meshes.manifolds import mesh_of
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

_PLANES = 8  # on which is looked
_LEAST = 8  # pixels of edges that nothing explains
_MOST = 10  # sketches of which bodies are made
_NEAR_MIDDLE = 1.6  # pixels
_UNSEEN = -3.0  # nats for a sketch of which nothing is seen


def sketches(scene: PictureScene, *, most: int) -> list[Guess]:
    """Return sketches with the extrudes that they are good for, those first that explain most."""
    if not scene.views:
        return []
    view = scene.views[0]
    at, tangents = unexplained(scene, view)
    drawn: list[tuple[float, Sketch]] = []
    for plane in faces(scene, view)[:_PLANES]:
        laid = lay(plane, view, at, tangents)
        if laid is not None and len(laid.points) >= _LEAST:
            drawn += loops_on(laid, scene)
    drawn.sort(key=lambda pair: -pair[0])
    once = list(dict.fromkeys(sketch for _, sketch in drawn))
    found = [guess for sketch in once[: 2 * _MOST] if (guess := good_for(scene, sketch))]
    return sorted(found, key=lambda guess: -guess.nats)[:most]


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

    Bodies are made only of those that are seen best, where they lie or above that.
    """
    if not scene.views:
        return [0.0] * len(drawn)
    shares = [_share(scene, sketch) for sketch in drawn]
    order = sorted(range(len(drawn)), key=lambda i: -shares[i])[: 2 * _MOST]
    found = [_UNSEEN] * len(drawn)
    for i in order:
        guess = good_for(scene, drawn[i]) if shares[i] > 0 else None
        if guess is not None:
            found[i] = guess.nats
    return found


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
