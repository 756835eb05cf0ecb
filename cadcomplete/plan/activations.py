"""What a forward pass keeps for the backward pass, tensor by tensor, in bytes.

Counted the way autograd keeps it in Qwen3 and Llama of transformers, with adapters of peft, under
autocast or not; `tests/test_plan.py` compares it with the tensors that are really saved.

Names: T tokens of a micro-batch, L of a row, D width, Q width of all queries, K of all keys, F of
the feed-forward layer, V vocabulary. `c` is bytes of what is computed in, `r` of the residual
stream (the type of the weights).
"""

from __future__ import annotations

from dataclasses import dataclass

from cadcomplete.plan.sizes import Decoder, EncoderSize


@dataclass(frozen=True, slots=True)
class Work:
    """A micro-batch and how it is computed.

    Attributes:
        rows, length: of the micro-batch, in tokens; `length` is the longest that there can be.
        compute, residual: bytes of a number.
        trained: whether the weights of the language model itself learn.
        adapted: linear layers of a layer that have adapters of `rank`.
        dropout: bytes that remember whether adapters dropped a number: 1 on a GPU, 4 on a CPU; 0
            if they drop nothing.
        dora: whether they are those of DoRA.
        fused: whether attention is, so that it keeps no matrix of L × L.
        masked: whether it gets a mask: where rows are padded or packed.
    """

    rows: int
    length: int
    compute: int
    residual: int
    trained: bool = False
    adapted: tuple[str, ...] = ()
    rank: int = 0
    dropout: int = 0
    dora: bool = False
    fused: bool = True
    masked: bool = False

    @property
    def tokens(self) -> int:
        return self.rows * self.length

    @property
    def casts(self) -> bool:
        """Whether weights in single precision are copied to compute with them."""
        return self.compute < self.residual


def layer(d: Decoder, w: Work) -> dict[str, int]:
    """Return what one decoder layer keeps.

    Norms compute in single precision: they keep their input so, and the inverse of its size. If
    the residual stream is in single precision, their inputs are the stream itself.
    """
    t, c, r = w.tokens, w.compute, w.residual
    norms = 2 * t * (d.width + 1) * 4
    if w.trained:
        norms += 2 * t * d.width * r
    kept = {
        "inputs of the norms": norms,
        "inputs of q, k, v": _inputs(w, ("q_proj", "k_proj", "v_proj"), d.width, r),
        "norms of queries and keys": _heads_norms(d, w) if d.qk_norm else 0,
        **_attention(d, w),
        "input of o": _inputs(w, ("o_proj",), d.query, c, kept=w.fused),
        "inputs of gate, up": _inputs(w, ("gate_proj", "up_proj"), d.width, r),
        "gate, its activation, up": 3 * t * d.feed_forward * c,
        "input of down": _inputs(w, ("down_proj",), d.feed_forward, c),
        "inside of adapters": len(w.adapted) * w.rank * t * c,
    }
    shapes = [d.linears[name] for name in w.adapted]
    if c < 4:
        kept["adapters as computed with"] = sum(w.rank * (a + b) * c for a, b in shapes)
    if w.dora:
        kept["DoRA"] = sum(_dora(w, a, b) for a, b in shapes)
    if w.casts:
        kept["weights as computed with"] = d.layer_linear * c
    return {name: size for name, size in kept.items() if size}


def _inputs(w: Work, names: tuple[str, ...], width: int, had: int, *, kept: bool = False) -> int:
    """The inputs of linear layers that read the same tensor of `had` bytes a number.

    A frozen layer needs no input. A trained one keeps its own copy where autocast makes one. An
    adapter has weights in single precision, so peft casts its input to that; autocast casts it
    back: a copy for each. `kept` says that something else keeps the tensor anyway.
    """
    size, copies = w.tokens * width, 0
    shared = w.trained and had == w.compute
    if w.trained and had != w.compute:
        copies += len(names) * w.compute
    adapters = sum(name in w.adapted for name in names)
    if w.dropout:
        copies += adapters * (w.compute + w.dropout)
    elif w.compute == 4:
        shared = shared or adapters > 0
    else:
        copies += adapters * w.compute
    if shared and not kept:
        copies += had
    return size * copies


def _dora(w: Work, inputs: int, outputs: int) -> int:
    """Both terms of the result, and the adapters applied to a unit matrix, as peft does it."""
    unit = inputs * (inputs + w.rank) * w.compute
    return 2 * w.tokens * outputs * w.compute + unit + 3 * 4 * outputs


