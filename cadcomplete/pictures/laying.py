"""Planes of the given part in a picture, and on them the edges that it does not explain yet.

Shapes: N edge points; K polygons of as many points each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cadcomplete.history.geometry import Array, Plane, Vec2, facing, same_plane
from cadcomplete.history.operations import Sketch
from cadcomplete.meshes.manifolds import mesh_of
from cadcomplete.pictures.scene import PictureScene
from cadcomplete.pictures.seen import SIZE, WAYS
from cadcomplete.pictures.sides import side, wire
from cadcomplete.pictures.views import Shot, hits, lookup

EDGE_ON = 0.15  # cosine to the viewer below which nothing is seen on a plane
_KNOWN = 6  # numbers along each axis that are there already
_MIDDLES = 12
_TURNED, _APART = 2e-8, 1e-5  # by how much planes that are one may be off: cosine, mm

ORIGIN = (
    Plane((0.0, 0.0, 0.0), (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)),
    Plane((0.0, 0.0, 0.0), (0.0, -1.0, 0.0), (1.0, 0.0, 0.0)),
    Plane((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
)
"""The planes of the origin, as most programs have them: top, front, right."""

Lines = tuple[tuple[float, ...], tuple[float, ...]]
"""Numbers x and y in a plane."""


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

    def near(self, field: Array, loops_KN2: Array) -> tuple[Array, Array]:
        """How near the pieces of closed polygons are to edges, and their lengths, (K, N)."""
        pixels = self.pixels(loops_KN2)
        steps = np.roll(pixels, -1, axis=1) - pixels
        middle = pixels + steps / 2
        across = np.arctan2(steps[..., 1], steps[..., 0]) + np.pi / 2
        ways = np.rint(np.mod(across, np.pi) * WAYS / np.pi).astype(np.int64) % WAYS
        x, y = (middle[..., i].reshape(-1) - 0.5 for i in (0, 1))
        near = lookup(field, ways.reshape(-1), x, y).reshape(ways.shape)
        return near, np.hypot(steps[..., 0], steps[..., 1])

    def shares(self, field: Array, loops_KN2: Array) -> Array:
        """How much of closed polygons (K, N, 2) falls on edges, 0 to 1, shape (K,)."""
        near, lengths = self.near(field, loops_KN2)
        return (near * lengths).sum(axis=1) / np.maximum(lengths.sum(axis=1), 1e-9)

    def sides(self, field: Array, loops_KN2: Array) -> Array:
        """The same for each of four sides with as many points, shape (K, 4)."""
        near, _ = self.near(field, loops_KN2)
        return near.reshape(len(near), 4, -1).mean(axis=2)


def explained(scene: PictureScene, view: Shot) -> np.ndarray:
    """Say of each pixel whether it lies beside an edge of the given part that is seen."""
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
    return marked


def unexplained(scene: PictureScene, view: Shot) -> tuple[Array, Array]:
    """Return edge pixels that have none of the given part beside them, and their tangents."""
    seen = scene.sight.seen
    rows, columns = np.nonzero(seen.edges)
    free = ~explained(scene, view)[rows, columns]
    rows, columns = rows[free], columns[free]
    along = seen.across[rows, columns] + np.pi / 2
    tangents = np.stack([np.cos(along), np.sin(along)], axis=1)
    places = np.stack([columns, rows], axis=1).astype(np.float64) + 0.5
    return places, np.asarray(tangents, dtype=np.float64)


def faces(scene: PictureScene, view: Shot) -> list[Plane]:
    """Return the planes on which sketches may lie and are seen, the newest first; at the end those
    of the origin.
    """
    found: list[Plane] = []
    operations = scene.given.operations
    there = [
        plane
        for index in reversed(range(len(operations)))
        for plane in operations[index].planes(operations[:index])
    ]
    for plane in (*there, *ORIGIN):
        if abs(float(view.axes[2] @ np.array(plane.normal))) < EDGE_ON:
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


def rising(laid: Laid) -> Array:
    """By how much a point in a plane seems to move in it when it rises by 1 mm, in mm, (2,)."""
    up = laid.view.axes[:2] @ np.array(laid.plane.normal)
    pixels = np.array([laid.view.scale * up[0], -laid.view.scale * up[1]])
    return np.asarray(np.linalg.inv(laid.to_pixels) @ pixels, dtype=np.float64)


def known_lines(scene: PictureScene, plane: Plane) -> Lines:
    """Return x and y in a plane at which corners of the given part are, most corners first."""
    local = np.round(plane.to_local(mesh_of(scene.solid).vertices), 4) + 0.0
    found = []
    for axis in (0, 1):
        values, counts = np.unique(local[:, axis], return_counts=True)
        middle = float(values[0] + values[-1]) / 2
        often = values[np.argsort(-counts, kind="stable")][:_KNOWN].tolist()
        found.append(tuple(dict.fromkeys((float(values[0]), float(values[-1]), middle, *often))))
    return found[0], found[1]


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
    return list(dict.fromkeys(found))[:_MIDDLES]
