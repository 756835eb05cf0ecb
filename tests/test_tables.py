"""Law 12: every entry of every table, and that no kind is passed over in silence.

A toy operation and a toy curve (`toys.py`) are entered by the rows of CONTRIBUTING.md: with all of
their entries they work in every room, and each room that lacks one raises, naming it.
"""

from __future__ import annotations

import json
import math
import re
import shutil
import string
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from conftest import PLATE
from toys import POST_ENTRIES, RULE_ENTRIES, Post, Rule, enter, extruded

from cadcomplete import exporters
from cadcomplete.baselines import baseline
from cadcomplete.completion.by_model import ByModel
from cadcomplete.data.reorder import reorder
from cadcomplete.errors import CadCompleteError, CheckpointError, InputError, UnsupportedError
from cadcomplete.exporters import EXPORTERS, Exporter
from cadcomplete.exporters.part import Part
from cadcomplete.fitting.space import solids
from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.curves import CURVES, Arc, BSpline, Circle, Ellipse, EllipseArc, Line
from cadcomplete.history.edges import EdgePredicate
from cadcomplete.history.fields import FORMATS
from cadcomplete.history.geometry import XY, Plane
from cadcomplete.history.holes import Counterbore, Hole
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import (
    OPERATIONS,
    Boolean,
    Extent,
    ExtentType,
    Profile,
    Sketch,
)
from cadcomplete.history.patterns import LinearPattern, Mirror, PolarPattern
from cadcomplete.history.revolve import Revolve
from cadcomplete.history.sequence import CadSequence, validate
from cadcomplete.history.symmetry import move, scale, symmetries
from cadcomplete.history.turn_axis import TurnAxis
from cadcomplete.kernel import build as kernel
from cadcomplete.kernel.contain import Kernel
from cadcomplete.language.commands import command_fields
from cadcomplete.language.grammar import Grammar
from cadcomplete.language.lines import JSON_HEAD, decode, encode
from cadcomplete.language.numbers import spellings
from cadcomplete.language.tokenizer import shipped
from cadcomplete.meshes import manifolds
from cadcomplete.meshes.mesh import open_sketches
from cadcomplete.metrics import deepcad, generation, targets, text2cad
from cadcomplete.model import checkpoint
from cadcomplete.readers import from_sequence

VOCABULARY = {text: i for i, text in enumerate(string.printable)}

CORNERS = ((0.0, 0.0), (20.0, 0.0), (20.0, 10.0), (0.0, 10.0))


def closed_by(curve: Any) -> Loop:
    """A loop of 20 by 10 mm, counter-clockwise, whose first curve this is."""
    sides = [Line(a, b) for a, b in zip(CORNERS, (*CORNERS[1:], CORNERS[0]), strict=True)]
    return Loop((curve, *sides[1:]))


BOWED = (200 + 50 * math.pi) * 6  # half a disc of radius 10 below the rectangle

