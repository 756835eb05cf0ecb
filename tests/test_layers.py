"""The rooms of DESIGN section 4: what may import what."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest
from conftest import ROOT

PACKAGE = ROOT / "cadcomplete"

LAYERS = (
    {"errors", "geometry", "fields", "files", "locks", "bounds", "deadline", "threads"},
    {"kinds", "curves", "operations", "crossings", "simple_loops", "sequence", "config"},
    {"commands", "numbers", "drawing", "lines", "prompt", "tokenizer", "readers"},
    {"grammar", "kernel"},
    {"exporters", "metrics", "data", "fitting", "predictions", "ranking", "baselines", "habits"},
    {"distributed", "encoders", "losses", "model", "pretrained"},
    {"assembly", "checkpoint", "loading", "portable", "generate", "health", "runs", "trainer"}
    | {"timed"},
    {"candidates", "features", "finishing", "effects", "choosing", "wording", "predictor"}
    | {"searching", "shapes", "completion", "rebuilding", "train", "evaluate", "plan"},
    {
        "progress",
        "answering",
        "reports",
        "completion_reports",
        "shape_reports",
        "options",
        "shape_commands",
    }
    | {"cli", "server", "__main__"},
)
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}

WALLS = {
    "OCP": ("kernel/", "exporters/"),
    "torch": (
        "data/rows.py",
        "data/collate.py",
        "encoders/",
        "pretrained.py",
        "losses.py",
        "distributed.py",
        "model.py",
        "assembly.py",
        "checkpoint.py",
        "loading.py",
        "portable.py",
        "generate.py",
        "trainer.py",
        "data/stream.py",
        "timed.py",
    ),
    "transformers": (
        "data/rows.py",
        "encoders/",
        "pretrained.py",
        "assembly.py",
        "health.py",
        "trainer.py",
        "train.py",
        "timed.py",
    ),
    "peft": ("assembly.py",),
    "accelerate": ("distributed.py", "trainer.py"),
    "fastapi": ("server.py",),
    "pyarrow": ("data/prepare/shards.py",),
    "ray": ("data/prepare/cluster.py",),
    "h5py": ("readers/deepcad.py",),
    "numba": ("kernel/compiled.py",),
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
        if path.name in ("cli.py", "server.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                caught = "" if node.type is None else ast.unparse(node.type)
                assert caught not in ("", "Exception", "BaseException"), path
            if isinstance(node, ast.Call):
                assert ast.unparse(node.func) != "print", path


def test_files_stay_below_500_lines_and_functions_below_50():
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") < 500, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and path.name not in ("train.py", "cli.py"):
                length = (node.end_lineno or 0) - node.lineno
                assert length < 60, f"{path}: {node.name} has {length} lines"
