"""DINOv2 (Oquab et al. 2023, arXiv 2304.07193), with and without registers, by transformers.

Shapes: K pictures of S × S pixels, T = (S / patch)² patches, E width.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor

from cadcomplete.config import ImageConfig
from cadcomplete.errors import CheckpointError, ConfigError
from cadcomplete.model.encoders import patches
from cadcomplete.model.encoders.encoder import (
    ImageEncoder,
    check_sizes,
    on_hub,
    unreachable,
    wrong_shape,
)

FAMILY = {"dinov2": "Dinov2", "dinov2_with_registers": "Dinov2WithRegisters"}
"""By the type of a model: how the classes of transformers begin."""

# Of the pictures of ImageNet, red, green and blue in [0, 1].
_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)

_SAFETENSORS = "a DINOv2 with its weights in safetensors"


class Dinov2(ImageEncoder):
    """The features of the patches, row by row; those of the class and register tokens are left.

    Attributes:
        model: a model of transformers, or one like it (`patches`), without the mask token, which
            only pre-training needs.
        size: of a picture in pixels; position embeddings are interpolated to it.
    """

    mean_311: Tensor
    deviation_311: Tensor

    def __init__(self, model: Any, size: int) -> None:
        super().__init__()
        patch = model.config.patch_size
        if size < patch or size % patch:
            expected = f"a multiple of the patch, {patch}"
            raise ConfigError(
                "cannot be cut", where="model.image.size", expected=expected, got=size
            )
        model.embeddings.mask_token = None
        self.model, self.size = model, size
        self.width, self.tokens = model.config.hidden_size, (size // patch) ** 2
        for name, values in (("mean_311", _MEAN), ("deviation_311", _DEVIATION)):
            self.register_buffer(name, torch.tensor(values).view(3, 1, 1), persistent=False)

    @classmethod
    def scratch(cls, config: ImageConfig) -> Dinov2:
        check_sizes(
            "image",
            width=config.width,
            heads=config.heads,
            layers=config.layers,
            patch=config.patch,
        )
        settings_class, model_class = _classes("dinov2")
        settings = settings_class(
            image_size=config.size,
            patch_size=config.patch,
            hidden_size=config.width,
            num_hidden_layers=config.layers,
            num_attention_heads=config.heads,
        )
        return cls(model_class(settings), config.size)

    @classmethod
    def pretrained(cls, config: ImageConfig) -> Dinov2:
        return cls(_load(config.source), config.size)

    @classmethod
    def rebuilt(cls, architecture: dict[str, Any]) -> Dinov2:
        if patches.is_plain(architecture.get("model")):
            try:
                return cls(patches.Patches(architecture["model"]), architecture["size"])
            except (KeyError, TypeError, ConfigError) as error:
                raise _no_dinov2(error) from error
        from huggingface_hub.errors import StrictDataclassError

        try:
            settings_class, model_class = _classes(architecture["model"]["model_type"])
            return cls(model_class(settings_class(**architecture["model"])), architecture["size"])
        except (KeyError, TypeError, ValueError, StrictDataclassError, ConfigError) as error:
            raise _no_dinov2(error) from error

    @property
    def architecture(self) -> dict[str, Any]:
        local = {"_name_or_path", "architectures", "dtype", "transformers_version"}
        settings = self.model.config.to_dict()
        model = {name: value for name, value in settings.items() if name not in local}
        return {"size": self.size, "model": json.loads(json.dumps(model))}  # keys that are texts

    def forward(self, images_K3SS: Tensor) -> Tensor:
        """Return the features of bytes, shape (K, T, E). Raises InputError for another shape."""
        shape = (3, self.size, self.size)
        if images_K3SS.shape[1:] != shape or images_K3SS.dtype != torch.uint8:
            expected = f"(pictures, 3, {self.size}, {self.size}) of uint8"
            raise wrong_shape("pictures", expected, images_K3SS)
        # In float32 at least; the embedding of patches then takes the type of its weights.
        pixels_K3SS = (images_K3SS.to(torch.float32) / 255 - self.mean_311) / self.deviation_311
        hidden_KLE = self.model(pixel_values=pixels_K3SS).last_hidden_state
        return hidden_KLE[:, hidden_KLE.shape[1] - self.tokens :]


def _no_dinov2(error: Exception) -> CheckpointError:
    return CheckpointError(f"not the architecture of a DINOv2: {error!r}")


def _classes(kind: str) -> tuple[Any, Any]:
    """The configuration and the model of one of `FAMILY`. Raises KeyError for another."""
    import transformers  # which takes longer than an answer of a small model

    name = FAMILY[kind]
    return getattr(transformers, f"{name}Config"), getattr(transformers, f"{name}Model")


def _load(source: str) -> Any:
    """Return the pretrained model at a folder or hub id. Raises CheckpointError."""
    from huggingface_hub.errors import StrictDataclassError
    from transformers import AutoConfig

    if not Path(source).is_dir() and not on_hub(source):
        raise unreachable(source, expected="a folder, or a hub id such as facebook/dinov2-base")
    try:
        settings = AutoConfig.from_pretrained(source, trust_remote_code=False)
    except (OSError, ValueError, StrictDataclassError) as error:
        raise unreachable(source, expected="the config.json of a DINOv2", error=error) from error
    found = settings.model_type
    if found not in FAMILY or not isinstance(settings.patch_size, int):
        known = ", ".join(FAMILY)
        raise CheckpointError("not a DINOv2", file=source, expected=known, got=found)
    try:
        model, report = _classes(found)[1].from_pretrained(
            source,
            config=settings,
            dtype=torch.float32,
            use_safetensors=True,
            output_loading_info=True,
        )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise unreachable(source, expected=_SAFETENSORS, error=error) from error
    # transformers gives tensors that are missing random values, and only logs it
    missing = sorted(set(report["missing_keys"]) - {"embeddings.mask_token"})
    if missing:
        raise CheckpointError("tensors are missing", file=source, where=missing[0], got="none")
    return model
