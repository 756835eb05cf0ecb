# Builders and places inside each other.
from build123d import *

with BuildPart(Plane((5, 0, 0), x_dir=(0, 1, 0), z_dir=(0, 0, 1))) as part:
    with BuildSketch():
        Rectangle(20, 10)
    extrude(amount=2)
    with Locations((-6, 0, 2), (6, 0, 2)):
        with BuildSketch(Plane.XZ):
            Rectangle(3, 4, align=(Align.CENTER, Align.MIN))
    extrude(amount=1.5)
    with Locations((0, 3, 2)):
        Cylinder(1, 3, align=(Align.CENTER, Align.CENTER, Align.MIN))
        Cylinder(0.5, 9, mode=Mode.SUBTRACT)
    with BuildPart(Location((0, -3, 2), (0, 0, 45)), mode=Mode.ADD):
        Box(2, 2, 5)
