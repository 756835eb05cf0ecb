"""Names of edges in English: "the end of operation 1, loop 0", "2 edges named by points"."""

from __future__ import annotations

from cadcomplete.history.edges import BENDS, OF_TWO, PARALLEL_TO, SHAPES, EdgeName, EdgePredicate

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


def _said(name: EdgePredicate) -> str:
    place = _PLACES[name.kind].format(*name.operations)
    loop = "" if name.loop is None else f", loop {name.loop}"
    curve = "" if name.curve is None else f", curve {name.curve}"
    filters = "".join(f", {_FILTERS.get(one, f'farthest to {one}')}" for one in name.filters)
    return f"{place}{loop}{curve}{filters}"
