"""A toy operation and a toy curve, and what the rooms need to know of them (CONTRIBUTING.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from cadcomplete.completion import effects, proposing, snapping, wording
from cadcomplete.constraints import meeting, pins
from cadcomplete.exporters.freecad import features as freecad
from cadcomplete.exporters.freecad import sketches as freecad_sketches
from cadcomplete.exporters.scripts import DIALECTS
from cadcomplete.fitting.flat import walls
from cadcomplete.fitting.space import solids
from cadcomplete.history import crossings, inside, moments, reach
from cadcomplete.history.curves import CURVES, Circle, Line
from cadcomplete.history.fields import FORMATS, Field, Fixed
from cadcomplete.history.geometry import XY, Array, Plane, Symmetry, Vec2
from cadcomplete.history.kinds import PLANE, POINT, POSITIVE
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import (
    OPERATIONS,
    Boolean,
    Extent,
    ExtentType,
    Extrude,
    Finding,
    Profile,
    Sketch,
)
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel import build as kernel
from cadcomplete.kernel import edges, polygons
from cadcomplete.kernel.remarks import Step
from cadcomplete.kernel.sweep import sweep
from cadcomplete.language import grammar, words
from cadcomplete.language.commands import Command
from cadcomplete.language.numbers import spellings
from cadcomplete.language.numbers.memory import RADIUS, WORLD
from cadcomplete.language.numbers.words import Number, read_number, write_number
from cadcomplete.meshes import manifolds

TALL = Extent(ExtentType.ONE_SIDED, 6.0)


def extruded(loop: Loop, plane: Plane = XY, extent: Extent = TALL) -> tuple[Sketch, Extrude]:
    return Sketch(plane, (loop,)), Extrude((Profile(0, 0),), extent, Boolean.NEW_BODY)


@dataclass(frozen=True, slots=True)
class Post:
    """A round post on a plane, as high as its radius."""

    plane: Plane
    radius: float
    source: str = field(default="", compare=False, repr=False)
    remarks: tuple[str, ...] = field(default=(), compare=False, repr=False)

    FIELDS: ClassVar[tuple[Field, ...]] = (Field("plane", PLANE), Field("radius", POSITIVE))
    builds: ClassVar[bool] = True
    finished: ClassVar[bool] = True

    @property
    def drawn(self) -> tuple[Sketch, Extrude]:
        upright = Extent(ExtentType.ONE_SIDED, self.radius)
        return extruded(Loop((Circle((0.0, 0.0), self.radius),)), self.plane, upright)

    def refers(self) -> tuple[int, ...]:
        return ()

    def planes(self, before: object) -> tuple[Plane, ...]:
        return (self.plane, self.plane.raised(self.radius))

    def lines(self) -> tuple[Array, ...]:
        return ()

    def problems(self, before: object, *, path: str, last: bool = False) -> Iterator[Finding]:
        if self.radius > 1e6:
            yield Finding(path, "a post that is too thick")

    def mapped(self, symmetry: Symmetry) -> Post:
        return replace(self, plane=self.drawn[0].mapped(symmetry).plane)

    def scaled(self, factor: float) -> Post:
        return Post(self.drawn[0].scaled(factor).plane, self.radius * factor)


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight curve that no room may take for a line."""

    start: Vec2
    end: Vec2

    closed: ClassVar[bool] = False
    FIELDS: ClassVar[dict[str, tuple[Field, ...]]] = dict.fromkeys(FORMATS, (Field("end", POINT),))

    @classmethod
    def from_fields(cls, start: Vec2, *, end: Vec2) -> Rule:
        return cls(start, end)

    @property
    def line(self) -> Line:
        return Line(self.start, self.end)

    @property
    def length(self) -> float:
        return self.line.length

    @property
    def area(self) -> float:
        return self.line.area

    @property
    def problem(self) -> str:
        return self.line.problem

    def points(self) -> Array:
        return self.line.points()

    def mapped(self, move: Callable[[Vec2], Vec2], resize: object = float) -> Rule:
        return Rule(move(self.start), move(self.end))

    def scaled(self, factor: float) -> Rule:
        scaled = self.line.scaled(factor)
        return Rule(scaled.start, scaled.end)

    def reversed(self) -> Rule:
        return Rule(self.end, self.start)

    def moved(self, start: Vec2, end: Vec2) -> Rule:
        return Rule(start, end)


def _write(post: Post, before: object, text_format: str) -> Iterator[Command]:
    yield Command("post", (post.plane, post.radius))


def _read(values: tuple[Any, ...], sheet: Any) -> None:
    sheet.end_sketch()
    sheet.operations.append(Post(*values))


