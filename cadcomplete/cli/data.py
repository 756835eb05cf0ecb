"""Commands that make folders of parts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cadcomplete.cli.options import AsJson, TokenizerFolder
from cadcomplete.cli.printing import print_json


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
        print_json(report)
        return
    for skipped in report["skipped"]:
        typer.echo(f"skipped {skipped['file']}: {skipped['reason']}", err=True)
    count, skips = report["files"], len(report["skipped"])
    typer.echo(f"{count} histories, {report['versions']} truncated versions, {skips} skipped")


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
        int | None, typer.Option(min=1, help="Parts at a time. Default: as many as cores.")
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
        print_json(report)
    else:
        typer.echo(f"{reporting.text(report)}\nthe data set is in {target}")


def synthesize(
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="Folder to write to.")],
    count: Annotated[int, typer.Option("-n", min=1, help="How many parts.")] = 1000,
    start: Annotated[int, typer.Option(min=0, help="Number of the first part.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other parts.")] = 0,
    like: Annotated[
        str, typer.Option(help="What they are like: engineers, with all operations, or extrudes.")
    ] = "engineers",
    as_json: AsJson = False,
) -> None:
    """Write synthetic parts that look like real ones, in our JSON."""
    from cadcomplete.reports import parts as reports

    report = reports.synthesize(target, count, start=start, seed=seed, like=like)
    if as_json:
        print_json(report)
    else:
        typer.echo(f"{report['parts']} parts in {report['folder']}")
