"""What people meet first when they ask for what cannot be: one line, where, expected, got, what to
do, exit code 2, and nothing is written."""

from __future__ import annotations

import json

import numpy as np
import pytest
from conftest import PARTS, ROOT

from cadcomplete import readers
from cadcomplete.deadline import due_after
from cadcomplete.errors import InputError
from cadcomplete.evaluate.settings import EvaluationSettings, cuts_named, folder_of
from cadcomplete.files import check_folder, clear, share, write_bytes, write_text, writing
from cadcomplete.model import loading
from cadcomplete.predictions import check_count, check_seed
from cadcomplete.reports.parts import check_alone
from cadcomplete.reports.told import counted

FLANGE = str(PARTS / "flange.json")
TINY = str(ROOT / "configs" / "tiny.toml")


@pytest.fixture
def line(run, tmp_path, monkeypatch):
    """Run a command that must be refused and write nothing; return its one line."""
    monkeypatch.chdir(tmp_path)

    def line(*arguments):
        before = sorted(tmp_path.rglob("*"))
        code, out, err = run(*arguments)
        assert (code, out) == (2, "")
        assert len(err.splitlines()) == 1
        assert err.startswith("cadcomplete: ")
        assert sorted(tmp_path.rglob("*")) == before
        return err.removeprefix("cadcomplete: ").strip()

    return line


# --- numbers and names on the command line ------------------------------------------------------

EVALUATE = {
    "no data": (["evaluate"], "at DATA: no data: expected prepared data sets"),
    "no such folder": (
        ["evaluate", "nowhere", "--baseline", "stop"],
        "nowhere: no such folder (make one with cadcomplete prepare)",
    ),
    "no such split": (
        ["evaluate", "nowhere", "--split", "all", "--baseline", "stop"],
        "at --split: no such split: expected train or validation or test, got all",
    ),
    "no such condition": (
        ["evaluate", "nowhere", "--conditions", "none,video"],
        "no such condition: expected none, caption, sizes, dimensions, image, points, scan, all, "
        "othercaption, othersizes, otherimage, got video",
    ),
    "no condition": (
        ["evaluate", "nowhere", "--conditions", ","],
        "at --conditions: nothing to ask: expected at least one",
    ),
    "no part": (
        ["evaluate", "nowhere", "--most", "0"],
        "at --most: nothing to ask: expected 1 or more, got 0",
    ),
    "no suggestion": (
        ["evaluate", "nowhere", "-n", "0"],
        "at -n: nothing to ask: expected 1 or more, got 0",
    ),
    "no cut": (
        ["evaluate", "nowhere", "--cuts", "0"],
        "at --cuts: nothing to ask: expected 1 or more, got 0",
    ),
    "some cuts": (
        ["evaluate", "nowhere", "--cuts", "some"],
        "at --cuts: no such cuts: expected all, or a number, got some",
    ),
    "no such source": (
        ["evaluate", "nowhere", "--source", "oracle"],
        "at --source: no such source: expected model, search, both, got oracle",
    ),
    "no such baseline": (
        ["evaluate", "nowhere", "--baseline", "oracle"],
        "at --baseline: no such baseline: expected stop, copy, ngram, retrieval, got oracle",
    ),
    "a model and a baseline": (
        ["evaluate", "nowhere", "--baseline", "stop", "--model", "there"],
        "a model and a baseline: expected one of --model and --baseline",
    ),
    "no predictions": (
        ["evaluate", "--rescore", "nowhere.jsonl"],
        "nowhere.jsonl: cannot read: No such file or directory",
    ),
    "no predictions to compare": (
        ["evaluate", "--compare", "nowhere"],
        "nowhere/predictions.jsonl: cannot read: No such file or directory",
    ),
    "too much": (
        ["evaluate", "nowhere", "--rescore", "nowhere.jsonl"],
        "too much to do: expected one of DATA, --rescore and --compare",
    ),
    "no such folder for a model": (
        ["evaluate", "nowhere"],
        "nowhere: no such folder (make one with cadcomplete prepare)",
    ),
    "no such folder to write like": (
        ["evaluate", "nowhere", "--generate", "3"],
        "nowhere: no such folder (make one with cadcomplete prepare)",
    ),
    "nothing to generate": (
        ["evaluate", "nowhere", "--generate", "0"],
        "at --generate: nothing to write: expected 1 or more, got 0",
    ),
    "other metrics of nothing": (
        ["evaluate", "nowhere", "--full"],
        "--full needs --rescore (ask first, then score the predictions again)",
    ),
    "scoring again with others": (
        ["evaluate", "--rescore", "there", "--source", "serch", "--baseline", "xx", "-o", "x"],
        "--rescore does not go with --baseline, --output, --source (leave it out)",
    ),
    "scoring again with a model": (
        ["evaluate", "--rescore", "there", "--model", "nowhere", "--rows", "3"],
        "--rescore does not go with --model, --rows (leave it out)",
    ),
    "comparing with others": (
        ["evaluate", "--compare", "there", "--conditions", "none", "-n", "5", "--full"],
        "--compare does not go with --conditions, --full, -n (leave it out)",
    ),
    "a baseline that draws": (
        ["evaluate", "nowhere", "--baseline", "stop", "--temperature", "1", "--device", "cpu"],
        "--baseline does not go with --device, --temperature (leave it out)",
    ),
    "generating so many": (
        ["evaluate", "nowhere", "--generate", "3", "-n", "7", "--conditions", "none"],
        "--generate does not go with --conditions, -n (leave it out)",
    ),
    "generating with others": (
        ["evaluate", "nowhere", "--generate", "3", "--baseline", "stop", "--full"],
        "--generate does not go with --baseline, --full (leave it out)",
    ),
}


