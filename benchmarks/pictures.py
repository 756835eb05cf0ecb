"""How far pictures alone say what comes next: no model is asked.

At every cut of some parts the ideas that a picture shows are listed in the order of the nats that
it adds, and the first is looked for that is a hit. A picture is the one that was prepared, that of
another part, or drawn here: in another style, from another side, turned, in perspective. ::

    .venv/bin/python benchmarks/pictures.py runs/out/data/fusion360 --most 15 --shown right wrong
    .venv/bin/python benchmarks/pictures.py runs/out/data/fusion360 runs/out/data/omnicad \\
        --most 60 --cuts 3 --fit                          # how far pictures are believed
"""

from __future__ import annotations

import argparse
import io
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from PIL import Image

from cadcomplete.completion import ranking
from cadcomplete.data import modalities
from cadcomplete.data.read import read_samples
from cadcomplete.data.samples import Sample, hash64
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
from cadcomplete.pictures.scene import scene
from cadcomplete.pictures.seen import look
from cadcomplete.pictures.sides import wire
from cadcomplete.pictures.sketching import sketches

_OFF = (12.0, -8.0)
"""Degrees by which a camera is off the canonical one, about z and in its height."""


def shown(kind: str, sample: Sample, other: Sample) -> bytes:
    """Return a picture of a kind, as a file."""
    if kind in ("right", "wrong"):
        of = sample if kind == "right" else other
        assert of.place is not None
        return modalities.load(of.place, of.sequence.id, images=(0,), cloud=False).images[0].png
    part, camera, style = sample.sequence, VIEWS[0], "default"
    if kind in STYLES:
        style = kind
    elif kind == "corner":
        camera = VIEWS[5]
    elif kind == "off":
        camera = Camera(camera.azimuth + _OFF[0], camera.elevation + _OFF[1])
    pixels = drawn(part, camera, style, depth=0.25 if kind == "perspective" else 0.0)
    file = io.BytesIO()
    picture = Image.fromarray(pixels)
    if kind == "rolled":
        picture = picture.rotate(15, fillcolor=(255, 255, 255), resample=Image.Resampling.BICUBIC)
    picture.save(file, format="PNG")
    return file.getvalue()


def drawn(part: CadSequence, camera: Camera, style: str, *, depth: float) -> np.ndarray:
    """Draw a part; with a `depth`, as from so near that its far end is smaller by that share."""
    body = mesh_of(solid(part))
    mesh = Mesh(body.vertices, body.triangles, tuple(wire(body).ends))
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


def ranks(sample: Sample, picture: bytes) -> Iterator[tuple[str, int | None, float]]:
    """Yield for each cut its kind, the place of the first hit, and the seconds it took."""
    pictures = Pictures.of((picture,))
    for given in range(1, len(sample.sequence)):
        truth = target(sample.sequence, given)
        kind = type(truth.operation)
        if truth.excluded or kind not in (Extrude, Sketch) or truth.kind not in MACRO:
            continue
        started = time.process_time()
        ideas = pictures.ideas(truncate(sample.sequence, given), kind, most=24)
        taken = time.process_time() - started
        hits = (i for i, idea in enumerate(ideas) if truth.overlap(idea[0]) >= HIT)
        yield truth.kind, next(hits, None), taken


def compared(parts: list[Sample], *, most: int) -> Iterator[tuple[bool, Array, Array, Array]]:
    """Yield for the right and a wrong picture of each part, at some cuts of it: whether it is the
    right one, the facts of how it fits, the nats of its ideas, and which of them are hits.
    """
    for number, sample in enumerate(parts):
        other = parts[(number + 1) % len(parts)]
        cuts = sorted(
            range(1, len(sample.sequence)), key=lambda k: hash64(f"{sample.sequence.id} {k}")
        )
        for right in (True, False):
            picture = shown("right" if right else "wrong", sample, other)
            sight = Sight(look(picture))
            for given in cuts[:most]:
                truth = target(sample.sequence, given)
                kind = type(truth.operation)
                if truth.excluded or kind not in (Extrude, Sketch) or truth.kind not in MACRO:
                    continue
                one = scene(truncate(sample.sequence, given), sight)
                find = extrudes if kind is Extrude else sketches
                ideas = find(one, most=24)
                nats = np.array([idea.nats for idea in ideas])
                hits = [right and truth.overlap(i.operations[0]) >= HIT for i in ideas]
                yield right, facts(one, nats), nats, np.array(hits, dtype=bool)


