"""A part beside the shape that it was rebuilt from: how far they are apart, and a picture.

All three are jobs for `kernel.contain`. Nothing here loads the kernel before it is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cadcomplete.clouds.cloud import PointCloud
from cadcomplete.clouds.deviation import Deviation, of_cloud, of_surface
from cadcomplete.files import writing
from cadcomplete.meshes.mesh import EMPTY, Mesh
from cadcomplete.readers import Document

if TYPE_CHECKING:
    from PIL.Image import Image

TILE, _MARGIN = 480, 34
_FINE = {"deflection": 2e-5, "angle": 2.0}
_OFF = 2e-3  # of the size: from there on a point of a cloud is off the part


def fine_surface(path: Path) -> Mesh:
    """Return the surface in a STEP file, its facets closer than usual. Raises InputError."""
    from cadcomplete.kernel.step import read_step
    from cadcomplete.kernel.tessellate import tessellate

    return tessellate(read_step(path), **_FINE)


def deviation(
    document: Document, shape: Mesh | PointCloud, kept: bytes | None = None
) -> Deviation | None:
    """Return how far a part is from a shape; None if there is no solid.

    `kept` is the solid, if it is known (`Report.solid`).
    """
    from cadcomplete.exporters.part import built
    from cadcomplete.kernel.tessellate import tessellate

    solid = built(document, kept)
    if solid is None:
        return None
    part = tessellate(solid, **_FINE)
    if isinstance(shape, Mesh):
        return of_surface(part, shape)
    return of_cloud(part, shape)


def draw_rebuilt(
    document: Document,
    shape: Mesh | PointCloud,
    labels: Sequence[str],
    path: Path,
    kept: bytes | None = None,
) -> None:
    """Write a picture of a shape and of the part that was rebuilt from it, side by side.

    `kept` is its solid, if it is known. Where the part has surface and a mesh has none it is
    orange; so are points of a cloud that are off the part.
    """
    from cadcomplete.exporters.part import built
    from cadcomplete.kernel.tessellate import tessellate
    from cadcomplete.meshes.distances import distances
    from cadcomplete.meshes.render import Camera, render

    solid = built(document, kept)
    part = EMPTY if solid is None else tessellate(solid)
    size = 0.0
    if isinstance(shape, Mesh):
        left, given = shape, shape
    else:
        size = 2 * shape.scale
        left, given = _patches(shape.millimetres, shape.normals, size), None
    camera = Camera(box=Mesh(left.vertices, left.triangles, (part.vertices,)).bounding_box)
    tiles = [render(left, size=TILE, camera=camera)]
    if given is None and len(part.triangles) and isinstance(shape, PointCloud):
        points = shape.millimetres
        off = distances(points, part) > _OFF * size
        loose = _patches(points[off], shape.normals[off], size)
        both = _joined(part, loose)
        tiles.append(render(both, size=TILE, camera=camera, given=part))
    else:
        tiles.append(render(part, size=TILE, camera=camera, given=given))
    with writing(path) as unfinished:
        _sheet(tiles, labels).save(unfinished, format="PNG")


def _sheet(tiles: Sequence[np.ndarray], labels: Sequence[str]) -> Image:
    from PIL import Image, ImageDraw

    sheet = Image.new("RGB", (TILE * len(tiles), TILE + _MARGIN), "white")
    pen = ImageDraw.Draw(sheet)
    for column, (tile, label) in enumerate(zip(tiles, labels, strict=True)):
        sheet.paste(Image.fromarray(tile), (column * TILE, 0))
        middle = (column * TILE + TILE / 2, TILE + _MARGIN / 2 - 3)
        pen.text(middle, label, fill=(60, 64, 72), anchor="mm", font_size=16)
    return sheet


def _patches(points: np.ndarray, normals: np.ndarray, size: float) -> Mesh:
    """Points as small squares across their normals, so that they can be drawn like a surface."""
    count = len(points)
    if not count:
        return EMPTY
    half = 0.004 * size
    helper = np.eye(3)[np.abs(normals).argmin(axis=1)]
    u = np.cross(normals, helper)
    u *= half / np.linalg.norm(u, axis=1, keepdims=True)
    v = np.cross(normals, u)
    corners = np.stack([points - u - v, points + u - v, points + u + v, points - u + v], axis=1)
    halves = np.array([[0, 1, 2], [0, 2, 3]])
    triangles = (4 * np.arange(count)[:, None, None] + halves).reshape(-1, 3)
    return Mesh(corners.reshape(-1, 3), triangles)


def _joined(one: Mesh, other: Mesh) -> Mesh:
    triangles = np.concatenate([one.triangles, other.triangles + len(one.vertices)])
    return Mesh(np.concatenate([one.vertices, other.vertices]), triangles, one.lines)
