"""What people call bodies and documents, where that says something: captions."""

from __future__ import annotations

import re

_GENERIC = frozenset(
    (
        *("body", "part", "solid", "pad", "pocket", "shape", "object", "model", "feature"),
        *("unnamed", "untitled", "document", "file", "new", "copy", "test", "tmp", "temp"),
        *("assembly", "export", "final", "version", "rev", "körper", "corps", "cuerpo", "corpo"),
    )
)
"""Words that say nothing about a part: what FreeCAD calls things by itself, in some languages."""

_APART = re.compile(r"[\s_\-–,;:#()\[\]]+|(?<=[^\W\d])\.(?=[^\W\d])|(?<=[a-z])(?=[A-Z])")
_NUMBERED = re.compile(r"(.*?[^\d\W])(\d{3})")
"""A name as FreeCAD makes it of one that is taken: `Body001`, `Bracket002`."""

_PRIVATE = re.compile(r"@|\\|://|^/|\b(?:home|users)/", re.IGNORECASE)
_LONGEST = 80


def caption_of(*labels: str) -> str:
    """Return the first of some labels that says something, in plain words; "" if none does.

    What looks like an address or a path is none.
    """
    return next(filter(None, map(_caption, labels)), "")


def _caption(label: str) -> str:
    if _PRIVATE.search(label):
        return ""
    words = [_unnumbered(word) for word in _APART.split(label.strip())]
    kept = [word for word in words if word and word.lower() not in _GENERIC]
    while kept and kept[-1].isdecimal():  # such as a version
        kept.pop()
    said = any(sum(letter.isalpha() for letter in word) >= _least(word) for word in kept)
    return " ".join(kept)[:_LONGEST].strip() if said else ""


def _unnumbered(word: str) -> str:
    match = _NUMBERED.fullmatch(word)
    return match[1] if match else word


def _least(word: str) -> int:
    """Letters that make a word: three, of scripts with signs for syllables and words two."""
    return 3 if word.isascii() else 2
