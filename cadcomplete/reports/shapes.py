"""What `rebuild` answers, as a plain dictionary and as text.

The keys are a promise to scripts: they do not change.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cadcomplete import exporters
from cadcomplete.clouds.deviation import shortly
from cadcomplete.completion import rebuilding
from cadcomplete.files import check_folder
from cadcomplete.kernel.contain import Kernel
from cadcomplete.progress import stages

Json = dict[str, Any]


def rebuild(
    shape: Path, *, units: str, up: str, output: Path | None, formats: tuple[str, ...]
) -> Json:
    """Return the part that makes a shape, with `output` also as files; progress if it is slow."""
    exporters.check_formats(formats)
    if output is not None:
        check_folder(output)
    with Kernel(workers=2, time_limit=60.0) as kernel, stages() as watch:
        result = rebuilding.rebuild(shape, units=units, up=up, kernel=kernel, watch=watch)
        watch("writing files")
        files, problems = {}, ()
        if output is not None:
            files, problems = rebuilding.write(result, output, formats, kernel)
    report = rebuilding.as_json(result, files)
    return {"file": str(shape), **report, "notices": [*report["notices"], *problems]}


def rebuilt_text(report: Json) -> str:
    """Return a rebuilt part for people."""
    apart, verdict = report["deviation_mm"], "a valid solid"
    if not report["valid"]:
        verdict = f"not valid: {report['problems'][0]}"
    if report["volume_mm3"] is not None:
        verdict += f", {report['volume_mm3']:.6g} mm³"
    count = f"{report['operations']} operations"
    lines = [f"{report['file']}: {count}, {verdict}"]
    if apart is not None:
        mean, largest = shortly(apart["mean"]), shortly(apart["largest"])
        lines.append(f"off the shape by {mean} on average, {largest} at most")
    lines += [f"note: {notice}" for notice in report["notices"]]
    if report["unseen"]:
        lines.append(f"note: near {report['unseen']:.0%} of its surface the shape has no points")
    lines += [f"   {line}" for line in report["text"].splitlines()]
    lines += [f"   {name}: {file}" for name, file in report["files"].items()]
    lines.append(f"{report['seconds']:.1f} seconds")
    if not report["files"]:
        lines.append("use -o FOLDER to write files")
    return "\n".join(lines)
