"""Law 12 in the heart and in what it asks: `completion/`, `fitting/`, `placing/`, the grammar.

The toy operation and the toy curve (`toys.py`) are given and proposed; each room that lacks an
entry names it, and nothing is taken for an extrude because it has the fields of one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import pytest
from conftest import PLATE
from toys import POST_ENTRIES, RULE_ENTRIES, Post, Rule, enter, extruded

from cadcomplete.clouds.cloud import sample_cloud
from cadcomplete.completion import ranking
from cadcomplete.completion.by_model import ByModel
from cadcomplete.completion.effects import Kind, alike, effect
from cadcomplete.completion.engine import complete, shipped_model
from cadcomplete.completion.features import FEATURES, features
from cadcomplete.completion.features import alike as alike_ideas
from cadcomplete.completion.ideas import ideas
from cadcomplete.completion.ranking import Ranker, Weights
from cadcomplete.completion.reading import Reading
from cadcomplete.completion.snapping import numbers_of
from cadcomplete.completion.usual import known_planes, parallel_levels, reach
from cadcomplete.completion.usual_sketches import usual_sketches
from cadcomplete.completion.wording import in_words
from cadcomplete.completion.writing import write
from cadcomplete.constraints.meeting import meetings
from cadcomplete.constraints.pins import sizes
from cadcomplete.errors import CheckpointError, InputError, UnsupportedError
from cadcomplete.fitting import wanted
from cadcomplete.fitting.drawn.sketches import directions
from cadcomplete.fitting.flat.levels import prefix_levels
from cadcomplete.fitting.flat.walls import known_faces, prefix_faces
from cadcomplete.fitting.space.scores import effect as effect_in_space
from cadcomplete.fitting.space.scores import state
from cadcomplete.history.curves import Circle, Line
from cadcomplete.history.geometry import XY, Array, Plane
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Boolean, Extent, ExtentType, Extrude, Profile, Sketch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Kernel
from cadcomplete.language.drawing import Drawing
from cadcomplete.language.grammar import next_commands
from cadcomplete.language.lines import decode, encode
from cadcomplete.meshes.manifolds import iou, mesh_of, solid
from cadcomplete.model.checkpoint import Checkpoint
from cadcomplete.model.sampling import Sampling
from cadcomplete.placing.comparing import fitted
from cadcomplete.placing.marks import marks_of
from cadcomplete.predictions import Case, Idea
from cadcomplete.readers import from_sequence

PLATE_OPS: tuple[Any, ...] = decode(PLATE).operations
POST: Any = Post(Plane((6.0, 6.0, 10.0), XY.normal, XY.x_axis), 4.0)  # on the plate
POSTED = CadSequence((*PLATE_OPS, POST), "posted")
CORNERS = ((0.0, 0.0), (20.0, 0.0), (20.0, 10.0), (0.0, 10.0))
SIDES: list[Any] = [
    (Rule if i == 0 else Line)(a, b)
    for i, (a, b) in enumerate(zip(CORNERS, (*CORNERS[1:], CORNERS[0]), strict=True))
]
RULED = CadSequence(extruded(Loop(tuple(SIDES))), "ruled")
BOSS = "sketch 0 0 {0} +z +x\ncircle {1} 5 3\nextrude join to {2} 0\n"
FEW = Sampling(rows=3, most_tokens=120)


@pytest.fixture
def entered(monkeypatch):
    enter(monkeypatch)


@pytest.fixture(scope="module")
def kernel():
    with Kernel(workers=1, time_limit=60) as kernel:
        yield kernel


def with_boss(given: CadSequence, height: float, x: float) -> CadSequence:
    """The part with a boss of 5 mm on it: what is wanted."""
    boss = decode(PLATE + BOSS.format(height, x, height + 5)).operations[2:]
    profile = Profile(len(given), 0)
    new = (boss[0], replace(boss[1], profiles=(profile,)))  # type: ignore[type-var]
    return replace(given, operations=(*given.operations, *new))


def cloud_of(sequence: CadSequence):
    return sample_cloud(mesh_of(solid(sequence)), 2048)


# --- given ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("only_next", [True, False])
@pytest.mark.parametrize("shown", [True, False])
@pytest.mark.parametrize("name", ["post", "rule"])
def test_a_part_with_it_is_completed(entered, kernel, name, shown, only_next):
    given, whole = (
        (POSTED, with_boss(POSTED, 10.0, 30.0))
        if name == "post"
        else (RULED, with_boss(RULED, 6.0, 10.0))
    )
    points = cloud_of(whole) if shown else None
    found = complete(
        from_sequence(given), points=points, n=2, only_next=only_next, sampling=FEW, kernel=kernel
    )
    assert found.completions or not (shown or only_next)
    for one in found.completions:
        operations = one.document.sequence.operations
        assert operations[: len(given)] == given.operations and len(operations) > len(given)
        assert one.words != "nothing"
    if shown and not only_next:  # by polyhedra: the kernel's processes do not know the toys
        assert iou(solid(found.completions[0].document.sequence), solid(whole)) > 0.99


def test_the_search_alone_goes_on_from_it(entered, kernel):
    case = Case("posted", POSTED, points=cloud_of(with_boss(POSTED, 10.0, 30.0)))
    reading = ByModel(shipped_model(), kernel, source="search").read(case)
    assert (reading.command, reading.situation) == ("sketch", "later sketch, cloud")
    done = Case("posted", POSTED, points=cloud_of(POSTED))
    assert ByModel(shipped_model(), kernel, source="search").read(done).stop == 1.0


def test_its_planes_and_faces_are_where_others_go_on_from(entered):
    assert [p.offset for p in known_planes(POSTED)] == [14.0, 10.0, 0.0]
    assert parallel_levels(POSTED.operations, XY) == [0.0, 10.0, 14.0]
    assert prefix_levels(POSTED, np.array([0.0, 0.0, 1.0])) == [0.0, 0.0, 10.0, 10.0, 14.0]
    flats, rounds = prefix_faces(POSTED)
    assert [one.radius for one in rounds] == [5.0, 4.0]
    assert flats[-1].offset == 14.0
    assert prefix_faces(CadSequence(RULED.operations))[0][2].offset == 0.0  # the rule's wall
    assert len(known_faces(CadSequence(RULED.operations[:1]))[0]) == 5
    assert reach(CadSequence((POST,))).max(axis=0) == pytest.approx([10, 10, 14], abs=0.01)
    assert 14.0 in {sketch.plane.offset for sketch in usual_sketches(POSTED)}


def test_the_way_that_it_stands_is_a_direction_to_look_along(entered):
    tilted = Plane.of((0.0, 0.0, 10.0), (0.6, 0.0, 0.8), (0.8, 0.0, -0.6))
    post: Any = Post(tilted, 4.0)
    plain = wanted(cloud_of(decode(PLATE)))
    before, after = (
        directions(CadSequence(operations), plain) for operations in (PLATE_OPS, (*PLATE_OPS, post))
    )
    assert not any(np.allclose(d, tilted.normal) for d in before)
    assert any(np.allclose(d, tilted.normal) for d in after)


def test_a_shape_is_placed_on_it(entered):
    marks = marks_of(POSTED)
    assert marks is not None and marks.box[1][2] == pytest.approx(14.0, abs=0.5)
    assert fitted(cloud_of(POSTED), POSTED).notices == ()
    assert marks_of(CadSequence(RULED.operations[:1])) is not None


def test_after_one_straight_curve_alone_no_loop_is_closed(entered):
    rule: Any = Rule(*CORNERS[:2])
    for curve in (rule, Line(*CORNERS[:2])):
        drawing = Drawing.of(CadSequence((Sketch(XY, (Loop((curve,)),)),)), "lines")
        assert "close" not in next_commands(drawing)
    two = Drawing.of(CadSequence((Sketch(XY, (Loop(tuple(SIDES[:2])),)),)), "lines")
    assert "close" in next_commands(two)


# --- proposed -------------------------------------------------------------------------------------


@pytest.fixture
def only_posts(entered) -> Checkpoint:
    """A model that has learned to write nothing else: what it writes makes no sense."""
    return replace(shipped_model(), words=("post",), folder=None)


def posts(model: Checkpoint, kernel: Kernel) -> tuple[ByModel, Reading]:
    completer = ByModel(model, kernel, FEW)
    return completer, completer.read(Case("plate", decode(PLATE)), until="built")


def test_a_word_that_a_model_has_learned_is_proposed(kernel, only_posts):
    completer, reading = posts(only_posts, kernel)
    assert (reading.command, reading.situation) == ("post", "first post")
    assert all(isinstance(row.finished.operations[-1], Post) for row in reading.rows if row.whole)
    found = completer.ideas(reading)
    drawn = {idea.operation for idea in found if idea.samples}
    assert {type(idea.operation) for idea in found if idea.tokens} == {Post} and drawn
    assert {Post(p.plane, 2 * p.radius) for p in drawn} <= {idea.operation for idea in found}  # type: ignore[union-attr]
    for answer in completer.next(replace(reading, kinds={}), n=2):  # beside it mirrors are likelier
        assert isinstance(answer.operation, Post)
        assert in_words(answer.sequence, 2).startswith("post ø")
    assert all(part.sequence.operations[:2] == PLATE_OPS for part in completer.parts(reading, n=2))


def test_it_is_known_of_ideas_what_they_do(entered):
    higher: Any = Post(POST.plane, 5.0)
    boss = decode(PLATE + BOSS.format(10, 30, 15)).operations[2:]
    mixed = [Idea((POST,), log_probability=-1.0), Idea((higher,), log_probability=-2.0)]
    mixed.append(Idea(boss, log_probability=-3.0))
    plate = decode(PLATE)
    assert alike_ideas(mixed, plate).tolist() == np.eye(3).tolist()
    known = features(mixed, plate, wanted=wanted(cloud_of(POSTED)))
    columns = dict(zip(FEATURES, known.T, strict=True))
    assert columns["agreement"][0] == pytest.approx(1, abs=0.01)
    assert columns["gain"].argmax() == 0 and columns["gain"][2] < 0
    assert columns["share of the sweep that changes something"][0] == 1


def test_what_it_does_to_the_part_is_told(entered):
    once, twice = effect(POSTED, 2), effect(CadSequence((*PLATE_OPS, POST, POST)), 3)
    assert [step.kind for step in once.steps] == [Kind.BOSS] and not once.idle
    assert once.change.volume == pytest.approx(np.pi * 4**3, rel=2e-3)
    assert twice.idle
    assert [step.kind for step in effect(CadSequence((POST,)), 0).steps] == [Kind.BASE]
    other: Any = Post(Plane((30.0, 6.0, 10.0), XY.normal, XY.x_axis), 4.0)
    assert alike(once, once) and not alike(once, effect(CadSequence((*PLATE_OPS, other)), 2))
    drawn = "sketch 0 0 10 +z +x\ncircle 6 6 4\nextrude join to 14 0\n"
    assert alike(once, effect(decode(PLATE + drawn), 2))  # the same, however it was made
    assert in_words(POSTED, 2) == "post ø8"


# --- a room that lacks an entry names it ----------------------------------------------------------


def proposed(sequence: CadSequence) -> object:
    """Ideas for an operation after what is given, of which the model drew one."""
    return ideas(replace(sequence, operations=sequence.operations[:-1]), (), "post")


def in_space(sequence: CadSequence) -> object:
    shape = wanted(cloud_of(decode(PLATE)))
    return effect_in_space(state(CadSequence(()), shape), sequence.operations[-1], sequence)


OPERATION_ROOMS: dict[str, tuple[str, Any]] = {
    "usual": ("manifolds", reach),
    "marks": ("manifolds", marks_of),
    "marks of walls": ("faces", marks_of),
    "faces": ("faces", prefix_faces),
    "known faces": ("faces", known_faces),
    "fitting": ("occupancy", in_space),
    "ideas": ("proposals", proposed),
    "alike": ("proposals", lambda sequence: alike_ideas([Idea((POST,))], sequence)),
    "effects": ("effects", lambda sequence: effect(sequence, 2)),
    "wording": ("wording", lambda sequence: in_words(sequence, 2)),
    "snapping": ("snapping", lambda sequence: list(numbers_of(sequence))),
    "pins": ("pins", lambda sequence: sizes(sequence.operations[-1], ())),
    "meeting": ("meeting", lambda sequence: meetings(sequence.operations)),
}


@pytest.mark.parametrize("room", OPERATION_ROOMS)
def test_a_room_of_the_heart_names_the_operation_that_it_lacks(entered, monkeypatch, room):
    table, ask = OPERATION_ROOMS[room]
    ask(POSTED)
    monkeypatch.delitem(*POST_ENTRIES[table][:2])
    with pytest.raises(UnsupportedError, match="Post"):
        ask(POSTED)


def test_a_completer_names_the_operation_that_is_never_proposed(monkeypatch, kernel, only_posts):
    monkeypatch.delitem(*POST_ENTRIES["proposals"][:2])
    completer, reading = posts(only_posts, kernel)
    with pytest.raises(UnsupportedError, match=r"completion/proposing\.py.* Post"):
        list(completer.next(reading, n=1))


@pytest.mark.parametrize("table", ["walls", "grammar"])
def test_a_room_of_the_heart_names_the_curve_that_it_lacks(entered, monkeypatch, table):
    sketch = RULED.operations[0]
    assert isinstance(sketch, Sketch)
    begun = CadSequence((replace(sketch, loops=(Loop(tuple(SIDES[:1])),)),))
    ask = {
        "walls": lambda: prefix_faces(RULED),
        "grammar": lambda: next_commands(Drawing.of(begun, "lines")),
    }[table]
    ask()
    monkeypatch.delitem(*RULE_ENTRIES[table][:2])
    with pytest.raises(UnsupportedError, match="Rule"):
        ask()


@dataclass(frozen=True, slots=True)
class Tapered:
    """It has the fields of an extrude and is none."""

    profiles: tuple[Profile, ...]
    extent: Extent
    boolean: Boolean
    taper: float = 10.0
    source: str = field(default="", compare=False, repr=False)
    remarks: tuple[str, ...] = field(default=(), compare=False, repr=False)

    builds: ClassVar[bool] = True
    finished: ClassVar[bool] = True

    def refers(self) -> tuple[int, ...]:
        return (0,)

    def planes(self, before: object) -> tuple[Plane, ...]:
        return ()

    def lines(self) -> tuple[Array, ...]:
        return ()

    def start(self, before: object) -> Plane:
        return XY

    def problems(self, before: object, *, path: str, last: bool = False) -> Iterator[Any]:
        return iter(())


def test_nothing_is_taken_for_an_extrude_that_only_looks_like_one():
    cut: Any = Tapered((Profile(0, 0),), Extent(ExtentType.ONE_SIDED, 7.0), Boolean.CUT)
    sequence = CadSequence((PLATE_OPS[0], cut))
    assert parallel_levels(sequence.operations, XY) == [0.0]
    assert [plane.offset for plane in known_planes(sequence)] == [0.0]
    assert prefix_levels(sequence, np.array([0.0, 0.0, 1.0])) == [0.0]
    for ask in (
        lambda: reach(sequence),
        lambda: prefix_faces(sequence),
        lambda: known_faces(sequence),
        lambda: marks_of(sequence),
        lambda: effect(sequence, 1),
        lambda: in_words(sequence, 1),
        lambda: alike_ideas([Idea((cut,)), Idea((PLATE_OPS[1],))], CadSequence(PLATE_OPS[:1])),
        lambda: in_space(sequence),
    ):
        with pytest.raises(UnsupportedError, match="Tapered"):
            ask()


# --- the words of a checkpoint --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "keep"),
    [((), 0), (("sketch",), 2), (("sketch", "loop", "line", "close"), 2), (("extrude",), 0)],
)
def test_words_with_which_nothing_can_be_finished_are_named(kernel, words, keep):
    completer = ByModel(replace(shipped_model(), words=words), kernel, FEW)
    with pytest.raises(CheckpointError, match=r"words.* cannot be finished: .*sketch"):
        completer.read(Case("plate", CadSequence(PLATE_OPS[:keep])))


def test_words_that_lead_nowhere_end_a_text(kernel):
    """A sketch is begun in which nothing can be drawn."""
    completer = ByModel(replace(shipped_model(), words=("sketch", "extrude")), kernel, FEW)
    reading = completer.read(Case("nothing", CadSequence(())))
    assert [row.whole for row in reading.rows] == [0, 0, 0]
    assert list(completer.next(reading, n=1)) == []


def test_nothing_is_thought_of_for_a_model_in_words_that_it_has_not_learned():
    def circles(words: tuple[str, ...] | None) -> list[Idea]:
        found = ideas(decode(PLATE), (), "sketch", words=words)
        assert found
        return [idea for idea in found if "circle" in idea.text]

    learned = ("sketch", "loop", "line", "close", "extrude")
    assert circles(None) and circles((*learned, "circle")) == circles(None)
    plain = "".join(line for line in PLATE.splitlines(True) if "circle" not in line)
    given = decode(plain.replace("0/1", "0"))
    found = ideas(given, (), "sketch", words=learned)
    assert found and not any("circle" in idea.text for idea in found)


# --- each solid is built once ---------------------------------------------------------------------


class Counting(Kernel):
    """Counts how often it is asked about a history."""

    def __init__(self) -> None:
        super().__init__(workers=1, time_limit=60)
        self.asked: Counter[str] = Counter()

    def __enter__(self) -> Counting:
        return self

    def submit(self, job: Any, *arguments: Any, **options: Any) -> Any:
        if isinstance(arguments[0], CadSequence):
            self.asked[encode(arguments[0]).text] += 1
        return super().submit(job, *arguments, **options)


def test_of_a_shown_part_the_given_solid_is_built_once_and_written(tmp_path):
    """The plate is among the answers as it is, and every file of another shows it too."""
    points = cloud_of(decode(PLATE))
    with Counting() as kernel:
        document = from_sequence(decode(PLATE))
        found = complete(document, points=points, n=2, sampling=FEW, kernel=kernel)
        assert found.before is not None and found.as_it_is is not None
        write(found, tmp_path, ("step",), kernel)
        assert set(kernel.asked.values()) == {1}


def test_the_same_history_is_checked_once_however_often_it_is_asked_for():
    with Counting() as kernel:
        completer = ByModel(shipped_model(), kernel, FEW)
        reading = completer.read(Case("plate", decode(PLATE)), until="built")
        first = list(completer.next(reading, n=2))
        asked = sum(kernel.asked.values())
        assert list(completer.next(reading, n=2)) == first
        assert sum(kernel.asked.values()) == asked and set(kernel.asked.values()) == {1}


def test_a_ranker_is_read_again_only_if_it_is_another(tmp_path):
    one = Ranker(("a",), {"x": Weights((0.0,), (1.0,), (1.0,), 0.0)})
    one.save(tmp_path)
    read = ranking.load(tmp_path, ("a",))
    assert read == one and ranking.load(tmp_path, ("a",)) is read
    other = Ranker(("a",), {"other": Weights((0.0,), (1.0,), (1.0,), 0.25)})
    other.save(tmp_path)
    assert ranking.load(tmp_path, ("a",)) == other


def test_an_unknown_source_of_ideas_is_named(kernel):
    with pytest.raises(InputError, match=r"source: expected model, search, both, got.*serch"):
        ByModel(shipped_model(), kernel, source="serch")


def test_a_slanted_plane_to_eight_digits_is_parallel_to_itself():
    """Files have such normals: 0.70710678² · 2 = 1 - 3.4e-9."""
    plane = Plane((0.0, 0.0, 5.0), (0.0, 0.70710678, 0.70710678), (1.0, 0.0, 0.0))
    circle = Loop((Circle((0.0, 0.0), 5.0),))
    raised = Extrude((Profile(0, 0),), Extent(ExtentType.ONE_SIDED, 6.0), Boolean.NEW_BODY)
    given = CadSequence((Sketch(plane, (circle,)), raised))
    assert len(known_planes(given)) == 2
    low, high = parallel_levels(given.operations, plane)
    assert (low, high - low) == pytest.approx((plane.offset, 6.0), abs=1e-5)
