"""What a run is: dataclasses, read from TOML. Unknown keys fail; what was used is saved."""

from __future__ import annotations

import dataclasses
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from cadcomplete import bounds
from cadcomplete.bounds import Between, Seed, Share
from cadcomplete.errors import ConfigError
from cadcomplete.history.fields import Format

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pyright: ignore[reportMissingImports]


Passes = Annotated[int, Between(1, 100_000)]
Width = Annotated[int, Between(1, 65_536)]
Layers = Annotated[int, Between(1, 1000)]
Heads = Annotated[int, Between(1, 1024)]
Dropout = Annotated[float, Between(0, 0.99)]
Rate = Annotated[float, Between(0, 1)]
Steps = Annotated[int, Between(1, 10**9)]
Size = Annotated[int, Between(1, 65_536)]

_MOST_WEIGHTS = 2e10
"""Of a decoder of one's own; no card trains more of them from nothing."""


@dataclass(frozen=True)
class StageConfig:
    """A stage of a curriculum: some passes over the parts, and what they show.

    Attributes:
        passes: how often each part is seen, each time as another variant.
        captions, images, points: as in `DataConfig`.
    """

    passes: Passes = 1
    captions: Share = 0.5
    images: Share = 0.0
    points: Share = 0.0


@dataclass(frozen=True)
class DataConfig:
    """What to learn from.

    Attributes:
        sources: folders of histories or prepared data sets, relative to where the command runs.
        text_format: how histories are written.
        max_length: longest sample in tokens, those of pictures and points included.
        too_long: "cut" learns of a longer part what comes before the last operation that fits
            has ended; "refuse" leaves it out. Both are counted.
        validation: share of source designs that is held out.
        validation_parts: most parts that validate, chosen by the hashes of their ids; 0 for all.
        variants: how often each part is seen turned and mirrored before it repeats.
        upright: share of variants that stay as they were drawn.
        scaled: share of variants that are larger or smaller, in round numbers.
        reordered: share of variants in which independent operations change places.
        stretched: share of samples of a pack in which one dimension is another.
        filled: share of samples of a pack that fill a gap, of parts that can have one.
        captions: share of samples that show a caption, where there is one.
        derived: of these, the share that show one derived from the geometry instead of the one
            that was given, where a part has both.
        images: share of samples that show pictures, where there are some.
        most_images: how many they show at most.
        points: share of samples that show a point cloud, where there is one.
        scans: of these, the share whose cloud looks as if it had been scanned.
        synthetic: synthetic parts to learn from as well; they are never held out.
        synthetic_like: what these are like: "extrudes", or "engineers" with all operations.
        stages: a curriculum, one stage after the other; then `variants` and the shares of
            captions, images and points are those of the stages.
    """

    sources: tuple[str, ...] = ()
    text_format: Format = "lines"
    max_length: Annotated[int, Between(2, 10**7)] = 1024
    too_long: Literal["cut", "refuse"] = "cut"
    validation: Share = 0.05
    validation_parts: Annotated[int, Between(0, 10**9)] = 2000
    variants: Passes = 8
    upright: Share = 0.5
    scaled: Share = 0.0
    reordered: Share = 0.0
    stretched: Share = 0.0
    filled: Share = 0.0
    captions: Share = 0.5
    derived: Share = 0.5
    images: Share = 0.5
    most_images: Annotated[int, Between(0, 1000)] = 1
    points: Share = 0.5
    scans: Share = 0.0
    synthetic: Annotated[int, Between(0, 10**8)] = 0
    synthetic_like: Literal["extrudes", "engineers"] = "extrudes"
    stages: tuple[StageConfig, ...] = ()

    @property
    def curriculum(self) -> tuple[StageConfig, ...]:
        """The stages; without any, the one that the other settings describe."""
        one = StageConfig(self.variants, self.captions, self.images, self.points)
        return self.stages or (one,)


