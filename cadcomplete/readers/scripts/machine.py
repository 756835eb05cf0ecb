"""Walks the statements of a script and works out what its names stand for.

Nothing of the script is executed: an expression is a constant, a name, arithmetic, or a call of a
function that a library's module here lists, and it is worked out by the functions below. What they
may do is counted (`budget.py`). The walk ends where something is not supported: the solid that
there is until then is the history, and the rest of the script its `Unknown` (`stop.py`).
"""

from __future__ import annotations

import ast
import operator
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cadcomplete.errors import GeometryError, ReadError, UnsupportedError, shorten
from cadcomplete.history.sequence import CadSequence
from cadcomplete.readers.content import in_utf8
from cadcomplete.readers.scripts.budget import budget, draw, spend
from cadcomplete.readers.scripts.calls import Bound, Method, attribute, bind, chosen
from cadcomplete.readers.scripts.solids import Steps, history
from cadcomplete.readers.scripts.stop import (
    Place,
    Stop,
    StopReading,
    later_names,
    unknown,
    without_fences,
)
from cadcomplete.readers.scripts.survey import (
    aliases,
    is_main,
    is_output,
    last_name,
    root_name,
    survey,
    word,
)
from cadcomplete.readers.scripts.values import (
    BUILTINS,
    MODULES,
    Function,
    Namespace,
    Value,
    held,
    is_number,
    items,
    kept,
    power,
)

_MOST_STATEMENTS = 100_000
_MOST_BYTES = 300_000


@dataclass(slots=True)
class Session:
    """What holds while a script is read: the line, and the builders that are entered."""

    line: int = 0
    scopes: list[Any] = field(default_factory=list)

    def drawing(self, curves: int) -> None:
        """Count curves that are drawn. Raises ReadError when a script draws too many."""
        draw(curves)


@dataclass(frozen=True, slots=True)
class Library:
    """A library whose scripts can be read.

    Attributes:
        module: its name and what stands in it.
        methods: the methods of all its objects, by name.
        solid: from an object to the solid it holds; None if it holds none.
    """

    module: Namespace
    methods: Mapping[str, tuple[Function, ...]]
    solid: Callable[[Any], Steps | None]


def methods_of(*kinds: type[Value]) -> dict[str, tuple[Function, ...]]:
    """Return the methods of some classes by their names."""
    names = dict.fromkeys(name for kind in kinds for name in kind.METHODS)
    return {name: tuple(k.METHODS[name] for k in kinds if name in k.METHODS) for name in names}


def read_script(data: bytes, library: Library, *, id: str) -> CadSequence:
    """Return the history of a script, up to what of it is not supported.

    Raises ReadError for what is wrong, UnsupportedError with all names if nothing was made before
    the first thing that is not supported.
    """
    text = _text(data)
    tree = _parse(text)
    modules = {**MODULES, library.module.name: library.module}
    names = survey(tree, modules, library.methods)
    machine = _Machine(library, modules, names)
    with budget():
        try:
            stop = machine.read(tree.body)
        except RecursionError:
            raise machine.at_line(ReadError("nested too deeply")) from None
        made = machine.found(tree.body, stop)
        solid = None if made is None else library.solid(made)
        if stop is not None and not solid:
            found = {name for _, name in names} or set(stop.names)
            first = min((line for line, _ in names), default=stop.line)
            raise UnsupportedError(found, where=f"line {first}")
        if not solid:
            raise ReadError("nothing is extruded", expected="a script that makes a solid")
        sequence = history(solid, id)
    return sequence if stop is None else replace(sequence, rest=(unknown(stop, text, names),))


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


_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: power,
    ast.BitAnd: operator.and_,
}


