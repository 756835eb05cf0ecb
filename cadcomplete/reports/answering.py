"""Which model the command line asks or exports, where it is, and how it draws."""

from __future__ import annotations

import dataclasses
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cadcomplete.deadline import Deadline, OutOfTime
from cadcomplete.files import check_folder
from cadcomplete.model.sampling import Sampling, usual_sampling

if TYPE_CHECKING:
    from cadcomplete.model.checkpoint import Checkpoint


@dataclasses.dataclass(frozen=True, slots=True)
class Answering:
    """Which model answers, where, and how it draws; None is what is usual for it.

    Attributes:
        device: auto, cpu or cuda.
        base: where the base of the model lies, if it is not where it was in training.
        source: model, search or both: who has the ideas where there is a shape.
    """

    device: str = "auto"
    base: Path | None = None
    temperature: float | None = None
    top_p: float | None = None
    most_tokens: int | None = None
    rows: int | None = None
    source: str = "both"

    def load(self, model: Path | None) -> Checkpoint:
        from cadcomplete.model import loading

        return loading.load(model, device=self.device, base=self.base)

    def ready(
        self, model: Path | None, due: Deadline, started: float
    ) -> tuple[Checkpoint | None, Deadline]:
        """Read the model; the time that one of one's own takes does not count.

        Where there is not even time for the one that ships, there is none. Where the program has
        taken so long since it was `started` that this can be foreseen, nobody tries.
        """
        if model is None:
            if _LONGER * (time.monotonic() - started) < due.left:
                with suppress(OutOfTime), due.share(_LOADING).enforced():
                    return self.load(None), due
            return None, due
        started = time.monotonic()
        return self.load(model), due.later(time.monotonic() - started)

    def sampling(self, model: Checkpoint, *, n: int = 0) -> Sampling:
        """Return how to draw for `n` different answers. Raises InputError."""
        usual = usual_sampling(model.config, model.metrics, answers=n)
        names = ("temperature", "top_p", "most_tokens", "rows")
        wanted = {name: getattr(self, name) for name in names}
        given = {name: value for name, value in wanted.items() if value is not None}
        return dataclasses.replace(usual, **given)


_LOADING = 0.55
"""Share of the time that is left that reading the model that ships may take. It takes most of it
where other programs are busy; the rest is for an answer without it."""

_LONGER = 2.0
"""How often as long as all before it that takes, at least: 2.7 times was measured."""


def export(
    model: Path | None, to: str, *, output: Path | None, base: Path | None
) -> dict[str, Any]:
    """Write a model as a folder for other programs; by default beside it, or in `runs`."""
    from cadcomplete.model import loading, portable

    if output is None:
        own = model is not None and model.is_dir()  # and not one that ships with the package
        output = model / to if own and model else Path("runs") / "export" / to
    check_folder(output)
    return portable.export(loading.load(model, base=base), to, output)


def export_text(report: dict[str, Any]) -> str:
    """Return for people what was exported."""
    lines = [f"{report['model']} as {report['to']}: {', '.join(report['files'])}"]
    if report["base"] and report["to"] == "adapter":
        lines.append(f"its base: {report['base']}")
    if report["left_out"]:
        lines.append("text alone: encoders and projectors of pictures and clouds are not in it")
    return "\n".join([*lines, f"the folder is {report['folder']}"])
