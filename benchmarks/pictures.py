"""How far pictures alone say what comes next: no model is asked.

At every cut of some parts the ideas that a picture shows are listed in the order of the nats that
it adds, and the first is looked for that is a hit. A picture is the one that was prepared, that of
another part, or drawn here: in another style, from another side, turned, in perspective; or all of
that before a wall with a shadow on it, tilted, blurred, noisy and as a JPEG: as near to a
photograph as it gets without a camera. With `-o` what is known already is not asked again. ::

    .venv/bin/python benchmarks/pictures.py runs/out/data/fusion360 --most 15 --shown right wrong
    .venv/bin/python benchmarks/pictures.py runs/out/data/fusion360 --first --shown right ahead
    .venv/bin/python benchmarks/pictures.py runs/out/data/fusion360 runs/out/data/omnicad \\
        --most 60 --cuts 3 --fit                          # how far pictures are believed
"""

from __future__ import annotations

import argparse
import io
import json
import math
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from cadcomplete.completion import ranking
from cadcomplete.data import modalities
from cadcomplete.data.read import read_samples
from cadcomplete.data.samples import Sample, hash64
from cadcomplete.errors import CadCompleteError
from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import Extrude, Sketch
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.meshes.manifolds import mesh_of, solid
from cadcomplete.meshes.mesh import Mesh
from cadcomplete.meshes.render import VIEWS, Camera, render
from cadcomplete.meshes.styles import STYLES
from cadcomplete.metrics.targets import HIT, MACRO, target
from cadcomplete.pictures.belief import FACTS, FILE, HIDDEN, facts
from cadcomplete.pictures.evidence import Pictures
from cadcomplete.pictures.extruding import extrudes
from cadcomplete.pictures.matching import Sight
from cadcomplete.pictures.paper import blurred
from cadcomplete.pictures.scene import scene
from cadcomplete.pictures.seen import SIZE, look
from cadcomplete.pictures.sides import side, wire
from cadcomplete.pictures.sketching import sketches
from cadcomplete.pictures.views import Shot

_CANONICAL = VIEWS[0]
_OFF = Camera(_CANONICAL.azimuth + 12.0, _CANONICAL.elevation - 8.0)
_FAR = Camera(_CANONICAL.azimuth + 31.0, _CANONICAL.elevation + 17.0)
_CREASE = 0.94  # cosine of 20 degrees: facets of what is round have no line between them
_ROLL, _TILT = 15.0, 4.0  # degrees

CAMERAS: dict[str, tuple[Camera, float]] = {
    "corner": (VIEWS[5], 0.0),
    "off": (_OFF, 0.0),
    "far off": (_FAR, 0.0),
    "near": (_CANONICAL, 0.1),
    "nearer": (_CANONICAL, 0.25),
    "snapshot": (_CANONICAL, 0.1),
    "photograph": (_OFF, 0.1),
}
"""Where a picture is taken from, and by which share the far end of a part is smaller than its near
one; others are canonical."""


def noisy(pixels: Array) -> Array:
    return pixels + np.random.default_rng(0).normal(0, 6, pixels.shape)


def shaded(pixels: Array) -> Array:
    """A picture before a wall that is lighter on one side."""
    size = len(pixels)
    light = 0.72 + 0.28 * np.linspace(0, 1, size)[None, :, None] * np.ones((size, 1, 1))
    return pixels * light


def smeared(pixels: Array) -> Array:
    return np.stack([blurred(pixels[..., i], 1.2) for i in range(3)], axis=2)


def shadowed(pixels: Array) -> Array:
    """A picture with the shadow of the part on a grainy wall, below and to the right of it."""
    part = pixels.min(axis=2) < 250
    by = len(pixels) // 32
    shadow = np.roll(part, (by, by), axis=(0, 1)).astype(np.float64)
    for _ in range(3):
        shadow = blurred(shadow, 2.0)
    grain = np.random.default_rng(1).normal(0, 4, (len(pixels) // 4, len(pixels) // 4))
    grain = np.repeat(np.repeat(grain, 4, axis=0), 4, axis=1)
    wall = 205 * (1 - 0.4 * shadow) + blurred(grain, 1.5)
    return np.where(part[..., None], pixels, wall[..., None])


def tilted(pixels: Array, degrees: float = _TILT) -> Array:
    picture = Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))
    white = (255, 255, 255)
    turned = picture.rotate(degrees, fillcolor=white, resample=Image.Resampling.BICUBIC)
    return np.asarray(turned, dtype=np.float64)


_TAKEN = (shadowed, shaded, smeared, noisy)

