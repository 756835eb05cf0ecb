"""What a data set is made of: the choices that decide its content."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_type_hints

from cadcomplete.errors import InputError

Layout = Literal["shards", "omnicad"]
Sampling = Literal["area", "farthest"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How parts are prepared; the same settings and files give the same bytes.

    Attributes:
        layout: Parquet shards, or the folders of the specification.
        views: pictures of each part, the canonical one first; 0 for none.
        size: of a picture, in pixels.
        styles: what pictures look like, chosen at random for each; keys of `STYLES`.
        points: in a point cloud; 0 for none.
        sampling: uniform by area, or farthest points of such.
        validation: share of the source designs that is held out while training.
        test: share that nobody looks at before the end.
        truncations: most truncated versions of a part in the layout of the specification.
        per_shard: input files that make one shard: what is lost when a run is killed.
        time_limit: seconds the kernel may take for a part.
        tokenizer: folder of the tokenizer that counts; "" is that of the shipped model.
        seed: of everything that is chosen at random.
    """

    layout: Layout = "shards"
    views: int = 1
    size: int = 224
    styles: tuple[str, ...] = ("default",)
    points: int = 4096
    sampling: Sampling = "area"
    validation: float = 0.05
    test: float = 0.05
    truncations: int = 5
    per_shard: int = 500
    time_limit: float = 60.0
    tokenizer: str = ""
    seed: int = 0

    def as_dict(self) -> dict[str, Any]:
        return {**dataclasses.asdict(self), "styles": list(self.styles)}

    def check(self) -> None:
        """Raise InputError for a value that nothing could be prepared with."""
        from cadcomplete.meshes.render import VIEWS
        from cadcomplete.meshes.styles import STYLES

        hints = get_type_hints(Settings)
        for name in ("layout", "sampling"):
            _one_of(name, getattr(self, name), get_args(hints[name]))
        for style in self.styles:
            _one_of("styles", style, tuple(STYLES))
        _between("views", self.views, 0, len(VIEWS))
        _between("size", self.size, 16, 4096)
        _between("points", self.points, 0, 1_000_000)
        _between("truncations", self.truncations, 1, 1000)
        _between("per_shard", self.per_shard, 1, 1_000_000)
        _between("validation", self.validation, 0, 1)
        _between("test", self.test, 0, 1 - self.validation)
        _between("seed", self.seed, 0, 2**63)
        _between("time_limit", self.time_limit, 1e-3, 1e6)
        if not self.styles:
            raise InputError("no style", where="styles", expected=", ".join(STYLES))


def named_styles(text: str) -> tuple[str, ...]:
    """Return the styles that a text names, separated by commas; "all" names all."""
    from cadcomplete.meshes.styles import STYLES

    return tuple(STYLES) if text == "all" else tuple(filter(None, map(str.strip, text.split(","))))


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InputError("unknown value", where=name, expected=" or ".join(known), got=value)


def _between(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise InputError("out of range", where=name, expected=f"{low:g} to {high:g}", got=value)
