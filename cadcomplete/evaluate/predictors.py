"""Who is asked: a model or a baseline, by what the command line names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cadcomplete.baselines import baseline as made
from cadcomplete.baselines import check_baseline
from cadcomplete.errors import InputError
from cadcomplete.evaluate.questions import Data
from cadcomplete.kernel.contain import Kernel
from cadcomplete.predictions import Predictor


def check_predictor(model: Path | None, baseline: str | None) -> None:
    """Raise InputError for an unknown baseline, or a model as well as a baseline."""
    if baseline is not None:
        check_baseline(baseline)
        if model is not None:
            raise InputError("a model and a baseline", expected="one of --model and --baseline")


def predictor(
    model: Path | None, baseline: str | None, kernel: Kernel
) -> Callable[[Data], Predictor]:
    """Return what makes a predictor of data sets; without any name the shipped model is asked."""
    if baseline is not None:
        return lambda data: made(baseline, data.training, kernel=kernel)

    from cadcomplete import completion

    loaded = completion.predictor(model, kernel=kernel)
    return lambda data: loaded
