"""The memory of training on one card, part by part, from a configuration alone."""

from __future__ import annotations

from dataclasses import dataclass

from cadcomplete.config import Config
from cadcomplete.plan import activations
from cadcomplete.plan.activations import Work
from cadcomplete.plan.sizes import (
    Decoder,
    EncoderSize,
    adapted,
    adapter_parameters,
    decoder_of,
    image_encoder,
    point_encoder,
    projector_parameters,
)

GB = 1e9
BYTES = {"float32": 4, "bfloat16": 2}
NF4_BITS = 4.127  # a parameter: 4, and its share of a scale (Dettmers et al. 2023, QLoRA)
SINGLE, ADAM = 4, 8  # bytes: what learns and its gradient; both moments of AdamW
CONTEXT, SHARE = 0.7e9, 0.03  # of CUDA itself; of the rest, for what lies between tensors
_SHORT = 64  # tokens of the shortest history, to bound how many share a row


@dataclass(frozen=True, slots=True)
class Model:
    """The sizes of all parts of a configuration."""

    decoder: Decoder
    image: EncoderSize | None
    points: EncoderSize | None
    parameters: dict[str, int]
    trained: dict[str, int]

    @property
    def learning(self) -> int:
        return sum(self.trained.values())


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """Bytes on the card.

    Attributes:
        always: what is there all the time, by part.
        kept: of the forward pass, by part.
        phases: what comes on top of both, or instead of `kept` in the step of the optimizer; they
            follow one another, so only the largest counts.
        host: bytes that wait in the memory of the host.
    """

    always: dict[str, float]
    kept: dict[str, float]
    phases: dict[str, float]
    host: float

    @property
    def phase(self) -> str:
        return max(self.phases, key=self._at)

    @property
    def tensors(self) -> float:
        """The peak of all tensors, as `torch.cuda.max_memory_allocated` tells it."""
        return self._at(self.phase)

    @property
    def allowance(self) -> float:
        return CONTEXT + SHARE * self.tensors

    @property
    def peak(self) -> float:
        return self.tensors + self.allowance

    def _at(self, phase: str) -> float:
        kept = 0.0 if phase == "step" else sum(self.kept.values())
        return sum(self.always.values()) + kept + self.phases[phase]


def model_of(config: Config) -> Model:
    """Return the sizes of all parts of a configuration. Raises ConfigError."""
    decoder = decoder_of(config)
    image, points = image_encoder(config.model.image), point_encoder(config.model.points)
    rates, lora = config.train.rates, config.model.lora.rank > 0
    parameters = {
        "language_model": decoder.parameters,
        "adapters": adapter_parameters(decoder, config),
        "image_encoder": image.parameters if image else 0,
        "point_encoder": points.parameters if points else 0,
        "image_projector": projector_parameters(image, decoder.width),
        "point_projector": projector_parameters(points, decoder.width),
    }
    learns = {
        "language_model": bool(rates.language_model) and not lora,
        "adapters": bool(rates.language_model),
        "image_encoder": bool(rates.image_encoder),
        "point_encoder": bool(rates.point_encoder),
        "image_projector": bool(rates.image_projector),
        "point_projector": bool(rates.point_projector),
    }
    trained = {name: count for name, count in parameters.items() if learns[name]}
    return Model(decoder, image, points, parameters, trained)


def work_of(config: Config) -> Work:
    """Return the largest micro-batch of a configuration and how it is computed."""
    model, train = config.model, config.train
    sdpa = model.attention == "sdpa"
    shared = config.packed_row >= config.data.max_length  # shorter ones are never the largest
    return Work(
        train.batch,
        config.data.max_length,
        compute=min(BYTES[train.compute], residual := _weights(config)),
        residual=residual,
        trained=not model.lora.rank and bool(train.rates.language_model),
        adapted=adapted(config),
        rank=model.lora.rank,
        dropout=1 if model.lora.dropout else 0,
        dora=model.lora.dora,
        fused=model.attention != "eager",
        masked=(train.batch > 1 or shared) and (sdpa or model.attention == "eager"),
    )