class _Machine:
    """The names of a script while it is walked."""

    def __init__(
        self, library: Library, modules: Mapping[str, Namespace], names: list[tuple[int, str]]
    ) -> None:
        self.library = library
        self.unsupported = names  # with their lines
        self.modules = modules
        self.names: dict[str, Any] = dict(BUILTINS)
        self.session = Session()
        self.last: Any = None  # object that was assigned last, of those that hold a solid
        self.shown: Any = None  # object that the script shows or exports
        self.reached: tuple[Place, Place] | None = None  # where that ends, and the whole chain
        self.partial: Any = None  # what a statement had made when it came to what is not supported
        self.left = _MOST_STATEMENTS

    def read(self, body: list[ast.stmt]) -> Stop | None:
        """Walk a script, and return where and why it ends early, if it does. Raises ReadError."""
        try:
            self.run(body)
        except StopReading as stopped:
            return stopped.stop
        return None

    def found(self, body: list[ast.stmt], stop: Stop | None) -> Any:
        """Return the object whose solid is the part: what is shown, or was made last.

        Of a script that ends early it is what the last statement had made, what is being built, or
        what the statements that follow begin with.
        """
        if stop is None:
            return self.last if self.shown is None else self.shown
        later = (self.names.get(name) for name in later_names(body, stop.line))
        for made in (self.partial, *self.session.scopes, self.shown, *later, self.last):
            if isinstance(made, Value) and self.library.solid(made):
                return made
        return None

    def at_line(self, error: ReadError) -> ReadError:
        if not error.where:
            error.where = f"line {self.session.line}"
        return error

    # --- statements -----------------------------------------------------------------------------

    def run(self, body: Iterable[ast.stmt]) -> None:
        for statement in body:
            self.session.line = statement.lineno
            self.partial = self.reached = None
            self.left -= 1
            if self.left < 0:
                raise self.at_line(ReadError("too many statements", got=_MOST_STATEMENTS))
            try:
                self.statement(statement)
            except UnsupportedError as error:
                raise StopReading(self.stop(statement, error.names)) from None
            except ReadError as error:
                if names := self.unsupported_in(statement):
                    raise StopReading(self.stop(statement, names)) from None
                raise self.at_line(error) from None
            except GeometryError as error:
                raise self.at_line(ReadError(str(error))) from None
            except (ArithmeticError, ValueError):
                raise self.at_line(ReadError("cannot be calculated")) from None

    def unsupported_in(self, statement: ast.stmt) -> tuple[str, ...]:
        """What of a statement is not supported: what goes wrong in it comes from that."""
        lines = range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
        return tuple(name for line, name in self.unsupported if line in lines)

    def stop(self, statement: ast.stmt, names: tuple[str, ...]) -> Stop:
        """Say where the script ends early: at a statement, or within a chain of calls of it."""
        begin = (statement.lineno, statement.col_offset)
        (line, column), end = self.reached or (begin, _end(statement))
        return Stop(line, column, statement.lineno, end, names)

    def statement(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            self.names.update(aliases(node, self.modules))
        elif isinstance(node, ast.Expr):
            if not isinstance(node.value, ast.Constant):
                self.value(node.value, main=True)
        elif isinstance(node, ast.Assign):
            value = self.value(node.value, main=True)
            for target in node.targets:
                self.assign(target, value)
        elif isinstance(node, ast.AnnAssign):
            if node.value is not None:
                self.assign(node.target, self.value(node.value, main=True))
        elif isinstance(node, ast.AugAssign):
            before = self.value(ast.copy_location(_loaded(node.target), node))
            self.assign(node.target, self.binary(node.op, before, self.value(node.value)))
        elif isinstance(node, ast.With):
            self.enter(node.items, node.body)
        elif isinstance(node, ast.For):
            for item in items(self.value(node.iter)):
                self.assign(node.target, item)
                self.run(node.body)
        elif is_main(node):
            self.run(node.body)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self.names[node.name] = Namespace(node.name)  # what is called ends the walk
        elif not isinstance(node, ast.Pass):
            raise UnsupportedError([word(node)])

    def enter(self, contexts: list[ast.withitem], body: list[ast.stmt]) -> None:
        entered: list[Any] = []
        for item in contexts:
            scope = self.value(item.context_expr)
            if not hasattr(scope, "leave"):
                raise ReadError("cannot be entered with `with`", got=type(scope).__name__)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, scope)
            scope.enter(self.session)
            self.session.scopes.append(scope)
            entered.append(scope)
        self.run(body)
        for scope in reversed(entered):
            self.session.scopes.pop()
            scope.leave(self.session)
            self.made(scope)

    def assign(self, target: ast.expr, value: Any) -> None:
        if isinstance(target, ast.Name):
            self.names[target.id] = value
            self.made(value)
        elif isinstance(target, ast.Tuple | ast.List):
            values = items(value)
            if len(values) != len(target.elts):
                raise ReadError(
                    "wrong number of values", expected=str(len(target.elts)), got=len(values)
                )
            for part, one in zip(target.elts, values, strict=True):
                self.assign(part, one)
        elif not (isinstance(target, ast.Attribute) and target.attr in ("label", "color")):
            raise UnsupportedError(["assignment to a part of an object"])

    def made(self, value: Any) -> None:
        if isinstance(value, Value) and self.library.solid(value):
            self.last = value

    # --- expressions ----------------------------------------------------------------------------

    def value(self, node: ast.expr, *, main: bool = False) -> Any:
        """Return what an expression stands for; chains of calls may be as long as they like.

        Of a `main` one it is kept what it had made before something that is not supported.
        """
        spend(1)
        if is_output(node):
            return self.output(node)
        links: list[ast.Call | ast.Attribute] = []
        while isinstance(node, ast.Call | ast.Attribute):
            links.append(node)
            node = node.func if isinstance(node, ast.Call) else node.value
        result = self.simple(node, main=main)
        links.reverse()
        for place, link in enumerate(links):
            try:
                if isinstance(link, ast.Attribute):
                    called = place + 1 < len(links) and isinstance(links[place + 1], ast.Call)
                    result = Method(result, link.attr) if called else attribute(result, link.attr)
                else:
                    result = self.call(result, link)
            except ReadError:
                if main:
                    self.keep(result, link, links[-1])
                raise
        return result

    def keep(
        self, result: Any, link: ast.Call | ast.Attribute, whole: ast.Call | ast.Attribute
    ) -> None:
        """Keep what a chain had made before the link that it could not follow."""
        if isinstance(result, Method):  # of which the call is this link
            result, link = result.owner, link.func  # type: ignore[union-attr, assignment]
        if isinstance(result, Value) and isinstance(link, ast.Attribute):
            self.partial = result
            self.reached = (_end(link.value), _end(whole))

    def simple(self, node: ast.expr, *, main: bool = False) -> Any:
        if isinstance(node, ast.Constant):
            return kept(node.value) if is_number(node.value) else node.value
        if isinstance(node, ast.Name):
            if node.id in self.names:
                return self.names[node.id]
            raise ReadError("unknown name", got=node.id)
        if isinstance(node, ast.Tuple | ast.List):
            values = held(list(self.arguments(node.elts)))
            return tuple(values) if isinstance(node, ast.Tuple) else values
        if isinstance(node, ast.UnaryOp):
            return self.unary(node)
        if isinstance(node, ast.BinOp):
            left = self.value(node.left, main=main)
            try:
                right = self.value(node.right)
            except ReadError:
                self.partial = left if main else None
                raise
            return self.binary(node.op, left, right)
        if isinstance(node, ast.Subscript):
            return chosen(self.value(node.value), self.value(node.slice))
        if isinstance(node, ast.ListComp):
            return self.comprehension(node)
        raise UnsupportedError([word(node)])

    def comprehension(self, node: ast.ListComp) -> list[Any]:
        loop = node.generators[0]
        if len(node.generators) > 1 or loop.ifs:
            raise UnsupportedError(["list comprehension with several loops or conditions"])
        result: list[Any] = []
        for item in items(self.value(loop.iter)):
            self.left -= 1
            if self.left < 0:
                raise ReadError("too many statements", got=_MOST_STATEMENTS)
            self.assign(loop.target, item)
            result.append(self.value(node.elt))
        return held(result)

    def arguments(self, nodes: list[ast.expr]) -> Iterable[Any]:
        for node in nodes:
            if isinstance(node, ast.Starred):
                yield from items(self.value(node.value))
            else:
                yield self.value(node)

    def unary(self, node: ast.UnaryOp) -> Any:
        value = self.value(node.operand)
        if is_number(value) and isinstance(node.op, ast.USub | ast.UAdd):
            return -value if isinstance(node.op, ast.USub) else value
        raise UnsupportedError([f"{type(node.op).__name__.lower()} of {type(value).__name__}"])

    def binary(self, op: ast.operator, left: Any, right: Any) -> Any:
        function = _OPERATORS.get(type(op))
        numbers = is_number(left) and is_number(right)
        lists = isinstance(left, list | tuple) and type(left) is type(right)
        if lists and isinstance(op, ast.Add):
            return held(left + right)
        if function is None or not (numbers or _combines(left) or _combines(right)):
            raise ReadError("cannot be calculated", got=_said(left, op, right))
        try:
            return kept(function(left, right)) if numbers else function(left, right)
        except (TypeError, ArithmeticError):
            raise ReadError("cannot be calculated", got=_said(left, op, right)) from None

    def call(self, function: Any, node: ast.Call) -> Any:
        if isinstance(function, Method):
            function = function.found()
        owner: tuple[Any, ...] = ()
        if isinstance(function, Bound):
            function, owner = function.function, (function.owner,)
        if isinstance(function, Namespace):
            function = function.call
        if not isinstance(function, Function):
            raise ReadError("not a function", got=shorten(ast.unparse(node.func)))
        given = list(self.arguments(node.args))
        named = {word.arg or "**": self.value(word.value) for word in node.keywords}
        bound = bind(function, owner, given, named, self.session)
        self.session.line = node.func.end_lineno or node.lineno
        return function.run(*bound.args, **bound.kwargs)

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
        for place in (*node.args[:1], node.func):
            value = self.names.get(root_name(place))
            if isinstance(value, Value) and self.library.solid(value):
                self.shown = value
                return


def _end(node: ast.stmt | ast.expr) -> Place:
    return (node.end_lineno or node.lineno, node.end_col_offset or 0)


def _combines(value: Any) -> bool:
    return isinstance(value, Value)


def _loaded(target: ast.expr) -> ast.expr:
    """The name that `x += 1` reads."""
    if not isinstance(target, ast.Name):
        raise UnsupportedError(["assignment to a part of an object"])
    return ast.Name(target.id, ast.Load())


def _said(left: Any, op: ast.operator, right: Any) -> str:
    kinds = [str(v) if is_number(v) else type(v).__name__ for v in (left, right)]
    return f"{kinds[0]} {type(op).__name__.lower()} {kinds[1]}"
