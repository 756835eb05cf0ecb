"""Whole histories: the best proposal, again and again, until nothing brings the part closer."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from cadcomplete.fitting.drawn.extrudes import next_extrudes, of_sketch
from cadcomplete.fitting.drawn.proposals import Proposal, ranked
from cadcomplete.fitting.drawn.sketches import next_sketches
from cadcomplete.fitting.scan.settling import settled
from cadcomplete.fitting.scan.support import support
from cadcomplete.fitting.space.scores import State, extended, state
from cadcomplete.fitting.space.wanted import Wanted
from cadcomplete.history.operations import Extrude, Sketch
from cadcomplete.history.sequence import CadSequence

_LEAST, _LEAST_NOISY = 1e-3, 6e-3  # gain of a step, towards a clean cloud and towards a scan
_WIDTH = 2  # histories that are followed at once
_MANY = 60  # faces of a part of which one history is followed only, to come to an end
_UNCLEAR = 0.7  # agreement with a scan below which what is given is trusted more
_EFFORT = 500  # steps times faces, at most
_TRIED = 3  # proposals for each of them
_SKETCHES = 40  # of which these are chosen
_SEEN = 0.35  # share of a new surface of which a scan must have points
_STEP, _STEP_NOISY = 5e-4, 3e-3  # by how much less agreement is enough with one operation less


@dataclass(frozen=True, slots=True, eq=False)
class _Branch:
    sequence: CadSequence
    state: State
    done: bool

    @property
    def score(self) -> float:
        step = _STEP_NOISY if self.state.wanted.noise else _STEP
        return self.state.agreement - step * len(self.sequence)


def finish(
    given: CadSequence,
    wanted: Wanted,
    *,
    steps: int = 12,
    watch: Callable[[int, float], None] = lambda step, agreement: None,
) -> tuple[CadSequence, ...]:
    """Return a few histories that begin with what is given and end close to what is wanted.

    The best first; at most `steps` extrudes are added, fewer to a part with more than 40 faces.
    What is given stays as it is. `watch` hears how many steps were made, and how well the best
    history agrees then.
    """
    wanted = settled(wanted, given)
    faces = len(wanted.flats) + len(wanted.cylinders)
    steps, width = min(steps, max(3, _EFFORT // max(faces, 1))), _WIDTH if faces <= _MANY else 1
    start = _Branch(given, state(given, wanted), done=False)
    branches = [start]
    for step in range(steps):
        watch(step, branches[0].state.agreement)
        if all(branch.done for branch in branches):
            break
        grown = [new for branch in branches for new in _grown(branch, wanted)]
        branches = _best(grown)[:width]
    found = [branch.sequence for branch in branches]
    unclear = bool(wanted.noise) and branches[0].state.agreement < _UNCLEAR
    if unclear and start.state.current.any():
        found = [given, *(sequence for sequence in found if sequence != given)]
    return tuple(found)


def _grown(branch: _Branch, wanted: Wanted) -> list[_Branch]:
    """A branch with each of the best proposals, or as it is if none gains."""
    if branch.done:
        return [branch]
    useful = _proposals(branch, wanted)
    noisy = bool(wanted.noise) and bool(branch.state.current.any())
    result: list[_Branch] = []
    for proposal in useful:
        operations = (*branch.sequence.operations, *proposal.operations)
        sequence = dataclasses.replace(branch.sequence, operations=operations)
        extrude = proposal.operations[-1]
        assert isinstance(extrude, Extrude)
        if noisy and support(sequence, wanted) < _SEEN:
            continue
        result.append(_Branch(sequence, extended(branch.state, extrude, sequence), done=False))
    return result or [dataclasses.replace(branch, done=True)]


def _proposals(branch: _Branch, wanted: Wanted) -> list[Proposal]:
    sequence, before = branch.sequence, branch.state
    least = _LEAST_NOISY if wanted.noise else _LEAST
    last = sequence.operations[-1] if sequence.operations else None
    if isinstance(last, Sketch) and last.finished:
        number = len(sequence) - 1
        found = ranked(of_sketch(sequence, number, before), _TRIED)
        useful = [p for p in found if p.gain > least]
        if useful or not before.current.any():
            return useful or list(found[:1])
    found = [
        *next_extrudes(sequence, wanted, most=_TRIED, before=before),
        *next_sketches(sequence, wanted, most=_SKETCHES, before=before),
    ]
    return _different([p for p in found if p.gain > least])[:_TRIED]


def _different(proposals: list[Proposal]) -> list[Proposal]:
    """Those with the largest gains; of those with the same gain only the first, the likeliest."""
    order = sorted(proposals, key=lambda p: -round(p.gain, 4))
    gains: set[tuple[float, str]] = set()
    result: list[Proposal] = []
    for proposal in order:
        last = proposal.operations[-1]
        assert isinstance(last, Extrude)
        key = (round(proposal.gain, 4), last.boolean.value)
        if key not in gains:
            gains.add(key)
            result.append(proposal)
    return result


def _best(branches: list[_Branch]) -> list[_Branch]:
    """The best branches, those that come to the same part only once."""
    result: list[_Branch] = []
    seen: set[bytes] = set()
    for branch in sorted(branches, key=lambda b: -b.score):
        shape = branch.state.current.tobytes()
        if shape not in seen:
            seen.add(shape)
            result.append(branch)
    return result
