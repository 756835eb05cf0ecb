"""Draw real FreeCAD parts before and after a mirror, a pattern and a fillet, on one page.

Takes bodies of a folder like `data/freecad`, of repositories whose licence allows that
(`MANIFEST.csv`), a third of the page for each kind of feature. Under each pair stand the
repository and the start of the file's hash.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from edges import freecad
from PIL import Image, ImageDraw

from cadcomplete.errors import CadCompleteError
from cadcomplete.history.sequence import truncate
from cadcomplete.kernel.build import build
from cadcomplete.kernel.tessellate import tessellate
from cadcomplete.meshes.render import render

PERMISSIVE = ("MIT", "BSD", "Apache", "CC-BY-4", "CC-BY-3", "CC0", "Unlicense", "ISC")
KINDS = {
    "mirrors": ("Mirrored",),
    "patterns": ("LinearPattern", "PolarPattern", "MultiTransform"),
    "fillets": ("Fillet",),
}
MOST = 3
"""Parts of one repository for each of them."""

SIZE, TEXT, COLUMNS = 150, 30, 4


def rows(folder: Path) -> dict[str, dict[str, str]]:
    """What the manifest says of each body, by the start of its file's hash and its name."""
    with (folder / "MANIFEST.csv").open(encoding="utf-8") as lines:
        return {f"{row['sha1'][:10]} {row['body']}": row for row in csv.DictReader(lines)}


def pairs(folder: Path, each: int) -> dict[str, list[tuple[str, Any, Any]]]:
    """Return captions, and pictures before and after a feature, for each title of `KINDS`."""
    manifest, taken = rows(folder), Counter[tuple[str, str]]()
    found: dict[str, list[tuple[str, Any, Any]]] = {title: [] for title in KINDS}
    for body in freecad().bodies(folder):
        row = manifest.get(body.id, {"licence": ""})
        if not row["licence"].startswith(PERMISSIVE):
            continue
        for title, kinds in KINDS.items():
            full = len(found[title]) >= each or taken[title, row["repo"]] >= MOST
            if not full and (pair := changed(body, kinds)):
                taken[title, row["repo"]] += 1
                name = body.sequence.id.split()[0][:6]
                caption = f"{row['repo'].partition('/')[2][:30]}\n{name}"
                found[title].append((caption, pair[0], pair[1]))
        if all(len(one) >= each for one in found.values()):
            break
    return found


def changed(body: Any, kinds: tuple[str, ...]) -> list[Any] | None:
    """Pictures before and after the first feature of these kinds that is read."""
    for step, before in zip(body.steps[1:], body.steps, strict=False):
        if step["t"] in kinds and step["n"] in body.after and before["n"] in body.after:
            counts = (body.after[before["n"]], body.after[step["n"]])
            try:
                return [drawn(body.sequence, count) for count in counts]
            except CadCompleteError:
                return None
    return None


def drawn(sequence: Any, count: int) -> np.ndarray:
    """A picture of the first operations of a part, shape (SIZE, SIZE, 3)."""
    solid = build(truncate(sequence, count))
    assert solid is not None
    return render(tessellate(solid), size=SIZE)


def page(folder: Path, each: int) -> Image.Image:
    """Return the page: for each kind of feature a title, and pairs in `COLUMNS` columns."""
    height = -(-each // COLUMNS) * (SIZE + TEXT) + TEXT
    sheet = Image.new("RGB", (COLUMNS * (2 * SIZE + 20), len(KINDS) * height), "white")
    write = ImageDraw.Draw(sheet)
    for block, (title, found) in enumerate(pairs(folder, each).items()):
        top = block * height
        write.text((8, top + 8), f"{title}: before, after", fill="black")
        for number, (caption, before, after) in enumerate(found):
            x = number % COLUMNS * (2 * SIZE + 20)
            y = top + TEXT + number // COLUMNS * (SIZE + TEXT)
            for i, picture in enumerate((before, after)):
                sheet.paste(Image.fromarray(picture), (x + i * SIZE, y))
            write.text((x + 8, y + SIZE), caption, fill="gray")
    return sheet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("-o", "--out", type=Path, default=Path("gallery.png"))
    parser.add_argument("--each", type=int, default=8, help="parts for each kind of feature")
    args = parser.parse_args()
    page(args.folder, args.each).save(args.out, optimize=True)
    print(f"{args.out}: {args.out.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
