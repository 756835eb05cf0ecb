"""Encoders: from pictures or point clouds to features, which a projector brings to the model.

To add an encoder: write a class like those in `dinov2.py` and `michelangelo.py` and enter it in
`ENCODERS`.
"""

from __future__ import annotations

from typing import Any, TypeVar

from cadcomplete.config import ImageConfig, PointsConfig
from cadcomplete.errors import ConfigError
from cadcomplete.model.encoders.dinov2 import Dinov2
from cadcomplete.model.encoders.encoder import Encoder, ImageEncoder, PointEncoder
from cadcomplete.model.encoders.michelangelo import Michelangelo

__all__ = ["ENCODERS", "ImageEncoder", "PointEncoder", "image_encoder", "point_encoder"]

ENCODERS: dict[str, type[Encoder[Any]]] = {
    "dinov2": Dinov2,
    "michelangelo": Michelangelo,
}


def image_encoder(
    config: ImageConfig, *, architecture: dict[str, Any] | None = None
) -> ImageEncoder | None:
    """Return the encoder of pictures that a configuration names; None if it names none.

    Its weights are those of `source`, else random. With the `architecture` of an earlier encoder
    it is that one again, with random weights, and `source` is not looked at.
    Raises ConfigError, and CheckpointError if the source or the architecture cannot be used.
    """
    return _make(ImageEncoder, "image", config, architecture)


def point_encoder(
    config: PointsConfig, *, architecture: dict[str, Any] | None = None
) -> PointEncoder | None:
    """Return the encoder of point clouds that a configuration names: see `image_encoder`."""
    return _make(PointEncoder, "points", config, architecture)


E = TypeVar("E", bound=Encoder[Any])


def _make(
    kind: type[E],
    table: str,
    config: ImageConfig | PointsConfig,
    architecture: dict[str, Any] | None,
) -> E | None:
    if not config.encoder:
        return None
    known = {key: one for key, one in ENCODERS.items() if issubclass(one, kind)}
    if config.encoder not in known:
        raise ConfigError(
            f"not an encoder of {kind.reads}" if config.encoder in ENCODERS else "unknown encoder",
            where=f"model.{table}.encoder",
            expected=", ".join(known),
            got=config.encoder,
        )
    chosen = known[config.encoder]
    if architecture is not None:
        return chosen.rebuilt(architecture)
    return chosen.pretrained(config) if config.source else chosen.scratch(config)
