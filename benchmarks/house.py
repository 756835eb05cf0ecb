"""The rooms of the package, drawn from its imports: floors, arrows, circles.

A room is a folder of the package or a file beside the folders. An arrow goes from a room to one
that it imports, also inside of functions, relatively, or by a name of the package itself, but not
for types alone. A room stands one floor above the highest room that it needs; rooms, or files, that
need each other are a circle. What a program imports by a name that it computes is not seen:
`dynamic` finds the calls that do. ::

    .venv/bin/python benchmarks/house.py
    .venv/bin/python benchmarks/house.py CHECKOUT
"""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

Arrows = dict[str, set[str]]

HERE = Path(__file__).resolve().parent.parent


def files_of(package: Path) -> dict[str, Path]:
    """The modules of a package by their names in it, `kernel.build`; the package itself is none."""
    found = {path.relative_to(package).with_suffix(""): path for path in package.rglob("*.py")}
    names = {".".join(name.parts): path for name, path in found.items()}
    named = {name.removesuffix(".__init__"): path for name, path in names.items()}
    return {name: path for name, path in named.items() if name != "__init__"}


def imported(path: Path, package: Path) -> Iterator[str]:
    """Yield the full names that a file of a package imports, whichever way it writes them."""
    yield from imported_by(ast.parse(path.read_text(encoding="utf-8")), path, package)


def imported_by(tree: ast.AST, path: Path, package: Path) -> Iterator[str]:
    """Yield the same of a file that has been parsed."""
    only_types = {
        node
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and ast.unparse(branch.test) in _FOR_TYPES
        for statement in branch.body
        for node in ast.walk(statement)
    }
    homes = homes_of(package)
    around = (package.name, *path.parent.relative_to(package).parts)
    for node in ast.walk(tree):
        if node in only_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = around[: len(around) + 1 - node.level] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                name = f"{base}.{alias.name}"
                yield homes.get(name, name)


_FOR_TYPES = ("TYPE_CHECKING", "typing.TYPE_CHECKING")


@cache
def homes_of(package: Path) -> dict[str, str]:
    """Where the names live that the package itself hands out (`_HOMES`), by their full names."""
    file = package / "__init__.py"
    tree = ast.parse(file.read_text(encoding="utf-8") if file.exists() else "")
    found = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_HOMES"
    ]
    homes = found[0] if found else {}
    return {f"{package.name}.{n}": f"{package.name}.{at}.{n}" for n, at in homes.items()}


def dynamic(path: Path) -> list[int]:
    """Lines of a file on which something is imported by a computed name."""
    return computed(ast.walk(ast.parse(path.read_text("utf-8"))))


def computed(nodes: Iterable[ast.AST]) -> list[int]:
    """Return the same of the nodes of a file that has been parsed."""
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    names = [(ast.unparse(call.func).rpartition(".")[2], call.lineno) for call in calls]
    return [line for name, line in names if name in ("import_module", "__import__")]


def between_files(files: Mapping[str, Path], package: Path) -> Arrows:
    """The files that each file imports."""
    return arrows_of({name: imported(path, package) for name, path in files.items()}, package)


def arrows_of(names: Mapping[str, Iterable[str]], package: Path) -> Arrows:
    """The files that each file imports, by the full names that stand in each."""
    arrows: Arrows = {name: set() for name in names}
    for name, all_found in names.items():
        for found in all_found:
            target = found.removeprefix(f"{package.name}.")
            while target and target not in names:
                target = target.rpartition(".")[0]
            if found.startswith(f"{package.name}.") and target not in ("", name):
                arrows[name].add(target)
    return arrows


def between_rooms(arrows: Arrows) -> Arrows:
    """The rooms that each room imports."""
    rooms: Arrows = {}
    for name, targets in arrows.items():
        room = name.partition(".")[0]
        others = {target.partition(".")[0] for target in targets} - {room}
        rooms.setdefault(room, set()).update(others)
    return rooms


def in_circles(arrows: Arrows) -> set[str]:
    """Those that need themselves by way of others, and those that lie between two such."""
    left = arrows
    for way in (left, {a: {b for b in left if a in left[b]} for a in left}):
        while ends := {name for name, needs in way.items() if not needs & left.keys()}:
            left = {name: needs for name, needs in left.items() if name not in ends}
            way = {name: needs & left.keys() for name, needs in way.items() if name in left}
    return set(left)


def floors(arrows: Arrows) -> list[list[str]]:
    """Rooms by floors, the ground floor first; those in circles stand on none."""
    found: list[list[str]] = []
    left = {name: needs for name, needs in arrows.items() if name not in in_circles(arrows)}
    while left:
        ground = sorted(name for name, needs in left.items() if not needs & left.keys())
        found.append(ground)
        left = {name: needs for name, needs in left.items() if name not in ground}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("checkout", nargs="?", type=Path, default=HERE)
    package = parser.parse_args().checkout / "cadcomplete"
    files = between_files(files_of(package), package)
    rooms = between_rooms(files)
    for number, floor in reversed(list(enumerate(floors(rooms), start=1))):
        print(f"{number:3d}  {', '.join(floor)}")
    arrows = sum(map(len, rooms.values()))
    print(f"{len(rooms)} rooms, {len(floors(rooms))} floors, {arrows} arrows")
    for what, found in (("rooms", in_circles(rooms)), ("files", in_circles(files))):
        print(f"{what} in circles: {', '.join(sorted(found)) or 'none'}")


if __name__ == "__main__":
    main()
