import cadquery as cq

part = cq.Workplane("XZ").polygon(6, 20).extrude(5, both=True)
part = part.cut(cq.Workplane("XZ", origin=(0, 5, 0)).polygon(5, 8, circumscribed=True).extrude(4))
part = part.cut(cq.Workplane("XY").circle(2).extrude(-30, both=True))
part = part.union(cq.Workplane("XZ").moveTo(0, 15).rect(6, 14).extrude(-2))
