"""The command line: keys and exit codes that scripts rely on."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from conftest import PARTS

FLANGE = str(PARTS / "flange.json")
TINY = str(PARTS.parent.parent / "configs" / "tiny.toml")


def test_inspect_tells_what_is_in_a_part(run):
    code, out, _ = run("inspect", FLANGE, "--json")
    report = json.loads(out)
    assert code == 0
    assert (report["operations"], report["curves"], report["valid"]) == (8, 7, True)
    assert report["problems"] == []
    # disc, boss and bore, four holes: π (40²·10 + 20²·20 − 10²·30 − 4·4²·10)
    assert report["volume_mm3"] == pytest.approx(3.141592653589793 * 20360)
    assert report["bounding_box_mm"]["max"] == pytest.approx([40, 40, 30])
    assert report["area_mm2"] > 0
    assert report["tokens"].keys() == {"lines", "json", "numbers"}


def test_inspect_is_readable(run):
    code, out, _ = run("inspect", FLANGE)
    assert code == 0
    assert out.splitlines()[0] == "flange: 8 operations, 7 curves"
    assert out.splitlines()[-1] == "a valid solid"


def test_inspect_of_a_broken_part_finds_the_problems_and_is_done(run, tmp_path):
    path = tmp_path / "part.lines"
    path.write_text("sketch 0 0 0 +z +x\ncircle 0 0 5\nextrude cut to 5 0\n")
    code, out, _ = run("inspect", path, "--json")
    report = json.loads(out)
    assert (code, report["valid"], report["volume_mm3"]) == (0, False, None)
    assert report["problems"][0]["path"] == "$.sequence[1]"
    assert "nothing to cut" in report["problems"][0]["problem"]


def test_inspect_says_up_to_what_radius_edges_can_be_made_round(run, tmp_path):
    box = "sketch 0 0 0 +z +x\nloop 0 0\nline 30 0\nline 30 20\nline 0 20\nclose\n"
    path = tmp_path / "part.lines"
    path.write_text(f"{box}extrude new to 12 0\nfillet 13 end@1\n")
    _, out, _ = run("inspect", path, "--json")
    (problem,) = json.loads(out)["problems"]
    found = re.search(
        r"fillet of 13 mm at the edge .* mm: up to (\S+) mm it can$", problem["problem"]
    )
    assert found is not None
    assert 9.5 <= float(found[1]) <= 10.0  # by halving, of half the width of 20 mm


@pytest.mark.parametrize("suffix", ["json", "lines", "step", "stl", "glb", "png", "py", "FCStd"])
def test_convert_by_suffix(run, tmp_path, suffix):
    target = tmp_path / f"out.{suffix}"
    assert run("convert", FLANGE, target)[0] == 0
    assert target.stat().st_size > 100


def test_convert_keeps_the_dialect_or_changes_it(run, tmp_path):
    run("convert", FLANGE, tmp_path / "same.json")
    run("convert", FLANGE, tmp_path / "ours.json", "--dialect", "native")
    run("convert", tmp_path / "ours.json", tmp_path / "theirs.json", "--dialect", "omnicad")
    same, ours, theirs = (
        json.loads((tmp_path / f"{n}.json").read_text()) for n in ("same", "ours", "theirs")
    )
    assert same == json.loads((PARTS / "flange.json").read_text())
    assert ours["format"] == "cadcomplete"
    assert len(theirs["entities"]) == 8


def test_convert_of_a_part_without_solid_is_bad_input_and_writes_nothing(run, tmp_path):
    path = tmp_path / "part.lines"
    path.write_text("sketch 0 0 0 +z +x\ncircle 0 0 5\n")
    code, _, err = run("convert", path, tmp_path / "out.step")
    assert code == 2
    assert "there is no solid to export" in err
    assert not (tmp_path / "out.step").exists()


def test_convert_of_a_part_that_cannot_be_built_names_the_operation(run, tmp_path):
    path = tmp_path / "part.lines"
    path.write_text("sketch 0 0 0 +z +x\ncircle 0 0 5\nextrude cut to 5 0\n")
    code, _, err = run("convert", path, tmp_path / "out.step")
    assert code == 1
    assert err == "cadcomplete: operation 1: there is nothing to cut\n"
    assert list(tmp_path.iterdir()) == [path]


def test_encode_prints_the_prompt_at_a_cut(run):
    code, out, _ = run("encode", FLANGE, "--cut", 2)
    assert code == 0
    assert out == (
        "Complete this CAD sequence\nsketch 0 0 0 +z +x\ncircle 0 0 40\nextrude new to 10 0\n"
    )


@pytest.mark.parametrize("text_format", ["lines", "json", "numbers"])
def test_the_boundaries_of_encode_are_the_prefix_law(run, text_format):
    def encoded(*arguments):
        return json.loads(run("encode", FLANGE, "--format", text_format, "--json", *arguments)[1])

    whole = encoded()
    assert len(whole["boundaries"]) == 8
    assert whole["boundaries"][-1] == len(whole["input_ids"])
    for cut in range(1, 9):
        part = encoded("--cut", cut)
        assert part["input_ids"] == whole["input_ids"][: whole["boundaries"][cut - 1]]
        assert part["boundaries"] == whole["boundaries"][:cut]


def test_truncate_counts_what_it_wrote(run, tmp_path):
    code, out, _ = run("truncate", PARTS, tmp_path, "--max-versions", 2, "--json")
    assert code == 0
    assert json.loads(out) == {"files": 6, "versions": 12, "skipped": []}
    assert len(list(tmp_path.glob("*_tr_*.json"))) == 12


def test_prepare_answers_with_its_report(run, tmp_path):
    arguments = ("--points", 32, "--size", 32, "--workers", 1)
    code, out, err = run("prepare", PARTS, tmp_path / "data", *arguments, "--json")
    report = json.loads(out)
    assert (code, err) == (0, "")
    assert report == json.loads((tmp_path / "data" / "report.json").read_text())
    assert (report["files"], report["parts"], report["skipped"]["count"]) == (6, 6, 0)
    code, out, _ = run("prepare", PARTS, tmp_path / "data", *arguments)
    assert code == 0
    assert out.startswith("6 parts from 6 files\n")
    assert out.endswith(f"the data set is in {tmp_path / 'data'}\n")


def test_synthesize_writes_parts_that_can_be_read(run, tmp_path):
    code, out, _ = run("synthesize", tmp_path, "-n", 3, "--start", 999, "--seed", 5, "--json")
    assert code == 0
    assert json.loads(out)["parts"] == 3
    files = sorted(tmp_path.rglob("*.json"))
    assert [f.relative_to(tmp_path).as_posix() for f in files] == [
        "json/00000/00000999.json",
        "json/00001/00001000.json",
        "json/00001/00001001.json",
    ]
    assert all(json.loads(run("inspect", file, "--json")[1])["operations"] for file in files)


def test_complete_answers_with_the_promised_keys(run, tmp_path):
    code, out, _ = run("complete", FLANGE, "--keep", 3, "-n", 2, "--json", "-o", tmp_path)
    report = json.loads(out)
    assert code == 0
    assert {"kept", "model", "seconds", "completions"} <= report.keys()
    assert report["total_seconds"] >= report["seconds"]  # from when the program began
    assert report["kept"] == 3
    assert (report["score_is"], report["as_it_is"]) == ("expected IoU", None)
    assert report["completions"]
    for completion in report["completions"]:
        assert completion.keys() == {
            "rank",
            "score",
            "valid",
            "problems",
            "remarks",
            "snaps",
            "bodies",
            "operations_added",
            "volume_mm3",
            "words",
            "text",
            "files",
        }
        assert (tmp_path / f"flange_{completion['rank']:02d}.json").is_file()


def test_complete_is_readable_and_says_how_to_get_files(run):
    code, out, _ = run("complete", FLANGE, "--keep", 3, "-n", 1)
    assert code == 0
    assert "3 operations kept" in out
    assert "use -o FOLDER to write files" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Usage: cadcomplete"),
        (["frobnicate"], "No such command 'frobnicate'"),
        (["inspect"], "Missing argument 'PART'"),
        (["inspect", "nowhere.json"], "nowhere.json: cannot read the file: No such file"),
        (["complete", FLANGE, "--keep", "nine"], "should be a valid integer"),
        (["complete", FLANGE, "--keep", "9"], "expected 0 to 8, got 9"),
        (["complete", FLANGE, "--formats", "dwg"], "unknown format: expected json, lines, step"),
        (["complete", FLANGE, "--model", "nowhere"], "cadcomplete.json is missing"),
        (["convert", FLANGE, "out.dwg"], "unknown format: expected .json, .lines, .step"),
        (["encode", FLANGE, "--format", "xml"], "expected lines or json or numbers, got xml"),
        (["encode", FLANGE, "--tokenizer", "nowhere"], "cannot read: No such file"),
        (["truncate", "nowhere", "there"], "nowhere: no such folder of data"),
        (["prepare", "nowhere", "there"], "nowhere: no such folder of data"),
        (["prepare", "a", "b", "--views", "99"], "views: out of range: expected 0 to"),
        (["prepare", "a", "b", "--styles", "neon"], "styles: unknown value: expected default"),
        (["synthesize", "there", "-n", "0"], "'-n': Input should be greater than or equal to 1"),
        (["complete", FLANGE, "-n", "x"], "(see cadcomplete complete --help)"),
        (["inspect", FLANGE, "--time-limit", "-1"], "'--time-limit': Input should be greater"),
        (["plan", TINY, "--gpu", "-1"], "'--gpu': Input should be greater"),
        (["plan", TINY, "--data", "nodata"], "nodata: no such folder"),
        (["truncate", FLANGE, "there"], "flange.json: not a folder"),
        (["rebuild", str(PARTS)], "parts: a folder, not a shape's file"),
        (["convert", FLANGE, FLANGE, "--dialect", "native"], "source and target are the same file"),
        (["train", "nowhere.toml"], "nowhere.toml: cannot read: No such file"),
    ],
)
def test_bad_usage_is_one_clear_line_and_exit_code_2(run, arguments, message):
    code, out, err = run(*arguments)
    assert code == 2
    assert message in err + out
    assert "Traceback" not in err
    assert not arguments or err.count("\n") == 1
    assert arguments or (err.startswith("Usage: ") and "--help" in err)


def test_the_installed_command_prints_only_json_on_standard_output(tmp_path):
    command = [sys.executable, "-m", "cadcomplete", "complete", FLANGE, "--keep", "2", "--json"]
    done = subprocess.run(
        [*command, "-n", "1", "-o", str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["kept"] == 2


def test_the_version_is_printed(run):
    assert run("--version")[:2] == (0, "cadcomplete 0.1.0\n")


def test_train_prints_its_metrics_as_json(run, tmp_path):
    config = tmp_path / "small.toml"
    config.write_text(
        f'name = "small"\noutput = "{tmp_path}"\n[data]\nsources = ["{PARTS}"]\nvalidation = 0.4\n'
        "[model.decoder]\nvocabulary = 280\nwidth = 16\nlayers = 1\nheads = 2\nkv_heads = 1\n"
        "[train]\nepochs = 0.2\nbatch = 2\n"
    )
    code, out, err = run("train", config, "--set", "model.decoder.feed_forward=32", "--json")
    assert code == 0
    assert json.loads(out)["folder"] == str(tmp_path / "small")
    assert "parts to learn from" in err


POST = "sketch 0 0 0 +z +x\ncircle 0 0 10\nextrude new to 5 0\nsketch 0 0 5 +z +x\ncircle 100 0 5\n"


@pytest.mark.parametrize(
    ("last", "problem", "bodies"),
    [
        ("extrude join to 9 0\n", "the join touches nothing", 2),
        ("extrude cut to 0 0\n", "the cut changes nothing", 1),
    ],
)
def test_inspect_warns_of_what_is_valid_but_makes_no_sense(run, tmp_path, last, problem, bodies):
    path = tmp_path / "part.lines"
    path.write_text(POST + last)
    report = json.loads(run("inspect", path, "--json")[1])
    warning = {"path": "$.sequence[3]", "problem": problem, "severity": "warning"}
    assert report["problems"] == [warning]
    assert (report["valid"], report["bodies"]) == (True, bodies)
