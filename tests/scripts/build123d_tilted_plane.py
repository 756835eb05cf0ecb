from build123d import *

plane = Plane(origin=(1.5, -2, 3), x_dir=(1, 1, 0), z_dir=(1, -1, 1))
with BuildPart() as part:
    with BuildSketch(plane):
        with BuildLine():
            l1 = Polyline((0, 0), (12, 0), (12, 5), (3, 9))
            l2 = Line((3, 9), (0, 0))
        make_face()
    extrude(amount=4)
    with BuildSketch(plane.offset(4)):
        with Locations(Location((6, 3))):
            Rectangle(2, 1.5, rotation=30)
    extrude(amount=-2, mode=Mode.SUBTRACT)
    with BuildSketch(Location((30, 2, 3), (10, 20, 30)), Plane.YZ * Location((20, 0, 1), (70, -35, 15))):
        Circle(3, align=(Align.MIN, Align.CENTER))
        with Locations((8, 1)):
            RegularPolygon(2, 3, align=(Align.MAX, Align.MIN))
    extrude(amount=5)
