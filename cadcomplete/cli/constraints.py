"""Options that say what every completion has to keep to."""

from __future__ import annotations

from typing import Annotated

import typer

_PANEL = "Constraints"


def _option(name: str, text: str) -> typer.models.OptionInfo:
    return typer.Option(name, help=text, rich_help_panel=_PANEL)


Only = Annotated[
    list[str] | None, _option("--only", "Kinds of operations that may be added: extrude,hole.")
]
Meets = Annotated[
    list[str] | None,
    _option(
        "--boolean", "How they may meet the part: new, join, cut, intersect; cut,join for two."
    ),
]
AtMost = Annotated[int | None, _option("--at-most", "So many operations, sketches counted.")]
Within = Annotated[
    str | None, _option("--within", "A box for the whole part, in mm: 0,0,0,100,50,20.")
]
SymmetricAbout = Annotated[
    str | None, _option("--symmetric", "A plane that the part is symmetric about: x, or x=25.")
]
KeepOut = Annotated[
    list[str] | None,
    _option(
        "--keep-out", "Where nothing is added or cut: a box, or a mesh in mm; may be repeated."
    ),
]
MaxVolume = Annotated[float | None, _option("--max-volume", "Of the part, in mm³.")]
MaxMass = Annotated[float | None, _option("--max-mass", "Of the part, in g, with --density.")]
Density = Annotated[float | None, _option("--density", "In g/cm³; steel has 7.85.")]
Pinned = Annotated[
    list[str] | None,
    _option(
        "--pin", 'Sizes of all that is added: "diameter 8, depth 12" or "thickness as operation 1".'
    ),
]
Snapping = Annotated[
    bool | None,
    _option(
        "--snap/--no-snap",
        "Put numbers on round ones that are near. Default: for --next where nothing is shown.",
    ),
]
