"""From areas of a section to loops of lines, arcs and circles: walls meet in exact corners."""

from __future__ import annotations

import math

import numpy as np

from cadcomplete.fitting.flat.sections import Section
from cadcomplete.fitting.flat.walls import WallLines
from cadcomplete.history.curves import Arc, Circle, Curve, Line
from cadcomplete.history.geometry import Array, Vec2
from cadcomplete.history.operations import Loop

Run = tuple[int, list[Vec2]]
"""A wall and the points of the grid along it."""


def outlines(view: Section, area: np.ndarray) -> list[Loop] | None:
    """Return the loops around an area (n, m), in the frame; the outermost first.

    None if some of its boundary is on no wall.
    """
    found: list[Loop] = []
    for path in paths(area):
        loop = _loop(view, path)
        if loop is None:
            return None
        found.append(loop)
    found.sort(key=lambda loop: -abs(loop.area))
    return found


Edge = tuple[tuple[int, int], tuple[int, int], tuple[int, int], tuple[int, int]]
"""From corner to corner of the grid, the cell inside and the one outside."""


def paths(area: np.ndarray) -> list[list[Edge]]:
    """Walk around an area of cells (n, m), on the left; corners that touch do not connect."""
    rows, columns = area.shape
    padded = np.zeros((rows + 2, columns + 2), dtype=bool)
    padded[1:-1, 1:-1] = area
    leaving: dict[tuple[int, int], list[Edge]] = {}
    core = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    for i, j in np.argwhere(area & ~core).tolist():
        around = (
            ((i, j), (i + 1, j), (i, j - 1)),
            ((i + 1, j), (i + 1, j + 1), (i + 1, j)),
            ((i + 1, j + 1), (i, j + 1), (i, j + 1)),
            ((i, j + 1), (i, j), (i - 1, j)),
        )
        for start, end, outside in around:
            if not padded[outside[0] + 1, outside[1] + 1]:
                leaving.setdefault(start, []).append((start, end, (i, j), outside))
    paths: list[list[Edge]] = []
    while leaving:
        edge = next(iter(leaving.values()))[0]
        path: list[Edge] = []
        while True:
            path.append(edge)
            here = leaving[edge[0]]
            here.remove(edge)
            if not here:
                del leaving[edge[0]]
            following = leaving.get(edge[1])
            if not following:
                break
            edge = next((e for e in following if e[2] == edge[2]), following[0])
        paths.append(path)
    return paths


def _loop(view: Section, path: list[Edge]) -> Loop | None:
    runs = _runs(view, path)
    if runs is None:
        return None
    while len(runs) > 1:
        corners = [
            _corner(view.walls, runs[k - 1], runs[k], _reach(view, runs[k][1][0]))
            for k in range(len(runs))
        ]
        broken = [k for k, corner in enumerate(corners) if corner is None]
        if not broken:
            return _curves(view.walls, runs, [c for c in corners if c is not None])
        around = [k for b in broken for k in ((b - 1) % len(runs), b)]
        lengths = [len(places) for _, places in runs]
        del runs[min(around, key=lengths.__getitem__)]
        runs = _joined(runs)
    if len(runs) == 1 and runs[0][0] >= len(view.walls.lines):
        x, y, radius = view.walls.circles[runs[0][0] - len(view.walls.lines)].tolist()
        return Loop((Circle((x, y), radius),))
    return None


def _runs(view: Section, path: list[Edge]) -> list[Run] | None:
    """Say along which wall each stretch of a path lies."""
    rows, columns, count = view.sides.shape
    inner = np.array([edge[2] for edge in path])
    outer = np.array([edge[3] for edge in path])
    clipped = np.clip(outer, 0, [rows - 1, columns - 1])
    if (clipped != outer).any() or not count:
        return None
    differ = view.sides[inner[:, 0], inner[:, 1]] ^ view.sides[outer[:, 0], outer[:, 1]]
    if not differ.any(axis=1).all():
        return None
    single = differ.sum(axis=1) == 1
    chosen = np.where(single, differ.argmax(axis=1), -1)
    if not single.any():
        return None
    first = int(np.flatnonzero(single)[0])
    for step in range(1, len(path)):
        k = (first + step) % len(path)
        if chosen[k] < 0:
            before = chosen[k - 1]
            later = next(
                int(chosen[(k + s) % len(path)])
                for s in range(len(path))
                if chosen[(k + s) % len(path)] >= 0
            )
            options = [w for w in (before, later) if differ[k, w]]
            chosen[k] = options[0] if options else differ[k].argmax()
    runs: list[Run] = []
    for k, edge in enumerate(path):
        place = (float(view.x[edge[0][0]]), float(view.y[edge[0][1]]))
        if runs and runs[-1][0] == chosen[k]:
            runs[-1][1].append(place)
        else:
            runs.append((int(chosen[k]), [place]))
    return _joined(runs)


