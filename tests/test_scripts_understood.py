"""What of a script is worked out: functions, conditions, comprehensions, and shapes with names."""

from __future__ import annotations

import math

import pytest
from test_scripts import b3d, cq, refused

from cadcomplete.history.operations import Extrude, Sketch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.build import build

PI = math.pi


def volume(part: CadSequence) -> float:
    assert part.rest == ()
    solid = build(part)
    assert solid is not None
    return solid.volume


UNDERSTOOD = {
    "a function with a default": (
        cq,
        """
def plate(w, h, *, t=5):
    return cq.Workplane().rect(w, h).extrude(t)
r = plate(40, h=30)
""",
        40 * 30 * 5,
    ),
    "a default is what it was when the function was defined": (
        b3d,
        """
t = 5
def plate(w, h=t):
    t = 1
    return extrude(Rectangle(w, w), h)
t = 9
part = plate(10)
""",
        10 * 10 * 5,
    ),
    "a builder that is returned from within, and a function that draws in it": (
        b3d,
        """
def hole(r):
    Circle(r, mode=Mode.SUBTRACT)
def plate(w):
    with BuildPart() as p:
        with BuildSketch():
            Rectangle(w, w)
            hole(w / 4)
        extrude(amount=2)
        return p
part = plate(20)
""",
        (400 - PI * 25) * 2,
    ),
    "a main function": (
        cq,
        """
def main():
    r = cq.Workplane().box(1, 2, 3)
    show_object(r)
if __name__ == '__main__':
    main()
""",
        6,
    ),
    "conditions": (
        cq,
        """
n = 4
r = cq.Workplane().rect(9, 9)
if n > 3 and not n == 5:
    r = r.circle(2)
elif n:
    r = r.mystery()
else:
    mystery()
r = r.extrude(2 if n in (3, 4) else 1)
""",
        (81 - PI * 4) * 2,
    ),
    "a comprehension, whose names are its own": (
        cq,
        """
x = 7
pts = [(x, y) for x in (-2, 0, 2) if x for y in (-2, 2)]
r = cq.Workplane().rect(x, 7).pushPoints(pts).circle(0.5).extrude(2)
""",
        (49 - 4 * PI * 0.25) * 2,
    ),
    "lines mirrored at y": (
        cq,
        """
r = cq.Workplane().lineTo(20, 0).lineTo(20, 10).lineTo(0, 15).mirrorY().extrude(6)
""",
        2 * 20 * (10 + 15) / 2 * 6,
    ),
    "lines mirrored at x": (
        cq,
        """
r = cq.Workplane('YZ').lineTo(0, 3).lineTo(8, 3).lineTo(8, 0).mirrorX().extrude(2)
""",
        2 * 8 * 3 * 2,
    ),
    "lines and an arc mirrored in a builder": (
        b3d,
        """
with BuildPart() as p:
    with BuildSketch(Plane.XZ):
        with BuildLine():
            a = Polyline((0, 0), (20, 0), (20, 5), (6, 5), (6, 25))
            RadiusArc(a @ 1, (0, 31), -6)
            mirror(about=Plane.YZ)
        make_face()
    extrude(amount=15, both=True)
""",
        2 * (20 * 5 + 6 * 20 + PI * 36 / 4) * 30,
    ),
    "half circles by tangents": (
        b3d,
        """
with BuildPart() as p:
    with BuildSketch():
        with BuildLine():
            a = Line((0, 0), (30, 0))
            b = TangentArc(a @ 1, (30, 20), tangent=a % 1)
            c = Line(b @ 1, (0, 20))
            TangentArc(c @ 1, a @ 0, tangent=c % 0.5)
        make_face()
    extrude(amount=5)
""",
        (30 * 20 + PI * 100) * 5,
    ),
    "a face mirrored in a sketch": (
        b3d,
        """
with BuildPart() as p:
    with BuildSketch():
        with Locations((5, 0)):
            Circle(2)
        mirror(about=Plane.YZ)
    extrude(amount=3)
""",
        2 * PI * 4 * 3,
    ),
    "slots": (
        b3d,
        """
s = Rectangle(60, 40) - SlotCenterToCenter(20, 8)
s -= Pos(0, 14) * SlotOverall(30, 4)
part = extrude(s, 5)
""",
        (60 * 40 - (20 * 8 + PI * 16) - (26 * 4 + PI * 4)) * 5,
    ),
    "a plate with round corners and holes through it": (
        b3d,
        """
with BuildPart() as p:
    with BuildSketch():
        RectangleRounded(60, 40, 5)
    extrude(amount=5)
    with GridLocations(20, 10, 2, 2):
        Hole(3)
""",
        (60 * 40 - (4 - PI) * 25 - 4 * PI * 9) * 5,
    ),
    "holes as deep to both sides": (
        b3d,
        """
with BuildPart() as p:
    Box(20, 20, 10)
    with Locations((5, 0, 5), (-5, 0, 5)):
        Hole(2, depth=4)
""",
        20 * 20 * 10 - 2 * PI * 4 * 4,
    ),
}


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_what_is_plain_is_understood(name):
    read_it, text, expected = UNDERSTOOD[name]
    assert volume(read_it(text)) == pytest.approx(expected, rel=1e-9)


