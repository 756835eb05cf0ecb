"""Law 12: a test walks every entry of every table, and each table has at least its known size.

What an entry of a table does beyond that is asked where the room of the table is tested.
"""

from __future__ import annotations

import dataclasses
import io
import json
from typing import get_args, get_type_hints

import h5py
import numpy as np
import pytest
import torch
from conftest import PARTS, PLATE

from cadcomplete import config, readers
from cadcomplete.baselines import BASELINES, baseline, check_baseline
from cadcomplete.data import synthetic
from cadcomplete.data.synthetic.families import FAMILIES
from cadcomplete.errors import InputError, UnsupportedError
from cadcomplete.evaluate.predictors import SOURCES, check_predictor
from cadcomplete.evaluate.questions import CONDITIONS, check_conditions
from cadcomplete.history.fields import FORMATS, Format
from cadcomplete.history.geometry import BoundingBox
from cadcomplete.history.operations import Boolean, Extrude
from cadcomplete.history.sequence import CadSequence, truncate, validate
from cadcomplete.kernel.contain import Kernel
from cadcomplete.meshes.manifolds import solid, volume_of
from cadcomplete.meshes.styles import STYLES
from cadcomplete.metrics import METRICS
from cadcomplete.metrics.hits import ERRORS, HITS
from cadcomplete.metrics.metric import Item, summarize
from cadcomplete.metrics.stopping import STOPPING
from cadcomplete.metrics.text2cad import F1
from cadcomplete.metrics.topology import TOPOLOGY
from cadcomplete.model.encoders import ENCODERS
from cadcomplete.model.losses import LOSSES, chosen
from cadcomplete.predictions import Case
from cadcomplete.readers import IMPORTERS, READERS, SUFFIXES
from cadcomplete.reports.parts import encode as encode_report

# --- metrics ------------------------------------------------------------------------------------


def test_no_metric_hides_another_of_the_same_name():
    named = [*HITS.values(), *ERRORS.values(), *STOPPING.values(), *F1.values()]
    named += [metric for metric, _ in TOPOLOGY.values()]
    assert len({metric.name for metric in named}) == len(named)
    assert all(METRICS[metric.name] is metric for metric in named)
    assert len(METRICS) >= len(named) + 18


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_counts_what_failed_and_what_is_not_defined(name):
    metric = METRICS[name]
    items = [Item(1.0, "a"), Item(0.0, "b", failed="crash"), Item(None, excluded="no change")]
    result = summarize(metric, items, draws=20)
    assert (result.name, result.unit) == (metric.name, metric.unit)
    assert (result.value, result.n_total, result.n, result.n_failed) == (0.5, 3, 2, 1)
    assert (result.failures, result.excluded) == ({"crash": 1}, {"no change": 1})
    assert result.low is not None and result.high is not None
    assert 0.0 <= result.low <= result.high <= 1.0
    assert json.loads(json.dumps(result.document()))["n_total"] == 3
    assert metric.better in ("higher", "lower", "neither")


# --- baselines, conditions, sources -------------------------------------------------------------


@pytest.fixture(scope="module")
def kernel():
    with Kernel() as kernel:
        yield kernel


@pytest.mark.parametrize("name", BASELINES)
def test_every_baseline_has_its_name_and_answers_without_any_training(kernel, plate, name):
    check_baseline(name)
    predictor = baseline(name, [], kernel=kernel)
    assert name in predictor.name
    for keep in (0, 2):
        answer = predictor.predict(Case("plate", truncate(plate, keep)), n=3, seed=0)
        assert 0.0 <= answer.stop <= 1.0
        assert len(answer.next) <= 3
        assert all(
            part.sequence.operations[:keep] == plate.operations[:keep] for part in answer.parts
        )


def test_there_are_at_least_six_conditions_and_no_two_show_the_same():
    assert {"none", "caption", "image", "points", "scan", "all"} <= CONDITIONS.keys()
    assert len(set(CONDITIONS.values())) == len(CONDITIONS)
    assert CONDITIONS["none"] == type(CONDITIONS["none"])()


@pytest.mark.parametrize("name", CONDITIONS)
def test_every_condition_may_be_asked_for_and_a_scan_is_a_cloud(name):
    assert check_conditions([name, name]) == (name,)
    condition = CONDITIONS[name]
    assert condition.points or not condition.scan
    if condition.points:
        check_predictor(None, None, "search", [name])
    else:
        with pytest.raises(InputError, match="the search alone needs a shape") as caught:
            check_predictor(None, None, "search", [name])
        assert caught.value.got == name


def test_a_condition_that_there_is_none_of_lists_the_known_ones():
    with pytest.raises(InputError) as caught:
        check_conditions(["none", "video"])
    assert str(caught.value) == (
        f"at --conditions: no such condition: expected {', '.join(CONDITIONS)}, got video"
    )


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_may_be_asked_where_a_cloud_is_shown(source):
    check_predictor(None, None, source, ["points"])


