"""Commands that take one part."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cadcomplete.cli.constraints import (
    AtMost,
    Density,
    KeepOut,
    MaxMass,
    MaxVolume,
    Meets,
    Only,
    Pinned,
    Snapping,
    SymmetricAbout,
    Within,
)
from cadcomplete.cli.options import (
    AnswerWithin,
    AsJson,
    BaseModel,
    Device,
    Keep,
    KernelWithin,
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
from cadcomplete.cli.printing import print_json
from cadcomplete.cli.shapes import Place, Points, Units, Up
from cadcomplete.deadline import due_after
from cadcomplete.model.threads import one_thread


def inspect(
    part: PartFile,
    as_json: AsJson = False,
    tokenizer: TokenizerFolder = None,
    time_limit: KernelWithin = 120.0,
) -> None:
    """Say what is in a history, what is wrong, and what it measures.

    Telling that a part is not a valid solid is what was asked: the exit code is 0 then as well, and
    `valid` in the JSON says it.
    """
    from cadcomplete.reports import parts as reports

    report = reports.inspect(part, tokenizer=tokenizer, time_limit=time_limit)
    if as_json:
        print_json(report)
    else:
        typer.echo(reports.inspection_text(report))


def convert(
    source: PartFile,
    target: Annotated[
        Path,
        typer.Argument(
            metavar="TARGET", help=".json, .lines, .py, .FCStd, .step, .stl, .glb or .png"
        ),
    ],
    dialect: Annotated[
        str | None,
        typer.Option(
            help="Of JSON: omnicad or native, usually as it was read. Of a script: build123d "
            "(usual) or cadquery."
        ),
    ] = None,
    time_limit: KernelWithin = 120.0,
) -> None:
    """Convert a history to the format that the suffix of TARGET names."""
    from cadcomplete import exporters, readers
    from cadcomplete.errors import InputError
    from cadcomplete.reports import parts as reports

    document = readers.read(source)
    own = exporters.EXPORTERS[exporters.format_of(target)].dialects
    if target.exists() and target.samefile(source):
        raise InputError("source and target are the same file", file=target)
    if dialect is not None and not own:
        known = document.sequence if dialect == "native" else document.sequence.known
        if known.rest != document.sequence.rest:
            typer.echo(f"{source}: {document.sequence.notice}", err=True)
        document = readers.from_sequence(known, dialect=dialect, path=str(source))
    written = (dialect or "") if own else ""
    for notice in reports.convert(document, target, time_limit=time_limit, dialect=written):
        typer.echo(f"{source}: {notice}", err=True)
    typer.echo(str(target))


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
        print_json(report)
    else:
        typer.echo(report["text"], nl=False)


def complete(
    context: typer.Context,
    part: Annotated[
        Path | None,
        typer.Argument(
            metavar="[PART]",
            help="A history: .json, .lines, .h5, .FCStd or a script, .py; or packed: .gz."
            " Without one: from nothing, by --caption, --image or --points.",
        ),
    ] = None,
    keep: Keep = None,
    caption: Annotated[str | None, typer.Option(help="What the part is to be.")] = None,
    n: Annotated[int, typer.Option("-n", help="How many completions.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other completions.")] = 0,
    only_next: Annotated[
        bool, typer.Option("--next", help="Only the next operation, with its probability.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="With --next: also what is not likely enough.")
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
    only: Only = None,
    boolean: Meets = None,
    at_most: AtMost = None,
    within: Within = None,
    symmetric: SymmetricAbout = None,
    keep_out: KeepOut = None,
    max_volume: MaxVolume = None,
    max_mass: MaxMass = None,
    density: Density = None,
    pin: Pinned = None,
    snap: Snapping = None,
    cold: Annotated[
        bool, typer.Option("--cold", help="Without the process that stays to answer the next one.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Propose how a half-finished part goes on."""
    one_thread()
    with due_after(time_limit, context.obj).answering():
        from cadcomplete.constraints.said import ConstraintWords
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
        constraints=ConstraintWords(
            *(_listed(only), _listed(boolean), at_most, within, symmetric, tuple(keep_out or ())),
            *(max_volume, max_mass, density, tuple(pin or ())),
        ),
        snap=snap,
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
        print_json(report)
    else:
        typer.echo(completion_reports.completions_text(report, everything=everything))


def _listed(said: list[str] | None) -> str | None:
    """What was said once with commas, or several times."""
    return ",".join(said) if said else None
