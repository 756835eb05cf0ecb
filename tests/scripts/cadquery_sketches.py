import cadquery as cq
u=cq.Workplane('XY',origin=(0,0,-6))
v=cq.Workplane('ZX',origin=(0,14,0))
r=u.sketch().push([(-20,4)]).circle(12).circle(9,mode='s').reset().face(u.sketch().segment((-24,2),(-21,2)).segment((-20,4)).arc((-22,6),(-24,4)).close().assemble(),mode='a').finalize().extrude(17).union(u.sketch().push([(-9,27)]).circle(3).push([(33,-12)]).rect(6,9,angle=25).circle(1.5,mode='s').finalize().extrude(21)).union(v.workplane(offset=-45/2).moveTo(-15,2).box(22,31,45)).union(v.workplane(offset=5).moveTo(4,-28).cylinder(10,4))
