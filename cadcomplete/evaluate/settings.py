"""What a benchmark asks, as the command line gives it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cadcomplete.errors import InputError
from cadcomplete.evaluate.questions import check_conditions
from cadcomplete.files import safe_name
from cadcomplete.predictions import check_seed


@dataclass(frozen=True, slots=True)
class EvaluationSettings:
    """What is asked.

    Attributes:
        data: folders of prepared data sets.
        cuts: most cuts of a part, evenly spaced; None for one after every operation.
        conditions: names of `CONDITIONS`.
        most: parts that are chosen at random; None for all.
        n: candidates that are asked for.
        seed: of the choice of parts, of scans, and of predictors.
    """

    data: tuple[Path, ...]
    split: str = "validation"
    cuts: int | None = None
    conditions: tuple[str, ...] = ("none",)
    most: int | None = None
    n: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.data:
            raise InputError("no data", where="DATA", expected="prepared data sets")
        check_conditions(self.conditions)
        if not self.conditions:
            raise InputError("nothing to ask", where="--conditions", expected="at least one")
        check_seed(self.seed)
        for name, value in (("--most", self.most), ("-n", self.n), ("--cuts", self.cuts)):
            if value is not None and value < 1:
                raise InputError("nothing to ask", where=name, expected="1 or more", got=value)


def folder_of(name: str) -> Path:
    """Return where what comes of asking `name` is written, unless another folder is wanted."""
    return Path("runs") / "evaluate" / safe_name(name)


def cuts_named(word: str) -> int | None:
    """Return the number of cuts that a word says; None for "all". Raises InputError."""
    if word == "all":
        return None
    try:
        return int(word)
    except ValueError:
        expected = "all, or a number"
        raise InputError("no such cuts", where="--cuts", expected=expected, got=word) from None
