"""The sizes of a model before it is loaded: shapes and numbers of parameters.

They come from the `config.json` of its sources where that is at hand, else from the sizes in the
configuration. Nothing here imports torch or transformers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cadcomplete.config import Config, ImageConfig, ModelConfig, PointsConfig
from cadcomplete.errors import ConfigError

ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")
_PUBLISHED_POSITIONS = (518 // 14) ** 2 + 1  # of every DINOv2 of its authors
_POINT = 54  # numbers of a point in Michelangelo: see encoders/michelangelo.py


@dataclass(frozen=True, slots=True)
class Decoder:
    """A decoder with gated feed-forward layers and RMS norms: Qwen3, Llama.

    Attributes:
        qk_norm: whether each head of queries and keys is normalised, as in Qwen3.
        origin: where the sizes come from.
    """

    vocabulary: int
    width: int
    layers: int
    heads: int
    kv_heads: int
    head_width: int
    feed_forward: int
    tied: bool
    qk_norm: bool = True
    origin: str = ""

    @property
    def query(self) -> int:
        return self.heads * self.head_width

    @property
    def key(self) -> int:
        return self.kv_heads * self.head_width

    @property
    def linears(self) -> dict[str, tuple[int, int]]:
        """The linear layers of a decoder layer: what goes in and what comes out."""
        width, wide = self.width, self.feed_forward
        return {
            "q_proj": (width, self.query),
            "k_proj": (width, self.key),
            "v_proj": (width, self.key),
            "o_proj": (self.query, width),
            "gate_proj": (width, wide),
            "up_proj": (width, wide),
            "down_proj": (wide, width),
        }

    @property
    def layer_linear(self) -> int:
        """Parameters of the linear layers of one layer."""
        return sum(a * b for a, b in self.linears.values())

    @property
    def embedding(self) -> int:
        return self.vocabulary * self.width

    @property
    def linear(self) -> int:
        """Parameters of the linear layers, the output layer not included."""
        return self.layers * self.layer_linear

    @property
    def multiplying(self) -> int:
        """Parameters that each token is multiplied with: not the embeddings of the input."""
        return self.linear + self.embedding

    @property
    def parameters(self) -> int:
        norms = 2 * self.width + (2 * self.head_width if self.qk_norm else 0)
        tables = self.embedding * (1 if self.tied else 2)
        return self.linear + self.layers * norms + self.width + tables


@dataclass(frozen=True, slots=True)
class EncoderSize:
    """An encoder of pictures or of points.

    Attributes:
        tokens: how many features it makes of one picture or cloud.
        inside: tokens that pass through its layers; more where there is a token of the class.
        scaled: whether residuals are scaled, as in DINOv2.
        pixels: numbers of a picture.
        points: of a cloud, which the first layer attends to.
    """

    name: str
    tokens: int
    inside: int
    width: int
    layers: int
    heads: int
    parameters: int
    scaled: bool = False
    pixels: int = 0
    points: int = 0


# --- the language model -------------------------------------------------------------------------


def decoder_of(config: Config) -> Decoder:
    """Return the sizes of the language model of a configuration. Raises ConfigError."""
    model = config.model
    if model.language_model and (raw := _config_json(model.language_model)) is not None:
        return _from_json(raw, model.language_model)
    sizes, origin = model.decoder, "[model.decoder] of the configuration"
    if model.language_model:
        origin = f"[model.decoder], because no config.json of {model.language_model} is here"
    return Decoder(
        sizes.vocabulary,
        sizes.width,
        sizes.layers,
        sizes.heads,
        sizes.kv_heads,
        sizes.head_width or sizes.width // sizes.heads,
        sizes.feed_forward,
        sizes.tied,
        qk_norm=not _looks_like_llama(model),
        origin=origin,
    )


def _looks_like_llama(model: ModelConfig) -> bool:
    names = f"{model.language_model} {model.gguf}".lower()
    return any(name in names for name in ("llama", "smollm", "mistral"))


def _from_json(raw: dict[str, Any], source: str) -> Decoder:
    try:
        width, heads = raw["hidden_size"], raw["num_attention_heads"]
        return Decoder(
            raw["vocab_size"],
            width,
            raw["num_hidden_layers"],
            heads,
            raw.get("num_key_value_heads") or heads,
            raw.get("head_dim") or width // heads,
            raw["intermediate_size"],
            bool(raw.get("tie_word_embeddings", False)),
            qk_norm=str(raw.get("model_type", "")).startswith("qwen3"),
            origin=f"config.json of {source}",
        )
    except KeyError as error:
        expected = "the sizes of a decoder such as Qwen3 or Llama"
        raise ConfigError(
            f"no {error} in the config.json", file=source, expected=expected
        ) from error


def local_folder(source: str, file: str) -> Path | None:
    """Return the folder of a source that has a file, or None; no network is used."""
    if Path(source).is_dir():
        return Path(source) if (Path(source) / file).is_file() else None
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(source, file)
    except HFValidationError:  # no id of a repository: loading will say so
        return None
    return Path(found).parent if isinstance(found, str) else None


def _config_json(source: str) -> dict[str, Any] | None:
    folder = local_folder(source, "config.json")
    if folder is None:
        return None
    path = folder / "config.json"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"not a configuration of a model: {error}", file=path) from error
    if not isinstance(raw, dict):
        raise ConfigError("not a configuration of a model", file=path, got=raw)
    return raw


def adapted(config: Config) -> tuple[str, ...]:
    """Return the linear layers of a layer that have adapters."""
    lora = config.model.lora
    if not lora.rank:
        return ()
    every = (*ATTENTION, "gate_proj", "up_proj", "down_proj")
    return ATTENTION if lora.targets == "attention" else every


def adapter_parameters(decoder: Decoder, config: Config) -> int:
    """Return the parameters of the adapters: rank × (in + out), and out for the magnitudes of DoRA.

    New tokens count too: a row of the embeddings each, and one of the output if that is apart.
    """
    lora, model = config.model.lora, config.model
    if not lora.rank:
        return 0
    shapes = [decoder.linears[name] for name in adapted(config)]
    each = sum(lora.rank * (a + b) + (b if lora.dora else 0) for a, b in shapes)
    tables = 1 if decoder.tied else 2
    return decoder.layers * each + tables * len(model.new_tokens) * decoder.width


# --- encoders and projectors --------------------------------------------------------------------


def projector_parameters(encoder: EncoderSize | None, width: int) -> int:
    """Two linear layers with biases, from the width of the encoder to that of the decoder."""
    return 0 if encoder is None else (encoder.width + 1) * width + (width + 1) * width


def image_encoder(config: ImageConfig) -> EncoderSize | None:
    """Return the sizes of the encoder of pictures, None without one."""
    if not config.encoder:
        return None
    raw = (_config_json(config.source) if config.source else None) or {}
    width = raw.get("hidden_size", config.width)
    patch = raw.get("patch_size", config.patch)
    layers = raw.get("num_hidden_layers", config.layers)
    registers = raw.get("num_register_tokens", 0)
    tokens = (config.size // patch) ** 2
    positions = _PUBLISHED_POSITIONS if config.source else tokens + 1
    if "image_size" in raw:
        positions = (raw["image_size"] // patch) ** 2 + 1
    embedding = (3 * patch**2 + 1) * width + (1 + registers + positions) * width
    layer = 12 * width**2 + 15 * width  # q, k, v, out, 4 × feed-forward, two norms, two scales
    return EncoderSize(
        config.encoder,
        tokens,
        tokens + 1 + registers,
        width,
        layers,
        raw.get("num_attention_heads", config.heads),
        embedding + layers * layer + 2 * width,
        scaled=True,
        pixels=3 * config.size**2,
    )


def point_encoder(config: PointsConfig) -> EncoderSize | None:
    """Return the sizes of the encoder of points, None without one."""
    if not config.encoder:
        return None
    width, queries = config.width, config.queries
    first = queries * width + (_POINT + 1) * width
    cross = 12 * width**2 + 12 * width  # as a layer, with a third norm
    layer = 12 * width**2 + 10 * width
    return EncoderSize(
        config.encoder,
        queries if config.tokens == "all" else 1,
        queries,
        width,
        config.layers,
        config.heads,
        first + cross + config.layers * layer + 2 * width,
        points=config.count,
    )
