"""Edges are named from the history: what a name means, that it stays, and the shortest one."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from cadcomplete.errors import GeometryError, TextError
from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.edge_kinds import EDGE_NAMES, SIZES
from cadcomplete.history.edges import FILTERS, EdgePoint, EdgePredicate, read_edge
from cadcomplete.history.geometry import Plane
from cadcomplete.history.operations import OPERATIONS, Extrude
from cadcomplete.history.symmetry import move, scale, symmetries
from cadcomplete.kernel.build import build
from cadcomplete.kernel.naming.labels import first_face, labelled
from cadcomplete.kernel.naming.naming import chains, meant
from cadcomplete.kernel.naming.shortest import shortest_names
from cadcomplete.kernel.naming.surfaces import SURFACES, MovedSurfaces, Rotational
from cadcomplete.kernel.naming.topology import edges_of
from cadcomplete.language.lines import decode

PART = """\
sketch 0 0 0 +z +x
loop 0 0
line {width} 0
line {width} 30
line 0 30
close
circle 10 10 4
extrude new to {height} 0/1
sketch 0 0 {height} +z +x
loop 24 8
line 34 8
line 34 22
line 24 22
close
extrude join to {top} 0
sketch 0 0 {top} +z +x
circle 29 15 3
extrude cut to {floor} 0
"""
"""A plate with a hole (operation 1), a block on it (3), and a pocket in that (5)."""

SIZES_OF_PART = {"width": 40, "height": 10, "top": 18, "floor": 15}


def part(**sizes):
    return decode(PART.format(**(SIZES_OF_PART | sizes)))


def labels_of(sequence):
    solid = build(sequence)
    return labelled(edges_of(solid.shape), sequence.operations)


@pytest.fixture(scope="module")
def labels():
    return labels_of(part())


def middles(labels, word):
    """The middle of each edge that a word means, its operations counted from the first."""
    chosen = meant(labels, read_edge(word))
    return sorted(map(tuple, labels.found.points[chosen].mean(axis=1).round(4).tolist()))


WORDS = [
    *("all", "all:z", "all:line:convex", "all:round:concave:+z", "of@1", "of@5:concave"),
    *("start@1", "end@1/0", "end@1/1", "end@3/0.2", "start@5", "end@5", "side@1", "side@3/0.0"),
    *("side@1/0.-1", "side@3:-x:+y", "meet@1@3", "meet@3@5", "of@1/0.1"),
]


@pytest.mark.parametrize("word", [*WORDS, "1,-2.5,0.125", "end@2/3.-4:x:convex:-z"])
def test_a_name_is_written_as_it_was_read(word):
    name = read_edge(word)
    assert name.word == word
    assert name.counted(7).counted(7) == name
    assert EDGE_NAMES.load(EDGE_NAMES.dump((name,))) == (name,)


@pytest.mark.parametrize(
    "word",
    ["", "end", "end@x", "all@1", "side@1.2", "meet@1", "all:w", "1,2", "1,2,x", "all:", 7, None],
)
def test_what_is_no_name_of_an_edge_is_refused(word):
    with pytest.raises(TextError, match=r"not an edge|not a number"):
        read_edge(word)


def test_sizes_are_one_or_two_and_above_zero():
    for word in ("1", "0.5/2", "2/0.5~"):
        sizes = SIZES.read(iter([word]))
        assert SIZES.write(sizes) == word and SIZES.load(SIZES.dump(sizes)) == sizes
    for word in ("0", "-1", "1/0", "1/2/3", "x", "~"):
        with pytest.raises(TextError):
            SIZES.read(iter([word]))
    for value in (3, [], [1, 2, 3], [0], ["~"]):
        with pytest.raises(TextError):
            SIZES.load(value)


# --- what a name means --------------------------------------------------------------------------


def test_the_upright_edges_of_an_extrude_are_between_its_sides(labels):
    assert middles(labels, "side@3") == [(24, 8, 14), (24, 22, 14), (34, 8, 14), (34, 22, 14)]
    assert middles(labels, "side@3/0.0") == [(34, 8, 14)]
    assert middles(labels, "side@3/0.-1") == [(24, 8, 14)]


def test_the_end_of_an_extrude_has_the_outlines_of_its_loops(labels):
    assert middles(labels, "end@1/0") == [(0, 15, 10), (20, 0, 10), (20, 30, 10), (40, 15, 10)]
    assert middles(labels, "end@1/1") == [(10, 10, 10)]
    assert middles(labels, "end@1/0.1") == [(40, 15, 10)]
    assert len(middles(labels, "end@1")) == 9  # the foot of the block lies on it as well


def test_the_rim_of_a_pocket_is_where_it_starts_and_its_floor_where_it_ends(labels):
    assert middles(labels, "start@5") == [(29, 15, 18)]
    assert middles(labels, "end@5") == [(29, 15, 15)]
    assert middles(labels, "of@5:convex") == [(29, 15, 18)]


def test_operations_meet_where_a_face_of_each_does(labels):
    assert read_edge("meet@3@1") == read_edge("meet@1@3")
    assert middles(labels, "meet@1@3") == [(24, 15, 10), (29, 8, 10), (29, 22, 10), (34, 15, 10)]
    assert middles(labels, "start@3") == middles(labels, "meet@1@3")  # where the block stands
    assert middles(labels, "meet@3@5") == [(29, 15, 18)]


def test_filters_are_asked_one_after_the_other(labels):
    assert middles(labels, "all:concave:line") == middles(labels, "meet@1@3")
    assert middles(labels, "all:z:+x") == [(40, 0, 5), (40, 30, 5)]
    assert middles(labels, "all:+x:z:-y") == [(40, 0, 5)]
    assert middles(labels, "all:round:-z") == [(10, 10, 0)]


def test_a_point_means_the_edge_that_it_lies_on(labels):
    assert middles(labels, "3,0,10") == [(20, 0, 10)]
    assert middles(labels, "14,10,0") == [(10, 10, 0)]
    with pytest.raises(GeometryError, match="no such edge"):
        middles(labels, "3,0.1,10")


@pytest.mark.parametrize("word", ["start@3:convex", "meet@1@5", "end@1:concave:round", "side@5"])
def test_a_name_that_means_no_edge_is_an_error(labels, word):
    with pytest.raises(GeometryError, match="no such edge"):
        middles(labels, word)


def test_what_a_fillet_makes_has_its_name_too():
    rounded = part()
    fillet = Fillet(2.0, (read_edge("side@3"),))
    from cadcomplete.kernel.blends import blended

    made = blended(build(rounded).shape, fillet, rounded.operations)
    labels = labelled(edges_of(made.shape), (*rounded.operations, fillet))
    assert [round(z) for _, _, z in middles(labels, "of@6:convex")] == [18] * 4
    assert [round(z) for _, _, z in middles(labels, "meet@6@1")] == [10] * 4


# --- it stays -----------------------------------------------------------------------------------


def stretched(points, sizes):
    """Where points of the part go when it has other sizes: coordinate by coordinate."""
    old, new = SIZES_OF_PART, SIZES_OF_PART | sizes
    moved = np.array(points, dtype=float)
    moved[:, 0] = np.interp(moved[:, 0], [0, 35, old["width"]], [0, 35, new["width"]])
    levels = ("height", "floor", "top")
    heights = [[0, *(of[level] for level in levels)] for of in (old, new)]
    moved[:, 2] = np.interp(moved[:, 2], *heights)
    return moved


@pytest.mark.parametrize(
    "sizes",
    [{"width": 44}, {"height": 11}, {"top": 19.8}, {"floor": 16.5}, {"width": 36, "height": 9}],
    ids=str,
)
def test_names_mean_the_same_edges_when_an_earlier_dimension_changes_by_a_tenth(labels, sizes):
    changed = labels_of(part(**sizes))
    everything = np.arange(len(labels.found))
    for index in everything:
        (name,) = shortest_names(labels, everything, everything == index)
        assert isinstance(name, EdgePredicate), name
        (found,) = np.flatnonzero(meant(changed, name))
        here, there = labels.found.points[index], changed.found.points[found]
        if labels.found.straight[index]:
            steps = (here[4] - here[0]) / 8  # from the first place, a tenth along, to the end
            ends = np.stack([here[0] - steps, here[4] + steps])
            middle = stretched(ends, sizes).mean(axis=0)
        else:
            middle = stretched(here.mean(axis=0)[None], sizes)[0]
        assert np.linalg.norm(there.mean(axis=0) - middle) < 1e-6, name.word


@pytest.mark.parametrize("number", [0, 1, 5, 10, 17, 22, 30, 41, 47])
def test_names_turn_with_the_part(labels, number):
    symmetry = symmetries()[number]
    moved = labels_of(move(part(), symmetry))
    for word in WORDS:
        name = read_edge(word)
        there = moved.found.points[meant(moved, name.mapped(symmetry))].mean(axis=1)
        here = symmetry.apply_all(labels.found.points[meant(labels, name)].mean(axis=1))
        assert sorted(map(tuple, there.round(4) + 0.0)) == sorted(map(tuple, here.round(4) + 0.0))


def test_names_and_points_grow_with_the_part(labels):
    large = labels_of(scale(part(), 2.5))
    for word in (*WORDS, "3,0,10"):
        name = read_edge(word)
        there = large.found.points[meant(large, name.scaled(2.5))].mean(axis=1)
        here = labels.found.points[meant(labels, name)].mean(axis=1)
        assert np.allclose(np.sort(there, axis=0), np.sort(here * 2.5, axis=0))


def test_moving_there_and_back_gives_the_name_again():
    for symmetry in symmetries():
        back = next(s for s in symmetries() if np.allclose(s.matrix @ symmetry.matrix, np.eye(3)))
        for word in (*WORDS, *(f"all:{one}" for one in FILTERS)):
            name = read_edge(word)
            assert name.mapped(symmetry).mapped(back) == name
        chamfer = Chamfer((1.0, 2.0, False), (read_edge("all"),))
        assert chamfer.mapped(symmetry).mapped(back) == chamfer


def test_the_first_face_is_the_one_that_was_made_first(labels):
    """Operations in their order; of one operation its ends, then the side of the curve before."""
    faces = labels.found.normals

    def normal(word, *, swapped=False):
        (index,) = np.flatnonzero(meant(labels, read_edge(word)))
        return tuple(faces[index, first_face(labels, index, swapped=swapped), 2].round(9) + 0.0)

    assert normal("end@1/0.1") == normal("end@1/0.1", swapped=True) == (0, 0, 1)
    assert normal("meet@1@3:+x") == (0, 0, 1)
    assert normal("side@1/0.0") == (0, -1, 0) and normal("side@1/0.0", swapped=True) == (1, 0, 0)
    assert normal("side@1/0.-1") == (-1, 0, 0)  # of the last curve and the first the last


# --- the shortest -------------------------------------------------------------------------------


def shortest(labels, *words):
    wanted = np.logical_or.reduce([meant(labels, read_edge(word)) for word in words])
    together = np.arange(len(labels.found))
    return sorted(name.word for name in shortest_names(labels, together, wanted))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["side@3"], ["side@3"]),
        (["side@3/0.0", "side@3/0.1", "side@3/0.2", "side@3/0.3"], ["side@3"]),
        (["24,8,14", "34,22,14"], ["side@3/0.1", "side@3/0.3"]),
        (["14,10,0", "10,14,10"], ["of@1/1"]),
        (["meet@3@5"], ["start@5"]),
        (["all"], ["all"]),
        (["end@1/0", "end@3/0"], ["end@1/0", "end@3/0"]),
    ],
    ids=str,
)
def test_edges_get_the_shortest_names_that_mean_just_them(labels, words, expected):
    assert shortest(labels, *words) == expected


def test_every_set_of_edges_is_named_exactly(labels):
    rng = np.random.default_rng(3)
    together = np.arange(len(labels.found))
    for count in rng.integers(1, len(together), 25):
        wanted = np.isin(together, rng.choice(together, count, replace=False))
        names = shortest_names(labels, together, wanted)
        found = np.logical_or.reduce([meant(labels, name) for name in names])
        assert (found == wanted).all()


TWO_SLOTS = """\
sketch 0 0 0 +z +x
loop 0 0
line 40 0
line 40 10
line 0 10
close
extrude new to 10 0
sketch 0 0 10 +z +x
loop 10 0
line 13 0
line 13 10
line 10 10
close
extrude cut to 5 0
"""


def test_an_edge_in_two_pieces_is_told_apart_by_place_or_by_a_point():
    labels = labels_of(decode(TWO_SLOTS))
    (name,) = shortest_names(
        labels, np.arange(len(labels.found)), meant(labels, read_edge("5,0,10"))
    )
    assert name.word == "end@1/0.0:-x"
    assert middles(labels, name.word) == [(5, 0, 10)]


def test_a_point_stands_where_no_predicate_means_just_that_edge():
    """Of four pieces of one edge the second from the left lies farthest in no direction."""
    slots = "".join(
        f"sketch 0 0 10 +z +x\nloop {x} 0\nline {x + 3} 0\nline {x + 3} 10\nline {x} 10\nclose\n"
        "extrude cut to 5 0\n"
        for x in (8, 18, 28)
    )
    labels = labels_of(decode(TWO_SLOTS[: TWO_SLOTS.index("sketch 0 0 10")] + slots))
    wanted = meant(labels, read_edge("14,0,10"))
    names = shortest_names(labels, np.arange(len(labels.found)), wanted)
    assert [type(name) for name in names] == [EdgePoint]
    assert (meant(labels, names[0]) == wanted).all()


def test_edges_that_run_on_smoothly_are_named_by_one_of_them():
    slot = """\
