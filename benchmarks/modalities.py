"""What a trained model gains from what it is shown: its loss on held-out parts, by condition.

The control shows the points of another part: a model that looks is worse off with it than with
nothing.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path

import torch

from cadcomplete.config import StageConfig
from cadcomplete.data.collate import collate
from cadcomplete.data.dataset import Histories
from cadcomplete.data.labels import Labelled
from cadcomplete.data.read import read_samples
from cadcomplete.data.samples import Sample
from cadcomplete.language.tokenizer import IGNORED
from cadcomplete.model import checkpoint
from cadcomplete.model.checkpoint import Checkpoint

CONDITIONS = {
    "nothing": StageConfig(1, 0.0, 0.0, 0.0),
    "caption": StageConfig(1, 1.0, 0.0, 0.0),
    "picture": StageConfig(1, 0.0, 1.0, 0.0),
    "points": StageConfig(1, 0.0, 0.0, 1.0),
    "all": StageConfig(1, 1.0, 1.0, 1.0),
}


def labelled(
    model: Checkpoint,
    samples: list[Sample],
    stage: StageConfig,
    *,
    histories: type[Histories] = Histories,
) -> list[Labelled]:
    """Return the samples of held-out parts under one condition."""
    found = histories(samples, model.tokenizer, model.config, model.model.features, stages=[stage])
    return [found[i] for i in range(len(found.samples))]


@torch.inference_mode()
def losses(model: Checkpoint, samples: Sequence[Labelled], batch: int) -> list[torch.Tensor]:
    """Return for each sample the losses of its target tokens, in nats."""
    order = sorted(range(len(samples)), key=lambda i: len(samples[i].ids))
    found: dict[int, torch.Tensor] = {}
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        rows = collate([[samples[i]] for i in chosen], padding=model.tokenizer.end)
        del rows["names"]
        counts = [int((samples[i].labels[1:] != IGNORED).sum()) for i in chosen]
        found |= zip(chosen, model.model(**rows)["losses"].double().split(counts), strict=True)
    return [found[i] for i in range(len(samples))]


def loss(model: Checkpoint, samples: list[Labelled], batch: int) -> tuple[float, int]:
    """Return the mean loss in nats per target token, and how many tokens there are."""
    every = torch.cat(losses(model, samples, batch))
    return float(every.mean()), len(every)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, help="prepared data sets")
    parser.add_argument("--model", type=Path, help="a trained folder; the shipped one without it")
    parser.add_argument("--most", type=int, default=400, help="parts")
    parser.add_argument("--batch", type=int, default=16)
    args = parser.parse_args()
    model = checkpoint.load(args.model)
    share = model.config.data.validation
    found = [item for folder in args.folders for item in read_samples(folder)]
    parts = [s for s in found if isinstance(s, Sample) and s.held_out(share)][: args.most]
    shown = {name: labelled(model, parts, stage) for name, stage in CONDITIONS.items()}
    names = set.intersection(*({s.name for s in some} for some in shown.values()))
    shown = {name: [s for s in some if s.name in names] for name, some in shown.items()}
    pointed = shown["points"]
    shown["points of another part"] = [
        dataclasses.replace(sample, points=other.points)
        for sample, other in zip(pointed, pointed[1:] + pointed[:1], strict=True)
    ]
    print(f"{model.name}: {len(names)} of {len(parts)} held-out parts")
    for name, samples in shown.items():
        value, count = loss(model, samples, args.batch)
        print(f"{name:24s} {value:.4f} nats per token of {count}")


if __name__ == "__main__":
    main()