SPOILED: dict[str, tuple[Callable[[Array], Array], ...]] = {
    "noise": (noisy,),
    "wall": (shaded,),
    "shadow": (shadowed,),
    "blur": (smeared,),
    "rolled": (partial(tilted, degrees=_ROLL),),
    "snapshot": _TAKEN,
    "photograph": (tilted, *_TAKEN),
}
"""What happens to a picture once it is drawn; noise is 6 of 255 levels, blur 1.2 pixels."""

AHEAD = (Camera(0.0, 0.0), Camera(-90.0, 0.0), Camera(-90.0, 90.0))
"""The cameras that look along x, y and z."""

SHOWN = tuple(dict.fromkeys(("right", "wrong", *STYLES, *CAMERAS, *SPOILED, "jpeg", "ahead")))
"""All kinds; "ahead" is from straight ahead on the first sketch."""


def shown(kind: str, sample: Sample, other: Sample) -> bytes:
    """Return a picture of a kind, as a file."""
    if kind in ("right", "wrong"):
        of = sample if kind == "right" else other
        assert of.place is not None
        return modalities.load(of.place, of.sequence.id, images=(0,), cloud=False).images[0].png
    camera, depth = CAMERAS.get(kind, (_CANONICAL, 0.0))
    first = sample.sequence.operations[0]
    if kind == "ahead" and isinstance(first, Sketch):
        camera = AHEAD[int(np.abs(first.plane.normal).argmax())]
    style = kind if kind in STYLES else "default"
    pixels = drawn(sample.sequence, camera, style, depth=depth).astype(np.float64)
    for spoil in SPOILED.get(kind, ()):
        pixels = spoil(pixels)
    picture = Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))
    file = io.BytesIO()
    lossy = kind in ("jpeg", "snapshot", "photograph")
    picture.save(file, format="JPEG" if lossy else "PNG", **({"quality": 60} if lossy else {}))
    return file.getvalue()


def as_drawn(kind: str, whole: CadSequence) -> Shot:
    """Return the view from which a picture of a kind was drawn."""
    camera, _ = CAMERAS.get(kind, (_CANONICAL, 0.0))
    turn = math.radians({"rolled": _ROLL, "photograph": _TILT}.get(kind, 0.0))
    (c, s), box = (math.cos(turn), math.sin(turn)), mesh_of(solid(whole)).bounding_box
    assert box is not None
    extent = (np.abs(camera.axes[:2]) * (np.array(box.size) / 2)).sum(axis=1).max()
    axes = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]) @ camera.axes
    scale = 0.45 * SIZE / extent
    x, y, _ = axes @ np.array(box.center)
    return Shot(axes, scale, SIZE / 2 - scale * x, SIZE / 2 + scale * y)


def same_view(given: CadSequence, one: Shot, other: Shot, *, off: float) -> bool:
    """Say whether the edges of a part are seen in the same places: nine of ten less than `off`
    pixels from one of the other view. Of a part that looks the same from two sides either is right.
    """
    body, seen = wire(mesh_of(solid(given))), []
    for view in (one, other):
        found = side(body, view.axes)
        if found is None or not len(found.points):
            return False
        seen.append(np.stack(view.pixels(found.points), axis=1))
    apart = np.linalg.norm(seen[0][:, None] - seen[1][None], axis=2)
    return bool((apart.min(axis=0) < off).mean() > 0.9 and (apart.min(axis=1) < off).mean() > 0.9)


def drawn(part: CadSequence, camera: Camera, style: str, *, depth: float) -> np.ndarray:
    """Draw a part; with a `depth`, as from so near that its far end is smaller by that share."""
    body = mesh_of(solid(part))
    creases = wire(body)
    sharp = (creases.normals[:, 0] * creases.normals[:, 1]).sum(axis=1) < _CREASE
    mesh = Mesh(body.vertices, body.triangles, tuple(creases.ends[sharp]))
    if depth:
        box = mesh.bounding_box
        assert box is not None

        def nearer(points: np.ndarray) -> np.ndarray:
            seen = (points - np.array(box.center)) @ camera.axes.T
            far = 1 + depth * (0.5 - seen[:, 2:] / box.diagonal)
            return (seen / np.concatenate([far, far, np.ones_like(far)], axis=1)) @ camera.axes

        lines = tuple(nearer(line) for line in mesh.lines)
        mesh = replace(mesh, vertices=nearer(mesh.vertices), lines=lines)
    return render(mesh, size=224, camera=camera, style=STYLES[style])


@dataclass(frozen=True)
class Found:
    """What was found at a cut: the place of the first hit, whether the view is the one from which
    the picture was drawn (None where nothing is built), and the seconds it took.
    """

    kind: str
    rank: int | None
    view: bool | None
    seconds: float