_PLANE = spellings.SPELLINGS["sketch"]
_SPELLING = spellings.Spelling(
    lambda v, m: [*_PLANE.write(v[:1], m), write_number(v[1], RADIUS, m)],
    lambda w, m: (*_PLANE.read(w, m), read_number(next(w), RADIUS, m)),
    lambda v, m: m.seen(zip(WORLD, v[0].origin, strict=True)),
    lambda m: (*_PLANE.row(m), Fixed(" "), Number(0, signed=False, zero=False, steps=False)),
)


def _solid(post: Post, before: kernel.Before) -> Step:
    sketch, extrude = post.drawn
    return Step(before.index, Boolean.JOIN, (sweep(extrude.profiles[0], extrude, (sketch,)),))


def _usual_posts(given: CadSequence, drawn: Sequence[Post]) -> Iterator[Any]:
    """Those that were drawn, and twice as large."""
    for post in drawn:
        yield Post(post.plane, 2 * post.radius)


POST_ENTRIES: dict[str, tuple[dict[Any, Any], Any, Any]] = {
    "words": (words.WORDS, Post, words.Word(_write, _read, lambda sheet: True)),
    "spellings": (spellings.SPELLINGS, "post", _SPELLING),
    "kernel": (kernel.APPLY, Post, _solid),
    "manifolds": (
        manifolds.APPLY,
        Post,
        lambda post, past: manifolds.applied(past.solid, post.drawn[1], post.drawn[:1]),
    ),
    "occupancy": (
        solids.APPLY,
        Post,
        lambda inside, post, before, at: inside | solids.swept(post.drawn[1], post.drawn[:1], at),
    ),
    "faces": (
        walls.FACES,
        Post,
        lambda post, all_: walls.FACES[Extrude](post.drawn[1], post.drawn),
    ),
    "reach": (
        reach.BOXES,
        Post,
        lambda post, before: reach.BOXES[Extrude](post.drawn[1], post.drawn[:1]),
    ),
    "proposals": (proposing.PROPOSE, Post, proposing.Proposer(usual=_usual_posts)),
    "effects": (effects.STEPS, Post, effects.any_step),
    "snapping": (
        snapping.PULLED,
        Post,
        lambda post, pull: replace(post, radius=pull("diameter", 2 * post.radius) / 2),
    ),
    "pins": (
        pins.DIMENSIONS,
        Post,
        pins.NamedSizes(
            lambda post, before: {"diameter": (2 * post.radius,)},
            lambda post, before, wants: replace(post, radius=wants("diameter")[0] / 2),
        ),
    ),
    "meeting": (meeting.MEETS, Post, lambda post, earlier: (Boolean.JOIN,)),
    "wording": (wording.SAID, Post, lambda post, step: f"post ø{2 * post.radius:g}"),
    "freecad": (freecad.EXPORT, Post, lambda post, place: place.body.feature(place.index, "Pad")),
    **{
        f"script of {name}": (
            dialect.EXPORT,
            Post,
            lambda post, at: at.draft.say(f"part += post({post.radius:g})"),
        )
        for name, dialect in DIALECTS.items()
    },
}
"""Table, key and entry of each room that a new operation has to be entered in."""

RULE_ENTRIES: dict[str, tuple[dict[Any, Any], Any, Any]] = {
    "spellings": (spellings.SPELLINGS, "rule", spellings.SPELLINGS["line"]),
    "edges": (edges.EDGES, Rule, edges.EDGES[Line]),
    "polygons": (polygons.POLYGONS, Rule, polygons.POLYGONS[Line]),
    "manifolds": (manifolds.CORNERS, Rule, manifolds.CORNERS[Line]),
    "occupancy": (inside.CAPS, Rule, inside.CAPS[Line]),
    "crossings": (crossings.EQUATIONS, Rule, crossings.EQUATIONS[Line]),
    "moments": (moments.MOMENTS, Rule, lambda rule: moments.MOMENTS[Line](rule.line)),
    "walls": (walls.WALLS, Rule, walls.WALLS[Line]),
    "grammar": (grammar.STRAIGHT, Rule, True),
    "freecad": (
        freecad_sketches.CURVES,
        Rule,
        lambda rule: freecad_sketches.CURVES[Line](rule.line),
    ),
    **{
        f"script of {name}": (
            dialect.CURVES,
            Rule,
            lambda rule, arcs, dialect=dialect: dialect.CURVES[Line](rule.line, arcs),
        )
        for name, dialect in DIALECTS.items()
    },
}
"""The same of a new curve."""


def enter(monkeypatch: Any) -> None:
    """Enter both everywhere, until the test is over."""
    monkeypatch.setitem(OPERATIONS, "post", Post)
    monkeypatch.setitem(CURVES, "rule", Rule)
    for table, key, entry in (*POST_ENTRIES.values(), *RULE_ENTRIES.values()):
        monkeypatch.setitem(table, key, entry)
