"""Whether a shape fits the given part: its unit, its axes, its place; and what would mend it.

A shape that does not fit gives confident nonsense, so it is refused with a sentence that says what
was found and which option mends it (law 14).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cadcomplete.clouds.cloud import PointCloud, normalize
from cadcomplete.clouds.deviation import shortly
from cadcomplete.clouds.shape import UNITS, UP, turn
from cadcomplete.errors import InputError
from cadcomplete.history.geometry import Array
from cadcomplete.history.sequence import CadSequence
from cadcomplete.placing.marks import Marks, SurfaceSample, marks_of
from cadcomplete.placing.registering import Placement, judged, refined, registered

Place = Literal["check", "fit", "keep"]
PLACES: tuple[Place, ...] = ("check", "fit", "keep")
"""What is done with a shape: it is refused if it does not fit, put on the given part, or kept."""

_FITS = 0.75  # share of the given part's surface on the shape from which on no more is asked
_LIKELY = 0.3  # the same from which on only what is plain is asked
_SURE, _BETTER = 0.5, 0.3  # share that another reading must reach, and have more than this one
_PLAIN = 0.9  # share that it must reach where this one is likely
_NEAR_SIZE = 1.5
_SIMPLER = 0.05  # share that a way to take a shape must bring for each one that is simpler
_SCALED = 0.7  # share with which a shape of unknown size counts as placed
_HARDLY = 0.1  # share under which a shape is not of this part
_SMALL, _LARGE = 1.0, 5000.0  # mm; parts are rarely beyond
_UNIT_NAMES = {
    "cm": "centimetres",
    "m": "metres",
    "inch": "inches",
    "ft": "feet",
    "um": "micrometres",
}
_OTHER_UNITS = {name: factor for name, factor in UNITS.items() if factor != 1}
_OTHER_AXES = {name: turn(name) for name in UP if name != "z"}
_HEADLESS, _NORMALISED = 1e-3, 0.25  # how far from [-1, 1], or in length from 2


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A shape that fits the given part, and what should be known about it.

    Attributes:
        placement: how it was moved; None if it was not.
    """

    cloud: PointCloud
    notices: tuple[str, ...] = ()
    placement: Placement | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Reading:
    """Another way to take a shape: how it is placed then, what to say, and what mends it."""

    placement: Placement
    found: str
    option: str


def fitted(
    cloud: PointCloud,
    given: CadSequence,
    *,
    place: str = "check",
    known_unit: bool = False,
    exact: bool = False,
) -> Fitted:
    """Return a cloud if it fits a given part, or put on it with `place` "fit".

    With "keep" what does not fit is said, and nothing more. `known_unit` says that the unit is
    not to be guessed, `exact` that nothing of the shape is missing and no point is off. Raises
    InputError for a shape that does not fit, or cannot be placed.
    """
    if place not in PLACES:
        raise InputError("no such choice", where="--place", expected=", ".join(PLACES), got=place)
    marks = marks_of(given)
    if marks is None:
        return Fitted(cloud, plausible(cloud))
    surface = SurfaceSample.of(cloud.millimetres, cloud.normals)
    if place == "fit":
        return _placed(cloud, marks, surface, known_unit=known_unit)
    here = judged(marks, surface)
    reading = None if here.share >= _FITS else _explained(marks, surface, here)
    if reading is None and here.share >= _LIKELY:
        return Fitted(cloud)
    if reading is None:
        return _unexplained(cloud, marks, here, keep=place == "keep", exact=exact)
    if place == "keep":
        return Fitted(cloud, (reading.found,))
    raise InputError(reading.found, hint=f"use {reading.option}, or --place keep if it is right")


