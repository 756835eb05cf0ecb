"""What was understood of a caption, told to the person who wrote it (law 14)."""

from __future__ import annotations

from collections.abc import Sequence

from cadcomplete.captions.following import agrees
from cadcomplete.captions.mention import Caption, Form, Mention, Noun, Spot
from cadcomplete.captions.state import box_of
from cadcomplete.captions.steps import DictatedStep
from cadcomplete.captions.trust import is_larger, trust
from cadcomplete.history.sequence import CadSequence

_SPOTS = {
    Spot.CENTER: "in the middle",
    Spot.CORNERS: "at the corners",
    Spot.CIRCLE: "on a circle",
    Spot.RECTANGLE: "on a rectangle",
    Spot.ROW: "in a row",
    Spot.GRID: "in a grid",
    Spot.LEGS: "in the legs",
}


def understood(
    caption: Caption, given: CadSequence, steps: Sequence[DictatedStep] = ()
) -> Sequence[str]:
    """Return a sentence that says what was read, or that nothing was; and one if it does not fit.

    The given part does not fit what is dictated if its steps are others, and it does not fit sizes
    if it is larger than the whole part is said to be.
    """
    if steps:
        many = "a step" if len(steps) == 1 else f"{len(steps)} steps"
        said = [f"read in the caption: {many}, with all dimensions"]
        if not agrees(given, steps):
            said.append("the given part is not what the caption begins with: it is not followed")
        return said
    told = [_base(caption)] if caption.base else []
    told += [in_short(mention) for mention in caption.mentions]
    if caption.overall:
        told.append(f"{_times(caption.overall)} overall")
    told += [f"{ratio:.4g} times what is given" for ratio in caption.ratios]
    told += [f"mirrored{f' across {axis} = 0' if axis else ''}" for axis in caption.mirrors]
    if not told:
        return ("nothing was read in the caption: it names no shape, count or size that is known",)
    said = (f"read in the caption: {'; '.join(told)}", *_larger(caption, given))
    if len(said) == 1 and trust(caption, given) < 0.5:
        return (*said, "the caption says none of the given part's sizes: it is believed less")
    return said


def _larger(caption: Caption, given: CadSequence) -> Sequence[str]:
    """Say that the given part is larger than the whole one is said to be, if it is."""
    said, box = caption.box, box_of(given.operations)
    if not is_larger(caption, box):
        return ()
    return (
        f"the given part does not fit the caption: it is {_times(box)} mm, "
        f"the caption says {_times(said)}",
    )


def _base(caption: Caption) -> str:
    assert caption.base is not None
    return in_short(caption.base)


def in_short(mention: Mention) -> str:
    """Return a thing as it was understood, such as "4 through holes ø9 at the corners"."""
    words = [] if mention.count == 1 else ["several" if mention.count is None else mention.count]
    if mention.through and mention.noun is Noun.HOLE and mention.said != "bore":
        words.append("through")
    if mention.form is Form.POLYGON and mention.sides:
        words.append(f"{mention.sides}-sided")
    words.append(mention.said + ("" if mention.count == 1 else "s"))
    if mention.profile:
        words.insert(0, f"{mention.profile.upper()}-shaped")
    words += [f"ø{_number(diameter)}" for diameter in mention.diameters]
    if mention.sizes:
        words.append(_times(mention.sizes))
    if mention.height is not None:
        deep = mention.noun in (Noun.HOLE, Noun.POCKET, Noun.SLOT, Noun.GROOVE)
        way = "long" if mention.profile else "deep" if deep else "high"
        words.append(f"{_number(mention.height)} {way}")
    if mention.profile and mention.wall is not None:
        words.append(f"{_number(mention.wall)} thick")
    if mention.head:
        words.append(f"head ø{_number(mention.head[0])}")
    if mention.radius is not None:
        words.append(f"r{_number(mention.radius)}")
    if mention.where is not None and mention.where.spot in _SPOTS:
        words.append(_SPOTS[mention.where.spot])
        words += [_times(mention.where.sizes)] if mention.where.sizes else []
    return " ".join(map(str, words))


def _times(sizes: Sequence[float]) -> str:
    return " × ".join(map(_number, sizes))


def _number(value: float) -> str:
    return f"{value:.6g}"
