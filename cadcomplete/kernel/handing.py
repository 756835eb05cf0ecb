"""Solids that only the kernel makes, handed over to rooms that go on without it."""

from __future__ import annotations

from dataclasses import replace

from cadcomplete.errors import BuildError, InputError, KernelFailure, TimeLimitError
from cadcomplete.history.blends import Blend
from cadcomplete.history.faceted import Faceted, unmade
from cadcomplete.history.operations import Operation
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.jobs import facets_after


def handed(sequence: CadSequence, kernel: Kernel) -> CadSequence:
    """Return an equal history whose fillets and chamfers have the solid after them (`Faceted`).

    One without such operations is returned as it is, and the kernel is not asked. Raises
    InputError if it cannot be built up to the last of them.
    """
    before, missing = sequence.operations, unmade(sequence.operations)
    if not missing:
        return sequence
    try:
        found = kernel.run(facets_after, sequence, missing)
    except (BuildError, KernelFailure) as error:
        late = isinstance(error, TimeLimitError)
        problem = f"the part {'was not' if late else 'cannot be'} built: {error}"
        more, fewer = "allow more seconds, with --time-limit", "keep the operations before it"
        hint = more if late else f"{fewer}, with --keep"
        raise InputError(problem, where=sequence.id, hint=hint) from error
    made: list[Operation] = []
    for index, operation in enumerate(before):
        if isinstance(operation, Blend) and index in missing:
            solid = Faceted((*made, operation), *found[missing.index(index)])
            operation = replace(operation, solid=solid)
        made.append(operation)
    return replace(sequence, operations=tuple(made))
