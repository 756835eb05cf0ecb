"""What a run folder says of itself: its configuration, its data, and how it came to be (law 16).

::

    config.json     the resolved configuration
    run.json        fingerprints of it and of the data, changes on the way, the run at W&B
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cadcomplete import config as configuration
from cadcomplete.config import Config
from cadcomplete.errors import ConfigError, InputError
from cadcomplete.files import write_text

CONFIG, RECORD = "config.json", "run.json"
FINISHED = ("model.safetensors", "cadcomplete.json", "metrics.json")
"""What a run has when it is finished, and a checkpoint of it has not in this folder."""

VERSION = 2
"""Of how a configuration becomes an order of samples; a run continues only with the same."""

_ELSEWHERE = ("name", "output")  # where a run is does not change what it is


@dataclass(frozen=True, slots=True)
class Record:
    """How a run came to be.

    Attributes:
        config: fingerprint of the configuration, but for its name and place.
        data: fingerprint of each source.
        tracker: id of the run at Weights & Biases, the same across resumes.
        changes: {"step", "changed"} for each time it went on with something changed.
        version: of the order of samples.
    """

    config: str
    data: dict[str, str]
    tracker: str
    changes: tuple[dict[str, Any], ...] = ()
    version: int = VERSION


def fingerprint(config: Config) -> str:
    """Return 16 digits that change if the configuration does, but for its name and place."""
    text = json.dumps(_flat(config), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def is_finished(folder: Path) -> bool:
    """Say whether the run in a folder has come to its end."""
    return all((folder / name).is_file() for name in FINISHED)


def check_config(config: Config, folder: Path, *, begun: bool, changed: bool) -> None:
    """Refuse what would make something else of the run that a folder has.

    `begun` says whether it has checkpoints; `changed` that it may go on with a changed
    configuration. A finished run never does. Raises ConfigError, which names what changed.
    """
    done = is_finished(folder)
    if not done and not begun:
        return
    differences = _differences(_saved(folder), config)
    if differences and done:
        _refuse(folder, "this run is finished, with another configuration", differences, done=True)
    if differences and not changed:
        _refuse(folder, "this run was begun with another configuration", differences)


def check_record(record: Record, folder: Path, *, begun: bool, changed: bool) -> Record:
    """Return the record with what a run in this folder has in its own, if it is begun.

    Raises ConfigError if the data are others, or the run is of another version, and `changed`
    does not allow it.
    """
    old = _read(folder) if begun else None
    if begun and (old is None or old.version != VERSION) and not changed:
        what = "another version of cadcomplete, which drew samples in another order"
        _refuse(folder, f"this run was begun by {what}", [])
    if old is None:
        return record
    others = [
        f"the data in {source}"
        for source in record.data
        if record.data[source] != old.data.get(source, record.data[source])
    ]
    if others and not changed:
        _refuse(folder, "this run was begun with other data", others)
    return dataclasses.replace(record, tracker=old.tracker, changes=old.changes)


def new(config: Config, data: dict[str, str]) -> Record:
    """Return the record of a run that begins."""
    return Record(fingerprint(config), data, secrets.token_hex(4))


def write(record: Record, config: Config, folder: Path, *, step: int) -> Record:
    """Write what a run is, before it learns anything; return it with what changed at `step`."""
    old = _read(folder) if step else None
    if old is not None:
        changed = _differences(_saved(folder), config)
        changed += [f"the data in {s}" for s, d in record.data.items() if old.data.get(s) != d]
        if changed:
            note = {"step": step, "changed": changed}
            record = dataclasses.replace(record, changes=(*record.changes, note))
    write_text(folder / CONFIG, json.dumps(config.as_dict(), indent=1) + "\n")
    write_text(folder / RECORD, json.dumps(dataclasses.asdict(record), indent=1) + "\n")
    return record


def _refuse(folder: Path, problem: str, what: list[str], *, done: bool = False) -> None:
    hint = "give it another name"
    hint += (
        f", or begin from its weights with train.start={folder}"
        if done
        else ", or go on all the same with --continue"
    )
    shown = [*what[:8], *([f"{len(what) - 8} more"] if len(what) > 8 else [])]
    told = f"{problem}: {', '.join(shown)}" if shown else problem
    raise ConfigError(told, file=folder, hint=hint)


def _read(folder: Path) -> Record | None:
    """Return the record in a folder; None if there is none that can be read."""
    try:
        raw = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return Record(**{**raw, "changes": tuple(raw["changes"])})
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def _saved(folder: Path) -> Config | None:
    """Return the configuration of the run in a folder; None if there is none."""
    path = folder / CONFIG
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"not the configuration of a run: {error}", file=path) from error
    try:
        return configuration.from_dict(raw)
    except ConfigError as error:
        raise error.in_file(path) from None


def _differences(old: Config | None, config: Config) -> list[str]:
    """Return what changed, each as `train.batch 4 → 8`."""
    if old is None:
        return []
    before, now = _flat(old), _flat(config)
    keys = sorted({*before, *now})
    return [
        f"{key} {_word(before.get(key))} → {_word(now.get(key))}"
        for key in keys
        if before.get(key) != now.get(key)
    ]


def _word(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _flat(config: Config) -> dict[str, Any]:
    """The values of a configuration by their full names."""

    def walk(value: dict[str, Any], where: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, item in value.items():
            place = f"{where}{key}"
            found |= walk(item, f"{place}.") if isinstance(item, dict) else {place: item}
        return found

    return {k: v for k, v in walk(config.as_dict(), "").items() if k not in _ELSEWHERE}
