"""Point clouds that a user gives: from files of points, meshes and solids, in our frame.

Lengths are millimetres; .stl, .ply and arrays do not say theirs and are taken as such.
"""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
from cadcomplete.kernel.stl import read_stl

FEWEST, MOST = 16, 16_384
"""Points that a cloud has at least, and those of which normals are estimated."""

HALF_PRECISION = 1e-3
"""How far our own clouds, which are stored rounded, may be from their frame and unit length."""


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """A cloud that was read, and what should be known about it."""

    cloud: PointCloud
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """What is in a file.

    Attributes:
        points: places, shape (n, 3).
        normals: of any length, shape (n, 3), or None.
        frame: a center (3,) and a scale, millimetres being center + scale * points, or None.
    """

    points: Array
    normals: Array | None = None
    frame: tuple[Array, float] | None = None


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
            raise InputError("the file is empty", file=path, hint="write it again")
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
        normals = _unit(_checked(normals, "normals", path), notices)
    framed, center, scale = normalize(places)
    if raw.frame is not None:
        if max(np.abs(center).max(), abs(scale - 1)) < HALF_PRECISION:
            framed, center, scale = places, np.zeros(3), 1.0  # bit for bit as in training
        center, scale = raw.frame[0] + raw.frame[1] * center, raw.frame[1] * scale
    if normals is None and len(framed) > MOST:
        notices.append(f"{MOST:,} of {len(framed):,} points are used")
        framed = framed[np.random.default_rng(seed).choice(len(framed), MOST, replace=False)]
    if normals is None:
        notices.append("normals were estimated from the points")
        normals = estimate_normals(framed)
    return Scan(PointCloud(framed, normals, center, scale), tuple(notices))


def _unit(normals: Array, notices: list[str]) -> Array | None:
    """Return normals of length 1, or None and a notice if some have no direction.

    Those that are of length 1 but for rounding stay as they are.
    """
    largest = np.abs(normals).max(axis=1, keepdims=True)
    if zero := int((largest < 1e-6).sum()):
        notices.append(f"{zero} normals are zero, so all are estimated")
        return None
    lengths = np.linalg.norm(normals / largest, axis=1, keepdims=True)  # squares may overflow
    if np.abs(largest * lengths - 1).max() < HALF_PRECISION:
        return normals
    return normals / largest / lengths


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
    with _stored(path), path.open("rb") as file:
        array = np.load(file, allow_pickle=False)
        if not isinstance(array, np.ndarray):
            raise ValueError("an archive of arrays, whose suffix is .npz")
    return _split(array, path)


def _npz(path: Path, points: int, seed: int) -> Raw:
    """The arrays `points` and `normals`, with `center` and `scale` if it is ours; or the first."""
    with _stored(path), path.open("rb") as file:  # numpy leaves what it cannot read open
        if not zipfile.is_zipfile(file):
            raise ValueError("no archive, or not all of it")
        file.seek(0)
        arrays = np.load(file, allow_pickle=False)
        names = ("points", "normals", "center", "scale")
        wanted = names if "points" in arrays.files else arrays.files[:1]
        found = {name: arrays[name] for name in wanted if name in arrays.files}
        if not found:
            raise ValueError("no array")
    first, *_ = found.values()
    raw = _split(_rows(first), path)
    normals = _rows(found["normals"]) if "normals" in found else raw.normals
    if normals is not None and normals.shape != raw.points.shape:
        expected, got = " × ".join(map(str, raw.points.shape)), " × ".join(map(str, normals.shape))
        hint = "give each point a normal, or none"
        raise InputError("not the normals", file=path, expected=expected, got=got, hint=hint)
    if not {"center", "scale"} <= found.keys():
        return Raw(raw.points, normals)
    center, scale = found["center"], found["scale"]
    if (
        center.shape != (3,)
        or scale.size != 1
        or {center.dtype.kind, scale.dtype.kind} - set("fiu")
    ):
        expected = "a center of 3 numbers and a scale of 1"
        raise InputError("not a frame", file=path, expected=expected, got=(center, scale))
    center, scale = center.astype(np.float64), float(scale.reshape(-1)[0])
    if not np.isfinite(center).all() or not 0 < scale < np.inf:
        expected = "a finite center and a scale above 0"
        raise InputError("not a frame", file=path, expected=expected, got=(center, scale))
    return Raw(raw.points, normals, (center, scale))


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


def _rows(array: np.ndarray) -> np.ndarray:
    """Our own clouds may be flat: x y z x y z …"""
    return array.reshape(-1, 3) if array.ndim == 1 and len(array) % 3 == 0 else array


def _split(array: np.ndarray, path: Path) -> Raw:
    """Take the first three columns as places and the next three, if there are some, as normals."""
    if array.ndim == 2 and array.shape[1] == 6:
        return Raw(array[:, :3], array[:, 3:])
    return Raw(_checked(array, "points", path))


def _ply(path: Path, points: int, seed: int) -> Raw | Scan:
    content = path.read_bytes()
    header = read_header(content, path)
    if header.faces:
        return _sampled(_ply_mesh(path), path, points, seed)
    return Raw(*read_vertices(content, header, path))


def _ply_mesh(path: Path) -> Mesh:
    import trimesh

    try:
        found = trimesh.load_mesh(path, process=False)
        return Mesh(np.asarray(found.vertices, np.float64), np.asarray(found.faces, np.int64))
    # What its parser makes of a broken file: anything, up to names that were never bound.
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        NameError,
        ArithmeticError,
    ) as error:
        problem, hint = "not a mesh that can be read", "export it again"
        raise InputError(problem, file=path, got=str(error), hint=hint) from error


def _stl(path: Path, points: int, seed: int) -> Scan:
    return _sampled(read_stl(path), path, points, seed)


def _sampled(mesh: Mesh, path: Path, points: int, seed: int) -> Scan:
    """Sample a mesh by area, with the normals of its triangles."""
    triangles, vertices = mesh.triangles, mesh.vertices
    if not len(triangles):
        raise InputError("a mesh without triangles", file=path, hint="export the surface")
    if triangles.min() < 0 or triangles.max() >= len(vertices):
        expected, got = (
            f"vertices 0 to {len(vertices) - 1}",
            f"{triangles.min()} to {triangles.max()}",
        )
        raise InputError("triangles of no vertices", file=path, expected=expected, got=got)
    if not np.isfinite(vertices).all():
        raise InputError("vertices that are not numbers", file=path, expected="finite coordinates")
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
    ".stl": _stl,
    ".step": _step,
    ".stp": _step,
}
