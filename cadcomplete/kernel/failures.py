"""What the kernel raises.

Its bindings give every exception the base `Exception`: `except Standard_Failure` catches that one
alone, and neither StdFail_NotDone nor Standard_ConstructionError, which are the common ones.
"""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

from OCP import Geom, GProp, LProp, Standard, StdFail, TopoDS, gp, math

KERNEL_ERRORS: tuple[type[Exception], ...] = tuple(
    value
    for package in (Standard, StdFail, gp, math, Geom, GProp, LProp, TopoDS)
    for value in vars(package).values()
    if isinstance(value, type) and issubclass(value, Exception)
)