def _joined(runs: list[Run]) -> list[Run]:
    """Make one of neighbours along the same wall, also across the end."""
    result: list[Run] = []
    for wall, places in runs:
        if result and result[-1][0] == wall:
            result[-1] = (wall, result[-1][1] + places)
        else:
            result.append((wall, places))
    if len(result) > 1 and result[0][0] == result[-1][0]:
        wall, places = result.pop()
        result[0] = (wall, places + result[0][1])
    return result


def _reach(view: Section, place: Vec2) -> float:
    """How far a corner may be from where the grid has it: some cells."""
    i = min(max(int(np.searchsorted(view.x, place[0])), 1), len(view.x) - 2)
    j = min(max(int(np.searchsorted(view.y, place[1])), 1), len(view.y) - 2)
    wide = max(view.x[i + 1] - view.x[i - 1], view.y[j + 1] - view.y[j - 1])
    return 2.5 * float(wide)


def _corner(walls: WallLines, before: Run, after: Run, reach: float) -> Vec2 | None:
    """Return where two walls meet, near the place where the path goes from one to the other."""
    place = np.array(after[1][0])
    options = _meets(walls, before[0], after[0])
    if not len(options):
        return None
    distance = np.linalg.norm(options - place, axis=1)
    best = int(distance.argmin())
    tangent = len(options) == 1 and max(before[0], after[0]) >= len(walls.lines)
    if distance[best] > reach * (4 if tangent else 1):
        return None
    x, y = options[best].tolist()
    return (x, y)


def _meets(walls: WallLines, a: int, b: int) -> Array:
    """The points in which two walls meet, shape (n, 2); one where they touch."""
    count = len(walls.lines)
    if a < count and b < count:
        (p, q, r), (s, t, u) = walls.lines[a], walls.lines[b]
        area = p * t - q * s
        if abs(area) < 1e-6:
            return np.zeros((0, 2))
        return np.array([[(r * t - q * u) / area, (p * u - r * s) / area]])
    if a >= count and b >= count:
        return _circles_meet(walls.circles[a - count], walls.circles[b - count])
    line = walls.lines[min(a, b)]
    x, y, radius = walls.circles[max(a, b) - count]
    return _on_line(line, np.array([x, y]), radius)


def _on_line(line: Array, center: Array, radius: float) -> Array:
    away = line[2] - line[:2] @ center
    foot = center + away * line[:2]
    half = radius * radius - away * away
    if abs(abs(away) - radius) < 2e-4 * radius:
        return foot[None]
    if half <= 0:
        return np.zeros((0, 2))
    along = np.array([-line[1], line[0]]) * math.sqrt(half)
    return np.array([foot + along, foot - along])


def _circles_meet(one: Array, other: Array) -> Array:
    between = other[:2] - one[:2]
    apart = float(np.hypot(*between))
    if apart < 1e-9:
        return np.zeros((0, 2))
    # The line through both points in which they meet.
    away = (one[2] ** 2 - other[2] ** 2 + apart**2) / (2 * apart)
    direction = between / apart
    touching = min(abs(one[2] + other[2] - apart), abs(abs(one[2] - other[2]) - apart))
    if touching < 2e-4 * min(one[2], other[2]):
        return (one[:2] + direction * math.copysign(one[2], away))[None]
    return _on_line(np.append(direction, direction @ one[:2] + away), one[:2], one[2])


def _curves(walls: WallLines, runs: list[Run], corners: list[Vec2]) -> Loop | None:
    """Return the loop along the walls, each from its corner to the next one."""
    curves: list[Curve] = []
    exact = [(round(x, 7) + 0.0, round(y, 7) + 0.0) for x, y in corners]
    for k, corner in enumerate(exact):
        if math.dist(corner, exact[k - 1]) < 1e-6:
            exact[k] = exact[k - 1]
    for k, (wall, places) in enumerate(runs):
        start, end = exact[k], exact[(k + 1) % len(runs)]
        if start == end:
            continue
        if wall < len(walls.lines):
            curves.append(Line(start, end))
        else:
            circle = walls.circles[wall - len(walls.lines)]
            curves.append(_arc(start, end, circle, places[len(places) // 2]))
    if len(curves) < 2:
        return None
    return Loop(tuple(curves))


def _arc(start: Vec2, end: Vec2, circle: Array, by: Vec2) -> Arc:
    """The arc of a circle between two points, on the side where the path went."""
    x, y, radius = circle.tolist()
    first, last, middle = (math.atan2(p[1] - y, p[0] - x) for p in (start, end, by))
    turn, part = (last - first) % (2 * math.pi), (middle - first) % (2 * math.pi)
    half = turn / 2 if part <= turn else turn / 2 - math.pi
    return Arc(
        start, (x + radius * math.cos(first + half), y + radius * math.sin(first + half)), end
    )
