import math
import cadquery as cq

angle = math.degrees(math.atan2(1, 2))
base = cq.Workplane("XY").transformed(rotate=(30, 0, angle), offset=(1, 2, 3)).rect(10, 6).extrude(2)
up = cq.Workplane("XY").workplane(offset=10, invert=True).moveTo(2, 1).rect(3, 1, centered=False).extrude(4)
side = cq.Workplane("right").transformed(offset=cq.Vector(0, 0, 12)).circle(2.5).extrude(-1.0)
turned = cq.Workplane("ZX").transformed(rotate=(10, 20, 30), offset=(30, 2, 3)).rect(8, 3).extrude(1)
result = base + up + side + turned