@pytest.mark.parametrize("name", EVALUATE)
def test_what_evaluate_cannot_do_is_one_line(line, name):
    arguments, said = EVALUATE[name]
    assert said in line(*arguments)


@pytest.mark.parametrize("more", [[], ["--generate", "3"]])
def test_data_that_are_not_there_are_missed_before_a_model_is_read(line, monkeypatch, more):
    monkeypatch.setattr(loading, "load", lambda *args, **options: pytest.fail("it was read"))
    assert "nowhere: no such folder" in line("evaluate", "nowhere", *more)


OTHERS = {
    "a configuration that is not there": (
        ["plan", "nowhere.toml"],
        "nowhere.toml: cannot read: No such file or directory",
    ),
    "a change that is none": (
        ["plan", TINY, "--set", "train.batch"],
        "not a change: expected key=value, such as train.batch=8, got train.batch",
    ),
    "a key that is none": (["plan", TINY, "--set", "train.bach=8"], "unknown key"),
    "no model to export": (["export", "nowhere"], "nowhere"),
    "no such export": (
        ["export", "--to", "onnx", "-o", "out"],
        "at --to: no such way to export: expected adapter, merged, got onnx",
    ),
    "no shape to rebuild": (["rebuild", "nowhere.stl"], "nowhere.stl"),
    "a shape of no kind": (["rebuild", FLANGE], "flange.json"),
    "no such format of a rebuilt part": (
        ["rebuild", "nowhere.stl", "--formats", "dwg"],
        "at formats: unknown format: expected json, lines, step, stl, glb, png, fcstd, py, got dwg",
    ),
    "no parts": (
        ["synthesize", "out", "-n", "0"],
        "'-n': Input should be greater than or equal to 1 (see cadcomplete synthesize --help)",
    ),
    "parts before the first": (
        ["synthesize", "out", "--start", "-1"],
        "'--start': Input should be greater",
    ),
    "a seed before the first": (["synthesize", "out", "--seed", "-1"], "--seed"),
    "no completion": (
        ["complete", FLANGE, "-n", "0"],
        "at -n: cannot propose so many: expected 1 to 64, got 0",
    ),
    "too many completions": (["complete", FLANGE, "-n", "65"], "expected 1 to 64, got 65"),
    "no time": (
        ["complete", FLANGE, "--time-limit", "0"],
        "at --time-limit: no such limit: expected seconds, more than 0 and at most 1,000,000",
    ),
    "a picture that is not there": (
        ["complete", FLANGE, "--image", "nowhere.png"],
        "nowhere.png: no such picture (give one that exists)",
    ),
    "a unit without a shape": (
        ["complete", FLANGE, "--units", "mm"],
        "--units, --up and --place are for a shape (give it with --points)",
    ),
    "an unknown unit": (["complete", FLANGE, "--points", FLANGE, "--units", "ell"], "flange.json"),
    "a dialect that there is none of": (
        ["convert", FLANGE, "out.json", "--dialect", "step"],
        "unknown dialect: expected omnicad or native, got step",
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_a_command_cannot_do_is_one_line(line, name):
    arguments, said = OTHERS[name]
    assert said in line(*arguments)


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--layout", "zip", "at layout: unknown value: expected shards or omnicad, got zip"),
        ("--sampling", "grid", "at sampling: unknown value: expected area or farthest, got grid"),
        ("--styles", "neon", "at styles: unknown value: expected default or clay"),
        ("--styles", ",", "at styles: no style: expected default, clay"),
        ("--views", "15", "at views: out of range: expected 0 to 14, got 15"),
        ("--size", "8", "at size: out of range: expected 16 to 4096, got 8"),
        ("--points", "-1", "at points: out of range: expected 0 to 1e+06, got -1"),
        ("--max-versions", "0", "at truncations: out of range: expected 1 to 1000, got 0"),
        ("--per-shard", "0", "at per_shard: out of range: expected 1 to 1e+06, got 0"),
        ("--validation", "1.5", "at validation: out of range: expected 0 to 1, got 1.5"),
        ("--test", "0.99", "at test: out of range: expected 0 to 0.95, got 0.99"),
        ("--time-limit", "0", "at time_limit: out of range: expected 0.001 to 1e+06, got 0"),
    ],
)
def test_a_setting_of_a_data_set_that_makes_no_sense_is_named(line, tmp_path, option, value, said):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "flange.json").write_bytes((PARTS / "flange.json").read_bytes())
    assert said in line("prepare", "in", "out", option, value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"ISO-10303-21;\n", "a STEP file has a shape, but no history to go on from (rebuild one"),
        (b"glTF\2\0\0\0", "a mesh has a shape"),
        (b"\x89PNG\r\n", "a picture has no history to go on from (a picture of the wanted part"),
        (b"\x1f\x8b\0\0", "packed with gzip"),
        (b"\xff\xfea\0b", "the file begins as text in UTF-16, but is not (save it as UTF-8)"),
        ("{}".encode("utf-16-le"), "text in UTF-16 without a byte order mark"),
    ],
)
def test_a_file_of_another_kind_says_what_it_is_and_what_to_do(line, tmp_path, content, said):
    (tmp_path / "part.json").write_bytes(content)
    for command in ("inspect", "encode", "complete"):
        assert said in line(command, "part.json")


