"""What a script has made when it ends, or ends early."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cadcomplete.errors import ReadError, UnsupportedError
from cadcomplete.readers.scripts.budget import spend
from cadcomplete.readers.scripts.history import Drawn
from cadcomplete.readers.scripts.session import Library, Scope
from cadcomplete.readers.scripts.solids import Steps
from cadcomplete.readers.scripts.stop import later_names
from cadcomplete.readers.scripts.values import Value


@dataclass(frozen=True, slots=True)
class Ending:
    """The solid of a script, and what it has drawn that nothing has extruded.

    Attributes:
        chained: whether what a chain of calls had made before it ended early is part of that.
    """

    steps: Steps
    drawn: list[Drawn]
    chained: bool = False


def made_by(
    library: Library,
    frames: list[Scope],
    scopes: list[Any],
    *,
    shown: Any,
    partial: Value | None,
    source: ast.expr | None,
    stopped: bool,
) -> Ending:
    """Return what is shown, or was made last.

    Of a script that ends early it is what is being built, what the last statement had made
    (`partial`, by the expression `source`), or what the statements that follow begin with; and
    whatever is drawn and has not been used.
    """
    if not stopped:
        part = frames[0].last if shown is None else shown
        if part is not None:
            return Ending(library.solid(part) or (), _drawn(library, part))
        return Ending((), [one for v in frames[0].drawn.values() for one in _drawn(library, v)])
    steps, drawing = library.within(scopes)
    own, pending = _solid(library, partial), _drawn(library, partial)
    chained = False
    if any(scope.takes for scope in scopes):  # what was made goes into the builder
        pending = []
    if not steps:
        chained = bool(own)
        steps = own or next((s for v in _later(frames, shown) if (s := _solid(library, v))), ())
    used = source if own or pending else None
    left = _left_over(library, frames, scopes, partial, used)
    return Ending(steps, [*left, *pending, *drawing], chained or bool(pending))


def _later(frames: list[Scope], shown: Any) -> Iterator[Any]:
    """Yield what may be the part, the likeliest first."""
    yield shown
    for frame in reversed(frames):
        yield from (_named(frame, name) for name in later_names(frame.body, frame.line))
    for frame in reversed(frames):
        yield frame.last


def _named(frame: Scope, name: str) -> Any:
    try:
        return frame.find(name)
    except ReadError:
        return None


def _left_over(
    library: Library, frames: list[Scope], scopes: list[Any], partial: Any, source: ast.expr | None
) -> list[Drawn]:
    """Return what was drawn earlier and no statement has used, in the order of the script."""
    used = {id(scope) for scope in scopes} | {id(partial)}
    if source is not None:
        names = (node.id for node in ast.walk(source) if isinstance(node, ast.Name))
        used |= {id(_named(frames[-1], name)) for name in names}
    values = [v for frame in frames for key, v in frame.drawn.items() if key not in used]
    return [one for value in values for one in _drawn(library, value)]


def _solid(library: Library, value: Any) -> Steps:
    """Return the solid of an object; none if it cannot be said."""
    if not isinstance(value, Value):
        return ()
    try:
        return library.solid(value) or ()
    except UnsupportedError:
        return ()


def _drawn(library: Library, value: Any) -> list[Drawn]:
    if isinstance(value, list):
        spend(len(value))
        return [one for item in value if isinstance(item, Value) for one in library.drawn(item)]
    return library.drawn(value) if isinstance(value, Value) else []
