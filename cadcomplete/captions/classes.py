"""What kind of thing an operation makes, in a few classes: what vague words can still speak of."""

from __future__ import annotations

import math

from cadcomplete.captions.mention import Form
from cadcomplete.captions.outlines import outlined
from cadcomplete.captions.state import swept
from cadcomplete.history.operations import Extrude, Operation, Sketch

ASPECTS = (1 / 32, 1 / 12, 1 / 5, 0.45, 1.0, 2.5, 6.0)
"""Where the classes of height over the longer side of the outline end."""


def classes(operation: Operation, before: tuple[Operation, ...]) -> dict[str, str]:
    """Return the class of an operation for each question that there is of it.

    Of the first solid how high it is, and whether it is hollow; of what follows whether it adds,
    or cuts and how deep; of a later sketch what is drawn.
    """
    if isinstance(operation, Extrude):
        return _extrude(operation, before)
    if isinstance(operation, Sketch) and any(one.builds for one in before):
        return {"later sketch": _drawn(operation)}
    return {}


def _extrude(extrude: Extrude, before: tuple[Operation, ...]) -> dict[str, str]:
    parts = list(swept(extrude, before))
    if not parts:
        return {}
    one = max(parts, key=lambda part: part.outline.length * part.outline.width)
    aspect = one.height / max(one.outline.length, 1e-9)
    high = str(sum(aspect > end for end in ASPECTS))
    if one.first:
        found = {f"height of a {one.outline.form.value} base": high}
        sketch = before[extrude.profiles[0].sketch]
        if isinstance(sketch, Sketch) and len(sketch.loops) > 1:
            found["base of several loops"] = "hollow" if one.holes else "solid"
        return found
    if one.adds:
        return {"later extrude": "adds"}
    return {"later extrude": "through" if one.through else "blind"}


def _drawn(sketch: Sketch) -> str:
    forms = {outlined(loop).form for loop in sketch.loops if loop.closed}
    many = "one" if len(sketch.loops) == 1 else "several"
    if len(forms) == 1 and (form := next(iter(forms))) in (Form.ROUND, Form.RECTANGLE):
        return f"{many} {form.value}"
    return f"{many} other"


def words_of(text: str) -> frozenset[str]:
    """Return the words of a caption that may tell something, each once, without their plural s."""
    plain = "".join(c if c.isalpha() else " " for c in text.lower())
    return frozenset(w[:-1] if len(w) > 3 and w.endswith("s") else w for w in plain.split())


def bounded(nats: float, most: float) -> float:
    """Return nats within bounds, smoothly."""
    return most * math.tanh(nats / most)
