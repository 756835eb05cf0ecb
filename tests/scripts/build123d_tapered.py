from build123d import *

with BuildPart() as part:
    with BuildSketch():
        Rectangle(60, 40)
        Circle(6, mode=Mode.SUBTRACT)
        with Locations((20, 0)):
            Rectangle(5, 5, mode=Mode.SUBTRACT)
    extrude(amount=8, taper=7)
    with BuildSketch(Plane.XY.offset(-10)):
        with Locations((-20, 0)):
            SlotOverall(14, 6)
    extrude(amount=10, taper=-4)
