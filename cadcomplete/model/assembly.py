"""From a configuration to a model and its tokenizer: pretrained, from scratch, or as saved."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from tokenizers import Regex

from cadcomplete.config import Config, LoraConfig, ModelConfig
from cadcomplete.errors import ConfigError
from cadcomplete.language import numbers
from cadcomplete.language.tokenizer import TextTokenizer
from cadcomplete.model import decoder, losses
from cadcomplete.model.encoders import image_encoder, point_encoder
from cadcomplete.model.model import CompletionModel

if TYPE_CHECKING:
    from transformers import Qwen3Config

Architectures = dict[str, dict[str, Any]]
"""By the name of a part: what it is made of, where all its weights are saved with the model."""


def make_tokenizer(config: Config, texts: Iterable[str]) -> TextTokenizer:
    """Return the tokenizer of the language model, or learn one from `texts` for our own."""
    model = config.model
    if model.language_model:
        from cadcomplete.model import pretrained

        tokenizer = pretrained.tokenizer(model.language_model, gguf=model.gguf)
    elif config.data.text_format == "numbers":  # whose words are tokens; only captions are learned
        size, pieces = model.decoder.vocabulary, Regex(numbers.PIECES)
        heads = (text.partition("\n")[0] for text in texts)
        tokenizer = TextTokenizer.train(heads, size=size, pieces=pieces, words=numbers.words())
    else:
        tokenizer = TextTokenizer.train(texts, size=model.decoder.vocabulary)
    tokenizer.add(model.new_tokens)
    return tokenizer


def assemble(
    config: Config, tokenizer: TextTokenizer, *, architectures: Architectures | None = None
) -> CompletionModel:
    """Return the model of a configuration, ready to train.

    Weights are those of its sources, else random. A part of which the architecture is given has
    none yet: they are read afterwards. Raises ConfigError and CheckpointError.
    """
    known, settings = architectures or {}, config.model
    model = CompletionModel(
        _language_model(config, tokenizer, known.get("language_model")),
        image_encoder(settings.image, architecture=known.get("image_encoder")),
        point_encoder(settings.points, architecture=known.get("point_encoder")),
    )
    model.freeze(config.train.rates)
    if settings.dtype == "bfloat16":
        for name in ("image_encoder", "point_encoder"):
            if not getattr(config.train.rates, name) and (module := getattr(model, name)):
                module.to(torch.bfloat16)
    if config.train.checkpointing:
        with _newest_names():
            model.causal.gradient_checkpointing_enable({"use_reentrant": False})
    model.offload, model.logits_at_once = config.train.offload, config.train.logits_at_once
    return model


def choose_loss(model: CompletionModel, config: Config, device: torch.device) -> None:
    """Choose how losses are computed on a device. Raises ConfigError."""
    head = model.causal.get_output_embeddings()
    model.loss = losses.chosen(config.train.loss_kernel, head, device)


def own_parts(config: Config) -> dict[str, bool]:
    """Say for each part with a source whether all its weights are saved with the model.

    They are where it has no source or was trained as a whole; else the source is needed again,
    and only adapters and new tokens are saved.
    """
    model, rates = config.model, config.train.rates
    whole = not model.lora.rank and bool(rates.language_model)
    return {
        "language_model": not model.language_model or whole,
        "image_encoder": not model.image.source or bool(rates.image_encoder),
        "point_encoder": not model.points.source or bool(rates.point_encoder),
    }


def architectures_of(model: CompletionModel, config: Config) -> Architectures:
    """Return what is saved beside the weights, for the parts of which all weights are saved."""
    own = own_parts(config)
    found: Architectures = {}
    if own["language_model"]:
        found["language_model"] = model.causal.config.to_diff_dict()
    for name in ("image_encoder", "point_encoder"):
        encoder = getattr(model, name)
        if own[name] and encoder is not None:
            found[name] = encoder.architecture
    return found


# --- the language model -------------------------------------------------------------------------


def _language_model(
    config: Config, tokenizer: TextTokenizer, architecture: dict[str, Any] | None
) -> Any:
    settings = config.model
    own = not settings.language_model and not settings.lora.rank and settings.attention == "sdpa"
    own = own and not config.train.checkpointing  # which only transformers does
    if architecture is not None and own and decoder.is_plain(architecture):
        return decoder.OwnDecoder(architecture)  # transformers takes longer than an answer
    from cadcomplete.model import pretrained

    trained = settings.dtype if settings.lora.rank else "float32"  # small steps need exact weights
    how = {"dtype": getattr(torch, trained), "attention": settings.attention}
    if architecture is not None:
        causal = pretrained.from_architecture(architecture, **how)
    elif settings.language_model:
        causal = pretrained.language_model(
            settings.language_model,
            gguf=settings.gguf,
            quantize=settings.quantize,
            **how,
        )
    else:
        sizes = qwen3_config(
            settings,
            vocabulary=tokenizer.size,
            end=tokenizer.end,
            length=config.data.max_length,
        )
        causal = pretrained.from_architecture(sizes.to_diff_dict(), **how)
    new = _make_room(causal, tokenizer, settings.new_tokens)
    return _adapted(causal, settings.lora, new) if settings.lora.rank else causal


def _make_room(causal: Any, tokenizer: TextTokenizer, texts: tuple[str, ...]) -> list[int]:
    """Give new tokens embeddings, the mean of those of the tokens they replace; return their ids.

    Models often have more rows than tokens, so that nothing has to be resized.
    """
    vocabulary = tokenizer.backend.get_vocab(with_added_tokens=True) if texts else {}
    ids = [vocabulary[text] for text in texts]
    weight = causal.get_input_embeddings().weight
    if ids and max(ids) >= len(weight):
        causal.resize_token_embeddings(max(ids) + 1, mean_resizing=False)
    pieces = tokenizer.backend.model
    with torch.no_grad():
        for table in {id(t): t for t in (causal.get_input_embeddings(), _head(causal))}.values():
            for text, row in zip(texts, ids, strict=True):
                shown = tokenizer.backend.pre_tokenizer.pre_tokenize_str(text)  # type: ignore[union-attr]
                old = [token.id for piece, _ in shown for token in pieces.tokenize(piece)]
                table.weight[row] = table.weight[old].mean(0)
    return ids


def _head(causal: Any) -> Any:
    return causal.get_output_embeddings()


def _adapted(causal: Any, lora: LoraConfig, new: list[int]) -> Any:
    """Return the language model with adapters; its own weights do not learn."""
    from peft import LoraConfig as PeftConfig  # a fifth of a second that models without save
    from peft import get_peft_model

    attention = ["q_proj", "k_proj", "v_proj", "o_proj"]
    names = [name.rpartition(".")[2] for name, _ in causal.named_modules()]
    if lora.targets == "attention" and not set(attention) <= set(names):
        raise ConfigError(
            "this language model has no q, k, v and o projections of these names",
            where="model.lora.targets",
            expected=", ".join(attention),
            hint='use "all"',
        )
    settings = PeftConfig(
        task_type="CAUSAL_LM",
        r=lora.rank,
        lora_alpha=lora.alpha,  # type: ignore[arg-type]
        lora_dropout=lora.dropout,
        target_modules=attention if lora.targets == "attention" else "all-linear",
        use_dora=lora.dora,
        trainable_token_indices=_tables(causal, new) if new else None,
    )
    with _newest_names():
        return get_peft_model(causal, settings, autocast_adapter_dtype=True)


@contextmanager
def _newest_names() -> Iterator[None]:
    """Older transformers, which we allow too, do not have the names that newer ones ask for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def _tables(causal: Any, new: list[int]) -> dict[str, list[int]]:
    """The names of the embeddings of input and output, with the tokens that are new there."""
    tables = {id(causal.get_input_embeddings()), id(_head(causal))}
    tied = causal.get_input_embeddings().weight is _head(causal).weight
    if tied:  # peft keeps the output like the input by itself
        tables = {id(causal.get_input_embeddings())}
    return {
        name.rpartition(".")[2]: new
        for name, module in causal.named_modules()
        if id(module) in tables
    }


def qwen3_config(model: ModelConfig, *, vocabulary: int, end: int, length: int) -> Qwen3Config:
    """Return the configuration of a decoder of the Qwen3 architecture."""
    from transformers import Qwen3Config

    sizes = model.decoder
    return Qwen3Config(
        vocab_size=vocabulary,
        hidden_size=sizes.width,
        intermediate_size=sizes.feed_forward,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        num_key_value_heads=sizes.kv_heads,
        head_dim=sizes.head_width or sizes.width // sizes.heads,
        max_position_embeddings=max(4096, length),
        attention_dropout=sizes.dropout,
        tie_word_embeddings=sizes.tied,
        bos_token_id=None,
        eos_token_id=end,
        pad_token_id=end,
    )