def _heads_norms(d: Decoder, w: Work) -> int:
    size = w.tokens * ((d.query + d.key) * 4 + (d.heads + d.kv_heads) * 4)
    return size + w.trained * w.tokens * (d.query + d.key) * w.compute


def _attention(d: Decoder, w: Work) -> dict[str, int]:
    """Queries, keys, values, the result and a logarithm for each row of the matrix.

    With a mask keys and values are repeated for all heads, and the mask becomes numbers. Attention
    that is not fused keeps its matrix, in single precision and as computed with.
    """
    t, c = w.tokens, w.compute
    matrix = w.rows * w.length**2
    repeated = w.masked or not w.fused
    keys = d.query if repeated else d.key
    kept = {"queries, keys, values": t * (d.query + 2 * keys) * c}
    if not w.fused:
        return {**kept, "matrix of attention": d.heads * matrix * (4 + (c if c < 4 else 0))}
    kept["result of attention"] = t * (d.query * c + d.heads * 4)
    if w.masked:
        kept["mask as numbers"] = matrix * c
    return kept


def in_flight(d: Decoder, w: Work, *, dequantized: bool = False) -> int:
    """Return the most that gradients take on their way through one layer.

    In the feed-forward layer: those of its three wide tensors, and that of the residual stream. The
    adapters of the last linear layer add a gradient in single precision; where that layer learns
    itself, its input has gone by then, but there is the gradient of its weights. Of weights in
    4 bits one matrix at a time exists as it is computed with.
    """
    numbers, matrix = 3 * w.compute, d.feed_forward * d.width
    size = 2 * w.tokens * d.width * w.residual
    if "down_proj" in w.adapted and w.compute < 4:
        numbers = max(numbers, 4 + 2 * w.compute)
    if w.trained:
        numbers -= w.compute
        size += matrix * 4
    if dequantized:
        size += matrix * w.compute
    return size + w.tokens * d.feed_forward * numbers


def stored(d: Decoder, w: Work) -> int:
    """Return what checkpointing keeps: the input of every layer."""
    return d.layers * w.tokens * d.width * w.residual


def around(d: Decoder, w: Work) -> int:
    """Return what all layers share: the tables of the rotary embedding, and a mask."""
    mask = w.rows * w.length**2 if w.masked else 0
    return 2 * w.length * d.head_width * w.residual + mask


def last(d: Decoder, w: Work) -> int:
    """Return what stands after the layers: the input of the last norm, and its result.

    The result is copied where it carries loss: at all positions, at most.
    """
    norm = w.tokens * (d.width * 4 + 4 + w.trained * d.width * w.residual)
    return norm + w.tokens * d.width * w.residual


def logits(d: Decoder, w: Work, at_once: int) -> int:
    """Return the most that logits take: single precision, three times.

    Logarithms of the probabilities, their gradient and that of the logits exist together while
    the gradient of `at_once` positions is computed.
    """
    return 3 * 4 * min(at_once, w.tokens) * d.vocabulary


def loss(d: Decoder, w: Work, at_once: int) -> int:
    """Return the most that logits and the gradient of the output layer take.

    Where that layer learns, the sum of its gradients over earlier positions stands beside the
    logits; that of these positions is added when only the gradient of the logits is left.
    """
    most = logits(d, w, at_once)
    if not w.trained:
        return most
    summed = d.embedding * 4 if w.tokens > at_once else 0
    new = d.embedding * (4 + (w.compute if w.casts else 0))
    return summed + max(most, most // 12 * w.compute + new)


def encoder(e: EncoderSize, *, items: int, compute: int) -> int:
    """Return what an encoder that learns keeps of its items; one that is frozen keeps nothing.

    Of each layer, a token: the input of both norms in single precision and their results, queries,
    keys, values and the result of attention, and the feed-forward layer before and after its
    activation, which is four times as wide. Residuals that are scaled are kept as well (DINOv2).
    Under autocast each linear layer keeps its own cast input and its cast weights.
    """
    casts = compute < 4
    numbers = 2 + 3 + 1 + 4 + 4 + (2 * e.scaled)
    norms = 2 * (e.width * 4 + 2 * 4)
    each = e.width * compute * (numbers + 2 * (casts and e.scaled)) + norms + 4 * e.heads
    kept = e.layers * e.inside * each + e.inside * (e.width + 2) * 4
    if e.points:  # one more layer, whose keys and values come from the points
        per_point = 54 * compute + e.width * 4 * compute + 2 * 4
        kept += e.points * per_point + e.inside * (each - 2 * e.width * compute)
    return items * (kept + e.pixels * compute) + casts * e.parameters * compute