@dataclass(frozen=True)
class DecoderConfig:
    """Sizes of a decoder of the Qwen3 architecture and of the tokenizer that goes with it.

    They are used when no `language_model` is named, and by `plan` and benchmarks for one that
    cannot be reached.

    Attributes:
        head_width: 0 for width / heads.
        tied: whether the output uses the embeddings of the input.
    """

    vocabulary: Annotated[int, Between(16, 10**7)] = 2048
    width: Width = 256
    layers: Layers = 6
    heads: Heads = 4
    kv_heads: Heads = 2
    head_width: Annotated[int, Between(0, 4096)] = 0
    feed_forward: Width = 1024
    dropout: Dropout = 0.0
    tied: bool = True


@dataclass(frozen=True)
class LoraConfig:
    """Low-rank adapters in the language model, by peft.

    Attributes:
        rank: 0 for none: then all weights of the language model are trained.
        targets: "attention" is the projections q, k, v and o; "all" is every linear layer but
            the output.
        dora: whether directions and magnitudes are trained apart.
    """

    rank: Annotated[int, Between(0, 4096)] = 0
    alpha: Annotated[float, Between(1e-6, 1e6)] = 16.0
    dropout: Dropout = 0.0
    targets: Literal["attention", "all"] = "attention"
    dora: bool = False


@dataclass(frozen=True)
class ImageConfig:
    """How pictures become tokens.

    Attributes:
        encoder: a key of `ENCODERS`, or "" for a model that sees no pictures.
        source: hub id or folder of pretrained weights; "" for one of the sizes below that is
            trained from scratch.
        size: of a picture in pixels, a multiple of the patch.
    """

    encoder: str = ""
    source: str = ""
    size: Annotated[int, Between(1, 8192)] = 224
    patch: Annotated[int, Between(1, 8192)] = 14
    width: Width = 128
    layers: Layers = 4
    heads: Heads = 4


@dataclass(frozen=True)
class PointsConfig:
    """How point clouds become tokens.

    Attributes:
        encoder: a key of `ENCODERS`, or "" for a model that sees no point clouds.
        source: hub id, folder or checkpoint file of pretrained weights; "" for one of the sizes
            below that is trained from scratch.
        count: points that the encoder sees.
        tokens: "all", or the "global" one only.
        queries: how many tokens there are, the global one included.
    """

    encoder: str = ""
    source: str = ""
    count: Annotated[int, Between(1, 10**7)] = 2048
    tokens: Literal["all", "global"] = "all"
    queries: Annotated[int, Between(1, 10**6)] = 33
    width: Width = 128
    layers: Layers = 2
    heads: Heads = 4


@dataclass(frozen=True)
class ModelConfig:
    """A language model and its encoders.

    Attributes:
        language_model: hub id or folder of a causal language model of transformers and its
            tokenizer; "" for a decoder of our own, trained from scratch.
        gguf: name of a GGUF file in that folder or repository, if the weights are one.
        new_tokens: texts that get a token of their own, which is trained and saved.
        dtype: of the weights that are not trained.
        quantize: "nf4" keeps a frozen language model in 4 bits; needs a GPU and bitsandbytes.
        attention: an attention of transformers.
    """

    language_model: str = ""
    gguf: str = ""
    new_tokens: tuple[str, ...] = ()
    dtype: Literal["float32", "bfloat16"] = "float32"
    quantize: Literal["none", "nf4"] = "none"
    attention: str = "sdpa"
    decoder: DecoderConfig = field(default_factory=DecoderConfig)
    lora: LoraConfig = field(default_factory=LoraConfig)
    image: ImageConfig = field(default_factory=ImageConfig)
    points: PointsConfig = field(default_factory=PointsConfig)


@dataclass(frozen=True)
class RatesConfig:
    """The highest learning rate of each part; 0 freezes it.

    `language_model` is that of its adapters, where it has some, and of new tokens.
    """

    language_model: Rate = 1e-3
    image_encoder: Rate = 0.0
    point_encoder: Rate = 0.0
    image_projector: Rate = 1e-3
    point_projector: Rate = 1e-3


