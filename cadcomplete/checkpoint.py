"""A model in a folder: safetensors and JSON, nothing that runs code when it is read.

::

    cadcomplete.json        the resolved configuration of the run
    language_model.json     the architecture
    model.safetensors       the weights
    tokenizer.json, tokenizer_config.json
    metrics.json            what was measured when it was saved, if anything was
"""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_model, save_model
from transformers import AutoConfig

from cadcomplete import config as configuration
from cadcomplete.config import Config
from cadcomplete.errors import CheckpointError, InputError
from cadcomplete.model import CompletionModel
from cadcomplete.tokenizer import TextTokenizer, shipped

WEIGHTS = "model.safetensors"
_FILES = ("cadcomplete.json", "language_model.json", WEIGHTS, "tokenizer.json")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model and all that it needs to be used.

    Attributes:
        name: of the run, and the first digits of the hash of the weights.
    """

    model: CompletionModel
    tokenizer: TextTokenizer
    config: Config
    metrics: dict[str, Any] = field(default_factory=dict)
    name: str = ""


def save(checkpoint: Checkpoint, folder: Path) -> None:
    """Write a finished model; what was in the folder stays good until all of it is written.

    Weights that were `rounded` take half the room. Raises InputError if it cannot be written.
    """
    unfinished = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        half = checkpoint.config.train.precision == "float16"
        model = copy.deepcopy(checkpoint.model).half() if half else checkpoint.model
        write(dataclasses.replace(checkpoint, model=model), unfinished)
        folder.mkdir(exist_ok=True)
        for path in unfinished.iterdir():
            path.replace(folder / path.name)
    except OSError as error:
        raise InputError(f"cannot save the model: {error.strerror}", file=folder) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def write(checkpoint: Checkpoint, folder: Path) -> None:
    """Write the files of a model into an existing folder."""
    model = checkpoint.model
    save_model(model, str(folder / WEIGHTS))
    checkpoint.tokenizer.save(folder)
    architecture = model.language_model.config.to_diff_dict()
    _write_json(folder / "language_model.json", architecture)
    _write_json(folder / "cadcomplete.json", checkpoint.config.as_dict())
    if checkpoint.metrics:
        _write_json(folder / "metrics.json", checkpoint.metrics)


def load(folder: str | Path | None = None) -> Checkpoint:
    """Read a model folder, by default the one that ships with the package.

    Raises CheckpointError if something is missing or does not fit.
    """
    path = Path(folder) if folder is not None else shipped()
    for name in _FILES:
        if not (path / name).is_file():
            expected = f"a model folder with {', '.join(_FILES)}"
            raise CheckpointError(f"{name} is missing", file=path, expected=expected)
    config = configuration.from_dict(_read_json(path / "cadcomplete.json"))
    tokenizer = TextTokenizer.load(path)
    architecture = _read_json(path / "language_model.json")
    kind = architecture.pop("model_type", "")
    model = CompletionModel.from_config(AutoConfig.for_model(kind, **architecture))
    load_weights(model, path)
    metrics = _read_json(path / "metrics.json") if (path / "metrics.json").is_file() else {}
    digest = hashlib.sha256((path / WEIGHTS).read_bytes()).hexdigest()
    return Checkpoint(model.eval(), tokenizer, config, metrics, f"{config.name}-{digest[:8]}")


def load_weights(model: CompletionModel, folder: Path) -> None:
    """Put the weights of a folder into a model of the same shapes. Raises CheckpointError."""
    try:
        load_model(model, str(folder / WEIGHTS))
    except (SafetensorError, RuntimeError) as error:
        problem = f"the weights do not fit: {error}"
        raise CheckpointError(problem, file=folder / WEIGHTS) from error


def rounded(model: CompletionModel, precision: str) -> CompletionModel:
    """Return the model with weights that `precision` can hold, computing in single precision."""
    if precision == "float16":
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.copy_(parameter.half().float())
    return model


def _write_json(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _read_json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"cannot read: {error}", file=path) from error
    if not isinstance(document, dict):
        raise CheckpointError("not an object", file=path)
    return document
