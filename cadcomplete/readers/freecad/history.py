"""From the features of a body to a history.

To let an operation in: write a function from the feature's value (`features.py`) and what stands
`Earlier` it to operations, which raises NotKnown for what they cannot say, and enter it in
`FEATURES`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from cadcomplete.errors import ReadError
from cadcomplete.history.operations import Operation, Unknown
from cadcomplete.history.sequence import CadSequence
from cadcomplete.readers.freecad.before import SKETCH, Earlier, NotKnown
from cadcomplete.readers.freecad.blends import bevelled, rounded
from cadcomplete.readers.freecad.copies import copied, copied_often
from cadcomplete.readers.freecad.document import BodyOfFeatures
from cadcomplete.readers.freecad.extrudes import extruded
from cadcomplete.readers.freecad.features import Feature
from cadcomplete.readers.freecad.holes import drilled
from cadcomplete.readers.freecad.properties import Link
from cadcomplete.readers.freecad.revolves import turned

FEATURES: dict[str, Callable[[Any, Earlier], tuple[Operation, ...]]] = {
    "PartDesign::Pad": extruded,
    "PartDesign::Pocket": extruded,
    "PartDesign::Revolution": turned,
    "PartDesign::Groove": turned,
    "PartDesign::Fillet": rounded,
    "PartDesign::Chamfer": bevelled,
    "PartDesign::Hole": drilled,
    "PartDesign::Mirrored": copied,
    "PartDesign::LinearPattern": copied,
    "PartDesign::PolarPattern": copied,
    "PartDesign::MultiTransform": copied_often,
}
"""What operations a feature is, by its type; one that is not here ends the history."""

_MOST_FEATURES = 5_000
_MOST_CURVES = 30_000


def history(body: BodyOfFeatures, *, id: str = "") -> CadSequence:
    """Return the history of a body: up to the first feature that is not known here, and the rest.

    Every operation's `source` is the name of the sketch or feature that it was read from. A sketch
    stands where it is used first. Raises ReadError.
    """
    if len(body.features) > _MOST_FEATURES:
        raise ReadError("too many features", where=body.name, expected=f"up to {_MOST_FEATURES}")
    before = Earlier(body)
    for number, feature in enumerate(body.features):
        try:
            before = before.after(feature.name, _operations(feature, before))
        except NotKnown as not_known:
            before, first = _beginning(feature, before, not_known)
            rest = (u for f in body.features[number + 1 :] for u in _unknown(f, before, ()))
            return CadSequence(before.operations, id, (*first, *rest))
        if CadSequence(before.operations).curves > _MOST_CURVES:
            raise ReadError("too many curves", where=body.name, expected=f"up to {_MOST_CURVES}")
    return CadSequence(before.operations, id)


def _operations(feature: Feature, before: Earlier) -> tuple[Operation, ...]:
    if feature.type not in FEATURES:
        raise NotKnown(feature.type)
    return FEATURES[feature.type](feature, before)


def _beginning(
    feature: Feature, before: Earlier, not_known: NotKnown
) -> tuple[Earlier, tuple[Unknown, ...]]:
    """What stands before a feature that is not known: its sketch as well, if that is."""
    profile = _profile(feature)
    if profile is not None and before.body.sketch(profile) is not None:
        try:
            _, drawn = before.drawn(profile)
            before = before.after(profile.object, drawn)
        except NotKnown:
            pass
    return before, _unknown(feature, before, not_known.uses)


def _profile(feature: Feature) -> Link | None:
    found = getattr(feature, "profile", None)
    return found if isinstance(found, Link) else None


def _unknown(feature: Feature, before: Earlier, uses: tuple[str, ...]) -> tuple[Unknown, ...]:
    """A feature as it is kept, after its sketch if that is not among the operations."""
    kept = Unknown(feature.type, uses, _content(feature), feature.name)
    profile = _profile(feature)
    sketch = before.body.sketch(profile)
    if sketch is None or sketch.name in before.places:
        return (kept,)
    return (Unknown(SKETCH, uses, _content(sketch), sketch.name), kept)


def _content(value: Any) -> str:
    """A value of the document as JSON: numbers, words and names, and nothing else of the file."""
    return json.dumps(asdict(value), ensure_ascii=False)
