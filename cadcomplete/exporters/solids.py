"""Solids for other CAD systems (STEP) and for meshes (STL, GLB); millimetres, z up."""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cadcomplete.errors import KernelFailure

if TYPE_CHECKING:
    from cadcomplete.exporters.part import Part


def write_step(part: Part, path: Path) -> None:
    """Write the exact solid as STEP AP214, named like the part."""
    from OCP.APIHeaderSection import APIHeaderSection_MakeHeader
    from OCP.IFSelect import IFSelect_RetDone
    from OCP.STEPControl import STEPControl_AsIs, STEPControl_Writer
    from OCP.TCollection import TCollection_HAsciiString

    from cadcomplete.kernel.step import keep_quiet

    keep_quiet()
    writer = STEPControl_Writer()
    name = part.document.sequence.id or "part"
    status = writer.Transfer(part.solid.shape, STEPControl_AsIs)
    if status == IFSelect_RetDone:
        _name_products(writer.Model(), name)
        header = APIHeaderSection_MakeHeader(writer.Model())
        header.SetName(TCollection_HAsciiString(name))
        header.SetOriginatingSystem(TCollection_HAsciiString("cadcomplete"))
        status = writer.Write(str(path))
    if status != IFSelect_RetDone:
        raise KernelFailure(f"the CAD kernel could not write {path.name}")


def _name_products(model: Any, name: str) -> None:
    """Name the part and, if it has several, its bodies: the kernel appends a running number."""
    from OCP.StepBasic import StepBasic_Product
    from OCP.TCollection import TCollection_HAsciiString

    entities = (model.Value(number) for number in range(1, model.NbEntities() + 1))
    products = [entity for entity in entities if isinstance(entity, StepBasic_Product)]
    for body, product in enumerate(products):
        own = TCollection_HAsciiString(f"{name}.{body}" if body else name)
        product.SetId(own)
        product.SetName(own)


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
    from cadcomplete.kernel.tessellate import tessellate
    from cadcomplete.meshes.mesh import to_trimesh

    return to_trimesh(tessellate(part.solid))
