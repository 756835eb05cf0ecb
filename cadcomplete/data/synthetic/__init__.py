"""Synthetic parts that look like real ones: as many as one likes, no two alike.

Only numpy is needed, and of this package only the values; the README says what they follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from cadcomplete.data.synthetic.dice import Dice
from cadcomplete.data.synthetic.families import FAMILIES
from cadcomplete.data.synthetic.features import fill
from cadcomplete.data.synthetic.part import Workpiece
from cadcomplete.data.synthetic.repeating import patterned
from cadcomplete.history.sequence import CadSequence

__all__ = [
    "FAMILIES",
    "LIKE",
    "Like",
    "family_of",
    "generate",
    "part_of",
    "parts",
    "patterned_parts",
]

Like = Literal["extrudes", "engineers"]
"""What parts are like: sketches and extrudes as in the Fusion 360 designs, from which the shipped
model has learned; or with revolves, holes, mirrors, patterns, fillets and chamfers as engineers use
them (`engineered.py`)."""

# How many extrudes a part has; measured on the 6,367 Fusion 360 designs.
EXTRUDES: dict[int, float] = {
    **{1: 0.534, 2: 0.213, 3: 0.122, 4: 0.057, 5: 0.030, 6: 0.016, 7: 0.011, 8: 0.006},
    **{9: 0.003, 10: 0.003, 11: 0.0015, 12: 0.0015, 14: 0.001, 17: 0.0007, 20: 0.0005},
}

# Of the real designs half of those of one extrude hold a number that is neither a tenth of a
# millimetre nor a fraction of an inch, and two thirds of the others.
_UNROUND_SHARE = 0.2

# Round numbers soon repeat where there are few: such a part always has one that is not round,
# whose decimals are the part's own.
_FEW = 14

_CODES = 999_999
_STEP = 618_031  # has no factor in common with _CODES, so that codes repeat after all of them


def generate(number: int, *, seed: int = 0) -> CadSequence:
    """Return part `number` of the parts of a seed: the same on every machine, in any order."""
    dice, wanted, name = _begin(number, seed)
    tagged = FAMILIES[name].plain or dice.chance(_UNROUND_SHARE)
    part = _made(name, Workpiece(dice, wanted=wanted, code=_code(number), tagged=tagged))
    if not tagged and part.curves + 3 * part.extrudes < _FEW:
        dice, wanted, name = _begin(number, seed)
        part = _made(name, Workpiece(dice, wanted=wanted, code=_code(number), tagged=True))
    return CadSequence(tuple(part.operations), f"synthetic/{seed}/{number:08d}")


def _made(name: str, part: Workpiece) -> Workpiece:
    FAMILIES[name].make(part)
    fill(part)
    return part


def _code(number: int) -> int:
    """Return six decimals that no other of a million numbers in a row has."""
    return 1 + number * _STEP % _CODES


def family_of(number: int, *, seed: int = 0) -> str:
    """Return the name of the family of part `number`."""
    return _begin(number, seed)[2]


def _begin(number: int, seed: int) -> tuple[Dice, int, str]:
    dice = Dice(seed, number)
    wanted = dice.weighted(EXTRUDES)
    return dice, wanted, dice.weighted(_ALONE if wanted == 1 else _SEVERAL)


def _engineered(number: int, *, seed: int = 0) -> CadSequence:
    from cadcomplete.data.synthetic.engineered import engineered_part  # it needs more than numpy

    return engineered_part(number, seed=seed)


LIKE: dict[Like, Callable[..., CadSequence]] = {"extrudes": generate, "engineers": _engineered}


def part_of(number: int, *, seed: int = 0, like: Like = "extrudes") -> CadSequence:
    """Return part `number` of the parts of a seed: the same on every machine, in any order.

    Raises KeyError if there are no such parts as `like`.
    """
    return LIKE[like](number, seed=seed)


def parts(
    count: int, *, seed: int = 0, start: int = 0, like: Like = "extrudes"
) -> Iterator[CadSequence]:
    """Yield `count` parts of a seed, from number `start` on."""
    for number in range(start, start + count):
        yield part_of(number, seed=seed, like=like)


def patterned_parts(count: int, *, seed: int = 0, start: int = 0) -> Iterator[CadSequence]:
    """Yield those of `count` parts like extrudes in which something repeats, said by patterns."""
    for part in parts(count, seed=seed, start=start):
        if len(said := patterned(part)) > len(part):
            yield said


_ALONE = {name: family.alone for name, family in FAMILIES.items()}
_SEVERAL = {name: family.several for name, family in FAMILIES.items()}
