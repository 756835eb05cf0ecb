"""Pictures of parts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cadcomplete.exporters import Part

SIZE = 640


def write_png(part: Part, path: Path) -> None:
    """Write a picture of the part: open sketches in blue, what a completion added in orange."""
    from PIL import Image

    from cadcomplete.kernel.mesh import EMPTY, open_sketches
    from cadcomplete.kernel.render import ISOMETRIC, best_camera, render
    from cadcomplete.kernel.tessellate import tessellate

    mesh = EMPTY if part.solid is None else tessellate(part.solid)
    given = None
    if part.completed:
        given = EMPTY if part.given is None else tessellate(part.given)
    camera = ISOMETRIC if given is None else best_camera(mesh, given)
    sketches = open_sketches(part.document.sequence)
    picture = render(mesh, size=SIZE, camera=camera, sketches=sketches, given=given)
    Image.fromarray(picture).save(path, format="PNG")
