"""`cadcomplete prepare`: every file becomes a part or a reason, once, whatever happens."""

from __future__ import annotations

import hashlib
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import psutil
import pytest
from conftest import PARTS, PLATE, ROOT
from failing_jobs import deadly

from cadcomplete import readers
from cadcomplete.data.prepare import chunks, prepare
from cadcomplete.data.prepare.chunks import kernel_for, outcomes
from cadcomplete.data.prepare.inputs import InputFile
from cadcomplete.data.prepare.part import Prepared, Refused
from cadcomplete.data.prepare.settings import Settings
from cadcomplete.data.prepared import read_parts
from cadcomplete.data.read import read_samples
from cadcomplete.data.samples import Sample, find
from cadcomplete.data.shards import read_rows
from cadcomplete.errors import InputError
from cadcomplete.language.lines import decode, encode

SMALL = Settings(points=64, size=32, per_shard=4, time_limit=20.0)
FAST = Settings(points=0, views=0, per_shard=4, time_limit=20.0)


def block(number, *, depth=10.0):
    """A block of its own design and shape for each number."""
    text = f"sketch 0 0 0 +z +x\nloop 0 0\nline {20 + number} 0\nline {20 + number} 15\n"
    return decode(f"{text}line 0 15\nclose\nextrude new to {depth:g} 0\n")


def rings(count=40):
    """Cylinders that all cross each other: more than a minute of work for the kernel."""
    circles = "".join(f"circle {0.37 * n:.2f} {n * n % 17} 10\n" for n in range(count))
    profiles = " ".join(map(str, range(count)))
    return decode(f"sketch 0 0 0 +z +x\n{circles}extrude new to 10 {profiles}\n")


def write(folder, name, sequence):
    file = folder / "json" / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(readers.from_sequence(sequence).dump())
    return file


def write_captions(folder, captions):
    entries = [{"id": name, "text caption": text} for name, text in captions]
    (folder / "txt").mkdir(parents=True, exist_ok=True)
    (folder / "txt" / "0000.json").write_text(json.dumps(entries))


@pytest.fixture
def source(tmp_path):
    """Ten blocks of ten designs in two folders, every second one with a caption."""
    folder = tmp_path / "source"
    for n in range(10):
        write(folder, f"{n % 2:04d}/block{n}_1", block(n))
    write_captions(folder, [(f"{n % 2:04d}/block{n}_1", f"block {n}") for n in range(0, 10, 2)])
    return folder


def contents(folder):
    """The bytes of every shard, by name."""
    files = sorted(folder.rglob("*.parquet"))
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def told(report):
    """Stage and reason of what was left out, by id."""
    return {p["id"]: (p["stage"], p["reason"]) for p in report["skipped"]["parts"]}


# --- what comes out -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    """The example parts, prepared in both layouts with two pictures each."""
    folder = tmp_path_factory.mktemp("examples")
    settings = {"points": 2048, "size": 48, "views": 2, "styles": ("default", "clay")}
    report = prepare(PARTS, folder / "shards", Settings(**settings))
    prepare(PARTS, folder / "omnicad", Settings(layout="omnicad", **settings))
    return folder, report


@pytest.mark.parametrize("layout", ["shards", "omnicad"])
def test_every_part_can_be_read_back_with_all_that_belongs_to_it(examples, layout):
    folder, _ = examples
    parts = {part.sequence.id: part for part in read_parts(folder / layout)}
    assert sorted(parts) == sorted(path.stem for path in PARTS.glob("*.json"))
    for name, part in parts.items():
        drawn = readers.read(PARTS / f"{name}.json").sequence
        assert encode(part.sequence).text == encode(drawn).text
        assert part.caption is None
        assert len(part.descriptions) == 2
        assert [image.view for image in part.images] == [0, 1]
        assert all(image.png.startswith(b"\x89PNG") for image in part.images)
        assert part.cloud.points.shape == part.cloud.normals.shape == (2048, 3)
        assert np.abs(part.cloud.points).max() == pytest.approx(1)
        assert np.linalg.norm(part.cloud.normals, axis=1) == pytest.approx(np.ones(2048), abs=1e-3)


def test_the_frame_of_a_cloud_leads_back_to_the_part(examples, tmp_path):
    folder = tmp_path / "plate"
    write(folder, "plate_1", decode(PLATE))
    prepare(folder, tmp_path / "out", Settings(points=4096, views=0))
    (part,) = read_parts(tmp_path / "out")
    points = part.cloud.center + part.cloud.scale * part.cloud.points
    assert points.min(axis=0) == pytest.approx([0, 0, 0], abs=0.1)
    assert points.max(axis=0) == pytest.approx([40, 30, 10], abs=0.1)


