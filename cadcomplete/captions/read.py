"""From a caption to what it says of the part, by rules: things, and what stands around their words.

A thing's counts and adjectives stand before its word, and its sizes and places after it, up to
those of the next one. What has no rule is passed over: captions are long, and often vague.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise

from cadcomplete.captions.copying import mirrors_said
from cadcomplete.captions.german import in_english
from cadcomplete.captions.lexicon import (
    BODIES,
    COUNTS,
    FORMS,
    MEASURES,
    NONE,
    NOUNS,
    SEVERAL,
    SPOTS,
    THROUGH_NOUNS,
    singular,
)
from cadcomplete.captions.measures import measured
from cadcomplete.captions.mention import Caption, Form, Mention, Noun, Spot, Where
from cadcomplete.captions.profiles import profile_of, profiled, with_profiles
from cadcomplete.captions.relative import ratios, resolved
from cadcomplete.captions.screws import screwed
from cadcomplete.captions.terms import MOST, Term, terms

_STOPS = {".", ";", ",", "with", "and", "featuring", "has", "having", "including", "plus"}
_FINISHED = {
    **dict.fromkeys(("rounded", "filleted"), Noun.FILLET),
    **dict.fromkeys(("chamfered", "beveled", "bevelled"), Noun.CHAMFER),
}
"""What is done to edges: without one of these they are only a place."""

_BELOW = {"bottom", "below", "underside", "underneath"}
_LEGS = {"leg", "legs"}
_OF_THE_PART = {"thick", "high", "tall", "long", "wide"}
_MODIFIERS = {
    *("through", "thru", "blind", "threaded", "tapped", "mounting", "bolt", "screw", "equal", "of"),
    *("clearance", "reamed", "dowel", "fixing", "fastening", "locating"),
    *("small", "large", "counterbored", "countersunk", "rounded", "flat", "thin", "thick", "mm"),
    *("evenly", "equally", "spaced", "inner", "outer", "vertical", "horizontal", "raised"),
    *("coaxial", "stepped", "open", "solid", "hollow", "long", "deep", "separate", "identical"),
    *_FINISHED,
    *("diameter", "dia", "wide", "reinforcing", "drilled", "simple", "half", "plain", "further"),
}


@dataclass(slots=True)
class _Phrase:
    """A thing that is being read: the words before and after its word."""

    noun: Noun
    form: Form | None
    word: str
    plural: bool
    before: list[Term] = field(default_factory=list)
    after: list[Term] = field(default_factory=list)


@lru_cache(maxsize=256)
def read_caption(text: str) -> Caption:
    """Return what a caption says. There is none that cannot be read: of some nothing is known."""
    plain = resolved(with_profiles(in_english(text[:MOST].lower())))
    found = terms(plain)
    mentions, bodies, overall = [], 1, ()
    phrases = list(_phrases(found))
    _given_back(phrases)
    for at, phrase in enumerate(phrases):
        own = _count(phrase)
        if _says_bodies(phrase, found):
            bodies = own or 2
            overall = next((t.numbers for t in phrase.after if len(t.numbers) > 1), ())
            continue
        mentions.append(_mention(phrase, following=at + 1 < len(phrases)))
    overall = overall or _overall(found)
    read = [mention for mention in mentions if mention is not None]
    base = _base([mention for mention in read if mention.noun is Noun.BASE], found)
    things = tuple(
        replace(mention, noun=Noun.BOSS) if mention.noun is Noun.BASE else mention
        for mention in read
        if mention.noun is not Noun.BASE or (bodies > 1 and mention is not base and mention.sized)
    )
    if base is None and things and things[0].noun is Noun.BOSS and things[0].lengths:
        base, things = replace(things[0], noun=Noun.BASE), things[1:]  # "flange ø90 x 12 mm"
    if bodies > 1 and base is not None and base.count:
        bodies = max(bodies, base.count)
    return Caption(
        *(text, base, things, overall, bodies),
        ratios=ratios(plain),
        mirrors=mirrors_said(plain),
        below=bool(_BELOW & {term.text for term in found}),
    )


def _phrases(found: Sequence[Term]) -> Iterator[_Phrase]:
    """Yield each thing with its words; a word of the next one's is none of its own."""
    nouns = [i for i, term in enumerate(found) if singular(term.text) in NOUNS]
    nouns = [i for i in nouns if not _part_of_a_name(found, i)]
    begins = [_begin(found, i, max(nouns[:k], default=-1)) for k, i in enumerate(nouns)]
    for k, i in enumerate(nouns):
        word = singular(found[i].text)
        noun, form = NOUNS[word]
        end = begins[k + 1] if k + 1 < len(nouns) else len(found)
        plural = found[i].text != word
        yield _Phrase(
            noun, form, word, plural, list(found[begins[k] : i]), list(found[i + 1 : end])
        )


