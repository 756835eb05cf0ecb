"""Pictures of parts."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cadcomplete.files import writing
from cadcomplete.readers import Document

if TYPE_CHECKING:
    import numpy as np

    from cadcomplete.exporters.part import Part
    from cadcomplete.meshes.mesh import Mesh

SIZE = 640
_TILE = 360
_LINES, _HEIGHT = 4, 22  # of what is written under a tile
_WIDTH = 44  # letters of such a line
_INK = (60, 64, 72)


def write_png(part: Part, path: Path) -> None:
    """Write a picture of the part: open sketches in blue, what a completion added in orange."""
    from PIL import Image

    picture = draw(part.document, part.solid, part.given, completed=part.completed, size=SIZE)
    Image.fromarray(picture).save(path, format="PNG")


def draw(document: Document, solid: Any, given: Any, *, completed: bool, size: int) -> np.ndarray:
    """Return a picture, (size, size, 3) bytes; seen from where most of the new shows.

    Without a solid it shows what was given.
    """
    from cadcomplete.meshes.mesh import open_sketches
    from cadcomplete.meshes.render import ISOMETRIC, best_camera, render

    before = _mesh(given)
    mesh = before if solid is None else _mesh(solid)
    return render(
        mesh,
        size=size,
        camera=best_camera(mesh, given=before) if completed else ISOMETRIC,
        sketches=open_sketches(document.sequence),
        given=before if completed else None,
    )


def _mesh(solid: Any) -> Mesh:
    from cadcomplete.kernel.tessellate import tessellate
    from cadcomplete.meshes.mesh import EMPTY

    return EMPTY if solid is None else tessellate(solid)


def draw_overview(
    given: Document,
    entries: list[tuple[Document, str]],
    path: Path,
    kept: Sequence[bytes | None] = (),
) -> None:
    """Write what was given, if anything, and all completions beside each other: a job for
    `kernel.contain`.

    `entries` are the completed parts and what is written under them; `kept` are the solids of
    the given part and of these, where they are known (`Report.solid`). All are seen from one side
    and as large; edges that were added are seen through what hides them.
    """
    from PIL import Image, ImageDraw

    from cadcomplete.exporters.part import built
    from cadcomplete.meshes.mesh import open_sketches
    from cadcomplete.meshes.render import CORNERS, STEEP, best_camera, render

    documents = [given, *(document for document, _ in entries)]
    known = kept or [None] * len(documents)
    solids = [built(document, one) for document, one in zip(documents, known, strict=True)]
    before = _mesh(solids[0])
    meshes = [before, *(before if solid is None else _mesh(solid) for solid in solids[1:])]
    camera = best_camera(*meshes, given=before, views=(*CORNERS, *STEEP))
    texts = [_wrapped(text) for text in ("given", *(text for _, text in entries))]
    tiles = list(zip(documents, meshes, texts, strict=True))
    tiles = tiles if given.sequence.operations else tiles[1:]
    height = _TILE + max(len(lines) for *_, lines in tiles) * _HEIGHT + _HEIGHT // 2
    sheet = Image.new("RGB", (_TILE * len(tiles), height), "white")
    pen = ImageDraw.Draw(sheet)
    for column, (document, mesh, lines) in enumerate(tiles):
        sketches = open_sketches(document.sequence)
        picture = render(
            mesh, size=_TILE, camera=camera, sketches=sketches, given=before, hidden=True
        )
        sheet.paste(Image.fromarray(picture), (column * _TILE, 0))
        for row, line in enumerate(lines):
            _write(pen, column * _TILE + _TILE / 2, _TILE + (row + 0.5) * _HEIGHT, line)
    with writing(path) as unfinished:
        sheet.save(unfinished, format="PNG")


def _wrapped(text: str) -> list[str]:
    return [part for line in text.splitlines() for part in textwrap.wrap(line, _WIDTH)][:_LINES]


def _write(pen: Any, middle: float, y: float, line: str) -> None:
    """Write a line around a place. Pillow's letters lack two that dimensions need: × and ø."""
    from PIL import ImageFont

    font = ImageFont.load_default(16)
    plain = line.replace("×", "x").replace("ø", "o")
    pen.text((middle, y), plain, fill=_INK, anchor="mm", font=font)
    left = middle - font.getlength(plain) / 2
    for at in (i for i, letter in enumerate(line) if letter == "ø"):
        x = left + font.getlength(plain[:at]) + font.getlength("o") / 2
        pen.line((x - 4, y + 8, x + 4, y - 3), fill=_INK)
