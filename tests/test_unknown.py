"""The law of the last feature: what is not known ends a history, and nothing before it is lost."""

from __future__ import annotations

import json

import numpy as np
import pytest
from conftest import PLATE
from omnicad_documents import (
    changed,
    circle,
    document,
    extrude,
    profile,
    rectangle,
    sketch,
)
from test_fusion360 import fusion

from cadcomplete import readers
from cadcomplete.completion.asking import kept
from cadcomplete.config import Config
from cadcomplete.data.dataset import Histories
from cadcomplete.data.prepare import prepare
from cadcomplete.data.prepare.report import text
from cadcomplete.data.prepare.settings import Settings
from cadcomplete.data.read import read_samples
from cadcomplete.data.reorder import reorder
from cadcomplete.data.samples import Sample
from cadcomplete.data.shards import read_row, read_rows
from cadcomplete.errors import BuildError, InputError, UnsupportedError
from cadcomplete.evaluate.questions import Held, choose
from cadcomplete.fitting.space.solids import occupancy
from cadcomplete.history.operations import Extrude, Sketch, Unknown
from cadcomplete.history.sequence import CadSequence, truncate, validate
from cadcomplete.history.symmetry import move, scale, symmetries
from cadcomplete.language.drawing import Drawing
from cadcomplete.language.lines import decode, encode
from cadcomplete.language.prompt import Features
from cadcomplete.language.tokenizer import TextTokenizer, shipped
from cadcomplete.meshes import manifolds
from cadcomplete.meshes.mesh import open_sketches
from cadcomplete.metrics import deepcad, generation, targets, text2cad
from cadcomplete.predictions import Case
from cadcomplete.readers import from_sequence

FILLET = {"type": "FilletFeature", "radius": {"value": 0.001}, "edges": ["JA", "JB"]}
OUTLINE = sketch(P=profile(rectangle(0, 0, 0.04, 0.03)))
DISC = sketch(Q=profile([circle((0.02, 0.015), 0.005)]))


def native(*commands):
    return {"format": "cadcomplete", "version": 1, "units": "mm", "sequence": list(commands)}


def commands(text=PLATE):
    return json.loads(from_sequence(decode(text)).dump())["sequence"]


ENTITIES = {"S": OUTLINE, "E": extrude("S.P"), "F": FILLET, "T": DISC, "G": extrude("T.Q")}
DIALECTS = {
    "omnicad": document("S", "E", "F", "T", "G", **ENTITIES),
    "fusion360": fusion("S", "E", "F", "T", "G", **ENTITIES),
    "native": native(*commands(), FILLET, *commands()),
}


def read(raw):
    return readers.parse(json.dumps(raw), id="part")


# --- every dialect ------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", DIALECTS.values(), ids=DIALECTS)
def test_what_is_not_known_and_what_follows_it_end_the_history(raw):
    sequence = read(raw).sequence
    assert [type(op) for op in sequence.operations] == [Sketch, Extrude]
    first, *others = sequence.rest
    assert (first.name, first.uses) == ("FilletFeature", ("FilletFeature",))
    assert [(op.name.lower()[:6], op.uses) for op in others] == [("sketch", ()), ("extrud", ())]
    assert json.loads(first.content) == FILLET
    assert sequence.unsupported == ("FilletFeature",)
    assert sequence.notice == (
        "operation 2 is not known here: FilletFeature; it is not built, nor the 2 after it"
    )


@pytest.mark.parametrize("raw", DIALECTS.values(), ids=DIALECTS)
def test_a_document_is_written_as_it_was_read(raw):
    whole = read(raw)
    again = readers.parse(whole.dump(), id="part")
    assert again.sequence == whole.sequence
    if whole.origin == whole.dialect:
        assert json.loads(whole.dump()) == raw


@pytest.mark.parametrize("raw", DIALECTS.values(), ids=DIALECTS)
def test_what_is_kept_of_a_document_has_no_trace_of_the_rest(raw):
    whole = read(raw)
    for keep in range(3):
        shorter = whole.truncated(keep)
        assert shorter.sequence.rest == ()
        assert "Fillet" not in shorter.dump()
        assert readers.parse(shorter.dump()).sequence.operations == shorter.sequence.operations
        assert shorter.sequence.operations == whole.sequence.operations[:keep]
    with pytest.raises(InputError, match=r"expected 0 to 2, got 3 .operation 2 is not known here"):
        whole.truncated(3)


