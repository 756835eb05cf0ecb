"""Meshes in the formats of other programs: .obj, .off and .glb by trimesh, .3mf by its parts."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cadcomplete.clouds.shape import RawCloud, without_mark
from cadcomplete.errors import InputError
from cadcomplete.history.geometry import Array
from cadcomplete.meshes.mesh import Mesh

_LARGEST = 1 << 30  # bytes of a model in a .3mf, unpacked
_DEEP = 32  # components within components

# What parsers of others make of a broken file: anything, up to names that were never bound.
_BROKEN = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    NameError,
    ArithmeticError,
    RuntimeError,
    AssertionError,
    ImportError,
    EOFError,
    zlib.error,
)


def read_mesh(path: Path) -> RawCloud:
    """Return the mesh of a file that trimesh reads, or its points if it has no faces.

    The unit of .glb is the metre and its y points up (glTF 2.0, 3.4); the others do not say.
    Raises InputError, OSError.
    """
    kind = path.suffix.lower().removeprefix(".")
    content = path.read_bytes()
    if kind != "glb":
        content = without_mark(content, path)
    points, triangles = _loaded(content, kind, path)
    units, up = ("m", "y") if kind == "glb" else ("", "z")
    if not len(triangles) and len(points):
        return RawCloud(points, units=units, up=up)
    return RawCloud.of(Mesh(points, triangles), units=units, up=up)


def _loaded(content: bytes, kind: str, path: Path) -> tuple[Array, np.ndarray]:
    """The vertices (n, 3) and the triangles (m, 3) of all that a file holds."""
    import trimesh

    problem, hint = f"not a {kind.upper()} file that can be read", "export it again, or as STL"
    try:
        options: dict[str, Any] = {"skip_materials": True} if kind == "obj" else {}
        scene = trimesh.load_scene(io.BytesIO(content), file_type=kind, process=False, **options)
        dumped: list[Any] = scene.dump()
        parts = [part for part in dumped if len(getattr(part, "vertices", ()))]
    except _BROKEN as error:
        got = str(error) or type(error).__name__
        raise InputError(problem, file=path, got=got, hint=hint) from error
    faces: list[Any] = [getattr(part, "faces", None) for part in parts]
    if any(one is not None and len(one) for one in faces):  # loose points beside a mesh are none
        kept = [i for i, one in enumerate(faces) if one is not None and len(one)]
        parts, faces = [parts[i] for i in kept], [faces[i] for i in kept]
    return _together(
        [
            (np.asarray(part.vertices, np.float64), _triangles(face))
            for part, face in zip(parts, faces, strict=True)
        ]
    )


def _triangles(faces: Any) -> np.ndarray:
    return np.asarray([] if faces is None else faces, dtype=np.int64).reshape(-1, 3)


def _together(parts: list[tuple[Array, np.ndarray]]) -> tuple[Array, np.ndarray]:
    """One list of vertices and triangles."""
    starts = np.cumsum([0, *(len(vertices) for vertices, _ in parts)])
    triangles = [t + start for (_, t), start in zip(parts, starts, strict=False)]
    return (
        np.concatenate([np.zeros((0, 3)), *(vertices for vertices, _ in parts)]),
        np.concatenate([np.zeros((0, 3), dtype=np.int64), *triangles]),
    )


# --- .3mf ---------------------------------------------------------------------------------------


def read_3mf(path: Path) -> RawCloud:
    """Return what a 3MF file (Core Specification 1.3) would print, in the unit that it says.

    Raises InputError, OSError.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            model = _Model(archive)
            parts = list(model.parts())
    except (zipfile.BadZipFile, ET.ParseError, ValueError, KeyError, *_BROKEN) as error:
        problem, hint = "not a 3MF file that can be read", "export it again, or as STL"
        got = str(error) or type(error).__name__
        raise InputError(problem, file=path, got=got, hint=hint) from error
    points, triangles = _together(parts)
    return RawCloud.of(Mesh(points, triangles), units=model.unit)


def _local(tag: str) -> str:
    """A name without the address of its namespace."""
    return tag.rpartition("}")[2]


@dataclass(frozen=True, slots=True)
class _Use:
    """A component of an object, or an item of the build: what, in which file, and placed how."""

    file: str
    id: str
    matrix: Array


class _Model:
    """The objects of an archive, and what is built of them."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive, self._trees = archive, {}
        names = [name for name in archive.namelist() if name.lower().endswith(".model")]
        if not names:
            raise ValueError("no model in it")
        main = [name for name in names if name.lower().endswith("3d/3dmodel.model")]
        self._main = (main or names)[0]
        self.unit = self._tree(self._main).get("unit", "millimeter")

    def parts(self) -> Iterator[tuple[Array, np.ndarray]]:
        """The meshes of all items that are built, where they are."""
        root = self._tree(self._main)
        for item in (e for e in root.iter() if _local(e.tag) == "item"):
            yield from self._placed(_use(item, self._main), 0)

    def _placed(self, use: _Use, depth: int) -> Iterator[tuple[Array, np.ndarray]]:
        if depth > _DEEP:
            raise ValueError("components within components without end")
        objects = (e for e in self._tree(use.file).iter() if _local(e.tag) == "object")
        found = next((e for e in objects if e.get("id") == use.id), None)
        if found is None:
            raise ValueError(f"no object {use.id}")
        if found.get("type", "model") not in ("model", "solidsupport", "surface"):
            return
        for element in found.iter():
            if _local(element.tag) == "mesh":
                vertices, triangles = _mesh(element)
                yield vertices @ use.matrix[:3] + use.matrix[3], triangles
            elif _local(element.tag) == "component":
                for vertices, triangles in self._placed(_use(element, use.file), depth + 1):
                    yield vertices @ use.matrix[:3] + use.matrix[3], triangles

    def _tree(self, name: str) -> ET.Element:
        if name not in self._trees:
            if self._archive.getinfo(name).file_size > _LARGEST:
                raise ValueError(f"more than {_LARGEST >> 30} GB")
            content = self._archive.read(name)
            if b"<!DOCTYPE" in content:
                raise ValueError("a document type, which a 3MF file has not")
            self._trees[name] = ET.fromstring(content)
        return self._trees[name]


def _use(element: ET.Element, file: str) -> _Use:
    """Read `objectid`, `p:path` and `transform`: a matrix (4, 3) that rows are multiplied by."""
    path = next((v for k, v in element.items() if _local(k) == "path"), "").lstrip("/")
    numbers = [float(word) for word in element.get("transform", "1 0 0 0 1 0 0 0 1 0 0 0").split()]
    return _Use(path or file, element.get("objectid", ""), np.array(numbers).reshape(4, 3))


def _mesh(element: ET.Element) -> tuple[Array, np.ndarray]:
    vertices = [
        [float(e.get(axis, "nan")) for axis in "xyz"]
        for e in element.iter()
        if _local(e.tag) == "vertex"
    ]
    triangles = [
        [int(e.get(corner, "-1")) for corner in ("v1", "v2", "v3")]
        for e in element.iter()
        if _local(e.tag) == "triangle"
    ]
    return (
        np.array(vertices, dtype=np.float64).reshape(-1, 3),
        np.array(triangles, dtype=np.int64).reshape(-1, 3),
    )
