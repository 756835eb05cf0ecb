import cadquery as cq

base = cq.Workplane(cq.Plane(cq.Vector(-0.5, 0.25, 0.1), cq.Vector(1.0, 0.0, 0.0), cq.Vector(0.0, -1.0, 0.0)))
outline = base.moveTo(0, 0).lineTo(1.6, 0.0).threePointArc((2.2, 0.6), (1.6, 1.2)).lineTo(0, 1.2).lineTo(0, 0).close()
bore = base.moveTo(1.3, 0.6).circle(0.3)
body = base.add(outline).add(bore).extrude(0.8)
solid = body
upright = cq.Workplane(cq.Plane(cq.Vector(-0.5, -0.4, 0.0), cq.Vector(1.0, 0.0, 0.0), cq.Vector(0.0, 0.0, 1.0)))
corner = upright.moveTo(0.2, 0).lineTo(0.7, 0).lineTo(0.7, 0.5).close()
rib = upright.add(corner).extrude(1.7)
solid = solid.union(rib)
turned = cq.Workplane(cq.Plane(cq.Vector(0, 0, 0.45), cq.Vector(0.6, 0.8, 0.0), cq.Vector(0.0, 0.0, 1.0)))
pocket = turned.moveTo(0.2, -0.1).circle(0.12)
solid = solid.cut(turned.add(pocket).extrude(-0.25))
