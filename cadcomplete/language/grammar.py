"""Which token may come next: the grammar of the text, and what has been drawn so far.

The text of a command is a row of slots, from the same declarations that encode and decode it
(`history/fields.py`). A small automaton walks them character by character, and the vocabulary, as
a tree, is walked along with it: so any byte-pair tokenizer is served. Only sketches and loops
that exist can be named, a loop is closed before the next one begins, and whatever is generated
parses. docs/format.md draws the grammar.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container
from functools import cache, lru_cache, partial
from typing import Any

from cadcomplete.history.curves import BENT, CURVES, Arc, BSpline, Circle, Line
from cadcomplete.history.fields import Branch, Decimal, Fixed, Format, Open
from cadcomplete.history.geometry import Plane, Vec2, dot
from cadcomplete.history.kinds import AXES, BOOLEAN, write_axes
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import OPERATIONS
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.tables import Table
from cadcomplete.history.turn_axis import TurnAxis, write_line_direction
from cadcomplete.language.commands import CLOSE, LOOP, fields_of
from cadcomplete.language.drawing import Drawing
from cadcomplete.language.earlier import OPEN, EarlierOnes
from cadcomplete.language.edge_rows import NextEdge, makers
from cadcomplete.language.extent_rows import numbers_row, reach_row
from cadcomplete.language.hole_rows import OPEN as HOLES
from cadcomplete.language.hole_rows import drilled
from cadcomplete.language.masks import Masks
from cadcomplete.language.numbers import Given, spelling_of, turns_row
from cadcomplete.language.rows import (
    Later,
    Outer,
    Place,
    Point,
    Regions,
    Row,
    is_decimal,
    opened,
    step,
)
from cadcomplete.language.spline_rows import SplinePlace, spline_row
from cadcomplete.language.words import WORDS, unlearned

Words = Container[str] | None
"""The words that may be used; None for all."""

# --- which lines may follow a drawing -----------------------------------------------------------


def next_commands(drawing: Drawing, words: Container[str] | None = None) -> tuple[str, ...]:
    """Return the commands that may follow, so that every loop gets closed; those in `words`."""
    names = _drawable(drawing)
    if not drawing.loop_is_open and not drawing.is_empty_sketch:
        follow = [name for name, kind in OPERATIONS.items() if WORDS[kind].may_follow(drawing)]
        names = (*names, *follow)
    return names if words is None else tuple(name for name in names if name in words)


def _drawable(drawing: Drawing) -> tuple[str, ...]:
    """The commands that go on with a sketch."""
    if drawing.loop_is_open:
        drawn = drawing.curves
        closable = len(drawn) > 1 or (len(drawn) == 1 and not STRAIGHT[type(drawn[0])])
        curves = tuple(name for name, curve in CURVES.items() if not curve.closed)
        return (*curves, CLOSE) if closable else curves
    if drawing.plane is None:
        return ()
    return (LOOP, *(name for name, curve in CURVES.items() if curve.closed))


STRAIGHT: Table[bool] = Table(
    "language/grammar.py", {Line: True, Arc: False, Circle: False, **dict.fromkeys(BENT, False)}
)
"""Whether a curve is straight: after such a one alone the line back would enclose nothing."""


def may_end(drawing: Drawing) -> bool:
    """Whether a history may end here: after what builds, with nothing left open."""
    last = drawing.operations[-1] if drawing.operations else None
    return drawing.plane is None and last is not None and last.builds


def _regions(drawing: Drawing) -> tuple[Regions, ...]:
    """The loops of every sketch that may be extruded, the newest sketch first."""
    newest_first = reversed(drawing.sketches)
    return tuple(_sketch_regions(sketch.loops) for _, sketch in newest_first)


def _sketch_regions(loops: tuple[Loop, ...]) -> Regions:
    boxes = {i: loop.box for i, loop in enumerate(loops) if loop.closed}
    return tuple(
        (i, tuple(j for j, inner in boxes.items() if j != i and _within(inner, outer)))
        for i, outer in boxes.items()
    )


def _within(box: tuple[float, ...], outer: tuple[float, ...]) -> bool:
    low = box[0] >= outer[0] and box[1] >= outer[1]
    return low and box[2] <= outer[2] and box[3] <= outer[3] and box != outer


def _axes(drawing: Drawing) -> tuple[str, ...]:
    """Every way a plane may be turned: along the world's axes, or like an earlier sketch."""
    names = [
        Plane((0.0, 0.0, 0.0), normal, x_axis)
        for normal in AXES.values()
        for x_axis in AXES.values()
        if dot(normal, x_axis) == 0
    ]
    planes = [*names, *(sketch.plane for _, sketch in drawing.sketches)]
    write = _json_axes if drawing.text_format == "json" else write_axes
    return tuple(dict.fromkeys(map(write, planes)))


