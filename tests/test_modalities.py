"""Pictures and clouds of single parts, in any order: from shards, and from folders."""

from __future__ import annotations

import io
import json
import multiprocessing
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
from conftest import PARTS, PLATE
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from cadcomplete import readers
from cadcomplete.clouds.cloud import normalize
from cadcomplete.data.modalities import Image, Place, load
from cadcomplete.data.prepare import prepare
from cadcomplete.data.prepare.settings import Settings
from cadcomplete.data.prepared import read_parts
from cadcomplete.data.read import read_samples
from cadcomplete.data.shards import (
    read_row,
    read_rows,
    schema,
    split_file,
    write_rows,
)
from cadcomplete.errors import InputError
from cadcomplete.language.lines import decode

LAYOUTS = ["shards", "omnicad"]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """The example parts, prepared in both layouts with three pictures each."""
    folder = tmp_path_factory.mktemp("prepared")
    for layout in LAYOUTS:
        options = {"points": 256, "size": 32, "views": 3, "per_shard": 4, "layout": layout}
        prepare(PARTS, folder / layout, Settings(**options))
    return folder


@pytest.fixture
def copy(prepared, tmp_path):
    """A prepared set that may be damaged."""

    def copied(layout):
        return Path(shutil.copytree(prepared / layout, tmp_path / layout))

    return copied


def samples_of(folder):
    return {sample.sequence.id: sample for sample in read_samples(folder)}


def same(first, second):
    assert first.images == second.images
    if first.cloud is None or second.cloud is None:
        assert first.cloud is second.cloud
        return
    for name in ("points", "normals", "center", "scale"):
        assert np.array_equal(getattr(first.cloud, name), getattr(second.cloud, name))


def png(shade=0):
    file = io.BytesIO()
    Pillow.new("RGB", (8, 8), (shade, 0, 0)).save(file, format="PNG")
    return file.getvalue()


def plate(folder, name):
    """Write a plate as one part of a folder in the layout of the specification."""
    file = folder / "json" / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(readers.from_sequence(decode(PLATE), dialect="omnicad").dump())


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


# --- prepared sets ------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", LAYOUTS)
def test_random_access_gives_what_reading_in_order_gives(prepared, layout):
    samples = samples_of(prepared / layout)
    parts = list(read_parts(prepared / layout))
    assert len(parts) == len(samples) == len(list(PARTS.glob("*.json")))
    for part in reversed(parts):
        place = samples[part.sequence.id].place
        assert (place.pictures, place.cloud) == (len(part.images), part.cloud is not None)
        assert place.pictures == 3
        same(load(place, part.sequence.id), part)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_only_what_is_asked_for_is_given_and_in_that_order(prepared, layout):
    for name, sample in samples_of(prepared / layout).items():
        whole = load(sample.place, name)
        some = load(sample.place, name, images=(2, 0), cloud=False)
        assert some.images == (whole.images[2], whole.images[0])
        assert some.cloud is None
        assert load(sample.place, name, images=()).images == ()


@pytest.mark.parametrize(
    ("layout", "views", "points"), [("shards", 2, 0), ("omnicad", 0, 64), ("shards", 0, 0)]
)
def test_parts_without_pictures_or_cloud_say_so(tmp_path, layout, views, points):
    plate(tmp_path / "source", "plate_1")
    options = Settings(views=views, points=points, size=32, layout=layout)
    prepare(tmp_path / "source", tmp_path / "out", options)
    (sample,) = read_samples(tmp_path / "out")
    (part,) = read_parts(tmp_path / "out")
    assert sample.place == part.place
    if not views and not points:
        assert part.place is None
        return
    assert (part.place.pictures, part.place.cloud) == (views, points > 0)
    same(load(part.place, "plate_1"), part)