KINDS: dict[str, tuple[Any, float]] = {  # a history that has it, and its volume by a formula
    "line": (extruded(closed_by(Line(*CORNERS[:2]))), 200 * 6),
    "arc": (
        extruded(closed_by(Arc((0.0, 0.0), (10.0, -10.0), (20.0, 0.0)))),
        BOWED,
    ),
    "circle": (extruded(Loop((Circle((3.0, 4.0), 5.0),))), 25 * math.pi * 6),
    "ellipse": (extruded(Loop((Ellipse((3.0, 4.0), 5.0, 2.0, 30.0),))), 10 * math.pi * 6),
    "ellipsearc": (
        extruded(closed_by(EllipseArc((0.0, 0.0), (20.0, 0.0), 180.0, 0.0, 0.5))),
        (200 + 25 * math.pi) * 6,
    ),
    "spline": (  # of a parabola two thirds of the rectangle around it are inside
        extruded(closed_by(BSpline(2, ((0.0, 0.0), (10.0, -10.0), (20.0, 0.0)), (0.0, 1.0)))),
        (200 + 2 / 3 * 20 * 5) * 6,
    ),
    "post": ((Post(Plane((1.0, 2.0, 3.0), XY.normal, XY.x_axis), 5.0),), 125 * math.pi),
    "rule": (extruded(closed_by(Rule(*CORNERS[:2]))), 200 * 6),
}
KINDS["revolve"] = (  # Pappus: a quarter of a turn of 20 by 10 mm, their middle 15 mm from the axis
    (
        extruded(closed_by(Line(*CORNERS[:2])))[0],
        Revolve(
            (Profile(0, 0),),
            Extent(ExtentType.TWO_SIDED, 60.0, 30.0),
            TurnAxis((0.0, -10.0), (1.0, 0.0)),
            Boolean.NEW_BODY,
        ),
    ),
    math.pi / 2 * 15 * 200,
)
KINDS["sketch"] = KINDS["extrude"] = KINDS["line"]
KINDS |= {  # twice, twice and four times the block, whose corner is the origin
    "mirror": ((*KINDS["line"][0], Mirror((1.0, 0.0, 0.0), 0.0, None)), 2 * 200 * 6),
    "linear": ((*KINDS["line"][0], LinearPattern((0.0, 1.0, 0.0), 12.0, 2, (1,))), 2 * 200 * 6),
    "polar": (
        (*KINDS["line"][0], PolarPattern(XY.normal, (0.0, 0.0, 0.0), 4, 360.0, (1,))),
        4 * 200 * 6,
    ),
}
KINDS["hole"] = (  # two, each with a counterbore twice as wide and 2 mm deep
    (
        *KINDS["line"][0],
        Hole(
            Plane((0.0, 0.0, 6.0), XY.normal, XY.x_axis),
            2.0,
            None,
            ((5.0, 5.0), (15.0, 5.0)),
            Counterbore(4.0, 2.0),
        ),
    ),
    200 * 6 - 2 * math.pi * (6 + (4 - 1) * 2),
)
UPRIGHTS = (EdgePredicate("side", (1,)),)
KINDS["fillet"] = ((*KINDS["line"][0], Fillet(2.0, UPRIGHTS)), (200 - (16 - 4 * math.pi)) * 6)
KINDS["chamfer"] = ((*KINDS["line"][0], Chamfer((2.0, 1.0, False), UPRIGHTS)), (200 - 4) * 6)

ONLY_KERNEL = {"fillet", "chamfer"}
"""Kinds that only the CAD kernel can make: other evaluators refuse them by name, unless it
has handed over what it made (test_given_blends.py)."""


def part(name: str) -> CadSequence:
    return CadSequence(KINDS[name][0], "part")


def kinds(sequence: CadSequence) -> set[type]:
    """The types of all operations and curves of a history."""
    drawn = [op for op in sequence.operations if isinstance(op, Sketch)]
    curves = {type(curve) for op in drawn for loop in op.loops for curve in loop.curves}
    return curves | {type(op) for op in sequence.operations}


# --- every entry works in every room --------------------------------------------------------------


@pytest.fixture
def entered(monkeypatch):
    enter(monkeypatch)


def test_every_kind_is_walked_here():
    assert {*OPERATIONS, *CURVES} == KINDS.keys() - {"post", "rule"}


def test_every_table_has_every_kind():
    for entries, known in ((POST_ENTRIES, OPERATIONS), (RULE_ENTRIES, CURVES)):
        for name, (table, _, _) in entries.items():
            assert name == "spellings" or table.keys() == set(known.values()), name
    assert set(spellings.SPELLINGS) == set(command_fields("numbers"))


@pytest.mark.parametrize("text_format", FORMATS)
@pytest.mark.parametrize("name", KINDS)
def test_a_kind_is_read_as_it_was_written(entered, name, text_format):
    text = encode(part(name), text_format=text_format).text
    assert name in text
    again = decode(text, text_format=text_format)
    assert encode(again, text_format=text_format).text == text
    assert kinds(again) == kinds(part(name))
    if name != "arc":  # its middle follows from its sweep
        assert again.operations == part(name).operations


def commands(name: str, text_format: Any) -> str:
    """The text of a history without what holds the list together."""
    return encode(part(name), text_format=text_format).text.removeprefix(f"{JSON_HEAD}\n")


@pytest.mark.parametrize("text_format", FORMATS)
@pytest.mark.parametrize("name", KINDS)
def test_the_grammar_lets_a_kind_through(entered, name, text_format):
    matcher = Grammar(VOCABULARY, 999, text_format=text_format).start(CadSequence(()))
    for char in commands(name, text_format):
        assert VOCABULARY[char] in matcher.allowed()
        matcher.accept(VOCABULARY[char])
    assert matcher.may_end


@pytest.mark.parametrize("text_format", FORMATS)
@pytest.mark.parametrize("name", ["sketch", "loop", "arc", "line", "close", "extrude"])
def test_the_grammar_offers_only_the_words_that_a_model_has_learned(name, text_format):
    learned = {*command_fields("lines")} - {name}
    grammar = Grammar(VOCABULARY, 999, text_format=text_format, words=learned)
    matcher, whole, text = grammar.start(CadSequence(())), commands("arc", text_format), ""
    assert name in re.findall("[a-z]+", whole)
    while VOCABULARY[whole[len(text)]] in matcher.allowed():
        text += whole[len(text)]
        matcher.accept(VOCABULARY[text[-1]])
    assert name not in re.findall("[a-z]+", text)


