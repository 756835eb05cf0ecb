"""Constrained sampling: several continuations of one prompt, in one batch.

Shapes: R rows still being written, L tokens of the prompt, V vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from cadcomplete.grammar import Grammar, Matcher
from cadcomplete.model import CompletionModel
from cadcomplete.sequence import CadSequence


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
    """

    rows: int = 6
    temperature: float = 0.9
    top_p: float = 0.95
    most_tokens: int = 512
    seed: int = 0


@dataclass(slots=True)
class Row:
    """A continuation while it is written.

    Attributes:
        scores: natural log of each token's probability among those that the grammar allows.
        whole: number of tokens up to where the text could last have ended.
        ended: whether the model ended it.
        finished: the history up to there.
    """

    matcher: Matcher
    tokens: list[int] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    whole: int = 0
    ended: bool = False
    finished: CadSequence = field(default_factory=lambda: CadSequence(()))


@dataclass(frozen=True, slots=True)
class Written:
    """Continuations, and how likely the history was to end before them."""

    rows: tuple[Row, ...]
    end_probability: float


@torch.inference_mode()
def generate(model: CompletionModel, prompt: Prompt, start: Matcher, sampling: Sampling) -> Written:
    """Return `sampling.rows` continuations of a prompt; every one of them obeys the grammar."""
    language_model, device = model.causal, model.device
    random = torch.Generator().manual_seed(sampling.seed)
    output = language_model(
        inputs_embeds=_embedded(model, prompt), use_cache=True, logits_to_keep=1
    )
    cache, logits_RV = output.past_key_values, output.logits[:, -1].float().cpu()
    grammar = start.grammar
    end_probability = _end_probability(logits_RV[0], start, grammar)

    rows = [Row(start.copy()) for _ in range(sampling.rows)]
    active = list(rows)
    cache.batch_repeat_interleave(len(rows))
    logits_RV = logits_RV.repeat(len(rows), 1)
    room = model.longest - len(prompt.ids)
    for _ in range(min(sampling.most_tokens, room)):
        for row, logits_V in zip(active, logits_RV, strict=True):
            greedy = row is rows[0]
            _write(row, logits_V, sampling, random, greedy=greedy, end=grammar.end)
        going = [i for i, row in enumerate(active) if not row.ended]
        if not going:
            break
        if len(going) < len(active):
            cache.batch_select_indices(torch.tensor(going, device=device))
            active = [active[i] for i in going]
        last_R1 = torch.tensor([[row.tokens[-1]] for row in active], device=device)
        output = language_model(input_ids=last_R1, past_key_values=cache, use_cache=True)
        logits_RV = output.logits[:, -1].float().cpu()
    return Written(tuple(rows), end_probability)


def _embedded(model: CompletionModel, prompt: Prompt) -> Tensor:
    """What the language model reads, shape (1, L, D)."""
    ids_1L = torch.tensor([prompt.ids], device=model.device)
    images = None if prompt.images is None else torch.from_numpy(prompt.images).to(model.device)
    points = None if prompt.points is None else torch.from_numpy(prompt.points[None])
    return model.embed(ids_1L, images, None if points is None else points.to(model.device))


def _end_probability(logits_V: Tensor, start: Matcher, grammar: Grammar) -> float:
    """The probability of ending at once, among all that the grammar allows there."""
    if not start.complete:
        return 0.0
    allowed = sorted({*start.allowed(), grammar.end})
    return float(logits_V[allowed].softmax(0)[allowed.index(grammar.end)])


def _write(
    row: Row,
    logits_V: Tensor,
    sampling: Sampling,
    random: torch.Generator,
    *,
    greedy: bool,
    end: int,
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
    if token == end:
        row.ended = True
        return
    row.tokens.append(token)
    row.matcher.accept(token)
    if row.matcher.may_end:
        row.whole, row.finished = len(row.tokens), row.matcher.drawing.sequence


def _draw(probabilities: Tensor, top_p: float, random: torch.Generator) -> int:
    """Draw from the likeliest choices that have `top_p` of the probability together."""
    ordered, indices = probabilities.sort(descending=True, stable=True)
    ordered[ordered.cumsum(0) - ordered >= top_p] = 0.0
    return int(indices[torch.multinomial(ordered, 1, generator=random)])