def test_a_function_ends_the_history_where_it_does_what_is_not_known():
    part = cq(
        "def plate(w, t):",
        "    p = cq.Workplane().rect(w, w).extrude(t)",
        "    p = p.faces('>Z').shell(3)",
        "    return p",
        "r = plate(9, 2)",
    )
    assert [type(op) for op in part.operations] == [Sketch, Extrude]
    assert (part.rest[0].source, part.rest[0].uses) == ("line 4", ("shell",))
    assert part.rest[0].name == ".shell(3)"


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (("@cache", "def f():", "    return 1", "a = f()"), "f"),
        (("def f(*a):", "    return 1", "a = f()"), "f"),
        (("def f(a=mystery()):", "    return 1", "a = f()"), "f"),
        (("def f():", "    yield 1", "a = f()"), "yield"),
        (("def f():", "    global a", "    a = 1", "f()"), "global"),
        (("if cq.Workplane():", "    pass"), "if of Workplane"),
        (("a = [1] == [1]",), "comparison of list and list"),
    ],
)
def test_what_is_not_plain_is_not_guessed(lines, name):
    assert any(name in use for use in cq(*lines).unsupported)


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (("def f(a):", "    return a", "x = f()"), "wrong arguments of f: expected a"),
        (("def f(a):", "    return a", "x = f(1, a=2)"), "wrong arguments of f"),
        (("def f(a, /):", "    return a", "x = f(a=2)"), "wrong arguments of f"),
        (("def f(a):", "    return f(a)", "x = f(1)"), "call each other too deeply"),
        (("return 3",), "return outside of a function"),
        (("x = [v for v in range(400) for w in range(400)]",), "too many"),
    ],
)
def test_what_is_wrong_with_a_function_is_told(lines, problem):
    assert problem in str(refused(cq, *lines))


def test_functions_that_double_their_calls_are_refused_at_once():
    calls = [f"def f{i + 1}():\n    f{i}()\n    f{i}()" for i in range(18)]
    error = refused(cq, "def f0():\n    pass", *calls, "f18()")
    assert "too many statements" in str(error) or "more work" in str(error)


def test_a_with_in_a_function_within_another_with_is_not_guessed():
    """The library's builders do not know those of the function that calls theirs."""
    part = b3d(
        "def disc():",
        "    with BuildSketch():",
        "        Circle(3)",
        "with BuildPart() as p:",
        "    Box(9, 9, 9)",
        "    disc()",
        "    extrude(amount=20)",
    )
    assert len(part) == 2
    assert "with in a function" in part.unsupported[0]


def test_an_import_that_is_tried_is_an_import():
    tried = ("try:", "    from ocp_vscode import show_object", "except ImportError:", "    pass")
    assert cq(*tried, "r = cq.Workplane().box(1, 2, 3)", "show_object(r)").rest == ()


@pytest.mark.parametrize(
    ("lines", "got"),
    [
        (("a = []", "a.append(a)", "a.append(1)"), "too many values"),
        (("a = [1]", "while True:", "    a += a"), "too many values"),
        (("a = [0] * 10**9",), "too many values"),
        (("a = f'{1:>999999999}'",), "a plain format"),
        (("a = 'x'", "while True:", "    a = a + a"), ""),
        (("a = 1 << 10**9",), "cannot be calculated"),
    ],
)
def test_what_grows_without_end_is_refused(lines, got):
    if got:
        assert got in str(refused(cq, *lines))
    else:
        assert cq("r = cq.Workplane().box(1, 2, 3)", *lines).unsupported == ("while",)


def test_a_list_that_two_names_stand_for_grows_for_both():
    made = cq("a = b = [1]", "a += [2]", "a.append(4)", "r = cq.Workplane().box(*b)")
    assert made.operations[0].loops[0].area == 2  # type: ignore[union-attr]
