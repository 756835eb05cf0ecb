"""Commands of a model: what it takes, how it learns, how good it is, where it goes."""

from __future__ import annotations

import json
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
from cadcomplete.cli.printing import is_first, print_json
from cadcomplete.model.threads import one_thread


def export(
    model: Annotated[
        Path | None, typer.Argument(metavar="[RUN]", help="A trained folder. Default: shipped.")
    ] = None,
    to: Annotated[
        str, typer.Option("--to", help="adapter, for peft; or merged, for transformers and vLLM.")
    ] = "merged",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder. Default: RUN/TO.")
    ] = None,
    base: BaseModel = None,
    as_json: AsJson = False,
) -> None:
    """Write a trained model as a folder that plain peft or transformers load."""
    from cadcomplete.reports import answering

    report = answering.export(model, to, output=output, base=base)
    print_json(report) if as_json else typer.echo(answering.export_text(report))


def plan(
    config: Annotated[Path, typer.Argument(help="A TOML file, such as configs/small.toml.")],
    data: Annotated[
        list[Path] | None,
        typer.Option(help="A data set to count; may be repeated. Default: those of CONFIG."),
    ] = None,
    gpu: Annotated[float, typer.Option(min=1, help="Memory of the card in GB.")] = 80.0,
    tflops: Annotated[
        float, typer.Option(min=1, help="What it computes; by default as measured.")
    ] = 310.0,
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="key=value, such as train.batch=8")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what training would take, and whether it fits a card; nothing is loaded."""
    from cadcomplete import config as configuration
    from cadcomplete import plan as planning
    from cadcomplete.errors import InputError

    resolved = configuration.load(config, changes=tuple(changes or ()))
    for folder in data or ():
        if not folder.is_dir():
            raise InputError("no such folder", file=folder)
    report = planning.plan(resolved, data=tuple(data or ()), gpu=gpu, tflops=tflops)
    if as_json:
        print_json(report)
    else:
        typer.echo(planning.text(report))


def train(
    config: Annotated[Path, typer.Argument(help="A TOML file, such as configs/tiny.toml.")],
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="key=value, such as train.batch=8")
    ] = None,
    go_on: Annotated[
        bool, typer.Option("--continue", help="Go on though the configuration has changed.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Train a model; a run that was stopped continues."""
    from cadcomplete import config as configuration
    from cadcomplete.training.train import train as train_model

    resolved = configuration.load(config, changes=tuple(changes or ()))
    folder = train_model(resolved, say=lambda line: typer.echo(line, err=True), changed=go_on)
    if as_json and is_first():
        print_json({"folder": str(folder), **json.loads((folder / "metrics.json").read_text())})


def evaluate(
    data: Annotated[
        list[Path] | None, typer.Argument(metavar="DATA...", help="Prepared data sets.")
    ] = None,
    model: ModelFolder = None,
    baseline: Annotated[
        str | None, typer.Option(help="Instead of a model: stop, copy, ngram or retrieval.")
    ] = None,
    source: Annotated[
        str, typer.Option(help="Who answers: model, search (of the shape), or both.")
    ] = "both",
    split: Annotated[str, typer.Option(help="validation, test or train.")] = "validation",
    cuts: Annotated[
        str, typer.Option(help="Most cuts of a part, or all: after every operation.")
    ] = "all",
    conditions: Annotated[
        str, typer.Option(help="What is shown: none, caption, image, points, scan, all.")
    ] = "none",
    most: Annotated[
        int | None, typer.Option(help="Parts, chosen at random. Default: all of the split.")
    ] = None,
    n: Annotated[int, typer.Option("-n", help="How many suggestions and parts.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Of the choice, of scans, of predictors.")] = 0,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder. Default: runs/evaluate/NAME.")
    ] = None,
    generate: Annotated[
        int | None,
        typer.Option(help="Instead: write so many parts from nothing; are they like real ones?"),
    ] = None,
    rescore: Annotated[
        Path | None, typer.Option(help="Score a predictions.jsonl again; needs no DATA.")
    ] = None,
    compare: Annotated[
        list[Path] | None,
        typer.Option(help="Write report.html of a finished folder; may be repeated."),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="With --rescore: the metrics of other systems as well.")
    ] = False,
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

    if generate is not None:
        others = {
            "--baseline": baseline is not None,
            "--source": source != "both",
            "--conditions": conditions != "none",
            "--cuts": cuts != "all",
            "--rescore": rescore is not None,
            "--compare": bool(compare),
            "--full": full,
        }
        reports.check_alone("--generate", others)
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
    if as_json:
        print_json(report)
    else:
        typer.echo(tables.answer(report))
