from build123d import BuildPart, BuildSketch, Circle, Mode, Plane, Rectangle, extrude

with BuildSketch(Plane.YZ) as profile:
    Rectangle(14, 8)
    Circle(3, mode=Mode.SUBTRACT)

with BuildPart() as part:
    extrude(profile.sketch, amount=5)
    extrude(profile.sketch, amount=-9)
    with BuildSketch(Plane.YZ):
        Circle(3)
    extrude(amount=2)
result = part.part
