import cadquery as cq

wide, deep, thick = 60, 40, 10


def bossed(width, depth, height, boss=8):
    base = cq.Workplane("XY").box(width, depth, height).tag("base")
    base = base.faces(">Z").workplane().circle(boss).extrude(6)
    return base.faces(">Z").workplane().circle(boss / 2).cutBlind(-9)


r = (
    bossed(wide, deep, thick)
    .faces(">X")
    .workplane()
    .center(4, 0)
    .rect(8, 4)
    .extrude(5)
    .faces("<Y")
    .workplane(offset=-2, invert=True)
    .pushPoints([(-20, 1), (20, 1)])
    .circle(1.5)
    .cutBlind(4)
    .faces(">Z[-2]")
    .workplane()
    .rect(wide - 12, deep - 12, forConstruction=True)
    .vertices()
    .circle(2)
    .cutThruAll()
    .faces(">Z", tag="base")
    .workplane(centerOption="CenterOfBoundBox")
    .center(-20, 0)
    .rect(4, 10)
    .cutBlind(-3)
)
