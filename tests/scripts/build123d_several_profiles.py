# Areas that lie apart, an island in a hole, and areas that overlap.
from build123d import *

with BuildPart() as part:
    with BuildSketch():
        Circle(10)
        Circle(8, mode=Mode.SUBTRACT)
        Circle(5)
        with Locations((25, 0)):
            Rectangle(10, 6)
            with Locations((3, 3)):
                Rectangle(8, 8)
        with Locations((0, 30), (0, 36)):
            Circle(4)
    extrude(amount=2)
    with BuildSketch(Plane.XY.offset(2)):
        with Locations((0, 33)):
            Rectangle(3, 20)
            Rectangle(1, 18, mode=Mode.SUBTRACT)
        with Locations((25, 0)):
            Rectangle(12, 12)
            Rectangle(4, 4, mode=Mode.INTERSECT)
    extrude(amount=1)
