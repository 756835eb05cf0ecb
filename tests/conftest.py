"""What the tests share: where files are, and small parts to try things on."""

from __future__ import annotations

import gc
import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from cadcomplete.cli import app as cli
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel import contain
from cadcomplete.language.lines import decode
from cadcomplete.meshes.mesh import Mesh
from cadcomplete.readers import read

# The tests run in several processes; the threads of torch would only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A process that stays would answer as the code was when it began: only its own tests have one.
os.environ["CADCOMPLETE_RESIDENT"] = "off"

# A suite that a shell starts in the background would ignore Ctrl-C, and so would what it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Hundreds of workers are started, and each would import what the one before it has imported.
contain.LOADED_ONCE = (*contain.LOADED_ONCE, "loaded_once")

# A machine that does other things too is no reason to fail; the suite has a limit of its own.
settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")

ROOT = Path(__file__).resolve().parent.parent
PARTS = ROOT / "examples" / "parts"
REAL = ROOT.parent / "shared" / "data"

PLATE = """\
sketch 0 0 0 +z +x
loop 0 0
line 40 0
line 40 30
line 0 30
close
circle 20 15 5
extrude new to 10 0/1
"""


def real(name: str) -> Path:
    """Return a folder of the open real data, or skip the test and say so."""
    folder = REAL / name
    if not folder.exists():
        pytest.skip(f"the open data is not here: ../shared/data/{name}")
    return folder


def mesh_of(text: str, **options: float) -> Mesh:
    """Return the mesh of the part that lines tell."""
    from cadcomplete.kernel.build import build
    from cadcomplete.kernel.tessellate import tessellate

    solid = build(decode(text))
    assert solid is not None
    return tessellate(solid, **options)


def prepared_parts(factory: pytest.TempPathFactory, **settings: float) -> Path:
    """Prepare ten synthetic parts of at most six operations, half of them held out."""
    from cadcomplete import readers
    from cadcomplete.data import synthetic
    from cadcomplete.data.prepare import prepare
    from cadcomplete.data.prepare.settings import Settings

    source, target = factory.mktemp("raw"), factory.mktemp("tiny") / "tiny"
    found = (part for part in synthetic.parts(200, seed=3) if len(part) <= 6 and part.curves < 12)
    for number, part in zip(range(10), found, strict=False):
        file = source / "json" / f"{number:04d}_part.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(readers.from_sequence(part).dump())
    prepare(source, target, Settings(validation=0.5, test=0.0, **settings))
    return target


def pytest_collection_finish() -> None:
    """What is there before the first test stays: to look for garbage in it takes seconds."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def plate() -> CadSequence:
    """A plate of 40 × 30 × 10 mm with a hole of 10 mm diameter."""
    return decode(PLATE)


@pytest.fixture(scope="session")
def example_sequences() -> list[CadSequence]:
    """The histories of the example parts."""
    return [read(path).sequence for path in sorted(PARTS.glob("*.json"))]


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a command in this process; return its exit code, output and error output."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["cadcomplete", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            cli.main()
        out, err = capsys.readouterr()
        return left.value.code, out, err

    return run
