from build123d import *

with BuildPart() as part:
    with BuildSketch(Plane.XZ):
        Rectangle(40, 30)
        with Locations((10, 5)):
            Circle(3, mode=Mode.SUBTRACT)
    extrude(amount=6)
    with BuildSketch(part.faces().sort_by(Axis.Y)[0]):
        with Locations((3, 7)):
            Rectangle(4, 2)
    extrude(amount=5)
    with BuildSketch(faces().sort_by(Axis.Z)[-1]):
        Rectangle(4, 2)
    extrude(amount=2)
    with BuildSketch((part.faces() > Axis.X)[-1]):
        with GridLocations(3, 10, 1, 2):
            Circle(1)
    extrude(amount=-4, mode=Mode.SUBTRACT)
    with BuildSketch(*part.faces().group_by(Axis.Z)[0]):
        SlotOverall(20, 3)
    extrude(amount=-2, mode=Mode.SUBTRACT)
