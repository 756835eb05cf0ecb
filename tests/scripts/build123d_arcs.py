from build123d import *

with BuildPart() as part:
    with BuildSketch() as sketch:
        with BuildLine() as outline:
            CenterArc((0, 0), 10, 90, 180)
            Line((0, -10), (15, -10))
            RadiusArc((15, -10), (15, 10), -12)
            Line((15, 10), (0, 10))
        make_face()
        with BuildLine():
            CenterArc(center=(3, 0), radius=3, start_angle=0, arc_size=-180)
            SagittaArc((0, 0), (6, 0), 1)
        make_face(mode=Mode.SUBTRACT)
        with BuildLine():
            CenterArc((-5, 0), 1.5, 0, 360)
        make_face(mode=Mode.SUBTRACT)
    extrude(amount=4)
