"""The rooms of DESIGN section 4: what may import what."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from collections import defaultdict
from functools import cache

import pytest
from conftest import ROOT

PACKAGE = ROOT / "cadcomplete"

LAYERS = (
    {"errors", "progress"},
    {"files", "locks", "bounds", "deadline", "history"},
    {"captions", "config", "language", "meshes"},
    {"kernel", "readers"},
    {"clouds"},
    {"exporters", "fitting", "model", "predictions"},
    {"baselines", "data", "metrics", "pictures", "placing"},
    {"completion", "plan", "training"},
    {"evaluate"},
    {"reports"},
    {"cli", "server"},
    {"__main__"},
)
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}

WALLS = {
    "OCP": ("kernel/", "exporters/"),
    "torch": ("data/rows.py", "data/collate.py", "data/stream.py", "model/", "training/"),
    "transformers": ("data/rows.py", "model/", "training/"),
    "peft": ("model/assembly.py",),
    "accelerate": ("model/distributed.py", "training/trainer.py"),
    "fastapi": ("server/",),
    "pyarrow": ("data/shards.py",),
    "ray": ("data/prepare/cluster.py",),
    "h5py": ("readers/deepcad.py",),
    "numba": ("meshes/compiled.py",),
    "matplotlib": ("evaluate/charts.py",),
}

FILES = sorted(PACKAGE.rglob("*.py"))


def drawn():
    """The module that draws the house."""
    spec = importlib.util.spec_from_file_location("house", ROOT / "benchmarks" / "house.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["house"] = module
    spec.loader.exec_module(module)
    return module


HOUSE = drawn()


@cache
def imports(path):
    """Every name that a file imports, also inside of functions, but not for types alone."""
    return frozenset(HOUSE.imported(path, PACKAGE))


@cache
def nodes(path):
    """All that a file says, as a syntax tree has it."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def room(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_imports_only_its_own_layer_or_lower(path):
    if room(path) == "__init__":
        return
    for name in imports(path):
        assert name != "cadcomplete", (
            "the package hands out names of every floor: import from a room"
        )
        if not name.startswith("cadcomplete."):
            continue
        target = name.split(".")[1]
        if target in LEVEL:
            assert LEVEL[target] <= LEVEL[room(path)], f"{room(path)} may not import {target}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_the_package_itself_imports_by_a_computed_name(path):
    """What is imported so, no test of the house sees."""
    assert not HOUSE.dynamic(path) or path == PACKAGE / "__init__.py", HOUSE.dynamic(path)


def test_neither_a_file_nor_a_room_needs_itself_by_way_of_others():
    files, rooms = circles(PACKAGE)
    assert not files, f"circles among the files {sorted(files)}"
    assert not rooms, f"circles among the rooms {sorted(rooms)}"


def circles(package):
    """Files and rooms of a package that are in circles."""
    files = HOUSE.between_files(HOUSE.files_of(package), package)
    return HOUSE.in_circles(files), HOUSE.in_circles(HOUSE.between_rooms(files))


def package_of(folder, **files):
    """A package with rooms `low` and `high`, by the text of each file."""
    for name, text in files.items():
        path = folder / "cadcomplete" / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "cadcomplete" / "__init__.py").write_text('_HOMES = {"build": "high.b"}\n')
    return folder / "cadcomplete"


BACK = "from cadcomplete.low.a import x"


@pytest.mark.parametrize(
    "way",
    [
        "from cadcomplete.low.b import y",
        "from .b import y",
        "from . import b",
        "from ..low.b import y",
        "from ..low import b",
        "import cadcomplete.low.b",
        "def f():\n    from .b import y",
        "if TYPE_CHECKING:\n    pass\nelse:\n    from .b import y",
        "if not TYPE_CHECKING:\n    from .b import y",
    ],
)
def test_a_circle_of_files_is_seen_however_it_is_written(tmp_path, way):
    assert circles(package_of(tmp_path, low__a=way, low__b=BACK)) == ({"low.a", "low.b"}, set())
    assert circles(package_of(tmp_path, low__a="import math", low__b=BACK)) == (set(), set())


