"""Solids for other CAD systems (STEP) and for meshes (STL, GLB); millimetres, z up."""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cadcomplete.errors import KernelFailure

if TYPE_CHECKING:
    from cadcomplete.exporters import Part


def write_step(part: Part, path: Path) -> None:
    """Write the exact solid as STEP AP214, named like the part."""
    from OCP.APIHeaderSection import APIHeaderSection_MakeHeader
    from OCP.IFSelect import IFSelect_RetDone
    from OCP.Interface import Interface_Static
    from OCP.STEPControl import STEPControl_AsIs, STEPControl_Writer
    from OCP.TCollection import TCollection_HAsciiString

    writer = STEPControl_Writer()
    name = part.document.sequence.id or "part"
    Interface_Static.SetCVal_s("write.step.product.name", name)
    status = writer.Transfer(part.solid.shape, STEPControl_AsIs)
    if status == IFSelect_RetDone:
        header = APIHeaderSection_MakeHeader(writer.Model())
        header.SetName(TCollection_HAsciiString(name))
        header.SetOriginatingSystem(TCollection_HAsciiString("cadcomplete"))
        status = writer.Write(str(path))
    if status != IFSelect_RetDone:
        raise KernelFailure(f"the CAD kernel could not write {path.name}")


def write_stl(part: Part, path: Path) -> None:
    """Write the triangles as binary STL."""
    _trimesh(part).export(path, file_type="stl")


def write_glb(part: Part, path: Path) -> None:
    """Write the triangles as binary glTF; that format's unit is the metre, its y points up."""
    import numpy as np

    mesh = _trimesh(part)
    upright = np.array([[1, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1000]]) / 1000
    mesh.apply_transform(upright)
    mesh.export(path, file_type="glb")


def _trimesh(part: Part):  # noqa: ANN202
    from cadcomplete.kernel.mesh import to_trimesh
    from cadcomplete.kernel.tessellate import tessellate

    return to_trimesh(tessellate(part.solid))
