"""Walks the statements of a script and works out what its names stand for.

The walk ends where something is not supported: what there is until then is the history, its solid
and the loops that wait to be extruded, and the rest of the script its `Unknown` (`stop.py`).
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from cadcomplete.errors import GeometryError, ReadError, UnsupportedError
from cadcomplete.history.sequence import CadSequence
from cadcomplete.readers.content import in_utf8
from cadcomplete.readers.scripts.budget import budget, spend
from cadcomplete.readers.scripts.calls import MISSING, Defined, RecordType, matched
from cadcomplete.readers.scripts.ending import Ending, made_by
from cadcomplete.readers.scripts.expressions import Expressions, end_of
from cadcomplete.readers.scripts.history import history
from cadcomplete.readers.scripts.plain import FUNCTIONS, plain_key
from cadcomplete.readers.scripts.session import Library, Scope
from cadcomplete.readers.scripts.stop import ScriptStop, StopReading, unknown, without_fences
from cadcomplete.readers.scripts.survey import (
    aliases,
    is_main,
    is_plain,
    is_record,
    last_name,
    root_name,
    survey,
    word,
)
from cadcomplete.readers.scripts.values import MODULES, Namespace, Value, held, items, truth

_MOST_BYTES = 300_000
_MOST_CALLS = 20
_MOST_TURNS = 10_000


def read_script(data: bytes, library: Library, *, id: str) -> CadSequence:
    """Return the history of a script, up to what of it is not supported.

    Raises ReadError for what is wrong.
    """
    text = _text(data)
    tree = _parse(text)
    modules = {**MODULES, library.module.name: library.module}
    names = survey(tree, modules, library.methods)
    machine = _Machine(library, modules, names, tree.body)
    with budget():
        try:
            stop = machine.read()
        except RecursionError:
            raise machine.at_line(ReadError("nested too deeply")) from None
        made = machine.made(stop)
        line = machine.session.line if stop is None else stop.begin[0]
        sequence = history(made.steps, id, made.drawn, line=line)
    if stop is not None:
        rest = (unknown(stop, text, names, chained=made.chained),)
        return replace(sequence, rest=rest)
    if not sequence.operations:
        expected = "a script that draws a sketch or makes a solid"
        raise ReadError("nothing is drawn and nothing is extruded", expected=expected)
    return sequence


def _text(data: bytes) -> str:
    if len(data) > _MOST_BYTES:
        raise ReadError("a script that is too long", expected=f"up to {_MOST_BYTES:,} bytes")
    try:
        text = in_utf8(data).decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ReadError("not text in UTF-8", where=f"line {line}") from None
    return without_fences(text)


def _parse(text: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the script's own spelling
            return ast.parse(text)
    except SyntaxError as error:
        raise ReadError(f"not Python: {error.msg}", where=f"line {error.lineno or 1}") from None
    except ValueError as error:
        raise ReadError(f"not Python: {error}") from None
    except (RecursionError, MemoryError):
        raise ReadError("nested too deeply") from None


class _Leaving(Exception):
    """Ends the walk through some statements: of a loop or a function."""


class _Broken(_Leaving):
    """Ends a loop."""


class _Continued(_Leaving):
    """Ends one turn of a loop."""


class _Returned(_Leaving):
    """Ends the walk through a function of the script."""

    def __init__(self, value: Any) -> None:
        self.value = value
        super().__init__()


class _Machine(Expressions):
    """A script while it is walked."""

    def __init__(
        self,
        library: Library,
        modules: Mapping[str, Namespace],
        names: list[tuple[int, str]],
        body: list[ast.stmt],
    ) -> None:
        super().__init__(Scope(body, dict(FUNCTIONS)))
        self.library = library
        self.unsupported = names  # with their lines
        self.modules = modules
        self.shown: Any = None  # object that the script shows or exports

    def read(self) -> ScriptStop | None:
        """Walk a script, and return where and why it ends early, if it does. Raises ReadError."""
        try:
            self.run(self.frame.body)
        except StopReading as stopped:
            return stopped.stop
        return None

    def made(self, stop: ScriptStop | None) -> Ending:
        """Return what the script has made, in the whole or until it ends early."""
        partial = self.partial if stop is not None and isinstance(self.partial, Value) else None
        return made_by(
            self.library,
            self.frames,
            self.session.scopes,
            shown=self.shown,
            partial=partial,
            source=self.source,
            stopped=stop is not None,
        )

    def at_line(self, error: ReadError) -> ReadError:
        if not error.where:
            error.where = f"line {self.session.line}"
        return error

    # --- statements -----------------------------------------------------------------------------

    def run(self, body: Iterable[ast.stmt]) -> None:
        for statement in body:
            self.session.line = self.frame.line = statement.lineno
            self.partial = self.source = self.reached = None
            try:
                self.count()
                self.statement(statement)
            except UnsupportedError as error:
                raise StopReading(self.stop(statement, error.names)) from None
            except ReadError as error:
                names = () if error.where else self.unsupported_in(statement)
                if names:
                    raise StopReading(self.stop(statement, names)) from None
                raise self.at_line(error) from None
            except GeometryError as error:
                raise self.at_line(ReadError(str(error))) from None
            except (ArithmeticError, ValueError):
                raise self.at_line(ReadError("cannot be calculated")) from None
            self.use()

    def use(self) -> None:
        """Remember that what a statement has named is not left over."""
        for value in self.loaded:
            for frame in self.frames:
                frame.drawn.pop(value, None)
        self.loaded.clear()

    def unsupported_in(self, statement: ast.stmt) -> tuple[str, ...]:
        """What of a statement is not supported: what goes wrong in it comes from that."""
        lines = range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
        return tuple(name for line, name in self.unsupported if line in lines)

    def stop(self, statement: ast.stmt, names: tuple[str, ...]) -> ScriptStop:
        """Say where the script ends early: at a statement, or within a chain of calls of it."""
        begin = (statement.lineno, statement.col_offset)
        return ScriptStop(begin, end_of(statement), names, self.reached)

    def statement(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            self.frame.names.update(aliases(node, self.modules))
        elif isinstance(node, ast.Expr):
            if not isinstance(node.value, ast.Constant):
                self.value(node.value, main=True)
            if not self.session.building and not _fills(node.value):
                self.loaded.clear()  # what comes of it is lost: nothing has been used
        elif isinstance(node, ast.Assign):
            value = self.value(node.value, main=True)
            for target in node.targets:
                self.assign(target, value)
        elif isinstance(node, ast.AnnAssign):
            if node.value is not None:
                self.assign(node.target, self.value(node.value, main=True))
        elif isinstance(node, ast.AugAssign):
            self.change(node)
        elif isinstance(node, ast.With):
            self.enter(node.items, node.body)
        elif isinstance(node, ast.If):
            self.run(node.body if is_main(node) or truth(self.value(node.test)) else node.orelse)
        elif isinstance(node, ast.For | ast.While):
            self.loop(node)
        elif isinstance(node, ast.Break | ast.Continue):
            raise _Broken if isinstance(node, ast.Break) else _Continued
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self.define(node)
        elif isinstance(node, ast.Return):
            if len(self.frames) == 1:
                raise ReadError("return outside of a function")
            raise _Returned(None if node.value is None else self.value(node.value, main=True))
        elif isinstance(node, ast.Try) and all(map(_imports, node.body)):
            self.run(node.body)
        elif not isinstance(node, ast.Pass | ast.Assert):  # of a part that was made none failed
            raise UnsupportedError([word(node)])

    def loop(self, node: ast.For | ast.While) -> None:
        for item in self.turns(node):
            if isinstance(node, ast.For):
                self.assign(node.target, item)
            try:
                self.run(node.body)
            except _Continued:
                continue
            except _Broken:
                return
        self.run(node.orelse)

    def turns(self, node: ast.For | ast.While) -> Iterator[Any]:
        """Yield what a loop goes through, as long as it goes on."""
        if isinstance(node, ast.For):
            yield from items(self.value(node.iter))
            return
        for _turn in range(_MOST_TURNS):
            if not truth(self.value(node.test)):
                return
            yield None
        raise UnsupportedError(["while"])

    def change(self, node: ast.AugAssign) -> None:
        """Do `x += 1`; a list grows in place."""
        before = self.value(ast.copy_location(_loaded(node.target), node))
        after = self.binary(node.op, before, self.value(node.value))
        if isinstance(before, list) and isinstance(after, list):
            before[:] = after
            after = before
        self.assign(node.target, after)

    def enter(self, contexts: list[ast.withitem], body: list[ast.stmt]) -> None:
        entered: list[Any] = []
        if len(self.session.scopes) == self.frame.around > 0:
            # the library's builders do not know those of the function that calls this one
            raise UnsupportedError(["with in a function that is called inside another with"])
        for item in contexts:
            scope = self.value(item.context_expr)
            if not hasattr(scope, "leave"):
                raise ReadError("cannot be entered with `with`", got=type(scope).__name__)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, scope)
            scope.enter(self.session)
            self.session.scopes.append(scope)
            entered.append(scope)
        returned = None
        try:
            self.run(body)
        except _Leaving as done:
            returned = done
        for scope in reversed(entered):
            self.session.scopes.pop()
            scope.leave(self.session)
            self.draw(scope)
            self.remember(scope)
        if returned is not None:
            raise returned

    # --- functions ------------------------------------------------------------------------------

    def define(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        """Give a name to a function; calling one that is not plain ends the walk."""
        self.frame.names[node.name] = Namespace(node.name)
        if is_record(node):
            depth = len(self.frames)
            try:
                self.frame.names[node.name] = self.record_type(node)
            except ReadError:  # of a value that is not known
                del self.frames[depth:]
        if not is_plain(node):
            return
        given = [*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]
        depth = len(self.frames)
        try:
            values = {id(default): self.value(default) for default in given}
        except ReadError:  # of a default that is not known
            del self.frames[depth:]
            return
        self.frame.names[node.name] = Defined(node, values, self.frame)

    def record_type(self, node: ast.ClassDef) -> RecordType:
        """Return a class that only holds values, with them."""
        inner = Scope([], {}, self.frame, self.frame.line, around=self.frame.around)
        self.frames.append(inner)
        for statement in node.body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                value = MISSING if statement.value is None else self.value(statement.value)
                inner.names[statement.target.id] = value
            elif isinstance(statement, ast.Assign):
                value = self.value(statement.value)
                for target in statement.targets:
                    self.assign(target, value)
        self.frames.pop()
        return RecordType(node.name, inner.names, bool(node.decorator_list))

    def invoke(self, function: Defined, given: list[Any], named: dict[str, Any]) -> Any:
        if len(self.frames) > _MOST_CALLS:
            raise ReadError(
                "functions that call each other too deeply", expected=f"up to {_MOST_CALLS}"
            )
        names = matched(function, given, named)
        spend(10 + len(names))
        line, body, around = self.session.line, function.node.body, len(self.session.scopes)
        self.frames.append(Scope(body, names, function.frame, line, around=around))
        result = None
        try:
            self.run(body)
        except _Returned as done:
            result = done.value
        inner = self.frames.pop()  # where it ends early its names are still needed
        self.frame.last = self.frame.last or inner.last
        self.session.line = line
        return result

    # --- what is made ---------------------------------------------------------------------------

    def assign(self, target: ast.expr, value: Any) -> None:
        if isinstance(target, ast.Name):
            old = self.frame.names.get(target.id)
            if old is not value:
                self.frame.drawn.pop(id(old), None)
            self.frame.names[target.id] = value
            self.draw(value)
            self.remember(value)
        elif isinstance(target, ast.Tuple | ast.List):
            values = _gathered(items(value), target.elts)
            if len(values) != len(target.elts):
                raise ReadError(
                    "wrong number of values", expected=str(len(target.elts)), got=len(values)
                )
            for part, one in zip(target.elts, values, strict=True):
                self.assign(part.value if isinstance(part, ast.Starred) else part, one)
        elif isinstance(target, ast.Subscript):
            _set(self.value(target.value), self.value(target.slice), value)
        elif not (isinstance(target, ast.Attribute) and target.attr in ("label", "color")):
            raise UnsupportedError(["assignment to a part of an object"])

    def draw(self, value: Any) -> None:
        """Remember what a statement has made, until another one uses it."""
        if isinstance(value, Value | list) and not self.session.building:
            self.loaded.pop(id(value), None)
            self.frame.drawn.pop(id(value), None)
            self.frame.drawn[id(value)] = value

    def remember(self, value: Any) -> None:
        if isinstance(value, Value) and self.library.solid(value):
            self.frame.last = value

    def output(self, node: ast.Call) -> None:
        """Remember what is shown or exported, and do neither."""
        if last_name(node.func) == "print":
            return
        for shown in node.args[:1]:
            if isinstance(shown, ast.Call):  # such as show(part.fillet(…)): it is not `part`
                value = self.value(shown, main=True)
                if isinstance(value, Value) and self.library.solid(value):
                    self.shown = value
                    return
        for name in map(root_name, (*node.args[:1], node.func)):
            value = next((f.names[name] for f in self.named_in() if name in f.names), None)
            if isinstance(value, Value) and self.library.solid(value):
                self.shown = value
                return

    def named_in(self) -> Iterator[Scope]:
        """Yield the frames whose names can be used, the innermost first."""
        frame: Scope | None = self.frame
        while frame is not None:
            yield frame
            frame = frame.outer


def _loaded(target: ast.expr) -> ast.expr:
    """The name, or the item, that `x += 1` reads."""
    if isinstance(target, ast.Subscript):
        return ast.Subscript(target.value, target.slice, ast.Load())
    if not isinstance(target, ast.Name):
        raise UnsupportedError(["assignment to a part of an object"])
    return ast.Name(target.id, ast.Load())


def _set(owner: Any, place: Any, value: Any) -> None:
    """Give a value to an item of a list or a dictionary."""
    if isinstance(owner, dict):
        held([*owner, value])
        owner[plain_key(place)] = value
    elif isinstance(owner, list) and type(place) is int and -len(owner) <= place < len(owner):
        held([*owner, value])
        owner[place] = value
    else:
        raise UnsupportedError(["assignment to a part of an object"])


def _gathered(values: list[Any], targets: list[ast.expr]) -> list[Any]:
    """Return values for targets; one with a star takes all that the others leave."""
    starred = [n for n, target in enumerate(targets) if isinstance(target, ast.Starred)]
    if len(starred) != 1 or len(values) < len(targets) - 1:
        return values
    (at,), after = starred, len(targets) - starred[0] - 1
    return [*values[:at], values[at : len(values) - after], *values[len(values) - after :]]


def _fills(node: ast.expr) -> bool:
    """Whether a call puts its arguments into a list."""
    return isinstance(node, ast.Call) and last_name(node.func) in ("append", "extend", "insert")


def _imports(node: ast.stmt) -> bool:
    """Whether a statement only imports: of what is tried no other can be said to succeed."""
    return isinstance(node, ast.Import | ast.ImportFrom | ast.Pass)
