"""The specification's truncated files: which cuts, what they hold, and what is left out."""

from __future__ import annotations

import json

import pytest
from conftest import PARTS, PLATE
from omnicad_documents import changed, extrude, plate

from cadcomplete import readers
from cadcomplete.data.labels import evenly_spaced
from cadcomplete.data.samples import Skipped
from cadcomplete.data.truncate import Truncated, truncate_folder, versions
from cadcomplete.errors import InputError
from cadcomplete.language.lines import decode

FLANGE = PARTS / "flange.json"  # eight operations
KEPT = [1, 3, 4, 6, 7]  # 1, 2.5, 4, 5.5, 7, halves up


def load(path):
    return json.loads(path.read_text())


def kept(folder, stem="flange"):
    """How many operations each truncated version says it keeps, in the order of the names."""
    return [load(p)["metadata"]["kept_operations"] for p in sorted(folder.glob(f"{stem}_tr_*"))]


def names(folder):
    """All files in a folder, hidden and unfinished ones included."""
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


@pytest.fixture
def source(tmp_path):
    """A folder of data with the flange in it."""
    folder = tmp_path / "source"
    (folder / "0000").mkdir(parents=True)
    (folder / "0000" / "flange.json").write_bytes(FLANGE.read_bytes())
    return folder


# --- which cuts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operations", "most", "cuts"),
    [
        (0, 5, ()),
        (1, 5, ()),  # nothing would be left to complete
        (2, 5, (1,)),
        (3, 5, (1, 2)),
        (6, 5, (1, 2, 3, 4, 5)),
        (7, 5, (1, 2, 4, 5, 6)),  # 1, 2.25, 3.5, 4.75, 6
        (11, 5, (1, 3, 6, 8, 10)),  # 1, 3.25, 5.5, 7.75, 10
        (101, 5, (1, 26, 51, 75, 100)),  # 1, 25.75, 50.5, 75.25, 100
        (101, 2, (1, 100)),
        (101, 1, (1,)),
    ],
)
def test_cuts_are_evenly_spaced(operations, most, cuts):
    assert evenly_spaced(operations, most=most) == cuts


# --- what a version holds -----------------------------------------------------------------------


def test_versions_say_how_many_operations_they_keep_and_have_them():
    whole = readers.read(FLANGE)
    shorter = versions(whole)
    assert [version.kept_operations for version in shorter] == KEPT
    for version, keep in zip(shorter, KEPT, strict=True):
        again = readers.parse(version.dump())
        assert again.sequence.operations == whole.sequence.operations[:keep]
        assert len(again.raw["entities"]) == keep


def test_other_metadata_is_kept():
    raw = {**plate(), "metadata": {"author": "A", "kept_operations": 2}}
    (version,) = versions(readers.parse(json.dumps(raw)))
    assert version.raw["metadata"] == {"author": "A", "kept_operations": 1}


def test_the_box_of_the_finished_part_is_left_out():
    raw = changed(plate(), ("properties", "bounding_box"), {"max_point": {"x": 1}})
    (version,) = versions(readers.parse(json.dumps(raw)))
    assert version.raw["properties"] == {}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, None),
        ({"metadata": {"kept_operations": 1}}, 1),
        ({"truncation_metadata": {"kept_operations": 1}}, 1),  # the older key
        ({"metadata": {"kept_operations": 1}, "truncation_metadata": {"kept_operations": 2}}, 1),
        ({"metadata": {"author": "A"}, "truncation_metadata": {"kept_operations": 2}}, 2),
        ({"metadata": None, "truncation_metadata": []}, None),
        ({"metadata": {"kept_operations": "1"}}, None),
        ({"metadata": {"kept_operations": True}}, None),
    ],
)
def test_how_many_operations_a_file_says_it_keeps(more, expected):
    assert readers.parse(json.dumps(plate() | more)).kept_operations == expected


# --- folders ------------------------------------------------------------------------------------


def test_versions_are_numbered_and_stand_beside_the_whole_file(source, tmp_path):
    target = tmp_path / "target"
    (item,) = truncate_folder(source, target)
    stem = "0000/flange"
    expected = [f"{stem}.json", *(f"{stem}_tr_{n:02d}.json" for n in range(1, 6))]
    assert names(target) == expected
    assert item == Truncated(
        str(target / expected[0]), tuple(str(target / name) for name in expected[1:])
    )
    assert kept(target / "0000") == KEPT
    assert load(target / expected[0]) == load(FLANGE)