@dataclass(frozen=True)
class TrainConfig:
    """How to learn.

    Attributes:
        start: folder of a trained model to begin with: its tokenizer, and its weights for the
            parts that it has. Without one, a run begins with pretrained or random weights.
        epochs: passes over all variants of all parts, each of which draws anew what is shown.
        batch: samples in a micro-batch, or rows of packed samples.
        accumulate: micro-batches in a step, over all processes together: a step learns from the
            same samples however many processes there are.
        packing: whether samples share rows, none seeing another.
        row: tokens of a row that samples share; 0 for `max_length`. A longer sample has a row for
            itself, and keeps the fastest attention: that of a shared row costs its square.
        rates: the highest learning rate of each part.
        warmup: share of the steps in which the rates rise; then they fall with a cosine.
        clip: highest norm of the gradient.
        compute: "bfloat16" computes in it wherever that is safe.
        checkpointing: whether activations are computed again instead of kept.
        offload: whether what is kept of each layer waits in the memory of the host.
        logits_at_once: supervised positions whose logits exist at the same time.
        loss_kernel: "auto" takes a fused kernel on a GPU where one is installed.
        weighting: "tokens" counts every token alike; "truncations" weighs them so that one
            pass has the gradient of a sample for each cut (law 4).
        cuts: "all" operation boundaries, "five" evenly spaced ones as in the specification,
            "one" drawn anew for each variant, or those of the "files" `<id>_tr_NN.json`.
        evaluate_every, log_every: in steps.
        checkpoint_every: in steps, a multiple of `evaluate_every`; 0 for each evaluation. The best
            of the weights that are saved are those of the finished model.
        patience: evaluations without a better validation loss after which to stop; 0 never.
        checkpoints: how many are kept, the best one besides.
        workers: processes that read samples; 0 reads them in the process that trains.
        report_to: "tensorboard", "wandb"; the log in JSON lines is always written.
        precision: of the weights in the finished model.
    """

    start: str = ""
    epochs: Annotated[float, Between(1e-6, 1e6)] = 1.0
    batch: Size = 32
    accumulate: Size = 1
    packing: bool = False
    row: Annotated[int, Between(0, 10**7)] = 0
    rates: RatesConfig = field(default_factory=RatesConfig)
    warmup: Share = 0.02
    weight_decay: Annotated[float, Between(0, 10)] = 0.1
    clip: Annotated[float, Between(0, 1e9)] = 1.0
    compute: Literal["float32", "bfloat16"] = "float32"
    checkpointing: bool = False
    offload: bool = False
    logits_at_once: Annotated[int, Between(1, 10**9)] = 1024
    loss_kernel: Literal["auto", "plain", "cut-cross-entropy"] = "auto"
    weighting: Literal["tokens", "truncations"] = "tokens"
    cuts: Literal["all", "five", "one", "files"] = "all"
    seed: Seed = 0
    evaluate_every: Steps = 200
    log_every: Steps = 10
    checkpoint_every: Annotated[int, Between(0, 10**9)] = 0
    patience: Annotated[int, Between(0, 10**9)] = 0
    checkpoints: Annotated[int, Between(1, 10**6)] = 2
    workers: Annotated[int, Between(0, 1024)] = 0
    report_to: tuple[str, ...] = ()
    precision: Literal["float32", "bfloat16", "float16"] = "float32"


@dataclass(frozen=True)
class Config:
    """A run: its name, its folder is `output/name`."""

    name: str = "run"
    output: str = "runs/out"
    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    train: TrainConfig = field(default_factory=TrainConfig)

    @property
    def packed_row(self) -> int:
        """Tokens of a row that samples share; 0 if each has its own."""
        return (self.train.row or self.data.max_length) if self.train.packing else 0

    def check(self) -> None:
        """Raise ConfigError for a value with which nothing could be trained."""
        bounds.check(self)
        _check_name(self.name)
        if "\0" in self.output:
            raise ConfigError("not a folder", where="output", got=self.output)
        every = (self.train.evaluate_every, "checkpoint_every", self.train.checkpoint_every)
        _check_divides("train", "evaluate_every", *every)
        if not self.model.language_model:
            _check_decoder(self.model.decoder)
        for where, encoder in (("image", self.model.image), ("points", self.model.points)):
            if encoder.encoder and not encoder.source:
                _check_divides(f"model.{where}", "heads", encoder.heads, "width", encoder.width)
        image = self.model.image
        if image.encoder:
            _check_divides("model.image", "patch", image.patch, "size", image.size)

    def as_dict(self) -> dict[str, Any]:
        return json.loads(json.dumps(dataclasses.asdict(self)))


