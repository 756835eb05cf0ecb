"""Which token may come next: the grammar of the text, and what has been drawn so far.

The text of a command is a row of slots, from the same declarations that encode and decode it
(`history/fields.py`). A small automaton walks them character by character, and the vocabulary, as
a tree, is walked along with it: so any byte-pair tokenizer is served. Only sketches and loops
that exist can be named, a loop is closed before the next one begins, and whatever is generated
parses. docs/format.md draws the grammar.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
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
from cadcomplete.language.numbers import Given, spelling_of, turns_row
from cadcomplete.language.rows import (
    Outer,
    Place,
    Point,
    Regions,
    Row,
    is_decimal,
    opened,
    state_of,
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


_MOST_DIRECTIONS = 64  # of lines that are offered for an axis: more are a drawing of something else


def lines_after(drawing: Drawing, words: Container[str] | None = None) -> Row:
    """Return the row of everything that may be the next line, of the commands in `words`."""
    names, row = next_commands(drawing, words), _ROWS[drawing.text_format]
    return (Branch(tuple(row(name, drawing, words) for name in names)),)  # type: ignore[arg-type]


def _line(name: str, drawing: Drawing, words: Words) -> tuple[str, Row]:
    """A command of the format `lines`: how it begins, and what may follow."""
    row: list[Place] = []
    for declared in fields_of(name, "lines"):
        row.append(Fixed(" "))
        for slot in declared.kind.slots["lines"]:
            row += _filled(slot, declared.name, drawing, words)
    return (f"{name} ", (*row[1:], Fixed("\n"))) if row else (name, (Fixed("\n"),))


def _document(name: str, drawing: Drawing, words: Words) -> tuple[str, Row]:
    comma = "," if drawing.operations or drawing.plane else ""
    row: list[Place] = []
    for declared in fields_of(name, "json"):
        row.append(Fixed(f',"{declared.name}":'))
        for slot in declared.kind.slots["json"]:
            row += _filled(slot, declared.name, drawing, words)
    return f'{comma}{{"type":"{name}"', (*row, Fixed("}\n"))


def _spelled(name: str, drawing: Drawing, words: Words) -> tuple[str, Row]:
    row = spelling_of(name).row(drawing.memory)
    filled = [place for slot in row for place in _filled(slot, "", drawing, words)]
    if row and isinstance(row[0], Given):  # which is filled in where it stands first
        return name, (Fixed(" "), *filled, Fixed("\n"))
    return f"{name} " if row else name, (*filled, Fixed("\n"))


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


def _turned(drawing: Drawing) -> Branch:
    return Branch(tuple((text, ()) for text in _axes(drawing)))


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
    return Branch(tuple((text, ()) for text in dict.fromkeys(map(write, found))))


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
        return Outer(regions)
    if drawing.text_format == "json":
        return Outer(regions, quote='"', comma=",")
    booleans = _booleans(drawing, BOOLEAN.slots["lines"][0]).options
    rows = [
        tuple(place for slot in rest(back) for place in _filled(slot, "", drawing, words))
        for back in range(len(drawing.memory.frames))
    ]
    ends = tuple(
        (Branch(tuple((f" {text}", row) for text, _ in booleans)),)  # type: ignore[arg-type]
        for row in rows
    )
    return Outer(regions, comma=",", named=True, ends=ends)


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


@dataclass(slots=True)
class _Node:
    children: dict[str, _Node] = field(default_factory=dict)
    token: int = -1


_MOST_KNOWN = 20_000
"""Points of which the tokens are remembered."""

_NEAR = 3
"""Slots into which one token may reach: the end of a number, a space, and what begins there."""


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
        self._root = _Node()
        self._known: dict[object, tuple[int, ...]] = {}  # at most _MOST_KNOWN
        for text, token in vocabulary.items():
            body = text[:-1] if text.endswith("\n") else text
            if body.isascii() and (body.isprintable() or not body) and text:
                self._insert(text, token)

    def _insert(self, text: str, token: int) -> None:
        node = self._root
        for char in text:
            node = node.children.setdefault(char, _Node())
        node.token = token

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

    def tokens(self, point: Point, line: str) -> tuple[int, ...]:
        """Return the tokens that may stand at a point of a line; remembered by what decides it."""
        if any(isinstance(place, Given) for place in point.row[:_NEAR]):
            return tuple(self._walk(self._root, point, line))
        state = state_of(point)
        found = self._known.get(state)
        if found is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            found = self._known[state] = tuple(self._walk(self._root, point, line))
        return found

    def _walk(self, node: _Node, point: Point, line: str) -> Iterable[int]:
        point = opened(point, line)
        for char, child in node.children.items():
            after = step(point, char)
            if after is None:
                continue
            if child.token >= 0:
                yield child.token
            if after.row:  # no token reaches beyond the end of a line
                yield from self._walk(child, after, line + char)


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
        tokens = self.grammar.tokens(self._point, self._line)
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
            self.drawing.add(self.drawing.read(line))
            self._line = ""
            self._point = self._following()