def kernel_volume(sequence: CadSequence) -> float:
    solid = kernel.build(sequence)
    return 0.0 if solid is None else solid.volume


def manifold_volume(sequence: CadSequence) -> float:
    return manifolds.volume_of(manifolds.solid(sequence))


def occupied_volume(sequence: CadSequence) -> float:
    """Of all cubes of 1 mm, those whose middle is inside."""
    along = np.arange(-30.0, 30.0) + 0.5
    points = np.stack(np.meshgrid(along, along, along), axis=-1).reshape(-1, 3)
    return float(solids.occupancy(sequence, points).sum())


VOLUMES = {  # of each evaluator, with how far off it may be
    "kernel": (kernel_volume, 1e-7),
    "manifolds": (manifold_volume, 2e-3),  # polygons of 72 corners
    "occupancy": (occupied_volume, 0.06),
}


@pytest.mark.parametrize("room", VOLUMES)
@pytest.mark.parametrize("name", KINDS)
def test_a_kind_has_its_volume_in_each_evaluator(entered, name, room):
    measure, within = VOLUMES[room]
    if name in ONLY_KERNEL and room != "kernel":
        with pytest.raises(UnsupportedError, match=f"not supported: {name.capitalize()}"):
            measure(part(name))
        return
    assert measure(part(name)) == pytest.approx(KINDS[name][1], rel=within)


@pytest.mark.parametrize("name", KINDS)
def test_a_mirror_and_a_size_keep_a_kind_and_its_volume(entered, name):
    volume = KINDS[name][1]
    for symmetry in symmetries():
        moved = move(part(name), symmetry)
        assert kinds(moved) == kinds(part(name))
        if name not in ONLY_KERNEL:
            assert manifold_volume(moved) == pytest.approx(volume, rel=2e-3)
    assert any(symmetry.mirrors for symmetry in symmetries()[1:6])
    for symmetry in symmetries()[1:6]:
        assert kernel_volume(move(part(name), symmetry)) == pytest.approx(volume, rel=1e-7)
    larger = scale(part(name), 2.0)
    assert kinds(larger) == kinds(part(name))
    assert kernel_volume(larger) == pytest.approx(8 * volume, rel=1e-7)


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_is_told_and_drawn(entered, name):
    assert validate(part(name)) == ()
    lines = open_sketches(CadSequence(part(name).operations[:1]))
    assert len(lines) == (0 if name == "post" else 1)


# --- a room that lacks an entry raises, naming it -------------------------------------------------


def exported(name: str) -> Callable[[CadSequence, Any], object]:
    def export(sequence: CadSequence, folder: Any) -> object:
        path = folder / f"part.{name}"
        solid = kernel.build(sequence) if name not in ("json", "lines", "fcstd") else None
        exporters.write(Part(from_sequence(sequence), solid), path)
        return path.read_bytes()

    return export


def encoded(text_format: Any) -> Callable[[CadSequence, Any], object]:
    return lambda sequence, folder: encode(sequence, text_format=text_format).text


def let_through(sequence: CadSequence, folder: Any) -> object:
    """The grammar takes a text, whose last line the matcher still has to have read."""
    text = encode(sequence).text
    matcher = Grammar(VOCABULARY, 999, text_format="lines").start(CadSequence(()))
    for char in text:
        matcher.accept(VOCABULARY[char])
    return matcher.drawing.sequence


ROOMS = {
    **{f"text as {text_format}": encoded(text_format) for text_format in FORMATS},
    **{f"file as {name}": exported(name) for name in EXPORTERS},
    "grammar": let_through,
    "kernel": lambda sequence, folder: kernel_volume(sequence),
    "manifolds": lambda sequence, folder: manifold_volume(sequence),
    "occupancy": lambda sequence, folder: occupied_volume(sequence),
}


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_passes_over_an_operation(monkeypatch, tmp_path, room):
    """With its entries a post counts in every room, and without them each room names it."""
    before = CadSequence(decode(PLATE).operations, "part")
    post: Any = Post(Plane((0.0, 0.0, -20.0), XY.normal, XY.x_axis), 5.0)
    whole = CadSequence((*before.operations, post), "part")
    enter(monkeypatch)
    assert ROOMS[room](whole, tmp_path) != ROOMS[room](before, tmp_path)
    monkeypatch.undo()
    monkeypatch.setitem(OPERATIONS, "post", Post)
    with pytest.raises(CadCompleteError, match=r"Post|post"):
        ROOMS[room](whole, tmp_path)


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_takes_a_curve_for_another_one(monkeypatch, tmp_path, room):
    enter(monkeypatch)
    assert ROOMS[room](part("rule"), tmp_path)
    monkeypatch.undo()
    with pytest.raises(CadCompleteError, match=r"Rule|rule"):
        ROOMS[room](part("rule"), tmp_path)


