"""The command line. Every command imports what it needs when it runs, so help comes at once.

Exit codes: 0 done, 2 usage or bad input, 1 anything else.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from cadcomplete.cli.options import (
    AnswerWithin,
    AsJson,
    BaseModel,
    Device,
    Keep,
    MaxNewTokens,
    ModelFolder,
    OutputFolder,
    PartFile,
    Pictures,
    RowCount,
    Temperature,
    TokenizerFolder,
    TopP,
)
from cadcomplete.cli.shapes import Place, Points, Units, Up, rebuild
from cadcomplete.model.threads import one_thread

app = typer.Typer(
    name="cadcomplete",
    help="Complete CAD construction histories.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command line; an error is one clear line and an exit code."""
    from cadcomplete.errors import CadCompleteError, InputError, Interrupted

    try:
        code = app(standalone_mode=False, obj=time.monotonic())
        if code == 130:  # typer has caught a Ctrl-C
            _fail("interrupted", 130)
    except InputError as error:
        code = _fail(str(error), 2)
    except CadCompleteError as error:
        code = _fail(str(error), 1)
    except Interrupted as error:
        code = _fail(f"interrupted: {error}", 130)
    except (KeyboardInterrupt, typer.Abort):
        code = _fail("interrupted", 130)
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:  # noqa: BLE001
        code = _unexpected(error)
    sys.exit(code if isinstance(code, int) else 0)


def _unexpected(error: Exception) -> int:
    """Usage errors of the command line say themselves how to show; the rest is our fault."""
    show = getattr(error, "format_message", None)
    if show is not None:
        return _fail(f"{show()} (see cadcomplete --help)", getattr(error, "exit_code", 2))
    if os.environ.get("CADCOMPLETE_DEBUG"):
        raise error
    hint = "set CADCOMPLETE_DEBUG=1 to see where"
    return _fail(f"unexpected {type(error).__name__}: {' '.join(str(error).split())} ({hint})", 1)


def _fail(message: str, code: int) -> int:
    if not _is_first():
        # Of processes that fail alike, the first tells it, and the launcher ends the others.
        time.sleep(5)
    typer.echo(f"cadcomplete: {message}", err=True)
    return code


def _is_first() -> bool:
    """Say whether this is the first of the processes that a launcher started, or the only one."""
    return os.environ.get("RANK", "0") == "0"


def _print_json(document: Any) -> None:
    typer.echo(json.dumps(document, indent=1, ensure_ascii=False))


