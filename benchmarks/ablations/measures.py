"""What a trained variant is worth, measured alike for all: losses, positions, completions."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from continuing import continued, padded, token_losses
from variants import relabelled

from cadcomplete.data.dataset import Histories
from cadcomplete.data.labels import Labelled
from cadcomplete.errors import CadCompleteError, UnsupportedError
from cadcomplete.history.operations import Extrude, Operation, Sketch
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.language.grammar import Grammar
from cadcomplete.language.lines import decode, encode
from cadcomplete.language.tokenizer import IGNORED
from cadcomplete.model.generate import Prompt, begin, generate
from cadcomplete.model.model import CompletionModel
from cadcomplete.model.sampling import Sampling

WIDTH, LAST = 8, 128
"""Positions after the cut are told in bins of so many tokens, up to so many."""


@dataclass(frozen=True, slots=True)
class Part:
    """A held-out part, and where it is cut: after half of its operations.

    Attributes:
        whole: its tokens; those of all operations and the end carry loss.
        starts: the token where each operation begins.
        keep: how many operations are given.
    """

    sequence: CadSequence
    whole: Labelled
    starts: tuple[int, ...]
    keep: int

    @property
    def cut(self) -> int:
        return self.starts[self.keep]

    @property
    def target(self) -> np.ndarray:
        """The tokens after the cut, the end among them."""
        return self.whole.ids[self.cut :]


def parts(histories: Histories) -> list[Part]:
    """Return the parts of a data set whose cuts are all places between operations."""
    found = []
    for index, sample in enumerate(histories.samples):
        history = histories.history(index)
        starts = tuple(start for start, _ in history.operations)
        found.append(Part(sample.sequence, history.labelled, starts, len(starts) // 2))
    return found


def losses(model: CompletionModel, held_out: Sequence[Part], padding: int) -> dict[str, float]:
    """Return mean losses in nats per token of true texts, each token counted once.

    all: of all tokens after the first cut. half: after half of the operations. first: of the
    first token of each operation but the first. end: of the end token. rest: all but the end.
    """
    found = token_losses(model, [part.whole for part in held_out], padding)
    pairs = list(zip(held_out, found, strict=True))
    firsts = [each[start - p.starts[0]] for p, each in pairs for start in p.starts[1:]]
    return {
        "all": float(np.concatenate(found).mean()),
        "half": float(np.concatenate([e[p.cut - p.starts[0] :] for p, e in pairs]).mean()),
        "first": float(np.mean(firsts)),
        "end": float(np.mean([each[-1] for each in found])),
        "rest": float(np.concatenate([each[:-1] for each in found]).mean()),
        "targets": float(sum(map(len, found))),
    }


# --- exposure bias ------------------------------------------------------------------------------


def by_position(
    model: CompletionModel, held_out: Sequence[Part], padding: int, *, draws: int, seed: int
) -> dict[str, list[float]]:
    """Return losses by position after the cut, in nats per token, means over bins of positions.

    Let y be the true text, c the cut, j = 1, 2, … the position after it, and ŷ a text whose
    tokens after the cut are drawn from the model, each given those that it drew before.

    teacher:  E[-log p(y_{c+j} | y_{<c+j})], what training minimises: teacher forcing.
    own:      E[-log p(y_{c+j} | y_{<=c}, ŷ_{c+1} … ŷ_{c+j-1})]: the same token, after the
              model's own history. own - teacher is the exposure bias as S. Bengio et al. 2015 and
              M. Ranzato et al. 2016 (Sequence Level Training with Recurrent Neural Networks)
              describe it: errors pile up in a history that was never seen in training.
    other:    the same token after the target of another part. Nobody made a mistake there; the
              history is real, but not that of y_{c+j}. A model cannot be blamed for what it loses
              here, so only own - other above 0 would speak of a history that is unlike real ones.
    entropy:  E[-log p(ŷ_{c+j} | y_{<=c}, ŷ_{c+1} … ŷ_{c+j-1})], the loss of what it draws. A model
              that has learned the distribution itself has entropy = teacher on held-out parts at
              every position (M. Braverman et al. 2020, Calibration, Entropy Rates, and Memory in
              Language Models); whatever they differ by is an error that it makes without any
              mistake before: of generalisation (F. Schmidt 2019, Generalization in Generation).
    agreement: share of positions where the likeliest continuation has the true token.
    error:    standard error of own - teacher, over parts (bootstrap).
    count:    tokens in the bin, over parts.
    """
    random = torch.Generator().manual_seed(seed)
    drawn = [written(model, held_out, padding, random=random) for _ in range(draws)]
    likely = written(model, held_out, padding)

    def after(histories: Callable[[int], np.ndarray], *, own: bool = False) -> list[np.ndarray]:
        """Losses of the true tokens, or of the own ones, after other histories."""
        samples = []
        for i, part in enumerate(held_out):
            ids = histories(i)
            true = _after_cut(part)
            labels = np.where(true.labels == IGNORED, IGNORED, ids) if own else true.labels
            samples.append(dataclasses.replace(true, ids=ids, labels=labels))
        return token_losses(model, samples, padding)

    teacher = after(lambda i: held_out[i].whole.ids)
    curves = {
        "teacher": [teacher],
        "own": [after(lambda i, own=own: own[i]) for own in drawn],
        "other": [after(lambda i: _with_target_of(held_out, i))],
        "entropy": [after(lambda i, own=own: own[i], own=True) for own in drawn],
        "agreement": [
            [1.0 * (p.target == ids[p.cut :]) for p, ids in zip(held_out, likely, strict=True)]
        ],
    }
    means = {
        name: [np.mean(each, axis=0) for each in zip(*some, strict=True)]
        for name, some in curves.items()
    }
    table = {name: _binned(each) for name, each in means.items()}
    gaps = [own - true for own, true in zip(means["own"], teacher, strict=True)]
    return {**table, "error": _errors(gaps), "count": _counts(teacher)}


def written(
    model: CompletionModel,
    held_out: Sequence[Part],
    padding: int,
    *,
    random: torch.Generator | None = None,
    room: int | None = None,
    at_once: int = 48,
) -> list[np.ndarray]:
    """Return each part with what the model writes after its cut, as long as the part.

    With `room` so many tokens are written, or up to and with the end token.
    """
    order = sorted(range(len(held_out)), key=lambda i: len(held_out[i].whole.ids))
    found: dict[int, np.ndarray] = {}
    for start in range(0, len(order), at_once):
        some = [held_out[i] for i in order[start : start + at_once]]
        lengths = [len(p.whole.ids) if room is None else p.cut + room for p in some]
        own_BL = continued(
            model,
            padded([p.whole for p in some], padding, room=room or 0),
            [p.cut for p in some],
            lengths=lengths,
            random=random,
            end=None if room is None else padding,
        ).numpy()
        rows = zip(order[start : start + at_once], own_BL, lengths, strict=True)
        found |= {i: own_L[:length] for i, own_L, length in rows}
    return [found[i] for i in range(len(held_out))]


def _after_cut(part: Part) -> Labelled:
    return relabelled(part.whole, np.arange(len(part.whole.ids)) >= part.cut)


def _with_target_of(held_out: Sequence[Part], index: int) -> np.ndarray:
    """A part's prefix with the target of another, again and again until it is long enough."""
    part, other = held_out[index], held_out[(index + 1) % len(held_out)]
    return np.concatenate([part.whole.ids[: part.cut], np.resize(other.target, len(part.target))])


