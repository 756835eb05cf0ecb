from dataclasses import dataclass

import cadquery as cq


@dataclass
class Post:
    x: float
    y: float = 4
    radius: float = 2


class Sizes:
    """Millimetres."""

    width, depth = 40, 30


P = {"height": 5, "posts": [Post(-12), Post(12, y=-4)]}
P["height"] += 1
points, posts = [], list(P["posts"])
for x in range(-2, 10):
    if x < -1:
        continue
    if x == 2:
        break
    points.append((x * 8, (lambda v, by=5: v % 2 * by)(x)))
points.extend(sorted([(p.x, -p.y) for p in posts], reverse=True)[:1])
while len(points) < 5:
    points += [(0, 10 - len(points))]
first, *rest = points
assert first, f"no {'points':>8} of {len(points):02d}"
part = cq.Workplane("XY").box(Sizes.width, Sizes.depth, P.get("height", 1))
part = part.faces(">Z").workplane().pushPoints(rest).hole(1.5)
for number, (post, grow) in enumerate(zip(posts, reversed([1, 2]))):
    pin = cq.Workplane().center(post.x, post.y).circle(post.radius + number)
    part = part.union(pin.extrude(sum([P["height"], grow])))
