"""Splines as scripts say them: Bézier curves, one for each piece between two knots."""

from __future__ import annotations

from cadcomplete.errors import UnsupportedError
from cadcomplete.history.splines import BSpline, bezier_pieces

MOST_POINTS = 25
"""Of a Bézier curve, in both libraries."""


def beziers(spline: BSpline) -> list[BSpline]:
    """Return the pieces of a spline. Raises UnsupportedError if they have too many points."""
    if spline.degree >= MOST_POINTS:
        raise UnsupportedError([f"BSpline (of degree {spline.degree}: at most {MOST_POINTS - 1})"])
    return bezier_pieces(spline)
