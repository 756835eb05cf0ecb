"""The work of training: floating point operations of a token and of an epoch."""

from __future__ import annotations

from cadcomplete.config import Config
from cadcomplete.plan.memory import Model

MEASURED = 310.0
"""TFLOP/s of training with 13,000 tokens, 39 % of what an H200 multiplies (benchmarks/card.py)."""


def per_token(config: Config, model: Model, *, learns: bool = True) -> float:
    """Return the operations of a token but for attention: 2 for each weight and each pass over it.

    The passes are forward, again where activations are computed again, back through the
    activations, and back to the weights where these learn; without learning, forward alone.
    Adapters are too small to count.
    """
    passes = 2 + config.train.checkpointing + ("language_model" in model.trained) if learns else 1
    return 2.0 * passes * model.decoder.multiplying


def of_attention(config: Config, model: Model, length: float, *, learns: bool = True) -> float:
    """Return the operations of attention for a text of `length` tokens.

    Two products of L × L × Q, half of them under a causal mask: 2 · L² · Q a layer forward, the
    same again where activations are computed again, and 2.5 times as much back (Dao 2023,
    FlashAttention-2).
    """
    decoder = model.decoder
    once = 2.0 * length**2 * decoder.query * decoder.layers
    return once * (1 + (config.train.checkpointing + 2.5) * learns)


def of_encoders(config: Config, model: Model, *, pictures: float, clouds: float) -> float:
    """Return the operations for so many pictures and clouds: three times as many to learn."""
    total = 0.0
    for name, encoder, items in (
        ("image_encoder", model.image, pictures),
        ("point_encoder", model.points, clouds),
    ):
        if encoder is not None:
            passes = 3 if name in model.trained else 1
            total += 2.0 * passes * encoder.parameters * encoder.inside * items
    return total
