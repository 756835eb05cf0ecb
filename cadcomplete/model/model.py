"""The model: a causal language model, encoders of pictures and points, and their projectors.

Pictures and points become features, projectors bring these to the width of the language model,
and they take the places of their placeholders: pictures, points, text. What is absent has no
placeholder, so it has no influence at all (law 6).

Shapes: B rows, L tokens, D width of the language model, N tokens that carry loss, V vocabulary,
K pictures of S × S, C clouds of P points, T features of one, E their width.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from cadcomplete.config import RatesConfig
from cadcomplete.errors import InputError
from cadcomplete.language.prompt import IMAGE, POINTS, Features
from cadcomplete.language.tokenizer import IGNORED
from cadcomplete.model.distributed import local
from cadcomplete.model.losses import Loss, plain

PARTS = tuple(field.name for field in dataclasses.fields(RatesConfig))
"""The parts that have a learning rate of their own, as they are called in a model."""


class Projector(nn.Sequential):
    """Two layers, from the width of an encoder to that of the language model."""

    def __init__(self, encoder_width: int, width: int) -> None:
        super().__init__(nn.Linear(encoder_width, width), nn.GELU(), nn.Linear(width, width))


class CompletionModel(nn.Module):
    """A causal language model that sees pictures and points, and is asked where there are labels.

    Attributes:
        loss: how the losses of tokens are computed.
        logits_at_once: positions whose logits exist at the same time.
        offload: whether what is kept for the gradient waits in the memory of the host.
    """

    def __init__(
        self,
        language_model: Any,
        image_encoder: Any = None,
        point_encoder: Any = None,
    ) -> None:
        super().__init__()
        self.language_model = language_model
        self.image_encoder, self.point_encoder = image_encoder, point_encoder
        width = self.causal.config.hidden_size
        self.image_projector = image_encoder and Projector(image_encoder.width, width)
        self.point_projector = point_encoder and Projector(point_encoder.width, width)
        self.loss: Loss = plain
        self.logits_at_once, self.offload = 1024, False

    @property
    def causal(self) -> Any:
        """The language model itself, its adapters inside."""
        wrapped = hasattr(self.language_model, "peft_config")
        return self.language_model.get_base_model() if wrapped else self.language_model

    @property
    def features(self) -> Features:
        image, points = self.image_encoder, self.point_encoder
        return Features(image.tokens if image else 0, points.tokens if points else 0)

    @property
    def longest(self) -> int:
        """The longest text, in tokens, for which the language model was made."""
        return self.causal.config.max_position_embeddings

    @property
    def _no_split_modules(self) -> list[str]:
        """The layers of the language model, as accelerate asks for them to share each by itself."""
        return list(self.causal._no_split_modules or ())

    @property
    def device(self) -> torch.device:
        return next(self.parameters()).device

    @property
    def parameter_count(self) -> int:
        return sum(p.numel() for p in self.parameters())

    def put(self, device: torch.device, *, half: torch.dtype | None = None) -> CompletionModel:
        """Move all of it to a device, to answer there; return itself.

        With `half` the language model and the projectors have that precision; weights in 4 bits
        stay as they are, so do encoders, and what is computed once from no weight.
        """
        for name in ("language_model", "image_projector", "point_projector"):
            for _, parameter in self.part(name) if half is not None else ():
                if parameter.is_floating_point():
                    parameter.data = parameter.data.to(device, half)
        return self.to(device)

    def part(self, name: str) -> list[tuple[str, nn.Parameter]]:
        """Return the parameters of one of `PARTS`, with their names in the model."""
        module = getattr(self, name)
        return [] if module is None else list(module.named_parameters(prefix=name))

    def embed(
        self,
        input_ids_BL: Tensor,
        images_K3SS: Tensor | None = None,
        points_CP6: Tensor | None = None,
    ) -> Tensor:
        """Return what the language model reads, shape (B, L, D).

        Raises InputError if there are not as many placeholders as features.
        """
        embedded_BLD = self.causal.get_input_embeddings()(input_ids_BL.clamp(min=0))
        sources = (
            (IMAGE, "image", self.image_encoder, self.image_projector, images_K3SS),
            (POINTS, "point", self.point_encoder, self.point_projector, points_CP6),
        )
        for placeholder, name, encoder, projector, given in sources:
            there_BL = input_ids_BL == placeholder
            if given is None:
                self._count(name, there_BL, 0)
                continue
            if encoder is None:
                raise InputError(f"this model has no {name} encoder", expected="none", got=given)
            trained = any(p.requires_grad for p in encoder.parameters())
            with nullcontext() if trained else torch.no_grad():
                features_KTE = encoder(given)
            features_KTD = projector(features_KTE.to(projector[0].weight.dtype))
            self._count(name, there_BL, features_KTD.shape[0] * features_KTD.shape[1])
            features = features_KTD.to(embedded_BLD.dtype)
            embedded_BLD = embedded_BLD.masked_scatter(there_BL[..., None], features)
        return embedded_BLD

    @staticmethod
    def _count(name: str, there_BL: Tensor, features: int) -> None:
        count = int(there_BL.sum())
        if count != features:
            expected = f"{count}, one for each placeholder"
            raise InputError("features are missing", where=name, expected=expected, got=features)

    def hidden(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        images: Tensor | None = None,
        points: Tensor | None = None,
    ) -> Tensor:
        """Return the last hidden states of the language model, shape (B, L, D)."""
        embedded_BLD = self.embed(input_ids, images, points)
        if self.training and not embedded_BLD.requires_grad and torch.is_grad_enabled():
            # Gradients reach the first layer whatever a batch shows: processes that share the
            # model wait for each other there.
            embedded_BLD.requires_grad_()
        with self._keeping():
            return self.causal.base_model(
                inputs_embeds=embedded_BLD,
                attention_mask=attention_mask,
                position_ids=position_ids,
                use_cache=False,
            ).last_hidden_state

    def _keeping(self) -> AbstractContextManager[Any]:
        if self.offload and self.training:
            return torch.autograd.graph.save_on_cpu(pin_memory=torch.cuda.is_available())
        return nullcontext()

    def forward(
        self,
        input_ids: Tensor,
        labels: Tensor,
        weights: Tensor,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        images: Tensor | None = None,
        points: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Return the losses of a batch, in nats; all of `collate` but the names.

        loss: the weighted mean; total, weight: what it is the ratio of; losses: those of the
        tokens that carry loss, shape (N,), row by row.
        """
        hidden_BLD = self.hidden(input_ids, attention_mask, position_ids, images, points)
        wanted_BL = labels[:, 1:] != IGNORED
        losses_N = self.loss(
            hidden_BLD[:, :-1][wanted_BL],
            self.causal.get_output_embeddings(),
            labels[:, 1:][wanted_BL],
            self.logits_at_once,
        )
        weights_N = weights[:, 1:][wanted_BL]
        total, weight = (losses_N * weights_N).sum(), weights_N.sum()
        if self.training:
            total = total + self._untouched(images=images is None, points=points is None)
        return {"loss": total / weight, "total": total, "weight": weight, "losses": losses_N}

    def _untouched(self, *, images: bool, points: bool) -> Tensor | float:
        """Zero, but with a gradient of zero for parts that saw nothing in this batch.

        So that every process of several has a gradient for every parameter.
        """
        names = ["image_encoder", "image_projector"] * images
        names += ["point_encoder", "point_projector"] * points
        return self.zero(*names)

    def zero(self, *names: str) -> Tensor | float:
        """Return zero, with a gradient of zero for all that is trained in the parts named."""
        trained = (p for name in names for _, p in self.part(name) if p.requires_grad)
        return sum((0.0 * local(p).sum() for p in trained), 0.0)

    def freeze(self, rates: RatesConfig) -> None:
        """Let only those parts learn whose learning rate is not 0; adapters decide the rest."""
        for name in PARTS:
            if not getattr(rates, name):
                for _, parameter in self.part(name):
                    parameter.requires_grad_(False)

    def trained(self) -> Iterator[tuple[str, nn.Parameter]]:
        """Yield the parameters that learn, by name."""
        return ((name, p) for name, p in self.named_parameters() if p.requires_grad)