def _cloud_in_child(job):
    return load(*job).cloud.points.sum()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_forked_process_reads_what_its_parent_has_open(prepared, layout):
    jobs = [(sample.place, name) for name, sample in samples_of(prepared / layout).items()]
    expected = list(map(_cloud_in_child, jobs))
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(_cloud_in_child, jobs * 3, chunksize=1) == expected * 3


# --- rows of shards -----------------------------------------------------------------------------


def shard_row(number):
    """A row of a shard: some have no pictures, some no cloud."""
    nothing = dict.fromkeys(schema().names)
    images = [{"view": n, "style": "clay", "png": png(number)} for n in range(number % 3)]
    row = {**nothing, "id": str(number), "text": PLATE, "images": images}
    if number % 4:
        points = np.arange(6.0) + number
        row |= {"points": points, "normals": points, "center": [0.0, 1.0, 2.0], "scale": 1.5}
    return row


@settings(max_examples=20, deadline=None)
@given(kept=st.lists(st.booleans(), min_size=1, max_size=70), data=st.data())
def test_a_row_is_found_whatever_the_sizes_of_row_groups(kept, data):
    with tempfile.TemporaryDirectory() as folder:
        path, chosen = Path(folder, "all.parquet"), Path(folder, "some.parquet")
        write_rows(path, map(shard_row, range(len(kept))))
        if not split_file(path, {chosen: kept})[chosen]:
            return
        expected = [str(number) for number, keep in enumerate(kept) if keep]
        assert [row["id"] for row in read_rows(chosen, ["id"])] == expected
        for row in data.draw(st.permutations(range(len(expected))))[:10]:
            found = read_row(chosen, row, ("id", "points", "images"))
            drawn = shard_row(int(expected[row]))
            assert found["id"] == drawn["id"]
            assert found["images"] == drawn["images"]
            assert np.array_equal(found["points"], drawn["points"])


def test_a_row_that_there_is_not_is_an_error_that_names_the_shard(tmp_path):
    path = tmp_path / "a.parquet"
    write_rows(path, map(shard_row, range(3)))
    for row in (-1, 3):
        with pytest.raises(InputError, match=r"a\.parquet: no such row: expected 0 to 2"):
            read_row(path, row, ("id",))


def test_a_column_that_there_is_not_is_an_error_that_names_the_shard(tmp_path):
    path = tmp_path / "a.parquet"
    write_rows(path, map(shard_row, range(3)))
    with pytest.raises(InputError, match=r"a\.parquet: not a shard of a data set: expected colo"):
        list(read_rows(path, ["id", "colour"]))


# --- folders that were not prepared -------------------------------------------------------------


def test_pictures_in_a_raw_folder_are_found_and_counted(tmp_path):
    plate(tmp_path, "0000/a_1")
    plate(tmp_path, "0000/a_10")
    plate(tmp_path, "0001/a_1")
    for view in (0, 4, 7):
        put(tmp_path / "img" / "0000" / f"a_1_{view:03d}.png", png(view))
    put(tmp_path / "img" / "0000" / "a_10_000.png", png(99))
    put(tmp_path / "img" / "0000" / "a_1_x.png", b"something else")
    samples = samples_of(tmp_path)
    place = samples["0000/a_1"].place
    assert place == Place(str(tmp_path), pictures=3)
    expected = tuple(Image(view, "", png(view)) for view in (0, 4, 7))
    assert load(place, "0000/a_1").images == expected
    assert load(place, "0000/a_1", images=[2]).images == expected[2:]
    assert samples["0000/a_10"].place.pictures == 1
    assert samples["0001/a_1"].place is None


def picture(format, shade=0):
    file = io.BytesIO()
    Pillow.new("RGB", (8, 8), (shade, 0, 0)).save(file, format=format)
    return file.getvalue()


