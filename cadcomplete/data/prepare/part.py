"""One part, from its file to everything that is learned from: a job for `kernel.contain`."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cadcomplete.data.prepare.inputs import InputFile
from cadcomplete.data.prepare.settings import Settings
from cadcomplete.errors import CadCompleteError, InputError

if TYPE_CHECKING:
    from cadcomplete.kernel.report import Remark
    from cadcomplete.language.tokenizer import TextTokenizer
    from cadcomplete.meshes.mesh import Mesh
    from cadcomplete.readers import Document


@dataclass(frozen=True, slots=True)
class Prepared:
    """A part that is ready.

    Attributes:
        row: a row of the shard, but for its split (`shards.schema`).
        keys: under which it meets its duplicates: the text's, and two of the solid's.
        remarks: what is valid in it but makes no sense.
    """

    row: dict[str, Any]
    keys: tuple[str, str, str]
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A part that is left out: at which stage, and why."""

    stage: str
    reason: str


def prepare_part(item: InputFile, settings: Settings) -> Prepared | Refused:
    """Read, validate, build, check, measure, draw, sample and describe one part."""
    from cadcomplete import readers
    from cadcomplete.history.sequence import validate
    from cadcomplete.kernel.examine import examine

    try:
        whole = readers.read(item.path)
    except InputError as error:
        error.file = ""  # the report names it
        return Refused("read", str(error))
    if whole.sequence.rest and not len(whole.sequence):
        return Refused("read", whole.sequence.notice)
    document = whole.known
    for finding in validate(document.sequence):
        if finding.severity == "error":
            return Refused("validate", f"at {finding.path}: {finding.problem}")
    built = examine(document.sequence)
    if built.solid is None or built.report.problems:
        stage = "check" if built.report.operation is None else "build"
        return Refused(stage, built.report.problems[0])
    try:
        return _prepared(item, settings, document, built, whole.sequence.unsupported)
    except (CadCompleteError, MemoryError) as error:
        return Refused("describe", str(error) or type(error).__name__)


def _prepared(
    item: InputFile,
    settings: Settings,
    document: Document,
    built: Any,
    unsupported: tuple[str, ...],
) -> Prepared:
    from cadcomplete.data.describe import describe_part
    from cadcomplete.data.samples import design_of, hash64
    from cadcomplete.kernel.fingerprint import fingerprint
    from cadcomplete.kernel.tessellate import tessellate
    from cadcomplete.language.lines import encode
    from cadcomplete.readers import from_sequence
    from cadcomplete.readers.content import ending_of, split_body

    sequence, solid, measures = document.sequence, built.solid, built.report.measures
    text, exact = encode(sequence), encode(sequence, text_format="json")
    description = describe_part(sequence, solid)
    mesh = tessellate(solid) if settings.views or settings.points else None
    tokenizer = _tokenizer(settings.tokenizer)
    path, body = split_body(Path(item.path))
    row = {
        "id": item.id,
        "design": design_of(item.id),
        "source": item.id.removesuffix(f"#{body}") if body else f"{item.id}{ending_of(path)}",
        "format": document.origin,
        "licence": _licence(document),
        "text": text.text,
        "json": from_sequence(sequence).dump(),
        "caption": item.caption or document.caption or None,
        "description": description.short,
        "description_long": description.long,
        "operations": len(sequence),
        "curves": sequence.curves,
        "tokens_lines": len(tokenizer.encode(text).ids),
        "tokens_json": len(tokenizer.encode(exact).ids),
        "volume": measures.volume,
        "area": measures.area,
        "box_min": list(measures.bounding_box.minimum),
        "box_max": list(measures.bounding_box.maximum),
        "bodies": measures.bodies,
        "unsupported": list(unsupported),
        "images": _images(mesh, item.id, settings) if mesh is not None else [],
        **_cloud(mesh, item.id, settings),
    }
    digest = f"{hash64(text.text):016x}"
    return Prepared(row, (digest, *fingerprint(solid, measures)), built.report.remarks)


def _licence(document: Document) -> str | None:
    """The licence that a file says it is under, or None."""
    said = document.raw.get("licence")
    return said if isinstance(said, str) else None


@cache
def _tokenizer(folder: str) -> TextTokenizer:
    from cadcomplete.language.tokenizer import TextTokenizer, shipped

    return TextTokenizer.load(folder or shipped())


def _images(mesh: Mesh, id: str, settings: Settings) -> list[dict[str, Any]]:
    """Pictures framed on the part itself, so that those of a prefix show nothing of the rest."""
    from cadcomplete.meshes.render import VIEWS, render
    from cadcomplete.meshes.styles import STYLES

    random = np.random.default_rng([settings.seed, 1, *id.encode()])
    images = []
    for number, camera in enumerate(VIEWS[: settings.views]):
        style = settings.styles[int(random.integers(len(settings.styles)))]
        picture = render(mesh, size=settings.size, camera=camera, style=STYLES[style])
        images.append({"view": number, "style": style, "png": png(picture)})
    return images


def png(picture: np.ndarray) -> bytes:
    """Return a picture of (height, width, 3) bytes as PNG."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(picture).save(file, format="PNG", compress_level=6)
    return file.getvalue()


def _cloud(mesh: Mesh | None, id: str, settings: Settings) -> dict[str, Any]:
    if mesh is None or not settings.points:
        return {"points": None, "normals": None, "center": None, "scale": None}
    from cadcomplete.clouds.cloud import sample_cloud
    from cadcomplete.data.samples import hash64

    seed = hash64(f"{settings.seed} {id}")
    cloud = sample_cloud(mesh, settings.points, method=settings.sampling, seed=seed)
    return {
        "points": cloud.points.astype(np.float32).reshape(-1),
        "normals": cloud.normals.astype(np.float16).reshape(-1),
        "center": np.asarray(cloud.center, dtype=np.float64),
        "scale": float(cloud.scale),
    }
