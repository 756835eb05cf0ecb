import cadquery as cq

block = cq.Workplane("XY").box(20, 20, 20)
tool = cq.Workplane("XZ").circle(9).circle(3).extrude(15, both=True)
other = cq.Workplane("YZ").rect(18, 15).extrude(30, both=True)
result = block.intersect(tool)
result = result.intersect(other)
