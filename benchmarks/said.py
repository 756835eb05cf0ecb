"""How the numbers of a pack's parts are said in the format `numbers`, with rules and without.

    python benchmarks/said.py PACK [--most 1000]

Tells how many words of each form there are, which rules say a number that digits would, and how
far what is read lies from what the line language tells.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from cadcomplete.data.pack import read_pack
from cadcomplete.history.curves import Arc
from cadcomplete.history.operations import Sketch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.lines import decode, encode
from cadcomplete.language.numbers.points import SWAPPED, is_derived

DRAWS = ("loop", "line", "arc", "circle")


def forms(text: str) -> Iterator[str]:
    """Yield the form of each number of what is drawn: a rule by its letter and command."""
    for name, *words in (line.split(" ") for line in text.splitlines()):
        for place, word in enumerate(words if name in DRAWS else ()):
            if is_derived(word):
                yield f"{word[0]} of a {'sweep' if name == 'arc' and place == 2 else 'coordinate'}"
            elif word != SWAPPED:
                yield "digits" if "~" in word else "round" if word[0] in "+-" else word[0]


def off(one: CadSequence, other: CadSequence) -> float:
    """Return how far apart the ends and middles of the same curves are, in mm."""
    farthest = 0.0
    for a, b in zip(one.operations, other.operations, strict=True):
        if isinstance(a, Sketch) and isinstance(b, Sketch):
            curves = zip(
                (c for loop in a.loops for c in loop.curves),
                (c for loop in b.loops for c in loop.curves),
                strict=True,
            )
            for c, d in curves:
                farthest = max(farthest, math.dist(c.end, d.end))
                if isinstance(c, Arc) and isinstance(d, Arc):
                    farthest = max(farthest, math.dist(c.mid, d.mid))
    return farthest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pack", type=Path)
    parser.add_argument("--most", type=int, default=1000)
    asked = parser.parse_args()
    parts = [part.sample.sequence for part in read_pack(asked.pack)]
    parts = parts[:: max(1, len(parts) // asked.most)]
    plain, ruled, again, distances = Counter[str](), Counter[str](), 0, []
    for part in parts:
        text = encode(part, text_format="numbers").text
        plain.update(forms(encode(part, text_format="numbers", words=()).text))
        ruled.update(forms(text))
        read = decode(text, text_format="numbers")
        again += encode(read, text_format="numbers").text == text
        distances.append(off(read, decode(encode(part).text)))
    print(f"{len(parts)} parts, {again} of them written again without a change")
    print(f"farthest from the line language {max(distances) * 1e6:.1f} nm")
    for form in sorted({*plain, *ruled}, key=lambda form: -ruled[form]):
        print(f"{form:24} {plain[form]:7} {ruled[form]:7}")


if __name__ == "__main__":
    main()
