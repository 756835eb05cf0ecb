from math import pi, cos, sin
import cadquery as cq
from cadquery import exporters

n = 7
radius, thickness = 2.5 * 2, 2
points = [(radius * cos(2 * pi * i / n), radius * sin(2 * pi * i / n)) for i in range(n)]
result = cq.Workplane("XY").circle(radius + 2).extrude(thickness)
for i, (x, y) in enumerate(points):
    result = result.cut(cq.Workplane("XY").moveTo(x, y).circle(0.5 + 0.05 * i).extrude(thickness / 2))
first = points[0]
result = result.union(cq.Workplane("XY", origin=(*first, thickness)).rect(1, 1).extrude(1))

show_object(result, name="plate")
exporters.export(result, "plate.step")
