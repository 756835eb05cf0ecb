"""Copies of a solid somewhere else, or in a mirror."""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

from OCP.BRepBuilderAPI import BRepBuilderAPI_Transform
from OCP.gp import gp_Trsf

from cadcomplete.history.motions import Motion
from cadcomplete.kernel.booleans import believed
from cadcomplete.kernel.known import oracle_of
from cadcomplete.kernel.solid import Solid


def moved(solid: Solid, motion: Motion) -> Solid:
    """Return a copy of a solid, moved; what is known of it is moved along.

    Raises BooleanError if the kernel's copy is not what that says.
    """
    move = gp_Trsf()
    move.SetValues(*motion.matrix.ravel().tolist())
    shape = BRepBuilderAPI_Transform(solid.shape, move, True).Shape()
    return believed(shape, oracle_of(solid).moved(motion))
