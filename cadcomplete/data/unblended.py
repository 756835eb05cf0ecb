"""A part before its fillets and chamfers: what it is, without what was done to its edges."""

from __future__ import annotations

import dataclasses

from cadcomplete.data.reorder import MOVED
from cadcomplete.history.blends import Blend
from cadcomplete.history.sequence import CadSequence


def unblended(sequence: CadSequence) -> tuple[CadSequence, tuple[int, ...]]:
    """Return the history without its fillets and chamfers, and which operations it has kept.

    What refers to others names them where they stand now. Nothing but those can refer to a fillet.
    """
    operations = sequence.operations
    kept = tuple(i for i, operation in enumerate(operations) if not isinstance(operation, Blend))
    place = {old: new for new, old in enumerate(kept)}
    plain = (MOVED[type(operations[i])].renumbered(operations[i], place) for i in kept)
    return dataclasses.replace(sequence, operations=tuple(plain)), kept
