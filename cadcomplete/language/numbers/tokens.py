"""The words of the language as tokens."""

from __future__ import annotations

import re

from cadcomplete.history.kinds import AXES
from cadcomplete.language.numbers.derived import derived_words
from cadcomplete.language.numbers.memory import REFERENCES, WORLD
from cadcomplete.language.numbers.points import SWAPPED
from cadcomplete.language.numbers.words import FINER, ROUNDS, SIZES, fresh

PIECES = (
    r"\n| ?@\d+|[:/,]\d+|,@\d+| ?[+-]\d+|#\d+|~\d+=| ?\d|\.| [a-z]\d{1,2}(?!\w)| d(?=[+-])"
    r"| ?[+\-]?\p{L}+| ?[^\s\p{L}\d]+|\s"
)
"""What is a token of its own, as far as it is a word of the language; captions have the rest."""


def words() -> tuple[str, ...]:
    """Return every text that is one token of the language, those of operations to come included."""
    commands = ["sketch", "loop", "line", "arc", "circle", "close", "extrude"]
    commands += ["revolve", "mirror", "linear", "polar", "fillet", "chamfer", "hole", "shell"]
    commands += ["ellipse", "ellipsearc", "spline", "unknown", "edges", "point"]
    named = [" new", " join", " cut", " intersect", " to", " sym", " from", " through", " taper"]
    named += [" about", " at", " bore", " sink", " tip", *(f" {axis}" for axis in AXES)]
    named += [" next", " back", " face", " all", " of", " start", " end", " side", " meet"]
    references = [" d", *(f" {letter}{back}" for letter in "rn" for back in range(REFERENCES))]
    references += [f" {word}" for word in (*derived_words(), SWAPPED)]
    sizes = [
        f"{space}{sign}{step}" for space in (" ", "") for sign in "+-" for step in range(SIZES)
    ]
    ranks = [f"#{rank}" for rank in range(ROUNDS)] + [f"~{finer}=" for finer in range(FINER)]
    sketches = [f"{before}@{back}" for before in (" ", ",") for back in range(16)]
    loops = [f"{before}{loop}" for before in ":/" for loop in range(64)]
    digits = [f"{space}{digit}" for space in ("", " ") for digit in range(10)]
    return (*commands, *named, *references, *sizes, *ranks, *sketches, *loops, *digits, ".", "\n")


def spelled(levels: str) -> str:
    """Return measured words (`clouds.measured`) with their numbers as a history would say them."""
    return " ".join(_spelled(word) for word in levels.split())


def _spelled(word: str) -> str:
    if not re.fullmatch(r"-?\d+(\.\d+)?", word):
        return word
    value = WORLD[0].canonical(float(word))
    return fresh(value) if value else "0"
