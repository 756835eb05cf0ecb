# Each of the named planes draws in its own axes.
from build123d import *

with BuildPart() as part:
    Box(4, 4, 4)
    with BuildSketch(Plane.XZ):
        with Locations((10, 3)):
            Rectangle(3, 1)
    extrude(amount=5)
    with BuildSketch(Plane.YZ):
        with Locations((12, 7)):
            Circle(1)
    extrude(amount=6)
    with BuildSketch(Plane.ZX.offset(-20)):
        Rectangle(2, 5, align=(Align.MIN, Align.MIN))
    extrude(amount=2)
    with BuildSketch(Plane.left):
        with Locations((3, -15)):
            Rectangle(1, 2, align=Align.MAX)
    extrude(amount=30)
    with BuildSketch(Plane.back, Plane.bottom):
        with Locations((30, 4)):
            RegularPolygon(3, 5)
    extrude(amount=2.5)
