"""Complete CAD construction histories.

::

    import cadcomplete

    part = cadcomplete.read("part.json")
    for completion in cadcomplete.complete(part, keep=7).completions:
        print(completion.rank, completion.valid, completion.text)

Names here are imported when they are first used: `import cadcomplete` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cadcomplete.completion.completion import Completion, Completions
    from cadcomplete.completion.engine import Completer, complete
    from cadcomplete.completion.rebuilding import Rebuilt, rebuild
    from cadcomplete.completion.session import PartSession
    from cadcomplete.constraints.constraints import Constraints
    from cadcomplete.constraints.pins import Pin
    from cadcomplete.history.sequence import CadSequence, truncate, validate
    from cadcomplete.kernel.contain import Kernel
    from cadcomplete.language.lines import decode, encode
    from cadcomplete.model.checkpoint import load as load_model
    from cadcomplete.readers import Document, from_sequence, read

__version__ = "0.1.0"

_HOMES = {
    "CadSequence": "history.sequence",
    "Completer": "completion.engine",
    "Completion": "completion.completion",
    "Completions": "completion.completion",
    "Constraints": "constraints.constraints",
    "Document": "readers",
    "Kernel": "kernel.contain",
    "Pin": "constraints.pins",
    "Rebuilt": "completion.rebuilding",
    "PartSession": "completion.session",
    "complete": "completion.engine",
    "decode": "language.lines",
    "encode": "language.lines",
    "from_sequence": "readers",
    "load_model": "model.checkpoint",
    "read": "readers",
    "rebuild": "completion.rebuilding",
    "truncate": "history.sequence",
    "validate": "history.sequence",
}

__all__ = [
    "CadSequence",
    "Completer",
    "Completion",
    "Completions",
    "Constraints",
    "Document",
    "Kernel",
    "PartSession",
    "Pin",
    "Rebuilt",
    "complete",
    "decode",
    "encode",
    "from_sequence",
    "load_model",
    "read",
    "rebuild",
    "truncate",
    "validate",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'cadcomplete' has no attribute {name!r}")
    module = import_module(f"cadcomplete.{_HOMES[name]}")
    return getattr(module, {"load_model": "load"}.get(name, name))
