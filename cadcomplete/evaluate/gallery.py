"""Random questions with their answers in pictures: what was given, what was wanted, what came."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cadcomplete.data.samples import hash64
from cadcomplete.errors import CadCompleteError
from cadcomplete.evaluate.run import Watch
from cadcomplete.evaluate.scored import Scored
from cadcomplete.files import writing
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.kernel.contain import Kernel
from cadcomplete.metrics.targets import HIT

if TYPE_CHECKING:
    import numpy as np

CASES, SHOWN = 48, 3
_TILE, _LABEL, _HEAD = 210, 22, 26
_TEXT, _LINE = (60, 64, 72), (214, 218, 224)
_HIT, _MISS = (23, 122, 74), (176, 42, 48)


@dataclass(frozen=True, slots=True)
class Tile:
    """A picture of a part, or why there is none, and what is written under it."""

    sequence: CadSequence | None
    label: str
    color: tuple[int, int, int]


def chosen(scored: Sequence[Scored], *, count: int = CASES, seed: int = 0) -> list[Scored]:
    """Return questions that can be hit, at random: by the hash of what they ask, and a seed."""
    asked = [s for s in scored if s.ranking is not None and not s.ranking.excluded]
    return sorted(asked, key=lambda s: hash64(f"gallery {seed} {s.answer.key}"))[:count]


def draw_gallery(
    cases: Sequence[Scored], path: Path, *, kernel: Kernel, watch: Watch, columns: int = 1
) -> None:
    """Write a PNG with a row of pictures for each case, drawn by the workers of `kernel`.

    In a row: the given part, the true next operation, and the first suggestions, each with its
    score, and whether it hits. What is new is orange, sketches are blue.
    """
    from PIL import Image, ImageDraw

    rows = [tiles(case) for case in cases]
    jobs = [kernel.submit(draw_row, [t.sequence for t in row], _TILE) for row in rows]
    wide, high = _TILE * (2 + SHOWN) + 14, _HEAD + _TILE + _LABEL + 10
    size = (wide * columns, high * -(-len(rows) // columns))
    sheet = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(sheet)
    for number, (case, row, job) in enumerate(zip(cases, rows, jobs, strict=True)):
        x, y = number % columns * wide, number // columns * high
        pen.text((x + 6, y + _HEAD / 2), _title(case), _TEXT, anchor="lm", font_size=15)
        try:
            pictures = job.result()
        except CadCompleteError as error:
            pictures = [str(error)] * len(row)
        for column, (tile, picture) in enumerate(zip(row, pictures, strict=True)):
            _place(sheet, (x + 4 + column * _TILE, y + _HEAD), tile, picture)
        pen.line((x + 4, y + high - 5, x + wide - 8, y + high - 5), _LINE)
        watch("drawing", number + 1, len(rows))
    with writing(path) as unfinished:
        sheet.save(unfinished, format="PNG")


def _title(case: Scored) -> str:
    answer, kind = case.answer, case.ranking.kind if case.ranking else ""
    shown = "" if answer.condition == "none" else f", with {answer.condition}"
    return f"{answer.truth.id}: {answer.given} of {len(answer.truth)} given, {kind}{shown}"


def _place(sheet: object, at: tuple[int, int], tile: Tile, picture: np.ndarray | str) -> None:
    from PIL import Image, ImageDraw

    assert isinstance(sheet, Image.Image)
    pen, (x, y) = ImageDraw.Draw(sheet), at
    if isinstance(picture, str):
        text = textwrap.fill(textwrap.shorten(picture, 110), 24)
        middle = (x + _TILE / 2, y + _TILE / 2)
        pen.text(middle, text, _TEXT, anchor="mm", align="center", font_size=12)
    else:
        sheet.paste(Image.fromarray(picture), at)
    middle = (x + _TILE / 2, y + _TILE + _LABEL / 2)
    pen.text(middle, tile.label, tile.color, anchor="mm", font_size=14)
    pen.rectangle((x + 1, y, x + _TILE - 2, y + _TILE + _LABEL), outline=_LINE)


def tiles(case: Scored) -> list[Tile]:
    """Return what is shown of a case; fewer suggestions than `SHOWN` leave empty tiles."""
    answer, ranking = case.answer, case.ranking
    assert ranking is not None
    given = truncate(answer.truth, answer.given)
    found = [
        Tile(given, "given", _TEXT),
        Tile(truncate(answer.truth, answer.given + 1), "designer", _TEXT),
    ]
    for i in range(SHOWN):
        if i >= len(answer.prediction.next):
            found.append(Tile(None, answer.failed or "no suggestion", _MISS))
            continue
        one, overlap = answer.prediction.next[i], ranking.overlaps[i]
        whole = CadSequence((*given.operations, one.operation), given.id)
        hit = overlap >= HIT
        verdict = "hit" if hit else f"miss, IoU {overlap:.2f}"
        valid = "" if one.valid else ", invalid"
        label = f"{i + 1}. {one.score:.0%} likely: {verdict}{valid}"
        found.append(Tile(whole, label, _HIT if hit else _MISS))
    return found


def draw_row(sequences: Sequence[CadSequence | None], size: int) -> list[np.ndarray | str]:
    """Draw a given part and what may follow, all seen from one side: a job for `kernel.contain`.

    The first is the given part, the second says where it is looked at from. What cannot be built
    is the reason why.
    """
    from cadcomplete.errors import BuildError
    from cadcomplete.kernel.build import build
    from cadcomplete.kernel.tessellate import tessellate
    from cadcomplete.meshes.mesh import EMPTY, open_sketches
    from cadcomplete.meshes.render import Camera, best_camera, render

    meshes = []
    for sequence in sequences:
        try:
            solid = build(sequence) if sequence is not None else None
            meshes.append(EMPTY if solid is None else tessellate(solid))
        except BuildError as error:
            meshes.append(str(error))
    before = meshes[0] if not isinstance(meshes[0], str) else EMPTY
    wanted = meshes[1] if not isinstance(meshes[1], str) else before
    view = best_camera(wanted, given=before)
    camera = Camera(view.azimuth, view.elevation)
    pictures: list[np.ndarray | str] = []
    for sequence, mesh in zip(sequences, meshes, strict=True):
        if sequence is None or isinstance(mesh, str):
            pictures.append(mesh if isinstance(mesh, str) else "–")
            continue
        sketches = open_sketches(sequence)
        pictures.append(render(mesh, size=size, camera=camera, sketches=sketches, given=before))
    return pictures