def test_the_layout_of_the_specification_has_its_files(examples):
    folder = examples[0] / "omnicad"
    for path in PARTS.glob("*.json"):
        name = path.stem
        full = json.loads((folder / "json" / f"{name}.json").read_text())
        assert {"entities", "sequence"} <= full.keys()
        assert (folder / "img" / f"{name}_000.png").exists()
        with np.load(folder / "pointcloud" / f"{name}.npz") as arrays:
            assert {"points", "normals"} <= set(arrays)
        cut = json.loads((folder / "json_truncated" / f"{name}_tr_01.json").read_text())
        keep = cut["metadata"]["kept_operations"]
        assert cut["sequence"] == full["sequence"][:keep]
    captions = json.loads(next((folder / "txt").glob("*.json")).read_text())
    assert all({"id", "text caption"} <= entry.keys() for entry in captions)


def test_the_report_names_what_is_valid_but_makes_no_sense(tmp_path):
    apart = "sketch 0 0 0 +z +x\nloop 50 0\nline 60 0\nline 60 9\nline 50 9\nclose\n"
    cube = encode(block(0)).text
    write(tmp_path / "source", "floating", decode(f"{cube}{apart}extrude join to 5 0\n"))
    write(tmp_path / "source", "missing", decode(f"{cube}{apart}extrude cut to 5 0\n"))
    write(tmp_path / "source", "sound", block(1))
    found = prepare(tmp_path / "source", tmp_path / "out", FAST)["remarks"]
    assert found["several_bodies"] == 1
    assert found["kinds"] == {"touches nothing": 1, "changes nothing": 1}
    assert {part["id"]: (part["bodies"], part["remarks"]) for part in found["parts"]} == {
        "floating": (2, ["operation 3: the join touches nothing"]),
        "missing": (1, ["operation 3: the cut changes nothing"]),
    }


def test_the_report_counts_everything(examples):
    folder, report = examples
    assert report == json.loads((folder / "shards" / "report.json").read_text())
    assert report["files"] == report["parts"] == 6
    assert report["skipped"] == {"count": 0, "by_stage": {}, "parts": []}
    assert sum(side["parts"] for side in report["splits"].values()) == 6
    assert report["captions"]["derived"] == 6
    for tokens in report["tokens"].values():
        assert list(tokens["coverage"]) == ["2048", "4096", "8192", "13000", "16384"]
        assert sum(tokens["below"].values()) == 6
    assert not (folder / "shards" / "work").exists()
    assert (folder / "shards" / "sheet.png").exists()


def test_training_takes_a_prepared_data_set(examples):
    samples = list(read_samples(examples[0] / "shards"))
    assert all(isinstance(sample, Sample) and sample.split for sample in samples)
    assert all(len(sample.descriptions) == 2 for sample in samples)


def test_given_captions_are_kept_and_the_others_derived(source, tmp_path):
    report = prepare(source, tmp_path / "out", FAST)
    assert (report["captions"]["given"], report["captions"]["derived"]) == (5, 5)
    assert sorted(report["captions"]["missing"]) == [f"0001/block{n}_1" for n in range(1, 10, 2)]
    captions = {part.sequence.id: part.caption for part in read_parts(tmp_path / "out")}
    assert captions["0000/block2_1"] == "block 2"
    assert captions["0001/block1_1"] is None


def test_the_licence_that_a_file_names_stays_with_its_part(tmp_path):
    plain, named = (write(tmp_path / "in", f"block{n}_1", block(n)) for n in range(2))
    named.write_text(named.read_text().replace("{", '{"licence":"MIT",', 1))
    assert json.loads(plain.read_text()).keys() < json.loads(named.read_text()).keys()
    report = prepare(tmp_path / "in", tmp_path / "out", FAST)
    assert report["licences"] == {"MIT": 1}
    shards = (tmp_path / "out" / "shards").glob("*.parquet")
    rows = [row for shard in shards for row in read_rows(shard, ("id", "licence"))]
    assert {row["id"]: row["licence"] for row in rows} == {"block0_1": None, "block1_1": "MIT"}