@pytest.mark.parametrize(
    ("name", "system"), [("a.sldprt", "SolidWorks"), ("a.f3d", "Fusion 360"), ("a.dxf", "AutoCAD")]
)
def test_a_file_of_another_system_says_to_export_its_shape(line, tmp_path, name, system):
    (tmp_path / name).write_bytes(b"something")
    said = line("inspect", name)
    assert f"files of {system} are not read here" in said
    assert "export its shape as STEP" in said


def test_a_shape_that_is_no_surface_is_refused_before_the_model_is_read(line, tmp_path):
    np.save(tmp_path / "cloud.npy", np.full((20, 3), np.nan))
    said = line("rebuild", "cloud.npy")
    assert "points that are not numbers" in said
    assert "20 of 20 rows with NaN or infinity" in said
    assert "leave these rows out" in said


# --- the checks themselves ----------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 64])
def test_from_1_to_64_answers_may_be_asked_for(n):
    check_count(n)


@pytest.mark.parametrize("n", [-1, 0, 65])
def test_other_numbers_of_answers_may_not(n):
    with pytest.raises(InputError, match="expected 1 to 64"):
        check_count(n)


@pytest.mark.parametrize("seed", [0, 2**63 - 1])
def test_a_seed_is_a_whole_number_of_63_bits(seed):
    check_seed(seed)


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_what_is_no_seed_is_refused(seed):
    with pytest.raises(InputError, match=r"at --seed: no such seed: expected 0 to 2\^63 - 1"):
        check_seed(seed)
    with pytest.raises(InputError, match="no such seed"):
        EvaluationSettings((PARTS,), seed=seed)


@pytest.mark.parametrize("limit", [-1.0, 0.0, 1e6 + 1, float("nan"), float("inf")])
def test_what_is_no_time_limit_is_refused(limit):
    with pytest.raises(InputError, match="no such limit"):
        due_after(limit, 0.0)


def test_an_answer_is_due_before_the_limit_is_over():
    assert 0 < due_after(100.0, 5.0).moment - 5.0 < 100.0


@pytest.mark.parametrize(
    ("word", "cuts"),
    [("all", None), ("5", 5), ("-1", -1)],  # EvaluationSettings refuses the last
)
def test_cuts_are_all_or_a_number(word, cuts):
    assert cuts_named(word) == cuts


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("a model", "a_model"),
        ("org/model:1", "org_model_1"),
        ("a-b.c", "a-b.c"),
        ("..", "part"),
        ("", "part"),
    ],
)
def test_what_is_evaluated_has_a_folder_whose_name_is_safe(name, folder):
    assert folder_of(name).parts == ("runs", "evaluate", folder)


