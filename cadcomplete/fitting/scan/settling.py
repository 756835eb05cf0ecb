"""A scan put where a history is."""

from __future__ import annotations

from dataclasses import replace

from cadcomplete.fitting.flat.walls import known_faces
from cadcomplete.fitting.scan.straightening import registered
from cadcomplete.fitting.space.solids import occupancy
from cadcomplete.fitting.space.wanted import VOLUME, Wanted, of_scan
from cadcomplete.history.sequence import CadSequence

_UNSEEN = 0.15  # what a place counts where nothing was seen, to one where something was


def settled(wanted: Wanted, given: CadSequence) -> Wanted:
    """Return the wanted part where the faces of a history say that it is.

    A cloud that was computed lies there already, and so does a scan that was settled on this
    history. Another scan is turned, moved and scaled a little: that takes seconds, so who asks
    more than once about a history settles the scan first.
    """
    if wanted.scan is None or not given.operations or wanted.settled == given.operations:
        return wanted
    points, normals = registered(*wanted.scan, known_faces(given), wanted.size, wanted.noise)
    found = _kept(of_scan(points, normals, wanted.size, wanted.noise), given)
    return replace(found, settled=given.operations)


def _kept(wanted: Wanted, given: CadSequence) -> Wanted:
    """Where nothing was seen, what is given is likelier to stay than to change."""
    if wanted.opened is None:
        return wanted
    beyond = wanted.opened.beyond(wanted.queries) & (wanted.weight == 0)
    current = occupancy(given, wanted.queries[beyond])
    if not current.any():
        return wanted
    inside, weight = wanted.inside.copy(), wanted.weight.copy()
    inside[beyond] = current
    weight[beyond] = _UNSEEN * weight[:VOLUME].max()
    return replace(wanted, inside=inside, weight=weight)
