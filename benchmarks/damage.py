"""Damage files of every kind that is read: each is refused in one line, or read, within seconds.

JSON of all dialects, scripts, texts, command vectors and FreeCAD files are damaged at random
(seeded): bytes, structure, words, names, numbers, and a few lines that ask a script for far too
much. What raises anything but an error of this package, takes too long, or was read and cannot be
checked, written and read again, is printed with its seed.

    .venv/bin/python benchmarks/damage.py --count 5000
"""

from __future__ import annotations

import argparse
import io
import json
import re
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random

import numpy as np

from cadcomplete import readers
from cadcomplete.errors import InputError
from cadcomplete.history.fields import FORMATS
from cadcomplete.history.sequence import validate
from cadcomplete.language.lines import decode, encode

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests"))

import freecad_files as ff  # noqa: E402  # pyright: ignore[reportMissingImports]
from mutations import damage_bytes, damage_structure  # noqa: E402  # pyright: ignore[reportMissingImports]

PARTS = sorted((ROOT / "examples" / "parts").glob("*.json"))
SCRIPTS = sorted((ROOT / "tests" / "scripts").glob("*_*.py"))
SECONDS = 5.0
"""What one file may take; hundredths of a second are typical."""

# --- what is damaged ----------------------------------------------------------------------------


@cache
def documents() -> tuple[bytes, ...]:
    """The example parts in every dialect of JSON, one of them with what is not known."""
    parts = [readers.read(path) for path in PARTS]
    found = [part.raw for part in parts]
    found += [readers.from_sequence(part.sequence).raw for part in parts]
    for raw in found[:2]:
        keys = [entry["entity"] for entry in raw["sequence"]]
        listed = [{"index": i, "entity": key} for i, key in enumerate(keys)]
        found.append({"timeline": listed, "entities": raw["entities"], "sequence": []})
        entities = {**raw["entities"], "F": {"type": "FilletFeature", "edges": ["a", "b"]}}
        sequence = [*raw["sequence"], {"index": 99, "type": "FilletFeature", "entity": "F"}]
        found.append({**raw, "entities": entities, "sequence": sequence})
    found.append(TEXT2CAD)
    return tuple(json.dumps(raw).encode() for raw in found)


TEXT2CAD = {
    "parts": {
        "part_1": {
            "coordinate_system": {
                "Euler Angles": [0.0, 0.0, -90.0],
                "Translation Vector": [0.0, 0.3, 0.0],
            },
            "sketch": {
                "face_1": {
                    "loop_1": {
                        "line_1": {"Start Point": [0.0, 0.0], "End Point": [0.5, 0.0]},
                        "arc_1": {
                            "Start Point": [0.5, 0.0],
                            "Mid Point": [0.6, 0.25],
                            "End Point": [0.5, 0.5],
                        },
                        "line_2": {"Start Point": [0.5, 0.5], "End Point": [0.0, 0.0]},
                    },
                    "loop_2": {"circle_1": {"Center": [0.4, 0.2], "Radius": 0.05}},
                }
            },
            "extrusion": {
                "extrude_depth_towards_normal": 0.2,
                "extrude_depth_opposite_normal": 0.0,
                "sketch_scale": 0.5,
                "operation": "NewBodyFeatureOperation",
            },
        }
    }
}


@cache
def scripts() -> tuple[str, ...]:
    return tuple(path.read_text(encoding="utf-8") for path in SCRIPTS)


@cache
def texts(suffix: str) -> tuple[bytes, ...]:
    form = "lines" if suffix == ".lines" else "json"
    parts = [readers.read(path).sequence for path in PARTS]
    return tuple(encode(part, text_format=form).text.encode() for part in parts)


# --- how ----------------------------------------------------------------------------------------

_WORD = re.compile(r"[A-Za-z_]\w*|\d+\.?\d*|\S")
_NUMBERS = ("0", "-1", "1e9", "1e300", "0.5", "10**400", "2**62", "None", "True", "'a'", "[]", "()")
_MUCH = (
    "for i in range(90000):\n    x = range(100000)",
    "x = [range(99999) for i in range(9999)]",
    "x = [1]\nfor i in range(90000):\n    x = [x]",
    "x = [1]\nfor i in range(60):\n    x = x + x",
    "for i in range(60):\n    {0} = {0} + {0}",
    "for i in range(60):\n    {0} = {0}.union({0})",
    "for i in range(60):\n    {0} = {0}.add({0})",
    "x = max(*range(99999))",
    "{0} = {0}.fillet(1)",
    "def f(a):\n    return a\n{0} = f({0})",
)
_NAME = re.compile(r"^(\w+) =|as (\w+):", re.MULTILINE)


