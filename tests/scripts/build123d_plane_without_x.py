# The kernel chooses the x axis of a plane that has none.
from build123d import *

with BuildPart() as part:
    for n, z in enumerate([(1, 2, 3), (3, 2, 1), (-2, 3, 1), (0, 1, 0), (0.2, 0.1, -1)]):
        with BuildSketch(Plane(origin=(30 * n, 0, 0), z_dir=z)):
            Rectangle(8, 3, align=(Align.MIN, Align.CENTER))
        extrude(amount=2 + n)
