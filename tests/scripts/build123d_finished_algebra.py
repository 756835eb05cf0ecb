from build123d import *

half = Part() + Pos(20, 3, 0) * Box(20, 12, 10)
half = fillet(half.edges().filter_by(Axis.Y), 2)
half -= Pos(22, 3, 0) * Cylinder(2, 10)
both = half + mirror(half, about=Plane.YZ)
side = Plane(both.faces().sort_by(Axis.X)[-1], x_dir=(0, 1, 0))
both += extrude(side * Pos(1, 0.5) * Rectangle(4, 2), 3)
rib = Box(4, 30, 2)
with Locations((0, 0, 30)):
    pin = Cylinder(1, 9)
with BuildPart() as part:
    insert(both)
    with Locations((-10, 0, 6)):
        insert(rib)
    with Locations((0, 8, 0)):
        key = Box(3, 3, 9, mode=Mode.PRIVATE)
    insert([key, pin])
    with BuildSketch(Plane.XY.offset(40)):
        insert(fillet(Rectangle(9, 5).vertices(), 1))
    extrude(amount=4)
