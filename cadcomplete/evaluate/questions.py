"""What is asked: parts that were held out, cut after some operations, and what is shown."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cadcomplete.clouds.cloud import PointCloud
from cadcomplete.clouds.scanner import scanned
from cadcomplete.data.describe.dictated import dictate
from cadcomplete.data.labels import evenly_spaced
from cadcomplete.data.modalities import Place, load
from cadcomplete.data.read import read_samples
from cadcomplete.data.samples import Sample, Skipped, hash64
from cadcomplete.errors import GeometryError, InputError, UnsupportedError
from cadcomplete.history.reach import numbered
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.predictions import Case

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Condition:
    """What is shown of the wanted part beside its first operations.

    Attributes:
        words: which of `WORDS`; "" for none.
        image: its first picture.
        points: its cloud.
        scan: whether the cloud is spoiled as a scanner would (`clouds.scanner`).
        other: whether words and picture are those of another part: a mistake of who shows them.
    """

    words: str = ""
    image: bool = False
    points: bool = False
    scan: bool = False
    other: bool = False


CONDITIONS: dict[str, Condition] = {
    "none": Condition(),
    "caption": Condition("caption"),
    "sizes": Condition("sizes"),
    "dimensions": Condition("dimensions"),
    "image": Condition(image=True),
    "points": Condition(points=True),
    "scan": Condition(points=True, scan=True),
    "all": Condition("caption", image=True, points=True),
    "othercaption": Condition("caption", other=True),
    "othersizes": Condition("sizes", other=True),
    "otherimage": Condition(image=True, other=True),
}

WORDS: dict[str, Callable[[Sample], str | None]] = {
    "caption": lambda sample: sample.caption or next(iter(sample.descriptions), None),
    "sizes": lambda sample: next(iter(sample.descriptions[1:]), None),
    "dimensions": lambda sample: dictate(sample.sequence),
}
"""What is said of a part: the caption that was given, else the short description of its geometry;
the longer description, which has sizes; or every step with all dimensions and places."""


@dataclass(frozen=True, slots=True)
class Held:
    """A part that was held out, and the name of its data set."""

    data: str
    sample: Sample

    @property
    def id(self) -> str:
        return self.sample.sequence.id


Key = tuple[str, str, int, str]
"""Data set, part, operations given, condition: what tells one question from another."""


@dataclass(frozen=True, slots=True)
class ExamQuestion:
    """A held-out part, how many of its operations are given, and the name of a condition.

    `shown` is the part whose words and pictures are shown: another one if the condition says so.
    """

    held: Held
    given: int
    condition: str
    shown: Held

    @property
    def key(self) -> Key:
        return (self.held.data, self.held.id, self.given, self.condition)

    @property
    def truth(self) -> CadSequence:
        return self.held.sample.sequence


@dataclass(frozen=True, slots=True)
class Data:
    """The data sets of a benchmark.

    Attributes:
        names: of the folders, with the first digits of the hash of each manifest.
        held: the parts of the split that is asked about, those with the least hash first.
        training: the histories of all training splits, for baselines that learn.
    """

    names: dict[str, str]
    held: tuple[Held, ...]
    training: tuple[CadSequence, ...]


def read_data(folders: Sequence[Path], *, split: str) -> Data:
    """Read prepared data sets. Raises InputError for one that is not, and for an empty split."""
    names = check_data(folders, split=split)
    held: list[Held] = []
    training: list[CadSequence] = []
    for folder, name in zip(folders, names, strict=True):
        for sample in read_samples(folder):
            if isinstance(sample, Skipped):
                continue
            if sample.split == split:
                held.append(Held(name, sample))
            if sample.split == "train" and not sample.unsupported:
                training.append(sample.sequence)
    if not held:
        sets = ", ".join(names)
        raise InputError(
            f"no parts in the split {split}", where=sets, hint="choose another --split"
        )
    return Data(names, tuple(held), tuple(training))


def check_data(folders: Sequence[Path], *, split: str) -> dict[str, str]:
    """Return the names of prepared data sets and the first digits of the hash of each manifest.

    Raises InputError for a folder that is none, and for a split that there is none of.
    """
    if split not in SPLITS:
        raise InputError("no such split", where="--split", expected=" or ".join(SPLITS), got=split)
    names: dict[str, str] = {}
    for folder in folders:
        name = folder.resolve().name
        if name in names:
            raise InputError("two data sets of one name", file=folder, got=name)
        names[name] = _manifest_hash(folder)
    return names


def _manifest_hash(folder: Path) -> str:
    try:
        content = (folder / "manifest.json").read_bytes()
    except OSError:
        hint = "make one with cadcomplete prepare"
        problem = "not a prepared data set" if folder.is_dir() else "no such folder"
        raise InputError(problem, file=folder, hint=hint) from None
    return hashlib.sha256(content).hexdigest()[:12]


def choose(
    held: Sequence[Held], conditions: Sequence[str], *, most: int | None, seed: int
) -> tuple[tuple[Held, ...], dict[str, int]]:
    """Return up to `most` parts in the order of their hashes, and how many were left out and why.

    Parts without what a condition shows are left out of all conditions, so that all have the same
    parts. The seed makes the choice, not what is in the parts. Raises InputError if none is left.
    """
    reasons: dict[str, int] = {}
    usable: list[Held] = []
    for one in held:
        lacking = _lacking(one.sample, [CONDITIONS[name] for name in conditions])
        if lacking:
            reasons[lacking] = reasons.get(lacking, 0) + 1
        else:
            usable.append(one)
    if not usable:
        known = "; ".join(f"{reason}: {count} parts" for reason, count in reasons.items())
        raise InputError("no part has what the conditions show", where="--conditions", got=known)
    ordered = sorted(usable, key=lambda one: hash64(f"{seed} {one.data} {one.id}"))
    return tuple(ordered[:most]), reasons


def _lacking(sample: Sample, conditions: Sequence[Condition]) -> str:
    if sample.unsupported:  # nobody knows here how it ends
        return "its history goes on with what is not known here"
    if not _in_numbers(sample.sequence):
        return "only the CAD kernel can tell where an extrude of it ends"
    place = sample.place
    for words in (c.words for c in conditions if c.words):
        if not WORDS[words](sample):
            return "no caption or description"
    if any(c.image for c in conditions) and not (place and place.pictures):
        return "no picture"
    if any(c.points for c in conditions) and not (place and place.cloud):
        return "no point cloud"
    return ""


def _in_numbers(sequence: CadSequence) -> bool:
    """Whether the history says where its extrudes end, so that what they change can be compared."""
    try:
        numbered(sequence)
    except (GeometryError, UnsupportedError):
        return False
    return True


def cuts_of(operations: int, most: int | None) -> tuple[int, ...]:
    """Return how many operations are given: every number, all of them included, or `most`.

    With `most` they are evenly spaced, at least one operation is given, and one is left.
    """
    return tuple(range(operations + 1)) if most is None else evenly_spaced(operations, most=most)


def questions(
    parts: Sequence[Held],
    conditions: Sequence[str],
    *,
    cuts: int | None,
    others: Sequence[Held] | None = None,
) -> Iterator[ExamQuestion]:
    """Yield every question, part by part.

    Where another part is shown it is one of `others`, by default of those that are asked about.
    Raises InputError where there is none.
    """
    others = parts if others is None else others
    for part in parts:
        for condition in conditions:
            shown = _another(part, others) if CONDITIONS[condition].other else part
            for given in cuts_of(len(part.sample.sequence), cuts):
                yield ExamQuestion(part, given, condition, shown)


def _another(part: Held, parts: Sequence[Held]) -> Held:
    """The part of another design whose hash with this one's name is least."""
    others = [one for one in parts if one.sample.design != part.sample.design]
    if not others:
        hint = "leave out the conditions that show another part"
        raise InputError("there is no other design", where=part.id, hint=hint)
    return min(others, key=lambda one: hash64(f"{part.id} {one.id}"))


