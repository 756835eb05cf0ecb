"""Write the example parts: our own designs, in the dialect of Omni-CAD.

Run it from the project's folder: `.venv/bin/python examples/make_parts.py`.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from cadcomplete.clouds.cloud import sample_cloud
from cadcomplete.data.prepare.part import png
from cadcomplete.kernel.build import build
from cadcomplete.kernel.tessellate import tessellate
from cadcomplete.language.lines import decode
from cadcomplete.meshes.mesh import to_trimesh
from cadcomplete.meshes.render import render
from cadcomplete.readers import from_sequence

PARTS = {
    "flange": """\
sketch 0 0 0 +z +x
circle 0 0 40
extrude new to 10 0
sketch 0 0 10 +z +x
circle 0 0 20
extrude join to 30 0
sketch 0 0 30 +z +x
circle 0 0 10
extrude cut to 0 0
sketch 0 0 10 +z +x
circle 30 0 4
circle 0 30 4
circle -30 0 4
circle 0 -30 4
extrude cut to 0 0 1 2 3
""",
    "bracket": """\
sketch 0 0 0 -y +x
loop 0 0
line 60 0
line 60 8
line 8 8
line 8 50
line 0 50
close
extrude new sym 20 0
sketch 8 0 0 +x +y
circle 0 35 5
extrude cut to 0 0
sketch 0 0 8 +z +x
circle 25 -10 3.3
circle 25 10 3.3
circle 50 -10 3.3
circle 50 10 3.3
extrude cut to 0 0 1 2 3
sketch 0 0 0 -y +x
loop 8 8
line 28 8
line 8 28
close
extrude join sym 3 0
""",
    "base_plate": """\
sketch 0 0 0 +z +x
loop 10 0
line 110 0
arc 120 10 90
line 120 60
arc 110 70 90
line 10 70
arc 0 60 90
line 0 10
arc 10 0 90
extrude new to 12 0
sketch 0 0 12 +z +x
circle 10 10 4.5
circle 110 10 4.5
circle 110 60 4.5
circle 10 60 4.5
extrude cut to 0 0 1 2 3
sketch 0 0 12 +z +x
loop 45 27.5
line 75 27.5
arc 75 42.5 180
line 45 42.5
arc 45 27.5 180
extrude cut to 4 0
""",
    "stepped_shaft": """\
sketch 0 0 0 +x +y
circle 0 0 15
extrude new to 40 0
sketch 40 0 0 +x +y
circle 0 0 12
extrude join to 80 0
sketch 80 0 0 +x +y
circle 0 0 8
extrude join to 105 0
sketch 0 0 12 +z +x
loop 48 -2.5
line 72 -2.5
arc 72 2.5 180
line 48 2.5
arc 48 -2.5 180
extrude cut to 9 0
""",
    "housing": """\
sketch 0 0 0 +z +x
loop 0 0
line 80 0
line 80 50
line 0 50
close
extrude new to 30 0
sketch 0 0 30 +z +x
loop 4 4
line 76 4
line 76 46
line 4 46
close
extrude cut to 4 0
sketch 0 0 4 +z +x
circle 9 9 4
circle 71 9 4
circle 71 41 4
circle 9 41 4
extrude join to 28 0 1 2 3
sketch 0 0 28 +z +x
circle 9 9 1.5
circle 71 9 1.5
circle 71 41 1.5
circle 9 41 1.5
extrude cut to 12 0 1 2 3
sketch 0 0 0 -y +x
circle 40 17 6
extrude cut to -4 0
""",
    "clevis": """\
sketch 0 0 0 +z +x
loop -15 0
line 15 0
line 15 45
arc -15 45 180
close
extrude new sym 14 0
sketch 0 0 0 +z +x
loop -15 18
line 15 18
line 15 65
line -15 65
close
extrude cut sym 6 0
sketch 0 0 14 +z +x
circle 0 45 6
extrude cut to -14 0
sketch 0 0 0 -y +x
circle 0 0 10
extrude join to 25 0
""",
}


WANTED, MESH = "flange", "bracket"
"""The part of which there are a picture and a cloud as well, and that of which there is a mesh:
what a user may give."""


def main() -> None:
    folder = Path(__file__).parent / "parts"
    folder.mkdir(exist_ok=True)
    for name, text in PARTS.items():
        sequence = dataclasses.replace(decode(text), id=name)
        document = from_sequence(sequence, dialect="omnicad")
        (folder / f"{name}.json").write_text(document.dump(), encoding="utf-8")
        print(f"{name}: {len(sequence)} operations")
    make_wanted(Path(__file__).parent / "wanted")


def make_wanted(folder: Path) -> None:
    """Write a picture of 224 pixels, 2,048 points in millimetres with their normals, and an STL."""
    folder.mkdir(exist_ok=True)
    solid = build(decode(PARTS[WANTED]))
    assert solid is not None
    mesh = tessellate(solid)
    (folder / f"{WANTED}.png").write_bytes(png(render(mesh, size=224)))
    cloud = sample_cloud(mesh, 2048)
    points = np.concatenate([cloud.millimetres, cloud.normals], axis=1)
    np.save(folder / f"{WANTED}.npy", points.astype(np.float32))
    other = build(decode(PARTS[MESH]))
    assert other is not None
    to_trimesh(tessellate(other)).export(folder / f"{MESH}.stl", file_type="stl")


if __name__ == "__main__":
    main()