def answers(sample: Sample, name: str, picture: bytes, *, most: int | None) -> Iterator[Found]:
    """Yield what a picture of a kind, `name`, alone says at some cuts of a part."""
    pictures = Pictures.of((picture,))
    for given in cuts_of(sample)[:most]:
        truth = target(sample.sequence, given)
        kind = type(truth.operation)
        if truth.excluded or kind not in (Extrude, Sketch) or truth.kind not in MACRO:
            continue
        part = truncate(sample.sequence, given)
        started = time.process_time()
        ideas = pictures.ideas(part, kind, most=24)
        taken = time.process_time() - started
        hits = (i for i, idea in enumerate(ideas) if truth.overlap(idea[0]) >= HIT)
        yield Found(truth.kind, next(hits, None), _seen(pictures, part, name, sample), taken)


def _seen(pictures: Pictures, part: CadSequence, name: str, sample: Sample) -> bool | None:
    if not any(operation.builds for operation in part.operations):
        return None
    true = as_drawn(name, sample.sequence)
    off = 3.0 if CAMERAS.get(name, (_CANONICAL, 0.0))[1] == 0 else 8.0
    views = [one.views[0] for one in pictures.scenes_of(part) if one.views]
    return any(same_view(part, view, true, off=off) for view in views)


def firsts(sample: Sample, picture: bytes) -> Iterator[Found]:
    """Yield what a picture alone says of the first sketch, without a size and with those of the
    part's box."""
    truth = target(sample.sequence, 0)
    box = mesh_of(solid(sample.sequence)).bounding_box
    if truth.excluded or truth.kind != "first sketch" or box is None:
        return
    said = tuple(sorted((round(float(side), 3) for side in box.size), reverse=True))
    for kind, sizes in (("no size", ()), ("sizes", said)):
        started = time.process_time()
        pictures = Pictures.of((picture,), sizes=sizes)
        ideas = pictures.ideas(truncate(sample.sequence, 0), Sketch, most=24)
        taken = time.process_time() - started
        hits = (i for i, idea in enumerate(ideas) if truth.overlap(idea[0]) >= HIT)
        yield Found(kind, next(hits, None), None, taken)


def cuts_of(sample: Sample) -> list[int]:
    """The cuts of a part that has anything, in the order in which they are asked about."""
    cuts = range(1, len(sample.sequence))
    return sorted(cuts, key=lambda given: hash64(f"{sample.sequence.id} {given}"))


_SIGNS = (1, 1, -1, 1, -1, 0, 1)
"""Which way each of `FACTS` may speak for a picture: of few pictures a fit may find otherwise."""


def compared(
    parts: list[Sample], *, most: int, kinds: Collection[str]
) -> Iterator[tuple[bool, bool, Array, Array, Array]]:
    """Yield for the right and a wrong picture of each part, at some cuts of it: whether something
    is built, whether it is the right one, the facts of how it fits, the nats of its ideas, and
    which of them are hits.
    """
    for number, sample in enumerate(parts):
        print(f"part {number + 1} of {len(parts)}", flush=True)
        other = parts[(number + 1) % len(parts)]
        for right in (True, False):
            picture = shown("right" if right else "wrong", sample, other)
            sight = Sight(look(picture))
            for given in cuts_of(sample)[:most]:
                truth = target(sample.sequence, given)
                kind = type(truth.operation)
                if truth.excluded or kind not in (Extrude, Sketch) or truth.kind not in kinds:
                    continue
                one = scene(truncate(sample.sequence, given), sight)
                find = extrudes if kind is Extrude else sketches
                ideas = find(one, most=24)
                nats = np.array([idea.nats for idea in ideas])
                hits = [right and truth.overlap(i.operations[0]) >= HIT for i in ideas]
                yield bool(one.views), right, facts(one, nats), nats, np.array(hits, dtype=bool)


