"""How far an extrude reaches, said by what stands there already.

    [taper T[/T] ] [at N ] to N | through | next | face F   [ from N | back through | …]
    [taper T ] [at N ] sym N

A taper, and where a plane lies, are decimals as in the lines.
"""

from __future__ import annotations

from collections.abc import Iterator

from cadcomplete.errors import TextError
from cadcomplete.history.extent_kind import End, SaidExtent, checked, read_end, write_taper
from cadcomplete.history.extents import Until
from cadcomplete.history.fields import parse_number
from cadcomplete.language.numbers.memory import Axis, Memory
from cadcomplete.language.numbers.words import read_number, write_number

_BACK = "back"


def write_reach(reach: SaidExtent, axis: Axis, memory: Memory) -> list[str]:
    """Return the words that say it, positions along an axis."""
    words = []
    if reach.taper:
        words += ["taper", "/".join(map(write_taper, reach.taper))]
    if reach.start is not None:
        words += ["at", write_number(reach.start, axis, memory)]
    first = "sym" if reach.type == "symmetric" else "to"
    for number, back, end in zip((first, "from"), ((), (_BACK,)), reach.at, strict=False):
        if isinstance(end, Until):
            words += [*back, end.word]
        else:
            words += [number, write_number(end, axis, memory)]
    return words


def read_reach(words: Iterator[str], axis: Axis, memory: Memory) -> SaidExtent:
    """Read how far it reaches, up to the end of the line. Raises TextError, StopIteration."""
    word, tapers, start = next(words), [], None
    if word == "taper":
        tapers = [parse_number(part) for part in next(words).split("/")]
        word = next(words)
    if word == "at":
        start, word = read_number(next(words), axis, memory), next(words)
    if word == "sym":
        end = read_number(next(words), axis, memory)
        return checked(SaidExtent("symmetric", (end,), start), tapers)
    at = (_end("to", word, words, axis, memory),)
    if (more := next(words, None)) is not None:
        word = next(words) if more == _BACK else more
        at = (*at, _end("from" if word == more else "", word, words, axis, memory))
    return checked(SaidExtent("two_sided" if at[1:] else "one_sided", at, start), tapers)


def _end(number: str, word: str, words: Iterator[str], axis: Axis, memory: Memory) -> End:
    """Read where a side ends; `number` is the word before one that is a number."""
    if word == number:
        return read_number(next(words), axis, memory)
    if word in ("through", "next", "face") and number != "from":
        return read_end(word, words)
    expected = (
        f"{number or 'back'} with a number, through, next or face"
        if number
        else "through, next or face"
    )
    raise TextError("unknown extent", expected=expected, got=word)
