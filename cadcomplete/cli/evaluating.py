"""The command that measures: it asks and scores, scores again, compares, or lets parts be written.

Each of these ways has options of its own; what a way has no use for is refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cadcomplete.cli.options import (
    AsJson,
    BaseModel,
    Device,
    MaxNewTokens,
    ModelFolder,
    RowCount,
    Temperature,
    TopP,
)
from cadcomplete.cli.printing import print_json
from cadcomplete.model.threads import one_thread

DataSets = Annotated[
    list[Path] | None, typer.Argument(metavar="DATA...", help="Prepared data sets.")
]
Baseline = Annotated[
    str | None, typer.Option(help="Instead of a model: stop, copy, ngram or retrieval.")
]
Source = Annotated[str, typer.Option(help="Who answers: model, search (of the shape), or both.")]
Split = Annotated[str, typer.Option(help="validation, test or train.")]
Cuts = Annotated[str, typer.Option(help="Most cuts of a part, or all: after every operation.")]
Conditions = Annotated[
    str,
    typer.Option(
        help="What is shown: none, caption, sizes, dimensions, image, points, scan, all, or of "
        "another part: othercaption, othersizes, otherimage."
    ),
]
Most = Annotated[
    int | None, typer.Option(help="Parts, chosen at random. Default: all of the split.")
]
Count = Annotated[int, typer.Option("-n", help="How many suggestions and parts.")]
Seed = Annotated[int, typer.Option(min=0, help="Of the choice, of scans, of predictors.")]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", help="Folder. Default: runs/evaluate/NAME.")
]
Generate = Annotated[
    int | None,
    typer.Option(help="Instead: write so many parts from nothing; are they like real ones?"),
]
Rescore = Annotated[
    Path | None, typer.Option(help="Score a predictions.jsonl again; needs no DATA.")
]
Compare = Annotated[
    list[Path] | None,
    typer.Option(help="Write report.html of a finished folder; may be repeated."),
]
Full = Annotated[
    bool, typer.Option("--full", help="With --rescore: the metrics of other systems as well.")
]

_SAMPLING = {"device", "base", "temperature", "top_p", "max_new_tokens", "rows"}
_CHOICE = {"data", "split", "most", "seed", "output"}
_ONE_OF = {"data", "rescore", "compare"}  # together they have a message of their own

WAYS: dict[str, set[str]] = {
    "generate": {*_CHOICE, "model", *_SAMPLING},
    "rescore": {*_ONE_OF, "full"},
    "compare": {*_ONE_OF, "output"},
    "baseline": {*_CHOICE, "model", "source", "cuts", "conditions", "n"},
}
"""What goes with an option that says what is to be done, or who is asked; the first of them that is
given counts. `--model` and `--source` with `--baseline` have a message of their own."""


def evaluate(
    context: typer.Context,
    data: DataSets = None,
    model: ModelFolder = None,
    baseline: Baseline = None,
    source: Source = "both",
    split: Split = "validation",
    cuts: Cuts = "all",
    conditions: Conditions = "none",
    most: Most = None,
    n: Count = 5,
    seed: Seed = 0,
    output: Output = None,
    generate: Generate = None,
    rescore: Rescore = None,
    compare: Compare = None,
    full: Full = False,
    device: Device = "auto",
    base: BaseModel = None,
    temperature: Temperature = None,
    top_p: TopP = None,
    max_new_tokens: MaxNewTokens = None,
    rows: RowCount = None,
    as_json: AsJson = False,
) -> None:
    """Measure how well held-out parts are completed; a run that was stopped continues."""
    one_thread()
    from cadcomplete import evaluate as evaluating
    from cadcomplete.evaluate import tables
    from cadcomplete.reports import parts as reports

    check_options(context)
    answering = reports.Answering(device, base, temperature, top_p, max_new_tokens, rows, source)
    if rescore is not None or compare:
        folders = tuple(compare or ())
        report = reports.reevaluate(tuple(data or ()), rescore, folders, output, full=full)
    else:
        settings = evaluating.EvaluationSettings(
            data=tuple(data or ()),
            split=split,
            cuts=evaluating.cuts_named(cuts),
            conditions=tuple(c.strip() for c in conditions.split(",") if c.strip()),
            most=most,
            n=n,
            seed=seed,
        )
        if generate is not None:
            report = reports.generate(
                settings, generate, model=model, answering=answering, output=output
            )
        else:
            report = reports.evaluate(
                settings, model=model, answering=answering, baseline=baseline, output=output
            )
    print_json(report) if as_json else typer.echo(tables.answer(report))


def check_options(context: typer.Context) -> None:
    """Raise InputError if an option is given that would be passed over."""
    from cadcomplete.errors import InputError
    from cadcomplete.reports.parts import check_alone

    given = {
        param.name: param.opts[-1]
        for param in context.command.params
        if param.name and _is_given(context, param.name)
    }
    way = next((name for name in WAYS if name in given), None)
    if way is None:
        if "full" in given:
            hint = "ask first, then score the predictions again"
            raise InputError("--full needs --rescore", hint=hint)
        return
    useless = given.keys() - WAYS[way] - {way, "as_json"}
    check_alone(given[way], dict.fromkeys(sorted(given[name] for name in useless), True))


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
