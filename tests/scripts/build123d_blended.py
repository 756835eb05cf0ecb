from build123d import *

with BuildPart() as part:
    with BuildSketch() as outline:
        Rectangle(50, 40)
        with Locations((25, 0)):
            Circle(8, mode=Mode.SUBTRACT)
        with Locations((-25, 20)):
            Rectangle(16, 10, mode=Mode.SUBTRACT)
        chamfer(outline.vertices().group_by(Axis.Y)[0], 3)
    extrude(amount=12)
    fillet(part.edges().filter_by(Axis.Z).group_by(Axis.X)[0], 2)
    with Locations((5, 0, 12)):
        CounterBoreHole(2, 4, 3)
    with Locations((-10, -8, 12), (-10, 4, 12)):
        CounterSinkHole(1.5, 3, counter_sink_angle=90)
    chamfer(part.edges().group_by(Axis.Z)[0].filter_by(GeomType.CIRCLE), 0.4)
    mirror(about=Plane.XY)
