"""The benchmark: parts that were held out, cut, completed by a predictor, and scored.

Predictions are a file of their own, so that scoring them again needs neither model nor data.
docs/benchmark.md says what is asked and what counts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cadcomplete.errors import InputError, keeping
from cadcomplete.evaluate.published import published
from cadcomplete.evaluate.questions import Data, choose, questions, read_data
from cadcomplete.evaluate.records import FILE, Header, read_predictions
from cadcomplete.evaluate.run import Watch, predict_all
from cadcomplete.evaluate.scores import DRAWS, scored_run
from cadcomplete.evaluate.settings import EvaluationSettings, cuts_named, folder_of
from cadcomplete.files import check_folder, write_text
from cadcomplete.kernel.contain import Kernel
from cadcomplete.locks import writing_alone
from cadcomplete.predictions import Predictor

METRICS_FILE = "metrics.json"

__all__ = ["EvaluationSettings", "compare", "cuts_named", "evaluate", "rescore"]


def evaluate(
    settings: EvaluationSettings,
    make: Callable[[Data], Predictor],
    *,
    folder: Path | None = None,
    watch: Watch = lambda what, done, total: None,
) -> dict[str, Any]:
    """Ask a predictor everything, score it, and return what `metrics.json` in `folder` has.

    `make` makes the predictor of the data sets. A run that was stopped continues. Raises
    InputError.
    """
    data = read_data(settings.data, split=settings.split)
    parts, left_out = choose(data.held, settings.conditions, most=settings.most, seed=settings.seed)
    asked = list(questions(parts, settings.conditions, cuts=settings.cuts))
    if not asked:
        hint = "with --cuts all there always is"
        raise InputError("no part is long enough to be cut", where=settings.split, hint=hint)
    predictor = make(data)
    header = Header(
        predictor=predictor.name,
        data=data.names,
        split=settings.split,
        cuts=settings.cuts,
        conditions=settings.conditions,
        most=settings.most,
        n=settings.n,
        seed=settings.seed,
        parts=len(parts),
        questions=len(asked),
        left_out=left_out,
    )
    folder = folder or folder_of(predictor.name)
    check_folder(folder)
    kept = f"the answers so far are kept in {folder / FILE}: repeat the command to go on"
    with writing_alone(folder, "evaluate"), keeping(lambda: kept):
        predict_all(predictor, asked, header, folder / FILE, watch=watch)
        return rescore(folder / FILE, watch=watch)


def rescore(
    path: Path, *, full: bool = False, watch: Watch = lambda what, done, total: None
) -> dict[str, Any]:
    """Score predictions that were made before; write `metrics.json` beside them, and return it.

    With `full` also by the metrics of other systems, which take longer. Raises InputError, which
    names the file and the line, if they cannot be read.
    """
    header, answers, _ = read_predictions(path)
    run = scored_run(header, answers, watch=watch)
    document = {"folder": str(path.parent), **run.document}
    for name, condition in document["conditions"].items() if full else ():
        own = [one.answer for one in run.scored if one.answer.condition == name]
        condition["other metrics"] = published(own, draws=DRAWS, seed=header.seed, watch=watch)
    stored = {key: value for key, value in document.items() if key != "folder"}
    write_text(path.parent / METRICS_FILE, json.dumps(stored, indent=1, ensure_ascii=False) + "\n")
    return document


def compare(
    folders: Sequence[Path],
    output: Path,
    *,
    kernel: Kernel,
    watch: Watch = lambda what, done, total: None,
) -> dict[str, Any]:
    """Write `report.html` and its pictures to `output`, of one or more folders of predictions.

    The gallery is of the first of them. Raises InputError.
    """
    from cadcomplete.evaluate.report import write_report

    read = [read_predictions(folder / FILE)[:2] for folder in folders]
    runs = [scored_run(header, answers, watch=watch) for header, answers in read]
    files = write_report(runs, output, kernel=kernel, watch=watch)
    return {"report": str(output / "report.html"), "files": files}
