"""Laws 3 and 4: loss falls on exactly the target, and one pass scores every cut."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from conftest import PLATE

from cadcomplete.config import DecoderConfig, ModelConfig
from cadcomplete.data.collate import collate
from cadcomplete.data.labels import label, operation_cuts
from cadcomplete.errors import RefusedSample
from cadcomplete.language.lines import decode
from cadcomplete.language.prompt import prompt
from cadcomplete.language.tokenizer import IGNORED, TextTokenizer, Tokens
from cadcomplete.model.assembly import qwen3_config
from cadcomplete.model.model import CompletionModel
from cadcomplete.model.pretrained import from_architecture

MORE = PLATE + "sketch 0 0 10 +z +x\ncircle 20 15 9\nextrude join to 25 0\n"
SMALL = ModelConfig(decoder=DecoderConfig(width=32, layers=2, heads=2, kv_heads=1, feed_forward=48))


@pytest.fixture(scope="module")
def tokenizer():
    return TextTokenizer.train([prompt(decode(MORE)).text], size=280)


@pytest.fixture(scope="module")
def cut_tokens(tokenizer):
    """Tokens of a history of four operations, and the places to cut it."""
    text = prompt(decode(MORE), caption="a plate")
    tokens = tokenizer.encode(text)
    return tokens, operation_cuts(text, tokens)


@pytest.fixture(scope="module")
def model(tokenizer):
    torch.manual_seed(0)
    config = qwen3_config(SMALL, vocabulary=tokenizer.size, end=tokenizer.end, length=128)
    return CompletionModel(from_architecture(config.to_diff_dict())).double()


def labelled(tokens, cuts, tokenizer, **options):
    return label(tokens, cuts, end=tokenizer.end, max_length=500, **options)


@pytest.mark.parametrize("kept", range(4))
def test_loss_falls_on_the_target_operations_and_the_end(tokenizer, cut_tokens, kept):
    tokens, cuts = cut_tokens
    sample = labelled(tokens, [cuts[kept]], tokenizer)
    supervised = sample.ids[sample.labels != IGNORED]
    commands = MORE.splitlines(keepends=True)
    after = "".join(commands[[0, 7, 8, 10][kept] :])
    assert tokenizer.decode(supervised) == after + "<|endoftext|>"


def test_a_single_cut_gives_the_mean_over_its_target(tokenizer, cut_tokens):
    tokens, cuts = cut_tokens
    weights = labelled(tokens, [cuts[2]], tokenizer).weights
    count = len(tokens.ids) + 1 - cuts[2]
    assert np.allclose(weights[cuts[2] :], 1 / count)
    assert weights.sum() == pytest.approx(1)


def test_all_cuts_in_one_pass_have_the_loss_and_gradient_of_separate_samples(
    tokenizer, cut_tokens, model
):
    tokens, cuts = cut_tokens
    cuts = cuts[:-1]

    def gradient(samples):
        model.zero_grad()
        losses = []
        for sample in samples:
            batch = without_names(collate([[sample]], padding=tokenizer.end))
            batch["weights"] = torch.from_numpy(sample.weights)[None]
            losses.append(model(**batch)["loss"])
        loss = torch.stack(losses).mean()
        loss.backward()
        return loss.item(), [p.grad.clone() for p in model.parameters()]

    once, together = gradient([labelled(tokens, cuts, tokenizer)])
    apart, separate = gradient([labelled(tokens, [cut], tokenizer) for cut in cuts])
    # The norms of Qwen3 compute in single precision, whatever the weights are.
    assert once == pytest.approx(apart, rel=1e-6)
    for a, b in zip(together, separate, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-7)


def without_names(batch):
    return {key: value for key, value in batch.items() if key != "names"}


@pytest.mark.parametrize("rows", [[[0], [1]], [[0, 1]], [[1, 0], [0]], [[0, 1, 0], [1, 1]]])
def test_a_batch_padded_or_packed_has_the_losses_of_its_samples_alone(
    tokenizer, cut_tokens, model, rows
):
    tokens, cuts = cut_tokens
    short = labelled(tokenizer.encode(prompt(decode(PLATE))), [5], tokenizer)
    samples = [short, labelled(tokens, cuts[:-1], tokenizer)]

    def losses(rows):
        batch = without_names(collate(rows, padding=tokenizer.end))
        return model(**batch | {"weights": batch["weights"].double()})["losses"]

    alone = torch.cat([losses([[samples[i]]]) for row in rows for i in row])
    together = losses([[samples[i] for i in row] for row in rows])
    torch.testing.assert_close(together, alone, rtol=1e-5, atol=1e-6)


def test_a_packed_batch_has_the_gradient_of_separate_samples(tokenizer, cut_tokens, model):
    tokens, cuts = cut_tokens
    short = labelled(tokenizer.encode(prompt(decode(PLATE))), [5], tokenizer)
    samples = [short, labelled(tokens, cuts[:-1], tokenizer), short]

    def gradient(batches):
        model.zero_grad()
        for rows in batches:
            batch = without_names(collate(rows, padding=tokenizer.end))
            model(**batch | {"weights": batch["weights"].double()})["total"].backward()
        return [p.grad.clone() for p in model.parameters()]

    packed = gradient([[samples]])
    for a, b in zip(packed, gradient([[[s]] for s in samples]), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


def test_token_weighting_counts_every_target_token_once(tokenizer, cut_tokens):
    tokens, cuts = cut_tokens
    weights = labelled(tokens, cuts[1:-1], tokenizer, weighting="tokens").weights
    assert weights[: cuts[1]].sum() == 0
    assert (weights[cuts[1] :] == 1).all()


def test_a_sample_that_is_too_long_is_refused_with_its_name():
    with pytest.raises(RefusedSample, match=r"at bracket: too long: expected at most 3 tokens"):
        label(Tokens((1, 2, 3), ()), [1], end=0, max_length=3, name="bracket")


def test_a_sample_without_a_cut_is_refused():
    with pytest.raises(RefusedSample, match="nothing to complete"):
        label(Tokens((1, 2, 3), ()), [], end=0, max_length=9)


@pytest.mark.parametrize("cut", [0, 4])
def test_a_cut_outside_of_the_text_is_refused(cut):
    with pytest.raises(RefusedSample, match="a cut outside"):
        label(Tokens((1, 2, 3), ()), [cut], end=0, max_length=9)


def test_a_batch_without_loss_is_refused_instead_of_nan(tokenizer, cut_tokens):
    tokens, cuts = cut_tokens
    sample = labelled(tokens, [cuts[0]], tokenizer)
    sample.labels[:] = IGNORED
    with pytest.raises(RefusedSample, match="no token carries loss"):
        collate([[sample]], padding=tokenizer.end)