def _json_axes(plane: Plane) -> str:
    axes = {"normal": plane.normal, "x_axis": plane.x_axis}
    plain = {k: [int(c) if float(c).is_integer() else c for c in axis] for k, axis in axes.items()}
    return json.dumps(plain, separators=(",", ":"))[1:-1]


_SPACE, _END = Fixed(" "), Fixed("\n")

_MOST_DIRECTIONS = 64  # of lines that are offered for an axis: more are a drawing of something else


def lines_after(drawing: Drawing, words: Container[str] | None = None) -> Row:
    """Return the row of everything that may be the next line, of the commands in `words`.

    What depends on the drawing is found in it once a text comes there: it must stay as it is.
    """
    names, row = next_commands(drawing, words), _ROWS[drawing.text_format]
    if drawing.text_format == "lines" and all(map(_plain_line, names)):
        return _plain_lines(names)
    return (Branch(tuple(row(name, drawing, words) for name in names)),)  # type: ignore[arg-type]


@cache
def _plain_lines(names: tuple[str, ...]) -> Row:
    """The row of commands that are the same in every drawing: the same object each time."""
    return (Branch(tuple(_plain_line(name) for name in names)),)  # type: ignore[arg-type]


@cache
def _plain_line(name: str) -> tuple[str, Row] | None:
    """A command of the format `lines`; None if it depends on the drawing what may stand there."""
    fields = fields_of(name, "lines")
    slots = [slot for declared in fields for slot in declared.kind.slots["lines"]]
    if any(isinstance(slot, Open) for slot in slots) or any(f.kind is BOOLEAN for f in fields):
        return None
    row: list[Place] = [place for f in fields for place in (_SPACE, *f.kind.slots["lines"])]  # type: ignore[misc]
    return (f"{name} ", (*row[1:], _END)) if row else (name, (_END,))


def _line(name: str, drawing: Drawing, words: Words) -> tuple[str, Row]:
    """A command of the format `lines`: how it begins, and what may follow."""
    plain = _plain_line(name)
    return plain or (f"{name} ", (Later(partial(_line_row, name, drawing, words)),))


def _line_row(name: str, drawing: Drawing, words: Words) -> Row:
    row: list[Place] = []
    for declared in fields_of(name, "lines"):
        row.append(_SPACE)
        for slot in declared.kind.slots["lines"]:
            row += _filled(slot, declared.name, drawing, words)
    return (*row[1:], _END)


def _document(name: str, drawing: Drawing, words: Words) -> tuple[str, Row]:
    comma = "," if drawing.operations or drawing.plane else ""
    return f'{comma}{{"type":"{name}"', (Later(partial(_document_row, name, drawing, words)),)


def _document_row(name: str, drawing: Drawing, words: Words) -> Row:
    row: list[Place] = []
    for declared in fields_of(name, "json"):
        row.append(Fixed(f',"{declared.name}":'))
        for slot in declared.kind.slots["json"]:
            row += _filled(slot, declared.name, drawing, words)
    return (*row, Fixed("}\n"))


def _spelled(name: str, drawing: Drawing, words: Words) -> tuple[str, Row]:
    row = spelling_of(name).row(drawing.memory)
    if row and isinstance(row[0], Given):  # which is filled in where it stands first
        return name, (_SPACE, *row, _END)
    later = Later(partial(_spelled_row, row, drawing, words))
    return f"{name} " if row else name, (later,)


def _spelled_row(row: tuple[Any, ...], drawing: Drawing, words: Words) -> Row:
    return (*(place for slot in row for place in _filled(slot, "", drawing, words)), _END)


_ROWS: dict[Format, Callable[[str, Drawing, Words], tuple[str, Row]]] = {
    "lines": _line,
    "json": _document,
    "numbers": _spelled,
}


def _booleans(drawing: Drawing, slot: Any) -> Branch:
    """What an extrude may do: the first one of a part has nothing to meet."""
    if any(op.builds for op in drawing.operations):
        return slot
    return Branch(tuple(option for option in slot.options if "new" in option[0]))


def _filled(slot: Any, name: str, drawing: Drawing, words: Words) -> Row:
    """A slot as it is for this drawing: open places get their choices."""
    if isinstance(slot, Open):
        if slot.name in _OF_EXTRUDES:
            return (_OF_EXTRUDES[slot.name](drawing, words),)
        return (_OPEN[slot.name](drawing),)
    return (_booleans(drawing, slot),) if name == "boolean" else (slot,)


