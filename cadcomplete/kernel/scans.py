"""Point clouds that a user gives: from files of points, meshes and solids, in our frame.

Lengths are millimetres; .stl, .ply and arrays do not say theirs and are taken as such.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cadcomplete.errors import GeometryError, InputError
from cadcomplete.geometry import Array
from cadcomplete.kernel.cloud import PointCloud, normalize, sample_cloud
from cadcomplete.kernel.estimate import estimate_normals
from cadcomplete.kernel.mesh import Mesh
from cadcomplete.kernel.ply import read_header, read_vertices

FEWEST, MOST = 16, 16_384
"""Points that a cloud has at least, and those of which normals are estimated."""


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """A cloud that was read, and what should be known about it."""

    cloud: PointCloud
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """What is in a file: places (n, 3) in mm, and normals (n, 3) of any length, or None."""

    points: Array
    normals: Array | None = None


def read_scan(path: Path, *, points: int = 8192, seed: int = 0) -> Scan:
    """Return the cloud of a file, of which the suffix is one of `SCANS`.

    Meshes and solids are sampled with `points` points. Normals are estimated where there are
    none. A solid needs the CAD kernel: let a `Kernel` run this. Raises InputError.
    """
    path = Path(path)
    reader = SCANS.get(path.suffix.lower())
    if reader is None:
        known = ", ".join(SCANS)
        raise InputError(
            "unknown kind of point cloud", file=path, expected=known, got=path.suffix or "no suffix"
        )
    try:
        if not path.stat().st_size:
            raise InputError("the file is empty", file=path)
        found = reader(path, points, seed)
        return found if isinstance(found, Scan) else _framed(found, path, seed)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"cannot read the point cloud: {reason}", file=path) from error
    except GeometryError as error:
        raise InputError(f"not a surface: {error}", file=path) from error


def _framed(raw: Raw, path: Path, seed: int) -> Scan:
    """Bring points into the frame, and see to it that they have unit normals."""
    places, normals = _checked(raw.points, "points", path), raw.normals
    notices: list[str] = []
    if normals is not None:
        lengths = np.linalg.norm(_checked(normals, "normals", path), axis=1)
        if lengths.min() < 1e-6:
            notices.append(f"{(lengths < 1e-6).sum()} normals are zero, so all are estimated")
            normals = None
        else:
            normals = normals / lengths[:, None]
    if normals is None and len(places) > MOST:
        notices.append(f"{MOST:,} of {len(places):,} points are used")
        places = places[np.random.default_rng(seed).choice(len(places), MOST, replace=False)]
    framed, center, scale = normalize(places)
    if normals is None:
        notices.append("normals were estimated from the points")
        normals = estimate_normals(framed)
    return Scan(PointCloud(framed, normals, center, scale), tuple(notices))


def _checked(values: Any, name: str, path: Path) -> Array:
    """Return an array (n, 3) of finite numbers. Raises InputError."""
    array = np.asarray(values)
    if array.ndim != 2 or array.shape[1] != 3 or array.dtype.kind not in "fiu":
        expected = "N × 3 numbers, or N × 6 with normals"
        got = f"{' × '.join(map(str, array.shape)) or 'one value'} of {array.dtype}"
        raise InputError(f"not the {name} of a cloud", file=path, expected=expected, got=got)
    if len(array) < FEWEST:
        raise InputError(
            f"too few {name}", file=path, expected=f"at least {FEWEST}", got=len(array)
        )
    array = array.astype(np.float64)
    if wrong := int((~np.isfinite(array).all(axis=1)).sum()):
        raise InputError(
            f"{name} that are not numbers",
            file=path,
            expected="finite coordinates",
            got=f"{wrong} of {len(array)} rows with NaN or infinity",
            hint="leave these rows out",
        )
    return array


# --- one reader for each kind of file -----------------------------------------------------------


def _npy(path: Path, points: int, seed: int) -> Raw:
    return _split(_loaded(path), path)


def _npz(path: Path, points: int, seed: int) -> Raw | Scan:
    """Our own clouds are in the frame already; of others `points` and `normals`, or the first."""
    if not zipfile.is_zipfile(path):
        raise InputError("not a file of numpy arrays", file=path, expected="a whole .npz")
    try:
        with np.load(path, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputError("not a file of numpy arrays", file=path, got=error) from error
    if not found:
        raise InputError("no array", file=path, expected="points, and normals")
    if {"points", "normals", "center", "scale"} <= found.keys():
        places, normals = (found[key].reshape(-1, 3) for key in ("points", "normals"))
        places, normals = _checked(places, "points", path), _checked(normals, "normals", path)
        if places.shape == normals.shape and found["center"].size == 3:
            center = found["center"].astype(np.float64).reshape(3)
            return Scan(PointCloud(places, normals, center, float(found["scale"])))
    raw = _split(found.get("points", next(iter(found.values()))), path)
    normals = found.get("normals", raw.normals)
    if normals is not None and normals.shape != raw.points.shape:
        expected = f"as many as points, {len(raw.points)}"
        raise InputError("not the normals", file=path, expected=expected, got=normals.shape)
    return Raw(raw.points, normals)


def _loaded(path: Path) -> np.ndarray:
    try:
        return np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        expected = "a whole .npy of numbers"
        raise InputError("not a numpy array", file=path, expected=expected, got=error) from error


def _split(array: np.ndarray, path: Path) -> Raw:
    """Take the first three columns as places and the next three, if there are some, as normals."""
    if array.ndim == 2 and array.shape[1] == 6:
        return Raw(array[:, :3], array[:, 3:])
    return Raw(_checked(array, "points", path))


def _ply(path: Path, points: int, seed: int) -> Raw | Scan:
    content = path.read_bytes()
    header = read_header(content, path)
    if header.faces:
        return _mesh(path, points, seed)
    return Raw(*read_vertices(content, header, path))


def _mesh(path: Path, points: int, seed: int) -> Scan:
    """Sample a mesh by area, with the normals of its triangles."""
    import trimesh

    try:
        found = trimesh.load(path, force="mesh", process=False)
        vertices, triangles = np.asarray(found.vertices), np.asarray(found.faces)  # type: ignore[attr-defined]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise InputError("not a mesh that can be read", file=path, got=error) from error
    if not len(triangles):
        raise InputError("a mesh without triangles", file=path)
    if not np.isfinite(vertices).all():
        raise InputError("vertices that are not numbers", file=path, expected="finite coordinates")
    mesh = Mesh(vertices.astype(np.float64), triangles.astype(np.int64), ())
    return Scan(sample_cloud(mesh, points, seed=seed))


def _step(path: Path, points: int, seed: int) -> Scan:
    """Read all solids and shells of a STEP file, in millimetres whatever its unit is."""
    from cadcomplete.kernel.step import read_step
    from cadcomplete.kernel.tessellate import tessellate

    return Scan(sample_cloud(tessellate(read_step(path)), points, seed=seed))


SCANS: dict[str, Callable[[Path, int, int], Raw | Scan]] = {
    ".npy": _npy,
    ".npz": _npz,
    ".ply": _ply,
    ".stl": _mesh,
    ".step": _step,
    ".stp": _step,
}
