"""The parts of a data set: truncated versions are no parts, but say where to cut."""

from __future__ import annotations

import json

import pytest
from conftest import PARTS
from hypothesis import given
from hypothesis import strategies as st

from cadcomplete import readers
from cadcomplete.data.beside import Beside
from cadcomplete.data.prepare import prepare
from cadcomplete.data.prepare.settings import Settings
from cadcomplete.data.read import read_samples
from cadcomplete.data.samples import Sample, Skipped
from cadcomplete.data.truncate import truncate_folder
from cadcomplete.errors import InputError

FLANGE = PARTS / "flange.json"  # eight operations
KEPT = (1, 3, 4, 6, 7)  # 1, 2.5, 4, 5.5, 7, halves up


@pytest.fixture
def source(tmp_path):
    """A folder of data with the flange and its truncated versions, and the bracket."""
    folder = tmp_path / "source"
    histories = folder / "json" / "0000"
    histories.mkdir(parents=True)
    (histories / "flange_1.json").write_bytes(FLANGE.read_bytes())
    list(truncate_folder(folder, folder / "json"))
    (histories / "bracket_1.json").write_bytes((PARTS / "bracket.json").read_bytes())
    return folder


def move_versions(source):
    """Put the truncated versions where the specification has them too."""
    apart = source / "json_truncated" / "0000"
    apart.mkdir(parents=True)
    for path in (source / "json" / "0000").glob("*_tr_*"):
        path.rename(apart / path.name)
    return apart


def read(source, **options):
    """The cuts of every part by id, and the reasons of what was skipped by the name of its file."""
    items = list(read_samples(source, **options))
    cuts = {item.sequence.id: item.cuts for item in items if isinstance(item, Sample)}
    reasons = {item.file: item.reason for item in items if isinstance(item, Skipped)}
    return cuts, reasons


def state(path, keep):
    raw = json.loads(path.read_text())
    raw["metadata"] = {"kept_operations": keep}
    path.write_text(json.dumps(raw))


def test_truncated_versions_are_no_parts(source):
    cuts, reasons = read(source)
    assert cuts == {"0000/bracket_1": (), "0000/flange_1": ()}
    assert reasons == {}


@pytest.mark.parametrize("apart", [False, True])
def test_cuts_are_what_truncated_versions_keep(source, apart):
    if apart:
        move_versions(source)
    assert read(source, cuts=True) == ({"0000/bracket_1": (), "0000/flange_1": KEPT}, {})


def test_cuts_beside_and_apart_count_once(source):
    apart = move_versions(source)
    beside = source / "json" / "0000"
    for number, keep in enumerate([6, 2, 2], start=1):
        version = beside / f"flange_1_tr_{number:02d}.json"
        version.write_bytes((apart / "flange_1_tr_01.json").read_bytes())
        state(version, keep)
    assert read(source, cuts=True)[0]["0000/flange_1"] == (1, 2, 3, 4, 6, 7)


def test_a_folder_without_json_has_its_versions_apart_too(source):
    move_versions(source)
    (source / "json" / "0000").rename(source / "0000")
    (source / "json").rmdir()
    assert read(source, cuts=True) == ({"0000/bracket_1": (), "0000/flange_1": KEPT}, {})


def test_parts_have_the_ids_of_their_captions_and_pictures(source):
    (source / "txt").mkdir()
    entries = [{"id": "0000/flange_1", "text caption": "a flange"}]
    (source / "txt" / "0000.json").write_text(json.dumps(entries))
    samples = {sample.sequence.id: sample for sample in read_samples(source)}
    assert samples["0000/flange_1"].caption == "a flange"
    assert samples["0000/flange_1"].design == "flange"


