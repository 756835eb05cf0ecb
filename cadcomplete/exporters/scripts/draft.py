"""A script while it is written: its names, its dimensions and its lines so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cadcomplete.errors import InputError
from cadcomplete.exporters.scripts.layout import wrapped
from cadcomplete.exporters.scripts.levels import Levels
from cadcomplete.exporters.scripts.names import Names, Variables
from cadcomplete.exporters.scripts.nouns import noun
from cadcomplete.exporters.scripts.outlines import CircleShape, Shape, shape_of
from cadcomplete.exporters.scripts.selection import Selection
from cadcomplete.history.extrude import Boolean, Extrude
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Operation, Sketch
from cadcomplete.history.patterns import PATTERNS, Repeat
from cadcomplete.history.revolve import Revolve
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.sketches import Profile, SweepsProfiles

SIGNS = {Boolean.NEW_BODY: "+", Boolean.JOIN: "+", Boolean.CUT: "-", Boolean.INTERSECT: "&"}
"""What a body does to the part, as both libraries write it."""


@dataclass(frozen=True, slots=True)
class Tool:
    """What an operation did to the part, for patterns that do it again.

    Attributes:
        text: a variable, of a body or of a list of them.
        many: whether it is a list.
    """

    boolean: Boolean
    text: str
    many: bool = False


@dataclass(frozen=True, slots=True)
class Called:
    """What an operation is called: by its kind, and by a name of its own.

    `places` is what the distances between its places are called after, if that is another thing.
    """

    noun: str
    own: str
    places: Called | None = None

    @property
    def title(self) -> str:
        """As a comment says it."""
        return self.own.replace("_", " ").capitalize()


class Draft:
    """A script as far as it is written.

    Attributes:
        operations: of the history.
        selections: how to select the edges of each fillet and chamfer, by its index.
        tools: what operations did that are done again, by their indices.
        begun: whether there is a part.
    """

    def __init__(self, sequence: CadSequence, selections: Mapping[int, Selection]) -> None:
        self.operations, self.selections = sequence.operations, selections
        self.names = Names()
        self.variables = Variables(self.names)
        self.levels = Levels(self.variables)
        self.lines: list[str] = []
        self.tools: dict[int, list[Tool]] = {}
        self.begun = False
        self.sketches: dict[tuple[int, tuple[Profile, ...], str], str] = {}
        again = (op.originals for op in self.operations if isinstance(op, PATTERNS))
        self._kept = {index for originals in again for index in originals}
        self._used = {
            index for op in self.operations if not isinstance(op, PATTERNS) for index in op.refers()
        }

    def keeps(self, index: int) -> bool:
        """Whether a later operation does this one again."""
        return index in self._kept

    def uses(self, index: int) -> bool:
        """Whether an operation sweeps something of this sketch."""
        return index in self._used

    def comment(self, text: str) -> None:
        """Begin the lines of an operation."""
        self.lines += ["", f"# {text}"]

    def say(self, statement: str, indent: str = "") -> None:
        """Add a statement."""
        self.lines += wrapped(statement, indent)

    def check_begun(self, boolean: Boolean) -> None:
        """Raise InputError if there is nothing to cut from, or to intersect with."""
        if not self.begun and boolean in (Boolean.CUT, Boolean.INTERSECT):
            raise InputError(f"there is nothing to {boolean.value}", hint="add a body first")

    def called(self, sweep: Extrude | Revolve) -> Called:
        """Return what a sweep is called, and take the name."""
        loops = [self.loop(profile, profile.outer) for profile in sweep.profiles]
        holes = [shape_of(self.loop(p, index)) for p in sweep.profiles for index in p.holes]
        boxes = [loop.box for loop in loops]
        size = max((min(x1 - x0, y1 - y0) for x0, y0, x1, y1 in boxes), default=0.0)
        word = noun(sweep, [shape_of(loop) for loop in loops], holes, size, first=not self.begun)
        return Called(word, self.names.fresh(word))

    def loop(self, profile: Profile, index: int) -> Loop:
        """Return a loop of a profile's sketch. Raises InputError if there is none."""
        if problem := profile.problem(self.operations):
            raise InputError(problem, where=f"operation {profile.sketch}")
        sketch = self.operations[profile.sketch]
        assert isinstance(sketch, Sketch)
        return sketch.loops[index]

    def again(self, pattern: Repeat) -> str:
        """What a comment calls what a pattern does again."""
        if pattern.of is None:
            return "The whole part"
        tools = (tool for index in pattern.originals for tool in self.tools.get(index, ()))
        return " and ".join(tool.text.replace("_", " ") for tool in tools).capitalize()

    def repeated(self, pattern: Repeat) -> Called:
        """What the dimensions of a pattern are called after: the first thing that it does again."""
        tools = [tool for index in pattern.originals for tool in self.tools.get(index, ())]
        name = tools[0].text if tools else "part"
        return Called(name, name)


@dataclass(frozen=True, slots=True)
class At:
    """Where an entry of a table writes: the draft, and the index of the operation."""

    draft: Draft
    index: int

    @property
    def before(self) -> tuple[Operation, ...]:
        """The operations before it."""
        return self.draft.operations[: self.index]


def by_sketch(sweep: SweepsProfiles) -> dict[int, tuple[Profile, ...]]:
    """Return the profiles of a sweep by the index of their sketch."""
    found: dict[int, tuple[Profile, ...]] = {}
    for profile in sweep.profiles:
        found[profile.sketch] = (*found.get(profile.sketch, ()), profile)
    return found


def alike(shapes: list[Shape]) -> tuple[list[list[CircleShape]], list[Shape]]:
    """Return circles that are of one size, at least two each, and all other shapes."""
    sizes: dict[float, list[CircleShape]] = {}
    for shape in shapes:
        if isinstance(shape, CircleShape):
            sizes.setdefault(round(shape.radius, 6), []).append(shape)
    groups = [group for group in sizes.values() if len(group) > 1]
    grouped = {id(shape) for group in groups for shape in group}
    return groups, [shape for shape in shapes if id(shape) not in grouped]
