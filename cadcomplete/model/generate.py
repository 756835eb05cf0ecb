"""Constrained sampling: several continuations of one prompt, in one batch; and their scores.

Shapes: R rows still being written, L tokens of the prompt, V vocabulary, K tokens of the longest
continuation that is scored.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from cadcomplete.config import Config
from cadcomplete.deadline import NEVER, Deadline
from cadcomplete.errors import InputError, MemoryLimitError
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.grammar import Matcher
from cadcomplete.model.model import CompletionModel

ATTEMPTS = 3
"""How often a model writes at most, if nothing that it writes is valid."""

_BOLDER = 1.3
"""By how much the temperature rises from one attempt to the next."""

_AT_ONCE = 1024
"""Tokens of continuations that are read at the same time."""

_SMALL = 50_000_000
"""Parameters below which one thread is enough: more would mostly wait for each other."""


@dataclass(frozen=True, slots=True, eq=False)
class Prompt:
    """What a model is given: the beginning of a training sample.

    Attributes:
        ids: placeholders and the text so far.
        images: bytes of shape (k, 3, size, size), or None.
        points: xyz and unit normals, shape (count, 6), or None.
    """

    ids: tuple[int, ...]
    images: np.ndarray | None = None
    points: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class Sampling:
    """How continuations are drawn.

    Attributes:
        greedy: whether the first row always takes the likeliest token.
        top_p: tokens beyond this share of the probability are not drawn.
        most_tokens: longest continuation.
        until: where a continuation is over: where the model ends it, or as soon as an operation of
            it has built something.
        due: when nothing more is written; then continuations are as long as they are.
    """

    rows: int = 6
    greedy: bool = True
    temperature: float = 0.9
    top_p: float = 0.95
    most_tokens: int = 512
    seed: int = 0
    until: Literal["end", "built"] = "end"
    due: Deadline = NEVER

    def __post_init__(self) -> None:
        for name, value, allowed, expected in (
            ("--rows", self.rows, 1 <= self.rows <= 1024, "1 to 1024"),
            ("--max-new-tokens", self.most_tokens, self.most_tokens >= 1, "1 or more"),
            ("--top-p", self.top_p, 0 < self.top_p <= 1, "more than 0, up to 1"),
            ("--temperature", self.temperature, 0 < self.temperature <= 100, "0 to 100, not 0"),
        ):
            if not allowed:  # what is not a number is not allowed either
                raise InputError("cannot draw like that", where=name, expected=expected, got=value)

    def bolder(self, attempt: int) -> Sampling:
        """Return how to draw when nothing valid came: not the likeliest, and with more chance."""
        raised = min(self.temperature * _BOLDER**attempt, 100.0)
        return replace(self, greedy=False, temperature=raised, seed=self.seed + attempt)


def usual_sampling(config: Config, metrics: dict[str, Any], *, answers: int = 0) -> Sampling:
    """Return how a model draws unless something else is wanted.

    Of so many different `answers` some will be alike, so more is written than is asked for.

    Language models as the specification says; those of our own as was measured to be better. No
    text is cut off that is as long as those that the model has learned to write, turned as well.
    """
    longest = metrics.get("longest_target")
    learned = longest + longest // 10 if isinstance(longest, int) else config.data.max_length
    own = Sampling(rows=max(16, 2 * answers + 6))
    if not config.model.language_model:
        return replace(own, most_tokens=max(own.most_tokens, learned))
    return replace(own, temperature=0.7, top_p=0.9, most_tokens=max(3000, learned))


@dataclass(slots=True)
class Row:
    """A continuation while it is written.

    Attributes:
        scores: natural log of each token's probability among those that the grammar allows.
        whole: number of tokens up to where the text could last have ended.
        ended: whether the model ended it.
        over: whether nothing more is written.
        finished: the history up to there.
    """

    matcher: Matcher
    tokens: list[int] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    whole: int = 0
    ended: bool = False
    over: bool = False
    finished: CadSequence = field(default_factory=lambda: CadSequence(()))


@dataclass(frozen=True, slots=True)
class Began:
    """A prompt that the model has read, for any number of continuations.

    Attributes:
        length: of the prompt in tokens.
        cache: what attention keeps of it.
        logits: of the token that follows, shape (V,).
    """

    model: CompletionModel
    length: int
    cache: Any
    logits: Tensor

    def cached(self, rows: int) -> Any:
        """Return a cache of its own for so many rows."""
        cache = copy.deepcopy(self.cache)
        cache.batch_repeat_interleave(rows)
        return cache


@contextmanager
def _answering(model: CompletionModel, what: str) -> Iterator[None]:
    """Compute without gradients, with one thread if the model is small.

    Several would spin while they wait for each other: with another process beside, that takes ten
    times as long. OMP_NUM_THREADS is obeyed. Raises MemoryLimitError.
    """
    before = torch.get_num_threads()
    small = model.device.type == "cpu" and model.parameter_count < _SMALL
    fewer = small and before > 1 and not os.environ.get("OMP_NUM_THREADS")
    if fewer:
        torch.set_num_threads(1)
    try:
        with torch.inference_mode():
            yield
    except torch.OutOfMemoryError:
        raise MemoryLimitError(
            f"the memory of the card does not suffice for {what}",
            hint="write fewer continuations at once, with --rows, or use --device cpu",
        ) from None
    finally:
        if fewer:
            torch.set_num_threads(before)


def begin(model: CompletionModel, prompt: Prompt) -> Began:
    """Let the model read a prompt. Raises MemoryLimitError."""
    with _answering(model, f"a prompt of {len(prompt.ids)} tokens"):
        embedded = _embedded(model, prompt)
        output = model.causal(inputs_embeds=embedded, use_cache=True, logits_to_keep=1)
        logits_V = output.logits[0, -1].float().cpu()
    return Began(model, len(prompt.ids), output.past_key_values, logits_V)


def commands(
    began: Began, start: Matcher, tokens: Callable[[str], Sequence[int]]
) -> dict[str, float]:
    """Return the probabilities of the commands that may come next, and of the end as "".

    `tokens` says what a text is in the tokens of the model.
    """
    openings = {name: tokens(text) for name, text in start.openings.items()}
    if start.complete:
        openings[""] = (start.grammar.end,)
    logs = torch.tensor(score(began, list(openings.values())))
    return dict(zip(openings, logs.softmax(0).tolist(), strict=True))


def generate(began: Began, start: Matcher, sampling: Sampling) -> tuple[Row, ...]:
    """Return `sampling.rows` continuations of a prompt; every one of them obeys the grammar.

    Raises MemoryLimitError.
    """
    what = f"{sampling.rows} continuations of a prompt of {began.length} tokens"
    with _answering(began.model, what):
        return _generate(began, start, sampling)


def _generate(began: Began, start: Matcher, sampling: Sampling) -> tuple[Row, ...]:
    model, device = began.model, began.model.device
    random = torch.Generator().manual_seed(sampling.seed)
    rows = [Row(start.copy()) for _ in range(sampling.rows)]
    active, cache = list(rows), began.cached(len(rows))
    logits_RV = began.logits.repeat(len(rows), 1)
    for _ in range(min(sampling.most_tokens, model.longest - began.length)):
        for row, logits_V in zip(active, logits_RV, strict=True):
            greedy = sampling.greedy and row is rows[0]
            _write(row, logits_V, sampling, random, greedy=greedy)
        going = [i for i, row in enumerate(active) if not row.over]
        if not going or sampling.due.over:
            break
        if len(going) < len(active):
            cache.batch_select_indices(torch.tensor(going, device=device))
            active = [active[i] for i in going]
        last_R1 = torch.tensor([[row.tokens[-1]] for row in active], device=device)
        output = model.causal(input_ids=last_R1, past_key_values=cache, use_cache=True)
        logits_RV = output.logits[:, -1].float().cpu()
    return tuple(rows)


def score(
    began: Began, continuations: Sequence[Sequence[int]], *, closing: Sequence[int] = ()
) -> list[float]:
    """Return the natural log probability of each continuation.

    With `closing`, of the continuation and one of these tokens after it. Many are read in one
    row, and what they begin with alike once: each token sees the prompt and those before it.
    """
    found = [0.0] * len(continuations)
    for tree in _trees(continuations):
        with _answering(began.model, f"{len(tree.which)} ideas"):
            totals = _scores(began, tree, closing)
        for i, total in zip(tree.which, totals, strict=True):
            found[i] = total
    return found


@dataclass(slots=True)
class _Tree:
    """Continuations that share their beginnings.

    Attributes:
        tokens: of each node, K of them; a parent comes before its children.
        parents: the node before each; -1 for the prompt.
        which: the numbers of the continuations.
        ends: the last node of each.
    """

    tokens: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    which: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    _nodes: dict[tuple[int, int], int] = field(default_factory=dict)

    def add(self, number: int, continuation: Sequence[int]) -> None:
        node = -1
        for token in continuation:
            parent, node = node, self._nodes.setdefault((node, token), len(self.tokens))
            if node == len(self.tokens):
                self.tokens.append(token)
                self.parents.append(parent)
        self.which.append(number)
        self.ends.append(node)


def _trees(continuations: Sequence[Sequence[int]]) -> Iterator[_Tree]:
    """Yield trees of at most `_AT_ONCE` tokens, but for a continuation that is longer."""
    tree = _Tree()
    for i in sorted(range(len(continuations)), key=lambda i: tuple(continuations[i])):
        if tree.tokens and len(tree.tokens) + len(continuations[i]) > _AT_ONCE:
            yield tree
            tree = _Tree()
        tree.add(i, continuations[i])
    if tree.which:
        yield tree


def _scores(began: Began, tree: _Tree, closing: Sequence[int]) -> list[float]:
    device, count = began.model.device, len(tree.tokens)
    own_KK, place_K = torch.eye(count, dtype=torch.bool), torch.zeros(count, dtype=torch.long)
    for node, parent in enumerate(tree.parents):
        if parent >= 0:
            own_KK[node] |= own_KK[parent]
            place_K[node] = place_K[parent] + 1
    ids_K, parents_K = torch.tensor(tree.tokens), torch.tensor(tree.parents)
    prompt_KL = torch.ones((count, began.length), dtype=torch.bool)
    output = began.model.causal(
        input_ids=ids_K[None].to(device),
        attention_mask=torch.cat([prompt_KL, own_KK], dim=1)[None, None].to(device),
        position_ids=(began.length + place_K)[None].to(device),
        past_key_values=copy.deepcopy(began.cache),
        use_cache=True,
    )
    after_KV = output.logits[0].float().cpu().log_softmax(1)
    first_1V = began.logits.log_softmax(0)[None]
    logs_K = torch.cat([after_KV, first_1V])[parents_K, ids_K]  # -1 is the row of the prompt
    totals_K = own_KK.float() @ logs_K
    totals = totals_K[tree.ends]
    if closing:
        totals += after_KV[tree.ends][:, list(closing)].logsumexp(1)
    return totals.tolist()


def _embedded(model: CompletionModel, prompt: Prompt) -> Tensor:
    """What the language model reads, shape (1, L, D)."""
    ids_1L = torch.tensor([prompt.ids], device=model.device)
    images = None if prompt.images is None else torch.from_numpy(prompt.images).to(model.device)
    points = None if prompt.points is None else torch.from_numpy(prompt.points[None])
    return model.embed(ids_1L, images, None if points is None else points.to(model.device))


def _write(
    row: Row, logits_V: Tensor, sampling: Sampling, random: torch.Generator, *, greedy: bool
) -> None:
    """Append one token to a row; where the words of a model lead nowhere, it is over."""
    allowed = row.matcher.allowed()
    if not allowed:
        row.over = True
        return
    scores = logits_V[list(allowed)].log_softmax(0)
    if greedy:
        choice = int(scores.argmax())
    else:
        choice = _draw((scores / sampling.temperature).softmax(0), sampling.top_p, random)
    row.scores.append(float(scores[choice]))
    token = allowed[choice]
    if token == row.matcher.grammar.end:
        row.over = row.ended = True
        return
    row.tokens.append(token)
    row.matcher.accept(token)
    if row.matcher.may_end:
        row.whole, row.finished = len(row.tokens), row.matcher.drawing.sequence
        row.over = sampling.until == "built"


def _draw(probabilities: Tensor, top_p: float, random: torch.Generator) -> int:
    """Draw from the likeliest choices that have `top_p` of the probability together."""
    ordered, indices = probabilities.sort(descending=True, stable=True)
    ordered[ordered.cumsum(0) - ordered >= top_p] = 0.0
    return int(indices[torch.multinomial(ordered, 1, generator=random)])
