"""The kinds of field of ellipses and splines.

A spline is one field of several words: its degree, how far its knots are apart, its poles but for
the first, which is where the pen is, and its weights, if not all are 1:

    spline 3 1,1*2,1 10,0;20,5;30,5;40,0;50,3;60,0
    spline 2 1 10,10;0,10 1,0.707107,1

`1*2` is a span of 1 at whose end the knot counts twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from cadcomplete.errors import TextError
from cadcomplete.history.fields import (
    Decimal,
    FieldKind,
    Open,
    load_number,
    number,
    parse_number,
)
from cadcomplete.history.geometry import Vec2
from cadcomplete.history.kinds import POSITIVE, load_vector, plain, plain_list

_TURN = (Decimal(below=90, reached=True),)


def _turn(degrees: float) -> float:
    if not -90 <= degrees <= 90:
        raise TextError("not the turn of an axis", expected="degrees, -90 to 90", got=degrees)
    return degrees


def write_turn(degrees: float) -> str:
    """Degrees to six decimals: 2e-8 of the radius."""
    return f"{degrees + 0.0:.6f}".rstrip("0").rstrip(".") if round(degrees, 6) else "0"


TURN = FieldKind(
    write=write_turn,
    read=lambda words: _turn(parse_number(next(words))),
    dump=plain,
    load=lambda value: _turn(load_number(value)),
    slots={"lines": _TURN, "json": _TURN},
)


class SplineWords(NamedTuple):
    """What a command says of a spline.

    Attributes:
        degree: of it.
        spans: how far each knot is from the one before it.
        multiplicities: of the knots between the ends.
        poles: but for the first.
        weights: of all poles, the first included; empty if all are 1.
    """

    degree: int
    spans: tuple[float, ...]
    multiplicities: tuple[int, ...]
    poles: tuple[Vec2, ...]
    weights: tuple[float, ...]


def _write(words: SplineWords) -> str:
    often = ("" if m == 1 else f"*{m}" for m in (*words.multiplicities, 1))
    spans = ",".join(POSITIVE.write(s) + m for s, m in zip(words.spans, often, strict=True))
    poles = ";".join(f"{number(x)},{number(y)}" for x, y in words.poles)
    found = [str(words.degree), spans, poles]
    return " ".join([*found, ",".join(map(POSITIVE.write, words.weights))]).rstrip()


_SPAN = re.compile(r"([^*]+)(?:\*(\d{1,2}))?")


def _read(words: Iterator[str]) -> SplineWords:
    degree = next(words)
    if re.fullmatch(r"[1-9]\d?", degree) is None:
        raise TextError("not a degree", expected="1 to 25", got=degree)
    spans, often = [], []
    for part in next(words).split(","):
        match = _SPAN.fullmatch(part)
        if match is None:
            raise TextError("not a span between knots", expected="such as 1 or 1*2", got=part)
        spans.append(_above(parse_number(match[1])))
        often.append(int(match[2] or 1))
    poles = tuple(_pole(pole) for pole in next(words).split(";"))
    weights = next(words, "")
    return _checked(
        int(degree),
        spans,
        often[:-1],
        poles,
        [_above(parse_number(w)) for w in weights.split(",")] if weights else [],
    )


def _above(value: float) -> float:
    if value <= 0:
        raise TextError("not a size", expected="a number above 0", got=value)
    return value


def _pole(word: str) -> Vec2:
    if word.count(",") != 1:
        raise TextError("not a pole", expected="x,y", got=word)
    x, y = map(parse_number, word.split(","))
    return (x, y)


def _checked(
    degree: int, spans: list[float], often: list[int], poles: tuple[Vec2, ...], weights: list[float]
) -> SplineWords:
    if not 1 <= degree <= 25 or any(not 1 <= m <= degree for m in often):
        expected = "a degree of 1 to 25, and knots that count up to as often"
        raise TextError("not a spline", expected=expected, got=(degree, *often))
    if len(poles) != (count := degree + sum(often)):
        problem = f"a spline of degree {degree} with these knots has {count} poles after its start"
        raise TextError(problem, expected=str(count), got=len(poles))
    if weights and len(weights) != count + 1:
        raise TextError("not the weights of a spline", expected=str(count + 1), got=len(weights))
    return SplineWords(degree, tuple(spans), tuple(often), poles, tuple(weights))


def _dump(words: SplineWords) -> dict[str, Any]:
    pairs = zip(map(plain, words.spans), (*words.multiplicities, 1), strict=True)
    found: dict[str, Any] = {
        "degree": words.degree,
        "knots": [span if often == 1 else [span, often] for span, often in pairs],
        "poles": [plain_list(pole) for pole in words.poles],
    }
    return found | ({"weights": plain_list(words.weights)} if words.weights else {})


def _load(value: Any) -> SplineWords:
    degree, spans, often = value["degree"], [], []
    if type(degree) is not int:
        raise TextError("not a degree", expected="1 to 25", got=degree)
    for knot in value["knots"]:
        span, count = knot if isinstance(knot, list) and len(knot) == 2 else (knot, 1)
        if type(count) is not int:
            raise TextError("not how often a knot counts", expected="a whole number", got=count)
        spans.append(_above(load_number(span)))
        often.append(count)
    poles = tuple(load_vector(pole, 2) for pole in value["poles"])
    weights = [_above(load_number(weight)) for weight in value.get("weights", [])]
    return _checked(degree, spans, often[:-1], poles, weights)  # type: ignore[arg-type]


SPLINE = FieldKind(
    write=_write,
    read=_read,
    dump=_dump,
    load=_load,
    slots={"lines": (Open("spline"),), "json": (Open("spline"),)},
)
