"""Bad input on the command line: exit code 2, one clear line, nothing written, no traceback."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import pytest
from conftest import PARTS
from omnicad_documents import (
    changed,
    circle,
    document,
    extrude,
    line,
    plate,
    profile,
    rectangle,
    sketch,
)

from cadcomplete.data.samples import read_captions
from cadcomplete.errors import InputError, TextError
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.lines import decode
from cadcomplete.readers import from_sequence

FLANGE = str(PARTS / "flange.json")  # eight operations
END_POINT = ("entities", "S", "profiles", "P", "loops", 0, "profile_curves", 1, "end_point")


@pytest.fixture
def refuse(run, tmp_path):
    """Run a command that must be refused and must write nothing; return its one line."""

    def refuse(*arguments):
        before = sorted(tmp_path.rglob("*"))
        code, out, err = run(*arguments)
        assert (code, out, len(err.splitlines())) == (2, "", 1)
        assert err.startswith("cadcomplete: ")
        assert "unexpected" not in err
        assert sorted(tmp_path.rglob("*")) == before
        return err

    return refuse


def dumped(raw) -> bytes:
    return json.dumps(raw).encode()


def gaping():
    """A plate of which one side starts 10 mm away from where the one before it ends."""
    sides = rectangle(0, 0, 0.04, 0.03)
    sides[2] = line((0.04, 0.02), (0, 0.03))
    return plate(S=sketch(P=profile(sides)))


# --- files that cannot be read ------------------------------------------------------------------

FILES = {
    "not JSON": (b"a plate with a hole", "not JSON"),
    "nothing": (b"", "not JSON"),
    "binary": (bytes(range(256)), "not JSON"),
    "truncated JSON": (dumped(plate())[:-500], "not JSON: Input data was truncated"),
    "NaN": (dumped(changed(plate(), (*END_POINT, "x"), math.nan)), "not JSON"),
    "infinity": (dumped(changed(plate(), (*END_POINT, "x"), math.inf)), "not JSON"),
    "minus infinity": (dumped(changed(plate(), (*END_POINT, "x"), -math.inf)), "not JSON"),
    "a number beyond all": (dumped(plate()).replace(b"0.04", b"4e999"), "not JSON"),
    "a long number": (dumped(plate()).replace(b"0.04", b"4" * 9000), "not JSON"),
    "nested 10,000 deep": (b"[" * 10_000 + b"]" * 10_000, "nested too deeply"),
    "another document": (b'{"name": "plate"}', "at $: not a CAD history"),
    "a list": (b"[1, 2]", "at $: not a CAD history"),
    "a wrong type": (dumped(changed(plate(), ("entities", "S"), 5)), "at $.entities.S: wrong type"),
    "no entities": (dumped(changed(plate(), ("entities",), ...)), "at $.entities: missing key"),
    "no such entity": (
        dumped(changed(plate(), ("sequence", 0, "entity"), "X")),
        "at $.sequence[0].entity: no such entity",
    ),
    "no such profile": (
        dumped(plate(E=extrude("S.X"))),
        "at $.entities.E.profiles[0].profile: no such profile: expected one of P, got X",
    ),
    "a reference in a circle": (
        dumped(document(**plate()["entities"], F=extrude("F.P"))),
        "at $.entities.F.profiles[0].sketch: no such sketch",
    ),
    "a coordinate of 10^9 mm": (
        dumped(changed(plate(), (*END_POINT, "x"), 1e6)),
        "end_point.x: not a number that can be used: expected a number of metres up to 10000",
    ),
    "a gap in a loop": (dumped(gaping()), "does not touch the one before it"),
}


@pytest.mark.parametrize("command", ["inspect", "convert", "encode", "complete"])
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_read(refuse, tmp_path, name, command):
    content, message = FILES[name]
    path = tmp_path / "part.json"
    path.write_bytes(content)
    more = [tmp_path / "out.json"] if command == "convert" else []
    line = refuse(command, path, *more)
    assert line.startswith(f"cadcomplete: {path}: ")
    assert message in line


@pytest.mark.parametrize("command", ["inspect", "convert", "encode", "complete"])
@pytest.mark.parametrize("name", ["missing.json", "folder.json", "folder.json/part.json"])
def test_a_file_that_is_not_there(refuse, tmp_path, name, command):
    (tmp_path / "folder.json").mkdir()
    more = [tmp_path / "out.json"] if command == "convert" else []
    line = refuse(command, tmp_path / name, *more)
    assert line.startswith(f"cadcomplete: {tmp_path / name}: cannot read the file: ")


def test_a_file_of_lines_that_cannot_be_read(refuse, tmp_path):
    path = tmp_path / "part.lines"
    path.write_text("sketch 0 0 0 +z +x\ncircle 0 0 nan\n")
    assert refuse("encode", path) == (
        f"cadcomplete: {path}: at line 2: not a number: expected a decimal such as 12.5, got nan\n"
    )


def test_a_process_that_is_given_a_broken_file_ends_with_2_and_without_a_traceback(tmp_path):
    path = tmp_path / "part.json"
    path.write_text('{"entities": {}, "sequence": [5]}')
    command = [sys.executable, "-m", "cadcomplete", "inspect", str(path), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"cadcomplete: {path}: at $.sequence[0]: wrong type: "
        "expected an object with 'entity', got 5\n"
    )


# --- histories that can be read, but not built --------------------------------------------------

CORNERS = [(0, 0), (0.01, 0.01), (0.01, 0), (0, 0.01)]
BOW_TIE = [line(a, b) for a, b in zip(CORNERS, [*CORNERS[1:], CORNERS[0]], strict=True)]


@pytest.mark.parametrize(
    ("loop", "problem"),
    [
        ([circle((0, 0), 0.0)], "a circle without radius"),
        (rectangle(0, 0, 0.04, 0.03)[:3], "the loop does not close: its ends are 30 mm apart"),
        (BOW_TIE, "the loop crosses itself at (5, 5) mm, in its sketch"),
    ],
    ids=["zero radius", "open", "bow tie"],
)
def test_inspect_finds_what_is_wrong_with_a_loop(run, tmp_path, loop, problem):
    path = tmp_path / "part.json"
    path.write_bytes(dumped(plate(S=sketch(P=profile(loop)))))
    code, out, err = run("inspect", path, "--json")
    report = json.loads(out)
    assert (code, err, report["valid"]) == (0, "", False)
    found = {"path": "$.entities.S.profiles.P.loops[0]", "problem": problem}
    assert any(found.items() <= finding.items() for finding in report["problems"])


def test_inspect_finds_that_there_is_nothing(run, tmp_path):
    path = tmp_path / "part.json"
    path.write_bytes(dumped(document()))
    code, out, _ = run("inspect", path, "--json")
    report = json.loads(out)
    assert (code, report["operations"], report["valid"], report["bodies"]) == (0, 0, False, 0)
    assert report["problems"][0]["problem"] == "there are no operations"


def test_a_part_with_100_000_curves_is_converted_within_seconds(run, tmp_path):
    turns = [2 * math.pi * i / 100_000 for i in range(100_000)]
    corners = [(round(9 * math.cos(a), 9), round(9 * math.sin(a), 9)) for a in turns]
    loop = [line(a, b) for a, b in zip(corners, [*corners[1:], corners[0]], strict=True)]
    path, target = tmp_path / "part.json", tmp_path / "part.lines"
    path.write_bytes(dumped(plate(S=sketch(P=profile(loop)))))
    assert run("convert", path, target) == (0, f"{target}\n", "")
    assert len(target.read_text().splitlines()) == 100_003  # sketch, loop, extrude


# --- numbers out of range and places that cannot be written -------------------------------------


@pytest.mark.parametrize("cut", [-1, 9])
def test_more_operations_than_there_are_cannot_be_kept(refuse, cut):
    line = refuse("encode", FLANGE, "--cut", cut)
    assert line == (
        f"cadcomplete: {FLANGE}: cannot keep so many operations: expected 0 to 8, got {cut}\n"
    )


def test_no_completion_of_more_operations_than_there_are(refuse):
    assert "expected 0 to 8, got 9" in refuse("complete", FLANGE, "--keep", 9)


def test_fewer_than_one_version_cannot_be_written(refuse, tmp_path):
    line = refuse("truncate", PARTS, tmp_path / "out", "--max-versions", 0)
    assert "--max-versions: nothing to write: expected 1 or more, got 0" in line


@pytest.fixture
def blocked(tmp_path):
    """A path below a file: nobody can write there, not even root."""
    (tmp_path / "file").write_text("in the way")
    return tmp_path / "file" / "folder"


@pytest.mark.parametrize("suffix", ["json", "lines", "step", "png"])
def test_convert_to_where_nothing_can_be_written(refuse, blocked, suffix):
    target = blocked / f"out.{suffix}"
    line = refuse("convert", FLANGE, target)
    assert line == f"cadcomplete: {target}: cannot write: Not a directory\n"


def test_truncate_to_where_nothing_can_be_written(refuse, blocked):
    line = refuse("truncate", PARTS, blocked)
    assert "cannot write: Not a directory" in line
    assert line.startswith(f"cadcomplete: {blocked}")


def test_complete_says_before_it_works_that_nothing_can_be_written(refuse, blocked):
    line = refuse("complete", FLANGE, "--keep", 2, "-o", blocked)
    assert line == f"cadcomplete: {blocked.parent}: cannot write: not a folder\n"


@pytest.mark.parametrize("command", ["convert", "complete"])
def test_an_unknown_format_lists_the_known_ones(refuse, tmp_path, command):
    more = [tmp_path / "out.dwg"] if command == "convert" else ["--formats", "dwg"]
    assert "json, lines, step" in refuse(command, FLANGE, *more).replace(".", "")


def test_truncate_of_a_folder_that_is_not_there(refuse, tmp_path):
    missing = tmp_path / "missing"
    line = refuse("truncate", missing, tmp_path / "out")
    assert line == f"cadcomplete: {missing}: no such folder of data\n"


def test_truncate_does_what_it_can_and_names_the_rest(run, tmp_path):
    (tmp_path / "in").mkdir()
    for name, (content, _) in FILES.items():
        (tmp_path / "in" / f"{name}.json").write_bytes(content)
    (tmp_path / "in" / "plate.json").write_bytes(dumped(plate()))
    code, out, err = run("truncate", tmp_path / "in", tmp_path / "out")
    assert code == 0
    assert out == f"1 histories, 1 truncated versions, {len(FILES)} skipped\n"
    assert len(err.splitlines()) == len(FILES)
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert written == ["plate.json", "plate_tr_01.json"]


# --- what else comes from files -----------------------------------------------------------------


@pytest.mark.parametrize("line", ["{", "[" * 100_000, "4" * 9000, '{"type": NaN}'])
def test_a_line_of_json_text_that_is_none_is_named(line):
    with pytest.raises(TextError) as caught:
        decode(f'{{"sequence":[\n{line}\n', text_format="json")
    assert caught.value.where == "line 2"
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "content", ["{", '{"id": "a"}', "[5]", '[{"id": "a"}]', '[{"id": [], "text caption": ""}]']
)
def test_captions_that_are_none_are_refused_with_their_file(tmp_path, content):
    (tmp_path / "txt").mkdir()
    path = tmp_path / "txt" / "0000.json"
    path.write_text(content)
    with pytest.raises(InputError, match="not captions") as caught:
        read_captions(tmp_path)
    assert caught.value.file == str(path)


def test_an_id_inside_a_file_does_not_lead_out_of_the_output_folder(tmp_path):
    from cadcomplete.completion import completion, writing
    from cadcomplete.kernel.contain import Kernel
    from cadcomplete.kernel.report import Report

    whole = from_sequence(decode("sketch 0 0 0 +z +x\ncircle 0 0 5\nextrude new to 1 0\n"))
    given = from_sequence(CadSequence((), "../../a b"))
    one = completion.Completion(1, 1.0, whole, given.sequence, Report(()))
    result = completion.Completions(given, "model", (one,), 0.0, 1, 0, 0.0)
    with Kernel() as kernel:
        writing.write(result, tmp_path / "deep" / "out", ("json",), kernel)
    written = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.json")]
    assert written == ["deep/out/.._.._a_b_01.json"]