def _bins(longest: int) -> list[slice]:
    return [slice(start, start + WIDTH) for start in range(0, min(longest, LAST), WIDTH)]


def _binned(each: Sequence[np.ndarray]) -> list[float]:
    bins = _bins(max(map(len, each)))
    return [float(np.concatenate([values[b] for values in each]).mean()) for b in bins]


def _counts(each: Sequence[np.ndarray]) -> list[float]:
    return [float(sum(len(values[b]) for values in each)) for b in _bins(max(map(len, each)))]


def _errors(each: Sequence[np.ndarray], *, resamples: int = 200) -> list[float]:
    """Standard error of the mean of each bin, parts drawn with replacement."""
    random, errors = np.random.default_rng(0), []
    for b in _bins(max(map(len, each))):
        sums = np.array([(values[b].sum(), len(values[b])) for values in each])
        drawn = sums[random.integers(len(each), size=(resamples, len(each)))].sum(1)
        drawn = drawn[drawn[:, 1] > 0]
        errors.append(float((drawn[:, 0] / drawn[:, 1]).std()))
    return errors


# --- completions --------------------------------------------------------------------------------


def free(
    histories: Histories, model: CompletionModel, held_out: Sequence[Part], *, room: int, seed: int
) -> dict[str, float]:
    """Write every part on from its cut without a grammar, the likeliest token and a drawn one.

    Shares of all parts: whose text ends within `room` tokens, ends and parses, is the target.
    """
    tokenizer = histories.tokenizer
    text_format = histories.config.data.text_format
    table: dict[str, float] = {"parts": len(held_out)}
    for name, random in (("greedy", None), ("drawn", torch.Generator().manual_seed(seed))):
        own = written(model, held_out, tokenizer.end, random=random, room=room)
        counts: Counter[str] = Counter()
        for part, ids in zip(held_out, own, strict=True):
            target = ids[part.cut :]
            if tokenizer.end not in target:
                continue
            end = int(np.argmax(target == tokenizer.end))
            text = tokenizer.decode(ids[: part.cut + end].tolist())
            counts["end"] += 1
            counts["parse"] += _parses(text.partition("\n")[2], text_format)
            counts["equal"] += np.array_equal(target[: end + 1], part.target)
        table |= {f"{name} {key}": counts[key] / len(held_out) for key in ("end", "parse", "equal")}
    return table


