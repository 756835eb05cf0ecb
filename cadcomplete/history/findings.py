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
