"""DeepCAD command vectors: HDF5 with a dataset `vec`, a row of 17 integers for each command.

What the published model writes has two, `out_vec` and `gt_vec`: the first is its answer, and read.

The columns are the command and its 16 parameters, -1 where it has no use for one; a parameter is
one of 256 levels. As the paper defines them (Wu, Xiao, Zheng: DeepCAD, ICCV 2021, section 3.1)
and the published files bear out:

- The part was scaled about the world's origin into a cube from -1 to 1, so that its farthest
  coordinate stands at 0.75: its real size is not in the file. Here a level of the cube is 1 mm,
  the cube 256 mm wide, and the part 96 mm far at most.
- A sketch starts at level 128 of its x and y, at the place in space `p_x`, `p_y`, `p_z`. Its
  farthest coordinate from there is `s` mm, and 95 levels: a level is `s` / 95 mm.
- A loop starts where its last curve ends. An arc turns by `alpha` 256ths of a circle, counter-
  clockwise where `f` is 1.
- The plane's normal leans from z by `theta`, about z by `phi`; its x axis is turned by `gamma`
  from where these two take the world's x. Levels 0 to 256 are -180° to 180°; 256 itself was cut
  down to 255, which therefore is read as 180°: planes that face down are common, 178.6° is not.
- An extent reaches `e1` along the normal and `e2` against it, 0 at level 128; if it is symmetric,
  `e1` to each side. A level is 1 mm.
- A curve that ends where it starts was shorter than a level. It is left out.

In the published files `phi` was taken from arctan(y / x): a normal with a negative x stands there
turned by 180° about z, and the extrude goes astray. Nothing tells, so nothing is mended here.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from cadcomplete.errors import InputError, ReadError
from cadcomplete.history.curves import Arc, Circle, Curve, Line
from cadcomplete.history.geometry import Plane, Vec3, cross
from cadcomplete.history.operations import (
    Boolean,
    Extent,
    ExtentType,
    Extrude,
    Loop,
    Operation,
    Profile,
    Sketch,
)
from cadcomplete.history.sequence import CadSequence
from cadcomplete.readers.loops import group_loops

_CURVE = ("x", "y", "alpha", "f", "r")
_ANGLES = ("theta", "phi", "gamma")
_EXTRUDE = (*_ANGLES, "p_x", "p_y", "p_z", "s", "e1", "e2", "b", "u")
_COLUMNS = ("command", *_CURVE, *_EXTRUDE)
_COMMANDS = (
    ("line", ("x", "y")),
    ("arc", ("x", "y", "alpha", "f")),
    ("circle", ("x", "y", "r")),
    ("end", ()),
    ("loop", ()),
    ("extrude", _EXTRUDE),
)
"""The commands in the order of their numbers, and the parameters that each has."""

_BOOLEANS = (Boolean.NEW_BODY, Boolean.JOIN, Boolean.CUT, Boolean.INTERSECT)
_EXTENTS = (ExtentType.ONE_SIDED, ExtentType.SYMMETRIC, ExtentType.TWO_SIDED)
_RANGES = {
    "alpha": (1, 255),
    "f": (0, 1),
    "r": (1, 255),
    "s": (1, 255),
    "b": (0, len(_BOOLEANS) - 1),
    "u": (0, len(_EXTENTS) - 1),
}
"""Of the parameters that are not just any level."""

_DATASETS = ("vec", "out_vec", "gt_vec")
"""Of a file: `vec` of the published ones; a model's answer, and the truth that it stands beside."""

_MIDDLE = 128
_REACH = 95
_MOST_ROWS = 100_000
_HDF5_ERRORS = (OSError, RuntimeError, KeyError, ValueError, OverflowError, TypeError, MemoryError)
"""What h5py raises on damaged files."""


@dataclass(frozen=True, slots=True)
class _Command:
    name: str
    values: dict[str, int]
    where: str

    @property
    def end(self) -> tuple[int, int]:
        """Where a curve ends, in levels; of a circle the centre."""
        return (self.values["x"] - _MIDDLE, self.values["y"] - _MIDDLE)


def matches(data: bytes) -> bool:
    """Say whether these are the bytes of an HDF5 file."""
    return data.startswith(b"\x89HDF\r\n\x1a\n")


def parse(data: bytes, *, id: str = "") -> CadSequence:
    """Return the history in a file, in millimetres as said above: a sketch before each extrude.

    Raises ReadError with the row of what is wrong, InputError if h5py is not installed.
    """
    operations: list[Operation] = []
    loops: list[list[_Command]] = []
    ended = False
    vectors = _read(data)
    for command in _commands(vectors):
        if ended and command.name != "end":
            raise ReadError("a command after the end", where=command.where, got=command.name)
        if command.name == "loop":
            loops.append([command])
        elif command.name == "end":
            ended = True
        elif not loops:
            problem = f"{command.name} before any loop"
            raise ReadError(problem, where=command.where, expected="a loop (command 4) first")
        elif command.name == "extrude":
            operations += _operations(command, loops, len(operations))
            loops = []
        else:
            loops[-1].append(command)
    if loops:
        problem = "loops that are not extruded: nothing says where they lie"
        raise ReadError(
            problem, where=loops[0][0].where, expected="an extrude (command 5) after them"
        )
    if operations:
        operations[0] = replace(operations[0], remarks=vectors.remarks)
    return CadSequence(tuple(operations), id)


@dataclass(frozen=True, slots=True)
class _Vectors:
    """The rows of a dataset, its name, and what else there is in the file."""

    rows: list[list[int]]
    name: str
    others: tuple[str, ...]

    @property
    def remarks(self) -> tuple[str, ...]:
        """Which dataset was read, where that is not plain."""
        if self.name == _DATASETS[0] and not self.others:
            return ()
        beside = f", beside {', '.join(self.others)}" if self.others else ""
        return (f"read from the dataset {self.name}{beside}",)


