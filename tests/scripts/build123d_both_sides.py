from build123d import *

with BuildPart() as part:
    with BuildSketch(Plane.XZ):
        Circle(10)
        Circle(6, mode=Mode.SUBTRACT)
    extrude(amount=7, both=True)
    with BuildSketch():
        Rectangle(30, 3)
    extrude(amount=1.5, both=True, mode=Mode.SUBTRACT)