def _swap_words(text: str, choose: Random) -> str:
    """Put a word, a number or a sign in the place of another one, mostly one of its kind."""
    words = list(_WORD.finditer(text))
    old = choose.choice(words)
    alike = [w.group() for w in words if _kind(w.group()) == _kind(old.group())]
    if choose.random() < 0.2:
        alike = [w.group() for w in words]
    if choose.random() < 0.3 and _kind(old.group()) == "number":
        alike = list(_NUMBERS)
    new = choose.choice(alike)
    return text[: old.start()] + new + text[old.end() :]


def _kind(word: str) -> str:
    if word[0].isdigit():
        return "number"
    return "name" if word[0].isalpha() or word[0] == "_" else word


def _drop_word(text: str, choose: Random) -> str:
    old = choose.choice(list(_WORD.finditer(text)))
    return text[: old.start()] + text[old.end() :]


def _move_line(text: str, choose: Random) -> str:
    lines = text.split("\n")
    line = lines.pop(choose.randrange(len(lines)))
    if choose.random() < 0.7:
        for _ in range(choose.choice((1, 1, 2, 30))):
            lines.insert(choose.randrange(len(lines) + 1), line)
    return "\n".join(lines)


def _ask_for_much(text: str, choose: Random) -> str:
    names = [a or b for a, b in _NAME.findall(text)] or ["x"]
    return f"{text}\n{choose.choice(_MUCH).format(choose.choice(names))}\n"


_SCRIPT = (*[_swap_words] * 6, _drop_word, _move_line, _ask_for_much)


def damaged_json(choose: Random) -> tuple[str, bytes]:
    damage = choose.choice((damage_bytes, damage_structure, damage_structure))
    return ".json", damage(choose.choice(documents()), choose)


def damaged_script(choose: Random) -> tuple[str, bytes]:
    text = choose.choice(scripts())
    for _ in range(choose.choice((1, 1, 2, 4))):
        text = choose.choice(_SCRIPT)(text, choose) or "x"
    data = text.encode(errors="replace")
    return ".py", damage_bytes(data, choose) if choose.random() < 0.1 else data


def damaged_text(choose: Random) -> tuple[str, bytes]:
    suffix = choose.choice((".lines", ".txt"))
    data = choose.choice(texts(suffix))
    if choose.random() < 0.5:
        return suffix, damage_bytes(data, choose)
    return suffix, _swap_words(data.decode(), choose).encode()


def _row(command: int, **values: int) -> list[int]:
    columns = ("x", "y", "alpha", "f", "r", "theta", "phi", "gamma", "p_x", "p_y", "p_z")
    columns += ("s", "e1", "e2", "b", "u")
    return [command, *(values.get(name, -1) for name in columns)]


_SWEEP = {"theta": 128, "phi": 128, "gamma": 128, "p_x": 100, "p_y": 90, "p_z": 128, "s": 80}
VECTORS = (
    (
        _row(4),
        _row(0, x=223, y=128),
        _row(1, x=223, y=200, alpha=64, f=1),
        _row(0, x=128, y=200),
        _row(0, x=128, y=128),
        _row(5, **_SWEEP, e1=160, e2=128, b=0, u=0),
    ),
    (_row(4), _row(2, x=176, y=128, r=40), _row(5, **_SWEEP, e1=150, e2=110, b=1, u=2)),
    (_row(4), _row(2, x=150, y=140, r=9), _row(5, **_SWEEP, e1=200, e2=128, b=2, u=1)),
)


def damaged_vectors(choose: Random) -> tuple[str, bytes]:
    import h5py

    rows: list[list[int]] = []
    for _ in range(choose.randint(1, 3)):
        rows += [list(row) for row in choose.choice(VECTORS)]
    for _ in range(choose.choice((0, 1, 1, 2, 5))):
        row = choose.choice(rows)
        row[choose.choice((0, *range(17)))] = choose.choice((-1, 0, 1, 128, 255, 256, 2**15 - 1))
    if choose.random() < 0.3:
        rows.pop(choose.randrange(len(rows)))
    values = np.array(rows, dtype=choose.choice(("int64", "int32", "float32", "int16")))
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file[choose.choice(("vec", "out_vec", "other"))] = values
    data = buffer.getvalue()
    return ".h5", damage_bytes(data, choose) if choose.random() < 0.3 else data


