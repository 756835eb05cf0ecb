import cadquery

result = cadquery.Workplane("XY").box(1, 1, 1)
for i, name in enumerate(["XY", "YZ", "ZX", "XZ", "YX", "ZY", "front", "back", "left", "right", "top", "bottom"]):
    tool = cadquery.Workplane(name, origin=(20 * i, 3, 1)).moveTo(1, 2).rect(3, 5, centered=(False, True)).extrude(2 + i)
    result = result.union(tool)
result = result.union(cadquery.Workplane(cadquery.Plane((0, 40, 0), normal=(1, 2, -1))).rect(4, 2, centered=False).extrude(3))
result = result.union(cadquery.Workplane(cadquery.Plane.XZ(origin=(0, -60, 0), xDir=(0, 0, 1))).rect(4, 2, False).extrude(3))
