"""The rooms of DESIGN section 4: what may import what."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import defaultdict

import pytest
from conftest import ROOT

PACKAGE = ROOT / "cadcomplete"

LAYERS = (
    {"errors", "progress"},
    {"files", "locks", "bounds", "deadline", "history"},
    {"config", "language", "meshes"},
    {"kernel", "readers"},
    {"clouds"},
    {"exporters", "fitting", "model", "predictions"},
    {"baselines", "data", "metrics", "placing"},
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


def imports(path):
    """Every module that a file imports, also inside of functions, but not for types alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    only_types = {
        node
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and ast.unparse(branch.test) == "TYPE_CHECKING"
        for node in ast.walk(branch)
    }
    for node in ast.walk(tree):
        if node in only_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_imports_only_its_own_layer_or_lower(path):
    if room(path) == "__init__":
        return
    for name in imports(path):
        if not name.startswith("cadcomplete."):
            continue
        target = name.split(".")[1]
        if target in LEVEL:
            assert LEVEL[target] <= LEVEL[room(path)], f"{room(path)} may not import {target}"


def test_no_file_needs_itself_by_way_of_others():
    names = {module(path): path for path in FILES}
    needs = {}
    for name, path in names.items():
        found = set(imports(path))
        parents = {one.rpartition(".")[0] for one in found if one in names}
        homes = {one if one in names else one.rpartition(".")[0] for one in found - parents}
        needs[name] = (homes & names.keys()) - {name}
    while ends := {name for name, others in needs.items() if not others}:
        needs = {name: others - ends for name, others in needs.items() if name not in ends}
    assert not needs, f"circles among {sorted(needs)}"


SAME_NAME = {"Solid"}
"""Of the kernel, and of a script: there it is the script's own word, which messages say."""


def test_no_class_has_the_name_of_another():
    """But for private ones: who reads a name should know what it is without the import."""
    places = defaultdict(list)
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(path.relative_to(PACKAGE).as_posix())
    twice = {name: where for name, where in places.items() if len(where) > 1}
    assert twice.keys() == SAME_NAME, twice


def module(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


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
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
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
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") < 500, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.body[0].lineno + 1
                if length > 50:
                    long.add(f"{path.relative_to(PACKAGE).as_posix()} {node.name}")
    assert long == LONG
