from build123d import *

base = Rectangle(30, 20) - Circle(4) - [Pos(x, 6) * Circle(1.5) for x in (-11, 11)]
part = extrude(base, 5)
rib = Plane.XZ * Pos(0, 5) * Rectangle(4, 3, align=(Align.CENTER, Align.MIN))
part += extrude(rib, amount=2, both=True)
part -= Pos(10, -5, 0) * extrude(Polygon((0, 0), (3, 0), (3, 2), (0, 4)), 10)
part -= Location((0, 0, 5), (0, 90, 0)) * extrude(Circle(1), 40, both=True)
sketch = RegularPolygon(6, 6, rotation=10) & Pos(0.5, 0) * Circle(3)
part += Rot(0, 0, 30) * Pos(20, 0, 0) * extrude(sketch, -3)
curves = Line((0, 0), (4, 0)) + ThreePointArc((4, 0), (2, 3), (0, 0))
part += extrude(Pos(-25, 0) * make_face(curves), 2)
