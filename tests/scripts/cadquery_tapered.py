import cadquery as cq

r = (
    cq.Workplane("XY")
    .box(60, 40, 10)
    .faces(">Z")
    .workplane()
    .rect(30, 20)
    .cutBlind(-5, taper=10)
    .moveTo(22, 0)
    .slot2D(14, 6, 90)
    .extrude(-8, taper=-6)
    .moveTo(-22, 0)
    .circle(4)
    .extrude(6, taper=3, both=True)
)
