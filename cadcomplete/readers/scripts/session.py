"""What holds while a script is read, and what a library has to say for its scripts to be read."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cadcomplete.errors import ReadError
from cadcomplete.readers.scripts.budget import draw
from cadcomplete.readers.scripts.history import Drawn
from cadcomplete.readers.scripts.solids import Steps
from cadcomplete.readers.scripts.values import Function, Namespace, Value


@dataclass(slots=True)
class Session:
    """What holds while a script is read: the line, and the builders that are entered."""

    line: int = 0
    scopes: list[Any] = field(default_factory=list)
    ask: Callable[..., Any] = field(init=False, repr=False)
    """Returns what a function of the script makes of values. Raises ReadError."""

    def drawing(self, curves: int) -> None:
        """Count curves that are drawn. Raises ReadError when a script draws too many."""
        draw(curves)

    @property
    def building(self) -> bool:
        """Whether what is made now goes into a builder."""
        return any(scope.takes for scope in self.scopes)


@dataclass(slots=True)
class Scope:
    """The names of a script, or of a call of one of its functions.

    Attributes:
        body: the statements that are walked.
        outer: the names that stand around them.
        line: of the statement that is being worked out.
        last: the object that was assigned last, of those that hold a solid.
        drawn: what was assigned and that no later statement has used, by its identity.
        around: how many builders were entered where the function was called.
    """

    body: list[ast.stmt]
    names: dict[str, Any]
    outer: Scope | None = None
    line: int = 0
    last: Any = None
    drawn: dict[int, Any] = field(default_factory=dict)
    around: int = 0

    def find(self, name: str) -> Any:
        """Return what a name stands for. Raises ReadError."""
        frame: Scope | None = self
        while frame is not None:
            if name in frame.names:
                return frame.names[name]
            frame = frame.outer
        raise ReadError("unknown name", got=name)


@dataclass(frozen=True, slots=True)
class Library:
    """A library whose scripts can be read.

    Attributes:
        module: its name and what stands in it.
        methods: the methods of all its objects, by name.
        solid: from an object to the solid it holds; None if it holds none.
        drawn: from an object to the loops that wait in it to be extruded.
        within: from the builders that are entered to the solid and the loops so far.
    """

    module: Namespace
    methods: Mapping[str, tuple[Function, ...]]
    solid: Callable[[Any], Steps | None]
    drawn: Callable[[Any], list[Drawn]]
    within: Callable[[list[Any]], tuple[Steps, list[Drawn]]] = lambda scopes: ((), [])


def methods_of(*kinds: type[Value]) -> dict[str, tuple[Function, ...]]:
    """Return the methods of some classes by their names."""
    names = dict.fromkeys(name for kind in kinds for name in kind.METHODS)
    return {name: tuple(k.METHODS[name] for k in kinds if name in k.METHODS) for name in names}
