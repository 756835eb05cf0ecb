"""What workers of the CAD kernel need, imported in the server that they are forked from.

Their server imports this module once (tests/conftest.py); users' workers import it when they do.
"""

import numpy as np
import trimesh  # noqa: F401

from cadcomplete import exporters, readers  # noqa: F401
from cadcomplete.clouds.cloud import farthest
from cadcomplete.clouds.read import read_scan  # noqa: F401
from cadcomplete.data.prepare import part  # noqa: F401
from cadcomplete.kernel import fingerprint, step, tessellate  # noqa: F401
from cadcomplete.kernel.features import find  # noqa: F401
from cadcomplete.meshes.raster import rasterize

farthest(np.zeros((2, 3)), 1)  # compiled code is loaded at the first call
rasterize(np.zeros((1, 3, 3)), 1)
