"""Who is asked: a model, the search of the shape, both, or a baseline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cadcomplete.baselines import baseline as made
from cadcomplete.baselines import check_baseline
from cadcomplete.errors import InputError
from cadcomplete.evaluate.questions import CONDITIONS, Data
from cadcomplete.kernel.contain import Kernel
from cadcomplete.predictions import Predictor

if TYPE_CHECKING:
    from cadcomplete.model.checkpoint import Checkpoint

SOURCES = ("model", "search", "both")


def check_predictor(
    model: Path | None, baseline: str | None, source: str, conditions: Sequence[str]
) -> None:
    """Raise InputError for an unknown baseline or source, and for what does not go together."""
    if source not in SOURCES:
        expected = ", ".join(SOURCES)
        raise InputError("no such source", where="--source", expected=expected, got=source)
    if baseline is not None:
        check_baseline(baseline)
        if model is not None or source != "both":
            expected = "one of --model and --baseline, and no --source with a baseline"
            raise InputError("a model and a baseline", expected=expected)
    blind = [name for name in conditions if not CONDITIONS[name].points]
    if source == "search" and blind:
        raise InputError(
            "the search alone needs a shape",
            where="--conditions",
            expected=", ".join(name for name, shown in CONDITIONS.items() if shown.points),
            got=", ".join(blind),
        )


def maker(
    baseline: str | None,
    source: str,
    load: Callable[[], tuple[Checkpoint, Any]],
    kernel: Kernel,
) -> Callable[[Data], Predictor]:
    """Return what makes a predictor of data sets.

    `load` gives the model, if one is asked, and how it draws: when there are data to ask about.
    """
    if baseline is not None:
        return lambda data: made(baseline, data.training, kernel=kernel)

    def answering(data: Data) -> Predictor:
        from cadcomplete.completion.by_model import ByModel
        from cadcomplete.completion.predictor import ModelPredictor

        model, sampling = load()
        return ModelPredictor(ByModel(model, kernel, sampling, source))

    return answering
