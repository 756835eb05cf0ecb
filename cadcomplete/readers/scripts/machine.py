"""Walks the statements of a script and works out what its names stand for.

Nothing of the script is executed: an expression is a constant, a name, arithmetic, or a call of a
function that a library's module here lists, and it is worked out by the functions below.
"""

from __future__ import annotations

import ast
import functools
import operator
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from inspect import Signature, signature
from typing import Any

from cadcomplete.errors import GeometryError, ReadError, UnsupportedError, shorten
from cadcomplete.readers.scripts.solids import Steps, history
from cadcomplete.readers.scripts.survey import aliases, is_output, last_name, root_name, survey
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
from cadcomplete.sequence import CadSequence

_MOST_STATEMENTS = 100_000
_MOST_CURVES = 10_000


@dataclass(slots=True)
class Session:
    """What holds while a script is read: the line, and the builders that are entered."""

    line: int = 0
    scopes: list[Any] = field(default_factory=list)
    left: int = _MOST_CURVES

    def drawing(self, curves: int) -> None:
        """Count curves that are drawn. Raises ReadError when a script draws too many."""
        self.left -= curves
        if self.left < 0:
            raise ReadError("too many curves", expected=f"up to {_MOST_CURVES}")


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
    """Return the history of a script. Raises ReadError, UnsupportedError among them."""
    tree = _parse(data)
    modules = {**MODULES, library.module.name: library.module}
    names = survey(tree, modules, library.methods)
    if names:
        first = min(names.values())
        raise UnsupportedError(names, where=f"line {first}")
    machine = _Machine(library, modules)
    try:
        machine.run(tree.body)
    except RecursionError:
        raise machine.at_line(ReadError("nested too deeply")) from None
    made = machine.last if machine.shown is None else machine.shown
    solid = None if made is None else library.solid(made)
    if not solid:
        raise ReadError("nothing is extruded", expected="a script that makes a solid")
    return history(solid, id)


