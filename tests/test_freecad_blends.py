"""Fillets and chamfers of FreeCAD files: their edges by points, and then by predicates."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from freecad_files import (
    body,
    choice,
    document,
    fillet,
    pad,
    quantity,
    rectangle,
    sketch,
    thing,
    truth,
)
from freecad_files import link as names
from freecad_files import sub as parts

from cadcomplete.history.blends import Chamfer
from cadcomplete.kernel.build import build
from cadcomplete.kernel.measure import measure
from cadcomplete.kernel.naming.renamed import renamed
from cadcomplete.language.lines import encode
from cadcomplete.readers import freecad
from cadcomplete.readers.freecad.stored import Stored, StoredEdge, StoredFace

EDGES: dict[str, Stored] = {
    "Edge1": StoredEdge("line", (0.0, 0.0, 0.0), (0.0, 0.0, 10.0)),
    "Edge2": StoredEdge("line", (40.0, 0.0, 0.0), (40.0, 0.0, 10.0), (40.0, 0.0, 5.0)),
    "Edge3": StoredEdge("line", (40.0, 30.0, 0.0), (40.0, 30.0, 10.0)),
    "Edge4": StoredEdge("line", (0.0, 30.0, 0.0), (0.0, 30.0, 10.0)),
    "Edge9": StoredEdge("spline", (0.0, 0.0, 0.0), (1.0, 0.0, 0.0)),
    "Face1": StoredFace("plane", (0.0, 0.0, 10.0), (0.0, 0.0, 1.0)),
}
WALL = tuple(
    StoredEdge("line", (40.0, *one), (40.0, *other))
    for one, other in pairwise([(0.0, 0.0), (30.0, 0.0), (30.0, 10.0), (0.0, 10.0), (0.0, 0.0)])
)
EDGES["Face2"] = StoredFace("plane", (40.0, 0.0, 0.0), (1.0, 0.0, 0.0), edges=WALL)


def chamfer(name, base, size, edges, *more):
    return thing(
        name,
        "PartDesign::Chamfer",
        quantity("Size", size),
        parts("Base", base, *edges),
        names("BaseFeature", base),
        *more,
    )


def history(*features):
    """A plate of 40 by 30 by 10 mm, and what else is made of it."""
    made = (sketch("Sketch", *rectangle(0, 0, 40, 30)), pad("Pad", "Sketch", 10), *features)
    tip = features[-1][0]
    found = freecad.body_of(document(*made, body("Body", tip)).encode())
    known = replace(found, stored=lambda name, part: EDGES.get(part))
    return freecad.history(known)


def test_edges_are_named_by_points_on_them():
    sequence = history(fillet("Fillet", "Pad", 2.5, ("Edge1", "Edge2")))
    assert encode(sequence).text.endswith("\nfillet 2.5 0,0,5 40,0,5\n")
    assert sequence.operations[-1].source == "Fillet" and not sequence.rest


def test_a_face_stands_for_the_edges_around_it_each_once():
    sequence = history(fillet("Fillet", "Pad", 1.0, ("Edge2", "Face2")))
    around = "40,0,5 40,15,0 40,30,5 40,15,10"
    assert encode(sequence).text.endswith(f"\nfillet 1 {around}\n")
    assert build(sequence) is not None


def test_points_on_all_uprights_become_one_predicate():
    four = tuple(f"Edge{number}" for number in (1, 2, 3, 4))
    sequence = renamed(history(fillet("Fillet", "Pad", 2.5, four)))
    assert encode(sequence).text.endswith("\nfillet 2.5 side@1\n")
    assert build(sequence) is not None


def test_a_chamfer_of_one_size_is_read():
    sequence = history(chamfer("Chamfer", "Pad", 1.5, ("Edge3",)))
    assert encode(sequence).text.endswith("\nchamfer 1.5 40,30,5\n")


IN_WALLS = ((40.0, 29.995, 5.0), (39.995, 30.0, 5.0))
"""A little way from the middle of Edge3 into the wall of the second line, and of the third."""


def two_sizes(within, *said):
    EDGES["Edge5"] = StoredEdge("line", (40, 30, 0), (40, 30, 10), (40, 30, 5), within=within)
    return history(chamfer("Chamfer", "Pad", 1.5, ("Edge5",), *said))


@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize("within", [IN_WALLS, IN_WALLS[::-1]], ids=["in order", "turned"])
def test_the_first_size_of_a_chamfer_is_on_the_first_face_of_the_file_or_flipped_on_the_other(
    within, flipped
):
    said = (choice("ChamferType", 1), quantity("Size2", 3), truth("FlipDirection", flipped))
    sequence = two_sizes(within, *said)
    on_the_second_line = (within is IN_WALLS) != flipped
    sizes = (1.5, 3.0, False) if on_the_second_line else (3.0, 1.5, False)
    assert isinstance(sequence.operations[-1], Chamfer)
    assert sequence.operations[-1].sizes == sizes
    solid = build(sequence)
    assert solid is not None
    # 1.5 · 3 / 2 · 10 less, its centre a third of each size off the edge
    x, y, _ = measure(solid).center_of_mass
    off_x, off_y = (3.0, 1.5) if on_the_second_line else (1.5, 3.0)
    assert x == pytest.approx((12000 * 20 - 22.5 * (40 - off_x / 3)) / (12000 - 22.5), rel=1e-9)
    assert y == pytest.approx((12000 * 15 - 22.5 * (30 - off_y / 3)) / (12000 - 22.5), rel=1e-9)


def test_an_angle_of_a_chamfer_is_between_it_and_the_face_of_its_size():
    sequence = two_sizes(IN_WALLS, choice("ChamferType", 2), quantity("Angle", 60))
    assert isinstance(sequence.operations[-1], Chamfer)
    assert sequence.operations[-1].sizes[:2] == pytest.approx((1.5, 1.5 * math.sqrt(3)))


@pytest.mark.parametrize("within", [None, (IN_WALLS[0], (1.0, 2.0, 3.0)), (IN_WALLS[0],) * 2])
def test_a_chamfer_of_two_sizes_is_kept_where_nobody_knows_which_face_is_which(within):
    sequence = two_sizes(within, choice("ChamferType", 1), quantity("Size2", 3))
    said = "a chamfer of two sizes where it is not known which face is which"
    assert len(sequence) == 2 and sequence.unsupported == (said,)


@pytest.mark.parametrize("edges", [("Edge7",), ("Face1",), ("Edge1", "Face1"), ("Edge9",), ()])
def test_edges_and_faces_that_are_not_in_the_file_end_the_history(edges):
    sequence = history(fillet("Fillet", "Pad", 2.5, edges))
    assert len(sequence) == 2 and sequence.unsupported == ("PartDesign::Fillet",)
