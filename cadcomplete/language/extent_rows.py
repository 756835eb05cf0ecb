"""What may stand in an extrude for how far it reaches, of the words that a model knows."""

from __future__ import annotations

import json
from collections.abc import Container
from dataclasses import dataclass
from typing import Any

from cadcomplete.history.extent_kind import PHRASES, PLAIN
from cadcomplete.history.extents import STEEPEST
from cadcomplete.history.fields import Branch, Decimal, Fixed
from cadcomplete.history.kinds import AXES
from cadcomplete.history.sketches import SweepsProfiles, sketch_of
from cadcomplete.language.drawing import Drawing
from cadcomplete.language.numbers import extent_row

Row = tuple[Any, ...]
Options = tuple[tuple[str, Row], ...]

_WHOLE = [list(map(int, axis)) for axis in AXES.values()]

_TAPER = Decimal(below=int(STEEPEST))


def reach_row(drawing: Drawing, words: Container[str] | None) -> Branch:
    """Return what may stand there in the formats `lines` and `json`."""
    known = _known(words)
    if not known:
        (plain,) = PLAIN.slots[drawing.text_format]
        assert isinstance(plain, Branch)
        return plain
    return (_json if drawing.text_format == "json" else _lines)(_Ends(drawing, known))


def numbers_row(drawing: Drawing, words: Container[str] | None, back: int) -> Row:
    """Return what may stand behind the boolean in the format `numbers`.

    `back` is how many sketches lie between that of the first profile and the end.
    """
    plain = extent_row(drawing.memory, back)
    known = _known(words)
    return (_numbers(_Ends(drawing, known), plain[0]),) if known else plain


def _known(words: Container[str] | None) -> frozenset[str]:
    return frozenset(word for word in PHRASES if words is None or word in words)


@dataclass(frozen=True, slots=True)
class _Ends:
    """What a side may end at, but for numbers.

    Attributes:
        drawing: what there is.
        known: the words that may be used.
    """

    drawing: Drawing
    known: frozenset[str]

    @property
    def words(self) -> Options:
        """Those that are one word: they need a part."""
        part = any(operation.builds for operation in self.drawing.operations)
        return tuple((w, ()) for w in ("through", "next") if part and w in self.known)

    def names(self, after: str = "") -> Options:
        """The faces that there are, each with what stands behind it."""
        operations = self.drawing.sequence.operations
        found: list[tuple[str, Row]] = []
        for index, operation in enumerate(operations):
            if isinstance(operation, SweepsProfiles):
                back = len(operations) - index
                found += [(f"{kind}@{back}{after}", ()) for kind in ("start", "end")]
                sketch = sketch_of(operation, operations[:index])
                loops = tuple(
                    (f"{number}.", (_numbered(len(loop.curves), after),))
                    for number, loop in enumerate(sketch.loops if sketch else ())
                )
                found += [(f"side@{back}/", (Branch(loops),))] if loops else []
        return tuple(found)

    @property
    def face(self) -> Branch:
        """A face, in the formats `lines` and `numbers`."""
        planes = tuple((f"{axis} ", (Decimal(),)) for axis in AXES)
        return Branch((*self.names(), *planes))

    def any(self, number: Any) -> Branch:
        """Where a side may end, in the format `lines`."""
        faces = (("face ", (self.face,)),) if "face" in self.known else ()
        return Branch((*self.words, *faces, ("", (number,))))


def _numbered(count: int, after: str) -> Branch:
    return Branch(tuple((f"{number}{after}", ()) for number in range(count)))


def _lines(ends: _Ends) -> Branch:
    end = ends.any(Decimal())
    to, sym = ("to ", (end,)), ("sym ", (Decimal(),))
    both = ("from ", (end, Fixed(" to "), end))

    def behind(rows: Options) -> Options:
        """What may stand behind the tapers."""
        at = (("at ", (Decimal(), Fixed(" "), Branch(rows))),) if "at" in ends.known else ()
        return (*rows, *at)

    rows = behind((to, sym, both))
    if "taper" not in ends.known:
        return Branch(rows)
    two = (_TAPER, Fixed(" "), Branch(behind((both,))))
    taper = ("taper ", (_TAPER, Branch(((" ", (Branch(rows),)), ("/", two)))))
    return Branch((*rows, taper))


def _json(ends: _Ends) -> Branch:
    faces: Options = ()
    if "face" in ends.known:
        after = '"}'
        named = [(f'{{"face":"{name}', row) for name, row in ends.names(after)]
        beginnings = (json.dumps({"face": {"normal": axis}}).replace(" ", "") for axis in _WHOLE)
        planes = [(f'{one[:-2]},"position":', (Decimal(), Fixed("}}"))) for one in beginnings]
        faces = (*named, *planes)
    end = Branch((*ends.words, *faces, ("", (Decimal(),))))
    end = Branch(tuple((f'"{t}"' if t in PHRASES else t, row) for t, row in end.options))

    def tail(taper: Row) -> Branch:
        tapers = ((',"taper":', (*taper, Fixed("}"))),) if "taper" in ends.known else ()
        start = (',"start":', (Decimal(), Branch((("}", ()), *tapers))))
        starts = (start,) if "at" in ends.known else ()
        return Branch((("}", ()), *starts, *tapers))

    one = tail((_TAPER,))
    either = Branch((("[", (_TAPER, Fixed(","), _TAPER, Fixed("]"))), ("", (_TAPER,))))
    return Branch(
        (
            ('{"type":"one_sided","distance":', (end, one)),
            ('{"type":"symmetric","distance":', (Decimal(), one)),
            ('{"type":"two_sided","distance":', (end, Fixed(',"against":'), end, tail((either,)))),
        )
    )


def _numbers(ends: _Ends, plain: Branch) -> Branch:
    (_, (slot, _)), sym = plain.options
    faces = ((" face ", (ends.face,)),) if "face" in ends.known else ()
    firsts = ((" to ", (slot,)), *((f" {w}", row) for w, row in ends.words), *faces)
    backs = tuple((f" back{text}", row) for text, row in firsts[1:])
    seconds = ((" from ", (slot,)), *backs)

    def behind(second: Options, more: Options) -> Options:
        """What may stand behind the tapers, with what may stand behind the first side."""
        rows = (*((text, (*row, Branch(second))) for text, row in firsts), *more)
        at = ((" at ", (slot, Branch(rows))),) if "at" in ends.known else ()
        return (*rows, *at)

    rows = behind((("", ()), *seconds), (sym,))
    if "taper" not in ends.known:
        return Branch(rows)
    two = (_TAPER, Branch(behind(seconds, ())))
    taper = (" taper ", (_TAPER, Branch((("/", two), ("", (Branch(rows),))))))
    return Branch((*rows, taper))
