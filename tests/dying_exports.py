"""Exports during which the kernel dies over STEP and hangs over PNG, for a worker to run."""

from __future__ import annotations

import ctypes
import os
import signal
from pathlib import Path

from cadcomplete import exporters
from cadcomplete.readers import Document


def crash(part: exporters.Part, path: Path) -> None:
    path.write_text("half a f")
    os.kill(os.getpid(), signal.SIGKILL)


def hang(part: exporters.Part, path: Path) -> None:
    path.write_text("half a f")
    ctypes.PyDLL(None).usleep(int(60e6))


def export(document: Document, keep: int, paths: list[Path], *solids: bytes | None) -> None:
    """Export as ever, but for these two formats."""
    exporters.EXPORTERS["step"] = exporters.Exporter(crash, needs_solid=True)
    exporters.EXPORTERS["png"] = exporters.Exporter(hang, needs_solid=True)
    exporters.export(document, keep, paths, *solids)
