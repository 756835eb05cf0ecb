# Wires that lie in others are holes, in whatever order they are drawn.
import cadquery as cq

result = (
    cq.Workplane("XY")
    .moveTo(10, 8)
    .circle(3)
    .moveTo(0, 0)
    .lineTo(40, 0)
    .lineTo(40, 20)
    .threePointArc((20, 30), (0, 20))
    .close()
    .pushPoints([(5, 5), (35, 5)])
    .circle(2)
    .moveTo(28, 15)
    .circle(4)
    .moveTo(60, 0)
    .circle(6)
    .circle(2)
    .extrude(6)
)