@pytest.mark.parametrize("name", ["a_1.png", "a_1.jpg", "a_1.jpeg", "a_1.JPG", "a_1_003.jpg"])
def test_one_picture_of_a_part_is_found_as_people_name_it(tmp_path, name):
    plate(tmp_path, "0000/a_1")
    plate(tmp_path, "0000/a")
    content = picture("PNG" if name.endswith("png") else "JPEG", 200)
    put(tmp_path / "img" / "0000" / name, content)
    samples = samples_of(tmp_path)
    assert samples["0000/a"].place is None
    place = samples["0000/a_1"].place
    assert place == Place(str(tmp_path), pictures=1)
    (image,) = load(place, "0000/a_1").images
    assert image.view == (3 if "003" in name else 0)
    with Pillow.open(io.BytesIO(image.png)) as shown, Pillow.open(io.BytesIO(content)) as given:
        assert shown.format == "PNG"
        assert np.array_equal(np.asarray(shown), np.asarray(given))


def test_views_count_before_a_picture_that_stands_alone(tmp_path):
    plate(tmp_path, "a_1")
    for name in ("a_1_001.png", "a_1_000.jpg", "a_1.png"):
        put(tmp_path / "img" / name, picture("JPEG" if name.endswith("jpg") else "PNG"))
    (sample,) = read_samples(tmp_path)
    assert sample.place.pictures == 2
    assert [image.view for image in load(sample.place, "a_1").images] == [0, 1]
    (tmp_path / "img" / "a_1_000.jpg").write_bytes(picture("JPEG")[:300])
    with pytest.raises(InputError, match=r"a_1_000\.jpg: not a file of a data set"):
        load(sample.place, "a_1")


def test_a_raw_cloud_with_its_frame_is_taken_as_it_is(tmp_path):
    plate(tmp_path, "a_1")
    points = np.random.default_rng(0).uniform(-1, 1, (50, 3))
    file = tmp_path / "pointcloud" / "a_1.npz"
    file.parent.mkdir()
    np.savez(file, points=points, normals=points, center=np.array([1.0, 2, 3]), scale=7.0)
    (sample,) = read_samples(tmp_path)
    cloud = load(sample.place, "a_1").cloud
    assert (cloud.points == points).all()
    assert (cloud.center.tolist(), cloud.scale) == ([1, 2, 3], 7)


