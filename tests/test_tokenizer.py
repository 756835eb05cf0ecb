"""Tokens: one tokenisation, and cuts that are exact for every tokenizer (law 1)."""

from __future__ import annotations

from functools import cache

import pytest
from conftest import REAL, real
from hypothesis import given, settings
from strategies import sequences
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from cadcomplete.errors import CheckpointError, InputError
from cadcomplete.history.fields import FORMATS
from cadcomplete.history.sequence import truncate
from cadcomplete.language.prompt import prompt
from cadcomplete.language.tokenizer import END, TextTokenizer, shipped


def bytes_only() -> TextTokenizer:
    """A tokenizer without merges: each byte is a token."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({c: i for i, c in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([END])
    return TextTokenizer(tokenizer, END)


def greedy_over_lines() -> TextTokenizer:
    """A tokenizer that joins a line end with the letter that follows it."""
    vocabulary = {c: i for i, c in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    vocabulary |= {"Ċl": len(vocabulary), "Ċs": len(vocabulary) + 1}
    tokenizer = Tokenizer(models.BPE(vocabulary, [("Ċ", "l"), ("Ċ", "s")]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([END])
    return TextTokenizer(tokenizer, END)


TOKENIZERS = {
    "shipped": lambda: TextTokenizer.load(shipped()),
    "bytes": bytes_only,
    "qwen3": lambda: TextTokenizer.load(real("tokenizers/qwen3")),
}


def assert_prefix_law(whole, cuts, tokenizer):
    tokens = tokenizer.encode(whole)
    for part, count in zip(cuts, tokens.cuts, strict=True):
        assert tokenizer.encode(part).ids == tokens.ids[:count]


@cache
def tokenizer_of(name):
    return TOKENIZERS[name]()


def prefixes_hold(text_format, names):
    """Show the law for random histories: each is written once, and read by all tokenizers."""
    tokenizers = [tokenizer_of(name) for name in names]

    @given(sequence=sequences())
    @settings(max_examples=25, deadline=None)
    def holds(sequence):
        asked = {"caption": "a bracket, 3 holes ø6", "text_format": text_format}
        whole = prompt(sequence, **asked)
        cuts = [truncate(sequence, at.operations, curves=at.curves) for at in whole.cuts]
        parts = [prompt(part, **asked) for part in cuts]
        for tokenizer in tokenizers:
            assert_prefix_law(whole, parts, tokenizer)

    holds()


@pytest.mark.parametrize("text_format", FORMATS)
def test_the_prompt_of_k_operations_is_how_the_training_text_begins(text_format):
    here = (REAL / "tokenizers" / "qwen3").exists()
    prefixes_hold(text_format, [name for name in TOKENIZERS if here or name != "qwen3"])


def test_the_tokenizer_of_qwen3_is_among_those_that_are_asked():
    assert tokenizer_of("qwen3").size > 150_000


def test_a_tokenizer_that_reaches_over_a_line_end_is_refused(plate):
    with pytest.raises(InputError, match="joins the end of a line"):
        greedy_over_lines().encode(prompt(plate))


def test_the_same_texts_train_the_same_tokenizer(plate):
    texts = [prompt(plate).text] * 3
    first, second = (TextTokenizer.train(texts, size=300) for _ in range(2))
    assert first.backend.to_str() == second.backend.to_str()
    assert first.size <= 300


def test_a_saved_tokenizer_is_read_back_the_same(tmp_path, plate):
    tokenizer = TextTokenizer.train([prompt(plate).text], size=300)
    tokenizer.save(tmp_path)
    again = TextTokenizer.load(tmp_path)
    assert again.encode(prompt(plate)) == tokenizer.encode(prompt(plate))
    assert (again.end, again.vocabulary) == (tokenizer.end, tokenizer.vocabulary)


def test_tokens_give_back_the_text(plate):
    tokenizer, text = bytes_only(), prompt(plate, caption="größe ø6")
    assert tokenizer.decode(tokenizer.encode(text).ids) == text.text


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"eos_token": 3}'])
def test_a_broken_tokenizer_folder_is_an_error_that_names_it(tmp_path, content):
    (tmp_path / "tokenizer_config.json").write_text(content)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(CheckpointError) as caught:
        TextTokenizer.load(tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_a_missing_tokenizer_folder_is_an_error(tmp_path):
    with pytest.raises(CheckpointError, match="cannot read"):
        TextTokenizer.load(tmp_path / "nowhere")