@lru_cache(maxsize=256)
def _either(texts: tuple[str, ...]) -> Branch:
    """One of these texts: the same object each time."""
    return Branch(tuple((text, ()) for text in texts))


def _turned(drawing: Drawing) -> Branch:
    return _either(_axes(drawing))


def _lines(drawing: Drawing) -> Branch:
    """Every way an axis in a sketch may point: along its x or y, or like a line in a sketch."""
    found = dict.fromkeys(((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)))
    for _, sketch in reversed(drawing.sketches):
        for curve in (curve for loop in sketch.loops for curve in loop.curves):
            if len(found) < _MOST_DIRECTIONS and type(curve) is Line and curve.length > 0:
                (x, y), (u, v) = curve.start, curve.end
                there = TurnAxis.of(curve.start, (u - x, v - y)).direction
                found |= dict.fromkeys((there, (0.0 - there[0], 0.0 - there[1])))
    write = _json_direction if drawing.text_format == "json" else write_line_direction
    return _either(tuple(dict.fromkeys(map(write, found))))


def _json_direction(direction: Vec2) -> str:
    plain = [int(c) if float(c).is_integer() else c for c in direction]
    return json.dumps(plain, separators=(",", ":"))[1:-1]


def _turned_profiles(drawing: Drawing) -> Outer:
    """The profiles of a revolve in the format `numbers`, and what follows them."""
    return _outer(drawing, None, lambda back: turns_row(drawing.memory, back))


def _profiles(drawing: Drawing, words: Words) -> Outer:
    return _outer(drawing, words, lambda back: numbers_row(drawing, words, back))


def _outer(drawing: Drawing, words: Words, rest: Callable[[int], Row]) -> Outer:
    """The profiles, and in the format `numbers` what follows them, by the first one's sketch."""
    regions = _regions(drawing)
    if drawing.text_format == "lines":
        return _plain_profiles(regions)
    if drawing.text_format == "json":
        return Outer(regions, quote='"', comma=",")
    backs = range(len(drawing.memory.frames))
    ends = tuple((Later(partial(_behind_profiles, drawing, words, rest, back)),) for back in backs)
    return Outer(regions, comma=",", named=True, ends=ends)


@lru_cache(maxsize=256)
def _plain_profiles(regions: tuple[Regions, ...]) -> Outer:
    return Outer(regions)


def _behind_profiles(drawing: Drawing, words: Words, rest: Callable[[int], Row], back: int) -> Row:
    """The boolean and all behind it, of profiles in the sketch `back` before the newest."""
    row = tuple(place for slot in rest(back) for place in _filled(slot, "", drawing, words))
    booleans = _booleans(drawing, BOOLEAN.slots["lines"][0]).options
    return (Branch(tuple((f" {text}", row) for text, _ in booleans)),)  # type: ignore[arg-type]


def _edges(drawing: Drawing) -> NextEdge:
    quoted = drawing.text_format == "json"
    named = makers(drawing.sequence.operations)
    return NextEdge(named, quote='"', comma=",") if quoted else NextEdge(named)


_OPEN: dict[str, Callable[[Drawing], Branch | Outer | EarlierOnes | NextEdge | SplinePlace]] = {
    "axes": _turned,
    "turned": _turned_profiles,
    "lines": _lines,
    **OPEN,
    **HOLES,
    "drilled": lambda drawing: drilled(_axes(drawing), drawing),
    "edges": _edges,
    "spline": spline_row,
}

_OF_EXTRUDES: dict[str, Callable[[Drawing, Words], Branch | Outer]] = {
    "profiles": _profiles,
    "extent": reach_row,
}
"""The same of places in which not every word is known to who knows the command."""


# --- tokens -------------------------------------------------------------------------------------


class Grammar:
    """A grammar compiled for one tokenizer and one format. Make it once, `start` it often.

    `vocabulary` maps each token's text to its id, without special tokens; `end` is the token
    that ends a text. `words` are the commands to offer, such as those that a model has learned
    (`Checkpoint.words`); None for all.
    """

    def __init__(
        self,
        vocabulary: dict[str, int],
        end: int,
        *,
        text_format: Format,
        words: Container[str] | None = None,
    ) -> None:
        self.end, self.words = end, words
        self.text_format: Format = text_format
        self.texts = {token: text for text, token in vocabulary.items()}
        self.masks = Masks(vocabulary)

    def start(self, sequence: CadSequence, *, least: int = 0, going_on: bool = False) -> Matcher:
        """Return a matcher for what may follow `sequence`, at least `least` operations more.

        With `going_on` the sketch at its end is drawn to its end, and nothing follows it. Those of
        its operations that are none of the words are not in the text before it.
        """
        without = unlearned(sequence, self.words)
        drawing = Drawing.of(sequence, self.text_format, without=without, words=self.words)
        if going_on:
            drawing.draw_on()
        return Matcher(self, drawing, len(sequence) + least, ends_sketch=going_on)


