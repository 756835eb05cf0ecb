"""Constrained sampling: several continuations of one prompt, in one batch; and their scores.

Shapes: R rows still being written, B branches of these, L tokens of the prompt, V vocabulary, K
nodes of a tree of continuations that are scored, N of these that are read.
"""

from __future__ import annotations

import copy
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from cadcomplete.errors import MemoryLimitError
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.grammar import Matcher
from cadcomplete.model.choices import drawn
from cadcomplete.model.model import CompletionModel
from cadcomplete.model.sampling import Sampling
from cadcomplete.model.steps import Steps, steps_itself

_AT_ONCE = 1024
"""Tokens of continuations that are read at the same time."""

_FEW, _PATIENCE, _MORE = 0.25, 2, 16
"""Once so few of the rows are left, they may get so many times as long as the others, and so many
tokens more: most of the time was spent on what rambles on (docs/experiments.md)."""

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

    def shows_as(self, other: Prompt) -> bool:
        """Whether another one shows the same pictures and points."""
        pairs = (self.images, other.images), (self.points, other.points)
        return all(a is b if a is None or b is None else np.array_equal(a, b) for a, b in pairs)


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

    def take(
        self,
        token: int,
        score: float,
        matcher: Matcher,
        whole: CadSequence | None,
        *,
        until: Literal["end", "built"],
    ) -> None:
        """Append a token, after which `matcher` is; the text may end there if it is `whole`."""
        self.scores.append(score)
        if token == matcher.grammar.end:
            self.over = self.ended = True
            return
        self.tokens.append(token)
        self.matcher = matcher
        if whole is not None:
            self.whole, self.finished = len(self.tokens), whole
            self.over = until == "built"


@dataclass(frozen=True, slots=True)
class Began:
    """A prompt that the model has read, for any number of continuations.

    Attributes:
        prompt: the one.
        cache: what attention keeps of it.
        logits: of the token that follows, shape (V,).
    """

    model: CompletionModel
    prompt: Prompt
    cache: Any
    logits: Tensor

    @property
    def length(self) -> int:
        """Of the prompt, in tokens."""
        return len(self.prompt.ids)

    def shared(self, model: CompletionModel, prompt: Prompt) -> int:
        """Return with how many tokens another prompt begins alike that stand in the cache.

        At least one is left to be read; pictures and clouds stand before all text, so what follows
        is alike only if they are.
        """
        front = sum(token < 0 for token in prompt.ids)
        if self.model is not model or not self.prompt.shows_as(prompt):
            return 0
        pairs = zip(self.prompt.ids, prompt.ids, strict=False)
        alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        alike = min(alike, len(prompt.ids) - 1)
        return alike if alike >= front else 0


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


def begin(model: CompletionModel, prompt: Prompt, *, after: Began | None = None) -> Began:
    """Let the model read a prompt; of that which it has read before, `after`, only what differs.

    Raises MemoryLimitError.
    """
    shared = 0 if after is None else after.shared(model, prompt)
    if after is None or not shared:
        return _begun(model, prompt, None, prompt)
    cache = copy.deepcopy(after.cache)
    if shared < after.length:
        cache.crop(shared - after.length)  # a negative number: of tokens at its end
    return _begun(model, prompt, cache, Prompt(prompt.ids[shared:]))