@pytest.mark.parametrize("keep", [0, -1, 8, 9, None, "3", True])
@pytest.mark.parametrize("apart", [False, True])
def test_a_version_that_keeps_nothing_all_or_does_not_say_is_skipped(source, apart, keep):
    folder = move_versions(source) if apart else source / "json" / "0000"
    version = folder / "flange_1_tr_03.json"
    state(version, keep)
    cuts, reasons = read(source, cuts=True)
    assert cuts["0000/flange_1"] == (1, 3, 6, 7)
    assert list(reasons) == [str(version)]
    if type(keep) is int:
        assert reasons[str(version)].endswith(f"expected 1 to 7 operations, got {keep}")
    else:
        assert "expected metadata.kept_operations" in reasons[str(version)]
    assert read(source) == ({"0000/bracket_1": (), "0000/flange_1": ()}, {})


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b"", b"[" * 100_000])
def test_a_version_that_cannot_be_read_is_skipped(source, content):
    version = source / "json" / "0000" / "flange_1_tr_03.json"
    version.write_bytes(content)
    cuts, reasons = read(source, cuts=True)
    assert cuts["0000/flange_1"] == (1, 3, 6, 7)
    assert list(reasons) == [str(version)]


@pytest.mark.parametrize("cuts", [False, True])
@pytest.mark.parametrize("apart", [False, True])
def test_versions_of_a_part_that_is_not_there_are_skipped(source, apart, cuts):
    folder = move_versions(source) if apart else source / "json" / "0000"
    (source / "json" / "0000" / "flange_1.json").unlink()
    found, reasons = read(source, cuts=cuts)
    assert found == {"0000/bracket_1": ()}
    assert sorted(reasons) == [str(folder / f"flange_1_tr_{n:02d}.json") for n in range(1, 6)]
    assert all("0000/flange_1.json is missing" in reason for reason in reasons.values())


def test_versions_of_a_part_that_cannot_be_read_are_skipped_with_it(source):
    whole = source / "json" / "0000" / "flange_1.json"
    whole.write_text("{")
    found, reasons = read(source, cuts=True)
    assert found == {"0000/bracket_1": ()}
    assert list(reasons) == [str(whole)]


@pytest.mark.parametrize("layout", ["shards", "omnicad"])
def test_cuts_of_a_prepared_set_are_those_of_its_truncated_versions(source, tmp_path, layout):
    settings = Settings(points=0, views=0, layout=layout, truncations=3)
    prepare(source, tmp_path / "out", settings)
    cuts, reasons = read(tmp_path / "out", cuts=True)
    assert reasons == {}
    bracket = len(readers.read(PARTS / "bracket.json").sequence)
    assert cuts.keys() == {"0000/bracket_1", "0000/flange_1"}
    if layout == "omnicad":
        assert cuts["0000/flange_1"] == (1, 4, 7)
        assert all(1 <= cut < bracket for cut in cuts["0000/bracket_1"])
        lost = tmp_path / "out" / "json_truncated" / "lost_tr_01.json"
        lost.write_text("{}")
        assert list(read(tmp_path / "out", cuts=True)[1]) == [str(lost)]
    assert set(read(tmp_path / "out")[0].values()) == {()}


# --- files that belong to a part ----------------------------------------------------------------

NAMES = st.text("ab_0", min_size=1, max_size=4)


@given(files=st.sets(st.tuples(NAMES, st.integers(0, 2)), max_size=12), others=st.sets(NAMES))
def test_files_are_found_by_the_id_before_their_ending(tmp_path_factory, files, others):
    folder = tmp_path_factory.mktemp("beside")
    for name, number in files:
        (folder / f"{name}_{number:03d}.png").touch()
    for name in others:
        (folder / name).touch()
    beside = Beside(folder, r"_\d{3}\.png")
    for name in {name for name, _ in files} | others:
        expected = sorted(n for stem, n in files if stem == name)
        assert beside.paths(name) == [folder / f"{name}_{n:03d}.png" for n in expected]


def test_files_of_many_folders_are_found_in_any_order(tmp_path):
    for number in range(20):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "a.npz").touch()
    beside = Beside(tmp_path, r"\.npz")
    for number in [*range(20), *range(20)]:
        assert beside.endings(f"{number}/a") == [".npz"]
    assert beside.endings("20/a") == beside.endings("a") == []


def test_a_folder_that_cannot_be_listed_is_an_error(tmp_path):
    (tmp_path / ("a" * 200)).mkdir()
    with pytest.raises(InputError, match="cannot read the folder"):
        Beside(tmp_path, r"\.npz").endings(f"{'a' * 300}/b")
