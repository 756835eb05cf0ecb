"""From loops in a frame to a sketch on a plane as designers lay it."""

from __future__ import annotations

import numpy as np

from cadcomplete.fitting.faces.faces import vec3
from cadcomplete.fitting.faces.rounds import across
from cadcomplete.history.geometry import Array, Plane, Vec2, Vec3
from cadcomplete.history.operations import Loop, Sketch

X_AXES: dict[Vec3, Vec3] = {
    (0.0, 0.0, 1.0): (1.0, 0.0, 0.0),
    (0.0, 0.0, -1.0): (-1.0, 0.0, 0.0),
    (0.0, 1.0, 0.0): (1.0, 0.0, 0.0),
    (0.0, -1.0, 0.0): (1.0, 0.0, 0.0),
    (1.0, 0.0, 0.0): (0.0, 0.0, -1.0),
    (-1.0, 0.0, 0.0): (0.0, 0.0, 1.0),
}
"""The x axis that is most frequent for a normal."""


def frame_of(direction: Array) -> Array:
    """Return axes x, y and the direction, shape (3, 3), right-handed."""
    return np.vstack([across(direction), direction])


def plane_at(frame: Array, height: float, side: float) -> Plane:
    """Return the plane at a height in mm, its normal along the direction or against it.

    `frame` is (3, 3): its rows are x, y and the direction. `side` is 1 or -1.
    """
    normal = vec3(np.round(side * frame[2], 12) + 0.0)
    x_axis = X_AXES.get(normal) or vec3(np.round(frame[0], 12) + 0.0)
    return Plane.of(vec3(np.round(height * frame[2], 7) + 0.0), normal, x_axis)


def sketch_on(plane: Plane, frame: Array, loops: list[Loop]) -> Sketch:
    """Return a sketch with loops that are given in the x and y of a frame, (3, 3), in mm."""
    axes = np.array([plane.x_axis, plane.y_axis])
    turn = axes @ frame[:2].T
    shift = axes @ np.array(plane.origin)

    def moved(point: Vec2) -> Vec2:
        x, y = (turn @ np.array(point) - shift).tolist()
        return (round(x, 6) + 0.0, round(y, 6) + 0.0)

    return Sketch(
        plane, tuple(loop.moved(moved, lambda radius: round(radius, 6)) for loop in loops)
    )
