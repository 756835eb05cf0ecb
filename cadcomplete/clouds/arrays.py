"""Clouds in files of numpy: .npy, and .npz with keys of any name."""

from __future__ import annotations

import re
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from cadcomplete.clouds.columns import are_normals, found_in
from cadcomplete.clouds.shape import RawCloud
from cadcomplete.errors import InputError
from cadcomplete.history.geometry import Array

_PLACES = re.compile(r"point|xyz|pos|coord|vert|cloud|pcl|pcd|pts|^pc$|^p$|^v$", re.IGNORECASE)
_NORMALS = re.compile(r"normal|^nrm|^n$|^vn$", re.IGNORECASE)
_FACES = re.compile(r"face|triang|^tri|^f$", re.IGNORECASE)
_OTHER = re.compile(r"colou?r|rgb|label|seg|feat|inten|index|indices|uv|alpha", re.IGNORECASE)
_VOLUME = re.compile(r"occupanc|sdf|^inside", re.IGNORECASE)


def read_npy(path: Path) -> RawCloud:
    """Return the cloud of an array. Raises InputError, OSError."""
    with _stored(path), path.open("rb") as file:
        array = np.load(file, allow_pickle=False)
        if not isinstance(array, np.ndarray):
            raise ValueError("an archive of arrays, whose suffix is .npz")
    return _cloud(array)


def read_npz(path: Path) -> RawCloud:
    """Return the cloud of an archive of arrays, found by what their keys mean.

    With `center` and `scale` it has a frame, as ours. Raises InputError, OSError.
    """
    with _stored(path), path.open("rb") as file:  # numpy leaves what it cannot read open
        if not zipfile.is_zipfile(file):
            raise ValueError("no archive, or not all of it")
        file.seek(0)
        archive = np.load(file, allow_pickle=False)
        if not archive.files:
            raise ValueError("no array")
        arrays = {name: archive[name] for name in archive.files if _is_plain(archive, name)}
    found = _chosen(arrays)
    return replace(found, frame=_frame(arrays))


def _is_plain(archive: np.lib.npyio.NpzFile, name: str) -> bool:
    """Say whether an array may be read: one of Python objects, beside others, is left alone."""
    try:
        archive[name]
    except ValueError as error:
        if len(archive.files) > 1 and "Object arrays" in str(error):
            return False
        raise
    return True


def _cloud(array: np.ndarray) -> RawCloud:
    if array.dtype.names:  # a table whose columns have names
        names = [name for name in array.dtype.names if array.dtype[name].shape == ()]
        table = np.stack([array[name].astype(np.float64).reshape(-1) for name in names], axis=1)
        return found_in(table, names)
    return found_in(_rows(array))


def _rows(array: np.ndarray) -> np.ndarray:
    """Our own clouds may be flat: x y z x y z …"""
    return array.reshape(-1, 3) if array.ndim == 1 and len(array) % 3 == 0 else array


def _chosen(arrays: dict[str, np.ndarray]) -> RawCloud:
    """The arrays that are places, normals and triangles. Raises InputError."""
    if volume := [name for name in arrays if _VOLUME.search(name)]:
        got, hint = f"also {volume[0]!r}", "give points of the surface alone"
        raise InputError("points in space, not on a surface", got=got, hint=hint)
    key, notices = _places(arrays)
    found = _cloud(arrays[key])
    normals = next((n for n in arrays if _NORMALS.search(n) and n != key), None)
    faces = next((n for n in arrays if _FACES.search(n) and n not in (key, normals)), None)
    notices += found.notices
    if faces is not None and _indices(arrays[faces]):
        return RawCloud(found.points, triangles=arrays[faces], notices=notices)
    if normals is None:
        return replace(found, notices=notices)
    vectors = _rows(arrays[normals])
    if vectors.shape != found.points.shape:
        expected = " × ".join(map(str, found.points.shape))
        got, hint = " × ".join(map(str, vectors.shape)), "give each point a normal, or none"
        raise InputError("not the normals", expected=expected, got=got, hint=hint)
    return RawCloud(found.points, vectors, notices=notices)


def _places(arrays: dict[str, np.ndarray]) -> tuple[str, tuple[str, ...]]:
    """The key of the places, and a notice unless it is plain. Raises InputError."""
    likely = [name for name, array in arrays.items() if _may_be_places(array)]
    likely = [name for name in likely if not _NORMALS.search(name) and not _FACES.search(name)]
    named = [name for name in likely if _PLACES.search(name) and not _OTHER.search(name)]
    unknown = [name for name in likely if not _OTHER.search(name)]
    chosen = named or unknown or [name for name in arrays if _PLACES.search(name)] or likely
    if not chosen:
        got = ", ".join(f"{n}: {' × '.join(map(str, a.shape))}" for n, a in arrays.items())
        expected, hint = "an array N × 3", "name it points"
        raise InputError("no points among the arrays", expected=expected, got=got, hint=hint)
    key = "points" if "points" in chosen else chosen[0]
    if key == "points" or len(arrays) == 1:
        return key, ()
    left = ", ".join(name for name in arrays if name != key)
    return key, (f"{key!r} is taken as the points (others: {left})",)


def _may_be_places(array: np.ndarray) -> bool:
    if array.dtype.names:
        return True
    rows = _rows(array)
    if rows.ndim < 2 or rows.dtype.kind not in "fiu" or len(rows) < 2:
        return False
    return rows.shape[-1] >= 3 and not are_normals(rows[..., :3].reshape(-1, 3)[:1000])


def _indices(array: np.ndarray) -> bool:
    return array.ndim == 2 and array.shape[1] == 3 and array.dtype.kind in "iu"


def _frame(arrays: dict[str, np.ndarray]) -> tuple[Array, float] | None:
    if not {"center", "scale"} <= arrays.keys():
        return None
    center, scale = arrays["center"], arrays["scale"]
    kinds = {center.dtype.kind, scale.dtype.kind}
    if center.shape != (3,) or scale.size != 1 or kinds - set("fiu"):
        expected = "a center of 3 numbers and a scale of 1"
        raise InputError("not a frame", expected=expected, got=(center, scale))
    center, scale = center.astype(np.float64), float(scale.reshape(-1)[0])
    if not np.isfinite(center).all() or not 0 < scale < np.inf:
        expected = "a finite center and a scale above 0"
        raise InputError("not a frame", expected=expected, got=(center, scale))
    return center, scale


@contextmanager
def _stored(path: Path) -> Iterator[None]:
    """Name a file of arrays that cannot be read, by all that numpy raises for one."""
    try:
        yield
    except (
        ValueError,
        EOFError,
        SyntaxError,
        MemoryError,
        KeyError,
        RuntimeError,
        OverflowError,
        tokenize.TokenError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        expected, hint = f"a whole {path.suffix} of numbers", "write it with numpy.save or savez"
        got = str(error) or type(error).__name__
        raise InputError(
            "not a file of arrays", file=path, expected=expected, got=got, hint=hint
        ) from error
