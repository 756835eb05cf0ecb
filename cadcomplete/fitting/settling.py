"""A scan put where a history is."""

from __future__ import annotations

from cadcomplete.fitting.straightening import registered
from cadcomplete.fitting.walls import known_faces
from cadcomplete.fitting.wanted import Wanted, of_scan
from cadcomplete.sequence import CadSequence


def settled(wanted: Wanted, given: CadSequence) -> Wanted:
    """Return the wanted part where the faces of a history say that it is.

    A cloud that was computed lies there already. A scan is turned, moved and scaled a little.
    """
    if not wanted.noise or not given.operations:
        return wanted
    known = wanted.memo.get(given.operations)
    if known is None:
        faces = known_faces(given)
        points, normals = registered(
            wanted.points, wanted.normals, faces, wanted.size, wanted.noise
        )
        known = of_scan(points, normals, wanted.size, wanted.noise)
        wanted.memo.clear()  # one history at a time
        wanted.memo[given.operations] = known
    return known
