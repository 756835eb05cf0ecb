"""Names everything in a script that is not supported, before any of it is worked out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from inspect import signature
from typing import Any, TypeGuard

from cadcomplete.readers.scripts.plain import FUNCTIONS, PLAIN
from cadcomplete.readers.scripts.values import Function, Namespace

OUTPUTS = frozenset(
    {"print", "show", "show_object", "show_all", "debug", "display", "export", "save"}
    | {"export_step", "export_stl", "export_brep", "export_gltf"}
    | {"exportStep", "exportStl", "exportBrep"}
)
"""What shows a part or writes it to a file: passed over, and never done."""

_KNOWN = (
    ast.Module | ast.Import | ast.ImportFrom | ast.Expr | ast.Assign | ast.AnnAssign | ast.AugAssign
    | ast.With | ast.For | ast.While | ast.Try | ast.ExceptHandler | ast.If
    | ast.Return | ast.Pass | ast.Break | ast.Continue | ast.Assert
    | ast.Constant | ast.Name | ast.Attribute | ast.Dict | ast.GeneratorExp
    | ast.JoinedStr | ast.Lambda
    | ast.Tuple | ast.List | ast.UnaryOp | ast.BinOp | ast.BoolOp | ast.Compare | ast.IfExp
    | ast.Subscript | ast.Slice | ast.ListComp | ast.Call | ast.Starred | ast.keyword
    | ast.arguments | ast.arg | ast.cmpop | ast.boolop | ast.operator | ast.unaryop
    | ast.FormattedValue | ast.expr_context | ast.withitem | ast.alias | ast.comprehension
)  # fmt: skip

_WORDS = {
    ast.FunctionDef: "def",
    ast.AsyncFunctionDef: "def",
    ast.ClassDef: "class",
    ast.NamedExpr: ":=",
}


def imports(module: str) -> re.Pattern[bytes]:
    """Return what finds an import of a module in a file."""
    before = rb"(?:[\w.]+(?:[ \t]+as[ \t]+\w+)?[ \t]*,[ \t]*)*"
    start = rb"^(?:\xef\xbb\xbf)?[ \t]*(?:from[ \t]+|import[ \t]+" + before + rb")"
    return re.compile(start + module.encode() + rb"\b", re.MULTILINE)


def aliases(node: ast.Import | ast.ImportFrom, modules: Mapping[str, Namespace]) -> dict[str, Any]:
    """Return the names that an import brings, modules that are not known as empty ones."""
    if isinstance(node, ast.Import):
        return {
            alias.asname or alias.name.split(".")[0]: modules.get(
                alias.name.split(".")[0], Namespace(alias.name)
            )
            for alias in node.names
        }
    source = (node.module or "").split(".")[0]
    module = modules.get(source, Namespace(source))
    found: dict[str, Any] = {}
    for alias in node.names:
        if alias.name == "*":
            found.update(module.members)
        elif alias.name in module.members:
            found[alias.asname or alias.name] = module.members[alias.name]
        elif alias.name not in OUTPUTS:
            found[alias.asname or alias.name] = Namespace(_dotted(source, alias.name, modules))
    return found


def _dotted(source: str, name: str, modules: Mapping[str, Namespace]) -> str:
    return name if source in modules else f"{source}.{name}"


def survey(
    tree: ast.Module,
    modules: Mapping[str, Namespace],
    methods: Mapping[str, tuple[Function, ...]],
) -> list[tuple[int, str]]:
    """Return what is not supported, line by line: each name with the lines that it stands in."""
    known: dict[str, Any] = dict(FUNCTIONS)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            known |= aliases(node, modules)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef) and (
            is_plain(node) or is_record(node)
        ):
            known.setdefault(node.name, None)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            known.setdefault(node.id, None)
        elif isinstance(node, ast.arg):
            known.setdefault(node.arg, None)
    found: set[tuple[int, str]] = set()
    for node, line in _nodes(tree):
        names: list[str] = []
        if isinstance(node, ast.Call):
            names = _called(node, known, methods)
        elif not isinstance(node, _KNOWN) and not is_plain(node) and not is_record(node):
            names = [word(node)]
        found |= {(line, name) for name in names}
    return sorted(found)


def word(node: ast.AST) -> str:
    """Return what a kind of statement or expression is called."""
    return _WORDS.get(type(node), type(node).__name__.lower())


def _nodes(tree: ast.Module) -> Iterator[tuple[ast.AST, int]]:
    """Yield the nodes that count, with their lines: not what is only shown or exported."""
    left: list[tuple[ast.AST, int]] = [(tree, 1)]
    while left:
        node, line = left.pop()
        line = getattr(node, "lineno", line)
        if is_main(node):
            left += [(child, line) for child in node.body]
            continue
        if is_output(node):
            continue
        yield node, line
        left += [(child, line) for child in ast.iter_child_nodes(node)]


def is_main(node: ast.AST) -> TypeGuard[ast.If]:
    """Whether it is `if __name__ == "__main__"`."""
    if not isinstance(node, ast.If) or node.orelse or not isinstance(node.test, ast.Compare):
        return False
    left, right = node.test.left, node.test.comparators[0]
    main = isinstance(right, ast.Constant) and right.value == "__main__"
    return isinstance(left, ast.Name) and left.id == "__name__" and main


def is_plain(node: ast.AST) -> TypeGuard[ast.FunctionDef]:
    """Whether it is a function whose calls can be worked out: without decorators, `*` and `**`."""
    if not isinstance(node, ast.FunctionDef):
        return False
    return not (node.decorator_list or node.args.vararg or node.args.kwarg)


def is_record(node: ast.AST) -> TypeGuard[ast.ClassDef]:
    """Whether it is a class that only holds values: without bases, or a dataclass."""
    if not isinstance(node, ast.ClassDef) or node.bases or node.keywords:
        return False
    if not all(last_name(_called_or_not(one)) == "dataclass" for one in node.decorator_list):
        return False
    return all(_is_field(statement) for statement in node.body)


def _called_or_not(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node


def _is_field(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    targets = [one for t in targets for one in (t.elts if isinstance(t, ast.Tuple) else [t])]
    named = all(isinstance(target, ast.Name) for target in targets)
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Assign | ast.AnnAssign) and named)


def is_output(node: ast.AST) -> TypeGuard[ast.Call]:
    """Say whether an expression shows or exports something."""
    return isinstance(node, ast.Call) and last_name(node.func) in OUTPUTS


def last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def root_name(node: ast.expr) -> str:
    """Return the name that a chain of dots and calls begins with, or ""."""
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node.id if isinstance(node, ast.Name) else ""


def _called(
    node: ast.Call, known: Mapping[str, Any], methods: Mapping[str, tuple[Function, ...]]
) -> list[str]:
    """Return what of a call is not supported: the function, or options of it."""
    functions = _resolved(node.func, known)
    if functions is None:  # a method, or what was assigned to a name
        name = last_name(node.func)
        if isinstance(node.func, ast.Name):
            return []
        plain = tuple(runs[name] for runs in PLAIN.values() if name in runs)
        functions = (*methods.get(name, ()), *plain)
        if not functions:
            return [name or "call of a result"]
    if isinstance(functions, str):
        return [functions]
    refused = [_refused(function, node) for function in functions]
    return min(refused, key=len)


def _resolved(node: ast.expr, known: Mapping[str, Any]) -> tuple[Function, ...] | str | None:
    """Return the function behind a dotted name, or the name if there is none behind it."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    if node.id not in known:
        return None if parts else node.id
    value = known[node.id]
    name = value.name if isinstance(value, Namespace) else node.id
    for part in reversed(parts):
        if not isinstance(value, Namespace):
            return None
        name = part if value.members else f"{name}.{part}"
        value = value.members.get(part, Namespace(name))
    if isinstance(value, Namespace):
        return (value.call,) if value.call else name
    return (value,) if isinstance(value, Function) else None


def _refused(function: Function, node: ast.Call) -> list[str]:
    options = signature(function.run).parameters
    result: list[str] = []
    for word in node.keywords:
        if word.arg is None:
            result.append(f"{function.name}(**)")
            continue
        allowed = function.only.get(word.arg)
        plain = isinstance(word.value, ast.Constant)
        if word.arg not in options or (
            allowed is not None and not (plain and word.value.value in allowed)  # type: ignore[attr-defined]
        ):
            result.append(f"{function.name}({word.arg})")
    return result