@pytest.mark.parametrize("raw", DIALECTS.values(), ids=DIALECTS)
def test_nothing_is_added_after_what_is_not_known(raw):
    whole = read(raw)
    more = decode("sketch 0 0 0 +z +x\ncircle 0 0 5\n").operations
    longer = CadSequence((*whole.sequence.operations, *more))
    with pytest.raises(UnsupportedError, match="not supported: FilletFeature"):
        whole.extended(longer)
    assert whole.known.extended(longer).sequence.operations == longer.operations


def test_what_was_read_elsewhere_is_kept_in_our_own_format_and_refused_by_others():
    sequence = read(DIALECTS["fusion360"]).sequence
    ours = readers.parse(from_sequence(sequence).dump()).sequence
    assert ours.rest == sequence.rest
    assert ours.operations == sequence.operations
    with pytest.raises(UnsupportedError, match="FilletFeature"):
        from_sequence(sequence, dialect="omnicad")


def test_a_part_that_begins_with_what_is_not_known_has_no_operation():
    sequence = read(document("F", "S", **ENTITIES)).sequence
    assert (len(sequence), len(sequence.rest)) == (0, 2)


@pytest.mark.parametrize(
    ("path", "value", "name"),
    [
        (("S", "profiles", "P", "loops", 0, "profile_curves", 1, "type"), "Nurbs3D", "Nurbs3D"),
        (("E", "operation"), "ShellFeatureOperation", "ShellFeatureOperation"),
        (("E", "extent_type"), "ThreeSidesFeatureExtentType", "ThreeSidesFeatureExtentType"),
        (("E", "start_extent", "type"), "FromEntityStartDefinition", "FromEntityStartDefinition"),
        (("E", "extent_one", "type"), "AllExtentDefinition", "AllExtentDefinition"),
    ],
)
def test_an_extrude_that_uses_what_is_not_known_is_named_by_that(path, value, name):
    sequence = read(changed(document("S", "E", **ENTITIES), ("entities", *path), value)).sequence
    assert len(sequence) == 1
    assert sequence.rest[0].name == "ExtrudeFeature"
    assert sequence.unsupported == (name,)


@pytest.mark.parametrize("taper", [1e-17, -3e-10, 0])
def test_a_taper_that_is_noise_is_none(taper):
    raw = document("S", "E", **ENTITIES)
    path = ("entities", "E", "extent_one", "taper_angle", "value")
    assert read(changed(raw, path, taper)).sequence == read(raw).sequence


def test_a_profile_with_a_curve_that_is_not_known_is_left_out_and_that_is_said():
    spline = {"type": "ConicCurve3D", "degree": 3}
    both = sketch(P=profile(rectangle(0, 0, 0.04, 0.03)), Q=profile([spline]))
    raw = document("S", "E", **{**ENTITIES, "S": both})
    whole = read(raw)
    assert whole.sequence.operations == read(document("S", "E", **ENTITIES)).sequence.operations
    assert "profile Q is left out: ConicCurve3D is not known here" in str(
        validate(whole.sequence)[0]
    )
    more = decode("sketch 0 0 0 +z +x\ncircle 0 0 5\nextrude new to 3 0\n").operations[:1]
    longer = whole.extended(CadSequence((*whole.sequence.operations, *more)))
    assert longer.raw["entities"]["S"] == both


def test_a_curve_of_our_format_that_is_not_known_ends_the_history_before_its_sketch():
    plate = commands()
    spline = {"type": "clothoid", "points": [[0, 1], [2, 3]]}
    for place in range(2, 6):  # among the curves of the second sketch
        other = [*plate[:place], spline, *plate[place:]]
        sequence = read(native(*plate, *other)).sequence
        assert len(sequence) == 2
        assert [op.name for op in sequence.rest] == ["sketch", "extrude"]
        assert sequence.unsupported == ("clothoid",)
    sequence = read(native(*plate, *plate[:-1], spline)).sequence  # after a closed loop: unclear
    assert len(sequence) == 3