def plausible(cloud: PointCloud) -> tuple[str, ...]:
    """Say what is unlikely of a shape with which nothing can be compared."""
    size, low = 2 * cloud.scale, cloud.millimetres.min(axis=0)
    if abs(size - 2) < _HEADLESS * 2 and abs(low.min() + 1) < _HEADLESS:
        return (
            "the shape fills [-1, 1], as if it were normalised; it is taken as 2 mm long "
            "(if it is not, say how many millimetres 1 stands for: --units 40)",
        )
    if size < _SMALL:
        return (f"the shape is {_mm(size)} long: if it is in metres, use --units m",)
    if size > _LARGE:
        return (f"the shape is {_mm(size)} long: if it is in micrometres, use --units um",)
    return ()


def _explained(marks: Marks, surface: SurfaceSample, here: Placement) -> _Reading | None:
    """The simplest reading under which a shape that does not fit does, or None.

    The first that fits wholly, else the one that fits best, less a little for each simpler way.
    """
    likely = here.share >= _LIKELY
    least = max(_PLAIN if likely else _SURE, here.share + _BETTER)
    found: list[tuple[float, _Reading]] = []
    for number, kind in enumerate((_units, _axes) if likely else _WAYS):
        best = max(kind(marks, surface), key=lambda reading: reading.placement.share)
        share = best.placement.share
        if kind is _any_size and _is_near(best.placement.factor):
            continue
        if share >= (_SCALED if kind is _any_size else least):
            if share >= _PLAIN:
                return best
            found.append((share - _SIMPLER * number, best))
    return max(found, key=lambda one: one[0])[1] if found else None


def _is_near(factor: float) -> bool:
    """Say whether a scale is so near to 1 that another design is likelier than another unit."""
    return 1 / _NEAR_SIZE < factor < _NEAR_SIZE


# --- other ways to take a shape, the simplest first ---------------------------------------------


def _units(marks: Marks, surface: SurfaceSample) -> Iterator[_Reading]:
    for name, factor in _OTHER_UNITS.items():
        place = judged(marks, surface, Placement(factor, np.eye(3), np.zeros(3)))
        asked = f"is it in {_UNIT_NAMES[name]}?"
        yield _Reading(place, f"{_sizes(marks, surface)}: {asked}", f"--units {name}")


def _axes(marks: Marks, surface: SurfaceSample) -> Iterator[_Reading]:
    for name, matrix in _OTHER_AXES.items():
        place = judged(marks, surface, Placement(1.0, matrix, np.zeros(3)))
        found = f"the axes differ: {name} of the shape seems to point upwards ({_shares(place)})"
        yield _Reading(place, found, f"--up {name}")


def _both(marks: Marks, surface: SurfaceSample) -> Iterator[_Reading]:
    for unit, factor in _OTHER_UNITS.items():
        for up, matrix in _OTHER_AXES.items():
            place = judged(marks, surface, Placement(factor, matrix, np.zeros(3)))
            asked = f"is it in {_UNIT_NAMES[unit]}, with {up} pointing upwards?"
            option = f"--units {unit} --up {up}"
            yield _Reading(place, f"{_sizes(marks, surface)}: {asked}", option)


def _elsewhere(marks: Marks, surface: SurfaceSample) -> Iterator[_Reading]:
    place = registered(marks, surface)
    sure = "lies elsewhere" if place.share >= _FITS else "does not fit; at best it lies elsewhere"
    yield _Reading(place, f"the shape {sure}: {_told(place)}", "--place fit")


def _any_size(marks: Marks, surface: SurfaceSample) -> Iterator[_Reading]:
    place = registered(marks, surface, factors=tuple(UNITS.values()), free=True)
    long = _length(surface.points)
    normal = min(abs(long - 2), abs(2 * long - 2)) < _NORMALISED
    found = "as if it were normalised" if normal else "it seems to be of another size"
    found = f"{_sizes(marks, surface)}, {found}: {_told(place)}"
    yield _Reading(place, found, "--place fit")


_WAYS = (_units, _axes, _both, _elsewhere, _any_size)


def _sizes(marks: Marks, surface: SurfaceSample) -> str:
    return f"the shape is {_mm(_length(surface.points))} long, the given part {_mm(marks.size)}"


# --- what comes of it ---------------------------------------------------------------------------