def _read(data: bytes) -> _Vectors:
    """Return the first of the known datasets that there is."""
    try:
        import h5py
    except ImportError:
        hint = "pip install 'cadcomplete[data]'"
        raise InputError("command vectors need h5py, which is not installed", hint=hint) from None
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            names = [str(name) for name in file]
            name = next((n for n in _DATASETS if n in names), "")
            vectors = file.get(name) if name else None
            if not isinstance(vectors, h5py.Dataset):
                got = ", ".join(names) or "an empty file"
                expected = " or ".join(f"a dataset {n!r}" for n in _DATASETS)
                raise ReadError("no command vectors", expected=expected, got=got)
            shape, kind = vectors.shape or (), vectors.dtype
            rows, *columns = shape or (0,)
            if columns != [len(_COLUMNS)] or kind.kind not in "iuf" or rows > _MOST_ROWS:
                expected = f"up to {_MOST_ROWS} rows of {len(_COLUMNS)} integers"
                got = f"{' × '.join(map(str, shape))} of {kind}"
                raise ReadError("not command vectors", where=name, expected=expected, got=got)
            others = tuple(other for other in names if other != name)
            return _Vectors(_whole(np.asarray(vectors[()]).tolist(), name), name, others)
    except _HDF5_ERRORS as error:
        raise ReadError(f"not an HDF5 file that can be read: {error}") from error


def _whole(rows: list[list[float]], name: str) -> list[list[int]]:
    """Return the rows as integers; some programs write them as floats."""
    for number, row in enumerate(rows):
        for value in row:
            if value != value or value in (math.inf, -math.inf) or value != int(value):
                where, expected = f"{name}[{number}]", "integers"
                raise ReadError("not command vectors", where=where, expected=expected, got=value)
    return [[int(value) for value in row] for row in rows]


def _commands(vectors: _Vectors) -> Iterator[_Command]:
    for number, row in enumerate(vectors.rows):
        where = f"{vectors.name}[{number}]"
        if not 0 <= row[0] < len(_COMMANDS):
            expected = f"0 to {len(_COMMANDS) - 1}"
            raise ReadError("unknown command", where=where, expected=expected, got=row[0])
        name, parameters = _COMMANDS[row[0]]
        given: dict[str, int] = dict(zip(_COLUMNS, row, strict=True))
        for key in parameters:
            low, high = _RANGES.get(key, (0, 255))
            if not low <= given[key] <= high:
                expected, place = f"{low} to {high}", f"{where}.{key}"
                raise ReadError("out of range", where=place, expected=expected, got=given[key])
        yield _Command(name, {key: given[key] for key in parameters}, where)


def _operations(extrude: _Command, drawn: list[list[_Command]], index: int) -> list[Operation]:
    """The sketch of the loops that an extrude follows, and the extrude, all in millimetres."""
    v, where = extrude.values, extrude.where
    loops = [Loop(_curves(loop, v["s"]), loop[0].where) for loop in drawn]
    sketch = Sketch(_plane(v), tuple(loops), where)
    profiles = [Profile(index, *region) for region in group_loops(list(range(len(loops))), loops)]
    kind = _EXTENTS[v["u"]]
    against = float(v["e2"] - _MIDDLE) if kind is ExtentType.TWO_SIDED else 0.0
    extent = Extent(kind, float(v["e1"] - _MIDDLE), against)
    return [sketch, Extrude(tuple(profiles), extent, _BOOLEANS[v["b"]], where)]


def _curves(loop: list[_Command], size: int) -> tuple[Curve, ...]:
    """The curves of a loop, whose first command says only that it begins."""
    begin, *commands = loop
    if len(commands) > 1 and any(command.name == "circle" for command in commands):
        raise ReadError("a circle is a loop by itself", where=begin.where)
    curves: list[Curve] = []
    pen = commands[-1].end if commands else (0, 0)
    for command in commands:
        start, end = ((x * size / _REACH, y * size / _REACH) for x, y in (pen, command.end))
        if command.name == "circle":
            curves.append(Circle(end, command.values["r"] * size / _REACH))
        elif start != end and command.name == "line":
            curves.append(Line(start, end))
        elif start != end:
            sweep = command.values["alpha"] * 360 / 256
            curves.append(Arc.from_sweep(start, end, sweep if command.values["f"] else -sweep))
        pen = command.end
    if not curves:
        raise ReadError("a loop without curves of any length", where=begin.where)
    return tuple(curves)


def _plane(v: dict[str, int]) -> Plane:
    turns = ((v[key] - _MIDDLE if v[key] < 255 else _MIDDLE) / _MIDDLE for key in _ANGLES)
    (st, ct), (sp, cp), (sg, cg) = ((math.sin(math.pi * t), math.cos(math.pi * t)) for t in turns)
    normal = (st * cp, st * sp, ct)
    ahead = (ct * cp, ct * sp, -st)
    beside = cross(normal, ahead)
    x, y, z = (a * cg + b * sg for a, b in zip(ahead, beside, strict=True))
    px, py, pz = (float(v[key] - _MIDDLE) for key in ("p_x", "p_y", "p_z"))
    return Plane.of((px, py, pz), _clean(normal), _clean((x, y, z)))


def _clean(axis: Vec3) -> Vec3:
    """Without the noise of a sine: 0 where it should be 0."""
    x, y, z = (round(value, 12) + 0.0 for value in axis)
    return (x, y, z)
