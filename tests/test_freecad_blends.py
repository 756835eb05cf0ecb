"""Fillets and chamfers of FreeCAD files: their edges by points, and then by predicates."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from freecad_files import body, choice, document, fillet, pad, quantity, rectangle, sketch, thing
from freecad_files import link as names
from freecad_files import sub as parts

from cadcomplete.kernel.build import build
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


def test_a_chamfer_of_two_sizes_is_kept_because_nobody_knows_which_face_has_which():
    two = (choice("ChamferType", 1), quantity("Size2", 3))
    sequence = history(chamfer("Chamfer", "Pad", 1.5, ("Edge3",), *two))
    assert len(sequence) == 2 and sequence.unsupported == ("a chamfer by two distances",)


@pytest.mark.parametrize("edges", [("Edge7",), ("Face1",), ("Edge1", "Face1"), ("Edge9",), ()])
def test_edges_and_faces_that_are_not_in_the_file_end_the_history(edges):
    sequence = history(fillet("Fillet", "Pad", 2.5, edges))
    assert len(sequence) == 2 and sequence.unsupported == ("PartDesign::Fillet",)