def case(question: ExamQuestion, *, seed: int) -> Case:
    """Return what a predictor is shown. Pictures and clouds are read now. Raises InputError."""
    shown = CONDITIONS[question.condition]
    return Case(
        id=question.held.id,
        given=truncate(question.truth, question.given),
        caption=WORDS[shown.words](question.shown.sample) if shown.words else None,
        images=_pictures(*_where(question.shown)) if shown.image else (),
        points=_cloud(*_where(question.held), shown.scan, seed) if shown.points else None,
    )


def _where(held: Held) -> tuple[Place, str]:
    assert held.sample.place is not None  # else it is not asked about (`_lacking`)
    return held.sample.place, held.id


@lru_cache(maxsize=8)
def _pictures(place: Place, id: str) -> tuple[bytes, ...]:
    """The first picture of a part: the same object for all its cuts, so it is looked at once."""
    return tuple(image.png for image in load(place, id, images=(0,), cloud=False).images)


@lru_cache(maxsize=4)
def _cloud(place: Place, id: str, scan: bool, seed: int) -> PointCloud | None:
    """The cloud of a part, the same object for all its cuts."""
    cloud = load(place, id, images=()).cloud
    return scanned(cloud, name=id, seed=seed) if scan and cloud is not None else cloud


def check_conditions(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names, each once. Raises InputError for one that there is no condition of."""
    for name in names:
        if name not in CONDITIONS:
            known = ", ".join(CONDITIONS)
            raise InputError("no such condition", where="--conditions", expected=known, got=name)
    return tuple(dict.fromkeys(names))