def load(path: str | Path, *, changes: tuple[str, ...] = ()) -> Config:
    """Read a configuration and apply changes such as `train.batch=8`.

    Raises ConfigError, which lists the known keys for one that is not known.
    """
    try:
        raw = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read: {error.strerror}", file=path) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"not TOML: {error}", file=path) from error
    try:
        for change in changes:
            _apply(raw, change)
        return from_dict(raw)
    except ConfigError as error:
        raise error.in_file(path) from None


def from_dict(raw: dict[str, Any]) -> Config:
    """Return the configuration that a dictionary describes. Raises ConfigError."""
    config: Config = _build(Config, raw, "")
    config.check()
    return config


def _check_name(name: str) -> None:
    """A name is a folder in `output`, and no path that leads out of it."""
    known = name.isprintable() and not name.startswith((".", "-"))
    if not name or not known or set(name) & set("/\\\0") or len(name) > 200:
        expected = "a name of a folder, with neither / nor \\, that begins with neither . nor -"
        raise ConfigError("not a name", where="name", expected=expected, got=name)


def _check_decoder(sizes: DecoderConfig) -> None:
    where = "model.decoder"
    if not sizes.head_width:
        _check_divides(where, "heads", sizes.heads, "width", sizes.width)
    _check_divides(where, "kv_heads", sizes.kv_heads, "heads", sizes.heads)
    if (head := sizes.head_width or sizes.width // sizes.heads) % 2:
        problem = "positions turn pairs of numbers"
        raise ConfigError(problem, where=where, expected="heads of an even width", got=head)
    weights = sizes.layers * sizes.width * (4 * sizes.width + 3 * sizes.feed_forward)
    if weights > _MOST_WEIGHTS:
        expected, got = (
            f"at most {_MOST_WEIGHTS / 1e9:.0f} billion weights",
            f"{weights / 1e9:,.0f}",
        )
        raise ConfigError(
            "too large together", where=where, expected=expected, got=f"{got} billion"
        )


def _check_divides(where: str, part: str, small: int, whole: str, large: int) -> None:
    if large % small:
        expected = f"a number that divides {whole}, {large}"
        raise ConfigError("does not fit", where=f"{where}.{part}", expected=expected, got=small)


def _apply(raw: dict[str, Any], change: str) -> None:
    key, equals, text = change.partition("=")
    if not equals:
        raise ConfigError("not a change", expected="key=value, such as train.batch=8", got=change)
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text  # a word needs no quotes on the command line
    *parents, last = key.split(".")
    for parent in parents:
        raw = raw.setdefault(parent, {})
        if not isinstance(raw, dict):
            raise ConfigError("not a table", where=parent, got=raw)
    raw[last] = value


def _build(kind: type[Any], raw: Any, where: str) -> Any:
    if not isinstance(raw, dict):
        raise ConfigError("not a table", where=where, got=raw)
    hints = get_type_hints(kind)
    for key in raw:
        if key not in hints:
            expected = f"one of {', '.join(hints)}"
            raise ConfigError("unknown key", where=f"{where}{key}", expected=expected)
    values = {key: _value(hints[key], value, f"{where}{key}") for key, value in raw.items()}
    return kind(**values)


def _value(hint: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(hint):
        return _build(hint, value, f"{where}.")  # type: ignore[arg-type]
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            expected = " or ".join(map(str, get_args(hint)))
            raise ConfigError("unknown value", where=where, expected=expected, got=value)
        return value
    if get_origin(hint) is tuple and dataclasses.is_dataclass(item := get_args(hint)[0]):
        if not isinstance(value, list):
            raise ConfigError("wrong type", where=where, expected="a list of tables", got=value)
        return tuple(_build(item, raw, f"{where}[{i}].") for i, raw in enumerate(value))  # type: ignore[arg-type]
    if get_origin(hint) is tuple:
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise ConfigError("wrong type", where=where, expected="a list of texts", got=value)
        return tuple(value)
    if hint is float and type(value) is int:
        value = float(value)
    if type(value) is not hint:
        raise ConfigError("wrong type", where=where, expected=f"a {hint.__name__}", got=value)
    return value
