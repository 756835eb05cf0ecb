"""What a run is: dataclasses, read from TOML. Unknown keys fail; what was used is saved."""

from __future__ import annotations

import dataclasses
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from cadcomplete.errors import ConfigError
from cadcomplete.fields import Format

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pyright: ignore[reportMissingImports]


@dataclass(frozen=True)
class DataConfig:
    """What to learn from.

    Attributes:
        sources: folders of histories or prepared data sets, relative to where the command runs.
        text_format: how histories are written.
        max_length: longest text in tokens; longer ones are refused, and counted.
        validation: share of source designs that is held out.
        variants: how often each part is seen turned and mirrored before it repeats.
        upright: share of variants that stay as they were drawn.
        captions: share of samples that show a caption, where there is one.
        derived: of these, the share that show one derived from the geometry instead of the one
            that was given, where a part has both.
        synthetic: synthetic parts to learn from as well; they are never held out.
    """

    sources: tuple[str, ...] = ()
    text_format: Format = "lines"
    max_length: int = 1024
    validation: float = 0.05
    variants: int = 8
    upright: float = 0.5
    captions: float = 0.5
    derived: float = 0.5
    synthetic: int = 0


@dataclass(frozen=True)
class ModelConfig:
    """A decoder of the Qwen3 architecture, and the size of its own tokenizer."""

    vocabulary: int = 2048
    width: int = 256
    layers: int = 6
    heads: int = 4
    kv_heads: int = 2
    feed_forward: int = 1024
    dropout: float = 0.0


@dataclass(frozen=True)
class TrainConfig:
    """How to learn.

    Attributes:
        epochs: passes over all variants of all parts.
        batch: samples per step.
        weighting: "tokens" counts every token alike; "truncations" weighs them so that one
            pass has the gradient of a sample for each cut (law 4).
        cuts: "all" operation boundaries, or "five" evenly spaced ones as in the specification.
        patience: evaluations without a better validation loss after which to stop; 0 never.
        precision: of the weights in the finished model.
    """

    epochs: float = 1.0
    batch: int = 32
    accumulate: int = 1
    learning_rate: float = 1e-3
    warmup: float = 0.02
    weight_decay: float = 0.1
    clip: float = 1.0
    weighting: Literal["tokens", "truncations"] = "tokens"
    cuts: Literal["all", "five"] = "all"
    seed: int = 0
    evaluate_every: int = 200
    log_every: int = 10
    patience: int = 0
    precision: Literal["float32", "float16"] = "float32"


@dataclass(frozen=True)
class Config:
    """A run: its name, its folder is `output/name`."""

    name: str = "run"
    output: str = "runs/out"
    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    train: TrainConfig = field(default_factory=TrainConfig)

    def as_dict(self) -> dict[str, Any]:
        return json.loads(json.dumps(dataclasses.asdict(self)))


def load(path: str | Path, *, changes: tuple[str, ...] = ()) -> Config:
    """Read a configuration and apply changes such as `train.batch=8`.

    Raises ConfigError, which lists the known keys for one that is not known.
    """
    try:
        raw = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read: {error.strerror}", file=path) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"not TOML: {error}", file=path) from error
    try:
        for change in changes:
            _apply(raw, change)
        return from_dict(raw)
    except ConfigError as error:
        raise error.in_file(path) from None


def from_dict(raw: dict[str, Any]) -> Config:
    """Return the configuration that a dictionary describes. Raises ConfigError."""
    return _build(Config, raw, "")


def _apply(raw: dict[str, Any], change: str) -> None:
    key, equals, text = change.partition("=")
    if not equals:
        raise ConfigError("not a change", expected="key=value, such as train.batch=8", got=change)
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text  # a word needs no quotes on the command line
    *parents, last = key.split(".")
    for parent in parents:
        raw = raw.setdefault(parent, {})
        if not isinstance(raw, dict):
            raise ConfigError("not a table", where=parent, got=raw)
    raw[last] = value


def _build(kind: type[Any], raw: Any, where: str) -> Any:
    if not isinstance(raw, dict):
        raise ConfigError("not a table", where=where, got=raw)
    hints = get_type_hints(kind)
    for key in raw:
        if key not in hints:
            expected = f"one of {', '.join(hints)}"
            raise ConfigError("unknown key", where=f"{where}{key}", expected=expected)
    values = {key: _value(hints[key], value, f"{where}{key}") for key, value in raw.items()}
    return kind(**values)


def _value(hint: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(hint):
        return _build(hint, value, f"{where}.")  # type: ignore[arg-type]
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            expected = " or ".join(map(str, get_args(hint)))
            raise ConfigError("unknown value", where=where, expected=expected, got=value)
        return value
    if get_origin(hint) is tuple:
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise ConfigError("wrong type", where=where, expected="a list of texts", got=value)
        return tuple(value)
    if hint is float and type(value) is int:
        value = float(value)
    if type(value) is not hint:
        raise ConfigError("wrong type", where=where, expected=f"a {hint.__name__}", got=value)
    return value
