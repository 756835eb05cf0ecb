"""Shapes that a user gives: from files of points, meshes and solids, as clouds in our frame.

Lengths are millimetres and z points up, unless the format says otherwise (.step, .3mf, .glb) or
the user does: .stl, .ply, .obj and arrays do not say theirs.
"""

from __future__ import annotations

import gzip
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from cadcomplete.clouds.arrays import read_npy, read_npz
from cadcomplete.clouds.cloud import PointCloud, normalize, sample_cloud
from cadcomplete.clouds.columns import found_in
from cadcomplete.clouds.estimate import estimate_normals
from cadcomplete.clouds.ply import read_ply
from cadcomplete.clouds.rows import read_pcd, read_rows
from cadcomplete.clouds.shape import RawCloud, millimetres, turn
from cadcomplete.clouds.stl import read_stl
from cadcomplete.clouds.triangles import read_3mf, read_mesh
from cadcomplete.errors import GeometryError, InputError
from cadcomplete.history.geometry import Array
from cadcomplete.meshes.mesh import Mesh

FEWEST, MOST = 16, 16_384
"""Points that a cloud has at least, and those of which normals are estimated."""

HALF_PRECISION = 1e-3
"""How far our own clouds, which are stored rounded, may be from their frame and unit length."""

_INWARDS = -0.02  # of the mean of p · n in the frame; open surfaces may be about 0
_UNPACKED = 1 << 30  # bytes of a file in a .gz


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """A cloud that was read, and what should be known about it.

    Attributes:
        notices: what was understood or left out, for the user.
        mesh: the surface itself, in millimetres, if the file has it.
        units: the unit that was taken, by its name or in millimetres; "" if nobody said one.
        up: the axis of the file that was taken as upwards.
        file: its path, or "".
    """

    cloud: PointCloud
    notices: tuple[str, ...] = ()
    mesh: Mesh | None = None
    units: str = ""
    up: str = "z"
    file: str = ""


def read_scan(
    path: Path, *, units: str = "", up: str = "", points: int = 8192, seed: int = 0
) -> Scan:
    """Return the cloud of a file, of which the suffix is one of `SCANS`, perhaps with .gz.

    `units` is what its numbers are in, one of `shape.UNITS` or that many millimetres; `up` the
    axis that points upwards, one of `shape.UP`. Meshes and solids are sampled with `points`
    points. Normals are estimated where there are none. A solid needs the CAD kernel: let a
    `Kernel` run this. Raises InputError.
    """
    path = Path(path)
    packed = path.suffix.lower() == ".gz"
    reader = _reader(Path(path.stem) if packed else path)
    try:
        if not path.stat().st_size:
            raise InputError("the file is empty", file=path, hint="write it again")
        found = _unpacked(path, reader) if packed else reader(path)
        return _scan(found, path, units or found.units, up or found.up, points, seed)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"cannot read the shape: {reason}", file=path) from error
    except GeometryError as error:
        raise InputError(f"not a surface: {error}", file=path) from error
    except InputError as error:
        raise error.in_file(path) from error.__cause__


def check_file(path: Path, *, units: str = "", up: str = "") -> None:
    """Raise InputError for what is no file of a shape, or cannot be taken like that."""
    _reader(Path(path.stem) if path.suffix.lower() == ".gz" else path)
    if not path.is_file():
        raise InputError("cannot read the shape: no such file", file=path)
    if units:
        millimetres(units)
    if up:
        turn(up)


def scan_of(table: np.ndarray, *, units: str = "", up: str = "", seed: int = 0) -> Scan:
    """Return the cloud of a table (n, 3) or of more columns: see `columns.found_in`.

    Raises InputError.
    """
    try:
        return _scan(found_in(table), "", units, up or "z", 0, seed)
    except GeometryError as error:
        raise InputError(f"not a surface: {error}") from error


_HINTS = {
    **dict.fromkeys((".json", ".lines", ".h5", ".py"), "a history: cadcomplete inspect reads it"),
    **dict.fromkeys((".fcstd", ".f3d", ".sldprt", ".ipt"), "export its shape as STEP"),
}


def _reader(path: Path) -> Callable[[Path], RawCloud]:
    if path.is_dir():
        raise InputError("a folder, not a shape's file", file=path)
    reader = SCANS.get(path.suffix.lower())
    if reader is None:
        known, got = ", ".join(SCANS), path.suffix or "no suffix"
        hint = _HINTS.get(path.suffix.lower(), "")
        raise InputError("not a shape's file", file=path, expected=known, got=got, hint=hint)
    return reader