def _parse(data: bytes) -> ast.Module:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ReadError("not text in UTF-8", where=f"line {line}") from None
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

    def __init__(self, library: Library, modules: Mapping[str, Namespace]) -> None:
        self.library = library
        self.modules = modules
        self.names: dict[str, Any] = dict(BUILTINS)
        self.session = Session()
        self.last: Any = None  # object that was assigned last, of those that hold a solid
        self.shown: Any = None  # object that the script shows or exports
        self.left = _MOST_STATEMENTS

    def at_line(self, error: ReadError) -> ReadError:
        if not error.where:
            error.where = f"line {self.session.line}"
        return error

    # --- statements -----------------------------------------------------------------------------

    def run(self, body: Iterable[ast.stmt]) -> None:
        for statement in body:
            self.session.line = statement.lineno
            self.left -= 1
            if self.left < 0:
                raise self.at_line(ReadError("too many statements", got=_MOST_STATEMENTS))
            try:
                self.statement(statement)
            except ReadError as error:
                raise self.at_line(error) from None
            except GeometryError as error:
                raise self.at_line(ReadError(str(error))) from None
            except (ArithmeticError, ValueError):
                raise self.at_line(ReadError("cannot be calculated")) from None

    def statement(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            self.names.update(aliases(node, self.modules))
        elif isinstance(node, ast.Expr):
            if not isinstance(node.value, ast.Constant):
                self.value(node.value)
        elif isinstance(node, ast.Assign):
            value = self.value(node.value)
            for target in node.targets:
                self.assign(target, value)
        elif isinstance(node, ast.AnnAssign):
            if node.value is not None:
                self.assign(node.target, self.value(node.value))
        elif isinstance(node, ast.AugAssign):
            before = self.value(ast.copy_location(_loaded(node.target), node))
            self.assign(node.target, self.binary(node.op, before, self.value(node.value)))
        elif isinstance(node, ast.With):
            self.enter(node.items, node.body)
        elif isinstance(node, ast.For):
            for item in items(self.value(node.iter)):
                self.assign(node.target, item)
                self.run(node.body)
        elif isinstance(node, ast.If):  # only `if __name__ == "__main__"` comes through the survey
            self.run(node.body)
        elif not isinstance(node, ast.Pass):
            raise UnsupportedError([type(node).__name__.lower()])

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

    def value(self, node: ast.expr) -> Any:
        """Return what an expression stands for; chains of calls may be as long as they like."""
        if is_output(node):
            return self.output(node)
        links: list[ast.Call | ast.Attribute] = []
        while isinstance(node, ast.Call | ast.Attribute):
            links.append(node)
            node = node.func if isinstance(node, ast.Call) else node.value
        result = self.simple(node)
        links.reverse()
        for place, link in enumerate(links):
            if isinstance(link, ast.Attribute):
                called = place + 1 < len(links) and isinstance(links[place + 1], ast.Call)
                result = _Method(result, link.attr) if called else _attribute(result, link.attr)
            else:
                result = self.call(result, link)
        return result

    def simple(self, node: ast.expr) -> Any:
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
            return self.binary(node.op, self.value(node.left), self.value(node.right))
        if isinstance(node, ast.Subscript):
            return _item(self.value(node.value), self.value(node.slice))
        if isinstance(node, ast.ListComp):
            return self.comprehension(node)
        raise UnsupportedError([type(node).__name__.lower()])

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
        if isinstance(function, _Method):
            function = function.found()
        owner: tuple[Any, ...] = ()
        if isinstance(function, _Bound):
            function, owner = function.function, (function.owner,)
        if isinstance(function, Namespace):
            function = function.call
        if not isinstance(function, Function):
            raise ReadError("not a function", got=shorten(ast.unparse(node.func)))
        given = list(self.arguments(node.args))
        named = {word.arg or "**": self.value(word.value) for word in node.keywords}
        bound = _bind(function, owner, given, named, self.session)
        self.session.line = node.func.end_lineno or node.lineno
        return function.run(*bound.args, **bound.kwargs)

    def output(self, node: ast.Call) -> None:
        """Remember what is shown or exported, and do neither."""
        if last_name(node.func) == "print":
            return
        for place in (*node.args[:1], node.func):
            value = self.names.get(root_name(place))
            if isinstance(value, Value) and self.library.solid(value):
                self.shown = value
                return


@dataclass(frozen=True, slots=True)
class _Method:
    """What stands before the dot of a call, and behind it."""

    owner: Any
    name: str

    def found(self) -> Any:
        if isinstance(self.owner, Value):
            method = type(self.owner).METHODS.get(self.name)
            if method is not None:
                return _Bound(method, self.owner)
        return _attribute(self.owner, self.name)


@dataclass(frozen=True, slots=True)
class _Bound:
    function: Function
    owner: Any


def _attribute(value: Any, name: str) -> Any:
    if isinstance(value, Namespace) and name in value.members:
        return value.members[name]
    if isinstance(value, Value) and name in type(value).ATTRIBUTES:
        return type(value).ATTRIBUTES[name](value)
    owner = value.name if isinstance(value, Namespace) else type(value).__name__
    raise UnsupportedError([f"{owner}.{name}"])


@functools.cache
def _signature(run: Callable[..., Any]) -> Signature:
    return signature(run)


def _bind(function: Function, owner: tuple[Any, ...], given: Any, named: Any, session: Any) -> Any:
    """Return the arguments of a call. Raises UnsupportedError for an option that there is not."""
    try:
        bound = _signature(function.run).bind(session, *owner, *given, **named)
    except TypeError as error:
        raise ReadError(f"wrong arguments of {function.name}: {error}") from None
    refused = [
        f"{function.name}({option})"
        for option, allowed in function.only.items()
        if option in bound.arguments and not _among(bound.arguments[option], allowed)
    ]
    if refused:
        raise UnsupportedError(refused)
    return bound


def _among(value: Any, allowed: tuple[Any, ...]) -> bool:
    plain = is_number(value) or isinstance(value, str)
    return any(value is one or (plain and value == one) for one in allowed)


def _item(value: Any, index: Any) -> Any:
    if not isinstance(value, list | tuple) or type(index) is not int:
        raise ReadError("not an item of a list", got=index if is_number(index) else None)
    if not -len(value) <= index < len(value):
        raise ReadError("there are not so many items", expected=f"below {len(value)}", got=index)
    return value[index]


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
