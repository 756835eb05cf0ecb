"""Pictures and point clouds of single parts: found when a data set is listed, read when needed.

`Place` is all that is kept of them while a data set is in memory; `load` reads those of one part,
in any order, from a shard or from the folders of the specification.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from cadcomplete.clouds.cloud import PointCloud
from cadcomplete.data.beside import Beside
from cadcomplete.errors import InputError

SIGNATURE, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the pictures and the cloud of a part are, and which of them there are.

    Attributes:
        folder: of the data set.
        file: its shard, from there; "" in the layout of folders, where ids name the files.
        row: in the shard.
        pictures: how many there are.
        cloud: whether there is one.
    """

    folder: str
    file: str = ""
    row: int = 0
    pictures: int = 0
    cloud: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: the number of its view, its style, and its bytes as PNG."""

    view: int
    style: str
    png: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Modalities:
    """What a part has beside its history and captions.

    Attributes:
        images: those that were asked for, in that order.
        cloud: None if there is none, or it was not asked for.
    """

    images: tuple[Image, ...] = ()
    cloud: PointCloud | None = None


def load(
    place: Place, id: str, *, images: Sequence[int] | None = None, cloud: bool = True
) -> Modalities:
    """Return the pictures and the cloud of a part, by default all of them.

    `images` says which pictures, from 0 to `place.pictures`. Raises InputError, which names the
    file, if one is missing, damaged, or not what it was when the data set was listed.
    """
    chosen = range(place.pictures) if images is None else images
    if place.file:
        return _from_shard(place, id, chosen, cloud=cloud and place.cloud)
    folder = Path(place.folder)
    return Modalities(
        _pictures(folder / "img", id, place.pictures, chosen) if len(chosen) else (),
        _read_cloud(folder / "pointcloud", id) if cloud and place.cloud else None,
    )


# --- shards -------------------------------------------------------------------------------------

CLOUD = ("points", "normals", "center", "scale")
KNOWN = ("images.list.element.view", "scale")
"""Columns that say what a part has, which are small."""


def place_in_shard(folder: str, file: str, number: int, row: dict[str, Any]) -> Place | None:
    """Return where the pictures and the cloud of a row are, from its columns `KNOWN`."""
    pictures, cloud = len(row["images"] or ()), row["scale"] is not None
    return Place(folder, file, number, pictures, cloud) if pictures or cloud else None


def _from_shard(place: Place, id: str, chosen: Sequence[int], *, cloud: bool) -> Modalities:
    from cadcomplete.data.shards import read_row

    path = Path(place.folder, place.file)
    images: tuple[Image, ...] = ()
    if len(chosen):
        row = _same(read_row(path, place.row, ("id", "images")), id, path)
        found = row["images"] or ()
        if len(found) != place.pictures:
            raise _changed(path, id, f"{place.pictures} pictures", len(found))
        with reading(path, where=id):
            images = tuple(Image(**{**found[i], "png": _whole(found[i]["png"])}) for i in chosen)
    if not cloud:
        return Modalities(images)
    row = _same(read_row(path, place.row, ("id", *CLOUD)), id, path)
    with reading(path, where=id):
        return Modalities(images, cloud_of(row))


def _same(row: dict[str, Any], id: str, path: Path) -> dict[str, Any]:
    if row["id"] != id:
        raise _changed(path, id, id, row["id"])
    return row


def _changed(path: Path, id: str, expected: str, got: object) -> InputError:
    problem, hint = "changed since it was listed", "leave a data set alone while it is read"
    return InputError(problem, file=path, where=id, expected=expected, got=got, hint=hint)


# --- folders ------------------------------------------------------------------------------------


_SUFFIXES = (".JPEG", ".JPG", ".PNG", ".jpeg", ".jpg", ".png")
_PICTURE = rf"(?:{'|'.join(map(re.escape, _SUFFIXES))})"


class FilePlaces:
    """Where the parts of a folder have their pictures and clouds: `img/`, `pointcloud/`.

    Pictures are `<id>_NNN.png`, one for each view, or `<id>.png` alone; JPEG likewise.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._images = _beside(folder / "img")
        self._clouds = Beside(folder / "pointcloud", r"\.np[yz]")

    def find(self, id: str) -> Place | None:
        """Return where the pictures and the cloud of a part are, or None if it has none."""
        pictures = next((len(found) for b in self._images if (found := b.endings(id))), 0)
        cloud = bool(self._clouds.endings(id))
        if not pictures and not cloud:
            return None
        return Place(self._folder, pictures=pictures, cloud=cloud)


