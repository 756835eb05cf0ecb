"""Which columns of a table are places and which are normals: by name, else by what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cadcomplete.clouds.shape import RawCloud
from cadcomplete.errors import InputError

_PLACES = (("x", "y", "z"), ("px", "py", "pz"), ("pos_x", "pos_y", "pos_z"))
_NORMALS = (("nx", "ny", "nz"), ("normal_x", "normal_y", "normal_z"))
_TO_ALL_SIDES = 0.5  # how long the mean of normals may be, of a surface around something
_ALIKE = 0.01  # by how much the lengths of normals may differ, as a share


def found_in(array: np.ndarray, names: Sequence[str] | None = None) -> RawCloud:
    """Return the places and normals of a table of numbers (n, k), and what was made of the rest.

    Columns after the third are normals only if they are vectors of one length, and point to all
    sides. Raises InputError if these are not the columns of a cloud.
    """
    notices: list[str] = []
    array = np.asarray(array)
    if array.ndim > 2:
        array = np.squeeze(array)
    if array.ndim == 2 and array.shape[0] in (3, 6) and array.shape[1] > 16:
        notices.append(f"{array.shape[0]} × {array.shape[1]} numbers: rows are taken as columns")
        array = array.T
    if array.ndim != 2 or array.shape[1] < 3 or array.dtype.kind not in "fiu":
        expected = "N × 3 numbers, or N × 6 with normals"
        got = f"{' × '.join(map(str, array.shape)) or 'one value'} of {array.dtype}"
        raise InputError("not the points of a cloud", expected=expected, got=got)
    named = {name.strip().lower(): i for i, name in enumerate(names or ())}
    places = _named(named, _PLACES)
    if places is not None:
        normals = _named(named, _NORMALS)
        return RawCloud(array[:, places], None if normals is None else array[:, normals])
    return _unnamed(array, notices)


def _named(named: dict[str, int], wanted: Sequence[tuple[str, ...]]) -> list[int] | None:
    return next(([named[n] for n in group] for group in wanted if set(group) <= named.keys()), None)


def _unnamed(array: np.ndarray, notices: list[str]) -> RawCloud:
    count, places = array.shape[1], [0, 1, 2]
    if count == 6 and _colours(array[:, :3]) and not _colours(array[:, 3:]):
        notices.append("columns 1 to 3 look like colours: columns 4 to 6 are taken as the points")
        return RawCloud(array[:, 3:], notices=tuple(notices))
    starts = [i for i in range(3, count - 2) if are_normals(array[:, i : i + 3])]
    normals = array[:, starts[0] : starts[0] + 3] if starts else None
    used = {*places, *(range(starts[0], starts[0] + 3) if starts else ())}
    if left := [i + 1 for i in range(count) if i not in used]:
        which = f"column {left[0]}" if len(left) == 1 else f"columns {', '.join(map(str, left))}"
        what = " (colours?)" if len(left) in (3, 4) and _colours(array[:, left[0] - 1 :]) else ""
        why = "is no normal" if len(left) == 1 else "are no normals: not vectors of length 1"
        notices.append(f"{which}{what} {why}, and not used")
    return RawCloud(array[:, places], normals, notices=tuple(notices))


def are_normals(vectors: np.ndarray) -> bool:
    """Say whether vectors (n, 3) are all of one length, and of length 1 or to all sides.

    A few may be zero. Colours are of all lengths, or grey and not negative.
    """
    values = np.asarray(vectors, dtype=np.float64)
    largest = np.abs(values).max(axis=1)
    good = (largest > 0) & np.isfinite(largest)
    if good.sum() <= len(values) / 2:
        return False
    # Divided first: squares may overflow.
    lengths = np.linalg.norm(values[good] / largest[good, None], axis=1) * largest[good]
    usual = float(np.median(lengths))
    if not np.abs(lengths / usual - 1).max() < _ALIKE:
        return False
    mean = np.linalg.norm((values[good] / usual).mean(axis=0))
    return abs(usual - 1) < _ALIKE or bool(mean < _TO_ALL_SIDES)


def _colours(values: np.ndarray) -> bool:
    """Say whether these look like colours: whole numbers from 0 to 255, some above 1."""
    numbers: Any = values[:, :3]
    whole = np.isfinite(numbers).all() and (numbers == np.round(numbers)).all()
    return bool(whole and numbers.min() >= 0 and 1 < numbers.max() <= 255)