def _given_back(phrases: Sequence[_Phrase]) -> None:
    """What is thick, high or long behind a hole is the part: "ring ø70, bore ø50, 10 mm thick"."""
    base = next((phrase for phrase in phrases if phrase.noun is Noun.BASE), None)
    for phrase in phrases:
        if base is None:
            return
        for at, (number, word) in enumerate(pairwise(phrase.after)):
            if phrase.noun is Noun.HOLE and number.numbers and word.text in _OF_THE_PART:
                base.after += [number, word]
                del phrase.after[at : at + 2]
                break


def _part_of_a_name(found: Sequence[Term], i: int) -> bool:
    """Whether the word stands before another thing that it only describes, as in "pin hole"."""
    after = found[i + 1] if i + 1 < len(found) else Term()
    before = found[i - 1] if i else Term()
    word = found[i].text
    if singular(word) == "edge":
        return not (_FINISHED.keys() & {before.text, after.text})
    if word == "wall" and (after.text == "thickness" or _one_length(before)):
        return True  # "3 mm wall"
    if word in ("wall", "walls", "counterbore") and (after.numbers or before.text == "("):
        return True
    return singular(after.text) in NOUNS and singular(word) == word


def _one_length(term: Term) -> bool:
    return len(term.numbers) == 1 and not term.bare


def _begin(found: Sequence[Term], noun: int, last: int) -> int:
    """Where the words before a thing begin: those that count it, size it or tell how it is."""
    at = noun
    while at - 1 > last:
        term = found[at - 1]
        word = term.text
        if term.count:
            return at - 1
        known = word in FORMS or word in _MODIFIERS or word in SPOTS or word.endswith("-sided")
        if word == "of" and not _sized(found, at - 2):
            break
        if not (known or term.numbers or word in SEVERAL or word in NONE or word == "×"):
            break
        at -= 1
        if word in SEVERAL or word in NONE or (term.numbers and term.bare):
            break
    return at


def _sized(found: Sequence[Term], at: int) -> bool:
    """Whether "of" follows a count, as in "a row of", and so belongs to the thing after it."""
    return at >= 0 and (found[at].text in SEVERAL or bool(found[at].count))


def _count(phrase: _Phrase) -> int | None:
    """How many there are; None for several."""
    for term in phrase.before:
        if term.count:
            return term.count
        if term.text in SEVERAL:
            return None
        if term.text in NONE:
            return 0
        if term.bare and phrase.plural:
            return round(term.numbers[0])
    for number, term in pairwise(phrase.after):
        if number.bare and term.text in ("off", "times"):
            return round(number.numbers[0])
    if phrase.after and phrase.after[0].count and phrase.after[0].text not in COUNTS:
        return phrase.after[0].count
    return None if phrase.plural else 1


def _base(named: Sequence[Mention], found: Sequence[Term]) -> Mention | None:
    """What the part is: what has sizes, else what has a form, else what is named first."""
    if not named:
        return None
    base = max(named, key=lambda one: (bool(one.diameters or one.sizes), one.form is not None))
    texts = [term.text for term in found]
    for at, word in enumerate(texts[:-1]):
        if word == "round" and texts[at + 1] == "ends" and base.form is Form.RECTANGLE:
            return replace(base, form=Form.SLOTTED, sides=0)
    return base


def _says_bodies(phrase: _Phrase, found: Sequence[Term]) -> bool:
    return phrase.word in BODIES and any(term.text == "separate" for term in phrase.before)


def _overall(found: Sequence[Term]) -> tuple[float, ...]:
    """The numbers right before "overall"."""
    for one, after in pairwise(found):
        if after.text == "overall" and len(one.numbers) > 1:
            return one.numbers
    return ()