sketch 0 0 0 +z +x
loop 0 0
line 20 0
arc 20 10 180
line 0 10
arc 0 0 180
extrude new to 5 0
"""
    sequence = decode(slot)
    shape = build(sequence).shape
    labels = labels_of(sequence)
    edges = edges_of(shape)
    together = chains(shape, edges)
    assert len(edges) == 8 and len(set(together)) == 2
    one = meant(labelled(edges, sequence.operations), read_edge("10,0,5"))
    assert [n.word for n in shortest_names(labels, together, one)] == ["end@1"]


# --- findings -----------------------------------------------------------------------------------


def problems(operation):
    operations = part().operations
    return [str(finding) for finding in operation.problems(operations, path="$")]


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (Fillet(0.0, (read_edge("all"),)), "a size of 0 mm"),
        (Fillet(-1.0, (read_edge("all"),)), "a size of -1 mm"),
        (Fillet(float("nan"), (read_edge("all"),)), "a size of nan mm"),
        (Chamfer((1.0, 0.0, False), (read_edge("all"),)), "a size of 0 mm"),
        (Fillet(1.0, ()), "no edges are named"),
        (
            Fillet(1.0, (read_edge("end@6"),)),
            "end@0: there is no such operation before it: @1 to @6 are possible",
        ),
        (Fillet(1.0, (read_edge("end@4"),)), "end@2: operation 4 makes no faces: it is a sketch"),
        (Fillet(1.0, (read_edge("end@1/2"),)), "its sketch has 2 loops, none has the index 2"),
        (Fillet(1.0, (read_edge("end@1/0.4"),)), "loop 0 has 4 curves, none has the index 4"),
        (Fillet(1.0, (read_edge("meet@1@2"),)), "operation 2 makes no faces"),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_fillet_is_said(operation, expected):
    found = problems(operation)
    assert any(expected in problem for problem in found), found


def test_a_sound_fillet_has_no_findings_and_refers_to_what_it_names():
    fillet = Fillet(1.0, tuple(map(read_edge, ("meet@1@3", "end@5", "1,2,3"))))
    assert problems(fillet) == [] and fillet.refers() == (1, 3, 5)
    assert fillet == replace(fillet, source="elsewhere")


def test_there_must_be_a_solid_that_has_edges():
    fillet = Fillet(1.0, (read_edge("all"),))
    found = [str(f) for f in fillet.problems(part().operations[:1], path="$")]
    assert found == ["error at $: there is no solid before it that has edges"]


# --- surfaces of other operations -----------------------------------------------------------------


def test_it_is_known_what_faces_each_operation_makes():
    assert SURFACES.keys() == set(OPERATIONS.values())


def halves(rows):
    return [[bool(value) for value in row] for row in rows]


def test_a_quarter_of_a_ring_has_sides_rims_and_ends_by_its_curves():
    """A square from y = 10 to 14 of the plane, turned from +y to +z of it."""
    loop = decode(PART.format(**SIZES_OF_PART)).operations[0].loops[0]
    square = loop.moved(lambda at: (at[0] / 10, 10 + at[1] / 7.5))  # 4 by 4
    surfaces = Rotational(Plane((0, 0, 0), (0, 0, 1), (1, 0, 0)), (square,), (2,), 0.0, 90.0)
    assert surfaces.keys == ((2, 0), (2, 1), (2, 2), (2, 3))
    slant = 12 / math.sqrt(2)
    points = np.array([(2, 10 / math.sqrt(2), 10 / math.sqrt(2)), (4, slant, slant), (2, 10, 0)])
    assert halves(surfaces.sides(points)) == [
        [True, False, True],  # the inner wall, also at its rim
        [False, True, False],
        [False, False, False],
        [False, False, False],
    ]
    starts, ends = surfaces.rims(points)
    assert halves(starts)[0] == [False, False, True] and not ends.any()
    inside = np.array([(2, 12, 0), (2, 0, 12), (2, 12, 1), (2, 0, -12)])
    assert halves(surfaces.ends(inside)) == [
        [True, False, False, False],
        [False, True, False, False],
    ]


def test_a_whole_ring_has_no_ends():
    loop = decode(PART.format(**SIZES_OF_PART)).operations[0].loops[0]
    square = loop.moved(lambda at: (at[0] / 10, 10 + at[1] / 7.5))
    surfaces = Rotational(Plane((0, 0, 0), (0, 0, 1), (1, 0, 0)), (square,), (0,), -180.0, 180.0)
    points = np.array([(2, 10, 0), (2, -10, 0), (2, 0, -10), (2, 0, 9)])
    assert halves(surfaces.sides(points))[0] == [True, True, True, False]
    assert not np.any(surfaces.ends(points)) and not np.any(surfaces.rims(points))


def test_copies_have_the_surfaces_of_the_original_elsewhere():
    sequence = decode(PART.format(**SIZES_OF_PART))
    (still,) = SURFACES[Extrude](sequence.operations[1], sequence.operations[:1])
    mirror, shift = np.diag([-1.0, 1.0, 1.0]), np.array([100.0, 0.0, 0.0])
    there = MovedSurfaces(still, mirror, shift)
    points = np.array([(20.0, 0.0, 5.0), (40.0, 15.0, 10.0), (3.0, 3.0, 10.0)])
    moved = points @ mirror.T + shift
    assert (there.sides(moved) == still.sides(points)).all() and still.sides(points).any()
    assert np.array_equal(there.ends(moved), still.ends(points)) and still.ends(points)[1].any()
    assert np.array_equal(there.rims(moved), still.rims(points)) and still.rims(points)[1].any()


HALF_RING = """\
sketch 0 0 0 +z +x
loop 0 10
line 20 10
line 20 15
line 0 15
close
revolve new to 180 about 0 0 1 0 0
sketch 0 0 0 +z +x
circle 5 12 1
extrude cut to 30 0
linear +x 8 2 @1
mirror +y 0 @2 @1
"""
"""Half a ring (operation 1), a hole that begins in its start face (3), and that again (4, 5)."""


def test_revolves_and_copies_have_names_for_their_edges():
    labels = labels_of(decode(HALF_RING))
    counts = {"start@1": 4 + 2, "end@1": 4 + 2, "side@1": 4, "of@3": 2, "of@4": 2, "of@5": 4}
    for word, count in counts.items():
        assert len(middles(labels, word)) == count, word
    assert middles(labels, "start@3") == [(5, 12, 0)]
    assert middles(labels, "start@4") == [(13, 12, 0)]
    assert middles(labels, "meet@1@5:-z") == [(5, -12, 0), (13, -12, 0)]
    assert middles(labels, "end@1/0.0") == [(10, -10, 0)]
    assert build(decode(f"{HALF_RING}chamfer 0.25 start@3 start@2 start@1\n")) is not None
