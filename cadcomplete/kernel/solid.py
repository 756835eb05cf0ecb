"""A solid of the kernel, and what is known of it."""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from OCP.BRepCheck import BRepCheck_Analyzer
from OCP.TopoDS import TopoDS_Shape

from cadcomplete.kernel.oracle import Oracle


@dataclass(frozen=True, slots=True)
class Solid:
    """A shape of the kernel, one body or several.

    Attributes:
        shape: the kernel's.
        volume: mm³.
        oracle: what is known of it without the kernel; None if only the shape is (`known.py`).
        checked: whether it is found to be valid and what it must be.
    """

    shape: Any
    volume: float
    oracle: Oracle | None = None
    checked: bool = False


def is_valid(shape: TopoDS_Shape) -> bool:
    """Say whether the kernel finds the shape's topology and geometry consistent."""
    return not shape.IsNull() and BRepCheck_Analyzer(shape).IsValid()
