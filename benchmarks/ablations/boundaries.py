"""How far the boundary of the specification is from the true one, counted on real parts.

Section 4 of the specification takes the number of tokens of the partial text, with what closes its
lists, as the boundary in the whole text. The true boundary is the first token that holds anything
of what follows the last operation that is kept.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cadcomplete import readers
from cadcomplete.data.labels import evenly_spaced
from cadcomplete.data.samples import find
from cadcomplete.errors import InputError
from cadcomplete.language.lines import JSON_TAIL, encode
from cadcomplete.language.tokenizer import TextTokenizer
from cadcomplete.readers import Document

Cut = tuple[str, str, int]
"""A whole text, its partial text, and how many characters of the whole one are given."""


def ours(document: Document) -> Iterator[Cut]:
    """Operation-major JSON as this package writes it, an operation a line."""
    text = encode(document.sequence, text_format="json")
    for keep in evenly_spaced(len(document.sequence)):
        offset = text.operation_offsets[keep]
        yield text.text + JSON_TAIL, text.text[:offset] + JSON_TAIL, offset


def drawn(document: Document) -> Iterator[Cut]:
    """Operation-major JSON as section 4 draws it: `json.dumps` of a list of curves and extrudes."""
    text = encode(document.sequence, text_format="json")
    commands = json.loads(text.text + JSON_TAIL)["sequence"]
    counts = [cut.commands for cut in text.cuts if cut.curves is None]
    for keep in evenly_spaced(len(document.sequence)):
        yield _dumped({"sequence": commands}, {"sequence": commands[: counts[keep]]})


def raw(document: Document) -> Iterator[Cut]:
    """The file itself: entities, properties, and the sequence last, which only refers to them."""
    for keep in evenly_spaced(len(document.raw["sequence"])):
        yield _dumped(document.raw, {**document.raw, "sequence": document.raw["sequence"][:keep]})


def _dumped(whole: Any, partial: Any) -> Cut:
    """Both as text; what is given ends with the last operation that is kept."""
    text, part = json.dumps(whole), json.dumps(partial)
    assert text.startswith(part[: -len(JSON_TAIL)]), "the sequence is the last key"
    return text, part, len(part) - len(JSON_TAIL)


LAYOUTS: dict[str, Callable[[Document], Iterator[Cut]]] = {
    "an operation a line (ours)": ours,
    "one line (section 4)": drawn,
    "the file itself": raw,
}


@dataclass(slots=True)
class Counted:
    """What was found over all cuts of all parts.

    Attributes:
        off: boundary by length less the true boundary, in tokens; how often.
        broken: cuts whose partial text is no beginning of the whole one, token by token.
        straddling: cuts inside of a token.
        total: tokens of all texts, once for each cut.
        supervised: tokens after the boundary by length.
        geometry: those of them that stand before the list "sequence".
    """

    off: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    straddling: int = 0
    total: int = 0
    supervised: int = 0
    geometry: int = 0

    @property
    def cuts(self) -> int:
        return self.off.total()


def count(
    documents: Iterable[Document],
    layout: Callable[[Document], Iterator[Cut]],
    tokenizer: TextTokenizer,
) -> Counted:
    """Compare both boundaries at the five cuts of every part."""
    counted = Counted()
    encoded: dict[str, Any] = {}
    for document in documents:
        for text, partial, offset in layout(document):
            if text not in encoded:
                encoded = {text: tokenizer.backend.encode(text, add_special_tokens=False)}
            whole = encoded[text]
            literal = tokenizer.tokens(partial)
            ends = [end for _, end in whole.offsets]
            true = bisect_right(ends, offset)
            counted.off[len(literal) - true] += 1
            counted.broken += literal != whole.ids[: len(literal)]
            counted.straddling += true < len(ends) and whole.offsets[true][0] < offset
            before = text.index('"sequence"')
            counted.total += len(ends)
            counted.supervised += max(0, len(ends) - len(literal))
            counted.geometry += sum(start < before for start, _ in whole.offsets[len(literal) :])
    return counted


def read(folder: Path, most: int) -> list[Document]:
    """Return up to `most` documents of a folder, evenly spaced, that keep their sequence last."""
    files = [path for path, _ in find(folder)]
    found = []
    for path in files[:: max(1, len(files) // most)][:most]:
        try:
            found.append(readers.read(path))
        except InputError:
            continue
    return found