@pytest.mark.parametrize("kind", ["npy", "npz"])
def test_a_raw_cloud_without_frame_is_put_into_its_own(tmp_path, kind):
    plate(tmp_path, "0000/a_1")
    random = np.random.default_rng(0)
    points = random.uniform(0, 50, (300, 3))
    normals = random.normal(size=(300, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    file = tmp_path / "pointcloud" / "0000" / f"a_1.{kind}"
    file.parent.mkdir(parents=True)
    if kind == "npy":
        np.save(file, np.hstack([points, normals]))
    else:
        np.savez(file, points=points, normals=normals)
    (sample,) = read_samples(tmp_path)
    assert sample.place == Place(str(tmp_path), cloud=True)
    cloud = load(sample.place, "0000/a_1").cloud
    expected, center, scale = normalize(points)
    assert cloud.points == pytest.approx(expected, abs=1e-6)
    assert cloud.normals == pytest.approx(normals, abs=1e-6)
    assert cloud.center == pytest.approx(center)
    assert cloud.scale == pytest.approx(scale)


# --- damage -------------------------------------------------------------------------------------


def damaged(content, at):
    return content[:at] + bytes(b ^ 0xFF for b in content[at : at + 8]) + content[at + 8 :]


def shard_with(folder, id):
    (sample,) = (s for s in read_samples(folder) if s.sequence.id == id)
    return folder / sample.place.file, sample.place


@pytest.mark.parametrize("column", ["images.list.element.png", "points.list.element", "id"])
def test_damage_in_the_middle_of_a_shard_is_an_error_that_names_it(copy, column):
    path, place = shard_with(copy("shards"), "bracket")
    metadata = pyarrow.parquet.ParquetFile(path).metadata.row_group(0)
    columns = [metadata.column(n) for n in range(metadata.num_columns)]
    (found,) = (c for c in columns if c.path_in_schema == column)
    middle = found.data_page_offset + found.total_compressed_size // 2
    path.write_bytes(damaged(path.read_bytes(), middle))
    with pytest.raises(InputError, match="not a shard") as caught:
        load(place, "bracket")
    assert caught.value.file == str(path)


def test_a_shard_that_was_cut_short_is_an_error_that_names_it(copy):
    path, place = shard_with(copy("shards"), "bracket")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="not a shard") as caught:
        load(place, "bracket")
    assert caught.value.file == str(path)


def test_a_shard_that_is_another_one_now_is_an_error_that_names_it(copy):
    path, place = shard_with(copy("shards"), "bracket")
    rows = list(read_rows(path))
    write_rows(path, [{**row, "id": f"other{n}"} for n, row in enumerate(rows)])
    with pytest.raises(InputError, match="changed since it was listed") as caught:
        load(place, "bracket")
    assert (caught.value.file, caught.value.where) == (str(path), "bracket")


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: damaged(content, len(content) // 2),
        lambda content: content[: len(content) // 2],
        lambda content: content[:-12],
        lambda content: b"",
        lambda content: b"GIF89a" + content,
    ],
)
def test_a_damaged_picture_is_an_error_that_names_it(copy, damage):
    folder = copy("omnicad")
    file = folder / "img" / "bracket_001.png"
    file.write_bytes(damage(file.read_bytes()))
    place = samples_of(folder)["bracket"].place
    with pytest.raises(InputError, match="PNG") as caught:
        load(place, "bracket")
    assert caught.value.file == str(file)
    assert len(load(place, "bracket", images=(0, 2)).images) == 2


def test_a_picture_that_is_gone_is_an_error(copy):
    folder = copy("omnicad")
    place = samples_of(folder)["bracket"].place
    (folder / "img" / "bracket_001.png").unlink()
    with pytest.raises(InputError, match=r"bracket_\*\.png: changed since .* expected 3 pictures"):
        load(place, "bracket")


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: damaged(content, len(content) // 2),
        lambda content: content[: len(content) // 2],
        lambda content: b"",
    ],
)
def test_a_damaged_cloud_is_an_error_that_names_it(copy, damage):
    folder = copy("omnicad")
    file = folder / "pointcloud" / "bracket.npz"
    file.write_bytes(damage(file.read_bytes()))
    place = samples_of(folder)["bracket"].place
    with pytest.raises(InputError) as caught:
        load(place, "bracket")
    assert caught.value.file == str(file)


def test_a_cloud_with_too_few_normals_is_an_error_that_names_it(tmp_path):
    plate(tmp_path, "a_1")
    file = tmp_path / "pointcloud" / "a_1.npz"
    file.parent.mkdir()
    points = np.zeros((5, 3))
    np.savez(file, points=points, normals=points[:4], center=points[0], scale=1.0)
    (sample,) = read_samples(tmp_path)
    with pytest.raises(InputError, match="5 points, but 4 normals") as caught:
        load(sample.place, "a_1")
    assert caught.value.file == str(file)


def test_whole_pngs_of_others_pass(tmp_path):
    """Other programs write other chunks than we do."""
    from PIL.PngImagePlugin import PngInfo

    plate(tmp_path, "a_1")
    about = PngInfo()
    about.add_text("Software", json.dumps({"name": "another"}))
    file = io.BytesIO()
    picture = Pillow.fromarray(np.random.default_rng(0).integers(0, 255, (90, 90), np.uint8))
    picture.convert("P").save(file, format="PNG", pnginfo=about, compress_level=0)
    put(tmp_path / "img" / "a_1_000.png", file.getvalue())
    (sample,) = read_samples(tmp_path)
    (image,) = load(sample.place, "a_1").images
    assert image.png == file.getvalue()
