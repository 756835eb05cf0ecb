"""What a picture looks like: colours, lines and light. Several, so that no model learns one.

To add a style: enter it in `STYLES`. Colours are red, green and blue from 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass

from cadcomplete.history.geometry import Vec3

Color = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Style:
    """How a part is drawn.

    The brightness of a surface is `ambient`, and up to `diffuse` more the straighter it faces
    the lamp (Lambert); `gloss` is the strength of a white highlight (Blinn), which is the
    smaller the greater `polish` is. Nothing casts a shadow; `fade` tells near from far instead.

    Attributes:
        surface: colour of the part, of what was given where something was added.
        added: colour of what was added.
        paper: what lies behind the part.
        ink: colour of edges.
        sketch: colour of sketches.
        edges: width of edges in pixels of a picture 400 pixels wide; 0 for none.
        outline: whether a line stands also where a round surface turns away from the viewer.
        lamp: direction to the lamp, seen from the viewer: right, up, towards the viewer.
        fade: share of the light that is lost far behind the nearest point; half of it as far
            behind as the picture is wide.
    """

    surface: Color
    added: Color
    paper: Color = (1.0, 1.0, 1.0)
    ink: Color = (0.16, 0.18, 0.22)
    sketch: Color = (0.10, 0.40, 0.85)
    edges: float = 1.0
    outline: bool = False
    lamp: Vec3 = (-0.4, 0.6, 1.0)
    ambient: float = 0.56
    diffuse: float = 0.44
    gloss: float = 0.0
    polish: int = 16
    fade: float = 0.0


STYLES: dict[str, Style] = {
    # Grey with dark edges on white: what the engineer sees.
    "default": Style(surface=(0.72, 0.74, 0.77), added=(0.96, 0.62, 0.20)),
    # Warm and matt, no edges, light from the right.
    "clay": Style(
        surface=(0.86, 0.70, 0.58),
        added=(0.35, 0.60, 0.70),
        paper=(0.95, 0.94, 0.92),
        edges=0.0,
        lamp=(0.9, 0.3, 0.9),
        ambient=0.42,
        diffuse=0.66,
        fade=0.5,
    ),
    # Black on white, no light at all: a technical drawing of what can be seen.
    "drawing": Style(
        surface=(1.0, 1.0, 1.0),
        added=(1.0, 0.85, 0.55),
        ink=(0.0, 0.0, 0.0),
        edges=2.2,
        outline=True,
        ambient=1.0,
        diffuse=0.0,
    ),
    # Steel before a dark wall.
    "metal": Style(
        surface=(0.55, 0.60, 0.66),
        added=(0.85, 0.62, 0.25),
        paper=(0.10, 0.11, 0.13),
        ink=(0.05, 0.06, 0.07),
        sketch=(0.20, 0.95, 0.85),
        lamp=(-0.7, 0.9, 0.7),
        ambient=0.35,
        diffuse=0.70,
        gloss=0.35,
        polish=20,
    ),
    # One strong colour under a hard lamp from above.
    "plastic": Style(
        surface=(0.15, 0.45, 0.80),
        added=(0.95, 0.55, 0.15),
        paper=(0.88, 0.89, 0.90),
        sketch=(0.80, 0.10, 0.35),
        edges=0.0,
        lamp=(0.6, 1.0, 0.9),
        ambient=0.40,
        diffuse=0.80,
        gloss=0.55,
        polish=40,
        fade=0.5,
    ),
    # White lines on blue.
    "blueprint": Style(
        surface=(0.13, 0.30, 0.58),
        added=(0.80, 0.50, 0.20),
        paper=(0.09, 0.22, 0.46),
        ink=(0.92, 0.95, 1.0),
        sketch=(0.55, 0.95, 0.60),
        edges=2.0,
        outline=True,
        ambient=0.85,
        diffuse=0.30,
    ),
}
