"""From a shape to a part with a history: what comes out is measured against the shape."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from conftest import PARTS, PLATE, mesh_of
from PIL import Image

import cadcomplete
from cadcomplete import readers
from cadcomplete.clouds.cloud import sample_cloud
from cadcomplete.clouds.shape import turn
from cadcomplete.completion.rebuilding import rebuild, write
from cadcomplete.errors import InputError
from cadcomplete.exporters import convert
from cadcomplete.history.sequence import truncate
from cadcomplete.kernel.build import build
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.report import Report
from cadcomplete.kernel.tessellate import tessellate
from cadcomplete.meshes.manifolds import iou, solid
from cadcomplete.reports.shapes import rebuilt_text


def part(name):
    return readers.read(PARTS / f"{name}.json")


@pytest.fixture(scope="module")
def kernel():
    with Kernel(workers=2, time_limit=60) as kernel:
        yield kernel


@pytest.fixture(scope="module")
def files(tmp_path_factory, kernel):
    folder = tmp_path_factory.mktemp("shapes")
    for name in ("bracket.stl", "bracket.step", "clevis.stl"):
        kernel.run(convert, part(name.partition(".")[0]), folder / name)
    return folder


@pytest.fixture(scope="module")
def bracket(files, kernel):
    return rebuild(files / "bracket.stl", kernel=kernel)


def test_a_part_is_rebuilt_from_its_mesh_exactly(bracket):
    truth = part("bracket").sequence
    assert bracket.valid and bracket.document.sequence.id == "bracket"
    assert iou(solid(bracket.document.sequence), solid(truth)) == pytest.approx(1, abs=1e-6)
    true = build(truth)
    assert true is not None and bracket.volume == pytest.approx(true.volume, rel=1e-6)


def test_the_deviation_is_that_of_the_facets_of_the_mesh(bracket):
    # Chords of 12 degrees at most lie within r (1 - cos 6°) of a hole of 5 mm: 0.027 mm.
    assert bracket.deviation.largest < 0.027
    assert bracket.deviation.mean < 0.001
    assert bracket.deviation.unseen == 0


def test_a_step_file_is_compared_with_its_exact_surface(files, kernel):
    found = rebuild(str(files / "bracket.step"), kernel=kernel)
    assert found.valid and found.deviation is not None
    assert found.deviation.largest < 1e-6


def test_a_cloud_on_its_side_and_in_inches_is_rebuilt_upright_in_millimetres(kernel, tmp_path):
    cloud = sample_cloud(mesh_of(PLATE), 2048)
    rows = np.concatenate([cloud.millimetres / 25.4, cloud.normals], axis=1)
    rows[:, :3], rows[:, 3:] = rows[:, :3] @ turn("y"), rows[:, 3:] @ turn("y")
    np.save(tmp_path / "plate.v2.npy", rows)
    first, second = (
        rebuild(tmp_path / "plate.v2.npy", units="inch", up="y", kernel=kernel) for _ in range(2)
    )
    # A plate of 40 × 30 × 10 mm with a hole of 10 mm.
    assert first.valid and first.volume == pytest.approx(12000 - np.pi * 250, rel=1e-3)
    assert first.text == second.text and first.document.sequence.id == "plate"
    table = np.concatenate([cloud.millimetres, cloud.normals], axis=1)
    for shape in (cloud, table):
        found = rebuild(shape, kernel=kernel)
        assert found.valid and found.document.sequence.id == "part"


def test_what_is_no_part_is_one_line(kernel, tmp_path):
    flat = np.random.default_rng(0).random((500, 3)) * [40, 30, 0]
    np.save(tmp_path / "flat.npy", np.concatenate([flat, np.tile([0, 0, 1.0], (500, 1))], axis=1))
    with pytest.raises(InputError, match=r"flat\.npy: the shape: the points .* lie in a plane"):
        rebuild(tmp_path / "flat.npy", kernel=kernel)
    random = np.random.default_rng(0).normal(size=(500, 3))
    np.save(tmp_path / "fog.npy", random / 1000)
    with pytest.raises(InputError, match=r"fog\.npy: ") as caught:
        rebuild(tmp_path / "fog.npy", kernel=kernel)
    assert "\n" not in str(caught.value)


def test_progress_says_what_is_being_done(files, kernel):
    heard: list[str] = []
    rebuild(files / "clevis.stl", kernel=kernel, watch=heard.append)
    assert heard[0] == "reading the shape"
    assert any(line.startswith("searching: step 1, ") for line in heard)
    assert heard[-1] == "measuring how far the part is from the shape"


def colours(path):
    pixels = np.asarray(Image.open(path).convert("RGB")).astype(int)
    orange = (pixels[..., 0] > 1.35 * pixels[..., 2]) & (pixels[..., 0] > 100)
    return pixels.shape, orange.mean()


def test_the_picture_shows_both_and_what_differs_in_orange(bracket, kernel, tmp_path):
    files, problems = write(bracket, tmp_path, ("json", "step", "stl", "png"), kernel)
    assert problems == () and files.keys() == {"json", "step", "stl", "png"}
    (height, width, _), orange = colours(files["png"])
    assert width == 2 * 480 and height > 480 and orange == 0
    assert readers.read(files["json"]).sequence == bracket.document.sequence
    other = tmp_path / "other"
    mesh = tessellate(build(part("clevis").sequence))
    wrong, _ = write(replace(bracket, shape=mesh), other, ("png",), kernel)
    assert colours(wrong["png"])[1] > 0.05
    cloud = sample_cloud(mesh, 4096)
    wrong, _ = write(replace(bracket, shape=cloud), other, ("png",), kernel)
    assert colours(wrong["png"])[1] > 0.01


def test_files_of_an_earlier_run_are_not_said_to_be_of_this_one(bracket, kernel, tmp_path):
    sketch = readers.from_sequence(truncate(replace(part("bracket").sequence, id="empty"), 1))
    nothing = replace(bracket, report=Report(("no solid",)), document=sketch)
    for stale in ("empty.step", "empty.json"):
        (tmp_path / stale).write_text("of an earlier run")
    files, _ = write(nothing, tmp_path, ("json", "step"), kernel)
    assert files.keys() == {"json"} and not (tmp_path / "empty.step").exists()


def test_rebuild_is_a_name_of_the_package():
    assert cadcomplete.rebuild is rebuild


def test_the_command_answers_in_text_and_in_json(run, files, tmp_path):
    code, out, _ = run("rebuild", files / "bracket.stl", "-o", tmp_path, "--json")
    report = json.loads(out)
    assert code == 0 and report["valid"] and report["operations"] == 8
    assert report["deviation_mm"]["largest"] < 0.027
    assert report["text"].startswith("sketch ")
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "bracket.json",
        "bracket.png",
        "bracket.step",
    ]
    lines = rebuilt_text(report).splitlines()
    assert "bracket.stl: 8 operations, a valid solid, 32116.9 mm³" in lines[0]
    assert lines[1].startswith("off the shape by less than 0.001 mm on average, 0.0")
    assert run("rebuild", tmp_path / "none.stl")[0] == 2
