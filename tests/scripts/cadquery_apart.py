# Bodies that do not touch, and boxes at several places.
import cadquery as cq

result = cq.Workplane().pushPoints([(0, 0), (20, 0), (20, 15, 3)]).box(4, 5, 6, centered=(True, False, False))
result = result.union(cq.Workplane("XY", origin=(0, 0, 30)).pushPoints([(0, 0), (10, 0), (5, 0)]).circle(2).extrude(1))
result = result - cq.Workplane().moveTo(20, 2).cylinder(50, 1)
