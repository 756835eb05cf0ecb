"""Reading a prepared data set, whichever layout it has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cadcomplete.clouds.cloud import PointCloud
from cadcomplete.data.modalities import (
    CLOUD,
    KNOWN,
    FilePlaces,
    Image,
    Modalities,
    Place,
    cloud_of,
    load,
    place_in_shard,
    reading,
)
from cadcomplete.data.samples import Sample, Skipped, design_of, find
from cadcomplete.errors import InputError
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.lines import decode

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True, eq=False)
class PreparedPart:
    """A prepared part.

    Attributes:
        split: "train", "validation" or "test".
        caption: as it was given, or None.
        descriptions: derived from the geometry, the shorter one first.
        images: the canonical view first.
        cloud: None if there is none.
        place: where `modalities.load` finds pictures and cloud; None if there are none.
        unsupported: what follows its last operation and is not known here, by name.
    """

    sequence: CadSequence
    design: str
    split: str
    caption: str | None
    descriptions: tuple[str, ...]
    images: tuple[Image, ...] = ()
    cloud: PointCloud | None = None
    place: Place | None = None
    unsupported: tuple[str, ...] = ()


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a data set. Raises InputError if it is not complete."""
    manifest = _json(folder / "manifest.json")
    if not (folder / "report.json").exists():
        hint = "repeat the command that began it"
        raise InputError("this data set is not complete", file=folder, hint=hint)
    return manifest


def read_parts(
    folder: str | Path, *, split: str | None = None, modalities: bool = True
) -> Iterator[PreparedPart]:
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
            yield from _from_shard(folder, shard["file"], shard["split"], modalities=modalities)


def samples(
    folder: Path, *, cuts: bool = False, split: str | None = None
) -> Iterator[Sample | Skipped]:
    """Yield the parts of a data set, or of one split, as training takes them.

    `cuts` is as for `read_samples`.
    """
    stated = None
    if cuts and read_manifest(folder)["layout"] == "omnicad":
        from cadcomplete.data.truncate import StatedCuts

        stated = StatedCuts(folder)
    for part in read_parts(folder, split=split, modalities=False):
        kept, problems = stated.of(part.sequence) if stated else ((), ())
        yield from problems
        yield Sample(
            part.sequence,
            part.caption,
            part.design,
            part.split,
            part.descriptions,
            part.place,
            kept,
            part.unsupported,
        )
    if stated:
        yield from stated.without_part()


# --- shards -------------------------------------------------------------------------------------


def sample_of(row: dict[str, Any], split: str, place: Place | None) -> Sample:
    """Return a row of a shard, of its columns `TEXTS`, as training takes it."""
    return Sample(
        CadSequence(decode(row["text"]).operations, row["id"]),
        row["caption"],
        row["design"],
        split,
        (row["description"], row["description_long"]),
        place,
        unsupported=tuple(row["unsupported"]),
    )


TEXTS = ("id", "design", "text", "caption", "description", "description_long", "unsupported")


def _from_shard(folder: Path, file: str, split: str, *, modalities: bool) -> Iterator[PreparedPart]:
    from cadcomplete.data.shards import read_rows

    path, root = folder / file, str(folder)
    columns = ("images", *CLOUD) if modalities else KNOWN
    for number, row in enumerate(read_rows(path, (*TEXTS, *columns))):
        with reading(path, where=row["id"]):
            images = tuple(Image(**image) for image in row["images"] or ()) if modalities else ()
            cloud = cloud_of(row) if modalities and row["scale"] is not None else None
        yield PreparedPart(
            CadSequence(decode(row["text"]).operations, row["id"]),
            row["design"],
            split,
            row["caption"],
            (row["description"], row["description_long"]),
            images,
            cloud,
            place_in_shard(root, file, number, row),
            tuple(row["unsupported"]),
        )


# --- folders ------------------------------------------------------------------------------------


def _from_folders(folder: Path, split: str | None, *, modalities: bool) -> Iterator[PreparedPart]:
    from cadcomplete import readers

    sides = {part: name for name in SPLITS for part in _lines(folder / "splits" / f"{name}.txt")}
    places = FilePlaces(folder)
    captions = {e["id"]: e for file in sorted(folder.glob("txt/*.json")) for e in _json(file)}
    for path, name in find(folder):
        if name not in sides or split not in (None, sides[name]):
            continue
        whole = readers.read(path).sequence
        sequence = CadSequence(whole.operations, name)
        known, place = captions.get(name, {}), places.find(name)
        has = load(place, name) if modalities and place else Modalities()
        yield PreparedPart(
            sequence,
            design_of(name),
            sides[name],
            known.get("text caption") if known.get("given", True) else None,
            tuple(known[key] for key in ("description", "description_long") if key in known),
            has.images,
            has.cloud,
            place,
            tuple(known.get("unsupported", whole.unsupported)),
        )


def _json(path: Path) -> Any:
    with reading(path):
        return json.loads(path.read_text(encoding="utf-8"))


def _lines(path: Path) -> list[str]:
    with reading(path):
        return path.read_text(encoding="utf-8").splitlines()
