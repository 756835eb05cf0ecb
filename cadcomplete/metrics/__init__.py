"""What predictions are measured by: `METRICS` is the table, docs/metrics.md explains it.

To add a metric: write a function beside the others of its kind and its `Metric` next to it, enter
that in `METRICS`, and in docs/metrics.md.
"""

from __future__ import annotations

from cadcomplete.metrics.acceptance import RIGHT, SHOWN
from cadcomplete.metrics.calibration import CALIBRATION
from cadcomplete.metrics.clouds import CHAMFER, CHAMFER_DEEPCAD, CHAMFER_VALID
from cadcomplete.metrics.deepcad import COMMAND_ACCURACY, PARAMETER_ACCURACY
from cadcomplete.metrics.generation import COVERAGE, DIVERGENCE, MATCHING, NOVEL, UNIQUE
from cadcomplete.metrics.hits import (
    BOOLEAN_ACCURACY,
    ERRORS,
    EXACT_DIMENSIONS,
    HITS,
    KIND_ACCURACY,
)
from cadcomplete.metrics.metric import Metric
from cadcomplete.metrics.parts import GAIN, INVALIDITY, IOU, IOU_CENTRED
from cadcomplete.metrics.stopping import STOPPING
from cadcomplete.metrics.text2cad import F1
from cadcomplete.metrics.topology import TOPOLOGY

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        *HITS.values(),
        KIND_ACCURACY,
        BOOLEAN_ACCURACY,
        *ERRORS.values(),
        EXACT_DIMENSIONS,
        *STOPPING.values(),
        CALIBRATION,
        RIGHT,
        SHOWN,
        INVALIDITY,
        IOU,
        GAIN,
        IOU_CENTRED,
        CHAMFER,
        CHAMFER_VALID,
        CHAMFER_DEEPCAD,
        COMMAND_ACCURACY,
        PARAMETER_ACCURACY,
        *F1.values(),
        *(metric for metric, _ in TOPOLOGY.values()),
        COVERAGE,
        MATCHING,
        DIVERGENCE,
        NOVEL,
        UNIQUE,
    )
}