def _parses(text: str, text_format: str) -> bool:
    try:
        return len(decode(text, text_format=text_format)) > 0  # type: ignore[arg-type]
    except CadCompleteError:
        return False


def constrained(
    histories: Histories, model: CompletionModel, held_out: Sequence[Part], sampling: Sampling
) -> dict[str, float]:
    """Write parts on under the grammar: the first row the likeliest tokens, the others drawn.

    end: share of rows that the model ended. Of the likeliest rows, shares whose next operation,
    or all of the rest with its end, is that of the designer: next, rest; or looks like it,
    whatever its numbers: next alike, rest alike. any next: of all rows of a part.
    """
    data, tokenizer = histories.config.data, histories.tokenizer
    grammar = Grammar(tokenizer.vocabulary, tokenizer.end, text_format=data.text_format)
    counts: Counter[str] = Counter()
    was_training = model.training
    model.eval()
    for part in held_out:
        text = encode(part.sequence, text_format=data.text_format).text
        true = decode(text, text_format=data.text_format)
        start = grammar.start(truncate(true, part.keep), least=1)
        asked = Prompt(tuple(part.whole.ids[: part.cut].tolist()))
        with torch.inference_mode():
            rows = generate(begin(model, asked), start, sampling)
        target = true.operations[part.keep :]
        own = [row.matcher.drawing.sequence.operations[part.keep :] for row in rows]
        ended, looks, wanted = rows[0].ended, [*map(look, own[0])], [*map(look, target)]
        counts["end"] += sum(row.ended for row in rows)
        counts["next"] += own[0][:1] == target[:1]
        counts["next alike"] += looks[:1] == wanted[:1]
        counts["rest"] += ended and own[0] == target
        counts["rest alike"] += ended and looks == wanted
        counts["any next"] += any(some[:1] == target[:1] for some in own)
    model.train(was_training)
    shares = {key: count / len(held_out) for key, count in counts.items()}
    return {"parts": len(held_out), **shares, "end": shares["end"] / sampling.rows}


def look(operation: Operation) -> object:
    """Return what an operation is without its numbers: curves by loop, or what is extruded how."""
    if isinstance(operation, Sketch):
        return [[type(curve).__name__ for curve in loop.curves] for loop in operation.loops]
    if isinstance(operation, Extrude):
        return (operation.boolean, operation.extent.type, operation.profiles)
    raise UnsupportedError([type(operation).__name__], where="benchmarks/ablations/measures.py")