def _weights(config: Config) -> int:
    """Bytes of a weight of the language model; all its weights learn in single precision."""
    return BYTES[config.model.dtype] if config.model.lora.rank else SINGLE


def memory_of(config: Config, model: Model) -> MemoryUse:
    """Return the memory of a configuration."""
    decoder, work = model.decoder, work_of(config)
    checkpointing, offload = config.train.checkpointing, config.train.offload
    layer = sum(activations.layer(decoder, work).values())
    of_layers = activations.stored(decoder, work) if checkpointing else decoder.layers * layer
    around = activations.around(decoder, work) + _features(config, model)
    kept = {"layers": float(of_layers), "around": float(around)}
    host = sum(kept.values()) if offload else 0.0
    if offload:  # one input of a layer is on its way
        kept = {"layers": float(work.tokens * decoder.width * work.residual)}
    return MemoryUse(_always(config, model), kept, _phases(config, model, work, layer), host)


def _always(config: Config, model: Model) -> dict[str, float]:
    frozen = _weights(config)
    decoder, parts, learning = model.decoder, model.parameters, model.trained
    weights = float(parts["language_model"] * frozen)
    if config.model.quantize == "nf4":
        weights += decoder.linear * (NF4_BITS / 8 - frozen)
    encoders = 0.0
    for name in ("image_encoder", "point_encoder"):
        encoders += parts[name] * (SINGLE if name in learning else BYTES[config.model.dtype])
    small = ("adapters", "image_projector", "point_projector")
    return {
        "weights": weights,
        "adapters": float(SINGLE * sum(parts[name] for name in small)),
        "encoders": encoders,
        "gradients": float(SINGLE * model.learning),
        "optimizer": float(ADAM * model.learning),
    }


def _features(config: Config, model: Model) -> int:
    """What encoders that learn keep, and the projectors: the input of both layers, and of GELU."""
    work, width, size = work_of(config), model.decoder.width, 0
    for name, encoder, count in (
        ("image", model.image, config.data.most_images),
        ("point", model.points, 1),
    ):
        if encoder is None:
            continue
        items = work.rows * count
        if config.train.packing:
            items *= max(1, config.packed_row // (count * encoder.tokens + _SHORT))
        if f"{name}_encoder" in model.trained:
            size += activations.encoder(encoder, items=items, compute=work.compute)
        if f"{name}_projector" in model.trained:
            size += items * encoder.tokens * (encoder.width + 2 * width) * work.compute
    return size


def _phases(config: Config, model: Model, work: Work, layer: int) -> dict[str, float]:
    """What is there for a while: logits, the gradient of one layer, the step of the optimizer.

    A layer that is computed again has its input in the residual stream, which is kept anyway. With
    all weights learning in single precision, autocast keeps a copy of each until the forward
    pass ends. AdamW needs a temporary tensor for each that learns.
    """
    decoder, train = model.decoder, config.train
    dequantized = config.model.quantize == "nf4"
    flying = activations.in_flight(decoder, work, dequantized=dequantized)
    again = 0
    if train.checkpointing:
        again = layer - (work.tokens * decoder.width * 4 if work.residual == 4 else 0)
    head = decoder.embedding * work.compute if work.casts else 0
    fused = train.loss_kernel == "cut-cross-entropy"
    loss = activations.loss(decoder, work, train.logits_at_once) * (not fused)
    if work.casts and work.trained and train.checkpointing:
        copies = decoder.linear * work.compute
        loss = max(loss, copies + activations.logits(decoder, work, train.logits_at_once))
    if config.model.new_tokens and config.model.lora.rank:  # peft copies the tables it changes
        tables = 1 if decoder.tied else 2
        head += 2 * tables * decoder.embedding * work.residual
    return {
        "layer": float(again + flying),
        "loss": float(activations.last(decoder, work) + loss + head),
        "step": float(SINGLE * model.learning),
    }
