"""What may stand for a spline in a text: as many poles as its degree and its knots ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cadcomplete.history.fields import Branch, Choosing, Decimal, Fixed
from cadcomplete.language.drawing import Drawing

Row = tuple[Any, ...]
Options = tuple[tuple[str, Row], ...]

MOST_SPANS = 200
"""Spans between knots that may stand in one line."""

_DEGREES = range(1, 10)
"""Degrees that are offered; more are read."""

_ABOVE = Decimal(signed=False, zero=False)


@dataclass(frozen=True, slots=True)
class SplinePlace(Choosing):
    """A span between knots has ended here, or begins.

    Attributes:
        degree: of the spline.
        poles: how many there must be by what stands before, but for the first one.
        left: how many spans may follow.
        json: whether it stands in JSON.
        begins: whether a span begins here, which in JSON may be a pair.
    """

    degree: int
    poles: int
    left: int = MOST_SPANS
    json: bool = False
    begins: bool = False

    @property
    def options(self) -> Options:
        if self.begins:
            pair = (("[", (_ABOVE, self._often())),) if self.degree > 1 else ()
            return (*pair, ("", (_ABOVE, self._next(self.poles))))
        end = ('],"poles":[', self._poles()) if self.json else (" ", self._poles())
        if not self.left:
            return (end,)
        if self.json:
            return ((",", (self._begun(self.poles + 1),)), end)
        more = [(",", (_ABOVE, self._next(self.poles + 1)))]
        for often in range(2, self.degree + 1):
            more.append((f"*{often},", (_ABOVE, self._next(self.poles + often))))
        return (*more, end)

    def _next(self, poles: int) -> SplinePlace:
        return SplinePlace(self.degree, poles, self.left - 1, self.json)

    def _begun(self, poles: int) -> SplinePlace:
        return SplinePlace(self.degree, poles, self.left, self.json, begins=True)

    def _often(self) -> Branch:
        """How often a knot in JSON counts, and the next span: of the last one it says nothing."""
        options: Any = (
            (f",{often}],", (self._begun(self.poles + often),))
            for often in range(2, self.degree + 1)
        )
        return Branch(tuple(options))

    def _poles(self) -> Row:
        number = Decimal()
        if self.json:
            pole: Row = (Fixed("["), number, Fixed(","), number, Fixed("]"))
            places = pole + (Fixed(","), *pole) * (self.poles - 1)
            weights = (_ABOVE, *(Fixed(","), _ABOVE) * self.poles, Fixed("]}"))
            return (*places, Branch((("]}", ()), ('],"weights":[', weights))))
        pole = (number, Fixed(","), number)
        places = pole + (Fixed(";"), *pole) * (self.poles - 1)
        weights = (_ABOVE, *(Fixed(","), _ABOVE) * self.poles)
        return (*places, Branch((("", ()), (" ", weights))))


def spline_row(drawing: Drawing) -> Branch:
    """Return what may stand behind the name of a spline."""
    json = drawing.text_format == "json"
    options = []
    for degree in _DEGREES:
        first = SplinePlace(degree, degree, json=json, begins=True)
        begin = f'{{"degree":{degree},"knots":[' if json else f"{degree} "
        options.append((begin, (first,) if json else (_ABOVE, first._next(degree))))
    return Branch(tuple(options))
