"""The shape of a wanted part, from a file or as a cloud: read, and compared with what is given."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from cadcomplete.clouds.cloud import PointCloud
from cadcomplete.clouds.read import Scan, read_scan, scan_of
from cadcomplete.errors import InputError, KernelFailure
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Kernel, Pending
from cadcomplete.placing.comparing import Fitted, fitted

Shape = PointCloud | np.ndarray | Scan | str | Path
"""A shape: a cloud in memory, a table of its points, what was read of a file, or its path."""


def reading(path: str | Path, *, units: str = "", up: str = "", kernel: Kernel) -> Pending[Scan]:
    """Begin to read a file, in a process of its own: see `clouds.read.read_scan`."""
    return kernel.submit(partial(read_scan, Path(path), units=units, up=up))


def read_shape(
    shape: Shape | Pending[Scan],
    *,
    units: str = "",
    up: str = "",
    file: str | Path = "",
    kernel: Kernel,
) -> Scan:
    """Return a shape with its cloud. Raises InputError; one on which the kernel dies is one, too;
    TimeLimitError if it is due before (`Kernel.until`).

    `units` and `up` are those of a file or a table; a cloud is in millimetres, z up. `file` is
    the path of one that is being read.
    """
    if isinstance(shape, Scan):
        return shape
    if isinstance(shape, PointCloud):
        return Scan(shape)
    if isinstance(shape, np.ndarray):
        return scan_of(shape, units=units, up=up)
    if not isinstance(shape, Pending):
        shape, file = reading(shape, units=units, up=up, kernel=kernel), shape
    try:
        return shape.result()
    except KernelFailure as error:
        if kernel.due.over:
            raise
        hint = "export it again, or give an STL"
        raise InputError(str(error), file=file, hint=hint) from error


def shown(
    shape: Shape | Pending[Scan] | None,
    given: CadSequence,
    *,
    units: str = "",
    up: str = "",
    place: str = "check",
    file: str | Path = "",
    kernel: Kernel,
) -> Fitted | None:
    """Return the cloud of a shape that fits the given part, and what should be known about it.

    `place`: "check" refuses a shape that does not fit, "fit" puts it on the given part, "keep"
    leaves it where it is. Raises InputError, which names the file; TimeLimitError as `read_shape`.
    """
    if shape is None:
        return None
    scan = read_shape(shape, units=units, up=up, file=file, kernel=kernel)
    try:
        found = fitted(
            scan.cloud,
            given,
            place=place,
            known_unit=bool(scan.units),
            exact=scan.mesh is not None,
        )
    except InputError as error:
        raise error.in_file(scan.file) from error.__cause__
    return replace(found, notices=(*scan.notices, *found.notices))
