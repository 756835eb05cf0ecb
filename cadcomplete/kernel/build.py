"""From a history to a solid: one prism per profile, and a boolean with what is there."""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

from collections.abc import Iterator

from OCP.BRepPrimAPI import BRepPrimAPI_MakePrism
from OCP.gp import gp_Trsf, gp_Vec
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS_Face, TopoDS_Shape

from cadcomplete.errors import BuildError, GeometryError
from cadcomplete.geometry import Plane
from cadcomplete.kernel.booleans import (
    EXACT_FIRST,
    FUZZY,
    SAME,
    BooleanError,
    Fuzzy,
    Solid,
    cut,
    fuse,
    intersect,
    is_valid,
)
from cadcomplete.kernel.edges import face
from cadcomplete.kernel.failures import KERNEL_ERRORS
from cadcomplete.kernel.integrals import area_of
from cadcomplete.operations import Boolean, Extent, Extrude, Operation, Profile, Sketch
from cadcomplete.sequence import CadSequence


def build(sequence: CadSequence, *, strict_from: int | None = None) -> Solid | None:
    """Return the solid of a history, or None while nothing has been extruded.

    Bodies that touch or overlap are one: the volume is that of their union. The sequence is not
    changed. Designers do make cuts that remove nothing; from the operation `strict_from` on,
    an extrude that changes nothing is an error too.

    Raises BuildError naming the first operation that cannot be built, or is not known.
    """
    if sequence.rest:
        raise BuildError(len(sequence), f"{sequence.rest[0].said} is not known here")
    try:
        return _build(sequence, strict_from, FUZZY)
    except BuildError as error:
        if not isinstance(error.__cause__, BooleanError):
            raise
        first = error
    try:
        return _build(sequence, strict_from, EXACT_FIRST)
    except BuildError:
        raise first from None  # what the usual order fails on is the better hint


def _build(sequence: CadSequence, strict_from: int | None, fuzzy: Fuzzy) -> Solid | None:
    operations, solid = sequence.operations, None
    strict = len(operations) if strict_from is None else strict_from
    for run in _runs(operations, strict):
        before = solid
        try:
            solid = _apply(solid, run, operations, fuzzy)
        except BuildError:
            if len(run) == 1:
                raise
            for step in run:  # to name the one that fails, or to do without it failing
                solid = _apply(solid, [step], operations, fuzzy)
        index, extrude = run[0]
        if index >= strict and _same(before, solid):
            raise BuildError(index, f"the {extrude.boolean.value} changes nothing")
    return solid


Run = list[tuple[int, Extrude]]
"""Extrudes that one boolean can do, with their indices."""

_ADDS = (Boolean.NEW_BODY, Boolean.JOIN)


def _runs(operations: tuple[Operation, ...], strict: int) -> Iterator[Run]:
    """Yield every extrude, those in a row that add together: one fuse is faster than many.

    From index `strict` on each stands alone. So does each cut: only then is it certain by how
    much it may change the volume.
    """
    run: Run = []
    for index, operation in enumerate(operations):
        if not isinstance(operation, Extrude):
            continue
        adds = operation.boolean in _ADDS and index < strict
        if run and not (adds and run[0][1].boolean in _ADDS):
            yield run
            run = []
        run.append((index, operation))
    if run:
        yield run


def _same(before: Solid | None, after: Solid | None) -> bool:
    if before is None or after is None:
        return before is after
    return abs(before.volume - after.volume) <= SAME * before.volume


def _apply(
    solid: Solid | None, run: Run, operations: tuple[Operation, ...], fuzzy: Fuzzy
) -> Solid | None:
    index, first = run[0]
    tools: list[Solid] = []
    try:
        for _, extrude in run:
            tools += [_sweep(profile, extrude, operations) for profile in extrude.profiles]
        if not tools:
            return solid
        if first.boolean in _ADDS:
            return fuse(tools if solid is None else [solid, *tools], fuzzy=fuzzy)
        if solid is None:
            raise GeometryError(f"there is nothing to {first.boolean.value}")
        if first.boolean is Boolean.CUT:
            return cut(solid, tools, fuzzy=fuzzy)
        return intersect(solid, fuse(tools, fuzzy=fuzzy), fuzzy=fuzzy)
    except (GeometryError, *KERNEL_ERRORS) as error:
        raise BuildError(index, str(error) or type(error).__name__) from error


def _sweep(profile: Profile, extrude: Extrude, operations: tuple[Operation, ...]) -> Solid:
    """Return the solid that a profile sweeps.

    Loops that touch make no valid face; then each is swept alone and the holes are cut out.
    """
    sketch = operations[profile.sketch]
    if not isinstance(sketch, Sketch):
        raise GeometryError(f"operation {profile.sketch} is not a sketch")
    swept = _prism(face(profile, sketch), sketch.plane, extrude.extent)
    if swept is None and profile.holes:
        alone = [Profile(profile.sketch, i) for i in profile.loops]
        prisms = [_prism(face(p, sketch), sketch.plane, extrude.extent) for p in alone]
        whole = [prism for prism in prisms if prism is not None]
        if len(whole) == len(alone):
            swept = cut(whole[0], whole[1:])
    if swept is None:
        raise GeometryError("a profile sweeps no solid: its loops cross themselves or others")
    return swept


def _prism(profile: TopoDS_Face, plane: Plane, extent: Extent) -> Solid | None:
    """Return what a face sweeps, which is sound if the face is; None if it is not."""
    start, end = extent.span
    if start == end:
        raise GeometryError("the extrude has no height")
    area = area_of(profile)
    if area <= 0 or not is_valid(profile):
        return None
    normal = gp_Vec(*plane.normal)
    moved: TopoDS_Shape = profile
    if start:
        shift = gp_Trsf()
        shift.SetTranslation(normal * start)
        moved = profile.Moved(TopLoc_Location(shift))
    return Solid(
        BRepPrimAPI_MakePrism(moved, normal * (end - start)).Shape(), area * abs(end - start)
    )