def _mention(phrase: _Phrase, *, following: bool) -> Mention | None:
    """What is said of one thing; None for one that there is none of."""
    count = _count(phrase)
    if count == 0:
        return None
    if phrase.word == "edge":
        words = {term.text for term in (*phrase.before, *phrase.after[:1])}
        finish = next((_FINISHED[word] for word in words if word in _FINISHED), None)
        if finish is None:  # what is done stands with something else: it is only a place
            return None
        phrase.noun = finish
    form, sides = _form(phrase)
    words = {term.text for term in (*phrase.before, *phrase.after)}
    before = {term.text for term in phrase.before}
    noun = phrase.noun
    through: bool | None = None
    if noun in (Noun.HOLE, Noun.SLOT, Noun.POCKET):
        through = True if words & {"through", "thru"} else False if "blind" in words else None
        if phrase.word in THROUGH_NOUNS:
            through = True
    if noun is Noun.HOLE and phrase.word == "bore":
        through = True
    mention = Mention(noun, phrase.word, count, form, sides, through=through)
    own = [term for term in phrase.before if not (term.bare and phrase.plural and count)]
    mention = measured(mention, own, phrase.after, words)
    if _height_last(phrase, mention):
        mention = replace(mention, sizes=mention.sizes[:2], height=mention.sizes[2])
    if _is_square(phrase, mention):
        mention = replace(mention, sizes=mention.sizes * 2)
    mention = screwed(mention, _thread(own, phrase.after), words)
    if noun is Noun.BASE and (letter := profile_of(phrase.before)):
        return profiled(mention, letter, [*own, *phrase.after])
    if words & _LEGS and words & {"each", "every", "both"}:
        many = None if mention.count is None else 2 * mention.count
        return replace(mention, count=many, where=Where(Spot.LEGS))
    where = mention.where or _where(phrase, before)
    if where is not None and where.spot is Spot.CORNERS and words & {"each", "every"}:
        mention = replace(mention, count=4)
    return replace(mention, where=where)


def _is_square(phrase: _Phrase, mention: Mention) -> bool:
    """Whether one size and a height are all that is said of a plate, and no word says which."""
    alone = mention.form is Form.RECTANGLE and len(mention.sizes) == 1 and mention.height
    if phrase.noun is not Noun.BASE or not alone:
        return False
    row = [*phrase.before, *phrase.after]
    at = next((i for i, one in enumerate(row) if one.numbers == mention.sizes), None)
    beside = [] if at is None else [one.text for one in row[max(0, at - 2) : at + 2]]
    return at is not None and not any(word in MEASURES for word in beside)


def _thread(before: Sequence[Term], after: Sequence[Term]) -> float | None:
    """The size of a screw that is said of a thing: 6 of "M6"."""
    marked = (term.numbers[0] for term in (*before, *after) if term.mark == "m" and term.numbers)
    return next(marked, None)


def _height_last(phrase: _Phrase, mention: Mention) -> bool:
    """Whether the last of three sizes is surely the height: those of an outline stand before it.

    What has a section is told by its sides, longest first, unless it is a bar: that is long.
    """
    if phrase.noun is not Noun.BASE or len(mention.sizes) != 3 or mention.height is not None:
        return False
    words = [term.text for term in phrase.after[:4]]
    if mention.form is Form.OTHER:
        return "outline" in words or ("section" in words and phrase.word == "bar")
    return mention.form is Form.POLYGON


def _form(phrase: _Phrase) -> tuple[Form | None, int]:
    for term in reversed(phrase.before):
        if term.text in FORMS:
            form, sides = FORMS[term.text]
            if form is Form.OTHER and phrase.noun is Noun.BASE and phrase.word in ("shaft", "disc"):
                return Form.ROUND, 0  # a stepped one
            return form, sides
        if term.text.endswith("-sided"):
            return Form.POLYGON, COUNTS.get(term.text[:-6], 0)
    after = [term.text for term in phrase.after[:3]]
    if (
        phrase.noun is Noun.BASE
        and after[:1] == ["of"]
        and after[1:2] in (["irregular"], ["stepped"])
    ):
        return Form.OTHER, 0
    return phrase.form, 4 if phrase.form is Form.RECTANGLE else 0


def _where(phrase: _Phrase, before: set[str]) -> Where | None:
    """Where the things are, if only words say it."""
    for term in (*phrase.before, *phrase.after[:8]):
        if term.text in SPOTS:
            return Where(SPOTS[term.text])
    return Where(Spot.CENTER) if phrase.word == "bore" else None