@cache
def freecad_document() -> str:
    """A body with a pad, pockets of several kinds, and a fillet, as FreeCAD would say it."""
    things = (
        ff.sketch(
            "Sketch", *ff.rectangle(0, 0, 40, 30), ff.arc(80, 0, 5, 0, 180), ff.circle(9, 9, 2)
        ),
        ff.pad("Pad", "Sketch", 10),
        ff.sketch("Sketch001", ff.circle(20, 15, 5), place=(0, 0, 10), turn=ff.XZ),
        ff.pocket("Pocket", "Sketch001", 4, after="Pad", type=ff.TWO, length2=3),
        ff.pocket("Pocket001", "Sketch", 4, after="Pocket", type=ff.THROUGH),
        ff.thing("Datum", "PartDesign::Plane", ff.placement((0, 0, 20))),
        ff.pad(
            "Pad001", "Sketch001", after="Pocket001", type=ff.FACE, more=ff.sub("UpToFace", "Datum")
        ),
        ff.fillet("Fillet", "Pad001"),
        ff.body("Body", "Fillet"),
    )
    return ff.document(*things)


_NUMBERS = ("nan", "1e400", "-1", "0", "1e308", "1e-300", "7", "1" * 400, "", "Pad", "Body", "true")


def damaged_freecad(choose: Random) -> tuple[str, bytes]:
    text = freecad_document()
    for _ in range(choose.choice((0, 1, 1, 2, 5))):
        found = choose.choice(list(re.finditer(r'"([^"]*)"', text)))
        text = text[: found.start(1)] + choose.choice(_NUMBERS) + text[found.end(1) :]
    data = text.encode()
    data = ff.packed(damage_bytes(data, choose) if choose.random() < 0.2 else data)
    return ".FCStd", damage_bytes(data, choose) if choose.random() < 0.2 else data


KINDS: dict[str, Callable[[Random], tuple[str, bytes]]] = {
    "json": damaged_json,
    "scripts": damaged_script,
    "texts": damaged_text,
    "vectors": damaged_vectors,
    "freecad": damaged_freecad,
}


# --- what must come of it -----------------------------------------------------------------------


def outcome(suffix: str, data: bytes, folder: Path) -> str:
    """Read a file and use what is read. Returns what came of it; raises if that is not sound."""
    path = folder / f"damaged{suffix}"
    path.write_bytes(data)
    try:
        if suffix == ".txt":  # what a model writes
            decode(data.decode(errors="replace"), text_format="json")
            return "read"
        document = readers.read(path)
    except InputError as error:
        assert len(str(error).splitlines()) == 1
        return "refused"
    sequence = document.sequence
    tuple(validate(sequence))
    again = readers.parse(document.dump(), id=sequence.id).sequence
    assert (again.operations, again.rest) == (sequence.operations, sequence.rest)
    known = document.known
    assert readers.parse(known.dump(), id=sequence.id).sequence == known.sequence
    for text_format in FORMATS:
        encode(known.sequence, text_format=text_format)
    return "ends early" if sequence.rest else "read"


def damage(kind: str, seeds: range, folder: Path) -> tuple[Counter[str], list[str], float]:
    """Damage files of a kind. Returns what came of them, what was not sound, and the slowest."""
    found: Counter[str] = Counter()
    wrong: list[str] = []
    slowest = 0.0
    for seed in seeds:
        suffix, data = KINDS[kind](Random(f"{kind} {seed}"))
        started = time.perf_counter()
        try:
            found[outcome(suffix, data, folder)] += 1
        except Exception as error:  # noqa: BLE001
            wrong.append(f"{kind} {seed}: {type(error).__name__}: {error}")
        seconds = time.perf_counter() - started
        slowest = max(slowest, seconds)
        if seconds > SECONDS:
            wrong.append(f"{kind} {seed}: {seconds:.1f} seconds")
    return found, wrong, slowest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="files of each kind")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("kinds", nargs="*", default=list(KINDS), help=", ".join(KINDS))
    args = parser.parse_args()
    seeds = range(args.first, args.first + args.count)
    with tempfile.TemporaryDirectory() as folder:
        for kind in args.kinds:
            found, wrong, slowest = damage(kind, seeds, Path(folder))
            told = ", ".join(f"{count} {what}" for what, count in sorted(found.items()))
            print(f"{kind}: {args.count} files, {told}; {len(wrong)} not sound, ", end="")
            print(f"slowest {slowest:.2f} s", flush=True)
            print("\n".join(wrong[:20]))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"most memory: {memory:.0f} MB")


if __name__ == "__main__":
    main()