def _unexplained(
    cloud: PointCloud, marks: Marks, here: Placement, *, keep: bool, exact: bool
) -> Fitted:
    """A shape on which the given part is not, however it is taken."""
    low, high = marks.box
    points = cloud.millimetres
    outside = bool(((points.max(axis=0) < low) | (points.min(axis=0) > high)).any())
    where = "the given part lies outside of the shape" if outside else "the shape does not fit"
    found = f"{where}: of the given part's surface {here.share:.0%} is on the shape"
    sizes = f"it is {_mm(_length(points))} long, the part {_mm(marks.size)}"
    alone = marks.along is not None  # a sketch alone says little of a shape
    if alone and here.share >= _HARDLY and not outside:
        return Fitted(cloud)
    if keep or ((alone or (here.share >= _HARDLY and not exact)) and not outside):
        return Fitted(cloud, (f"{found} ({sizes}); is it the shape of this part?",))
    hint = "give the shape of this part, or --place keep if it is right"
    raise InputError(f"{found}, {sizes}, and no other unit, axes or place helps", hint=hint)


def _placed(cloud: PointCloud, marks: Marks, surface: SurfaceSample, *, known_unit: bool) -> Fitted:
    """Put a shape on the given part. Raises InputError if it does not go there."""
    place = _best_place(marks, surface, known_unit=known_unit)
    if place is None:
        hint = "give the shape of this part; --units and --up help if they differ"
        raise InputError("the shape could not be placed on the given part", hint=hint)
    points, center, scale = normalize(place.moved(cloud.millimetres))
    normals = cloud.normals @ place.turn.T
    moved = PointCloud(points, normals, center, scale, cloud.estimated)
    return Fitted(moved, (f"the shape was placed: {_told(place)}",), place)


def _best_place(marks: Marks, surface: SurfaceSample, *, known_unit: bool) -> Placement | None:
    """The simplest placement with which the given part is on the shape, or None."""
    simple = (_axes,) if known_unit else (_units, _axes, _both)
    places = [judged(marks, surface)]
    places += [reading.placement for kind in simple for reading in kind(marks, surface)]
    first = next((place for place in places if place.share >= _PLAIN), None)
    if first is not None:
        return refined(marks, surface, first)
    place = registered(marks, surface)
    if place.share >= _SURE:
        return place
    place = max(places, key=lambda one: one.share)
    if place.share >= _SURE:
        return refined(marks, surface, place)
    if known_unit:
        return None
    place = registered(marks, surface, factors=tuple(UNITS.values()), free=True)
    return place if place.share >= _SCALED and not _is_near(place.factor) else None


def _told(place: Placement) -> str:
    """A placement in words, with what it comes to."""
    ways = []
    if abs(place.factor - 1) > 1e-9:
        ways.append(f"scaled by {place.factor:.6g}")
    if place.degrees > 0.01:
        ways.append(f"turned by {place.degrees:.4g}° about {_axis(place.turn)}")
    if np.abs(place.shift).max() > 1e-6:
        ways.append(f"moved by {', '.join(f'{v:.5g}' for v in np.round(place.shift, 4))} mm")
    return f"{', '.join(ways) or 'left where it is'}; {_shares(place)}"


def _shares(place: Placement) -> str:
    return (
        f"{place.share:.0%} of the given part's surface is then on it, off by "
        f"{shortly(place.residual)} on average"
    )


def _axis(matrix: Array) -> str:
    """The axis of a rotation: the direction that it leaves as it is."""
    values, vectors = np.linalg.eig(matrix)
    axis = np.real(vectors[:, int(np.abs(values - 1).argmin())])
    axis = axis * np.sign(axis[int(np.abs(axis).argmax())])
    for name, unit in zip("xyz", np.eye(3), strict=True):
        if np.abs(axis - unit).max() < 1e-3:
            return name
    return f"({', '.join(f'{v:.2f}' for v in axis)})"


def _length(points: Array) -> float:
    return float(np.ptp(points, axis=0).max())


def _mm(value: float) -> str:
    return shortly(value, digits=3)
