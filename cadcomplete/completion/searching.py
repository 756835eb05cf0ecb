"""A reading without a model: what the shape alone says, to be told apart from it."""

from __future__ import annotations

from cadcomplete.completion.parts import finished_parts
from cadcomplete.completion.proposing import command_of
from cadcomplete.completion.reading import Reading, looked_at
from cadcomplete.errors import InputError
from cadcomplete.history.operations import Extrude, Sketch
from cadcomplete.model.sampling import Sampling
from cadcomplete.predictions import Case


def searched(case: Case, sampling: Sampling, *, after: Reading | None = None) -> Reading:
    """Look at the shape of a case. Raises InputError if there is none.

    What follows is of the kind with which the best part goes on; if that is the given one as it
    is, nothing is missing.
    """
    seen, wanted = looked_at(case, after=after)
    if wanted is None:
        hint = "show it, with the conditions points, scan or all"
        raise InputError("the search alone needs a shape", where=case.id, hint=hint)
    given = case.given
    parts = finished_parts(given, (), stop=0.0, wanted=wanted, seed=sampling.seed)
    drawn = len(given) - given.whole_operations  # a sketch that is still being drawn, or none
    more = [idea.operations[drawn] for idea in parts if len(idea.operations) > drawn]
    waits = bool(given.operations) and isinstance(given.operations[-1], Sketch)
    kind = type(more[0]) if more else Extrude if waits else Sketch
    stop = float(bool(parts) and parts[0].source == "given")
    return Reading(case, stop, command_of(kind), sampling, (), seen, wanted)