def _version(wanted: bool) -> None:
    if wanted:
        from cadcomplete import __version__

        typer.echo(f"cadcomplete {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Complete CAD construction histories."""


@app.command()
def inspect(
    part: PartFile,
    as_json: AsJson = False,
    tokenizer: TokenizerFolder = None,
    time_limit: Annotated[float, typer.Option(help="Seconds the CAD kernel may take.")] = 120.0,
) -> None:
    """Say what is in a history, what is wrong, and what it measures."""
    from cadcomplete.reports import parts as reports

    report = reports.inspect(part, tokenizer=tokenizer, time_limit=time_limit)
    if as_json:
        _print_json(report)
    else:
        typer.echo(reports.inspection_text(report))


@app.command()
def convert(
    source: PartFile,
    target: Annotated[
        Path, typer.Argument(metavar="TARGET", help=".json, .lines, .step, .stl, .glb or .png")
    ],
    dialect: Annotated[
        str | None, typer.Option(help="Of JSON: omnicad or native. Default: as it was read.")
    ] = None,
    time_limit: Annotated[float, typer.Option(help="Seconds the CAD kernel may take.")] = 120.0,
) -> None:
    """Convert a history to the format that the suffix of TARGET names."""
    from cadcomplete import readers
    from cadcomplete.reports import parts as reports

    document = readers.read(source)
    if dialect is not None:
        known = document.sequence if dialect == "native" else document.sequence.known
        if known.rest != document.sequence.rest:
            typer.echo(f"{source}: {document.sequence.notice}", err=True)
        document = readers.from_sequence(known, dialect=dialect, path=str(source))
    for notice in reports.convert(document, target, time_limit=time_limit):
        typer.echo(f"{source}: {notice}", err=True)


@app.command()
def encode(
    part: PartFile,
    text_format: Annotated[str, typer.Option("--format", help="lines, json or numbers")] = "lines",
    cut: Annotated[
        int | None, typer.Option(help="Operations to keep. Default: all of them.")
    ] = None,
    caption: Annotated[str | None, typer.Option(help="What the part is.")] = None,
    tokenizer: TokenizerFolder = None,
    as_json: AsJson = False,
) -> None:
    """Print the prompt that a model gets for a part."""
    from cadcomplete.reports import parts as reports

    report = reports.encode(part, text_format, cut=cut, caption=caption, tokenizer=tokenizer)
    for notice in report["notices"]:
        typer.echo(f"{part}: {notice}", err=True)
    if as_json:
        _print_json(report)
    else:
        typer.echo(report["text"], nl=False)


@app.command()
def truncate(
    source: Annotated[Path, typer.Argument(help="Folder of histories.")],
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="Folder to write to.")],
    max_versions: Annotated[int, typer.Option(help="Most truncated versions of a part.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Write histories and evenly spaced beginnings of them."""
    from cadcomplete.reports import parts as reports

    report = reports.truncate(source, target, most=max_versions)
    if as_json:
        _print_json(report)
        return
    for skipped in report["skipped"]:
        typer.echo(f"skipped {skipped['file']}: {skipped['reason']}", err=True)
    count, skips = report["files"], len(report["skipped"])
    typer.echo(f"{count} histories, {report['versions']} truncated versions, {skips} skipped")


@app.command()
def prepare(
    source: Annotated[Path, typer.Argument(help="Folder of histories, captions in txt/*.json.")],
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="Folder to write to.")],
    layout: Annotated[
        str, typer.Option(help="shards (Parquet) or omnicad (folders of files)")
    ] = "shards",
    views: Annotated[int, typer.Option(help="Pictures of each part, at most 14; 0 for none.")] = 1,
    size: Annotated[int, typer.Option(help="Of a picture in pixels.")] = 224,
    styles: Annotated[
        str, typer.Option(help="Of pictures, chosen at random for each: names, or all.")
    ] = "default",
    points: Annotated[int, typer.Option(help="In a point cloud; 0 for none.")] = 4096,
    sampling: Annotated[str, typer.Option(help="Of points: area or farthest.")] = "area",
    validation: Annotated[float, typer.Option(help="Share of designs held out.")] = 0.05,
    test: Annotated[float, typer.Option(help="Share of designs for the last test.")] = 0.05,
    max_versions: Annotated[
        int, typer.Option(help="Most truncated versions of a part, as omnicad.")
    ] = 5,
    per_shard: Annotated[int, typer.Option(help="Files that make a shard.")] = 500,
    time_limit: Annotated[float, typer.Option(help="Seconds the kernel may take a part.")] = 60.0,
    tokenizer: TokenizerFolder = None,
    seed: Annotated[int, typer.Option(min=0, help="Of pictures and points.")] = 0,
    workers: Annotated[
        int | None, typer.Option(help="Parts at a time. Default: as many as cores.")
    ] = None,
    ray: Annotated[
        str | None, typer.Option(help="Address of a Ray cluster, auto, or local.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a data set of a folder of histories; a run that was stopped continues."""
    from cadcomplete.data.prepare import report as reporting
    from cadcomplete.data.prepare.settings import Settings, named_styles
    from cadcomplete.reports import parts as reports

    settings = Settings(
        layout=layout,  # type: ignore[arg-type]
        views=views,
        size=size,
        styles=named_styles(styles),
        points=points,
        sampling=sampling,  # type: ignore[arg-type]
        validation=validation,
        test=test,
        truncations=max_versions,
        per_shard=per_shard,
        time_limit=time_limit,
        tokenizer=str(tokenizer.resolve()) if tokenizer else "",
        seed=seed,
    )
    report = reports.prepare(source, target, settings, workers=workers, ray=ray)
    if as_json:
        _print_json(report)
    else:
        typer.echo(f"{reporting.text(report)}\nthe data set is in {target}")


@app.command()
def synthesize(
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="Folder to write to.")],
    count: Annotated[int, typer.Option("-n", help="How many parts.")] = 1000,
    start: Annotated[int, typer.Option(help="Number of the first part.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other parts.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Write synthetic parts that look like real ones, in our JSON."""
    from cadcomplete.reports import parts as reports

    report = reports.synthesize(target, count, start=start, seed=seed)
    if as_json:
        _print_json(report)
    else:
        typer.echo(f"{report['parts']} parts in {report['folder']}")


@app.command()
def complete(
    context: typer.Context,
    part: PartFile,
    keep: Keep = None,
    caption: Annotated[str | None, typer.Option(help="What the part is to be.")] = None,
    n: Annotated[int, typer.Option("-n", help="How many completions.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other completions.")] = 0,
    only_next: Annotated[
        bool, typer.Option("--next", help="Only the next operation, with its probability.")
    ] = False,
    model: ModelFolder = None,
    output: OutputFolder = None,
    formats: Annotated[str, typer.Option(help="Files to write with -o.")] = "json,step,png",
    image: Pictures = None,
    points: Points = None,
    units: Units = "",
    up: Up = "",
    place: Place = "check",
    time_limit: AnswerWithin = 30.0,
    device: Device = "auto",
    base: BaseModel = None,
    temperature: Temperature = None,
    top_p: TopP = None,
    max_new_tokens: MaxNewTokens = None,
    rows: RowCount = None,
    as_json: AsJson = False,
) -> None:
    """Propose how a half-finished part goes on."""
    one_thread()
    from cadcomplete.reports import answering
    from cadcomplete.reports import completions as completion_reports

    asked = completion_reports.Asked(
        keep=keep,
        caption=caption,
        images=tuple(image or ()),
        points=points,
        units=units,
        up=up,
        place=place,
        n=n,
        seed=seed,
        only_next=only_next,
    )
    report = completion_reports.complete(
        part,
        asked,
        model=model,
        output=output,
        formats=tuple(name.strip() for name in formats.split(",") if name.strip()),
        started=context.obj,
        time_limit=time_limit,
        answering=answering.Answering(device, base, temperature, top_p, max_new_tokens, rows),
    )
    if as_json:
        _print_json(report)
    else:
        typer.echo(completion_reports.completions_text(report))


app.command()(rebuild)


@app.command()
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
    _print_json(report) if as_json else typer.echo(answering.export_text(report))


@app.command()
def plan(
    config: Annotated[Path, typer.Argument(help="A TOML file, such as configs/small.toml.")],
    data: Annotated[
        list[Path] | None,
        typer.Option(help="A data set to count; may be repeated. Default: those of CONFIG."),
    ] = None,
    gpu: Annotated[float, typer.Option(help="Memory of the card in GB.")] = 80.0,
    tflops: Annotated[
        float, typer.Option(help="What it computes; by default as measured.")
    ] = 310.0,
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="key=value, such as train.batch=8")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what training would take, and whether it fits a card; nothing is loaded."""
    from cadcomplete import config as configuration
    from cadcomplete import plan as planning

    resolved = configuration.load(config, changes=tuple(changes or ()))
    report = planning.plan(resolved, data=tuple(data or ()), gpu=gpu, tflops=tflops)
    if as_json:
        _print_json(report)
    else:
        typer.echo(planning.text(report))


@app.command()
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
    if as_json and _is_first():
        _print_json({"folder": str(folder), **json.loads((folder / "metrics.json").read_text())})


@app.command()
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
        settings = evaluating.Settings(
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
        _print_json(report)
    else:
        typer.echo(tables.answer(report))
