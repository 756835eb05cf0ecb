"""Parts to learn from in one small file: histories, captions and what clouds of them measure.

A pack of 6,500 parts takes two megabytes, so it travels where a data set with its pictures and
clouds does not, and reading it needs neither the CAD kernel nor Parquet. xz-compressed lines of
JSON, one part each.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from cadcomplete.clouds.circles import Round
from cadcomplete.clouds.measured import ShapeMeasures
from cadcomplete.clouds.scanner import scanned
from cadcomplete.data import modalities
from cadcomplete.data.read import read_samples
from cadcomplete.data.samples import Sample
from cadcomplete.errors import CadCompleteError, InputError
from cadcomplete.files import write_bytes
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.lines import decode, encode


@dataclass(frozen=True, slots=True)
class Packed:
    """A part of a pack.

    Attributes:
        clean: what its cloud measures; None if it has none.
        scans: what some scans of it measure.
    """

    sample: Sample
    clean: ShapeMeasures | None
    scans: tuple[ShapeMeasures, ...]


def write_pack(
    sources: Sequence[Path],
    target: Path,
    *,
    scans: int = 2,
    add: Sequence[Path] = (),
    more: Iterable[Sample] = (),
) -> int:
    """Write all parts of data sets, of packs to `add`, and `more` into one; return how many.

    Raises InputError if a source cannot be read or the file cannot be written.
    """
    found = chain((item for source in sources for item in read_samples(source)), more)
    lines = [_line(item, scans) for item in found if isinstance(item, Sample)]
    lines += [_said(entry) for path in add for entry in _entries(path)]
    write_bytes(target, lzma.compress("".join(lines).encode()))
    return len(lines)


def read_pack(path: Path) -> Iterator[Packed]:
    """Yield the parts of a pack. Raises InputError for a file that is none."""
    for entry in _entries(path):
        try:
            yield _packed(entry)
        except (CadCompleteError, KeyError, TypeError, ValueError) as error:
            raise InputError(f"not a pack of parts: {error}", file=path) from error


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)
    except (OSError, EOFError, lzma.LZMAError, ValueError) as error:
        raise InputError(f"not a pack of parts: {error}", file=path) from error


def _line(sample: Sample, scans: int) -> str:
    name, clouds = sample.sequence.id, []
    if sample.place is not None and sample.place.cloud:
        cloud = modalities.load(sample.place, name, cloud=True).cloud
        if cloud is not None:
            clouds = [cloud, *(scanned(cloud, name=name, seed=i) for i in range(scans))]
    entry = {
        "id": name,
        "design": sample.design,
        "split": sample.split,
        "text": encode(sample.sequence).text,
        "caption": sample.caption,
        "descriptions": sample.descriptions,
        "measures": [asdict(ShapeMeasures.of(cloud)) for cloud in clouds],
    }
    return _said(entry)


def _said(entry: dict[str, Any]) -> str:
    return json.dumps(entry, separators=(",", ":")) + "\n"


def _packed(entry: dict[str, Any]) -> Packed:
    sequence = CadSequence(decode(entry["text"]).operations, entry["id"])
    descriptions = tuple(entry["descriptions"])
    sample = Sample(sequence, entry["caption"], entry["design"], entry["split"], descriptions)
    clean, *scans = [_measures(found) for found in entry["measures"]] or [None]
    return Packed(sample, clean, tuple(scan for scan in scans if scan is not None))


def _measures(found: dict[str, Any]) -> ShapeMeasures:
    rounds = tuple(
        Round(one["axis"], tuple(one["center"]), one["radius"], one["hole"])
        for one in found["rounds"]
    )
    return ShapeMeasures(tuple(map(tuple, found["levels"])), rounds, found["decimals"])
