"""Pretrained language models and their tokenizers, from a folder or the Hugging Face hub.

Weights are safetensors, or a GGUF file, which is unpacked; a pickle is never read, and no code of
a repository is run. The hub is asked once, with a time limit, before anything is loaded; without
a network what was downloaded earlier is used, and what is not there fails within seconds.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from importlib.util import find_spec
from logging import CRITICAL
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import StrictDataclassError
from huggingface_hub.utils import httpx
from safetensors import SafetensorError
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    BitsAndBytesConfig,
    GgufConfig,
    PreTrainedModel,
)
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
from transformers.utils import logging

from cadcomplete.errors import CheckpointError, ConfigError, shorten
from cadcomplete.language.tokenizer import TextTokenizer
from cadcomplete.model.decoder import OwnDecoder

PATIENCE = 10.0
"""Seconds that the hub may take to answer."""

_WEIGHTS = ("config.json", "generation_config.json", "*.safetensors", "*.safetensors.index.json")
_TOKENIZER = (
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "tokenizer.model",
    "vocab.json",
    "merges.txt",
)
_TWICE = ("*/*", "consolidated*")  # the same weights once more, for other programs

_FAILURES = (  # what transformers raises for files that are not what they should be
    OSError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    ArithmeticError,
    ImportError,
    RuntimeError,
    SafetensorError,
    StrictDataclassError,
)


def language_model(
    source: str,
    *,
    gguf: str = "",
    dtype: torch.dtype = torch.float32,
    attention: str = "sdpa",
    quantize: str = "none",
) -> PreTrainedModel:
    """Return the causal language model of a folder or hub id, or of a GGUF file in it.

    With "nf4" its linear layers are kept in 4 bits, on the GPU of this process; `dtype` is that
    of all other weights. Raises CheckpointError, and ConfigError if 4 bits cannot be had here.
    """
    quantization = _quantization(quantize, gguf)
    folder = _located(source, (gguf,) if gguf else _WEIGHTS)
    _check_files(folder, source, gguf)
    with quiet(), _explained(source, "the language model"):
        local: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        if gguf:
            local["gguf_file"] = gguf
        settings = AutoConfig.from_pretrained(folder, **local)
        _check_causal(settings, source)
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            folder,
            config=settings,
            dtype=dtype,
            attn_implementation=attention,
            quantization_config=quantization,
            use_safetensors=True,
            output_loading_info=True,
            **local,
        )
    model, report = loaded
    # transformers gives tensors that are missing random values, and only logs it
    if report["missing_keys"]:
        where, got = min(report["missing_keys"]), f"{len(report['missing_keys'])} that are missing"
        raise CheckpointError(
            "weights are missing", file=source, where=where, expected="all tensors", got=got
        )
    return model


def from_architecture(
    architecture: dict[str, Any], *, dtype: torch.dtype = torch.float32, attention: str = "sdpa"
) -> PreTrainedModel:
    """Return a causal language model with random weights.

    `architecture` is its configuration, as `config.to_diff_dict()` gives it. Raises
    CheckpointError if it is none.
    """
    settings = {name: value for name, value in architecture.items() if name != "model_type"}
    settings.pop("quantization_config", None)  # which says how a source was stored
    where = "language_model.json"
    with _explained(where, "the architecture of the language model"):
        config = AutoConfig.for_model(str(architecture.get("model_type")), **settings)
        _check_causal(config, where)
        return AutoModelForCausalLM.from_config(
            config, dtype=dtype, attn_implementation=attention, trust_remote_code=False
        )


def of_decoder(decoder: OwnDecoder) -> PreTrainedModel:
    """Return the causal language model of transformers that is the same as a decoder of ours."""
    made = from_architecture(decoder.config.to_diff_dict())
    made.load_state_dict(decoder.state_dict())
    return made


def tokenizer(source: str, *, gguf: str = "") -> TextTokenizer:
    """Return the tokenizer of a folder or hub id, or of a GGUF file in it; its eos ends a text.

    Raises CheckpointError.
    """
    folder = _located(source, (gguf,) if gguf else _TOKENIZER)
    if gguf:
        _check_files(folder, source, gguf)
    elif _states_end(folder):
        return TextTokenizer.load(folder)  # word for word what is trained with it elsewhere
    with quiet(), _explained(source, "the tokenizer"):
        local: dict[str, Any] = {"gguf_file": gguf} if gguf else {}
        found = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, **local
        )
    backend, end = getattr(found, "backend_tokenizer", None), found.eos_token
    if backend is None or not end:
        expected = "tokenizer.json, and an eos_token in tokenizer_config.json"
        raise CheckpointError("not a tokenizer that ends a text", file=source, expected=expected)
    return TextTokenizer(backend, str(end))


def chat_template(source: str) -> str | None:
    """Return the chat template of a tokenizer, as it is written there; None if it has none.

    Raises CheckpointError.
    """
    folder = _located(source, (*_TOKENIZER, "chat_template.jinja"))
    if (folder / "chat_template.jinja").is_file():
        return (folder / "chat_template.jinja").read_text(encoding="utf-8")
    try:
        settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    found = settings.get("chat_template") if isinstance(settings, dict) else None
    if isinstance(found, list):  # several, by name
        found = {entry.get("name"): entry.get("template") for entry in found}.get("default")
    return found if isinstance(found, str) else None


# --- where it is ---------------------------------------------------------------------------------


def _located(source: str, wanted: Sequence[str]) -> Path:
    """Return the folder of a source; of a repository the files that are wanted are downloaded.

    Raises CheckpointError.
    """
    if Path(source).is_dir():
        return Path(source)
    files: dict[str, Any] = {"allow_patterns": list(wanted), "ignore_patterns": list(_TWICE)}
    problem = ""
    try:
        HfApi().model_info(source, timeout=PATIENCE)  # without the retries of a download
    except (OSError, ValueError, httpx.HTTPError) as error:
        problem = _reason(error)
    try:
        return Path(snapshot_download(source, local_files_only=bool(problem), **files))
    except (OSError, ValueError, httpx.HTTPError) as error:
        raise CheckpointError(
            f"no such folder, and not on the hub as far as it can be reached "
            f"({shorten(problem or _reason(error), limit=100)})",
            file=source,
            expected="a folder, or the id of a repository such as Qwen/Qwen3-8B",
            hint=f"where there is a network, run `hf download {source}`, then name the folder",
        ) from error


def _check_files(folder: Path, source: str, gguf: str) -> None:
    """Raise CheckpointError if the weights that are to be read are not there."""
    pattern = "*.gguf" if gguf else "*.safetensors"
    if gguf and find_spec("gguf") is None:
        hint = "pip install 'cadcomplete[gguf]'"
        raise CheckpointError("the package gguf is not installed", file=source, hint=hint)
    if (folder / gguf).is_file() if gguf else any(folder.glob(pattern)):
        return
    others = ("*.gguf", "*.bin", "*.pt", "*.pth", "*.safetensors")
    found = sorted(path.name for pattern in others for path in folder.glob(pattern))
    raise CheckpointError(
        "no weights that can be read",
        file=source,
        expected=gguf or "safetensors",
        got=", ".join(found) or "neither weights nor a GGUF file",
        hint="a GGUF file is named by model.gguf; a pickle is never read, convert it first",
    )


def _states_end(folder: Path) -> bool:
    """Whether the tokenizer can be read as it is. Older ones leave the end to their class."""
    try:
        settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    stated = isinstance(settings, dict) and bool(settings.get("eos_token"))
    return stated and (folder / "tokenizer.json").is_file()


# --- what it is ----------------------------------------------------------------------------------


def _check_causal(settings: Any, source: str) -> None:
    """Raise CheckpointError for weights that were not trained to predict the next token.

    transformers would read those of an encoder too, and then every token sees the future.
    """
    stated: list[str] = list(settings.architectures or [])
    names: Any = MODEL_FOR_CAUSAL_LM_MAPPING_NAMES  # by the type of a model
    if settings.model_type in names and (not stated or set(stated).intersection(names.values())):
        return
    got = ", ".join(stated) or settings.model_type
    raise CheckpointError(
        "not a causal language model",
        file=source,
        expected="an architecture of AutoModelForCausalLM, such as Qwen3ForCausalLM",
        got=got,
    )


def _quantization(quantize: str, gguf: str) -> Any:
    """The quantization of weights while they are read, or None. Raises ConfigError."""
    if gguf:
        if quantize == "none":
            return GgufConfig(dequantize=True)  # so that the weights are like any others
        problem, hint = "GGUF weights are not quantized again", 'use "none"'
        raise ConfigError(problem, where="model.quantize", got=quantize, hint=hint)
    if quantize == "none":
        return None
    if quantize != "nf4":
        expected = '"none" or "nf4"'
        raise ConfigError("unknown value", where="model.quantize", expected=expected, got=quantize)
    there = {
        "a GPU": torch.cuda.is_available(),
        "the package bitsandbytes": find_spec("bitsandbytes") is not None,
    }
    if not all(there.values()):
        raise ConfigError(
            "4 bits cannot be had here",
            where="model.quantize",
            expected=" and ".join(there),
            got="no " + ", no ".join(n.split(" ", 1)[1] for n, found in there.items() if not found),
            hint="pip install 'cadcomplete[gpu]' on a machine with a GPU, or use \"none\"",
        )
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )


# --- one line instead of many --------------------------------------------------------------------


@contextmanager
def quiet() -> Iterator[None]:
    """Without the bars and reports of loading: what matters of them is checked, and raised."""
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(CRITICAL)
    logging.disable_progress_bar()
    try:
        with redirect_stderr(io.StringIO()):  # that of GGUF files cannot be turned off
            yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


@contextmanager
def _explained(source: str, what: str) -> Iterator[None]:
    """Turn what transformers raises into one line."""
    try:
        yield
    except _FAILURES as error:
        reason = shorten(_reason(error), limit=200)
        raise CheckpointError(f"cannot load {what} ({reason})", file=source) from error


def _reason(error: BaseException) -> str:
    """The first line of an error that says something."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if isinstance(error, KeyError) or not lines:
        return f"{type(error).__name__} {lines[0] if lines else ''}".strip()
    return lines[0].rstrip(".")
