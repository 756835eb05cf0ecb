"""How much of the surface that an extrude makes was seen: what nobody saw is no evidence."""

from __future__ import annotations

import numpy as np

from cadcomplete.fitting.space.solids import combined, inside_profile, occupancy, swept
from cadcomplete.fitting.space.wanted import Wanted
from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import Extrude, Profile, Sketch
from cadcomplete.history.sequence import CadSequence, truncate

_SAMPLES = 160  # points of the surface of a prism
_STEP = 2e-3  # to both sides of it, as a share of the size
_WIDE = 2.5  # how far away along a face a point may be, in mean distances of points
_NOISY = 3.0  # and across it, in standard deviations
_FACING = 0.7
_MIRRORED = 0.3  # what a mirror image counts to a point that was seen
_LEAST = 0.25  # share of a new surface that counts at least, if most of it is out of sight


def support(sequence: CadSequence, wanted: Wanted) -> float:
    """Return which share of the surface that the last operation makes has points on it.

    Of a scan what lies beyond its opening cannot be seen and does not count. 0 if the extrude
    makes no surface.
    """
    extrude = sequence.operations[-1]
    assert isinstance(extrude, Extrude)
    places, normals = surface(extrude, sequence)
    if not len(places):
        return 0.0
    step = _STEP * wanted.size
    both = np.concatenate([places + step * normals, places - step * normals])
    before = occupancy(truncate(sequence, len(sequence) - 1), both)
    after = combined(before, swept(extrude, sequence.operations, both), extrude.boolean)
    count = len(places)
    new = (after[:count] != after[count:]) & (before[:count] == before[count:])
    if not new.any():
        return 0.0
    outward = np.where(after[count:, None], normals, -normals)
    matched = _seen(places[new], outward[new], wanted)
    visible = np.ones(len(matched), dtype=bool)
    if wanted.opened is not None:
        visible = ~wanted.opened.beyond(places[new])
    return float(matched[visible].sum() / max(visible.sum(), _LEAST * len(matched)))


def _seen(places: Array, normals: Array, wanted: Wanted) -> Array:
    """Say of places (m, 3) on a surface whether there is a point of the cloud, facing that way.

    1 if one was seen, less if it is a mirror image, and 0 if there is none.
    """
    to = wanted.points[None] - places[:, None]
    off = np.abs((to * normals[:, None]).sum(axis=2))
    near = (to**2).sum(axis=2) < (_WIDE * wanted.spacing) ** 2 + (_NOISY * wanted.noise) ** 2
    near &= off < _NOISY * wanted.noise
    near &= normals @ wanted.normals.T > _FACING
    return np.where(near[:, : wanted.seen].any(axis=1), 1.0, _MIRRORED * near.any(axis=1))


def surface(extrude: Extrude, sequence: CadSequence) -> tuple[Array, Array]:
    """Return points on the prisms of an extrude and their normals, (n, 3), evenly by area."""
    random = np.random.default_rng(11)
    low, high = sorted(extrude.extent.span)
    pieces = [
        piece
        for profile in extrude.profiles
        for piece in _prism(profile, sequence, low, high, random)
    ]
    total = sum(area for _, _, area in pieces)
    places: list[Array] = []
    normals: list[Array] = []
    for at, facing, area in pieces:
        chosen = np.arange(len(at))[: max(1, round(_SAMPLES * area / max(total, 1e-12)))]
        places.append(at[chosen])
        normals.append(facing[chosen])
    if not places:
        return np.zeros((0, 3)), np.zeros((0, 3))
    return np.concatenate(places), np.concatenate(normals)


Piece = tuple[Array, Array, float]
"""Points, normals, and the area that they lie on."""


def _prism(
    profile: Profile, sequence: CadSequence, low: float, high: float, random: np.random.Generator
) -> list[Piece]:
    sketch = sequence.operations[profile.sketch]
    assert isinstance(sketch, Sketch)
    axes = np.array([sketch.plane.x_axis, sketch.plane.y_axis, sketch.plane.normal])
    pieces: list[Piece] = []
    for number in profile.loops:
        flat, across, length = _along(sketch.loops[number].points(), random)
        across = across if number == profile.outer else -across
        heights = low + random.random(len(flat)) * (high - low)
        sides = sketch.plane.to_world(flat) + heights[:, None] * axes[2]
        pieces.append((sides, across @ axes[:2], length * (high - low)))
    left, bottom, right, top = sketch.loops[profile.outer].box
    size = np.array([right - left, top - bottom])
    flat = np.array([left, bottom]) + random.random((4 * _SAMPLES, 2)) * size
    inside = inside_profile(profile, sketch, flat)
    area = float(inside.mean() * size.prod())
    for height, sign in ((low, -1.0), (high, 1.0)):
        at = sketch.plane.to_world(flat[inside]) + height * axes[2]
        pieces.append((at, np.tile(sign * axes[2], (len(at), 1)), area))
    return pieces


def _along(outline: Array, random: np.random.Generator) -> tuple[Array, Array, float]:
    """Random points along a closed polyline (n, 2), their outer normals, and its length."""
    ends = np.roll(outline, -1, axis=0)
    steps = ends - outline
    lengths = np.linalg.norm(steps, axis=1)
    total = float(lengths.sum())
    if total <= 0:
        return np.zeros((0, 2)), np.zeros((0, 2)), 0.0
    chosen = random.choice(len(outline), _SAMPLES, p=lengths / total)
    places = outline[chosen] + random.random((_SAMPLES, 1)) * steps[chosen]
    turned = np.column_stack([steps[:, 1], -steps[:, 0]]) / np.maximum(lengths, 1e-12)[:, None]
    x, y = outline.T
    signed = float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())
    return places, turned[chosen] * (1.0 if signed > 0 else -1.0), total