def test_a_copy_is_left_out_and_likes_are_on_one_side(tmp_path):
    folder = tmp_path / "source"
    for n in range(6):
        write(folder, f"design{n}_1", block(n))
    write(folder, "other_1", block(3))  # the same text
    larger = decode(PLATE.replace("40", "60").replace("30", "45").replace("15 5", "22.5 7.5"))
    write(folder, "small_1", decode(PLATE))
    write(folder, "large_1", decode(encode(larger).text.replace("20 22.5", "30 22.5")))
    text = encode(decode(PLATE)).text.replace("to 10", "to 15")
    scaled = "".join(f"{_scaled(line)}\n" for line in PLATE.splitlines())
    write(folder, "scaled_1", decode(scaled))
    write(folder, "thicker_1", decode(text))
    report = prepare(folder, tmp_path / "out", FAST)
    assert told(report) == {"other_1": ("duplicate", "the same history as design3_1")}
    sides = {part.sequence.id: part.split for part in read_parts(tmp_path / "out")}
    assert sides["small_1"] == sides["scaled_1"]
    assert report["duplicates"]["copies"] == 1
    assert report["duplicates"]["parts_in_them"] >= 2


def _scaled(line):
    """A line of the text with its lengths times 1.5, for the plate."""
    word, *rest = line.split(" ")
    if word == "extrude":
        return "extrude new to 15 0/1"
    return " ".join([word, *(str(float(v) * 1.5) if v[0] not in "+-" else v for v in rest)])


def test_progress_is_told_part_by_part_and_shard_by_shard(source, tmp_path):
    heard = []
    prepare(source, tmp_path / "out", FAST, watch=lambda *said: heard.append(said))
    parts = [("preparing parts", done, 10) for done in range(11)]
    assert heard == parts + [("writing shards", done, 3) for done in range(4)]


# --- bad input ----------------------------------------------------------------------------------


def test_whatever_is_wrong_is_named_and_the_rest_is_done(source, tmp_path):
    (source / "json" / "broken.json").write_text('{"sequence": [')
    (source / "json" / "other.json").write_text('{"colour": "red"}')
    (source / "json" / "0000" / "block0_1.lines").write_text(PLATE)
    write(source, "open", decode("sketch 0 0 0 +z +x\nloop 0 0\nline 5 0\nline 5 5\nline 0 6\n"
                                 "extrude new to 5 0\n"))  # fmt: skip
    write(source, "nothing", decode(PLATE + "extrude cut to 10 0\n"))
    write(source, "block9_tr_01", block(9))
    write(source, "hang", rings())
    write_captions(source, [("0000/block0_1", "a"), ("0000/block0_1", "b"), ("lost", "c")])
    settings = Settings(points=0, views=0, per_shard=4, time_limit=4.0)
    report = prepare(source, tmp_path / "out", settings, workers=2)
    stages = {name: stage for name, (stage, _) in told(report).items()}
    assert stages == {
        "broken": "read",
        "other": "read",
        "0000/block0_1": "list",
        "block9_tr_01": "list",
        "open": "validate",
        "nothing": "build",
        "hang": "kernel",
    }
    assert "longer than 4 seconds" in told(report)["hang"][1]
    problems = [(p["id"], p["reason"]) for p in report["captions"]["problems"]]
    assert problems == [("0000/block0_1", "a second caption"), ("lost", "there is no such part")]
    assert report["parts"] == 10
    assert report["files"] == report["parts"] + report["skipped"]["count"] == 17
    assert len(list(read_parts(tmp_path / "out"))) == 10


def test_a_folder_of_which_nothing_can_be_built_gives_an_empty_data_set(tmp_path):
    write(tmp_path / "source", "nothing", decode(PLATE + "extrude cut to 10 0\n"))
    report = prepare(tmp_path / "source", tmp_path / "out", FAST)
    assert (report["files"], report["parts"], report["skipped"]["count"]) == (1, 0, 1)
    assert list(read_parts(tmp_path / "out")) == []


def test_a_folder_without_files_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no files to prepare"):
        prepare(tmp_path / "empty", tmp_path / "out", FAST)


def test_a_target_that_holds_something_else_is_refused(source, tmp_path):
    prepare(source, tmp_path / "out", FAST)
    with pytest.raises(InputError, match="another data set"):
        prepare(source, tmp_path / "out", Settings(points=0, views=0, seed=1))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="not an empty folder"):
        prepare(source, tmp_path / "full", FAST)


@pytest.mark.parametrize(
    "wrong", [{"views": 99}, {"layout": "xml"}, {"styles": ("neon",)}, {"test": 0.99}]
)
def test_settings_that_make_no_sense_are_refused(source, tmp_path, wrong):
    with pytest.raises(InputError, match="expected"):
        prepare(source, tmp_path / "out", Settings(**wrong))
    assert not (tmp_path / "out").exists()