# --- every room ---------------------------------------------------------------------------------

WHOLE = CadSequence(decode(PLATE).operations, "part", (Unknown("FilletFeature", ("Fillet",)),))

ROOMS = {
    "text": lambda part: encode(part),
    "json": lambda part: encode(part, text_format="json"),
    "numbers": lambda part: encode(part, text_format="numbers"),
    "grammar": lambda part: Drawing.of(part, "lines"),
    "manifolds": manifolds.solid,
    "occupancy": lambda part: occupancy(part, np.zeros((1, 3))),
    "pictures": open_sketches,
    "mirror": lambda part: move(part, symmetries()[5]),
    "scale": lambda part: scale(part, 2.0),
    "reorder": lambda part: reorder(part, np.random.default_rng(0)),
    "prediction": lambda part: Case("part", part),
    "targets": lambda part: targets.target(part, 1),
    "vectors": deepcad.vectors,
    "counts": lambda part: text2cad.count(part, part),
    "novelty": generation.key,
    "omnicad": lambda part: from_sequence(part, dialect="omnicad"),
}


@pytest.mark.parametrize("room", ROOMS.values(), ids=ROOMS)
def test_a_room_that_takes_a_whole_history_raises_naming_what_is_not_known(room):
    room(WHOLE.known)
    with pytest.raises(UnsupportedError) as caught:
        room(WHOLE)
    assert caught.value.names == ("Fillet",)


def test_the_kernel_does_not_build_a_part_without_its_end():
    from cadcomplete.kernel.build import build

    with pytest.raises(
        BuildError, match=r"operation 2: FilletFeature .Fillet. is not known here"
    ) as caught:
        build(WHOLE)
    assert caught.value.operation == 2
    assert build(WHOLE.known) is not None


def test_what_is_cut_short_before_it_is_a_history_like_any_other():
    assert truncate(WHOLE, 2) == WHOLE.known
    with pytest.raises(InputError, match=r"is not known here: FilletFeature .Fillet."):
        truncate(WHOLE, 3)


# --- the command line ---------------------------------------------------------------------------


@pytest.fixture
def filleted(tmp_path):
    path = tmp_path / "part.json"
    path.write_text(json.dumps(DIALECTS["omnicad"]))
    return path


def test_inspect_says_what_is_not_known_and_builds_the_rest(run, filleted):
    code, out, _ = run("inspect", filleted, "--json")
    report = json.loads(out)
    assert code == 0
    assert (report["operations"], report["known"], report["valid"]) == (5, 2, True)
    assert report["unsupported"] == ["FilletFeature"]
    assert report["history"][2] == {
        "index": 2,
        "type": "unknown",
        "name": "FilletFeature",
        "uses": ["FilletFeature"],
    }
    assert report["volume_mm3"] == pytest.approx(40 * 30 * 10)
    _, out, _ = run("inspect", filleted)
    assert out.splitlines()[-1] == "a valid solid, as far as it is known: 2 operations of 5"


def test_convert_writes_the_known_part_with_a_notice_and_json_whole(run, filleted, tmp_path):
    for name in ("part.step", "part.lines"):
        code, _, err = run("convert", filleted, tmp_path / name)
        assert (code, "is not known here: FilletFeature" in err) == (0, True)
        assert (tmp_path / name).stat().st_size > 0
    copy = tmp_path / "copy.json"
    assert run("convert", filleted, copy) == (0, f"{copy}\n", "")
    assert json.loads(copy.read_text()) == DIALECTS["omnicad"]


def test_encode_writes_the_known_part_with_a_notice(run, filleted):
    code, out, err = run("encode", filleted)
    assert (code, out.count("extrude"), "is not known here" in err) == (0, 1, True)
    code, _, err = run("encode", filleted, "--cut", 1)
    assert (code, err) == (0, "")


def test_truncate_writes_versions_of_what_is_known_and_the_whole_file(run, filleted, tmp_path):
    code, _, _ = run("truncate", filleted.parent, tmp_path / "out")
    assert code == 0
    written = {p.name: readers.read(p).sequence for p in (tmp_path / "out").glob("*.json")}
    assert [len(written[f"part_tr_{n:02d}.json"]) for n in (1, 2)] == [1, 2]
    assert written["part.json"].unsupported == ("FilletFeature",)


