"""What a person should know about a history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a history that a person should know.

    An "error" keeps it from being built; a "warning" is legal but unusual.
    """

    path: str
    problem: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return f"{self.severity} at {self.path}: {self.problem}"


def none_there(count: int) -> str:
    """Return what is wrong with counting back to none of the operations before one."""
    if not count:
        return "there is no operation before it"
    possible = "only @1 is possible" if count == 1 else f"@1 to @{count} are possible"
    return f"there is no such operation before it: {possible}"
