"""The folders of the specification: json, json_truncated, txt, img and pointcloud, by id."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from cadcomplete.data.truncate import versions
from cadcomplete.files import write_bytes, write_text
from cadcomplete.readers import Document, from_sequence, parse, read


def write_folders(
    rows: Iterable[dict[str, Any]], source: Path, target: Path, number: int, *, truncations: int
) -> None:
    """Write parts as files, their captions to `txt/<number>.json`. Raises InputError.

    `source` is the folder of the histories that they were made from.
    """
    captions = []
    for row in rows:
        document = _document(row, source)
        name = row["id"]
        write_text(target / "json" / f"{name}.json", document.dump())
        for index, version in enumerate(versions(document, most=truncations), start=1):
            file = target / "json_truncated" / f"{name}_tr_{index:02d}.json"
            write_text(file, version.dump())
        for image in row["images"]:
            write_bytes(target / "img" / f"{name}_{image['view']:03d}.png", image["png"])
        if row["points"] is not None:
            write_bytes(target / "pointcloud" / f"{name}.npz", _npz(row))
        captions.append(_caption(row))
    text = json.dumps(captions, indent=1, ensure_ascii=False)
    write_text(target / "txt" / f"{number:06d}.json", text + "\n")


def _document(row: dict[str, Any], source: Path) -> Document:
    """The file as it was read if it is in that dialect already, unknown fields included."""
    if row["format"] == "omnicad":
        return read(source / row["source"])
    return from_sequence(parse(row["json"], id=row["id"]).sequence, dialect="omnicad")


def _caption(row: dict[str, Any]) -> dict[str, Any]:
    shown = row["caption"] if row["caption"] is not None else row["description_long"]
    derived = {key: row[key] for key in ("description", "description_long")}
    told = {"id": row["id"], "text caption": shown, "given": row["caption"] is not None, **derived}
    return {**told, "unsupported": names} if (names := row["unsupported"]) else told


def _npz(row: dict[str, Any]) -> bytes:
    file = io.BytesIO()
    np.savez(
        file,
        points=np.array(row["points"], dtype=np.float32).reshape(-1, 3),
        normals=np.array(row["normals"], dtype=np.float32).reshape(-1, 3),
        center=np.array(row["center"]),
        scale=np.array(row["scale"]),
    )
    return file.getvalue()
