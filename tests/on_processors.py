"""Several runs, one after the other, in each of the processes that a launcher starts.

For tests/test_distributed.py: importing torch takes longer than these runs. The argument is a
file with the configurations, and for each the part whose points are not numbers, or none; what
follows it is a command line that is run at the end.
Accelerate offers FSDP2 on GPUs alone, so it is told that processors are some; all else is as
`cadcomplete train` does it.
"""

from __future__ import annotations

import dataclasses
import gc
import json
import runpy
import sys
from pathlib import Path

import numpy as np
from accelerate import DistributedType, PartialState

from cadcomplete.config import from_dict
from cadcomplete.data.dataset import Histories
from cadcomplete.training.train import fit, set_up

begin = PartialState.__init__


def begin_as_if_on_gpus(self, *args, **kwargs):
    begin(self, *args, **kwargs)
    if self.distributed_type == DistributedType.MULTI_CPU:
        self.distributed_type = DistributedType.MULTI_GPU


def poisoned(part):
    """Histories in which one part has points that are not numbers."""

    class Poisoned(Histories):
        def __getitem__(self, index):
            sample = super().__getitem__(index)
            if sample.name != part or sample.points is None:
                return sample
            return dataclasses.replace(sample, points=np.full_like(sample.points, np.nan))

    return Poisoned


if __name__ == "__main__":
    kind, jobs = sys.argv[1], json.loads(Path(sys.argv[2]).read_text())
    if kind == "fsdp2":
        PartialState.__init__ = begin_as_if_on_gpus
    gc.freeze()  # or each run looks for garbage in all of torch
    for job in jobs:
        folder = fit(set_up(from_dict(job["config"]), histories=poisoned(job["poisoned"])))
        (folder / "kind.txt").write_text(PartialState().distributed_type.value)
    if sys.argv[3:]:
        sys.argv = ["cadcomplete", *sys.argv[3:]]
        runpy.run_module("cadcomplete", run_name="__main__")