def test_an_option_that_goes_with_no_other_names_all_of_them():
    check_alone("--generate", {"--full": False, "--rescore": False})
    with pytest.raises(InputError) as caught:
        check_alone("--generate", {"--full": True, "--rescore": False, "--cuts": True})
    assert str(caught.value) == "--generate does not go with --full, --cuts (leave it out)"


@pytest.mark.parametrize(
    ("count", "many", "said"),
    [(1, "", "1 body"), (0, "bodies", "0 bodies"), (2, "bodies", "2 bodies")],
)
def test_things_are_counted_in_words(count, many, said):
    assert counted(count, "body", many) == said
    assert counted(3, "loop") == "3 loops"


# --- files --------------------------------------------------------------------------------------


def test_a_file_takes_its_place_when_it_is_whole_and_not_before(tmp_path):
    path = tmp_path / "new" / "part.json"
    with writing(path) as unfinished:
        unfinished.write_text("half")
        assert not path.exists()
        assert unfinished.suffix == ".json"
    assert path.read_text() == "half"
    assert [p.name for p in path.parent.iterdir()] == ["part.json"]


def test_a_file_that_was_not_finished_leaves_the_old_one_and_nothing_else(tmp_path):
    path = tmp_path / "part.json"
    write_text(path, "old")
    with pytest.raises(ZeroDivisionError), writing(path) as unfinished:
        unfinished.write_text("new")
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_text_is_written_in_utf_8_and_bytes_as_they_are(tmp_path):
    write_text(tmp_path / "a", "Ø 5")
    assert (tmp_path / "a").read_bytes() == "Ø 5".encode()
    write_bytes(tmp_path / "b", b"\r\n\0")
    assert (tmp_path / "b").read_bytes() == b"\r\n\0"


@pytest.mark.parametrize("write", [lambda p: write_text(p, ""), lambda p: write_bytes(p, b"")])
def test_where_nothing_can_be_written_the_path_is_named(tmp_path, write):
    (tmp_path / "file").write_text("in the way")
    path = tmp_path / "file" / "part.json"
    with pytest.raises(InputError) as caught:
        write(path)
    assert str(caught.value) == f"{path}: cannot write: File exists"  # the folder is a file


def test_a_folder_that_cannot_be_made_is_named_before_any_work(tmp_path):
    check_folder(tmp_path / "new" / "deep")
    assert not (tmp_path / "new").exists()
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="cannot write: not a folder") as caught:
        check_folder(tmp_path / "file" / "deep")
    assert caught.value.file == str(tmp_path / "file")


def test_what_is_cleared_is_gone_though_it_was_never_there(tmp_path):
    write_text(tmp_path / "a.json", "")
    (tmp_path / ".a.99.part.json").write_text("unfinished")
    (tmp_path / ".ab.99.part.json").write_text("of another")
    clear(tmp_path / "a.json", tmp_path / "never.json")
    assert [p.name for p in tmp_path.iterdir()] == [".ab.99.part.json"]
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="cannot write"):
        clear(tmp_path / "folder")


def test_files_that_are_shared_can_be_read_by_others(tmp_path):
    (tmp_path / "deep").mkdir()
    path = tmp_path / "deep" / "weights"
    path.write_text("")
    path.chmod(0o600)
    share(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o644


# --- what is in a report ------------------------------------------------------------------------


def test_the_keys_of_inspect_are_a_promise(run):
    code, out, _ = run("inspect", FLANGE, "--json")
    assert code == 0
    assert list(json.loads(out)) == [
        *("file", "id", "format", "dialect", "operations", "known", "unsupported", "curves"),
        *("history", "problems", "valid", "checked", "volume_mm3", "area_mm2"),
        *("bounding_box_mm", "center_of_mass_mm", "bodies", "tokens", "caption"),
    ]


def test_inspect_counts_what_the_history_has(run):
    report = json.loads(run("inspect", FLANGE, "--json")[1])
    sequence = readers.read(FLANGE).sequence
    assert report["operations"] == report["known"] == len(sequence)
    assert report["curves"] == sequence.curves
    assert [op["index"] for op in report["history"]] == list(range(len(sequence)))
    assert sum(op.get("curves", 0) for op in report["history"]) == sequence.curves
    assert set(report["tokens"]) == {"lines", "json", "numbers"}