def _begun(model: CompletionModel, prompt: Prompt, cache: Any, rest: Prompt) -> Began:
    """Read the `rest` of a prompt of which the beginning stands in the cache."""
    with _answering(model, f"a prompt of {len(rest.ids)} tokens"):
        output = model.causal(
            inputs_embeds=_embedded(model, rest),
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        logits_V = output.logits[0, -1].float().cpu()
    return Began(model, prompt, output.past_key_values, logits_V)


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
    random = torch.Generator().manual_seed(sampling.seed)
    rows = tuple(Row(start) for _ in range(sampling.rows))
    front, writing = _Front(rows, [0] * len(rows), [start.copy()]), _Writing(began)
    logits_BV, most = began.logits[None], sampling.most_tokens
    for written in range(1, 1 + min(most, began.model.longest - began.length)):
        front, before = _written(front, logits_BV, sampling, random, first=rows[0])
        if not front.rows or sampling.due.over or written >= most:
            break
        if len(front.rows) <= _FEW * len(rows):
            most = min(most, _PATIENCE * written + _MORE)  # what rambles on is nothing to wait for
        logits_BV = writing.step(before, front.last)
    return rows


@dataclass(frozen=True, slots=True)
class _Front:
    """The rows that are still written.

    Attributes:
        branches: of each row: those that have written the same so far are one, and are read once.
        matchers: of each branch.
    """

    rows: Sequence[Row]
    branches: Sequence[int]
    matchers: Sequence[Matcher]

    @property
    def last(self) -> list[int]:
        """The last token of each branch."""
        found = zip(self.branches, self.rows, strict=True)
        return list({branch: row.tokens[-1] for branch, row in found}.values())

    def going(self) -> tuple[_Front, list[int]]:
        """Return it without rows that are over, and which of its branches are left."""
        going = [i for i, row in enumerate(self.rows) if not row.over]
        left = dict.fromkeys(self.branches[i] for i in going)
        number = {branch: i for i, branch in enumerate(left)}
        front = _Front(
            [self.rows[i] for i in going],
            [number[self.branches[i]] for i in going],
            [self.matchers[branch] for branch in left],
        )
        return front, list(left)


def _written(
    front: _Front,
    logits_BV: Tensor,
    sampling: Sampling,
    random: torch.Generator,
    *,
    first: Row,
) -> tuple[_Front, list[int]]:
    """Append one token to each row; return what goes on, and from which branch each branch comes.

    Where the words of a model lead nowhere, a row is over. The `first` row may be greedy.
    """
    allowed = [matcher.allowed() for matcher in front.matchers]
    for row, branch in zip(front.rows, front.branches, strict=True):
        row.over = not allowed[branch]
    front, before = front.going()
    if not front.rows:
        return front, before
    chosen = drawn(
        logits_BV[before],
        [allowed[branch] for branch in before],
        front.branches,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        random=random,
        greedy=sampling.greedy and front.rows[0] is first,
    )
    ways = [(branch, token) for branch, (token, _) in zip(front.branches, chosen, strict=True)]
    numbers = {way: number for number, way in enumerate(dict.fromkeys(ways))}
    shared = Counter(branch for branch, _ in numbers)
    matchers = [_after(front.matchers[b], token, alone=shared[b] == 1) for b, token in numbers]
    after, kept = _Front(front.rows, [numbers[way] for way in ways], matchers), list(numbers)
    ends = [matcher.drawing.sequence if matcher.may_end else None for matcher in matchers]
    for row, branch, (token, score) in zip(after.rows, after.branches, chosen, strict=True):
        row.take(token, score, matchers[branch], ends[branch], until=sampling.until)
    after, left = after.going()
    return after, [before[kept[branch][0]] for branch in left]


def _after(matcher: Matcher, token: int, *, alone: bool) -> Matcher:
    """The matcher after a token: a copy, unless nobody else goes on from it."""
    if token == matcher.grammar.end:
        return matcher
    after = matcher if alone else matcher.copy()
    after.accept(token)
    return after


class _Writing:
    """A model that goes on from a prompt, step by step: by itself, or as `transformers` does."""

    def __init__(self, began: Began) -> None:
        causal = began.model.causal
        self._causal, self._device = causal, began.model.device
        self._steps = Steps(causal, began.cache) if steps_itself(causal) else None
        self._cache: Any = None if self._steps else copy.deepcopy(began.cache)

    def step(self, before: Sequence[int], tokens: Sequence[int]) -> Tensor:
        """Go on with a token after each of these branches of the last step, there may be several.

        Return the logits of what follows, shape (B, V).
        """
        if self._steps is not None:
            self._steps.select(before)
            return self._steps.step(tokens)
        self._cache.batch_select_indices(torch.tensor(before, device=self._device))
        last_B1 = torch.tensor(tokens, device=self._device)[:, None]
        output = self._causal(input_ids=last_B1, past_key_values=self._cache, use_cache=True)
        return output.logits[:, -1].float().cpu()


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
    count = len(tree.tokens)
    own_KK, place_K = torch.eye(count, dtype=torch.bool), torch.zeros(count, dtype=torch.long)
    for node, parent in enumerate(tree.parents):
        if parent >= 0:
            own_KK[node] |= own_KK[parent]
            place_K[node] = place_K[parent] + 1
    # What nothing follows need not be read: of many short ideas that is every second token.
    followed = {*tree.parents, *(tree.ends if closing else ())}
    read = [node for node in range(count) if node in followed]
    row_of = {node: row for row, node in enumerate(read)}
    ids_K, read_N = torch.tensor(tree.tokens), torch.tensor(read, dtype=torch.long)
    after_NV = _read(began, ids_K[read_N], place_K[read_N], own_KK[read_N][:, read_N])
    first_1V = began.logits.log_softmax(0)[None]
    rows_K = torch.tensor([row_of.get(parent, len(read)) for parent in tree.parents])
    logs_K = torch.cat([after_NV, first_1V])[rows_K, ids_K]  # the last is the row of the prompt
    totals_K = own_KK.float() @ logs_K
    totals = totals_K[tree.ends]
    if closing:
        ends = [row_of[node] for node in tree.ends]
        totals += after_NV[ends][:, list(closing)].logsumexp(1)
    return totals.tolist()


def _read(began: Began, ids_N: Tensor, place_N: Tensor, sees_NN: Tensor) -> Tensor:
    """Read tokens after a prompt, of which each sees some; return the natural logs of the
    probabilities of what follows each, shape (N, V)."""
    if not len(ids_N):
        return torch.zeros((0, len(began.logits)))
    device = began.model.device
    prompt_NL = torch.ones((len(ids_N), began.length), dtype=torch.bool)
    output = began.model.causal(
        input_ids=ids_N[None].to(device),
        attention_mask=torch.cat([prompt_NL, sees_NN], dim=1)[None, None].to(device),
        position_ids=(began.length + place_N)[None].to(device),
        past_key_values=copy.deepcopy(began.cache),
        use_cache=True,
    )
    return output.logits[0].float().cpu().log_softmax(1)


def _embedded(model: CompletionModel, prompt: Prompt) -> Tensor:
    """What the language model reads, shape (1, L, D)."""
    ids_1L = torch.tensor([prompt.ids], device=model.device)
    images = None if prompt.images is None else torch.from_numpy(prompt.images).to(model.device)
    points = None if prompt.points is None else torch.from_numpy(prompt.points[None])
    return model.embed(ids_1L, images, None if points is None else points.to(model.device))
