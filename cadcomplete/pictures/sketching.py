"""Sketches that explain a picture: circles and rectangles seen on faces of the given part.

Edges that the given part does not explain are laid on the planes of its faces, and there circles
are looked for by pairs of edge points with their normals, and rectangles by lines along the axes of
the plane. What stands out shows its far end: so each may also be a loop around a middle that is
known, at the height at which it is seen. Shapes: N edge points; a quad is `left, low, right, high`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from cadcomplete.history.curves import Circle, Line
from cadcomplete.history.extents import Extent, ExtentType
from cadcomplete.history.geometry import Array, Plane, Vec2, facing, same_plane
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Boolean, Extrude, Profile, Sketch
from cadcomplete.meshes.manifolds import mesh_of
from cadcomplete.pictures.extruding import (
    Guess,
    SeenLoops,
    changed,
    seen_ends,
    sets_of,
)
from cadcomplete.pictures.prisms import prisms
from cadcomplete.pictures.rounding import rounded
from cadcomplete.pictures.scene import PictureScene
from cadcomplete.pictures.seen import SIZE, WAYS
from cadcomplete.pictures.sides import side, wire
from cadcomplete.pictures.views import Shot, hits, lookup

_PLANES = 8  # on which is looked
_PAIRS = 500  # of edge points that may be of one circle
_CIRCLES, _QUADS = 5, 5  # on each plane
_LINES = 7  # along each axis of a plane
_CLEAR = 0.45  # share of a loop that must be seen
_TURNED, _APART = 2e-8, 1e-5
_MOST = 10  # sketches of which bodies are made
_NEAR_MIDDLE = 1.6  # pixels
_UNSEEN = -3.0  # nats for a sketch of which nothing is seen


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """A plane in a view, and the edges that nothing explains yet, laid on it.

    Attributes:
        plane: with x and y as sketches have them.
        view: of the picture.
        to_pixels: the matrix (2, 2) from mm to pixels; y down.
        at: the pixel of its origin, shape (2,).
        points: edges in mm, shape (N, 2).
        tangents: unit vectors along them, shape (N, 2).
    """

    plane: Plane
    view: Shot
    to_pixels: Array
    at: Array
    points: Array
    tangents: Array

    def pixels(self, points: Array) -> Array:
        return np.asarray(points @ self.to_pixels.T + self.at, dtype=np.float64)

    def shares(self, field: Array, loops_KN2: Array) -> Array:
        """How much of closed polygons (K, N, 2) falls on edges, 0 to 1, shape (K,)."""
        pixels = self.pixels(loops_KN2)
        steps = np.roll(pixels, -1, axis=1) - pixels
        middle = pixels + steps / 2
        across = np.arctan2(steps[..., 1], steps[..., 0]) + np.pi / 2
        ways = np.rint(np.mod(across, np.pi) * WAYS / np.pi).astype(np.int64) % WAYS
        near = lookup(
            field,
            ways.reshape(-1),
            middle[..., 0].reshape(-1) - 0.5,
            middle[..., 1].reshape(-1) - 0.5,
        ).reshape(ways.shape)
        lengths = np.hypot(steps[..., 0], steps[..., 1])
        return (near * lengths).sum(axis=1) / np.maximum(lengths.sum(axis=1), 1e-9)


def sketches(scene: PictureScene, *, most: int) -> list[Guess]:
    """Return sketches with the extrudes that they are good for, those first that explain most."""
    if not scene.views:
        return []
    view = scene.views[0]
    at, tangents = unexplained(scene, view)
    drawn: list[tuple[float, Sketch]] = []
    for plane in faces(scene, view)[:_PLANES]:
        laid = lay(plane, view, at, tangents)
        if laid is not None and len(laid.points) >= 8:
            drawn += loops_on(laid, scene)
    drawn.sort(key=lambda pair: -pair[0])
    once = list(dict.fromkeys(sketch for _, sketch in drawn))
    found = [guess for sketch in once[: 2 * _MOST] if (guess := good_for(scene, sketch))]
    return sorted(found, key=lambda guess: -guess.nats)[:most]


def unexplained(scene: PictureScene, view: Shot) -> tuple[Array, Array]:
    """Return edge pixels that have none of the given part beside them, and their tangents."""
    seen = scene.sight.seen
    rows, columns = np.nonzero(seen.edges)
    given = side(wire(mesh_of(scene.solid)), view.axes)
    marked = np.zeros((SIZE, SIZE), dtype=bool)
    if given is not None:
        found = hits(given, scene.sight.rough, view) > 0.3
        x, y = (np.floor(v[found]).astype(np.int64) for v in view.pixels(given.points))
        step = float(np.median(given.weights)) * view.scale if len(given.weights) else 1.0
        reach = 2 + int(np.ceil(step / 2))
        for dy in range(-reach, reach + 1):
            for dx in range(-reach, reach + 1):
                marked[np.clip(y + dy, 0, SIZE - 1), np.clip(x + dx, 0, SIZE - 1)] = True
    free = ~marked[rows, columns]
    rows, columns = rows[free], columns[free]
    along = seen.across[rows, columns] + np.pi / 2
    tangents = np.stack([np.cos(along), np.sin(along)], axis=1)
    places = np.stack([columns, rows], axis=1).astype(np.float64) + 0.5
    return places, np.asarray(tangents, dtype=np.float64)


def faces(scene: PictureScene, view: Shot) -> list[Plane]:
    """Return the planes on which sketches may lie and are seen, the newest first."""
    found: list[Plane] = []
    operations = scene.given.operations
    for index in reversed(range(len(operations))):
        for plane in operations[index].planes(operations[:index]):
            if abs(float(view.axes[2] @ np.array(plane.normal))) < 0.15:
                continue
            if not any(same_plane(o, plane, turned=_TURNED, apart=_APART) for o in found):
                found.append(plane)
    return found


def lay(plane: Plane, view: Shot, at: Array, tangents: Array) -> Laid | None:
    """Lay pixels of edges on a plane."""
    axes = np.stack([plane.x_axis, plane.y_axis], axis=1)
    flip = np.array([[view.scale], [-view.scale]])
    to_pixels = flip * (view.axes[:2] @ axes)
    if abs(np.linalg.det(to_pixels)) < 1e-9:
        return None
    origin = view.axes[:2] @ np.array(plane.origin)
    place = np.array([view.x0 + view.scale * origin[0], view.y0 - view.scale * origin[1]])
    back = np.linalg.inv(to_pixels)
    points, along = (at - place) @ back.T, tangents @ back.T
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)
    return Laid(plane, view, to_pixels, place, points, along)


def loops_on(laid: Laid, scene: PictureScene) -> Iterator[tuple[float, Sketch]]:
    """Yield sketches of a loop that is seen in a plane or above it, with the share that is."""
    middles = known_middles(scene, laid.plane)
    shift = _shift(laid)
    for share, center, radius in circles(laid, scene):
        off = 0.8 / laid.view.scale
        for middle in placed(center, middles, shift, laid):
            for r in rounded(2 * radius, off=2 * max(off, 0.02 * radius)):
                yield share, Sketch(laid.plane, (Loop((Circle(middle, r / 2),)),))
    for share, quad in quads(laid, scene):
        center = ((quad[0] + quad[2]) / 2, (quad[1] + quad[3]) / 2)
        for middle in placed(center, middles, shift, laid):
            by = (middle[0] - center[0], middle[1] - center[1])
            yield share, Sketch(laid.plane, (rectangle(quad, by, laid),))


def _shift(laid: Laid) -> Array:
    """By how much a point in a plane seems to move in it when it rises by 1 mm, in mm, (2,)."""
    up = laid.view.axes[:2] @ np.array(laid.plane.normal)
    pixels = np.array([laid.view.scale * up[0], -laid.view.scale * up[1]])
    return np.asarray(np.linalg.inv(laid.to_pixels) @ pixels, dtype=np.float64)


def placed(center: Vec2, middles: Sequence[Vec2], shift: Array, laid: Laid) -> Iterator[Vec2]:
    """Yield where a loop may be drawn that is seen around a center: a known middle, or there."""
    limit = _NEAR_MIDDLE / laid.view.scale
    length = float(shift @ shift)
    for middle in middles:
        off = np.array(center) - np.array(middle)
        rise = float(off @ shift) / length if length > 1e-9 else 0.0
        if np.linalg.norm(off - rise * shift) < limit:
            yield middle
    x, y = (_snapped(value, limit) for value in center)
    yield (x, y)


def _snapped(value: float, off: float) -> float:
    return 0.0 if abs(value) < off else next(rounded(value, off=off / 2))


def known_middles(scene: PictureScene, plane: Plane) -> list[Vec2]:
    """Return the middles of loops that were drawn in planes parallel to one, in its x and y."""
    found: list[Vec2] = []
    for operation in reversed(scene.given.operations):
        if not isinstance(operation, Sketch):
            continue
        if not facing(operation.plane.normal, plane.normal, turned=_TURNED):
            continue
        for loop in operation.loops:
            left, low, right, high = loop.box
            flat = np.array([[(left + right) / 2, (low + high) / 2]])
            x, y, _ = plane.to_local(operation.plane.to_world(flat))[0].tolist()
            found.append((round(x, 6) + 0.0, round(y, 6) + 0.0))
    return list(dict.fromkeys(found))[:12]


def circles(laid: Laid, scene: PictureScene) -> list[tuple[float, Vec2, float]]:
    """Return circles that are seen in a plane: the share that is, the center and the radius."""
    count = len(laid.points)
    random = np.random.default_rng(0)
    one, other = random.integers(count, size=(2, _PAIRS))
    normals = np.stack([-laid.tangents[:, 1], laid.tangents[:, 0]], axis=1)
    a, b, n, m = laid.points[one], laid.points[other], normals[one], normals[other]
    det = n[:, 0] * m[:, 1] - n[:, 1] * m[:, 0]
    good = np.abs(det) > 0.25
    a, b, n, m, det = a[good], b[good], n[good], m[good], det[good]
    d = b - a
    along = (d[:, 0] * m[:, 1] - d[:, 1] * m[:, 0]) / det
    centers = a + along[:, None] * n
    first, second = (np.linalg.norm(centers - p, axis=1) for p in (a, b))
    alike = np.abs(first - second) < 2.5 / laid.view.scale
    radii = (first + second) / 2
    alike &= (radii * laid.view.scale > 2.0) & (radii * laid.view.scale < SIZE / 2)
    centers, radii = centers[alike], radii[alike]
    if not len(radii):
        return []
    shares = laid.shares(scene.sight.rough, _round(centers, radii))
    found: list[tuple[float, Vec2, float]] = []
    for i in np.argsort(-shares, kind="stable"):
        if len(found) == _CIRCLES or shares[i] < _CLEAR:
            break
        center, radius = _closer(laid, scene, centers[i], float(radii[i]))
        limit = 2.0 / laid.view.scale
        if all(
            abs(radius - r) + np.hypot(center[0] - c[0], center[1] - c[1]) > limit
            for _, c, r in found
        ):
            found.append((float(shares[i]), center, radius))
    return found


def _round(centers: Array, radii: Array) -> Array:
    turns = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    unit = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    return centers[:, None] + radii[:, None, None] * unit


def _closer(laid: Laid, scene: PictureScene, center: Array, radius: float) -> tuple[Vec2, float]:
    """A circle once more, from close by."""
    best = np.array([*center, radius])
    for size in (1.0, 0.5, 0.25):
        step = size / laid.view.scale
        moves = np.stack(np.meshgrid(*[(-1, 0, 1)] * 3), axis=-1).reshape(-1, 3) * step
        for _ in range(3):
            tries = best + moves
            tries = tries[tries[:, 2] > step]
            shares = laid.shares(scene.sight.fine, _round(tries[:, :2], tries[:, 2]))
            chosen = tries[np.argmax(shares)]
            if np.allclose(chosen, best):
                break
            best = chosen
    return (float(best[0]), float(best[1])), float(best[2])


def quads(laid: Laid, scene: PictureScene) -> list[tuple[float, Array]]:
    """Return rectangles along the axes of a plane that are seen in it, and the share that is."""
    lines = [_lines(laid, axis) for axis in (0, 1)]
    if min(map(len, lines)) < 2:
        return []
    tries = np.array(
        [
            (x[0], y[0], x[1], y[1])
            for x in combinations(sorted(lines[0]), 2)
            for y in combinations(sorted(lines[1]), 2)
        ]
    )
    shares = laid.shares(scene.sight.rough, _corners(tries))
    order = np.argsort(-shares, kind="stable")[:_QUADS]
    return [(float(shares[i]), tries[i]) for i in order if shares[i] >= _CLEAR]


def _lines(laid: Laid, axis: int) -> list[float]:
    """Where lines across an axis are seen, the clearest first, in mm along it."""
    straight = np.abs(laid.tangents[:, axis]) < 0.2
    values = laid.points[straight, axis]
    if not len(values):
        return []
    step = 1.0 / float(np.linalg.norm(laid.to_pixels[:, axis]))
    low = values.min() - 2 * step
    bins = np.bincount(((values - low) / step).astype(np.int64), minlength=5).astype(np.float64)
    wide = np.convolve(bins, [0.5, 1.0, 0.5], mode="same")
    found: list[float] = []
    for i in np.argsort(-wide, kind="stable"):
        if len(found) == _LINES or wide[i] < 4:
            break
        near = np.abs(values - (low + (i + 0.5) * step)) < 1.5 * step
        value = float(np.median(values[near])) if near.any() else 0.0
        if all(abs(value - other) > 2 * step for other in found):
            found.append(value)
    return found


def _corners(quads_K4: Array) -> Array:
    """Rectangles as polygons of points along their sides, shape (K, 48, 2)."""
    left, low, right, high = quads_K4.T
    share = np.linspace(0, 1, 12, endpoint=False)
    corners = [(left, low), (right, low), (right, high), (left, high)]
    sides = []
    for (x, y), (u, v) in zip(corners, corners[1:] + corners[:1], strict=True):
        sides.append(
            np.stack(
                [x[:, None] + share * (u - x)[:, None], y[:, None] + share * (v - y)[:, None]],
                axis=2,
            )
        )
    return np.concatenate(sides, axis=1)


def rectangle(quad: Array, by: Vec2, laid: Laid) -> Loop:
    """Return a rectangle with round numbers, moved by some mm."""
    off = 0.8 / laid.view.scale
    left, low, right, high = (
        _snapped(float(value) + by[i % 2], off) for i, value in enumerate(quad)
    )
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
