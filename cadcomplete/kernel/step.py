"""Reading the shape in a STEP file, and keeping the kernel's reports of that to itself."""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

import codecs
import tempfile
from pathlib import Path

from OCP.IFSelect import IFSelect_RetDone
from OCP.Message import Message, Message_PrinterOStream
from OCP.STEPControl import STEPControl_Reader
from OCP.TopAbs import TopAbs_FACE
from OCP.TopExp import TopExp_Explorer

from cadcomplete.errors import InputError
from cadcomplete.kernel.integrals import volume_of
from cadcomplete.kernel.solid import Solid


def keep_quiet() -> None:
    """Take away what would print the kernel's progress on the caller's standard output."""
    Message.DefaultMessenger_s().RemovePrinters(Message_PrinterOStream.get_type_descriptor_s())


def read_step(path: Path) -> Solid:
    """Return all that a STEP file holds as one shape, in mm. Raises InputError."""
    keep_quiet()
    reader = _reader(path)
    if reader is None or not reader.TransferRoots():
        raise InputError("not a STEP file that can be read", file=path, hint="export it again")
    shape = reader.OneShape()
    if shape.IsNull() or not TopExp_Explorer(shape, TopAbs_FACE).More():
        hint = "export the solid, not its edges"
        raise InputError("a STEP file without a surface", file=path, hint=hint)
    return Solid(shape, volume_of(shape))


def _reader(path: Path) -> STEPControl_Reader | None:
    """A reader that has read a file; None if that is no STEP file.

    Editors put a byte order mark before it, of which the kernel knows nothing.
    """
    reader = STEPControl_Reader()
    with path.open("rb") as file:
        marked = file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
        if not marked:
            return reader if reader.ReadFile(str(path)) == IFSelect_RetDone else None
        with tempfile.TemporaryDirectory() as folder:
            plain = Path(folder) / "shape.step"
            plain.write_bytes(file.read())
            return reader if reader.ReadFile(str(plain)) == IFSelect_RetDone else None
