"""Many parts on one picture, each cut somewhere: what is given in grey, the target in colour."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cadcomplete.errors import CadCompleteError, InputError
from cadcomplete.files import writing
from cadcomplete.kernel.contain import Kernel
from cadcomplete.readers import Document

if TYPE_CHECKING:
    import numpy as np

_LABEL = 22
_TEXT = (60, 64, 72)
_LINE = (222, 225, 230)


def draw_sheet(
    entries: Sequence[tuple[Document, int]],
    path: Path,
    *,
    kernel: Kernel,
    columns: int = 8,
    tile: int = 208,
    labels: Sequence[str] = (),
) -> None:
    """Write a PNG with a tile for each part, drawn by the workers of `kernel`.

    `entries` are documents and how many operations of each are given: their solid is grey, what
    the others add or lay bare is orange, and sketches that are not extruded yet are blue. Under
    each stands how many are given, and of how many, or what `labels` has for each. `tile` is in
    pixels. A part that cannot be drawn says why. Raises InputError if there are no entries or one
    has fewer operations.
    """
    from PIL import Image, ImageDraw

    if not entries:
        raise InputError("there are no parts to draw", hint="give at least one")
    cuts = [(document.truncated(keep), document, tile) for document, keep in entries]
    wide, high = min(columns, len(entries)), math.ceil(len(entries) / columns)
    sheet = Image.new("RGB", (wide * tile, high * (tile + _LABEL)), "white")
    pen = ImageDraw.Draw(sheet)
    for number, drawn in enumerate(kernel.map(draw_cut, cuts)):
        x, y = number % columns * tile, number // columns * (tile + _LABEL)
        if isinstance(drawn, CadCompleteError):
            text = textwrap.fill(str(drawn), tile // 8)
            pen.text((x + tile / 2, y + tile / 2), text, _TEXT, anchor="mm", align="center")
        else:
            sheet.paste(Image.fromarray(drawn), (x, y))
        document, keep = entries[number]
        given = f"{keep} of {len(document.sequence)} operations"
        label = labels[number] if labels else given
        pen.text((x + tile / 2, y + tile + _LABEL / 2 - 2), label, _TEXT, anchor="mm", font_size=13)
        pen.rectangle((x, y, x + tile, y + tile + _LABEL), outline=_LINE)
    with writing(path) as unfinished:
        sheet.save(unfinished, format="PNG")


def draw_cut(cut: tuple[Document, Document, int]) -> np.ndarray:
    """Draw a part of which a prefix is given, in a number of pixels: a job for `kernel.contain`.

    Raises BuildError.
    """
    from cadcomplete.exporters.pictures import draw
    from cadcomplete.kernel.build import build

    prefix, document, size = cut
    before, after = build(prefix.sequence), build(document.sequence)
    return draw(prefix, after, before, completed=True, size=size)
