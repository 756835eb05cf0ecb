"""A solid as bytes: what one worker has built, others draw and write without building it again."""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

from io import BytesIO

from OCP.BinTools import BinTools
from OCP.TopoDS import TopoDS_Shape

from cadcomplete.kernel.integrals import volume_of
from cadcomplete.kernel.solid import Solid


def packed(solid: Solid | None) -> bytes:
    """Return a solid as the kernel itself stores it, all digits; of none, no bytes."""
    if solid is None:
        return b""
    stream = BytesIO()
    BinTools.Write_s(solid.shape, stream)
    return stream.getvalue()


def unpacked(content: bytes) -> Solid | None:
    """Return the solid that was packed; what was known of it is forgotten, but for its shape."""
    if not content:
        return None
    shape = TopoDS_Shape()
    BinTools.Read_s(shape, BytesIO(content))
    return Solid(shape, volume_of(shape))
