import math
from build123d import *

count, radius = 6, 12.0
hole = radius / 8 + 0.25
with BuildPart() as part:
    with BuildSketch():
        Circle(radius * math.sqrt(2))
        with PolarLocations(radius, count, start_angle=15):
            Rectangle(2 * hole, hole, mode=Mode.SUBTRACT)
        with GridLocations(5, 4, 2, 3):
            Circle(1, mode=Mode.SUBTRACT)
        with PolarLocations(7, 3, 0, 90, rotate=False, endpoint=True):
            RegularPolygon(0.8, 4, major_radius=False, rotation=20, mode=Mode.SUBTRACT)
    extrude(amount=3)
    with BuildSketch(Plane.XY.offset(3)):
        with GridLocations(5, 5, 3, 2, align=(Align.MIN, Align.MAX)):
            with Locations((0.5, 0), (-1, 1)):
                Rectangle(0.4, 0.7)
    extrude(amount=2)
