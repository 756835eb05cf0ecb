"""The table of docs/writing.md says what each export takes: one small part for every row."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT

from cadcomplete import exporters, readers
from cadcomplete.errors import UnsupportedError
from cadcomplete.kernel.build import build
from cadcomplete.language.lines import decode

PAGE = (ROOT / "docs" / "writing.md").read_text(encoding="utf-8").split("\n## ")[0]
TABLE = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in re.findall(r"^\|.*\|$", PAGE, re.MULTILINE)[2:]
]
COLUMNS = (("step", ""), ("py", "build123d"), ("py", "cadquery"), ("FCStd", ""))

BOX = """sketch 0 0 0 +z +x
loop 0 0
line 40 0
line 40 30
line 0 30
close
extrude new {}to 10 0
"""
BLOCK = BOX.format("")
DISC = f"{BLOCK}sketch 0 0 10 +z +x\ncircle 10 10 4\n"
POCKET = f"{DISC}extrude cut to 5 0\n"
BORED = f"{BLOCK}hole 0 0 10 +z +x 4 tip 118 to 3 at 20 15\n"
RIB = "sketch 0 0 10 +z +x\nloop 10 10\nline 15 10\nline 15 15\nclose\n"
TURNED = f"{BLOCK}{RIB}revolve join to 90 about 10 5 1 0 0\n"
ROUND = "sketch 0 0 0 +z +x\nloop 0 0\n{}\nclose\nextrude new to 10 0\n"
PLATE = f"{BLOCK}sketch 0 0 20 +z +x\ncircle 20 15 4\n"
WEDGE = f"{BOX.format('taper 10 ')}sketch 20 0 5 +x +y\ncircle 15 0 2\n"
MIRRORED = f"{POCKET}mirror +x 20 @1\n"

PARTS = (
    (
        POCKET,
        f"{BLOCK}sketch 0 0 10 +z +x\nellipse 20 15 5 2 30\nextrude cut to 5 0\n",
        ROUND.format("line 40 0\narc 40 30 180"),
    ),
    (ROUND.format("ellipsearc 40 0 180 0 0.4"),),
    (ROUND.format("line 40 0\nspline 2 1 40,20;0,20"),),
    (BLOCK, f"{DISC}extrude join to 15 0\n", POCKET),
    (f"{DISC}extrude intersect to 5 0\n",),
    (f"{BLOCK}sketch 0 0 0 +z +x\ncircle 80 15 4\nextrude new to 5 0\n",),
    (f"{DISC}extrude cut from through to 10 0\n", f"{DISC}extrude cut to face start@2 0\n"),
    (f"{DISC}extrude cut at 8 to 5 0\n",),
    (f"{WEDGE}extrude join to face side@2/0.1 0\n", f"{PLATE}extrude join from next to 20 0\n"),
    (f"{DISC}extrude cut taper 5 to 5 0\n",),
    (TURNED,),
    (
        BORED,
        *(f"{BLOCK}hole 0 0 10 +z +x 6.6 to 3 {at} at 8 8\n" for at in ("bore 11 4", "sink 8 90")),
    ),
    (MIRRORED, f"{POCKET}linear +x 10 2 @1\n", f"{POCKET}polar +z 20 15 0 4 360 @1\n"),
    (f"{POCKET}mirror +x 40 all\n", f"{BLOCK}linear +x 20 2 all\n"),
    (f"{POCKET}linear +x 10 2 @1\nmirror +y 15 @1 @2\n",),
    (f"{BLOCK}fillet 2 side@1\n", f"{BLOCK}chamfer 1 end@1\n"),
    (f"{BORED}fillet 0.5 start@1\n", f"{TURNED}fillet 1 side@3\n", f"{MIRRORED}fillet 1 end@2\n"),
    (f"{BLOCK}chamfer 1/2 end@1\n",),
)


def takes(part: exporters.Part, path: Path) -> str:
    try:
        exporters.write(part, path)
    except UnsupportedError:
        assert not path.exists()
        return "–"
    assert path.stat().st_size
    return "yes"


@pytest.mark.parametrize(
    ("row", "texts"), list(zip(TABLE, PARTS, strict=True)), ids=[r[0] for r in TABLE]
)
def test_what_each_export_takes_is_what_its_page_says(row, texts, tmp_path):
    for number, text in enumerate(texts):
        document = readers.from_sequence(decode(text))
        solid = build(document.sequence)
        found = [
            takes(
                exporters.Part(document, solid, dialect=dialect),
                tmp_path / f"{dialect}{number}.{suffix}",
            )
            for suffix, dialect in COLUMNS
        ]
        said = ["–" if cell == "–" else "yes" for cell in row[1:]]
        assert (text, *found) == (text, *said)
