"""A model in a folder: safetensors and JSON, nothing that runs code when it is read.

::

    cadcomplete.json        the resolved configuration of the run, and the words it has learned
    model.safetensors       the weights: all of them, or those that a source does not have
    language_model.json, image_encoder.json, point_encoder.json
                            the architectures of the parts of which all weights are there
    tokenizer.json, tokenizer_config.json
    metrics.json            what was measured when it was saved, if anything was
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from cadcomplete import config as configuration
from cadcomplete.config import Config
from cadcomplete.errors import CheckpointError, ConfigError, InputError, shorten
from cadcomplete.files import share
from cadcomplete.history.curves import CURVES, Line
from cadcomplete.history.kinds import PROFILES
from cadcomplete.history.operations import beginners
from cadcomplete.language.commands import CLOSE, LOOP, known_words
from cadcomplete.language.tokenizer import TextTokenizer, folder_named
from cadcomplete.model.assembly import Architectures, architectures_of, assemble, own_parts
from cadcomplete.model.distributed import gathered, spread
from cadcomplete.model.model import PARTS, CompletionModel

WEIGHTS = "model.safetensors"
FIRST_WORDS = ("loop", "close", "line", "arc", "circle", "sketch", "extrude")
"""What a model has learned whose folder does not say: all that there was when none said it."""

_FILES = ("cadcomplete.json", WEIGHTS, "tokenizer.json")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model and all that it needs to be used.

    Attributes:
        words: the commands that it has learned to write: the grammar offers no others.
        name: of the run, and the first digits of the hash of the weights.
        folder: where it was read from, if it was.
    """

    model: CompletionModel
    tokenizer: TextTokenizer
    config: Config
    words: tuple[str, ...]
    metrics: dict[str, Any] = field(default_factory=dict)
    name: str = ""
    folder: Path | None = None


def save(checkpoint: Checkpoint, folder: Path, *, state: dict[str, Tensor] | None = None) -> None:
    """Write a finished model; what was in the folder stays good until all of it is written.

    Its weights have the precision of its configuration. Raises InputError if it cannot be
    written.
    """
    unfinished = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        precision = getattr(torch, checkpoint.config.train.precision)
        write(checkpoint, unfinished, precision=precision, state=state)
        share(unfinished)
        folder.mkdir(exist_ok=True)
        for path in unfinished.iterdir():
            path.replace(folder / path.name)
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"cannot save the model: {reason}", file=folder) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def write(
    checkpoint: Checkpoint,
    folder: Path,
    *,
    precision: torch.dtype | None = None,
    state: dict[str, Tensor] | None = None,
) -> None:
    """Write the files of a model into an existing folder.

    `state` is what `shared` returned, for a model that several processes share.
    """
    model, config = checkpoint.model, checkpoint.config
    known = model.state_dict() if state is None else state
    tensors = {name: _stored(known[name], precision) for name in own_names(model, config)}
    save_file(tensors, folder / WEIGHTS)
    checkpoint.tokenizer.save(folder)
    for name, architecture in architectures_of(model, config).items():
        _write_json(folder / f"{name}.json", architecture)
    _write_json(folder / "cadcomplete.json", config.as_dict() | {"words": list(checkpoint.words)})
    if checkpoint.metrics:
        _write_json(folder / "metrics.json", checkpoint.metrics)


def _stored(tensor: Tensor, precision: torch.dtype | None) -> Tensor:
    if precision is not None and tensor.is_floating_point():
        tensor = tensor.to(precision)
    return tensor.detach().cpu().contiguous().clone()


