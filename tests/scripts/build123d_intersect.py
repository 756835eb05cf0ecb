from build123d import *

with BuildPart() as part:
    with BuildSketch():
        Rectangle(20, 20)
    extrude(amount=12)
    with BuildSketch(Plane.XZ):
        with GridLocations(8, 0, 2, 1):
            with Locations((0, 6)):
                Circle(5)
    extrude(amount=30, both=True, mode=Mode.INTERSECT)
