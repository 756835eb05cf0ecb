"""Extrudes that explain a picture: how far they go is seen where their ends would be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cadcomplete.fitting.flat.profiles import choices, nested
from cadcomplete.history.extents import Extent, ExtentType
from cadcomplete.history.geometry import Array, Plane, facing
from cadcomplete.history.operations import Boolean, Extrude, Operation, Profile, Sketch
from cadcomplete.meshes.manifolds import volume_of
from cadcomplete.pictures.prisms import (
    Anchor,
    Prisms,
    anchors,
    nats,
    placed,
    prisms,
    roughly_filling,
)
from cadcomplete.pictures.rounding import rounded
from cadcomplete.pictures.scene import PictureScene, gain
from cadcomplete.pictures.sides import along
from cadcomplete.pictures.views import Shot, lookup

_SETS = 5  # of profiles
_ENDS = 7  # that are seen
_TRIED, _HALVES = 12, 4  # ends, and halves of symmetric ones, of which the bodies are made
_STEPS = 240  # between ends that are tried
_TURNED = 2e-8  # by how much the cosine of parallel normals may be off
_NEAR = 0.02  # by which share a measured length may be off, and pixels
_ENOUGH = 20.0  # nats with which no other side is looked from
_MUCH, _ANCHORS = 3.0, 4  # nats by which another one must be better; places that are kept
_WAYS = (
    (ExtentType.ONE_SIDED, 1.0, 0.0),
    (ExtentType.SYMMETRIC, 0.5, 1.0),
    (ExtentType.ONE_SIDED, -1.0, 1.5),
)
"""Ways to be as high, and by how many nats each is less usual: no picture tells them apart."""
_USELESS = -8.0  # nats for what changes nothing
_SKETCHES = 2  # the newest, of which extrudes are thought of


@dataclass(frozen=True, slots=True)
class Guess:
    """Operations that may come next, and the nats that a picture adds for them."""

    operations: tuple[Operation, ...]
    nats: float


def extrudes(scene: PictureScene, *, most: int) -> list[Guess]:
    """Return extrudes of the newest sketches, those first that explain most."""
    numbers = [i for i, op in enumerate(scene.given.operations) if isinstance(op, Sketch)]
    used = {p for op in scene.given.operations if isinstance(op, Extrude) for p in op.profiles}
    found: list[Guess] = []
    for number in numbers[: -_SKETCHES - 1 : -1]:
        sketch = scene.given.operations[number]
        assert isinstance(sketch, Sketch)
        sets = [s for s in sets_of(sketch, number) if not set(s) & used]
        found += of_sketch(scene, sketch, number, sets)
    found.sort(key=lambda guess: -guess.nats)
    return found[:most]


def sets_of(sketch: Sketch, number: int) -> list[tuple[Profile, ...]]:
    """Return sets of profiles of a sketch that designers choose."""
    nest = nested(sketch)
    return choices(number, nest)[:_SETS] if nest.children else []


def of_sketch(
    scene: PictureScene, sketch: Sketch, number: int, sets: Sequence[tuple[Profile, ...]]
) -> Iterator[Guess]:
    """Yield extrudes of some sets of profiles of a sketch, operation `number`."""
    for profiles in sets:
        over = prisms(sketch, profiles, number)
        if over is None:
            continue
        if scene.solid.is_empty():
            yield from _first(scene, over, profiles)
        else:
            yield from _later(scene, sketch, over, profiles)


def _first(scene: PictureScene, over: Prisms, profiles: tuple[Profile, ...]) -> Iterator[Guess]:
    seen = anchored(scene, over, profiles)
    for anchor in seen:
        off = max(_NEAR * anchor.height, 0.7 / anchor.view.scale)
        for height in rounded(anchor.height, off=off):
            value = nats(over, scene.sight, seen, 0.0, height)
            for kind, share, less in _WAYS:
                extent = Extent(kind, round(share * height, 6))
                yield Guess((Extrude(profiles, extent, Boolean.NEW_BODY),), value - less)


def anchored(scene: PictureScene, over: Prisms, profiles: Sequence[Profile]) -> list[Anchor]:
    """Return where the ends of prisms over profiles are seen; the same is found only once."""
    key = ("anchors", tuple(profiles))
    if key not in scene.asked:
        axes = scene.asked.get("side", scene.sides[0])
        found = anchors(over, scene.sight, axes)
        if "side" not in scene.asked:
            found = _from_aside(scene, over, found)
            scene.asked["side"] = found[0].view.axes if found else axes
        scene.asked[key] = sorted(found, key=lambda anchor: -anchor.nats)[:_ANCHORS]
        _keep_best(scene, over, scene.asked[key][:1])
    return scene.asked[key]


def _keep_best(scene: PictureScene, over: Prisms, anchors: Sequence[Anchor]) -> None:
    """Keep how the best of all prisms is seen, for who asks how far the picture is believed."""
    for anchor in anchors:
        if anchor.nats > scene.asked.get("best nats", 0.0):
            scene.asked["best nats"] = anchor.nats
            scene.asked["best prism"] = placed(over, anchor)


def _from_aside(scene: PictureScene, over: Prisms, found: list[Anchor]) -> list[Anchor]:
    """What was found from the canonical side, or from another one if that is much better."""
    best = max((anchor.nats for anchor in found), default=0.0)
    turned = scene.sight.cameras[1]
    if best > _ENOUGH and not turned:
        return found
    axes = max(turned or scene.sides[1:], key=lambda axes: roughly_filling(over, scene.sight, axes))
    other = anchors(over, scene.sight, axes)
    return other if max((a.nats for a in other), default=0.0) > best + _MUCH else found


def _later(
    scene: PictureScene, sketch: Sketch, over: Prisms, profiles: tuple[Profile, ...]
) -> Iterator[Guess]:
    if not scene.views:
        return
    view = scene.views[0]
    outline = SeenLoops(sketch, profiles, view)
    ends = [*levels(scene.given.operations, sketch.plane)]
    for end in seen_ends(scene, outline, over, view):
        off = max(_NEAR * abs(end), 0.7 / view.scale)
        if not any(abs(end - level) < off for level in ends):
            ends += rounded(end, off=off)
    shares = outline.shares(scene.sight.rough, over.normal, np.array(ends))
    order = np.argsort(-shares, kind="stable")[:_TRIED]
    extents = [Extent(ExtentType.ONE_SIDED, ends[i]) for i in order]
    halves = dict.fromkeys(round(abs(ends[i]), 6) for i in order)
    extents += [Extent(ExtentType.SYMMETRIC, half) for half in list(halves)[:_HALVES]]
    for extent in extents:
        for boolean in (Boolean.JOIN, Boolean.CUT):
            extrude = Extrude(profiles, extent, boolean)
            yield Guess((extrude,), changed(scene, (extrude,)))


def changed(scene: PictureScene, operations: Sequence[Operation]) -> float:
    """Return the nats for further operations; of what changes nothing, less than nothing."""
    body = scene.built(operations)
    before, after = volume_of(scene.solid), volume_of(body)
    if abs(after - before) < 1e-5 * before or body.is_empty():
        return _USELESS
    return gain(scene, body)


def levels(operations: Sequence[Operation], plane: Plane) -> list[float]:
    """Return where planes parallel to one lie above it, in mm, without itself; each once."""
    found: list[float] = []
    for index, operation in enumerate(operations):
        for other in operation.planes(tuple(operations[:index])):
            if way := facing(plane.normal, other.normal, turned=_TURNED):
                found.append(round(way * other.offset - plane.offset, 6))
    return [level for level in dict.fromkeys(found) if abs(level) > 1e-6]


class SeenLoops:
    """The loops of profiles as a view sees them; shapes: N points along them."""

    def __init__(self, sketch: Sketch, profiles: Sequence[Profile], view: Shot) -> None:
        loops = dict.fromkeys(number for profile in profiles for number in profile.loops)
        lines = [sketch.plane.to_world(sketch.loops[i].points()) for i in loops]
        ends = np.concatenate([np.stack([line[:-1], line[1:]], axis=1) for line in lines])
        points, self.ways, _ = along(ends @ view.axes.T, samples=100)
        self.points, self.view = points[:, :2], view

    def shares(self, field: Array, normal: Array, heights: Array) -> Array:
        """How much of them would fall on edges at some heights along a normal, 0 to 1."""
        if not len(heights):
            return np.zeros(0)
        shift = self.view.axes[:2] @ normal
        at = self.points[None] + heights[:, None, None] * shift
        x, y = self.view.pixels(at.reshape(-1, 2))
        near = lookup(field, np.tile(self.ways, len(heights)), x - 0.5, y - 0.5)
        return near.reshape(len(heights), -1).mean(axis=1)


def seen_ends(scene: PictureScene, outline: SeenLoops, over: Prisms, view: Shot) -> list[float]:
    """Return heights over a sketch at which edges like its loops are seen, the clearest first."""
    left, top, right, bottom = scene.sight.seen.box
    reach = float(np.hypot(right - left, bottom - top)) / view.scale
    heights = np.linspace(-reach, reach, _STEPS + 1)
    heights = heights[np.abs(heights) > 1.5 / view.scale]
    shares = outline.shares(scene.sight.rough, over.normal, heights)
    inner = shares[1:-1]
    peaks = 1 + np.flatnonzero((inner >= shares[:-2]) & (inner > shares[2:]))
    peaks = peaks[np.argsort(-shares[peaks], kind="stable")][:_ENDS]
    found = []
    for i in peaks:
        tries = heights[i] + np.linspace(-3, 3, 31) / view.scale
        close = outline.shares(scene.sight.fine, over.normal, tries)
        found.append(float(tries[np.argmax(close)]))
    return found
