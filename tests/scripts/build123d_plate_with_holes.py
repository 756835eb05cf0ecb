# Arcs and lines to a face, a subtracted circle, a pattern of holes cut out afterwards.
from build123d import *

with BuildPart() as part:
    with BuildSketch(Plane.XY):
        with BuildLine():
            Line((0, 0), (40, 0))
            Line((40, 0), (40, 20))
            ThreePointArc((40, 20), (20, 30), (0, 20))
            Line((0, 20), (0, 0))
        make_face()
        with Locations((20, 12)):
            Circle(5, mode=Mode.SUBTRACT)
    extrude(amount=8)
    with BuildSketch(Plane.XY.offset(8)):
        with Locations((6, 6), (34, 6)):
            Circle(radius=2)
    extrude(amount=-5, mode=Mode.SUBTRACT)
