"""How well a model tells what follows operations that it has no word for: told as letters, or not.

Prints the mean log probability of the true next operation in real FreeCAD bodies, where fillets and
chamfers, or revolves, are among what is given.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import freecad
import numpy as np

from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.operations import OPERATIONS, Extrude, Revolve, Sketch
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.language.lines import encode
from cadcomplete.language.prompt import prompt
from cadcomplete.model import checkpoint
from cadcomplete.model.checkpoint import Checkpoint
from cadcomplete.model.generate import Prompt, begin, score

LONGEST = 16  # operations of a body


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="such as data/freecad")
    parser.add_argument("--most", type=int, default=120, help="bodies")
    options = parser.parse_args()
    model, found = checkpoint.load(), defaultdict(list)
    deaf = [kind for name, kind in OPERATIONS.items() if name not in model.words]
    for given, after in _cuts(options.folder, options.most):
        kinds = {type(op) for op in given.operations if type(op) in deaf}
        name = "blends" if kinds <= {Fillet, Chamfer} else "revolves"
        if kinds and kinds <= {Fillet, Chamfer, Revolve}:
            left_out = tuple(i for i, op in enumerate(given.operations) if type(op) in deaf)
            both = [_nats(model, given, after, without) for without in ((), left_out)]
            if None not in both:
                found[name, type(after.operations[-1]).__name__].append(both)
    for (name, follows), rows in found.items():
        letters, untold = np.array(rows, dtype=np.float64).T
        better = (untold > letters).mean()
        print(
            f"{name}, then a {follows.lower()}: {len(rows)} cuts, told as letters "
            f"{letters.mean():.2f} nats, not told {untold.mean():.2f}, better in {better:.0%}"
        )


def _cuts(folder: Path, most: int) -> Iterator[tuple[CadSequence, CadSequence]]:
    """Beginnings of bodies, each with the next operation too."""
    bodies = (body.sequence.known for body in freecad.bodies(folder))
    special = (Fillet, Chamfer, Revolve)
    chosen = (
        body
        for body in bodies
        if 3 < len(body) <= LONGEST and any(isinstance(op, special) for op in body.operations[:-1])
    )
    for _, body in zip(range(most), chosen, strict=False):
        for index in range(1, len(body)):
            if isinstance(body.operations[index], Sketch | Extrude):
                yield truncate(body, index), truncate(body, index + 1)


def _nats(
    model: Checkpoint, given: CadSequence, after: CadSequence, without: tuple[int, ...]
) -> float | None:
    """The log probability of the last operation of `after`; None if it is too long."""
    before = encode(given, without=without).text
    said = encode(after, without=without).text[len(before) :]
    ids = model.tokenizer.encode(prompt(given, without=without)).ids
    tokens = model.tokenizer.tokens(said)
    if len(ids) + len(tokens) >= model.model.longest:
        return None
    return score(begin(model.model, Prompt(ids)), [tokens])[0]


if __name__ == "__main__":
    main()
