"""A trained model as a folder that other programs load: peft, transformers, vLLM.

Text alone: pictures and clouds need encoders and projectors, which those programs do not know.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from cadcomplete.errors import CheckpointError, InputError
from cadcomplete.files import share
from cadcomplete.model import pretrained
from cadcomplete.model.checkpoint import Checkpoint
from cadcomplete.model.decoder import OwnDecoder

TEMPLATE = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
"""Of a tokenizer that has no chat template: a prompt is the text as it was trained, and no more."""


def export(checkpoint: Checkpoint, to: str, folder: Path) -> dict[str, Any]:
    """Write a model into a folder, whole or not at all, and return what there is to say of it.

    `to` is a key of `WAYS`. The model is changed by it and of no use afterwards. Raises InputError
    if the folder is not empty or cannot be written, CheckpointError for what the model cannot be.
    """
    if to not in WAYS:
        expected = ", ".join(WAYS)
        raise InputError("no such way to export", where="--to", expected=expected, got=to)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError("there is something already", file=folder, hint="name another with -o")
    unfinished = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        with pretrained.quiet():
            WAYS[to](checkpoint, unfinished)
        _write_tokenizer(checkpoint, unfinished)
        share(unfinished)
        unfinished.replace(folder)
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"cannot write: {reason}", file=folder) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    config = checkpoint.config.model
    return {
        "folder": str(folder),
        "to": to,
        "model": checkpoint.name,
        "base": config.language_model,
        "files": sorted(path.name for path in folder.iterdir()),
        "left_out": [name for name in ("image", "points") if getattr(config, name).encoder],
    }


def _adapter(checkpoint: Checkpoint, folder: Path) -> None:
    """Write what peft needs beside the base model. Raises CheckpointError."""
    adapted = checkpoint.model.language_model
    if not hasattr(adapted, "peft_config"):
        problem, hint = "this model has no adapter: all weights are its own", "use --to merged"
        raise CheckpointError(problem, file=checkpoint.name, hint=hint)
    for settings in adapted.peft_config.values():
        settings.base_model_name_or_path = checkpoint.config.model.language_model
        settings.inference_mode = True
    adapted.save_pretrained(folder, safe_serialization=True)
    (folder / "README.md").unlink(missing_ok=True)  # an empty form


def _merged(checkpoint: Checkpoint, folder: Path) -> None:
    """Write a causal language model of transformers, adapters and new tokens in its weights."""
    model: Any = checkpoint.model.language_model
    if hasattr(model, "peft_config"):
        model = model.merge_and_unload()
    if isinstance(model, OwnDecoder):
        model = pretrained.of_decoder(model)
    dtype = getattr(torch, checkpoint.config.train.precision)
    if checkpoint.config.model.language_model:
        dtype = getattr(torch, checkpoint.config.model.dtype)  # of most of the weights
    model = model.to(dtype)
    end = checkpoint.tokenizer.end
    model.config.eos_token_id = model.generation_config.eos_token_id = end
    if model.generation_config.pad_token_id is None:
        model.generation_config.pad_token_id = end
    model.save_pretrained(folder, safe_serialization=True)


WAYS: dict[str, Callable[[Checkpoint, Path], None]] = {"adapter": _adapter, "merged": _merged}


def _write_tokenizer(checkpoint: Checkpoint, folder: Path) -> None:
    """Write the tokenizer as transformers does: that of the base with its chat template, if any."""
    checkpoint.tokenizer.save(folder)
    settings_file = folder / "tokenizer_config.json"
    settings: dict[str, Any] = json.loads(settings_file.read_text(encoding="utf-8"))
    model = checkpoint.config.model
    known = pretrained.chat_template(model.language_model) if model.language_model else None
    settings |= {
        "pad_token": checkpoint.tokenizer.end_text,
        "model_max_length": checkpoint.model.longest,
        "clean_up_tokenization_spaces": False,
    }
    (folder / "chat_template.jinja").write_text(known or TEMPLATE, encoding="utf-8")
    settings_file.write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")
