"""The kind of field that says how far an extrude reaches, in both formats.

In the line language ends are positions along the normal, seen from the world's origin:

    [taper T[/T] ] [at START ] to END | sym POSITION | from END to END

In JSON they are distances from where it starts, and `start` and `taper` stand there only if there
are any. What has neither, and ends at numbers, is said as it was before there were others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from cadcomplete.errors import TextError
from cadcomplete.history.extents import NEXT, STEEPEST, THROUGH, Until
from cadcomplete.history.faces import Face, FaceName, FacePlane, read_face
from cadcomplete.history.fields import Decimal, FieldKind, Open, load_number, number, parse_number
from cadcomplete.history.kinds import (
    AXES,
    ends_kind,
    load_vector,
    plain,
    plain_list,
    read_direction,
)
from cadcomplete.history.pattern_kinds import unit

End = float | Until
"""Where a side ends: a number, or what stands for one."""

PHRASES = ("taper", "at", "through", "next", "face")
"""Words that stand within an extrude: a model that has learned extrudes need not know them."""


class SaidExtent(NamedTuple):
    """How far an extrude reaches, as its command says it.

    Attributes:
        type: of the extent.
        at: where its sides end, one or two.
        start: where it starts, if not on its sketch.
        taper: degrees, of all sides, or of the first and the second one; empty if there is none.
    """

    type: str
    at: tuple[End, ...]
    start: float | None = None
    taper: tuple[float, ...] = ()

    @property
    def numbers(self) -> tuple[float, ...]:
        """The positions, or distances, that it says, where it starts the last of them."""
        found = [end for end in self.at if not isinstance(end, Until)]
        return (*found, *(() if self.start is None else (self.start,)))

    @property
    def plain(self) -> bool:
        """Whether it could be said before there was more than numbers."""
        found = (self.start, *self.taper, *(end for end in self.at if isinstance(end, Until)))
        return found == (None,)


_KEYS = {
    "one_sided": ("distance",),
    "symmetric": ("distance",),
    "two_sided": ("distance", "against"),
}

PLAIN = ends_kind("extent", "distance", number, first=Decimal(), any_=Decimal())
"""What it was before there was more than numbers: all of it, where none of `PHRASES` is known."""

_NAMED = {"through": THROUGH, "next": NEXT}


def write_taper(degrees: float) -> str:
    """Degrees to six decimals; what is not none stays so."""
    if not degrees:
        return "0"
    least = 0.000001
    size = max(least, min(STEEPEST - least, abs(degrees)))
    return f"{'-' * (degrees < 0)}{size:.6f}".rstrip("0").rstrip(".")


def checked_tapers(tapers: list[float], kind: str) -> tuple[float, ...]:
    """Return one taper, or those of two sides; nothing if there is none. Raises TextError."""
    for degrees in tapers:
        if not abs(degrees) < STEEPEST:
            raise TextError("not a taper", expected="degrees between -90 and 90", got=degrees)
    if len(tapers) > 2 or (len(tapers) == 2 and kind != "two_sided"):
        expected = "one, or one for each of two sides, such as 5 and 0"
        raise TextError("not tapers", expected=expected, got=tapers)
    return tuple(degrees + 0.0 for degrees in tapers) if any(tapers) else ()


def write_end(end: End) -> str:
    return end.word if isinstance(end, Until) else number(end)


def read_end(word: str, words: Iterator[str]) -> End:
    """Read where a side ends, which begins with a word. Raises TextError."""
    if word in _NAMED:
        return _NAMED[word]
    return Until("face", read_face_words(words)) if word == "face" else parse_number(word)


def read_face_words(words: Iterator[str]) -> Face:
    """Read a face by its name, or by its normal and position. Raises TextError."""
    word = next(words)
    if "@" in word:
        return read_face(word)
    direction = read_direction(iter((word, *([] if word in AXES else (next(words), next(words))))))
    return FacePlane(unit(direction), parse_number(next(words)))


def _write(reach: SaidExtent) -> str:
    words = []
    if reach.taper:
        words.append(f"taper {'/'.join(map(write_taper, reach.taper))}")
    if reach.start is not None:
        words.append(f"at {number(reach.start)}")
    ends = [write_end(end) for end in reach.at]
    if reach.type == "two_sided":
        return " ".join([*words, "from", ends[1], "to", ends[0]])
    return " ".join([*words, "sym" if reach.type == "symmetric" else "to", ends[0]])


def _read(words: Iterator[str]) -> SaidExtent:
    word, tapers, start = next(words), [], None
    if word == "taper":
        tapers = [parse_number(part) for part in next(words).split("/")]
        word = next(words)
    if word == "at":
        start, word = parse_number(next(words)), next(words)
    if word not in ("to", "sym", "from"):
        raise TextError("unknown extent", expected="to, sym or from", got=word)
    one = read_end(next(words), words)
    if word != "from":
        kind, at = "one_sided" if word == "to" else "symmetric", (one,)
    else:
        if (word := next(words)) != "to":
            raise TextError("extent from a number without its end", expected="to", got=word)
        kind, at = "two_sided", (read_end(next(words), words), one)
    return checked(SaidExtent(kind, at, start), tapers)


def checked(reach: SaidExtent, tapers: list[float]) -> SaidExtent:
    """Return it with its tapers. Raises TextError if its parts do not go together."""
    if reach.type == "symmetric" and isinstance(reach.at[0], Until):
        expected = "a number, or a side each, such as from through to through"
        raise TextError("not a size", expected=expected, got=reach.at[0].kind)
    return reach._replace(taper=checked_tapers(tapers, reach.type))


def _dump_end(end: End) -> Any:
    if not isinstance(end, Until):
        return plain(end)
    if end.face is None:
        return end.kind
    if isinstance(end.face, FaceName):
        return {"face": end.face.word}
    return {"face": {"normal": plain_list(end.face.normal), "position": plain(end.face.position)}}


def _load_end(value: Any) -> End:
    if isinstance(value, str):
        if value in _NAMED:
            return _NAMED[value]
        raise TextError("unknown end", expected="a number, through or next", got=value)
    if not isinstance(value, dict):
        return load_number(value)
    face = value["face"]
    if isinstance(face, str):
        return Until("face", read_face(face))
    normal = unit(load_vector(face["normal"], 3))
    return Until("face", FacePlane(normal, load_number(face["position"])))


def _dump(reach: SaidExtent) -> dict[str, Any]:
    ends = zip(_KEYS[reach.type], map(_dump_end, reach.at), strict=True)
    found: dict[str, Any] = {"type": reach.type, **dict(ends)}
    if reach.start is not None:
        found["start"] = plain(reach.start)
    if reach.taper:
        one, *more = map(plain, reach.taper)
        found["taper"] = [one, *more] if more else one
    return found


def _load(value: Any) -> SaidExtent:
    kind = value["type"]
    if kind not in _KEYS:
        raise TextError("unknown extent", expected=" or ".join(_KEYS), got=kind)
    at = tuple(_load_end(value[key]) for key in _KEYS[kind])
    start, tapers = value.get("start"), value.get("taper")
    start = None if start is None else load_number(start)
    tapers = tapers if isinstance(tapers, list) else [] if tapers is None else [tapers]
    return checked(SaidExtent(kind, at, start), [load_number(taper) for taper in tapers])


EXTENT = FieldKind(
    write=_write,
    read=_read,
    dump=_dump,
    load=_load,
    slots={"lines": (Open("extent"),), "json": (Open("extent"),)},
)
"""What may stand there depends on what there is to end at: `language/extent_rows.py`."""
