"""Reading a prepared data set, whichever layout it has."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cadcomplete.data.samples import Sample, Skipped, design_of, find
from cadcomplete.errors import InputError
from cadcomplete.kernel.cloud import PointCloud
from cadcomplete.lines import decode
from cadcomplete.sequence import CadSequence

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: the number of its view, its style, and its bytes as PNG."""

    view: int
    style: str
    png: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A prepared part.

    Attributes:
        split: "train", "validation" or "test".
        caption: as it was given, or None.
        descriptions: derived from the geometry, the shorter one first.
        images: the canonical view first.
        cloud: None if there is none.
    """

    sequence: CadSequence
    design: str
    split: str
    caption: str | None
    descriptions: tuple[str, ...]
    images: tuple[Image, ...] = ()
    cloud: PointCloud | None = None


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a data set. Raises InputError if it is not complete."""
    manifest = _json(folder / "manifest.json")
    if not (folder / "report.json").exists():
        hint = "repeat the command that began it"
        raise InputError("this data set is not complete", file=folder, hint=hint)
    return manifest


def read_parts(
    folder: str | Path, *, split: str | None = None, modalities: bool = True
) -> Iterator[Part]:
    """Yield the parts of a data set or of one split, in the order in which they are stored.

    Without `modalities` pictures and clouds are not read. Raises InputError.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    if split is not None and split not in SPLITS:
        raise InputError("no such split", expected=" or ".join(SPLITS), got=split)
    if manifest["layout"] == "omnicad":
        yield from _from_folders(folder, split, modalities=modalities)
        return
    for shard in manifest["shards"]:
        if split in (None, shard["split"]):
            yield from _from_shard(folder / shard["file"], shard["split"], modalities=modalities)


def samples(folder: Path) -> Iterator[Sample | Skipped]:
    """Yield the parts of a data set as training takes them."""
    for part in read_parts(folder, modalities=False):
        yield Sample(part.sequence, part.caption, part.design, part.split, part.descriptions)


# --- shards -------------------------------------------------------------------------------------

_TEXTS = ["id", "design", "text", "caption", "description", "description_long"]
_MODALITIES = ["images", "points", "normals", "center", "scale"]


def _from_shard(path: Path, split: str, *, modalities: bool) -> Iterator[Part]:
    from cadcomplete.data.prepare.shards import read_rows

    for row in read_rows(path, _TEXTS + (_MODALITIES if modalities else [])):
        yield Part(
            CadSequence(decode(row["text"]).operations, row["id"]),
            row["design"],
            split,
            row["caption"],
            (row["description"], row["description_long"]),
            tuple(Image(**image) for image in row.get("images") or ()),
            _cloud(row) if row.get("points") is not None else None,
        )


def _cloud(arrays: Any) -> PointCloud:
    points, normals = (
        np.asarray(arrays[key], dtype=np.float64).reshape(-1, 3) for key in ("points", "normals")
    )
    return PointCloud(points, normals, np.asarray(arrays["center"]), float(arrays["scale"]))


# --- folders ------------------------------------------------------------------------------------


def _from_folders(folder: Path, split: str | None, *, modalities: bool) -> Iterator[Part]:
    from cadcomplete import readers

    sides = {part: name for name in SPLITS for part in _lines(folder / "splits" / f"{name}.txt")}
    captions = {e["id"]: e for file in sorted(folder.glob("txt/*.json")) for e in _json(file)}
    for path, name in find(folder):
        if name not in sides or split not in (None, sides[name]):
            continue
        sequence = CadSequence(readers.read(path).sequence.operations, name)
        known = captions.get(name, {})
        yield Part(
            sequence,
            design_of(name),
            sides[name],
            known.get("text caption") if known.get("given", True) else None,
            tuple(known[key] for key in ("description", "description_long") if key in known),
            _images(folder, name) if modalities else (),
            _npz(folder / "pointcloud" / f"{name}.npz") if modalities else None,
        )


def _images(folder: Path, id: str) -> tuple[Image, ...]:
    place = folder / "img" / id
    files = sorted(place.parent.glob(f"{place.name}_[0-9][0-9][0-9].png"))
    return tuple(Image(int(file.stem[-3:]), "", file.read_bytes()) for file in files)


def _npz(path: Path) -> PointCloud | None:
    if not path.exists():
        return None
    with _reading(path), np.load(path) as arrays:
        return _cloud(arrays)


def _json(path: Path) -> Any:
    with _reading(path):
        return json.loads(path.read_text(encoding="utf-8"))


def _lines(path: Path) -> list[str]:
    with _reading(path):
        return path.read_text(encoding="utf-8").splitlines()


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Name the file of a data set that cannot be read."""
    try:
        yield
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        problem = f"not a file of a prepared data set: {error}"
        raise InputError(problem, file=path, hint="prepare it again") from error
