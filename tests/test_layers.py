"""The rooms of DESIGN section 4: what may import what."""

from __future__ import annotations

import ast
import importlib.util
import io
import pickle
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from conftest import PLATE, ROOT

from cadcomplete.kernel.jobs import examine
from cadcomplete.language.lines import decode

PACKAGE = ROOT / "cadcomplete"

LAYERS = (
    {"errors", "progress"},
    {"files", "locks", "bounds", "deadline", "history"},
    {"captions", "config", "language", "meshes"},
    {"kernel", "readers"},
    {"clouds"},
    {"constraints", "exporters", "fitting", "model", "predictions"},
    {"baselines", "data", "metrics", "pictures", "placing"},
    {"completion", "plan", "training"},
    {"evaluate"},
    {"reports"},
    {"cli", "resident", "server"},
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


@dataclass(frozen=True)
class Facts:
    """What the tests of all files ask of one: its tree, which is large, is read once and let go."""

    imports: frozenset[str]
    """Every name that it imports, also inside of functions, but not for types alone."""
    computed: list[int]
    """The lines on which it imports by a computed name."""
    classes: list[str]
    caught: set[str]
    """What its handlers catch."""
    called: set[str]
    """The plain names that it calls."""
    long: list[str]
    """Its functions that are too long."""


@cache
def facts(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    handlers = [node.type for node in nodes if isinstance(node, ast.ExceptHandler)]
    calls = [node.func for node in nodes if isinstance(node, ast.Call)]
    return Facts(
        imports=frozenset(HOUSE.imported_by(tree, path, PACKAGE)),
        computed=HOUSE.computed(nodes),
        classes=[node.name for node in nodes if isinstance(node, ast.ClassDef)],
        caught={"" if caught is None else ast.unparse(caught) for caught in handlers},
        called={function.id for function in calls if isinstance(function, ast.Name)},
        long=[f"{inside(path)} {function.name}" for function in nodes if too_long(function)],
    )


def too_long(node):
    """Of a function what counts is all below its signature, which a command's options make long."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    return (node.end_lineno or 0) - node.body[0].lineno + 1 > 50


def inside(path):
    return path.relative_to(PACKAGE).as_posix()


def room(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_a_module_imports_only_its_own_layer_or_lower():
    above = [
        f"{inside(path)} may not import {name}"
        for path in FILES
        if room(path) != "__init__"
        for name in facts(path).imports
        if LEVEL.get(room_of(name), -1) > LEVEL[room(path)]
    ]
    assert not above


def room_of(name):
    """The room of a full name, or nothing if it is of another package."""
    package, _, rest = name.partition(".")
    return rest.partition(".")[0] if package == "cadcomplete" else ""


def test_a_module_imports_from_a_room():
    """The package hands out names of every floor."""
    assert not [inside(path) for path in FILES if "cadcomplete" in facts(path).imports]


def test_only_the_package_itself_imports_by_a_computed_name():
    """What is imported so, no test of the house sees."""
    assert [inside(path) for path in FILES if facts(path).computed] == ["__init__.py"]


def test_neither_a_file_nor_a_room_needs_itself_by_way_of_others():
    named = HOUSE.files_of(PACKAGE)
    arrows = HOUSE.arrows_of({name: facts(path).imports for name, path in named.items()}, PACKAGE)
    files, rooms = HOUSE.in_circles(arrows), HOUSE.in_circles(HOUSE.between_rooms(arrows))
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
        for name in facts(path).classes:
            if not name.startswith("_"):
                places[name].append(inside(path))
    twice = {name: where for name, where in places.items() if len(where) > 1}
    assert twice.keys() == SAME_NAME, twice


def test_every_room_has_a_layer():
    rooms = {room(path) for path in FILES} - {"__init__"}
    assert rooms <= LEVEL.keys()


def test_a_library_stays_in_its_rooms():
    astray = [
        f"{inside(path)} may not import {library}"
        for path in FILES
        for library in {name.partition(".")[0] for name in facts(path).imports} & WALLS.keys()
        if not inside(path).startswith(WALLS[library])
    ]
    assert not astray


def loaded(*command):
    """Which heavy libraries a Python command has loaded when it ends."""
    heavy = ("OCP", "torch", "transformers", "msgspec", "pydantic", "numpy", "rich", "numba")
    heavy += ("peft", "accelerate", "huggingface_hub", "sympy")
    code = (  # nor does it take torch apart at its end, which takes a second
        f"import os, sys\ntry:\n    {'; '.join(command)}\nexcept SystemExit:\n    pass\n"
        f"print('LOADED', *[m for m in {heavy} if m in sys.modules], flush=True)\n"
        "os._exit(0)"
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


def test_an_answer_without_a_model_needs_no_torch():
    assert "torch" not in loaded("import cadcomplete.completion.engine")


def test_a_model_of_our_own_answers_without_the_libraries_that_train_one():
    found = loaded("from cadcomplete.model import loading", "loading.load()")
    assert found == {"torch", "numpy"}


def test_reading_what_the_kernel_reports_does_not_load_it():
    names: set[str] = set()

    class Noting(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            names.add(module)
            return super().find_class(module, name)

    report = Noting(io.BytesIO(pickle.dumps(examine(decode(PLATE))))).load()
    assert report.valid and "cadcomplete.kernel.report" in names
    assert "OCP" not in loaded(f"import {', '.join(sorted(names))}")


def test_no_broad_except_and_no_print_outside_the_command_line():
    for path in FILES:
        if room(path) not in ("cli", "server"):
            assert not facts(path).caught & {"", "Exception", "BaseException"}, path
            assert "print" not in facts(path).called, path


LONG = {"meshes/distances.py nearest_loops"}
"""Compiled: a call of another function would cost it its speed."""


def test_files_stay_below_500_lines_and_functions_at_50():
    for path in FILES:
        assert path.read_text(encoding="utf-8").count("\n") < 500, path
    assert {name for path in FILES for name in facts(path).long} == LONG
