"""A model that is to answer: on the card where there is one, its base where the user says."""

from __future__ import annotations

import dataclasses
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import torch

from cadcomplete.config import Config
from cadcomplete.errors import CheckpointError, InputError
from cadcomplete.model import checkpoint
from cadcomplete.model.checkpoint import Checkpoint

DEVICES = ("auto", "cpu", "cuda")


def load(
    folder: str | Path | None = None, *, device: str = "cpu", base: str | Path | None = None
) -> Checkpoint:
    """Read a model folder, by default the one that ships with the package, to answer with it.

    `device` is one of `DEVICES`; "auto" is the card where there is one. There the language model
    has half precision, or 4 bits if it was trained so; elsewhere 4 bits become whole weights.
    `base` is a folder or hub id with the language model, if it is not where it was in training.

    Raises InputError if there is no card, CheckpointError if something is missing or does not fit.
    """
    place = device_named(device)
    found = checkpoint.load(folder, change=partial(_to_answer, place=place, base=base))
    half = half_precision(found.config) if place.type == "cuda" else None
    found.model.put(place, half=half)
    return found


def device_named(name: str) -> torch.device:
    """Return a device by the word of the command line. Raises InputError."""
    if name not in DEVICES:
        expected = ", ".join(DEVICES)
        raise InputError("no such device", where="--device", expected=expected, got=name)
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        hint = "leave --device out, or see pytorch.org for a torch that finds the card"
        raise InputError("there is no card that torch can use", where="--device", hint=hint)
    return torch.device("cuda" if there and name != "cpu" else "cpu")


def half_precision(config: Config) -> torch.dtype:
    """Return the half precision of a model: that in which it is saved, else bfloat16."""
    if config.train.precision == "float16" or not torch.cuda.is_bf16_supported():
        return torch.float16
    return torch.bfloat16


def _to_answer(config: Config, *, place: torch.device, base: str | Path | None) -> Config:
    model = config.model
    if base is not None:
        if not model.language_model:
            hint = "leave --base out: all of its weights are in its folder"
            raise CheckpointError("this model has no base", file=config.name, hint=hint)
        model = dataclasses.replace(model, language_model=str(base))
    if place.type != "cuda" or find_spec("bitsandbytes") is None:
        model = dataclasses.replace(model, quantize="none")
    return dataclasses.replace(config, model=model)
