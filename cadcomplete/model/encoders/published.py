"""Published weights of Michelangelo, read without running anything that a file may hold."""

from __future__ import annotations

import pickle
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from cadcomplete.errors import CheckpointError
from cadcomplete.model.encoders.encoder import on_hub, unreachable

PUBLISHED = "checkpoints/aligned_shape_latents/shapevae-256.ckpt"
"""Where the weights are in the repository Maikou/Michelangelo."""

_FIRST = "query"  # whatever stands before it stands before the names of all tensors


@dataclass(frozen=True, slots=True)
class Published:
    """Tensors by name, without what precedes the encoder, and where they come from.

    Attributes:
        heads: how many the attention has; 0 where the file does not say.
    """

    path: Path
    tensors: dict[str, Tensor]
    heads: int = 0

    @staticmethod
    def read(source: str) -> Published:
        """Read a file, the one in a folder, or the one of a repository. Raises CheckpointError."""
        path = _locate(source)
        if path.suffix == ".safetensors":
            return _read_safetensors(path)
        return Published(path, _encoder_only(path, _read_lightning(path)))

    def shape(self, name: str, *, dimensions: int) -> tuple[int, ...]:
        """Return the shape of a tensor. Raises CheckpointError if it has other dimensions."""
        shape = tuple(self.tensors[name].shape)
        if len(shape) != dimensions:
            expected = f"{dimensions} dimensions"
            raise CheckpointError(
                "does not fit", file=self.path, where=name, expected=expected, got=shape
            )
        return shape

    def fill(self, module: nn.Module) -> None:
        """Copy the tensors, all of them, into all of a module. Raises CheckpointError."""
        wanted = module.state_dict()
        for name in sorted(wanted.keys() | self.tensors.keys()):
            shapes = [
                tuple(of[name].shape) if name in of else None for of in (wanted, self.tensors)
            ]
            if shapes[0] != shapes[1]:
                expected, got = (str(shape or "no such tensor") for shape in shapes)
                raise CheckpointError(
                    "does not fit", file=self.path, where=name, expected=expected, got=got
                )
        module.load_state_dict(self.tensors)


def _locate(source: str) -> Path:
    path, expected = Path(source), "a checkpoint, or a hub id such as Maikou/Michelangelo"
    if path.is_file():
        return path
    if path.is_dir():
        for name in ("model.safetensors", PUBLISHED):
            if (path / name).is_file():
                return path / name
        raise unreachable(source, expected=f"model.safetensors or {PUBLISHED} in it")
    if not on_hub(source):
        raise unreachable(source, expected=expected)
    try:
        from huggingface_hub import hf_hub_download  # half a second that other sources save

        return Path(hf_hub_download(source, PUBLISHED))
    except (OSError, ValueError) as error:
        raise unreachable(source, expected=expected, file=PUBLISHED, error=error) from error


def _read_safetensors(path: Path) -> Published:
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            heads = (file.metadata() or {}).get("heads", "0")
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"not a safetensors file: {error}", file=path) from error
    if not heads.isdecimal():
        raise CheckpointError("no number of heads", file=path, where="metadata", got=heads)
    return Published(path, _encoder_only(path, tensors), int(heads))


def _read_lightning(path: Path) -> dict[str, Any]:
    """Return the state dict of a file of `torch.save`, itself or under "state_dict"."""
    try:
        content = torch.load(
            path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path)
        )
    except pickle.UnpicklingError as error:
        raise _refused(path, str(error)) from None
    except (OSError, RuntimeError, EOFError, ValueError, LookupError) as error:
        problem = str(error).strip().partition("\n")[0]
        raise CheckpointError(f"not a checkpoint: {problem}", file=path) from error
    if isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    if not isinstance(content, dict):
        got = type(content).__name__
        raise CheckpointError("not a checkpoint", file=path, expected="a state dict", got=got)
    return content


def _refused(path: Path, message: str) -> CheckpointError:
    """Return the error for a file of which the objects would have to be run to be read."""
    found = re.search(r"GLOBAL (\S+)", message)
    if found is None:
        return CheckpointError("not a checkpoint", file=path, expected="a file of torch.save")
    clean = path.with_suffix(".pt").name
    command = f"torch.save(torch.load('{path.name}', weights_only=False)['state_dict'], '{clean}')"
    return CheckpointError(
        "refused, for reading it could run a program",
        file=path,
        expected="only tensors and plain values",
        got=found[1],
        hint=f'only if you trust it: python -c "import torch; {command}", then name {clean}',
    )


def _encoder_only(path: Path, tensors: dict[str, Any]) -> dict[str, Tensor]:
    """Return the tensors of the encoder, without what precedes their names."""
    named = {n: t for n, t in tensors.items() if isinstance(n, str) and isinstance(t, Tensor)}
    fronts = [
        name.removesuffix(_FIRST)
        for name in named
        if name == _FIRST or name.endswith(f"encoder.{_FIRST}")
    ]
    if len(fronts) != 1:
        got = ", ".join(front + _FIRST for front in fronts) or "none"
        expected = "one tensor whose name ends in encoder.query"
        raise CheckpointError("not a Michelangelo", file=path, expected=expected, got=got)
    front = fronts[0]
    return {name[len(front) :]: named[name] for name in named if name.startswith(front)}