def load(
    folder: str | Path | None = None, *, change: Callable[[Config], Config] = lambda config: config
) -> Checkpoint:
    """Read a model folder, by default the one that ships with the package; "free" ships as well.

    Sources of weights that are not in the folder are read too; `change` may say where they are.
    Raises CheckpointError if something is missing or does not fit.
    """
    path = folder_named(folder)
    for name in _FILES:
        if not (path / name).is_file():
            expected = f"a model folder with {', '.join(_FILES)}"
            raise CheckpointError(f"{name} is missing", file=path, expected=expected)
    config, words = _read_config(path / "cadcomplete.json")
    config = change(config)
    tokenizer = TextTokenizer.load(path)
    with _explained(path):
        model = assemble(config, tokenizer, architectures=_architectures(path, config))
    _check_tokens(model, tokenizer, path)
    load_weights(model, config, path)
    metrics = _read_json(path / "metrics.json") if (path / "metrics.json").is_file() else {}
    digest = hashlib.sha256((path / WEIGHTS).read_bytes()).hexdigest()
    name = f"{config.name}-{digest[:8]}"
    return Checkpoint(model.eval(), tokenizer, config, words, metrics, name, path)


def words_of(folder: Path) -> tuple[str, ...]:
    """Return the words that the model in a folder has learned. Raises CheckpointError."""
    return _read_config(folder / "cadcomplete.json")[1]


def check_words(words: Sequence[str], *, file: Path | str = "") -> None:
    """Raise CheckpointError if no part can be finished with these words, saying what is lacking."""
    if lacking := _lacking(words):
        problem = "no part can be finished with these words"
        got = ", ".join(words) or "none"
        raise CheckpointError(problem, file=file, where="words", expected=lacking, got=got)


def _lacking(words: Sequence[str]) -> str:
    """What nothing can be finished without: what builds, and of what is drawn a loop."""
    known = beginners()
    builders = [op for name, op in known.items() if name in words]
    if not builders:
        return " or ".join(known)
    draws = any(field.kind is PROFILES for op in builders for field in op.FIELDS)
    if draws and "sketch" not in words:
        return "sketch"
    curves = {CURVES[name] for name in words if name in CURVES}
    around = LOOP in words and any(not curve.closed for curve in curves)
    back = CLOSE in words or any(not c.closed and c is not Line for c in curves)
    closed = any(curve.closed for curve in curves) or (around and back)
    return "circle, or loop with line and close" if "sketch" in words and not closed else ""


def _read_config(path: Path) -> tuple[Config, tuple[str, ...]]:
    raw = _read_json(path)
    words, known = raw.pop("words", FIRST_WORDS), known_words()
    if not isinstance(words, list | tuple) or not all(w in known for w in words):
        expected = f"some of {', '.join(known)}"
        problem = "the model has learned words that there are none of here"
        raise CheckpointError(problem, file=path, where="words", expected=expected, got=words)
    check_words(words, file=path)
    try:
        return configuration.from_dict(raw), tuple(words)
    except RecursionError:
        raise CheckpointError("nested without end", file=path) from None
    except ConfigError as error:
        raise error.in_file(path) from None


