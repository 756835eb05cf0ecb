"""What the command line asks of shapes: the options that say how one is taken, and `rebuild`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cadcomplete.cli.options import AsJson, OutputFolder
from cadcomplete.cli.printing import print_json

Points = Annotated[
    Path | None,
    typer.Option(
        help="Its surface: points (.ply, .npy, .npz, .xyz, .pcd), a mesh (.stl, .obj, .off, "
        ".glb, .3mf) or a solid (.step)."
    ),
]
Units = Annotated[
    str,
    typer.Option(help="Of the shape's numbers: mm, cm, m, inch, ft, um, or how many mm one is."),
]
Up = Annotated[
    str, typer.Option(help="The shape's axis that points upwards: z, y, x, -z, -y or -x.")
]
Place = Annotated[
    str,
    typer.Option(
        help="check: refuse a shape that does not lie on the part; fit: put it there; keep: "
        "take it as it is."
    ),
]


def rebuild(
    shape: Annotated[
        Path,
        typer.Argument(
            metavar="SHAPE",
            help="A mesh (.stl, .obj, .off, .glb, .3mf, .ply), a solid (.step), or points (.ply, "
            ".npy, .npz, .xyz, .pcd).",
        ),
    ],
    output: OutputFolder = None,
    formats: Annotated[
        str, typer.Option(help="Files to write with -o; png shows both.")
    ] = "json,step,png",
    units: Units = "",
    up: Up = "",
    as_json: AsJson = False,
) -> None:
    """Find the sketches and extrudes that make a shape: a mesh, a solid or a scan."""
    from cadcomplete.reports import shapes as shape_reports

    report = shape_reports.rebuild(
        shape,
        units=units,
        up=up,
        output=output,
        formats=tuple(name.strip() for name in formats.split(",") if name.strip()),
    )
    if as_json:
        print_json(report)
    else:
        typer.echo(shape_reports.rebuilt_text(report))
