#!/usr/bin/env python
"""Names, arithmetic, lists and loops over them."""

from math import cos, pi, radians, sin
import build123d as bd

WIDTH, (HEIGHT, DEPTH) = 24, (2**4, 12 // 5 + 0.5)
corners = [(-WIDTH / 2, 0), (WIDTH / 2, 0.0), (WIDTH / 2, -(-HEIGHT))]
corners += [(-WIDTH / 2, HEIGHT)]
tip: float = 3 * sin(radians(30)) + cos(pi) + 7 % 4

with bd.BuildPart() as block:
    with bd.BuildSketch(bd.Plane(bd.Vector(0, 0, tip))) as s:
        with bd.BuildLine() as outline, bd.Locations((1, 0)):
            bd.Polyline(*corners, close=True)
        bd.make_face()
        bd.Polygon([(-2, 4), (2, 4), (0, 9)], mode=bd.Mode.SUBTRACT)
    bd.extrude(amount=DEPTH * 2)
    for i in range(1, 4):
        with bd.BuildSketch(bd.Plane.XY.offset(2 * DEPTH)):
            with bd.Locations(bd.Vector(-10 + 5 * i, 12)):
                bd.Circle(0.5 * i)
        bd.extrude(amount=i)

if __name__ == "__main__":
    print(f"{block.part.volume:.3f}")
    block.part.label = "block"
    bd.export_step(block.part, "block.step")
