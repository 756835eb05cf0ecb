"""Constrained sampling: several continuations of one prompt, in one batch; and their scores.

Shapes: R rows still being written, L tokens of the prompt, V vocabulary, K tokens of the longest
continuation that is scored.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from cadcomplete.grammar import Matcher
from cadcomplete.model import CompletionModel
from cadcomplete.sequence import CadSequence

_AT_ONCE = 1024
"""Tokens of continuations that are read at the same time."""


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
    """How continuations are drawn; the first row always takes the likeliest token.

    Attributes:
        top_p: tokens beyond this share of the probability are not drawn.
        most_tokens: longest continuation.
        until: where a continuation is over: where the model ends it, or after its first extrude.
    """

    rows: int = 6
    temperature: float = 0.9
    top_p: float = 0.95
    most_tokens: int = 512
    seed: int = 0
    until: Literal["end", "extrude"] = "end"


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


@torch.inference_mode()
def begin(model: CompletionModel, prompt: Prompt) -> Began:
    """Let the model read a prompt."""
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


@torch.inference_mode()
def generate(began: Began, start: Matcher, sampling: Sampling) -> tuple[Row, ...]:
    """Return `sampling.rows` continuations of a prompt; every one of them obeys the grammar."""
    model, device = began.model, began.model.device
    random = torch.Generator().manual_seed(sampling.seed)
    rows = [Row(start.copy()) for _ in range(sampling.rows)]
    active, cache = list(rows), began.cached(len(rows))
    logits_RV = began.logits.repeat(len(rows), 1)
    for _ in range(min(sampling.most_tokens, model.longest - began.length)):
        for row, logits_V in zip(active, logits_RV, strict=True):
            _write(row, logits_V, sampling, random, greedy=row is rows[0])
        going = [i for i, row in enumerate(active) if not row.over]
        if not going:
            break
        if len(going) < len(active):
            cache.batch_select_indices(torch.tensor(going, device=device))
            active = [active[i] for i in going]
        last_R1 = torch.tensor([[row.tokens[-1]] for row in active], device=device)
        output = model.causal(input_ids=last_R1, past_key_values=cache, use_cache=True)
        logits_RV = output.logits[:, -1].float().cpu()
    return tuple(rows)


@torch.inference_mode()
def score(
    began: Began, continuations: Sequence[Sequence[int]], *, closing: Sequence[int] = ()
) -> list[float]:
    """Return the natural log probability of each continuation.

    With `closing`, of the continuation and one of these tokens after it. Many are read in one
    row: each token sees the prompt and its own continuation.
    """
    found: list[float] = []
    at = 0
    while at < len(continuations):
        some = [continuations[at]]
        while at + len(some) < len(continuations):
            following = continuations[at + len(some)]
            if sum(map(len, some)) + len(following) > _AT_ONCE:
                break
            some.append(following)
        found += _scores(began, some, closing)
        at += len(some)
    return found


def _scores(
    began: Began, continuations: Sequence[Sequence[int]], closing: Sequence[int]
) -> list[float]:
    device = began.model.device
    ids_K = torch.tensor([token for one in continuations for token in one])
    lengths = torch.tensor([len(one) for one in continuations])
    which_K = torch.repeat_interleave(torch.arange(len(lengths)), lengths)
    starts = lengths.cumsum(0) - lengths
    place_K = torch.arange(len(ids_K)) - starts[which_K]
    own_KK = (which_K[:, None] == which_K[None]) & (place_K[:, None] >= place_K[None])
    prompt_KL = torch.ones((len(ids_K), began.length), dtype=torch.bool)
    output = began.model.causal(
        input_ids=ids_K[None].to(device),
        attention_mask=torch.cat([prompt_KL, own_KK], dim=1)[None, None].to(device),
        position_ids=(began.length + place_K)[None].to(device),
        past_key_values=copy.deepcopy(began.cache),
        use_cache=True,
    )
    after_KV = output.logits[0].float().cpu().log_softmax(1)
    first_V = began.logits.log_softmax(0)
    before_KV = torch.cat([first_V[None], after_KV[:-1]])
    before_KV[starts] = first_V
    logs_K = before_KV.gather(1, ids_K[:, None])[:, 0]
    totals = torch.zeros(len(lengths)).index_add(0, which_K, logs_K)
    if closing:
        totals += after_KV[starts + lengths - 1][:, list(closing)].logsumexp(1)
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
    """Append one token to a row."""
    allowed = row.matcher.allowed()
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
        row.over = sampling.until == "extrude"


def _draw(probabilities: Tensor, top_p: float, random: torch.Generator) -> int:
    """Draw from the likeliest choices that have `top_p` of the probability together."""
    ordered, indices = probabilities.sort(descending=True, stable=True)
    ordered[ordered.cumsum(0) - ordered >= top_p] = 0.0
    return int(indices[torch.multinomial(ordered, 1, generator=random)])