def test_the_number_of_versions_can_be_chosen(source, tmp_path):
    list(truncate_folder(source, tmp_path / "target", most=2))
    assert kept(tmp_path / "target" / "0000") == [1, 7]


def test_the_target_may_be_the_source_and_doing_it_twice_changes_nothing(source):
    first = list(truncate_folder(source, source))
    before = {name: (source / name).read_bytes() for name in names(source)}
    second = list(truncate_folder(source, source))
    assert first == second
    assert before == {name: (source / name).read_bytes() for name in names(source)}
    assert before["0000/flange.json"] == FLANGE.read_bytes()
    assert len(before) == 6


def test_files_in_a_folder_named_json_are_found(source, tmp_path):
    (source / "json").mkdir()
    (source / "0000").rename(source / "json" / "0000")
    (source / "report.json").write_text("not a part")
    (item,) = truncate_folder(source, tmp_path / "target")
    assert item.file == str(tmp_path / "target" / "0000" / "flange.json")


def test_our_own_format_is_cut_short_too(source, tmp_path):
    sequence = readers.read(FLANGE).sequence
    ours = readers.from_sequence(sequence).dump()
    (source / "0000" / "flange.json").write_text(ours)
    list(truncate_folder(source, tmp_path / "target"))
    assert kept(tmp_path / "target" / "0000") == KEPT
    last = readers.read(tmp_path / "target" / "0000" / "flange_tr_05.json")
    assert (last.dialect, last.sequence.operations) == ("native", sequence.operations[:7])


def test_a_part_of_one_operation_has_no_versions(source, tmp_path):
    alone = changed(plate(), ("sequence", 1), ...)
    (source / "0000" / "flange.json").write_text(json.dumps(alone))
    (item,) = truncate_folder(source, tmp_path / "target")
    assert item == Truncated(str(tmp_path / "target" / "0000" / "flange.json"), ())
    assert names(tmp_path / "target") == ["0000/flange.json"]


def test_broken_files_are_skipped_with_the_reason_and_the_others_are_done(source, tmp_path):
    (source / "a.json").write_text("{")
    (source / "b.json").write_text(json.dumps(plate(E=extrude("S.X"))))
    (source / "z").mkdir()
    (source / "z" / "gone.json").symlink_to("nowhere")
    items = list(truncate_folder(source, tmp_path / "target"))
    skipped = {item.file: item.reason for item in items if isinstance(item, Skipped)}
    assert list(skipped) == [str(source / name) for name in ("a.json", "b.json", "z/gone.json")]
    assert "not JSON" in skipped[str(source / "a.json")]
    assert "$.entities.E.profiles[0].profile: no such profile" in skipped[str(source / "b.json")]
    assert "cannot read the file" in skipped[str(source / "z" / "gone.json")]
    assert len(names(tmp_path / "target")) == 6  # of the flange


def test_files_that_cannot_be_written_are_an_error_and_leave_nothing_half_written(source):
    blocked = source / "0000" / "flange_tr_02.json"
    (blocked / "occupied").mkdir(parents=True)
    with pytest.raises(InputError, match="cannot write") as caught:
        list(truncate_folder(source, source))
    assert caught.value.file == str(blocked)
    assert names(source) == ["0000/flange.json", "0000/flange_tr_01.json"]


def test_a_source_that_is_no_folder_is_refused(source, tmp_path):
    with pytest.raises(InputError, match="not a folder"):
        list(truncate_folder(source / "0000" / "flange.json", tmp_path))


def test_what_is_only_read_is_written_in_our_own_format(tmp_path):
    (tmp_path / "plate.lines").write_text(PLATE)
    list(truncate_folder(tmp_path, tmp_path / "target"))
    assert (
        readers.read(tmp_path / "target" / "plate.json").sequence.operations
        == decode(PLATE).operations
    )
    assert readers.read(tmp_path / "target" / "plate_tr_01.json").kept_operations == 1
