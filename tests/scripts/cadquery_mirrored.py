import cadquery as cq

outline = cq.Sketch().rect(24, 16).push([(12, 0)]).circle(4, mode="s").reset()
outline = outline.push([(-12, 8)]).rect(6, 6, mode="s").reset().vertices("<Y").fillet(3)
half = (
    cq.Workplane("XY", origin=(20, 3, 0))
    .placeSketch(outline)
    .extrude(6)
    .faces(">Z")
    .workplane(origin=(18, 3, 0))
    .cboreHole(2, 5, 1.5)
)
part = half.union(half.mirror("YZ"))
part = part.mirror("XZ", (0, -8, 0), union=True).faces(">Z").edges("%CIRCLE").chamfer(0.2)