def test_all_that_is_known_is_kept_by_default(filleted):
    whole = readers.read(filleted)
    assert len(kept(whole).sequence) == 2
    assert kept(whole, 1).sequence == truncate(whole.sequence, 1)
    nothing = read(document("F", **ENTITIES))
    with pytest.raises(InputError, match="nothing to complete: operation 0 is not known here"):
        kept(nothing)
    assert len(kept(nothing, 0).sequence) == 0


# --- data sets ----------------------------------------------------------------------------------


def test_a_part_that_ends_early_is_prepared_and_nobody_learns_that_it_ends(tmp_path):
    source = tmp_path / "source" / "json"
    source.mkdir(parents=True)
    for name, raw in (("a_1", DIALECTS["omnicad"]), ("b_1", document("F", **ENTITIES))):
        (source / f"{name}.json").write_text(json.dumps(raw))
    disc = "sketch 0 0 0 +z +x\ncircle 0 0 5\nextrude new to 10 0\n"
    (source / "c_1.lines").write_text(disc)
    settings = {"points": 0, "views": 0, "validation": 0.0, "test": 0.0, "time_limit": 20.0}
    for layout in ("shards", "omnicad"):
        out = tmp_path / layout
        report = prepare(source.parent, out, Settings(**settings, layout=layout), workers=1)
        assert (report["parts"], report["skipped"]["by_stage"]) == (2, {"read": 1})
        assert (
            "operation 0 is not known here: FilletFeature"
            in report["skipped"]["parts"][0]["reason"]
        )
        assert report["unfinished"]["by_name"] == {"FilletFeature": 1}
        assert report["unfinished"]["parts"][0]["id"] == "a_1"
        assert "1 end before what is not known here: FilletFeature 1" in text(report)
        found = {sample.sequence.id: sample for sample in read_samples(out)}
        assert {name: len(found[name].sequence) for name in found} == {"a_1": 2, "c_1": 2}
        assert (found["a_1"].unsupported, found["c_1"].unsupported) == (("FilletFeature",), ())
    raw = {s.sequence.id: s for s in read_samples(source.parent) if isinstance(s, Sample)}
    assert raw["a_1"].unsupported == ("FilletFeature",)
    tokenizer = TextTokenizer.load(shipped())
    for name, ends in (("a_1", False), ("c_1", True)):
        labelled = Histories([found[name]], tokenizer, Config(), Features())[0]
        assert bool(labelled.ids[-1] == tokenizer.end) is ends


def test_a_part_that_ends_early_is_not_asked_about():
    whole, early = (
        Held("data", Sample(WHOLE.known, None, "part", "test", unsupported=names))
        for names in ((), ("Fillet",))
    )
    chosen, left_out = choose([whole, early], ["none"], most=None, seed=0)
    assert chosen == (whole,)
    assert left_out == {"its history goes on with what is not known here": 1}


def test_data_sets_of_older_versions_have_no_such_column(tmp_path):
    import pyarrow.parquet

    path = tmp_path / "old.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"id": ["a", "b"]}), path)
    assert [row["unsupported"] for row in read_rows(path, ("id", "unsupported"))] == [(), ()]
    assert read_row(path, 1, ("id", "unsupported")) == {"id": "b", "unsupported": ()}
    with pytest.raises(InputError, match="not a shard of a data set: expected text"):
        next(read_rows(path, ("id", "text")))


def test_a_sketch_before_what_is_not_known_is_neither_a_valid_solid_nor_a_fault(run, tmp_path):
    path = tmp_path / "part.json"
    path.write_text(json.dumps(document("S", "F", S=OUTLINE, F=FILLET)))
    _, out, _ = run("inspect", path, "--json")
    report = json.loads(out)
    assert not report["valid"]
    assert {p["severity"] for p in report["problems"]} == {"warning"}
    _, out, _ = run("inspect", path)
    assert out.splitlines()[-1] == "no solid, as far as it is known: 1 operation of 2"
