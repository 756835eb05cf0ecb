"""Pictures of parts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cadcomplete.files import writing
from cadcomplete.readers import Document

if TYPE_CHECKING:
    import numpy as np

    from cadcomplete.exporters import Part

SIZE = 640
_TILE = 360
_MARGIN = 30


def write_png(part: Part, path: Path) -> None:
    """Write a picture of the part: open sketches in blue, what a completion added in orange."""
    from PIL import Image

    picture = draw(part.document, part.solid, part.given, completed=part.completed, size=SIZE)
    Image.fromarray(picture).save(path, format="PNG")


def draw(document: Document, solid: Any, given: Any, *, completed: bool, size: int) -> np.ndarray:
    """Return a picture, (size, size, 3) bytes; seen from where most of the new shows.

    Without a solid it shows what was given.
    """
    from cadcomplete.kernel.mesh import EMPTY, open_sketches
    from cadcomplete.kernel.render import ISOMETRIC, best_camera, render
    from cadcomplete.kernel.tessellate import tessellate

    before = EMPTY if given is None else tessellate(given)
    mesh = before if solid is None else tessellate(solid)
    camera = best_camera(mesh, before) if completed else ISOMETRIC
    return render(
        mesh,
        size=size,
        camera=camera,
        sketches=open_sketches(document.sequence),
        given=before if completed else None,
    )


def draw_overview(given: Document, entries: list[tuple[Document, str]], path: Path) -> None:
    """Write what was given and all completions beside each other: a job for `kernel.contain`.

    `entries` are the completed parts and what is written under them.
    """
    from PIL import Image, ImageDraw

    from cadcomplete.exporters import built

    before = built(given)
    pictures = [(draw(given, before, None, completed=False, size=_TILE), "given")]
    for document, text in entries:
        solid = built(document)
        pictures.append((draw(document, solid, before, completed=True, size=_TILE), text))
    sheet = Image.new("RGB", (_TILE * len(pictures), _TILE + _MARGIN), "white")
    pen = ImageDraw.Draw(sheet)
    for column, (picture, text) in enumerate(pictures):
        sheet.paste(Image.fromarray(picture), (column * _TILE, 0))
        middle = (column * _TILE + _TILE / 2, _TILE + _MARGIN / 2)
        pen.text(middle, text, fill=(60, 64, 72), anchor="mm", font_size=16)
    with writing(path) as unfinished:
        sheet.save(unfinished, format="PNG")