@pytest.mark.parametrize("way", ["from ..high import b", "from cadcomplete import build"])
def test_a_circle_of_rooms_is_seen_though_no_file_is_in_one(tmp_path, way):
    package = package_of(tmp_path, low__a="", low__c=way, high__b="build = 1\n" + BACK)
    assert circles(package) == (set(), {"low", "high"})


def test_what_is_imported_for_types_alone_is_no_arrow(tmp_path):
    way = "if TYPE_CHECKING:\n    from .b import y"
    assert circles(package_of(tmp_path, low__a=way, low__b=BACK)) == (set(), set())


@pytest.mark.parametrize(
    "call", ["import_module('a')", "importlib.import_module(b)", "__import__(b)"]
)
def test_an_import_by_a_computed_name_is_seen(tmp_path, call):
    package = package_of(tmp_path, low__a=f"x = 1\ndef f(b):\n    return {call}\n")
    assert HOUSE.dynamic(package / "low" / "a.py") == [3]


SAME_NAME = {"Solid"}
"""Of the kernel, and of a script: there it is the script's own word, which messages say."""


def test_no_class_has_the_name_of_another():
    """But for private ones: who reads a name should know what it is without the import."""
    places = defaultdict(list)
    for path in FILES:
        for node in nodes(path):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(path.relative_to(PACKAGE).as_posix())
    twice = {name: where for name, where in places.items() if len(where) > 1}
    assert twice.keys() == SAME_NAME, twice


def test_every_room_has_a_layer():
    rooms = {room(path) for path in FILES} - {"__init__"}
    assert rooms <= LEVEL.keys()


@pytest.mark.parametrize("library", WALLS)
def test_a_library_stays_in_its_rooms(library):
    for path in FILES:
        if library in {name.split(".")[0] for name in imports(path)}:
            inside = path.relative_to(PACKAGE).as_posix()
            assert inside.startswith(WALLS[library]), f"{inside} may not import {library}"


def loaded(*command):
    """Which heavy libraries a Python command has loaded when it ends."""
    heavy = ("OCP", "torch", "transformers", "msgspec", "pydantic", "numpy", "rich", "numba")
    code = (
        f"import sys\ntry:\n    {'; '.join(command)}\nexcept SystemExit:\n    pass\n"
        f"print('LOADED', *[m for m in {heavy} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("LOADED")[2].split())


def test_help_loads_nothing_heavy():
    run = "sys.argv = ['cadcomplete', '--help']; from cadcomplete.cli.app import main; main()"
    assert loaded(*run.split("; ")) == set()


def test_training_needs_neither_the_kernel_nor_readers_of_raw_files():
    assert not loaded("import cadcomplete.training.train") & {"OCP", "msgspec", "pydantic", "numba"}


def test_inspecting_and_converting_need_no_torch():
    assert "torch" not in loaded("import cadcomplete.reports.parts", "import cadcomplete.exporters")


def test_no_broad_except_and_no_print_outside_the_command_line():
    for path in FILES:
        if room(path) in ("cli", "server"):
            continue
        for node in nodes(path):
            if isinstance(node, ast.ExceptHandler):
                caught = "" if node.type is None else ast.unparse(node.type)
                assert caught not in ("", "Exception", "BaseException"), path
            if isinstance(node, ast.Call):
                assert ast.unparse(node.func) != "print", path


LONG = {"meshes/distances.py nearest_loops"}
"""Compiled: a call of another function would cost it its speed."""


def test_files_stay_below_500_lines_and_functions_at_50():
    """Of a function what counts is all below its signature, which a command's options make long."""
    long = set()
    for path in FILES:
        assert path.read_text(encoding="utf-8").count("\n") < 500, path
        for node in nodes(path):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.body[0].lineno + 1
                if length > 50:
                    long.add(f"{path.relative_to(PACKAGE).as_posix()} {node.name}")
    assert long == LONG