class Matcher:
    """One text being generated. `allowed` looks, `accept` moves on, `copy` branches off."""

    def __init__(
        self, grammar: Grammar, drawing: Drawing, least: int, *, ends_sketch: bool = False
    ) -> None:
        self.grammar, self.drawing, self._least = grammar, drawing, least
        self._ends_sketch = ends_sketch
        self._line = ""
        self._point = self._following()

    def _following(self) -> Point:
        """What may stand on the next line."""
        words = self.grammar.words
        if self._ends_sketch:
            drawn = (LOOP, CLOSE, *CURVES)
            words = tuple(word for word in drawn if words is None or word in words)
        return Point(lines_after(self.drawing, words))

    def copy(self) -> Matcher:
        other = object.__new__(Matcher)
        other.grammar, other._least = self.grammar, self._least
        other._ends_sketch = self._ends_sketch
        other.drawing, other._line, other._point = self.drawing.copy(), self._line, self._point
        return other

    @property
    def complete(self) -> bool:
        """Whether what has been drawn is a history that could be finished, or a sketch that is."""
        if self._ends_sketch:
            drawn = self.drawing.sequence.operations
            return not self._line and bool(drawn) and drawn[-1].finished
        return not self._line and may_end(self.drawing)

    @property
    def may_end(self) -> bool:
        """Whether the text may end here: it is complete and has all it was asked for."""
        return self.complete and len(self.drawing.sequence) >= self._least

    @property
    def openings(self) -> dict[str, str]:
        """The commands that may come next, and how each begins; at the beginning of a line."""
        words = self.grammar.words
        names, row = next_commands(self.drawing, words), lines_after(self.drawing, words)
        assert isinstance(row[0], Branch) and not self._line
        options = (text.rstrip() for text, _ in row[0].options)
        return dict(zip(names, options, strict=True))

    def only(self, command: str) -> Matcher:
        """Return a matcher for texts whose next line is this command, one of `openings`."""
        which = tuple(self.openings).index(command)
        branch = lines_after(self.drawing, self.grammar.words)[0]
        assert isinstance(branch, Branch)
        other = self.copy()
        other._point = Point((Branch((branch.options[which],)),))
        other._least = len(self.drawing.operations) + 1
        return other

    def allowed(self) -> tuple[int, ...]:
        """Return the tokens that may come next, the end among them where it may be."""
        tokens = self.grammar.masks.tokens(self._point, self._line)
        if self._goes_nowhere:  # then the number before the end of the line goes on
            texts = self.grammar.texts
            tokens = tuple(t for t in tokens if texts[t][0] not in "\n]}") or tokens
        return (*tokens, self.grammar.end) if self.may_end else tokens

    @property
    def _goes_nowhere(self) -> bool:
        """Whether the line, if it ended here, would be a curve to where the pen already is."""
        pen = self.drawing.pen
        slot, *rest = self._point.row
        ends = [place.text for place in rest if isinstance(place, Fixed)]
        if pen is None or not isinstance(slot, Decimal) or len(ends) < len(rest):
            return False
        if not is_decimal(slot, self._point.typed):
            return False
        after = self.drawing.copy()
        line = "".join((self._line, *ends)).strip().removeprefix(",")
        after.add(after.read(line))
        drawn = len(after.curves) > len(self.drawing.curves)
        return after.pen == pen and drawn and not isinstance(after.curves[-1], BSpline)

    def accept(self, token: int) -> None:
        """Move on by one token, which must be among the allowed ones and not the end."""
        for char in self.grammar.texts[token]:
            point = step(opened(self._point, self._line), char)
            if point is None:
                raise ValueError(f"token {token} may not follow {self._line!r}")
            self._point = point
            self._line += char
        if not self._point.row:
            line = self._line.strip().removeprefix(",")
            command = self.drawing.read(line)
            self.drawing = self.drawing.copy()  # copies of this one may still look at the old one
            self.drawing.add(command)
            self._line = ""
            self._point = self._following()
