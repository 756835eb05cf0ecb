"""Commands of a model: what it takes, how it learns, where it goes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from cadcomplete.cli.options import AsJson, BaseModel
from cadcomplete.cli.printing import is_first, print_json


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
