"""From nothing but a shape to a part with a history.

A shape says what is wanted, so no model is asked: planes, cylinders and sections of the shape are
put together to sketches and extrudes (`fitting`), as `complete` does where it is given a cloud.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cadcomplete import exporters
from cadcomplete.clouds.cloud import PointCloud
from cadcomplete.clouds.deviation import Deviation, shortly
from cadcomplete.clouds.read import Scan
from cadcomplete.errors import CadCompleteError, GeometryError, InputError, KernelFailure
from cadcomplete.exporters import rebuilt as beside
from cadcomplete.files import clear, safe_name
from cadcomplete.fitting import finish, wanted
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.jobs import examine_and_keep
from cadcomplete.kernel.report import Report
from cadcomplete.language.lines import encode
from cadcomplete.meshes.mesh import Mesh
from cadcomplete.placing.comparing import plausible
from cadcomplete.placing.shapes import Shape, read_shape
from cadcomplete.readers import Document, from_sequence

Watch = Callable[[str], None]

_MISSED, _NOTHING = 0.01, 0.05
"""Of the shape's length: farther off, something of it was not found; so far on average, nothing."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A part that was rebuilt from a shape.

    Attributes:
        document: the part, in our own format.
        report: what the kernel found.
        deviation: how far the part and the shape are apart; None if there is no solid.
        shape: its surface, or its cloud if it has none, in millimetres.
        notices: what was understood of the shape, and what is unlikely of it.
        seconds: time it took.
    """

    document: Document
    report: Report
    deviation: Deviation | None
    shape: Mesh | PointCloud
    notices: tuple[str, ...]
    seconds: float

    @property
    def valid(self) -> bool:
        return self.report.valid

    @property
    def volume(self) -> float | None:
        """In mm³, or None if there is no solid."""
        return self.report.measures.volume if self.report.measures else None

    @property
    def text(self) -> str:
        """The history, in the line language."""
        return encode(self.document.sequence).text


def rebuild(
    shape: Shape,
    *,
    units: str = "",
    up: str = "",
    kernel: Kernel | None = None,
    watch: Watch = lambda _: None,
) -> Rebuilt:
    """Return the sketches and extrudes that make a shape.

    `shape` is a path (`clouds.read.SCANS` has the kinds of files), or a cloud in millimetres;
    `units` and `up` say what a file's numbers are in and which of its axes points upwards.
    Without `kernel` one is started. `watch` hears what is being done. The same shape gives the
    same part. Raises InputError for a shape that cannot be read, or is no part's surface.
    """
    if kernel is None:
        with Kernel(workers=2, time_limit=60.0) as own:
            return rebuild(shape, units=units, up=up, kernel=own, watch=watch)
    started = time.monotonic()
    watch("reading the shape")
    scan = read_shape(shape, units=units, up=up, kernel=kernel)
    sequence, report = _searched(scan, kernel, watch)
    document = from_sequence(sequence)
    if report.measures:
        document = document.measured(report.measures.bounding_box)
    surface = _surface(scan, kernel)
    watch("measuring how far the part is from the shape")
    apart, notices = None, [*scan.notices, *plausible(scan.cloud)]
    if report.measures:
        try:
            apart = kernel.run(beside.deviation, document, surface, report.solid)
        except CadCompleteError as error:
            notices.append(f"how far the part is from the shape was not measured: {error}")
    if apart is not None and apart.mean > _NOTHING * 2 * scan.cloud.scale:
        raise _nothing_found(scan)
    if apart is not None and apart.largest > _MISSED * 2 * scan.cloud.scale:
        off = shortly(apart.largest)
        notices.append(
            f"not all of the shape was found: the part is off by up to {off}, see the png"
        )
    seconds = time.monotonic() - started
    return Rebuilt(document, report, apart, surface, tuple(notices), seconds)


def _searched(scan: Scan, kernel: Kernel, watch: Watch) -> tuple[CadSequence, Report]:
    """The best history that the kernel finds valid; the best of all if it finds none."""
    watch("looking for planes and cylinders")
    try:
        seen = wanted(scan.cloud)
    except GeometryError as error:
        hint = "give the whole surface of a part"
        raise InputError(f"the shape: {error}", file=scan.file, hint=hint) from error

    def tell(step: int, agreement: float) -> None:
        watch(f"searching: step {step + 1}, {agreement:.1%} of the shape")

    found = [replace(one, id=_name(scan.file)) for one in finish(CadSequence(()), seen, watch=tell)]
    if not any(len(one) for one in found):
        raise _nothing_found(scan)
    watch("building the part")
    reports: list[Report] = []
    for sequence in found:
        try:
            reports.append(kernel.run(examine_and_keep, sequence))
        except CadCompleteError as error:
            reports.append(Report((str(error),)))
        if reports[-1].valid:
            return sequence, reports[-1]
    return found[0], reports[0]


def _nothing_found(scan: Scan) -> InputError:
    problem, expected = "no sketch and extrude was found in this shape", "prismatic walls"
    hint = "give a mesh, a STEP file, or points with normals" if scan.mesh is None else ""
    hint = "; ".join([*plausible(scan.cloud), hint]).strip("; ")
    return InputError(problem, file=scan.file, expected=expected, hint=hint)


def _surface(scan: Scan, kernel: Kernel) -> Mesh | PointCloud:
    """What the part is compared with: the surface as exactly as it is known."""
    if scan.mesh is None:
        return scan.cloud
    solid = Path(scan.file).suffix.lower() in (".step", ".stp")
    if not solid or scan.units != "mm" or scan.up != "z":
        return scan.mesh
    try:
        return kernel.run(beside.fine_surface, Path(scan.file))
    except CadCompleteError:  # too much for it: the facets that were read will do
        return scan.mesh


def _name(file: str) -> str:
    """A part's id: the name of its file without suffixes."""
    return safe_name(Path(file).name.partition(".")[0])