def _beside(folder: Path) -> tuple[Beside, Beside]:
    """The views of parts; and what stands alone, which counts where there are none."""
    return Beside(folder, rf"_\d{{3}}{_PICTURE}"), Beside(folder, _PICTURE)


def _pictures(folder: Path, id: str, count: int, chosen: Sequence[int]) -> tuple[Image, ...]:
    """Read pictures without listing a folder that may have millions of them."""
    views = ((v, folder / f"{id}_{v:03d}{end}") for v in range(1000) for end in _SUFFIXES)
    found = list(islice((pair for pair in views if pair[1].exists()), max(chosen) + 1))
    if not found:
        alone = ((0, folder / f"{id}{end}") for end in _SUFFIXES)
        found = [pair for pair in alone if pair[1].exists()]
    if len(found) <= max(chosen):
        raise _changed(folder / f"{id}_*.png", "", f"{count} pictures", len(found))
    images = []
    for view, file in (found[i] for i in chosen):
        with reading(file):
            images.append(Image(view, "", _as_png(file.read_bytes())))
    return tuple(images)


def _as_png(content: bytes) -> bytes:
    """Return a picture as PNG. Raises ValueError if it is damaged, or neither PNG nor JPEG."""
    if not content.startswith(_JPEG):
        return _whole(content)
    from PIL import Image as Pillow

    with Pillow.open(io.BytesIO(content), formats=("JPEG",)) as image:
        image.load()
        file = io.BytesIO()
        image.convert("RGB").save(file, format="PNG", compress_level=1)
    return file.getvalue()


def _read_cloud(folder: Path, id: str) -> PointCloud:
    """Read a cloud that has its frame as it is, and any other one as a scan."""
    path = folder / f"{id}.npz"
    if not path.exists():
        return _scan(folder / f"{id}.npy")
    with reading(path):
        if not zipfile.is_zipfile(path):
            raise ValueError("not a zip of arrays")
        with np.load(path) as arrays:
            if set(CLOUD) <= set(arrays):
                return cloud_of(arrays)
    return _scan(path)


def _scan(path: Path) -> PointCloud:
    from cadcomplete.clouds.read import read_scan

    return read_scan(path).cloud


# --- what both have -----------------------------------------------------------------------------


def cloud_of(arrays: Any) -> PointCloud:
    """Return a cloud from its arrays, flat or not. Raises ValueError."""
    points, normals = (
        np.asarray(arrays[key], dtype=np.float64).reshape(-1, 3) for key in ("points", "normals")
    )
    if points.shape != normals.shape:
        raise ValueError(f"{len(points)} points, but {len(normals)} normals")
    return PointCloud(points, normals, np.asarray(arrays["center"]), float(arrays["scale"]))


def _whole(png: bytes) -> bytes:
    """Return a PNG if all its chunks are what their checksums say (PNG 5.3). Raises ValueError."""
    if not png.startswith(SIGNATURE):
        raise ValueError("neither a PNG nor a JPEG")
    at = len(SIGNATURE)
    while at < len(png):
        end = at + 8 + int.from_bytes(png[at : at + 4], "big")
        if zlib.crc32(png[at + 4 : end]) != int.from_bytes(png[end : end + 4], "big"):
            break
        if png[at + 4 : at + 8] == b"IEND":
            return png
        at = end + 4
    raise ValueError("a PNG that is damaged or cut short")


@contextmanager
def reading(path: Path, *, where: str = "") -> Iterator[None]:
    """Name the file of a data set that cannot be read."""
    damage = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)
    try:
        yield
    except damage as error:
        problem = f"not a file of a data set: {error}"
        hint = "if the data set was prepared, prepare it again"
        raise InputError(problem, file=path, where=where, hint=hint) from error
