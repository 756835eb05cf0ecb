"""Names of edges and faces in English: "the end of operation 1, loop 0", "all edges"."""

from __future__ import annotations

from cadcomplete.history.edges import BENDS, OF_TWO, PARALLEL_TO, SHAPES, EdgeName, EdgePredicate
from cadcomplete.history.faces import SIDE, Face, FacePlane
from cadcomplete.history.kinds import write_direction

_PLACES = {
    "of": "all of operation {0}",
    "start": "the start of operation {0}",
    "end": "the end of operation {0}",
    "side": "between sides of operation {0}",
    OF_TWO: "where operations {0} and {1} meet",
    "all": "all edges",
}
_FILTERS = {
    **{axis: f"along {axis}" for axis in PARALLEL_TO},
    **dict(zip(SHAPES, ("straight", "round"), strict=True)),
    **{bend: bend for bend in BENDS},
}


def edges_in_words(names: tuple[EdgeName, ...]) -> str:
    """Return what some names mean, their operations by their indices."""
    said = [_said(name) for name in names if isinstance(name, EdgePredicate)]
    points = len(names) - len(said)
    if points:
        said.append("1 edge named by a point" if points == 1 else f"{points} edges named by points")
    return " and ".join(filter(None, (", ".join(said[:-1]), *said[-1:]))) or "no edges"


def face_in_words(face: Face) -> str:
    """Return what the name of a face means, its operation by its index."""
    if isinstance(face, FacePlane):
        across = write_direction(face.normal)
        return f"the plane across {across}, {face.position:.6g} mm from the origin"
    if face.kind == SIDE:
        return f"the side of operation {face.operation}, loop {face.loop}, curve {face.curve}"
    return _PLACES[face.kind].format(face.operation)


def _said(name: EdgePredicate) -> str:
    place = _PLACES[name.kind].format(*name.operations)
    loop = "" if name.loop is None else f", loop {name.loop}"
    curve = "" if name.curve is None else f", curve {name.curve}"
    filters = "".join(f", {_FILTERS.get(one, f'farthest to {one}')}" for one in name.filters)
    return f"{place}{loop}{curve}{filters}"