_NONSENSE = (ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError)
_NONSENSE += (RuntimeError, TypeError, ValueError)
"""What making a model of sizes that make no sense may raise in other libraries."""


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Name the folder of a model that cannot be made."""
    try:
        yield
    except InputError as error:
        if (folder / error.file).is_file():  # without its folder where the folder is not known
            error.file = str(folder / error.file)
        raise error.in_file(folder) from None
    except _NONSENSE as error:
        reason = f"{type(error).__name__}: {shorten(str(error), limit=200)}"
        raise CheckpointError(f"the model cannot be made: {reason}", file=folder) from error


def _check_tokens(model: CompletionModel, tokenizer: TextTokenizer, folder: Path) -> None:
    rows = model.causal.config.get_text_config().vocab_size
    if max(tokenizer.size, tokenizer.end + 1) > rows:
        raise CheckpointError(
            "the tokenizer has tokens that the model does not know",
            file=folder / "tokenizer.json",
            expected=f"at most {rows}",
            got=tokenizer.size,
        )


def load_weights(model: CompletionModel, config: Config, folder: Path) -> None:
    """Put the weights of a folder into a model of the same shapes. Raises CheckpointError."""
    _put(model, _read_weights(folder), own_names(model, config), folder / WEIGHTS)


def start_from(
    model: CompletionModel, config: Config, folder: Path, *, tokenizer: TextTokenizer | None = None
) -> None:
    """Put the weights of another model into this one; parts that it lacks stay as they are.

    Where the `tokenizer` has more tokens than the other's, each of the new ones begins as the mean
    of those that it was spelled with. Raises CheckpointError if a part of both has other shapes.
    """
    saved = _read_weights(folder)
    if tokenizer is not None:
        _add_rows(saved, model, TextTokenizer.load(folder), tokenizer)
    parts = {name.partition(".")[0] for name in saved}
    wanted = [n for n in own_names(model, config) if n.partition(".")[0] in parts]
    _put(model, saved, wanted, folder / WEIGHTS)


def _add_rows(
    saved: dict[str, Tensor], model: CompletionModel, old: TextTokenizer, new: TextTokenizer
) -> None:
    """Give embeddings, shape (V, D), the rows of the tokens that are new."""
    more = sorted((i, text) for text, i in new.vocabulary.items() if i >= old.size)
    tables = (
        model.causal.get_input_embeddings().weight,
        model.causal.get_output_embeddings().weight,
    )
    names = [
        n for n, t in model.state_dict(keep_vars=True).items() if any(t is own for own in tables)
    ]
    for name in (name for name in names if more and name in saved):
        rows = [saved[name][old.tokens(text)].mean(0) for _, text in more]
        saved[name] = torch.cat((saved[name][: old.size], torch.stack(rows)))


def _read_weights(folder: Path) -> dict[str, Tensor]:
    try:
        return load_file(folder / WEIGHTS)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"cannot read: {error}", file=folder / WEIGHTS) from error


def _put(model: CompletionModel, saved: dict[str, Tensor], wanted: list[str], file: Path) -> None:
    state = model.state_dict()
    for name in sorted({*saved, *wanted}):
        expected = str(tuple(state[name].shape)) if name in wanted else "no such tensor"
        got = str(tuple(saved[name].shape)) if name in saved else "no such tensor"
        if expected != got:
            problem = "the weights do not fit"
            raise CheckpointError(problem, file=file, where=name, expected=expected, got=got)
        if name in saved and not bool(torch.isfinite(saved[name]).all()):
            expected = "finite numbers"
            raise CheckpointError(
                "the weights are no weights", file=file, where=name, expected=expected
            )
    with torch.no_grad():
        for name, tensor in saved.items():
            state[name].copy_(spread(tensor, state[name]))


def own_names(model: CompletionModel, config: Config) -> list[str]:
    """Return the names of the tensors that are saved with a model, in the order of their names.

    Of a part that has a source and was not trained as a whole, those that learn. What is stored
    under two names, such as tied embeddings, is saved under the first of them.
    """
    own = own_parts(config)
    whole = tuple(f"{name}." for name in PARTS if own.get(name, True))
    trained = {name for name, _ in model.trained()}
    names: dict[int, str] = {}
    for name, tensor in sorted(model.state_dict(keep_vars=True).items()):
        if name.startswith(whole) or name in trained:
            names.setdefault(id(tensor), name)
    return list(names.values())


def shared(model: CompletionModel, config: Config) -> dict[str, Tensor]:
    """Return what is saved of a model that several processes share; they have to ask together.

    Only the main process gets it: the `state` of `save` and `write`.
    """
    state = model.state_dict()
    return gathered({name: state[name] for name in own_names(model, config)})


def rounded(model: CompletionModel, config: Config) -> CompletionModel:
    """Return the model with the weights that will be read again after it was saved."""
    state, precision = model.state_dict(), getattr(torch, config.train.precision)
    with torch.no_grad():
        for name in own_names(model, config):
            if state[name].is_floating_point():
                state[name].copy_(state[name].to(precision))
    return model


def _architectures(folder: Path, config: Config) -> Architectures:
    names = [name for name, own in own_parts(config).items() if own]
    return {
        name: _read_json(folder / f"{name}.json")
        for name in names
        if (folder / f"{name}.json").is_file()
    }


def _write_json(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _read_json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"cannot read: {error}", file=path) from error
    if not isinstance(document, dict):
        raise CheckpointError("not an object", file=path)
    return document
