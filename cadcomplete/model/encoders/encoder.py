"""What every encoder is, and where its weights may come from."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from torch import Tensor, nn

from cadcomplete.config import ImageConfig, PointsConfig
from cadcomplete.errors import CheckpointError, ConfigError, InputError

if TYPE_CHECKING:
    from typing_extensions import Self

C = TypeVar("C", ImageConfig, PointsConfig)


class Encoder(nn.Module, ABC, Generic[C]):
    """A module that turns each picture or cloud into `tokens` features of `width` numbers.

    Every parameter has an influence on these features, so that each gets a gradient where the
    encoder is trained.
    """

    reads: ClassVar[str]
    width: int
    tokens: int

    @classmethod
    @abstractmethod
    def scratch(cls, config: C) -> Self:
        """Return one of the configuration's sizes with random weights. Raises ConfigError."""

    @classmethod
    @abstractmethod
    def pretrained(cls, config: C) -> Self:
        """Return the one at the configuration's source. Raises ConfigError, CheckpointError."""

    @classmethod
    @abstractmethod
    def rebuilt(cls, architecture: dict[str, Any]) -> Self:
        """Return one of an `architecture`, with random weights. Raises CheckpointError."""

    @property
    @abstractmethod
    def architecture(self) -> dict[str, Any]:
        """What `rebuilt` needs; it can be written as JSON."""


class ImageEncoder(Encoder[ImageConfig]):
    """An encoder of pictures: bytes, shape (K, 3, S, S), to shape (K, tokens, width)."""

    reads = "pictures"


class PointEncoder(Encoder[PointsConfig]):
    """An encoder of point clouds: shape (K, N, 6), to shape (K, tokens, width).

    The six are a place in [-1, 1] and a unit normal.
    """

    reads = "point clouds"


def check_sizes(table: str, *, width: int, heads: int, **others: int) -> None:
    """Raise ConfigError if one of them is not positive or the heads do not share the width."""
    for name, size in {"width": width, "heads": heads, **others}.items():
        if not isinstance(size, int) or size < 1:
            where = f"model.{table}.{name}"
            raise ConfigError("not a size", where=where, expected="1 or more", got=size)
    if width % heads:
        where, expected = f"model.{table}.heads", f"a divisor of the width, {width}"
        raise ConfigError("no number of heads", where=where, expected=expected, got=heads)


def wrong_shape(name: str, expected: str, got: Tensor) -> InputError:
    """Return the error for an input that an encoder cannot read."""
    shape = f"{tuple(got.shape)} of {str(got.dtype).removeprefix('torch.')}"
    return InputError(f"{name} of another shape or type", expected=expected, got=shape)


def on_hub(source: str) -> bool:
    """Whether a source that is no local path could be the id of a repository, owner/name."""
    file = source.endswith((".ckpt", ".pt", ".pth", ".bin", ".safetensors"))
    return not file and re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", source) is not None


def unreachable(
    source: str, *, expected: str, file: str = "", error: Exception | None = None
) -> CheckpointError:
    """Return the error for a source that is neither here nor on a hub that can be reached.

    `file` is the one that is wanted of a repository, "" for all of it.
    """
    hint = "give a path that exists, or the id of a repository on the Hugging Face hub"
    if on_hub(source):
        command = f"hf download {source} {file}".strip()
        hint = f"where there is a network, run `{command}`, then name the path that it prints"
    lines = str(error or "").strip().splitlines()
    return CheckpointError(
        "cannot load the encoder" + (f" ({lines[0].rstrip('.')})" if lines else ""),
        file=source,
        expected=expected,
        hint=hint,
    )
