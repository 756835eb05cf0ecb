from build123d import *

with BuildPart() as part:
    with BuildSketch():
        with BuildLine():
            FilletPolyline((0, 0), (60, 0), (60, 40), (0, 40), radius=6, close=True)
        make_face()
        with Locations((30, 20)):
            Trapezoid(20, 10, 70, 110, mode=Mode.SUBTRACT)
        offset(amount=1)
        SlotCenterPoint((10, 20), (10, 28), 5, mode=Mode.SUBTRACT)
    extrude(amount=5)
    with BuildSketch(Plane.XY.offset(5).rotated((0, 0, 90))):
        with BuildLine():
            first = Line((4, -20), (14, -20))
            turn = JernArc(first @ 1, first % 1, 4, 180)
            back = PolarLine(turn @ 1, 10, direction=turn % 1)
            Line(back @ 1, first @ 0)
        make_face()
    extrude(amount=3)
    with Locations((52, 34, 5)):
        Cone(5, 2, 6, align=(Align.CENTER, Align.CENTER, Align.MIN))
    with Locations((52, 8, 5)):
        Sphere(4)
    with BuildSketch(Plane(origin=part.faces().sort_by(Axis.X)[-1].center(), z_dir=(1, 0, 0))):
        offset(Rectangle(4, 1, mode=Mode.PRIVATE), 0.5, kind=Kind.INTERSECTION, mode=Mode.ADD)
    extrude(amount=2)