def write(
    result: Rebuilt, folder: Path, formats: tuple[str, ...], kernel: Kernel
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Write a part to files; return their paths by format, and why one could not be written.

    Its picture has the shape beside it. What has no solid has no STEP, STL or GLB. Raises
    InputError for a folder that cannot be written to.
    """
    name, labels = result.document.sequence.id, ("the shape", f"rebuilt: {_label(result)}")
    paths = {kind: folder / f"{name}.{kind}" for kind in formats}
    clear(*paths.values())  # of an earlier run
    solid = result.report.solid
    pending = [
        kernel.submit(beside.draw_rebuilt, result.document, result.shape, labels, path, solid)
        if kind == "png"
        else kernel.submit(exporters.export, result.document, 0, [path], solid, b"")
        for kind, path in paths.items()
    ]
    problems: list[str] = []
    for path, one in zip(paths.values(), pending, strict=True):
        try:
            one.result()
        except KernelFailure as error:
            problems.append(f"{path.name} was not written: {error}")
    files = {kind: str(path) for kind, path in paths.items() if path.is_file()}
    return files, tuple(problems)


def _label(result: Rebuilt) -> str:
    """What is written under the picture of a part."""
    count = len(result.document.sequence)
    if result.deviation is None:
        return f"{count} operations, no solid"
    return f"{count} operations, off by {shortly(result.deviation.largest)} at most"


def as_json(result: Rebuilt, files: dict[str, Any]) -> dict[str, Any]:
    """Return what the command line prints."""
    apart, box = result.deviation, result.report.measures and result.report.measures.bounding_box
    return {
        "notices": list(result.notices),
        "valid": result.valid,
        "problems": list(result.report.problems),
        "operations": len(result.document.sequence),
        "volume_mm3": result.volume,
        "bounding_box_mm": box and {"min": box.minimum, "max": box.maximum},
        "deviation_mm": apart and {"mean": apart.mean, "largest": apart.largest},
        "unseen": apart and round(apart.unseen, 4),
        "text": result.text,
        "seconds": round(result.seconds, 3),
        "files": files,
    }