@pytest.mark.parametrize("name", BASELINES)
def test_no_baseline_goes_with_a_model_or_a_source(tmp_path, name):
    check_predictor(None, name, "both", ["none"])
    for model, source in ((tmp_path, "both"), (None, "model")):
        with pytest.raises(InputError, match="a model and a baseline"):
            check_predictor(model, name, source, ["none"])


# --- styles, encoders, losses -------------------------------------------------------------------


def test_there_are_at_least_six_styles_and_no_two_are_the_same():
    assert next(iter(STYLES)) == "default"
    assert len(STYLES) >= 6
    assert len(set(STYLES.values())) == len(STYLES)


@pytest.mark.parametrize("name", STYLES)
def test_every_style_has_colours_that_exist_and_tells_new_from_given(name):
    style = STYLES[name]
    for colour in (style.surface, style.added, style.paper, style.ink, style.sketch):
        assert len(colour) == 3
        assert all(0.0 <= channel <= 1.0 for channel in colour)
    assert max(abs(a - b) for a, b in zip(style.surface, style.added, strict=True)) > 0.2
    assert any(style.lamp)
    assert style.ambient + style.diffuse + style.gloss <= 1.85
    assert 0.0 <= style.fade <= 1.0
    assert style.edges >= 0.0


def allowed(cls, field):
    """The texts that a field of a configuration may have."""
    hint = get_type_hints(cls, include_extras=True)[field]
    return set(get_args(hint))


def test_a_configuration_names_every_loss_and_every_format():
    assert allowed(config.TrainConfig, "loss_kernel") == {"auto", *LOSSES}
    assert allowed(config.DataConfig, "text_format") == set(FORMATS) == set(get_args(Format))
    assert len(LOSSES) >= 2
    assert len(FORMATS) >= 3


@pytest.mark.parametrize("at_once", [1, 3, 100])
@pytest.mark.parametrize("name", ["auto", "plain"])
def test_the_losses_of_a_processor_are_those_of_torch(name, at_once):
    torch.manual_seed(0)
    head, hidden = torch.nn.Linear(4, 7, bias=False), torch.randn(5, 4)
    targets = torch.tensor([0, 6, 3, 3, 1])
    loss = chosen(name, head, torch.device("cpu"))
    expected = torch.nn.functional.cross_entropy(head(hidden), targets, reduction="none")
    assert torch.allclose(loss(hidden, head, targets, at_once), expected, atol=1e-6)
    with torch.no_grad():
        assert torch.allclose(loss(hidden, head, targets, at_once), expected, atol=1e-6)


@pytest.mark.parametrize("name", ENCODERS)
def test_every_encoder_says_what_it_reads_and_is_made_in_three_ways(name):
    kind = ENCODERS[name]
    assert kind.reads in ("pictures", "point clouds")
    for way in ("scratch", "pretrained", "rebuilt"):
        assert callable(getattr(kind, way))


def test_there_is_an_encoder_of_pictures_and_one_of_clouds():
    assert {kind.reads for kind in ENCODERS.values()} == {"pictures", "point clouds"}


# --- formats of histories -----------------------------------------------------------------------


def test_there_are_at_least_two_dialects_and_seven_formats_that_are_read():
    assert {"omnicad", "native"} <= READERS.keys()
    assert {
        "lines",
        "fusion360",
        "text2cad",
        "deepcad",
        "build123d",
        "cadquery",
        "freecad",
    } <= IMPORTERS.keys()
    assert set(SUFFIXES) == {".json", *(importer.suffix for importer in IMPORTERS.values())}


@pytest.mark.parametrize("name", READERS)
def test_every_dialect_writes_reads_cuts_and_continues(plate, name):
    document = readers.from_sequence(plate, dialect=name)
    again = readers.parse(document.dump(), id="plate")
    assert (again.dialect, again.origin) == (name, name)
    assert again.sequence.operations == plate.operations
    assert READERS[name].matches(json.loads(document.dump()))
    shorter = again.truncated(1)
    assert len(readers.parse(shorter.dump()).sequence) == 1
    assert shorter.extended(plate).sequence.operations == plate.operations
    box = BoundingBox((0.0, 0.0, 0.0), (40.0, 30.0, 10.0))
    assert readers.parse(again.measured(box).dump()).sequence.operations == plate.operations


@pytest.mark.parametrize("name", READERS)
def test_every_dialect_has_an_empty_document_of_its_own(name):
    empty = READERS[name].empty("nothing")
    assert READERS[name].matches(empty)
    assert not any(other.matches(empty) for key, other in READERS.items() if key != name)
    assert len(READERS[name].parse(empty, id="nothing")) == 0


def vectors() -> bytes:
    """A square of DeepCAD's levels, extruded by 20 of them."""
    none = -1
    rows = [[4] + [none] * 16]
    rows += [[0, x, y] + [none] * 14 for x, y in ((223, 128), (223, 223), (128, 223), (128, 128))]
    rows += [[5] + [none] * 5 + [128] * 6 + [95, 148, 128, 0, 0], [3] + [none] * 16]
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file["vec"] = np.array(rows, dtype="int64")
    return buffer.getvalue()