def fit(parts: list[Sample], *, most: int, kinds: Collection[str]) -> None:
    """Fit how far pictures are believed at cuts of some kinds, and write it; print what it gives.

    What there are no pictures for keeps its weights, and the temper is for all kinds.

    Of right and wrong pictures there are as many. The temper is the likeliest of some for those
    ideas being right that are: what all ideas of a picture say divides what is probable.
    """
    found = list(compared(parts, most=most, kinds=kinds))
    document = json.loads(FILE.read_text(encoding="utf-8"))
    for name, built in (("part", True), ("nothing", False)):
        own = [row for row in found if row[0] == built]
        if not own:
            continue
        known = np.array([row[2] for row in own])
        rights = np.array([row[1] for row in own])
        one = ranking.fit(known, rights.astype(np.float64), signs=_SIGNS, penalty=1.0)
        weight = np.array(one.weight) / np.array(one.spread)
        bias = one.bias - float(weight @ np.array(one.mean))
        told = {name: round(value, 4) for name, value in zip(FACTS, weight.tolist(), strict=True)}
        document[name] = {**told, "bias": round(bias, 4)}
        sure = 1 / (1 + np.exp(-(known @ weight + bias)))
        print(name, f"{rights.sum()} right, mean {sure[rights].mean():.3f};", end=" ")
        print(f"{(~rights).sum()} wrong, mean {sure[~rights].mean():.3f}", flush=True)
        document["fitted_on"][name] = f"{len(parts)} training parts, {len(own)} pictures at cuts"
    if set(kinds) == set(MACRO):
        rows = [(nats, hits) for *_, nats, hits in found if hits.any()]
        likely = {t: _likelihood(rows, t) for t in np.arange(0.1, 3.05, 0.1).round(2).tolist()}
        document["temper"] = best = max(likely, key=likely.__getitem__)
        print(f"temper {best}: {likely[best]:.3f} nats for each of {len(rows)} hits")
    FILE.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _likelihood(rows: list[tuple[Array, Array]], temper: float) -> float:
    """The mean logarithm of the probability that ideas give to those that are right."""
    logs = []
    for nats, hits in rows:
        share = np.exp(temper * (nats - nats.max()))
        share = (1 - HIDDEN) * share / share.sum() + HIDDEN / len(share)
        logs.append(np.log(share[hits].sum()))
    return float(np.mean(logs))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", nargs="+")
    parser.add_argument("--split", default="train")
    parser.add_argument("--most", type=int, default=15, help="parts")
    parser.add_argument("--cuts", type=int, default=3, help="most of each part")
    parser.add_argument("--kinds", nargs="+", default=MACRO, choices=MACRO, help="of --fit")
    parser.add_argument("--shown", nargs="+", default=["right"], choices=SHOWN)
    parser.add_argument("--first", action="store_true", help="ask about first sketches instead")
    parser.add_argument("-o", "--out", type=Path, help="keep what is found, a line each")
    parser.add_argument("--fit", action="store_true", help="fit how far pictures are believed")
    asked = parser.parse_args()
    found = (s for source in asked.data for s in read_samples(source) if isinstance(s, Sample))
    usable = [s for s in found if s.split == asked.split and s.place and not s.unsupported]
    parts = sorted(usable, key=lambda s: hash64(s.sequence.id))[: asked.most]
    if asked.fit:
        fit(parts, most=asked.cuts, kinds=asked.kinds)
        return
    known: dict[tuple[str, str], list[Found]] = {}
    if asked.out is not None and asked.out.exists():
        for line in map(json.loads, asked.out.read_text(encoding="utf-8").splitlines()):
            known[line["id"], line["shown"]] = [Found(**one) for one in line["found"]]
    for number, sample in enumerate(parts):
        other = parts[(number + 1) % len(parts)]
        for kind in asked.shown:
            key = (sample.sequence.id, kind)
            if key in known:
                continue
            try:
                picture = shown(kind, sample, other)
                one = (
                    firsts(sample, picture)
                    if asked.first
                    else answers(sample, kind, picture, most=asked.cuts)
                )
                known[key] = list(one)
            except CadCompleteError as error:
                print(f"{kind:12} not seen: {error}")
                known[key] = []
            if asked.out is not None:
                with asked.out.open("a", encoding="utf-8") as file:
                    found = [asdict(one) for one in known[key]]
                    file.write(json.dumps({"id": key[0], "shown": kind, "found": found}) + "\n")
    kinds = ("no size", "sizes") if asked.first else MACRO
    for kind in asked.shown:
        told(kind, [one for key, row in known.items() if key[1] == kind for one in row], kinds)


def told(name: str, found: list[Found], kinds: Sequence[str]) -> None:
    """Print the shares of a kind of pictures."""
    rows = {kind: [f.rank for f in found if f.kind == kind] for kind in kinds}
    hits = [np.mean([r is not None and r < 3 for r in row] or [False]) for row in rows.values()]
    some = [np.mean([r is not None for r in row] or [False]) for row in rows.values()]
    shares = ", ".join(
        f"{kind} {hit:.2f} (any {any_:.2f}) of {len(row)}"
        for (kind, row), hit, any_ in zip(rows.items(), hits, some, strict=True)
    )
    views = [f.view for f in found if f.view is not None]
    seconds = np.median([f.seconds for f in found] or [0.0])
    print(
        f"{name:12} view {np.mean(views or [False]):.2f} of {len(views)}; hit@3 {shares}; "
        f"macro {np.mean(hits):.3f}, {seconds:.1f} s",
        flush=True,
    )


if __name__ == "__main__":
    main()