def fit(parts: list[Sample], *, most: int) -> None:
    """Fit how far pictures are believed, and write it; print what it gives.

    Of right and wrong pictures there are as many. The temper is the likeliest of some for those
    ideas being right that are: what all ideas of a picture say divides what is probable.
    """
    found = list(compared(parts, most=most))
    weights = {}
    for name, built in (("part", True), ("nothing", False)):
        own = [row for row in found if np.isnan(row[1]).any() != built]
        known = np.array([facts_ if built else facts_[-1:] for _, facts_, _, _ in own])
        rights = np.array([right for right, *_ in own])
        one = ranking.fit(known, rights.astype(np.float64), penalty=1.0)
        weight = np.array(one.weight) / np.array(one.spread)
        bias = one.bias - float(weight @ np.array(one.mean))
        names = FACTS if built else FACTS[-1:]
        told = {name: round(value, 4) for name, value in zip(names, weight.tolist(), strict=True)}
        weights[name] = {**told, "bias": round(bias, 4)}
        sure = 1 / (1 + np.exp(-(known @ weight + bias)))
        print(name, f"{rights.sum()} right, mean {sure[rights].mean():.3f};", end=" ")
        print(f"{(~rights).sum()} wrong, mean {sure[~rights].mean():.3f}", flush=True)
    rows = [(nats, hits) for *_, nats, hits in found if hits.any()]
    likely = {temper: _likelihood(rows, temper) for temper in np.arange(0.05, 1.55, 0.05).round(2)}
    temper = float(max(likely, key=likely.__getitem__))
    print(
        f"temper {temper}: {likely[temper]:.3f} nats for each of {len(rows)} hits",
        f"at 0.8 {likely[0.8]:.3f}",
        sep="; ",
    )
    kept = f"{len(parts)} training parts, {len(found)} pictures at cuts"
    document = {"fitted_on": kept, "temper": temper, **weights}
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
    parser.add_argument("--cuts", type=int, default=3, help="most of each part, of --fit")
    parser.add_argument("--shown", nargs="+", default=["right"])
    parser.add_argument("--fit", action="store_true", help="fit how far pictures are believed")
    asked = parser.parse_args()
    found = (s for source in asked.data for s in read_samples(source) if isinstance(s, Sample))
    usable = [s for s in found if s.split == asked.split and s.place and not s.unsupported]
    parts = sorted(usable, key=lambda s: hash64(s.sequence.id))[: asked.most]
    if asked.fit:
        fit(parts, most=asked.cuts)
        return
    for kind in asked.shown:
        places: dict[str, list[int | None]] = defaultdict(list)
        seconds: list[float] = []
        for number, sample in enumerate(parts):
            picture = shown(kind, sample, parts[(number + 1) % len(parts)])
            for name, rank, taken in ranks(sample, picture):
                places[name].append(rank)
                seconds.append(taken)
        means = []
        for name in MACRO:
            hits = [rank is not None and rank < 3 for rank in places[name]]
            means.append(float(np.mean(hits)) if hits else 0.0)
            print(f"{kind:12} {name:14} {len(hits):4} hit@3 {means[-1]:.3f}")
        print(f"{kind:12} macro {np.mean(means):.3f}, {np.median(seconds):.1f} s", flush=True)


if __name__ == "__main__":
    main()
