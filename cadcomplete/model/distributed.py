"""Several processes that train together: which of them this is, and tensors that they share.

Under DDP every process has all of every tensor. Under FSDP2 a parameter, its gradient and what
the optimizer keeps of it are DTensors, of which each process has a part.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Tensor

if TYPE_CHECKING:
    from accelerate import PartialState

Key = TypeVar("Key")


def this_process() -> PartialState:
    """Return which of the processes this is that were started together (accelerate launch).

    Without being told, accelerate would take processes without a GPU for as many single ones.
    """
    from accelerate import PartialState
    from accelerate.utils import parse_flag_from_env

    told = parse_flag_from_env("ACCELERATE_USE_CPU")
    return PartialState(cpu=told or not torch.accelerator.is_available())


def is_shared(tensor: Any) -> bool:
    """Whether it is a DTensor; where nobody has imported these, none is there."""
    theirs = sys.modules.get("torch.distributed.tensor")
    return theirs is not None and isinstance(tensor, theirs.DTensor)


def local(tensor: Any) -> Tensor:
    """Return what this process has of a tensor that several may share."""
    return tensor.to_local() if is_shared(tensor) else tensor


def whole(tensor: Any) -> Tensor:
    """Return all of a tensor that several processes may share; they have to ask together."""
    return tensor.full_tensor() if is_shared(tensor) else tensor


def gathered(tensors: Mapping[Key, Tensor]) -> dict[Key, Tensor]:
    """Return tensors as a whole and in the memory of the host, to the main process alone.

    All processes have to ask together, and in the same order; the others get nothing.
    """
    found: dict[Key, Tensor] = {}
    for key, tensor in tensors.items():
        joined = whole(tensor)
        if this_process().is_main_process:
            found[key] = joined.detach().cpu()
    return found


def spread(tensor: Tensor, like: Any) -> Tensor:
    """Return what has to stand in the place of `like`: of a shared tensor, this process's part.

    Every process has the whole, so none has to wait for another.
    """
    if not is_shared(like) or tensor.shape != like.shape:
        return tensor
    from torch.distributed.tensor import distribute_tensor

    mesh, placements = like.device_mesh, like.placements
    return distribute_tensor(tensor, mesh, placements, src_data_rank=None)