def _unpacked(path: Path, reader: Callable[[Path], RawCloud]) -> RawCloud:
    """Read what a .gz holds."""
    try:
        with gzip.open(path) as file:
            content = file.read(_UNPACKED + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError("not a whole .gz file", file=path, got=str(error)) from error
    if len(content) > _UNPACKED:
        raise InputError("too large", file=path, expected=f"at most {_UNPACKED >> 30} GB")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / f"shape{Path(path.stem).suffix}"
        place.write_bytes(content)
        try:
            return reader(place)
        except InputError as error:
            error.file = str(path)
            raise


def _scan(found: RawCloud, path: Path | str, units: str, up: str, points: int, seed: int) -> Scan:
    """Bring what was found to millimetres, z up, and make a cloud of it."""
    factor, matrix = millimetres(units or "mm"), turn(up)
    if found.triangles is not None:
        mesh = _mesh(found, path)
        if factor != 1 or up != "z":
            mesh = replace(mesh, vertices=factor * mesh.vertices @ matrix.T)
        cloud, notices = sample_cloud(mesh, points, seed=seed), found.notices
        if _inside_out(cloud):
            cloud = replace(cloud, normals=-cloud.normals)
            mesh = replace(mesh, triangles=mesh.triangles[:, ::-1])
            notices = (*notices, "the mesh was inside out and is turned")
        return Scan(cloud, notices, mesh, units, up, str(path))
    cloud, notices = _framed(found, path, seed)
    if factor != 1 or up != "z":
        cloud = PointCloud(
            cloud.points @ matrix.T,
            cloud.normals @ matrix.T,
            factor * matrix @ cloud.center,
            factor * cloud.scale,
            cloud.estimated,
        )
    if _inside_out(cloud):
        cloud = replace(cloud, normals=-cloud.normals)
        notices.append("the normals pointed inwards and are turned")
    return Scan(cloud, (*found.notices, *notices), None, units, up, str(path))


def _inside_out(cloud: PointCloud) -> bool:
    """Say whether normals point inwards.

    Of a closed surface the mean of p · n is three times its volume by its area (Gauss), and
    above 0 if they point outwards.
    """
    return bool((cloud.points * cloud.normals).sum(axis=1).mean() < _INWARDS)


def _framed(found: RawCloud, path: Path | str, seed: int) -> tuple[PointCloud, list[str]]:
    """Bring points into the frame, and see to it that they have unit normals."""
    places, normals = _checked(found.points, "points", path), found.normals
    notices: list[str] = []
    if normals is not None:
        normals = _unit(_checked(normals, "normals", path), notices)
    framed, center, scale = normalize(places)
    if found.frame is not None:
        if max(np.abs(center).max(), abs(scale - 1)) < HALF_PRECISION:
            framed, center, scale = places, np.zeros(3), 1.0  # bit for bit as in training
        center, scale = found.frame[0] + found.frame[1] * center, found.frame[1] * scale
    if normals is None and len(framed) > MOST:
        notices.append(f"{MOST:,} of {len(framed):,} points are used")
        framed = framed[np.random.default_rng(seed).choice(len(framed), MOST, replace=False)]
    if normals is not None:
        return PointCloud(framed, normals, center, scale), notices
    notices.append("normals were estimated from the points: answers are rougher than from a mesh")
    return PointCloud(framed, estimate_normals(framed), center, scale, estimated=True), notices


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


def _checked(values: Any, name: str, path: Path | str) -> Array:
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


def _mesh(found: RawCloud, path: Path | str) -> Mesh:
    """Return the mesh that a file holds, if its triangles are of vertices that exist."""
    triangles, vertices = np.asarray(found.triangles), np.asarray(found.points, np.float64)
    if not len(triangles):
        raise InputError("a mesh without triangles", file=path, hint="export the surface")
    if triangles.min() < 0 or triangles.max() >= len(vertices):
        expected = f"vertices 0 to {len(vertices) - 1}"
        got = f"{triangles.min()} to {triangles.max()}"
        raise InputError("triangles of no vertices", file=path, expected=expected, got=got)
    if not np.isfinite(vertices[triangles]).all():
        raise InputError("vertices that are not numbers", file=path, expected="finite coordinates")
    return Mesh(vertices, triangles.astype(np.int64))


def _stl(path: Path) -> RawCloud:
    return RawCloud.of(read_stl(path))


def _step(path: Path) -> RawCloud:
    """Read all solids and shells of a STEP file, in millimetres whatever its unit is."""
    from cadcomplete.kernel.step import read_step
    from cadcomplete.kernel.tessellate import tessellate

    mesh = tessellate(read_step(path))
    if not len(mesh.triangles):
        problem, hint = "a STEP file whose surface cannot be drawn", "are its numbers numbers?"
        raise InputError(problem, file=path, hint=hint)
    return RawCloud.of(mesh, units="mm")


SCANS: dict[str, Callable[[Path], RawCloud]] = {
    ".npy": read_npy,
    ".npz": read_npz,
    ".ply": read_ply,
    ".stl": _stl,
    ".step": _step,
    ".stp": _step,
    ".obj": read_mesh,
    ".off": read_mesh,
    ".glb": read_mesh,
    ".3mf": read_3mf,
    ".xyz": read_rows,
    ".pts": read_rows,
    ".asc": read_rows,
    ".txt": read_rows,
    ".csv": read_rows,
    ".pcd": read_pcd,
}
