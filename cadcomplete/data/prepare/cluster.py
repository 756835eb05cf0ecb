"""The same chunks on Ray Data: a worker that is lost costs time, and no part.

Every machine of the cluster sees the source and the target under the same path. A task writes its
chunk itself; Ray gives it to another worker if its own dies, and what was half-written is not
there.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from cadcomplete.data.prepare import chunks
from cadcomplete.data.prepare.inputs import Inputs
from cadcomplete.data.prepare.settings import Settings
from cadcomplete.errors import InputError


def run(
    address: str,
    inputs: Inputs,
    todo: list[int],
    work: Path,
    settings: Settings,
    *,
    workers: int | None,
    tick: Callable[[int], None] = lambda parts: None,
) -> None:
    """Do chunks on the cluster at `address`, or on one that is started here for "local".

    Raises InputError if there is no Ray, or nothing answers there.
    """
    try:
        import ray
    except ImportError as error:
        hint = "pip install 'cadcomplete[cluster]'"
        raise InputError(f"--ray needs Ray: {error}", hint=hint) from error
    started = not ray.is_initialized()
    if started:
        _connect(ray, address, workers)
    try:
        ray.data.DataContext.get_current().enable_progress_bars = False
        tasks = ray.data.from_items([{"chunk": n} for n in todo], override_num_blocks=len(todo))
        job = partial(do_chunk, inputs=inputs, work=work, settings=settings)
        for row in tasks.map(job).iter_rows():
            tick(row["parts"])
    finally:
        if started:
            ray.shutdown()


def _connect(ray: Any, address: str, workers: int | None) -> None:
    """Start or find a cluster; of what it has to say only errors are heard."""
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    where = {"num_cpus": workers} if address == "local" else {"address": address}
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR, "include_dashboard": False}
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    try:
        if colon:  # Ray would try for minutes
            socket.create_connection((host, int(port)), timeout=10).close()
        ray.init(**where, **quiet)
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(f"no Ray cluster there: {error}", where="--ray", got=address) from error


def do_chunk(
    row: dict[str, Any], *, inputs: Inputs, work: Path, settings: Settings
) -> dict[str, Any]:
    """Do one chunk: a task of Ray, with a contained kernel of its own."""
    items = inputs.chunk(row["chunk"], settings.per_shard)
    with chunks.kernel_for(settings, workers=1) as kernel:
        chunks.write_chunk(work, row["chunk"], chunks.outcomes(items, settings, kernel))
    return {"chunk": row["chunk"], "parts": len(items)}
