"""Operations that sweep profiles: names of edges count the loops of the sketch that they use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from cadcomplete.history.operations import Operation, Profile, Sketch


@runtime_checkable
class SweepsProfiles(Protocol):
    """What an operation has that sweeps profiles."""

    @property
    def profiles(self) -> tuple[Profile, ...]: ...


@runtime_checkable
class HasPlane(Protocol):
    """What a sketch has."""

    @property
    def plane(self) -> object: ...

    @property
    def loops(self) -> object: ...


def sketch_of(operation: Operation, before: tuple[Operation, ...]) -> Sketch | None:
    """Return the sketch whose loops an operation sweeps; None if it sweeps none.

    Of one that sweeps profiles of several sketches that is the first profile's.
    """
    profiles = operation.profiles[:1] if isinstance(operation, SweepsProfiles) else ()
    found = [before[p.sketch] for p in profiles if 0 <= p.sketch < len(before)]
    return found[0] if found and isinstance(found[0], HasPlane) else None  # type: ignore[return-value]
