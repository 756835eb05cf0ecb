"""Histories as samples: each a variant of a part, labelled, with what it shows.

Sample i is always the same, whatever was asked before, so a run that was stopped continues exactly.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

import numpy as np

from cadcomplete.clouds.cloud import PointCloud
from cadcomplete.clouds.measured import measured
from cadcomplete.clouds.scanner import scanned
from cadcomplete.config import Config, StageConfig
from cadcomplete.data import modalities
from cadcomplete.data.augment import move_cloud, scale_cloud, variant_scale, variant_symmetries
from cadcomplete.data.baselines import History
from cadcomplete.data.draws import draws
from cadcomplete.data.labels import Labelled, evenly_spaced, label, operation_cuts
from cadcomplete.data.reorder import reorder, variant_order
from cadcomplete.data.samples import Sample, hash64
from cadcomplete.data.sizes import TextSizes, sizes_of, told
from cadcomplete.data.stored import Parts
from cadcomplete.errors import RefusedSample
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.symmetry import Symmetry, move, scale, symmetries
from cadcomplete.language.lines import Text
from cadcomplete.language.prompt import Features, prompt
from cadcomplete.language.tokenizer import TextTokenizer, Tokens
from cadcomplete.model.inputs import picture, surface

_UPRIGHT = 12  # views with the vertical upright: of a turned part they are views of the part
# itself, which those from the top and from below, the last two, are not


_MEASURED = 96
"""Most tokens that what is measured in a cloud may take; what takes more is not told."""


@dataclass(slots=True)
class Refusals:
    """What was refused before batching: every sample by name, and the counts by reason."""

    reasons: Counter[str] = field(default_factory=Counter)
    samples: list[str] = field(default_factory=list)

    def add(self, error: RefusedSample) -> None:
        self.reasons[error.problem] += 1
        self.samples.append(str(error))


@dataclass(frozen=True, slots=True)
class Shown:
    """What one sample shows beside its history: the numbers of its pictures, and its cloud."""

    images: tuple[int, ...] = ()
    points: bool = False


class Histories:
    """Parts × variants, part by part within a variant; sample i is always the same.

    After the last variant the next one is drawn anew: an epoch shows other things than the one
    before it.

    Attributes:
        samples: the parts that can be trained on.
        sizes: theirs, in numbers.
        stages: of the curriculum; each is some variants of every part.
        refusals: the parts that cannot be trained on.
        shortened: how many are cut after the last operation that fits, with all they may show.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        tokenizer: TextTokenizer,
        config: Config,
        features: Features,
        *,
        stages: Sequence[StageConfig] | None = None,
    ) -> None:
        """Take the parts on which loss can fall; of `Parts` only the sizes are looked at."""
        self.tokenizer, self.config, self.features = tokenizer, config, features
        self.stages = tuple(config.data.curriculum if stages is None else stages)
        self.refusals, self.shortened = Refusals(), 0
        if isinstance(samples, Parts) and config.train.cuts in ("all", "one"):
            self.samples, self.sizes = self._by_sizes(samples)
        else:
            self.samples, self.sizes = self._one_by_one(samples)

    def _by_sizes(self, parts: Parts) -> tuple[Sequence[Sample], TextSizes]:
        """The same as one by one, without reading the parts."""
        sizes, room = parts.sizes, self.config.data.max_length
        before, long = self._before(sizes), self._long(sizes)
        cuts = self.config.data.too_long == "cut"
        fits = ~long | (cuts & (before + sizes.first <= room) & (sizes.operations > 0))
        fits &= sizes.operations > 0
        for index in np.flatnonzero(~fits).tolist():
            sample = parts[index]
            try:
                self._labelled(sample, 0, self._most(sample))
            except RefusedSample as error:
                self.refusals.add(error)
            else:  # another caption is longer, but this one fits
                fits[index] = True
        self.shortened = int((long & fits).sum())
        kept = parts.chosen(fits)
        return kept, kept.sizes

    def _before(self, sizes: TextSizes) -> np.ndarray:
        """The most tokens that stand before a history."""
        return sizes.heads.max(axis=1, initial=0) + self._most_features(sizes)

    def _long(self, sizes: TextSizes) -> np.ndarray:
        return self._before(sizes) + sizes.text + 1 > self.config.data.max_length

    def _one_by_one(self, samples: Sequence[Sample]) -> tuple[Sequence[Sample], TextSizes]:
        kept: list[Sample] = []
        lengths: list[int] = []
        whole: list[bool] = []
        for sample in samples:
            try:
                labelled = self._labelled(sample, 0, self._most(sample)).labelled
            except RefusedSample as error:
                self.refusals.add(error)
                continue
            kept.append(sample)
            lengths.append(int((labelled.ids >= 0).sum()))
            whole.append(bool(labelled.ids[-1] == self.tokenizer.end))
        sizes = sizes_of((told(s, self.config.data.text_format) for s in kept), self.tokenizer)
        heads = sizes.heads[np.arange(len(kept)), self._captions(sizes, np.zeros(len(kept), int))]
        own = np.array(lengths, dtype=np.int32) - heads - 1  # as this class writes it
        self.shortened = int(self._long(sizes).sum())
        return kept, dataclasses.replace(sizes, text=np.where(whole, own, sizes.text))

    @property
    def longest_target(self) -> int:
        """Tokens of the longest whole history and its end, as parts were drawn."""
        longest = int(self.sizes.text.max(initial=0)) + 1
        return min(longest, self.config.data.max_length)

    def __len__(self) -> int:
        return len(self.samples) * self.variants

    @property
    def variants(self) -> int:
        return sum(stage.passes for stage in self.stages)

    def ranges(self, epoch: int = 0) -> list[range]:
        """For each stage, the samples that belong to it in an epoch."""
        first, count = epoch * len(self), len(self.samples)
        ends = [first + count * n for n in accumulate(s.passes for s in self.stages)]
        return [range(start, end) for start, end in zip([first, *ends], ends, strict=False)]

    def lengths(self, indices: np.ndarray) -> np.ndarray:
        """Return the tokens of samples, shape (n,); a turned part may have some more or less.

        With a cloud it is the most that there may be: what is measured is not known yet.
        """
        numbers, which = np.divmod(indices, max(1, len(self.samples)))
        sizes = self.sizes.chosen(which)
        heads = sizes.heads[np.arange(len(sizes)), self._captions(sizes, numbers)]
        images, _, points = self._shows(sizes, numbers)
        found = heads + sizes.text + 1 + images * self.features.image
        found = found + points * (self.features.points + _MEASURED)
        return np.minimum(found, self.config.data.max_length)

    def __getitem__(self, index: int) -> Labelled:
        number, which = divmod(int(index), len(self.samples))
        return self._sample(self.samples[which], number)

    def history(self, index: int) -> History:
        """Return part `index` as it was drawn, with the places of its operations."""
        return self._labelled(self.samples[index], 0, Shown())

    def _sample(self, sample: Sample, number: int) -> Labelled:
        shown, symmetry = self._shown(sample, number), self._symmetry(sample, number)
        found, cloud = modalities.Modalities(), None
        if sample.place is not None and shown != Shown():
            name = sample.sequence.id
            found = modalities.load(sample.place, name, images=shown.images, cloud=shown.points)
            cloud = found.cloud and self._seen(found.cloud, sample, number, symmetry)
        words = self._measured(cloud) if cloud is not None else ""
        try:
            labelled = self._labelled(sample, number, shown, words).labelled
        except RefusedSample:  # not even one operation fits beside a caption that is longer
            labelled, cloud = self._labelled(sample, 0, shown).labelled, found.cloud
        model = self.config.model
        images = [picture(image.png, size=model.image.size) for image in found.images]
        return dataclasses.replace(
            labelled,
            images=np.stack(images) if images else None,
            points=cloud and surface(cloud, count=model.points.count, seed=number),
        )

    def _measured(self, cloud: PointCloud) -> str:
        words = measured(cloud)
        return words if len(self.tokenizer.tokens(f"wanted {words}\n")) <= _MEASURED else ""

    def _seen(
        self, cloud: PointCloud, sample: Sample, number: int, symmetry: Symmetry | None
    ) -> PointCloud:
        """The cloud of a variant: moved with its part, and for a share of them as if scanned."""
        if symmetry is not None:
            cloud = move_cloud(cloud, symmetry)
        cloud = scale_cloud(cloud, self._scale(sample, number))
        if self._random(sample, number, 5).random() >= self.config.data.scans:
            return cloud
        return scanned(cloud, name=sample.sequence.id, seed=number)

    def _labelled(self, sample: Sample, number: int, shown: Shown, levels: str = "") -> History:
        sequence = self._sequence(sample, number)
        caption = self._caption(sample, number)
        text = prompt(
            sequence, caption=caption, levels=levels, text_format=self.config.data.text_format
        )
        tokens = self.tokenizer.encode(text).after(self._placeholders(shown))
        *starts, _ = operation_cuts(text, tokens)
        tokens = self._fitting(text, tokens, sample)
        starts = [start for start in starts if start < len(tokens.ids)]
        labelled = self.label(sample, number, text, tokens, starts)
        kinds = (type(operation).__name__ for operation in sequence.operations)
        return History(labelled, tuple(zip(starts, kinds, strict=False)))

    def _fitting(self, text: Text, tokens: Tokens, sample: Sample) -> Tokens:
        """Cut a history that is too long after its last operation that fits, without an end.

        Raises RefusedSample if not even the first one fits, or nothing is to be cut.
        """
        room = self.config.data.max_length
        if len(tokens.ids) < room:
            return tokens
        ends = [end for end in operation_cuts(text, tokens)[1:] if end <= room]
        if not ends or self.config.data.too_long == "refuse":
            raise RefusedSample(
                "too long",
                where=sample.sequence.id,
                expected=f"at most {room} tokens",
                got=len(tokens.ids) + 1,
            )
        cuts = tuple(cut for cut in tokens.cuts if cut <= ends[-1])
        return Tokens(tokens.ids[: ends[-1]], cuts)

    def _sequence(self, sample: Sample, number: int) -> CadSequence:
        """The history of a variant: in its own order, moved, and scaled."""
        sequence, symmetry = sample.sequence, self._symmetry(sample, number)
        seed, share = self.config.train.seed, self.config.data.reordered
        if (random := variant_order(sequence, number, seed=seed, share=share)) is not None:
            sequence = reorder(sequence, random)
        sequence = sequence if symmetry is None else move(sequence, symmetry)
        factor = self._scale(sample, number)
        return sequence if factor == 1.0 else scale(sequence, factor)

    def label(
        self, sample: Sample, number: int, text: Text, tokens: Tokens, starts: Sequence[int]
    ) -> Labelled:
        """Return which tokens carry loss; `starts` are the tokens where operations begin."""
        whole = len(tokens.cuts) == len(text.cuts)
        return label(
            tokens,
            self._cuts(sample, number, starts),
            end=self.tokenizer.end if whole and not sample.unsupported else None,
            max_length=self.config.data.max_length,
            weighting=self.config.train.weighting,
            name=sample.sequence.id,
        )

    def _cuts(self, sample: Sample, number: int, starts: Sequence[int]) -> list[int]:
        kind = self.config.train.cuts
        if kind == "all":
            return list(starts)
        if kind == "five":
            return [starts[k] for k in evenly_spaced(len(starts))]
        if kind == "files":
            return [starts[k] for k in sample.cuts]
        chosen = self._random(sample, number, 3).integers(len(starts)) if starts else 0
        return [starts[int(chosen)]] if starts else []

    # --- what is shown ------------------------------------------------------------------------

    def _random(self, sample: Sample, number: int, stream: int) -> np.random.Generator:
        seed = self.config.train.seed
        return np.random.default_rng([seed, stream, number, *sample.sequence.id.encode()])

    def _draws(self, keys: np.ndarray, numbers: np.ndarray, stream: int) -> np.ndarray:
        return draws(keys, numbers, seed=self.config.train.seed, stream=stream)

    def _shares(self, what: str, numbers: np.ndarray) -> np.ndarray:
        """What the stages say of variants, shape (n,): a share of captions, images or points."""
        each = [getattr(stage, what) for stage in self.stages for _ in range(stage.passes)]
        return np.array(each)[numbers % self.variants]

    def _symmetries(self, keys: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """How variants are moved, as numbers of `symmetries`, shape (n,); 0 is not at all."""
        seed, upright = self.config.train.seed, self.config.data.upright
        return variant_symmetries(keys, numbers, seed=seed, upright=upright)

    def _symmetry(self, sample: Sample, number: int) -> Symmetry | None:
        key = np.array([hash64(sample.sequence.id)], dtype=np.uint64)
        (which,) = self._symmetries(key, np.array([number])).tolist()
        return symmetries()[which] if which else None

    def _scale(self, sample: Sample, number: int) -> float:
        seed, share = self.config.train.seed, self.config.data.scaled
        return variant_scale(sample.sequence.id, number, seed=seed, share=share)

    def _captions(self, sizes: TextSizes, numbers: np.ndarray) -> np.ndarray:
        """Which caption samples show, shape (n,): 0 none, 1 the given one, then derived ones."""
        shown, derived, which = (self._draws(sizes.keys, numbers, n) for n in (1, 2, 3))
        given, count = sizes.heads[:, 1] > 0, (sizes.heads[:, 2:] > 0).sum(axis=1)
        is_derived = (count > 0) & (~given | (derived < self.config.data.derived))
        chosen = np.where(is_derived, 2 + (which * count).astype(int), given)
        return np.where(shown < self._shares("captions", numbers), chosen, 0)

    def _shows(self, sizes: TextSizes, numbers: np.ndarray) -> tuple[np.ndarray, ...]:
        """How many pictures samples show, of how many, and whether a cloud; shape (n,) each.

        A turned part has pictures only where they still fit it.
        """
        some, cloud, count = (self._draws(sizes.keys, numbers, n) for n in (4, 5, 6))
        moved = self._symmetries(sizes.keys, numbers)
        turned = np.array([symmetry.turns_about_z for symmetry in symmetries()])[moved]
        there = sizes.pictures * bool(self.features.image)
        there = np.where(moved == 0, there, np.where(turned, np.minimum(there, _UPRIGHT), 0))
        there = np.where(some < self._shares("images", numbers), there, 0)
        most = np.minimum(there, self.config.data.most_images)
        images = np.where(most > 0, 1 + (count * most).astype(int), 0)
        points = sizes.clouds & bool(self.features.points)
        return images, there, points & (cloud < self._shares("points", numbers))

    def _caption(self, sample: Sample, number: int) -> str | None:
        """The caption that was given, or one of the descriptions that were derived, or none."""
        texts = (None, sample.caption, *sample.descriptions)
        return texts[int(self._captions(_one(sample), np.array([number]))[0])]

    def _shown(self, sample: Sample, number: int) -> Shown:
        """Choose pictures and points."""
        found = self._shows(_one(sample), np.array([number]))
        images, there, points = (column.tolist()[0] for column in found)
        chosen = self._random(sample, number, 2).permutation(there)[:images] if images else ()
        return Shown(tuple(int(i) for i in chosen), points)

    def _most(self, sample: Sample) -> Shown:
        """Return the most that any variant of a part could show."""
        images, points = self._most_shown(_one(sample))
        return Shown(tuple(range(int(images[0]))), bool(points[0]))

    def _most_shown(self, sizes: TextSizes) -> tuple[np.ndarray, np.ndarray]:
        """The most pictures that any variant could show, and whether any shows a cloud."""
        images = np.minimum(sizes.pictures, self.config.data.most_images)
        images = images * (bool(self.features.image) and any(s.images for s in self.stages))
        points = bool(self.features.points) and any(stage.points for stage in self.stages)
        return images, sizes.clouds & points

    def _most_features(self, sizes: TextSizes) -> np.ndarray:
        images, points = self._most_shown(sizes)
        return images * self.features.image + points * self.features.points

    def _placeholders(self, shown: Shown) -> tuple[int, ...]:
        return self.features.placeholders(images=len(shown.images), points=shown.points)


def _one(sample: Sample) -> TextSizes:
    """What one sample may show, in numbers; its tokens are not counted."""
    texts, place = (None, sample.caption, *sample.descriptions), sample.place
    there = np.array([[text is not None for text in texts]], dtype=np.int32)
    zero = np.zeros(1, dtype=np.int32)
    return TextSizes(
        np.array([hash64(sample.sequence.id)], dtype=np.uint64),
        zero,
        zero,
        zero,
        there,
        np.array([place.pictures if place else 0]),
        np.array([place is not None and place.cloud]),
    )