def text2cad() -> bytes:
    circle = {"circle_1": {"Center": [0.25, 0.25], "Radius": 0.25}}
    part = {
        "coordinate_system": {"Euler Angles": [0, 0, 0], "Translation Vector": [0, 0, 0]},
        "sketch": {"face_1": {"loop_1": circle}},
        "extrusion": {
            "extrude_depth_towards_normal": 0.25,
            "extrude_depth_opposite_normal": 0.0,
            "sketch_scale": 0.5,
            "operation": "NewBodyFeatureOperation",
        },
    }
    return json.dumps({"parts": {"part_1": part}}).encode()


def freecad() -> bytes:
    from freecad_files import body, document, packed, pad, rectangle, sketch

    things = (sketch("Sketch", *rectangle(0, 0, 40, 30)), pad("Pad", "Sketch", 10))
    return packed(document(*things, body("Body", "Pad")))


def fusion() -> bytes:
    from test_fusion360 import plate as fusion_plate

    return json.dumps(fusion_plate()).encode()


CADQUERY = "import cadquery as cq\nresult = cq.Workplane('XY').box(40, 30, 10)\n"
BUILD123D = "from build123d import *\nwith BuildPart() as part:\n    Box(40, 30, 10)\n"

FILES = {
    "lines": PLATE.encode(),
    "fusion360": fusion(),
    "text2cad": text2cad(),
    "deepcad": vectors(),
    "build123d": BUILD123D.encode(),
    "cadquery": CADQUERY.encode(),
    "freecad": freecad(),
}


@pytest.mark.parametrize("name", IMPORTERS)
def test_every_format_that_is_only_read_becomes_our_own(tmp_path, name):
    path = tmp_path / f"part{IMPORTERS[name].suffix}"
    path.write_bytes(FILES[name])
    document = readers.read(path)
    assert (document.origin, document.dialect, document.path) == (name, "native", str(path))
    assert document.sequence.id == "part"
    assert len(document.sequence) == 2
    again = readers.parse(document.dump())
    assert again.origin == "native"
    assert again.sequence.operations == document.sequence.operations
    assert volume_of(solid(document.sequence)) > 0


@pytest.mark.parametrize("name", IMPORTERS)
def test_a_file_is_of_one_format_of_its_suffix_only(name):
    importer = IMPORTERS[name]
    content = json.loads(FILES[name]) if importer.suffix == ".json" else FILES[name]
    same = [key for key, one in IMPORTERS.items() if one.suffix == importer.suffix]
    assert [key for key in same if IMPORTERS[key].matches(content)] == [name]
    if importer.suffix == ".json":
        assert readers.parse(FILES[name]).origin == name  # before any dialect is asked


@pytest.mark.parametrize("text_format", FORMATS)
def test_every_text_format_is_an_answer_of_encode(text_format):
    path = PARTS / "bracket.json"
    report = encode_report(path, text_format, cut=2, caption=None, tokenizer=None)
    assert report["format"] == text_format
    assert report["operations"] == 2
    assert report["boundaries"][-1] == len(report["input_ids"])
    with pytest.raises(InputError, match=f"expected {' or '.join(FORMATS)}, got yaml"):
        encode_report(path, "yaml", cut=None, caption=None, tokenizer=None)


# --- families -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def first_of():
    """The number of the first part of each family."""
    found: dict[str, int] = {}
    for number in range(4000):
        found.setdefault(synthetic.family_of(number, seed=5), number)
        if len(found) == len(FAMILIES):
            break
    return found


def test_there_are_at_least_21_families_and_their_shares_make_a_whole():
    assert len(FAMILIES) >= 21
    for share in ("alone", "several"):
        assert all(getattr(family, share) >= 0 for family in FAMILIES.values())
        assert sum(getattr(family, share) for family in FAMILIES.values()) > 0.5
    assert all(family.alone or family.several for family in FAMILIES.values())


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_makes_a_part_that_begins_with_a_body(first_of, name):
    part = synthetic.generate(first_of[name], seed=5)
    assert validate(part) == ()
    extrudes = [op for op in part.operations if isinstance(op, Extrude)]
    assert extrudes[0].boolean is Boolean.NEW_BODY
    assert volume_of(solid(part)) > 0
    if FAMILIES[name].alone == 0:
        assert len(extrudes) > 1


# --- what is not known --------------------------------------------------------------------------


def test_a_question_about_what_is_not_known_cannot_be_asked(plate):
    from cadcomplete.history.operations import Unknown

    part = dataclasses.replace(plate, rest=(Unknown("FilletFeature", ("FilletFeature",)),))
    with pytest.raises(UnsupportedError, match="not supported: FilletFeature"):
        Case("plate", part)
    assert Case("plate", part.known).given == CadSequence(plate.operations)
