# Parts that are drawn at the origin, scaled by a factor, and then turned and moved.
import cadquery as cq

sketch_scale = 0.75
part_1 = (
    cq.Workplane("XY")
    .moveTo(0, 0)
    .lineTo(12 * sketch_scale, 0)
    .lineTo(12 * sketch_scale, 6 * sketch_scale)
    .threePointArc((6 * sketch_scale, 9 * sketch_scale), (0, 6 * sketch_scale))
    .close()
    .extrude(4 * sketch_scale)
)
part_1 = part_1.rotate((0, 0, 0), (0, 0, 1), -90)
part_1 = part_1.translate((0, 12.5, 0))
part_2 = cq.Workplane("XY").rect(3, 2).circle(0.5).extrude(2)
part_2 = part_2.rotate((1, 2, 3), (2, 0, 5), 33).translate(cq.Vector(2, 6, 1))
hole = cq.Workplane("XY").circle(1).extrude(50, both=True).rotate((0, 0, 0), (1, 0, 0), 90)
assembly = part_1.union(part_2).cut(hole.translate((3, 0, 1)))
result = assembly
