"""Works out what the expressions of a script stand for.

Nothing of the script is executed: an expression is a constant, a name, arithmetic, a comparison, or
a call of a function that a library's module here lists or the script itself defines. What they may
do is counted (`budget.py`).
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from cadcomplete.errors import ReadError, UnsupportedError, shorten
from cadcomplete.readers.scripts.budget import spend
from cadcomplete.readers.scripts.calls import (
    Bound,
    Defined,
    Method,
    RecordType,
    attribute,
    bind,
    chosen,
)
from cadcomplete.readers.scripts.plain import MOST_TEXT, formatted, plain_key
from cadcomplete.readers.scripts.session import Scope, Session
from cadcomplete.readers.scripts.stop import Place
from cadcomplete.readers.scripts.survey import is_output, word
from cadcomplete.readers.scripts.values import (
    Function,
    Namespace,
    Value,
    check_values,
    compared,
    held,
    is_number,
    items,
    kept,
    power,
    truth,
)

MOST_STATEMENTS = 100_000

_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: power,
    ast.BitAnd: operator.and_,
    ast.MatMult: operator.matmul,
    ast.BitOr: operator.or_,
    ast.RShift: operator.rshift,
    ast.LShift: operator.lshift,
}
_OF_OBJECTS = (ast.BitOr, ast.RShift, ast.LShift)
"""Operators that only objects of a library have here."""


class Expressions:
    """The names of a script, and what its expressions stand for.

    Attributes:
        frames: the script's names, and those of the functions that are being called.
        loaded: the objects that the statement has used so far, by their identity.
        partial: what a statement had made when it came to what is not supported.
        source: the expression that made it.
        reached: where that ends, and the whole chain of calls.
        left: how many statements may still be worked out.
    """

    def __init__(self, frame: Scope) -> None:
        self.session = Session()
        self.session.ask = self.ask
        self.frames = [frame]
        self.loaded: dict[int, Any] = {}
        self.partial: Any = None
        self.source: ast.expr | None = None
        self.reached: tuple[Place, Place] | None = None
        self.left = MOST_STATEMENTS

    @property
    def frame(self) -> Scope:
        return self.frames[-1]

    def output(self, node: ast.Call) -> None:
        """Do what is done about what is shown or exported."""
        raise NotImplementedError

    def assign(self, target: ast.expr, value: Any) -> None:
        """Give a value to names."""
        raise NotImplementedError

    def invoke(self, function: Defined, given: list[Any], named: dict[str, Any]) -> Any:
        """Return what a function of the script itself returns."""
        raise NotImplementedError

    def ask(self, function: Any, *given: Any) -> Any:
        """Return what a function of the script that was handed over makes of values."""
        if not isinstance(function, Defined):
            raise UnsupportedError(["a function that is handed over, but of the script's own"])
        return self.invoke(function, list(given), {})

    def count(self) -> None:
        """Count a statement. Raises ReadError after too many."""
        self.left -= 1
        if self.left < 0:
            raise ReadError("too many statements", got=MOST_STATEMENTS)

    # --- chains of calls ------------------------------------------------------------------------

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
            self.partial, self.source = result, link.value
            self.reached = (end_of(link.value), end_of(whole))

    def call(self, function: Any, node: ast.Call) -> Any:
        if isinstance(function, Method):
            function = function.found()
        owner: tuple[Any, ...] = ()
        if isinstance(function, RecordType):
            named = {word.arg or "**": self.value(word.value) for word in node.keywords}
            return function.record(list(self.arguments(node.args)), named)
        if isinstance(function, Bound):
            function, owner = function.function, (function.owner,)
        if isinstance(function, Namespace):
            if function.call is None:
                raise UnsupportedError([function.name])
            function = function.call
        if not isinstance(function, Function | Defined):
            raise ReadError("not a function", got=shorten(ast.unparse(node.func)))
        given = list(self.arguments(node.args))
        named = {word.arg or "**": self.value(word.value) for word in node.keywords}
        if isinstance(function, Defined):
            return self.invoke(function, given, named)
        bound = bind(function, owner, given, named, self.session)
        self.session.line = node.func.end_lineno or node.lineno
        return function.run(*bound.args, **bound.kwargs)

    def arguments(self, nodes: list[ast.expr]) -> Iterable[Any]:
        for node in nodes:
            if isinstance(node, ast.Starred):
                yield from items(self.value(node.value))
            else:
                yield self.value(node)

    # --- what is no call ------------------------------------------------------------------------

    def simple(self, node: ast.expr, *, main: bool = False) -> Any:
        if isinstance(node, ast.Constant):
            return kept(node.value) if is_number(node.value) else node.value
        if isinstance(node, ast.Name):
            try:
                found = self.frame.find(node.id)
            except ReadError:
                if node.id[:1].isupper():  # of a library from which all was imported
                    raise UnsupportedError([node.id]) from None
                raise
            if isinstance(found, Value | list | tuple):
                self.loaded[id(found)] = found
            return found
        if isinstance(node, ast.Tuple | ast.List):
            values = held(list(self.arguments(node.elts)))
            return tuple(values) if isinstance(node, ast.Tuple) else values
        if isinstance(node, ast.UnaryOp):
            return self.unary(node)
        if isinstance(node, ast.BinOp):
            left = self.value(node.left, main=main)
            try:
                return self.binary(node.op, left, self.value(node.right))
            except ReadError:
                if main:
                    self.partial, self.source, self.reached = left, node.left, None
                raise
        if isinstance(node, ast.Subscript):
            return chosen(self.value(node.value), self.value(node.slice))
        if isinstance(node, ast.ListComp | ast.GeneratorExp):
            return self.comprehension(node)
        if isinstance(node, ast.Dict):
            return self.dictionary(node)
        if isinstance(node, ast.JoinedStr):
            return self.text(node)
        if isinstance(node, ast.Lambda):
            return self.unnamed(node)
        if isinstance(node, ast.Slice):
            return self.part(node)
        if isinstance(node, ast.IfExp):
            return self.value(node.body if truth(self.value(node.test)) else node.orelse)
        if isinstance(node, ast.Compare | ast.BoolOp):
            return self.condition(node)
        raise UnsupportedError([word(node)])

    def dictionary(self, node: ast.Dict) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                raise UnsupportedError(["dict(**)"])
            result[plain_key(self.value(key))] = self.value(value)
        held(list(result))
        return result

    def text(self, node: ast.JoinedStr) -> str:
        """Return an f-string; what is no plain value stands in it by its kind."""
        parts: list[str] = []
        for part in node.values:
            if not isinstance(part, ast.FormattedValue):
                parts.append(str(self.value(part)))
                continue
            value = self.value(part.value)
            spec = "" if part.format_spec is None else str(self.value(part.format_spec))
            parts.append(formatted(value, spec))
        return "".join(parts)[:MOST_TEXT]

    def unnamed(self, node: ast.Lambda) -> Defined:
        """Return a lambda, as a function of the script."""
        if node.args.vararg or node.args.kwarg:
            raise UnsupportedError(["lambda"])
        body = ast.copy_location(ast.Return(node.body), node.body)
        made = ast.FunctionDef("lambda", node.args, [body], [])
        given = [*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]
        defaults = {id(default): self.value(default) for default in given}
        return Defined(ast.copy_location(made, node), defaults, self.frame)

    def part(self, node: ast.Slice) -> slice:
        """Return what a slice says: whole numbers, or nothing."""
        ends = [None if e is None else self.value(e) for e in (node.lower, node.upper, node.step)]
        if any(end is not None and type(end) is not int for end in ends) or ends[2] == 0:
            raise ReadError("wrong value", expected="whole numbers to slice by")
        return slice(*ends)

    def condition(self, node: ast.Compare | ast.BoolOp) -> Any:
        """Return what a comparison, or several that are joined by `and` or `or`, comes to."""
        if isinstance(node, ast.BoolOp):
            result: Any = None
            for one in node.values:
                result = self.value(one)
                if truth(result) is isinstance(node.op, ast.Or):
                    break
            return result
        left = self.value(node.left)
        if isinstance(left, Value) and len(node.ops) == 1:
            right = self.value(node.comparators[0])
            if not isinstance(node.ops[0], ast.Is | ast.IsNot):
                return left.compare(node.ops[0], right)
            return compared(node.ops[0], left, right)
        for op, other in zip(node.ops, node.comparators, strict=True):
            right = self.value(other)
            if not compared(op, left, right):
                return False
            left = right
        return True

    def comprehension(self, node: ast.ListComp | ast.GeneratorExp) -> list[Any]:
        """Return the list; its names are its own."""
        if any(loop.is_async for loop in node.generators):
            raise UnsupportedError(["async"])
        inner = Scope([], {}, self.frame, self.frame.line, around=self.frame.around)
        self.frames.append(inner)
        result = held(list(self.made_by(node.elt, node.generators)))
        self.frames.pop()
        return result

    def made_by(self, element: ast.expr, loops: list[ast.comprehension]) -> Iterator[Any]:
        if not loops:
            yield self.value(element)
            return
        for item in items(self.value(loops[0].iter)):
            self.count()
            self.assign(loops[0].target, item)
            if all(truth(self.value(test)) for test in loops[0].ifs):
                yield from self.made_by(element, loops[1:])

    def unary(self, node: ast.UnaryOp) -> Any:
        value = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            return not truth(value)
        if is_number(value) and isinstance(node.op, ast.USub | ast.UAdd):
            return -value if isinstance(node.op, ast.USub) else value
        raise UnsupportedError([f"{type(node.op).__name__.lower()} of {type(value).__name__}"])

    def binary(self, op: ast.operator, left: Any, right: Any) -> Any:
        function = _OPERATORS.get(type(op))
        numbers = is_number(left) and is_number(right)
        lists = isinstance(left, list | tuple) and type(left) is type(right)
        if lists and isinstance(op, ast.Add):
            return held(left + right)
        if isinstance(left, str) and isinstance(right, str) and isinstance(op, ast.Add):
            return (left + right)[:MOST_TEXT]
        if isinstance(left, list) and type(right) is int and isinstance(op, ast.Mult):
            check_values(len(left) * right)
            return held(left * right)
        combines = isinstance(left, Value) or isinstance(right, Value)
        if isinstance(op, _OF_OBJECTS):
            numbers = False
        if function is None or not (numbers or combines):
            raise ReadError("cannot be calculated", got=_said(left, op, right))
        try:
            return kept(function(left, right)) if numbers else function(left, right)
        except (TypeError, ArithmeticError):
            raise ReadError("cannot be calculated", got=_said(left, op, right)) from None


def end_of(node: ast.stmt | ast.expr) -> Place:
    """Return the place after a node."""
    return (node.end_lineno or node.lineno, node.end_col_offset or 0)


def _said(left: Any, op: ast.operator, right: Any) -> str:
    kinds = [str(v) if is_number(v) else type(v).__name__ for v in (left, right)]
    return f"{kinds[0]} {type(op).__name__.lower()} {kinds[1]}"
