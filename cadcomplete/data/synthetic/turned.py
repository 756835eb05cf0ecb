"""Turned parts: a profile turned about an axis, and what is cut into such parts.

A family here is a function that gives a part its first revolve and some more operations; it is
entered in `TURNED`. What it draws lies in a frame whose x axis is what it turns about.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from cadcomplete.data.synthetic.dice import Dice
from cadcomplete.data.synthetic.outlines import (
    Disc,
    Path,
    Region,
    chamfered,
    on_circle,
    polygon,
    rectangle,
    rounded,
    slot,
)
from cadcomplete.data.synthetic.part import AxisFrame, SketchMap, Workpiece
from cadcomplete.history.geometry import Vec2, cross
from cadcomplete.history.operations import Boolean, Extent, ExtentType, Sketch
from cadcomplete.history.revolve import Revolve
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.turn_axis import FULL, TurnAxis

_ALL_AROUND = 0.95  # of the first revolves; the others make a segment

_CODES, _STEP = 999_999, 618_031

_APART = 1 << 63  # numbers of the parts that `generate` makes are below it


def turned_part(number: int, *, seed: int = 0) -> CadSequence:
    """Return turned part `number` of a seed: the same on every machine, in any order."""
    dice = Dice(seed, number + _APART)
    name = dice.weighted({name: family.share for name, family in TURNED.items()})
    code = 1 + number * _STEP % _CODES
    part = Workpiece(dice, wanted=dice.integer(1, 4), code=code, tagged=True)
    TURNED[name].make(part)
    return CadSequence(tuple(part.operations), f"turned/{seed}/{number:08d}")


def turned_parts(count: int, *, seed: int = 0, start: int = 0) -> Iterator[CadSequence]:
    """Yield `count` turned parts of a seed, from number `start` on."""
    for number in range(start, start + count):
        yield turned_part(number, seed=seed)


@dataclass(frozen=True, slots=True)
class TurnedStep:
    """A piece of a turned part: where it begins and ends along the axis, and its radius."""

    start: float
    end: float
    radius: float


# --- drawing ------------------------------------------------------------------------------------


def _begun(part: Workpiece, length: float) -> AxisFrame:
    """Choose the plane of the first profile: x along the axis, y away from it."""
    dice = part.dice
    normal, x_axis = dice.weighted(part.dialect.first)
    y_axis = cross(normal, x_axis)
    frame = AxisFrame((0.0, 0.0, 0.0), x_axis, y_axis)
    if dice.chance(0.5):  # the axis is as often the sketch's y
        frame = AxisFrame(frame.origin, y_axis, (-x_axis[0], -x_axis[1], -x_axis[2]))
    off = dice.weighted({0.0: 0.8, -length / 2: 0.12, -length: 0.08})
    return frame.at(round(off, 6), 0.0)


def _revolve(
    part: Workpiece, frame: AxisFrame, outline: Path, boolean: Boolean, angle: float = FULL
) -> None:
    """Draw an outline beside the axis of a frame, and turn it."""
    drawn = part.sketch(frame, [Region(outline)])
    sketch = part.operations[-1]
    assert isinstance(sketch, Sketch)
    place = SketchMap(frame, sketch.plane, mirrored=False)
    axis = TurnAxis(place.point(0.0, 0.0), (place.xx + 0.0, place.yx + 0.0))
    angles = Extent(ExtentType.ONE_SIDED, angle)
    if angle < FULL and part.dice.chance(0.3):
        angles = Extent(ExtentType.SYMMETRIC, angle / 2)
    part.operations.append(Revolve(drawn.profiles, angles, axis, boolean))
    part.extrudes += 1


def _first(part: Workpiece, frame: AxisFrame, outline: Path) -> bool:
    """Turn the first profile, and say whether all around: only then can more be cut into it."""
    angle = FULL if part.dice.chance(_ALL_AROUND) else part.dice.one((90.0, 120.0, 180.0, 270.0))
    _revolve(part, frame, outline, Boolean.NEW_BODY, angle)
    return angle == FULL


def _across(frame: AxisFrame, along: float) -> AxisFrame:
    """The plane across the axis of a frame, somewhere along it, that looks along the axis."""
    return AxisFrame(frame.point(along, 0.0), frame.y, frame.normal)


def _contour(steps: Sequence[TurnedStep], bore: float) -> list[Vec2]:
    """The outline of steps with a bore, counter-clockwise."""
    corners = [(steps[0].start, bore), (steps[-1].end, bore)]
    for step in reversed(steps):
        corners += [(step.end, step.radius), (step.start, step.radius)]
    return corners


def _finished(part: Workpiece, corners: list[Vec2], size: float) -> Path:
    """The outline with the two corners at its ends broken, if at all."""
    legs, way = [0.0] * len(corners), part.dice.random()
    if way < 0.45:
        return polygon(corners)
    leg = part.share(size, 0.05, 0.2)
    legs[2] = legs[-1] = leg
    return (chamfered if way < 0.8 else rounded)(polygon(corners), legs)


# --- what is cut into them ------------------------------------------------------------------------


def _groove(part: Workpiece, frame: AxisFrame, step: TurnedStep, room: float) -> None:
    """A ring groove around a step; `room` is how deep it may be."""
    length = step.end - step.start
    width, deep = part.share(length, 0.1, 0.3), part.share(room, 0.15, 0.5)
    at = step.start + part.share(length, 0.35, 0.65)
    outline = rectangle(width, 2 * deep, at, step.radius)
    _revolve(part, frame, outline, Boolean.CUT)


def _cross_hole(part: Workpiece, frame: AxisFrame, step: TurnedStep) -> None:
    """A hole across the axis, through a step."""
    length = step.end - step.start
    radius = (
        min(part.ruler.hole(0.5 * min(length, step.radius)), 0.6 * min(length, step.radius)) / 2
    )
    at = step.start + length / 2
    reach = round(1.5 * step.radius, 6)
    part.add(frame, [Region(Disc(at, 0.0, radius))], (-reach, reach), Boolean.CUT)


def _key(part: Workpiece, frame: AxisFrame, step: TurnedStep) -> None:
    """A slot for a key in a step."""
    length, width = step.end - step.start, part.share(step.radius, 0.3, 0.55)
    long, deep = part.share(length, 0.5, 0.8), part.share(step.radius, 0.15, 0.3)
    if long < 1.3 * width:
        return
    at = step.start + length / 2
    floor = frame.at(0.0, 0.0, step.radius - deep)
    part.add(floor, [Region(slot(long, width, at, 0.0))], (0.0, 2 * deep), Boolean.CUT)


def _holes(part: Workpiece, frame: AxisFrame, step: TurnedStep, inner: float) -> None:
    """Holes on a circle through a disc, outside of an inner radius."""
    room = step.radius - inner
    hole = min(part.ruler.hole(0.4 * room), 0.6 * room) / 2
    circle = (step.radius + inner) / 2
    most = math.floor(math.pi / math.asin(min(1.0, 1.3 * hole / circle)))
    count = min(part.dice.one((3, 4, 4, 6, 6, 8)), most)
    discs = [Region(Disc(x, y, hole)) for x, y in on_circle(count, circle)]
    depth = step.end - step.start
    part.add(_across(frame, step.end), discs, (-depth, 0.0), Boolean.CUT)


# --- the families -------------------------------------------------------------------------------


def shaft(part: Workpiece) -> None:
    """Steps up to the thickest and down again, with grooves, a key or a hole across."""
    dice, thick = part.dice, part.size(median=25, sigma=0.9) / 2
    rising, falling = dice.integer(0, 2), dice.integer(0, 2)
    radii = [thick]
    for _ in range(rising):
        radii.insert(0, part.share(radii[0], 0.55, 0.9))
    for _ in range(falling):
        radii.append(part.share(radii[-1], 0.55, 0.9))
    steps, at = [], 0.0
    for radius in radii:
        length = part.length(radius * min(max(dice.spread(1.6, 0.6), 0.4), 8.0))
        steps.append(TurnedStep(at, round(at + length, 6), radius))
        at = steps[-1].end
    bore = part.share(min(radii), 0.3, 0.6) if dice.chance(0.15) else 0.0
    frame = _begun(part, at)
    outline = _finished(part, _contour(steps, bore), min(min(radii) - bore, *_lengths(steps)))
    whole = _first(part, frame, outline)
    free = [step for step in steps if step.end - step.start > 0.5 * step.radius]
    while whole and part.left and free:
        step = free.pop(dice.integer(0, len(free) - 1))
        way = dice.random()
        if way < 0.5:
            _groove(part, frame, step, step.radius - bore)
        elif way < 0.75 and not bore:
            _key(part, frame, step)
        else:
            _cross_hole(part, frame, step)


def _lengths(steps: Sequence[TurnedStep]) -> list[float]:
    return [step.end - step.start for step in steps]


def flange(part: Workpiece) -> None:
    """A disc with a hub and a bore, and holes on a circle."""
    dice, radius = part.dice, part.size(median=90, sigma=0.8) / 2
    bore = part.share(radius, 0.15, 0.4)
    hub = part.share(radius, max(0.32, 1.2 * bore / radius), 0.62)
    thick, high = part.share(radius, 0.12, 0.35), part.share(radius, 0.15, 0.8)
    disc = TurnedStep(0.0, thick, radius)
    steps = [disc, TurnedStep(thick, round(thick + high, 6), hub)]
    frame = _begun(part, thick + high)
    outline = _finished(part, _contour(steps, bore), min(thick, high, hub - bore))
    if _first(part, frame, outline) and part.left and dice.chance(0.85):
        _holes(part, frame, disc, hub)


def pulley(part: Workpiece) -> None:
    """A wheel with a groove for a belt in its rim, turned with it or cut after it."""
    dice, radius = part.dice, part.size(median=60, sigma=0.7) / 2
    bore, width = part.share(radius, 0.1, 0.3), part.share(radius, 0.25, 0.8)
    deep = part.share(min(radius - bore, width), 0.15, 0.4)
    top, foot = part.share(width, 0.4, 0.7), part.share(width, 0.15, 0.35)
    a, b, middle = top / 2, foot / 2, width / 2
    frame = _begun(part, width)
    vee = [(middle + a, radius), (middle + b, radius - deep)]
    vee += [(middle - b, radius - deep), (middle - a, radius)]
    corners = [(0.0, bore), (width, bore), (width, radius), (0.0, radius)]
    at_once = part.left == 1 or dice.chance(0.4)
    if at_once:
        corners[3:3] = vee
        _first(part, frame, polygon(corners))
    elif _first(part, frame, _finished(part, corners, (width - top) / 2)):
        over = [(middle + a, 2 * radius), (middle - a, 2 * radius)]
        outline = [*reversed(vee), *over] if dice.chance(0.5) else [*reversed(vee)]
        _revolve(part, frame, polygon(outline), Boolean.CUT)
    whole = part.operations[1]
    assert isinstance(whole, Revolve)
    inner = radius - deep
    if whole.full and part.left and inner - bore > 0.3 * radius and dice.chance(0.6):
        _holes(part, frame, TurnedStep(0.0, width, inner), bore)


def bush(part: Workpiece) -> None:
    """A sleeve with a collar."""
    dice, radius = part.dice, part.size(median=24, sigma=0.8) / 2
    bore, length = part.share(radius, 0.4, 0.8), part.share(radius, 0.8, 4.0)
    collar, thick = part.share(radius, 1.15, 1.6), part.share(length, 0.08, 0.25)
    steps = [TurnedStep(0.0, thick, collar), TurnedStep(thick, round(thick + length, 6), radius)]
    frame = _begun(part, thick + length)
    outline = _finished(part, _contour(steps, bore), min(radius - bore, thick))
    if _first(part, frame, outline) and part.left and dice.chance(0.5):
        _groove(part, frame, steps[1], radius - bore)


def knob(part: Workpiece) -> None:
    """A ball or a dome on a stem."""
    dice, radius = part.dice, part.size(median=30, sigma=0.7) / 2
    stem = part.share(radius, 0.3, 0.7)
    high, down = part.share(radius, 0.6, 3.0), math.sqrt(radius**2 - stem**2)
    ball = dice.chance(0.5)
    # From the stem's end over the shoulder of the ball, or of a half one, to its top on the axis.
    middle = round(high + down if ball else high, 6)
    sweep = 90.0 + math.degrees(math.asin(down / radius)) if ball else 90.0
    neck: Path = [(high, stem, 0.0)] if ball else [(high, stem, 0.0), (high, radius, 0.0)]
    path: Path = [(0.0, 0.0, 0.0), (round(middle + radius, 6), 0.0, round(sweep, 6))]
    path += [*reversed(neck), (0.0, stem, 0.0)]
    frame = _begun(part, middle + radius)
    if _first(part, frame, path) and part.left and dice.chance(0.6):
        _cross_hole(part, frame, TurnedStep(0.0, high, stem))


@dataclass(frozen=True, slots=True)
class TurnedFamily:
    """How a kind of turned part is made, and how often."""

    make: Callable[[Workpiece], None]
    share: float


TURNED: dict[str, TurnedFamily] = {
    "shaft": TurnedFamily(shaft, 0.35),
    "flange": TurnedFamily(flange, 0.2),
    "pulley": TurnedFamily(pulley, 0.15),
    "bush": TurnedFamily(bush, 0.2),
    "knob": TurnedFamily(knob, 0.1),
}
