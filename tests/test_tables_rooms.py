"""Law 12 in the rooms that tell, measure, compare and reorder what others have read and built.

The toys of `toys.py` are entered by the rows of CONTRIBUTING.md. Each room works with them once
they are in its table, and names them until then; a look-alike with the fields of an `Extrude` is
never taken for one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

import numpy as np
import pytest
from conftest import PLATE
from toys import Post, Rule, enter

from cadcomplete import readers
from cadcomplete.baselines import BASELINES, baseline, frames, ngram, transfer, voting
from cadcomplete.baselines.expressions import scene
from cadcomplete.baselines.habits import kind, word
from cadcomplete.completion import effects, wording
from cadcomplete.data import reorder
from cadcomplete.data.reorder import Movable
from cadcomplete.errors import CheckpointError, UnsupportedError
from cadcomplete.exporters.freecad import features as freecad
from cadcomplete.exporters.freecad import sketches as freecad_sketches
from cadcomplete.exporters.scripts import DIALECTS
from cadcomplete.history.curves import CURVES
from cadcomplete.history.geometry import XY, Plane
from cadcomplete.history.operations import OPERATIONS, Extrude, Unknown
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Kernel
from cadcomplete.language.commands import PHRASES
from cadcomplete.language.lines import decode
from cadcomplete.meshes.manifolds import iou, solid
from cadcomplete.metrics import parameters, sketches, targets
from cadcomplete.metrics.operations import rank
from cadcomplete.model import checkpoint
from cadcomplete.model.checkpoint import check_words
from cadcomplete.predictions import Answer, Case
from cadcomplete.reports import told
from cadcomplete.reports.parts import inspect, inspection_text
from cadcomplete.training.words import words_in

ABOVE: Any = Post(Plane((20.0, 15.0, 10.0), XY.normal, XY.x_axis), 5.0)
HOLE = "sketch 0 0 10 +z +x\ncircle 8 8 3\nextrude cut to 0 0\n"


@dataclass(frozen=True, slots=True)
class LookAlike:
    """What has all that an extrude has, and does something else."""

    profiles: Any
    extent: Any
    boolean: Any
    source: str = ""
    remarks: tuple[str, ...] = ()

    FIELDS: ClassVar[Any] = Extrude.FIELDS
    builds: ClassVar[bool] = True
    finished: ClassVar[bool] = True

    def refers(self) -> tuple[int, ...]:
        return tuple(profile.sketch for profile in self.profiles)

    def lines(self) -> tuple[Any, ...]:
        return ()

    def start(self, before: Any) -> Plane:
        return XY

    def problems(self, before: Any, **where: Any) -> Iterator[Any]:
        return iter(())


def look_alike(extrude: Any) -> Any:
    return LookAlike(*(getattr(extrude, f.name) for f in fields(LookAlike)))


BEFORE: Any = decode(PLATE).operations
LIKE = look_alike(BEFORE[-1])
POSTED, LIKENED = (CadSequence((*BEFORE, op), "part") for op in (ABOVE, LIKE))


def ruled() -> CadSequence:
    """The plate, its first line a rule."""
    sketch: Any = BEFORE[0]
    first, *others = sketch.loops[0].curves
    loop = replace(sketch.loops[0], curves=(Rule(first.start, first.end), *others))
    return CadSequence((replace(sketch, loops=(loop, *sketch.loops[1:])), BEFORE[1]), "part")


@pytest.fixture
def entered(monkeypatch):
    enter(monkeypatch)


@pytest.fixture(scope="module")
def kernel():
    with Kernel() as kernel:
        yield kernel


@pytest.fixture(scope="module")
def made(kernel):
    training = [decode(PLATE + HOLE), decode(PLATE)]
    return {name: baseline(name, training, kernel=kernel) for name in BASELINES}


# --- what each room says of a kind that it does not know ------------------------------------------


def truth(given: int = 1) -> Any:
    return targets.target(decode(PLATE), given)


def still(operation: Any) -> Any:
    """A move of the plate onto itself."""
    frame = frames.first_frame(BEFORE)
    box = (np.zeros(3), np.ones(3))
    assert frame is not None
    return transfer.carried(operation, BEFORE, BEFORE, transfer.Move(frame, frame, box, box))


OPERATION_ROOMS: dict[str, Callable[[Any], object]] = {
    "inspect": lambda op: told.told(0, op),
    "errors": lambda op: parameters.errors(truth(), op),
    "errors of a sketch": lambda op: parameters.errors(truth(0), op),
    "exact dimensions": lambda op: parameters.exact_dimensions(truth(), op),
    "overlap": lambda op: truth().overlap(op),
    "overlap of a sketch": lambda op: truth(0).overlap(op),
    "target": lambda op: targets.target(CadSequence((*BEFORE, op)), 2),
    "kind of a target": lambda op: targets.kind_of(CadSequence(BEFORE), op),
    "habit's kind": kind,
    "habit's word": word,
    "reach": lambda op: frames.reach(op, BEFORE),
    "names": lambda op: ngram.counts([CadSequence((*BEFORE, op))]),
    "scene": lambda op: scene((*BEFORE, op)),
    "transfer": still,
    "voting": lambda op: voting.elected(
        [(op, 1.0)], BEFORE, size=40.0, kinds={"sketch": 0.5, "extrude": 0.5}, source="x"
    ),
    "order": lambda op: reorder.reorder(CadSequence((*BEFORE, op)), np.random.default_rng(0)),
}


@pytest.mark.parametrize("operation", [ABOVE, LIKE], ids=["Post", "LookAlike"])
@pytest.mark.parametrize("room", OPERATION_ROOMS)
def test_a_room_names_an_operation_that_it_does_not_know(entered, room, operation):
    OPERATION_ROOMS[room](replace(BEFORE[-1], remarks=()))  # what it does know is no error
    with pytest.raises(UnsupportedError, match=f"not supported: {type(operation).__name__} "):
        OPERATION_ROOMS[room](operation)


CURVE_ROOMS: dict[str, Callable[[Any], object]] = {
    "same curve": lambda part: sketches.same_curve(
        part.operations[0].loops[0].curves[0],
        BEFORE[0].loops[0].curves[0],
        size=40.0,
    ),
    "exact dimensions": lambda part: parameters.exact_dimensions(truth(0), part.operations[0]),
    "transfer": lambda part: still(part.operations[0]),
}


@pytest.mark.parametrize("room", CURVE_ROOMS)
def test_a_room_names_a_curve_that_it_does_not_know(entered, room):
    CURVE_ROOMS[room](decode(PLATE))
    with pytest.raises(UnsupportedError, match="not supported: Rule "):
        CURVE_ROOMS[room](ruled())


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("kind", ["Post", "LookAlike", "Rule"])
def test_a_baseline_names_what_is_given_and_it_does_not_know(entered, made, name, kind):
    given = {"Post": POSTED, "LookAlike": LIKENED, "Rule": ruled()}[kind]
    assert made[name].predict(Case("part", decode(PLATE)), n=3, seed=0).parts
    with pytest.raises(UnsupportedError, match=f"not supported: {kind} "):
        made[name].predict(Case("part", given), n=3, seed=0)


def test_a_curve_that_is_not_in_the_language_is_not_left_out_of_what_a_sketch_has():
    with pytest.raises(UnsupportedError, match="Rule"):
        sketches.drawn_with(ruled().operations[0])  # type: ignore[arg-type]


# --- tables have every kind, and a kind that is entered works ------------------------------------

TABLES: dict[str, tuple[dict[type, Any], set[type]]] = {
    "inspect": (told.TOLD, {*OPERATIONS.values(), Unknown}),
    "truths": (targets.TARGETS, {*OPERATIONS.values()}),
    "changes": (targets.CHANGES, {*OPERATIONS.values()}),
    "measures": (parameters.MEASURES, {*OPERATIONS.values()}),
    "dimensions": (parameters.DIMENSIONS, {*CURVES.values()}),
    "compared": (sketches.COMPARED, {*CURVES.values()}),
    "effects": (effects.STEPS, {*OPERATIONS.values()}),
    "words": (wording.SAID, {*OPERATIONS.values()}),
    "order": (reorder.MOVED, {*OPERATIONS.values()}),
    "freecad": (freecad.EXPORT, {*OPERATIONS.values()}),
    "freecad's curves": (freecad_sketches.CURVES, {*CURVES.values()}),
    **{f"script of {n}": (d.EXPORT, {*OPERATIONS.values()}) for n, d in DIALECTS.items()},
    **{f"curves of {n}": (d.CURVES, {*CURVES.values()}) for n, d in DIALECTS.items()},
}


@pytest.mark.parametrize("name", TABLES)
def test_every_kind_is_in_the_table(name):
    table, kinds = TABLES[name]
    assert table.keys() == kinds


POST_TOLD = told.Telling(
    lambda post: {"radius": post.radius}, lambda told: f"post     ø{2 * told['radius']:.6g}"
)


def test_inspect_tells_an_operation_that_is_entered(entered, monkeypatch, tmp_path):
    path = tmp_path / "part.json"
    path.write_text(readers.from_sequence(POSTED).dump())
    with pytest.raises(UnsupportedError, match=r"reports.told\.py: not supported: Post"):
        inspect(path, tokenizer=None, time_limit=60.0)
    monkeypatch.setitem(told.TOLD, Post, POST_TOLD)
    report = inspect(path, tokenizer=None, time_limit=60.0)
    assert report["history"][2] == {"index": 2, "type": "post", "radius": 5.0}
    assert "  2  post     ø10" in inspection_text(report)


def test_inspect_does_not_hide_that_what_builds_is_no_extrude(entered, monkeypatch, tmp_path):
    """Of what is known nothing is extruded, but something was to be built and was not."""
    monkeypatch.setitem(told.TOLD, Post, POST_TOLD)
    document = readers.from_sequence(CadSequence((replace(ABOVE, radius=1e7),))).raw
    more = {"type": "unknown", "name": "Fillet", "uses": ["Fillet"], "content": ""}
    document = {**document, "sequence": [*document["sequence"], more]}
    path = tmp_path / "part.json"
    path.write_text(json.dumps(document))
    problems = inspect(path, tokenizer=None, time_limit=60.0)["problems"]
    places = {p["path"] for p in problems if p["severity"] == "error"}
    assert len([p for p in problems if p["severity"] == "error"]) > 1, places


def test_what_is_entered_has_an_effect_and_words(entered, monkeypatch):
    monkeypatch.setitem(effects.STEPS, Post, effects.any_step)
    monkeypatch.setitem(wording.SAID, Post, lambda post, step: f"post ø{2 * post.radius:g}")
    done = effects.effect(POSTED, 2)
    assert [step.kind for step in done.steps] == [effects.Kind.BOSS]
    whole = solid(POSTED).volume() - solid(decode(PLATE)).volume()
    assert done.change.volume == pytest.approx(whole, rel=1e-6)
    assert not done.idle and not done.loose
    assert wording.in_words(POSTED, 2) == "post ø10"
    taller = effects.effect(CadSequence((*BEFORE, replace(ABOVE, radius=6.0))), 2)
    assert effects.alike(done, effects.effect(POSTED, 2))
    assert not effects.alike(done, taller)
    first = effects.effect(CadSequence((ABOVE,)), 0)
    assert first.steps[0].kind is effects.Kind.BASE and first.first_bodies == 1


_NOT_MEASURED = parameters.KindMeasures(lambda truth, made: {}, lambda truth, made: (0, 0))


def test_a_truth_that_is_entered_is_hit_by_what_changes_the_same(entered, monkeypatch):
    def changed(before: Any, post: Any, operations: Any) -> Any:
        return effects.BuiltStep(post, operations, before).change

    def post_target(before: CadSequence, post: Any, part: Any) -> targets.Truth:
        kind = targets.kind_of(before, post)
        made_by = changed(part, post, before.operations)
        return targets.TargetExtrude(kind, before, post, part, made_by)

    monkeypatch.setitem(targets.TARGETS, Post, post_target)
    monkeypatch.setitem(targets.CHANGES, Post, changed)
    round_boss = decode(PLATE + "sketch 0 0 10 +z +x\ncircle 20 15 5\nextrude join to 15 0\n")
    wanted = targets.target(POSTED, 2)
    assert wanted.kind == "first post"
    assert wanted.overlap(ABOVE) == pytest.approx(1.0)
    assert wanted.overlap(BEFORE[0]) == 0.0
    extruded = targets.target(round_boss, 3)
    assert extruded.overlap(ABOVE) == pytest.approx(1.0, abs=1e-3)  # what it does is what counts
    monkeypatch.setitem(parameters.MEASURES, Post, _NOT_MEASURED)
    suggested = Answer(CadSequence((*BEFORE, ABOVE)), 0.5)
    ranking = rank(round_boss, 3, [suggested])
    assert (ranking.rank, ranking.kind_right, ranking.exact) == (1, False, None)


def test_what_stands_after_another_kind_is_a_question_as_before(entered):
    later = CadSequence((*BEFORE, ABOVE, *decode(PLATE + HOLE).operations[2:3]), "part")
    assert targets.target(later, 3).kind == "later sketch"


def test_an_operation_that_refers_keeps_what_it_refers_to_in_its_place(entered, monkeypatch):
    """Two holes change places unless a third operation says which of them it means."""
    holes = "".join(
        f"sketch 0 0 10 +z +x\ncircle {x} 5 1.5\nextrude cut to 0 0\n" for x in (5, 15, 25)
    )
    part = CadSequence((*decode(PLATE + holes).operations, ABOVE), "part")
    stays = Movable(lambda post: None, lambda post, place: post)
    monkeypatch.setitem(reorder.MOVED, Post, stays)

    def orders() -> set[Any]:
        found = {reorder.reorder(part, np.random.default_rng(seed)) for seed in range(40)}
        for one in found:
            assert iou(solid(one), solid(part)) == pytest.approx(1.0, abs=1e-9)
        return {one.operations for one in found}

    assert len(orders()) == 2  # the last hole stands with the post
    monkeypatch.setattr(Post, "refers", lambda post: (3,))
    assert len(orders()) == 1


@pytest.mark.parametrize(("closed", "known"), [(False, 0), (True, 1)])
def test_a_file_whose_loop_ends_with_a_new_curve_is_known_up_to_there(entered, closed, known):
    """An unknown command after an open loop belongs to its sketch, whatever drew the loop."""
    sketch = {
        "type": "sketch",
        "plane": {"origin": [0, 0, 0], "normal": [0, 0, 1], "x_axis": [1, 0, 0]},
    }
    ends = [[10, 0], [10, 10], [0, 0]] if closed else [[10, 0], [10, 10]]
    drawn = [{"type": "loop", "start": [0, 0]}, *({"type": "rule", "end": end} for end in ends)]
    document = {"sequence": [sketch, *drawn, {"type": "clothoid"}]}
    sequence = readers.native.parse(document)
    assert len(sequence) == known


# --- words that a model has learned ---------------------------------------------------------------


def test_words_are_those_of_the_texts_in_the_order_of_the_language():
    assert words_in([HOLE]) == ("circle", "sketch", "extrude")
    assert words_in([PLATE, HOLE]) == ("loop", "close", "line", "circle", "sketch", "extrude")


def test_no_more_texts_are_read_than_it_takes():
    def texts() -> Iterator[str]:
        yield PLATE
        yield "revolve new to 360 about 0 0 1 0 0\n"
        yield "mirror +x 0 all\nlinear +x 9 2 @1\npolar +z 0 0 0 4 360 @1\n"
        bowed = "sketch 0 0 0 +z +x\nloop 0 0\narc 10 0 90\nclose\nextrude new to 5 0\n"
        yield f"{bowed}fillet 1 side@1\nchamfer 1 all\n"
        yield f"{PLATE}hole 0 0 5 +z +x 2 through at 5 5\n"
        yield "sketch 0 0 0 +z +x\nellipse 0 0 5 2 30\nextrude new to 5 0\n"
        curve = "ellipsearc 10 0 180 0 0.4\nspline 2 1 10,9;0,9"
        yield f"sketch 0 0 0 +z +x\nloop 0 0\n{curve}\nclose\nextrude new to 5 0\n"
        yield f"{PLATE}extrude cut taper 5 at 3 from through to next 0\n"
        yield f"{PLATE}extrude cut to face +z 3 0\n"
        pytest.fail("all words had been seen")

    new = {"revolve", "mirror", "linear", "polar", "fillet", "chamfer", "hole"}
    new |= {"ellipse", "ellipsearc", "spline"}
    assert set(words_in(texts())) == {*checkpoint.FIRST_WORDS, *new, *PHRASES}


@pytest.mark.parametrize(
    ("words", "lacking"),
    [
        ((), "expected extrude or revolve, got none"),
        (("sketch",), "expected extrude or revolve, got sketch"),
        (("loop", "line", "close", "sketch"), "expected extrude"),
        (("circle", "extrude"), "expected sketch"),
        (("sketch", "extrude"), "expected circle, or loop with line and close"),
        (("sketch", "extrude", "line", "close"), "expected circle, or loop"),
        (("sketch", "extrude", "loop", "line"), "expected circle, or loop"),
    ],
)
def test_words_with_which_no_part_can_be_finished_are_refused(words, lacking):
    with pytest.raises(CheckpointError, match="at words: no part can be finished") as caught:
        check_words(words, file="model")
    assert lacking in str(caught.value)


@pytest.mark.parametrize(
    "words",
    [
        ("sketch", "circle", "extrude"),
        ("sketch", "loop", "line", "close", "extrude"),
        ("sketch", "loop", "arc", "extrude"),
        checkpoint.FIRST_WORDS,
    ],
)
def test_words_with_which_a_part_can_be_finished_are_taken(words):
    check_words(words)


def test_what_builds_by_itself_needs_no_sketch(entered):
    check_words(("post",))
    with pytest.raises(CheckpointError, match="expected extrude or revolve or post"):
        check_words(("sketch", "circle"))