def test_a_finished_data_set_is_left_alone(source, tmp_path):
    first = prepare(source, tmp_path / "out", FAST)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    assert prepare(source, tmp_path / "out", FAST) == first
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}


def test_a_data_set_that_is_not_complete_is_not_read(source, tmp_path):
    prepare(source, tmp_path / "out", FAST)
    (tmp_path / "out" / "report.json").unlink()
    with pytest.raises(InputError, match="not complete"):
        list(read_parts(tmp_path / "out"))


# --- interruptions ------------------------------------------------------------------------------

RUN = (
    "import sys; from pathlib import Path; from cadcomplete.data.prepare import prepare\n"
    "from cadcomplete.data.prepare.settings import Settings\n"
    "settings = Settings(size=32, per_shard=4, time_limit=20.0, points=int(sys.argv[3]))\n"
    "prepare(Path(sys.argv[1]), Path(sys.argv[2]), settings, workers=2)\n"
)


def start(source, target, settings, **options):
    command = [sys.executable, "-c", RUN, str(source), str(target), str(settings.points)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT, **options)


def wait_for_chunks(target, count):
    deadline = time.monotonic() + 60
    while len(list(target.glob("work/*.jsonl"))) < count + 1:  # the list of inputs is one
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(source, tmp_path):
    prepare(source, tmp_path / "whole", SMALL)
    target = tmp_path / "killed"
    running = start(source, target, SMALL)
    wait_for_chunks(target, 1)
    running.kill()
    running.wait()
    assert not (target / "report.json").exists()
    report = prepare(source, target, SMALL, workers=1)
    assert report["parts"] == 10
    assert contents(target) == contents(tmp_path / "whole")


def test_a_full_disk_stops_the_run_with_one_line_and_it_goes_on_later(source, tmp_path):
    def small_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    large = replace(SMALL, points=2048)  # a shard of them has more bytes than that
    target = tmp_path / "out"
    running = start(source, target, large, preexec_fn=small_files)
    _, said = running.communicate(timeout=120)
    assert running.returncode == 1
    assert "InputError" in said
    assert re.search("cannot write: .*File too large", said)
    assert not list(target.rglob("*.part*"))
    prepare(source, target, large)
    prepare(source, tmp_path / "whole", large)
    assert contents(target) == contents(tmp_path / "whole")


def test_a_worker_that_is_killed_costs_no_part(source, tmp_path):
    killed = []

    def kill_one(what, done, total):
        if done == 4 and not killed:
            workers = children(os.getpid())
            killed.append(workers)
            for process in workers:
                os.kill(process, signal.SIGKILL)

    report = prepare(source, tmp_path / "out", FAST, workers=1, watch=kill_one)
    assert killed
    assert report["parts"] == 10, told(report)


def test_a_part_whose_worker_dies_twice_is_given_up_by_name(source, tmp_path, monkeypatch):
    monkeypatch.setattr(chunks, "prepare_part", deadly)
    items = [InputFile(path.stem, str(path)) for path, _ in find(source)]
    with kernel_for(FAST, workers=1) as kernel:
        results = list(outcomes(items[:4], FAST, kernel))
    refused = [(item.id, r.reason) for item, r in results if isinstance(r, Refused)]
    assert refused == [(items[2].id, "the CAD kernel crashed (exit code 9), twice")]


def test_a_second_prepare_into_the_same_folder_is_refused(source, tmp_path):
    target = tmp_path / "out"
    running = start(source, target, replace(SMALL, points=100_000))
    wait_for_chunks(target, 0)
    with pytest.raises(InputError, match=rf"somebody writes here: prepare, process {running.pid}"):
        prepare(source, target, replace(SMALL, points=100_000))
    running.kill()
    running.wait()
    assert prepare(source, target, replace(SMALL, points=100_000))["parts"] == 10
    assert not (target / ".lock").exists()


def test_workers_that_are_killed_while_they_rest_are_replaced(source):
    items = [InputFile(path.stem, str(path)) for path, _ in find(source)]
    with kernel_for(FAST, workers=1) as kernel:
        kernel.run(abs, 1)
        for process in children(os.getpid()):
            os.kill(process, signal.SIGKILL)
        time.sleep(1)
        results = list(outcomes(items, FAST, kernel))
    assert [item for item, _ in results] == items
    assert all(isinstance(result, Prepared) for _, result in results)


def children(process):
    """The kernel's workers: children of the fork server that a process has started."""
    servers = psutil.Process(process).children()
    return [worker.pid for server in servers for worker in server.children()]
