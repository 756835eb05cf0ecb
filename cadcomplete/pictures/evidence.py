"""Pictures as evidence: ideas that they show, and what they say of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from cadcomplete.errors import CadCompleteError
from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import Extrude, Operation, Sketch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.pictures.belief import BLINDLY, facts, mixed, probable
from cadcomplete.pictures.extruding import Guess, extrudes
from cadcomplete.pictures.matching import Sight
from cadcomplete.pictures.scene import PictureScene, scene
from cadcomplete.pictures.seen import look
from cadcomplete.pictures.sketching import sketches
from cadcomplete.pictures.weighing import weighed

_FITS = 0.05
"""How probable it must be that the given part is in a picture, for it to be used at all."""


@dataclass(slots=True, eq=False)
class Pictures:
    """Pictures of the wanted part; a place to work, where what was given is looked for only once.

    Attributes:
        sights: what is seen in each.
        sizes: the sides in mm of the box around the part, as far as words say them.
        scenes: the given part in each of them, by what is given.
        unlike: why a given part is not compared, in a sentence.
    """

    sights: tuple[Sight, ...]
    sizes: tuple[float, ...] = ()
    scenes: dict[CadSequence, tuple[PictureScene, ...]] = field(default_factory=dict)
    unlike: dict[CadSequence, tuple[str, ...]] = field(default_factory=dict)

    @staticmethod
    def of(images: Sequence[bytes | Path], *, sizes: tuple[float, ...] = ()) -> Pictures:
        """Look at pictures. Raises InputError for one that cannot be read, or shows no part."""
        return Pictures(tuple(Sight(look(image)) for image in images), sizes)

    @property
    def name(self) -> str:
        return "picture"

    @property
    def of_solids(self) -> bool:
        return True

    def ideas(
        self, given: CadSequence, kind: type[Operation], *, most: int
    ) -> Sequence[tuple[Operation, ...]]:
        """Return operations of a kind that explain what is seen, the best first."""
        return [guess.operations for guess in self._guesses(given, kind, most=most)]

    def kinds(self, given: CadSequence) -> Mapping[type[Operation], float]:
        """Nothing: a picture shows what is there, and not what it was made by."""
        return {}

    def weigh(
        self, given: CadSequence, wholes: Sequence[CadSequence], *, finished: bool = False
    ) -> Array:
        """Return the nats that pictures add to the log-odds of each history, shape (C,).

        As many as one of them is better than a mean one: they are rivals. None can lose more than
        what is believed of a picture says.
        """
        total = np.zeros(len(wholes))
        found = self.raw(given, wholes, finished=finished)
        for one, nats in zip(self.scenes_of(given), found, strict=True):
            built = bool(one.views)
            sure = probable(facts(one, nats), built=built) if one.given.operations else BLINDLY
            total += mixed(nats, sure, built=built or finished)
        return total

    def raw(
        self, given: CadSequence, wholes: Sequence[CadSequence], *, finished: bool = False
    ) -> list[Array]:
        """Return the nats for each history by each picture, as measured, shape (C,) each."""
        added = [whole.operations[given.whole_operations :] for whole in wholes]
        return [np.array(weighed(one, added, finished=finished)) for one in self.scenes_of(given)]

    def parts(self, given: CadSequence, *, most: int) -> Sequence[CadSequence]:
        """Return parts that one more body makes, which explain what is seen, the best first."""
        whole = replace(given, operations=given.operations[: given.whole_operations])
        waits = bool(whole.operations) and isinstance(whole.operations[-1], Sketch)
        guesses = self._guesses(given, Extrude if waits else Sketch, most=most)
        return [
            replace(whole, operations=(*whole.operations, *guess.operations))
            for guess in guesses
            if guess.nats > 0 and any(operation.builds for operation in guess.operations)
        ]

    def told(self, given: CadSequence, wholes: Sequence[CadSequence]) -> Array:
        """Return how far each finished part has what is shown: `weigh` says all that is known."""
        return np.ones(len(wholes))

    def notices(self, given: CadSequence) -> Sequence[str]:
        """Say which pictures are not compared, and why."""
        self.scenes_of(given)
        return self.unlike[given]

    def _guesses(self, given: CadSequence, kind: type[Operation], *, most: int) -> list[Guess]:
        find = {Extrude: extrudes, Sketch: sketches}.get(kind)
        if find is None:
            return []
        found = [guess for one in self.scenes_of(given) for guess in find(one, most=most)]
        return sorted(found, key=lambda guess: -guess.nats)[:most]

    def scenes_of(self, given: CadSequence) -> tuple[PictureScene, ...]:
        """Return the given part in each picture that it fits."""
        if given not in self.scenes:
            whole = replace(given, operations=given.operations[: given.whole_operations])
            found, notices = [], []
            for number, sight in enumerate(self.sights, start=1):
                name = f"picture {number}" if len(self.sights) > 1 else "the picture"
                try:
                    one = scene(whole, sight, sizes=self.sizes)
                except CadCompleteError as error:
                    notices.append(f"{name} is not compared with the part: {error}")
                    continue
                if one.views and probable(facts(one, np.zeros(1)), built=True) < _FITS:
                    notices.append(
                        f"{name} does not fit the given part from any side, so it is not used: "
                        "see that it shows this part, whole and before a plain background"
                    )
                    continue
                found.append(one)
            self.scenes[given], self.unlike[given] = tuple(found), tuple(notices)
        return self.scenes[given]