ELSEWHERE = {
    "omnicad": lambda sequence: from_sequence(sequence, dialect="omnicad"),
    "order": lambda sequence: reorder(sequence, np.random.default_rng(0)),
    "targets": lambda sequence: targets.target(sequence, len(sequence) - 1),
    "vectors": deepcad.vectors,
    "novelty": generation.key,
    "counts": lambda sequence: text2cad.count(sequence, sequence),
    "baselines": lambda sequence: baseline("ngram", [sequence], kernel=Kernel()),
}
_POSTS = [(room, "post") for room in ELSEWHERE]
_RULES = [(room, "rule") for room in ("omnicad", "vectors", "novelty", "counts", "baselines")]


@pytest.mark.parametrize(("room", "name"), [*_POSTS, *_RULES])
def test_metrics_order_and_writers_name_a_kind_that_they_do_not_know(entered, room, name):
    before = decode(PLATE).operations if name == "post" else ()
    sequence = CadSequence((*before, *part(name).operations), "part")
    with pytest.raises(CadCompleteError, match=r"Rule|Post"):
        ELSEWHERE[room](sequence)


@pytest.mark.parametrize("name", sorted(POST_ENTRIES.keys() - {"spellings"}))
def test_a_table_names_the_operation_that_it_lacks_and_those_that_it_has(name):
    with pytest.raises(UnsupportedError, match=r"supported: Post .known there are Sketch, Extrude"):
        POST_ENTRIES[name][0][Post]


@pytest.mark.parametrize("name", sorted(RULE_ENTRIES.keys() - {"spellings"}))
def test_a_table_names_the_curve_that_it_lacks_and_those_that_it_has(name):
    with pytest.raises(UnsupportedError, match=r"supported: Rule .known there are Line, Arc, Circ"):
        RULE_ENTRIES[name][0][Rule]


def test_the_kernel_says_which_operation_it_does_not_know():
    operations: Any = (*decode(PLATE).operations, Post(XY, 5.0))
    with pytest.raises(
        CadCompleteError, match=r"operation 2: at kernel.build\.py: not supported: P"
    ):
        kernel.build(CadSequence(operations))


def test_an_exporter_that_is_entered_is_offered_and_one_that_is_not_is_named(monkeypatch, tmp_path):
    count = Exporter(lambda made, path: path.write_text(str(len(made.document.sequence))), False)
    document, path = from_sequence(decode(PLATE)), tmp_path / "part.count"
    with pytest.raises(InputError, match=r"unknown format: expected \.json.*got \.count"):
        exporters.export(document, 0, [path])
    monkeypatch.setitem(EXPORTERS, "count", count)
    exporters.export(document, 0, [path])
    assert path.read_text() == str(len(decode(PLATE)))


# --- a model says which words it has learned ------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """The model that ships, whose folder says nothing of words."""
    return shutil.copytree(shipped(), tmp_path / "model")


def told(folder) -> dict[str, Any]:
    return json.loads((folder / "cadcomplete.json").read_text())


def test_a_folder_that_does_not_say_has_the_words_that_there_were(folder):
    assert "words" not in told(folder)
    first = {"sketch", "loop", "line", "arc", "circle", "close", "extrude"}
    assert set(checkpoint.load(folder).words) == first


def test_words_are_saved_and_read_and_alone_offered(folder):
    learned = ("sketch", "circle", "extrude")
    checkpoint.save(replace(checkpoint.load(folder), words=learned), folder)
    assert told(folder)["words"] == list(learned)
    again = checkpoint.load(folder)
    assert again.words == learned
    matcher = ByModel(again, Kernel()).grammar.start(decode("sketch 0 0 0 +z +x\n"))
    assert set(matcher.openings) == {"circle"}


@pytest.mark.parametrize("words", [["sketch", "loft"], "sketch", 3, [["sketch"]]])
def test_words_that_there_are_none_of_here_are_named(folder, words):
    (folder / "cadcomplete.json").write_text(json.dumps(told(folder) | {"words": words}))
    with pytest.raises(CheckpointError, match=r"at words: .*expected some of loop, close, line"):
        checkpoint.load(folder)
