"""From text to token ids and back, and where the cuts of a text fall among the tokens."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from cadcomplete.errors import CheckpointError, InputError
from cadcomplete.language.lines import Text

END = "<|endoftext|>"

# A word, the whole part of a number, its decimals, and a line end are tokenised apart.
PIECES = Regex(r"\n| ?-?\d+|\.\d+| ?[+\-@]?\p{L}+| ?[^\s\p{L}\d]+|\s")


_REFUSED = (type(Exception()),)
"""What the library of tokenizers raises for a file that it does not understand: no own kind."""

IGNORED = -100
"""The label of a token that carries no loss, as in torch."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text as token ids.

    Attributes:
        ids: all tokens; the end of the text is not among them.
        cuts: for each cut of the text, the number of tokens before it.
    """

    ids: tuple[int, ...]
    cuts: tuple[int, ...]

    def after(self, front: tuple[int, ...]) -> Tokens:
        """Return the same tokens with others in front of them."""
        return Tokens(front + self.ids, tuple(len(front) + cut for cut in self.cuts))


class TextTokenizer:
    """A byte-pair tokenizer and its end token."""

    def __init__(self, tokenizer: Tokenizer, end: str) -> None:
        tokenizer.no_padding()
        tokenizer.no_truncation()
        end_id = tokenizer.token_to_id(end)
        if end_id is None:
            raise CheckpointError("the tokenizer lacks its end token", expected=end)
        self.backend, self.end_text, self.end = tokenizer, end, end_id

    @staticmethod
    def load(folder: str | Path) -> TextTokenizer:
        """Read `tokenizer.json` and `tokenizer_config.json`. Raises CheckpointError."""
        folder = Path(folder)
        settings, content = (
            _read_json(folder / f) for f in ("tokenizer_config.json", "tokenizer.json")
        )
        end = settings.get("eos_token")
        end = end.get("content") if isinstance(end, dict) else end
        if not isinstance(end, str) or "model" not in content:
            raise CheckpointError("not a tokenizer", file=folder, expected="model and eos_token")
        file = folder / "tokenizer.json"
        try:
            return TextTokenizer(Tokenizer.from_str(json.dumps(content)), end)
        except _REFUSED as error:
            raise CheckpointError(f"not a tokenizer: {error}", file=file) from None
        except CheckpointError as error:
            raise error.in_file(file) from None

    @staticmethod
    def train(
        texts: Iterable[str], *, size: int, pieces: Regex = PIECES, words: Sequence[str] = ()
    ) -> TextTokenizer:
        """Learn the byte pairs of `texts`; the same texts give the same tokenizer.

        No token reaches over the end of one of the `pieces`. Those that are one of `words` are a
        token each, learned or not.
        """
        tokenizer = Tokenizer(models.BPE())
        split = pre_tokenizers.Split(pieces, behavior="isolated")
        to_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, to_bytes])
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=size - len(words),
            special_tokens=[END],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        tokenizer.train_from_iterator(texts, trainer)
        if words:
            _add(tokenizer, words)
        return TextTokenizer(tokenizer, END)

    def grown(self, words: Sequence[str], *, pieces: Regex) -> TextTokenizer:
        """Return a tokenizer in which each of `words` is a token, the new ones behind all others.

        Every token stays what it was, so that a model can go on from what it has learned. `pieces`
        are as in `train`.
        """
        content = json.loads(self.content)
        steps = content.get("pre_tokenizer", {}).get("pretokenizers", [{}])
        if steps[0].get("type") != "Split" or any(
            token["id"] >= len(content["model"]["vocab"]) for token in content["added_tokens"]
        ):
            raise CheckpointError("only tokenizers that were learned here can be given more words")
        tokenizer = Tokenizer.from_str(self.content)
        split = pre_tokenizers.Split(pieces, behavior="isolated")
        to_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, to_bytes])
        _add(tokenizer, words)
        return TextTokenizer(tokenizer, self.end_text)

    def save(self, folder: Path) -> None:
        """Write both files into an existing folder."""
        self.backend.save(str(folder / "tokenizer.json"))
        settings = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": self.end_text}
        text = json.dumps(settings, indent=1)
        (folder / "tokenizer_config.json").write_text(text + "\n", encoding="utf-8")

    @property
    def size(self) -> int:
        return self.backend.get_vocab_size()

    @property
    def content(self) -> str:
        """What `tokenizer.json` holds: the same for tokenizers that do the same."""
        return self.backend.to_str()

    def add(self, texts: Iterable[str]) -> None:
        """Make each text a token of its own, whatever pairs were learned."""
        self.backend.add_tokens([AddedToken(text, normalized=False) for text in texts])

    @cached_property
    def vocabulary(self) -> dict[str, int]:
        """The text of every ordinary token, and its id."""
        special = {i for i, token in self.backend.get_added_tokens_decoder().items()}
        ids = [i for i in range(self.backend.get_vocab_size()) if i not in special]
        texts = self.backend.decode_batch([[i] for i in ids], skip_special_tokens=False)
        return {text: i for text, i in zip(texts, ids, strict=True) if "\ufffd" not in text}

    def encode(self, text: Text) -> Tokens:
        """Tokenise a text once and find its cuts by their offsets.

        Raises InputError if a token reaches over a cut: then no prompt could end there.
        """
        encoding = self.backend.encode(text.text, add_special_tokens=False)
        starts = [start for start, _ in encoding.offsets]
        ends = [0, *(end for _, end in encoding.offsets)]
        cuts = tuple(bisect_left(starts, offset) for offset in text.offsets)
        for cut, offset in zip(cuts, text.offsets, strict=True):
            if ends[cut] > offset:
                raise InputError(
                    "this tokenizer joins the end of a line with what follows",
                    expected=f"a token to end at character {offset}",
                    got=text.text[max(0, offset - 9) : offset + 9],
                )
        return Tokens(tuple(encoding.ids), cuts)

    def tokens(self, text: str) -> list[int]:
        """Return the tokens of a text without cuts, and without an end: a piece, a caption."""
        return self.backend.encode(text, add_special_tokens=False).ids

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the tokens of many texts at once."""
        encoded = self.backend.encode_batch_fast(list(texts), add_special_tokens=False)
        return [one.ids for one in encoded]

    def decode(self, ids: Iterable[int]) -> str:
        return self.backend.decode(list(ids), skip_special_tokens=False)


def _add(tokenizer: Tokenizer, words: Sequence[str]) -> None:
    """Make every one of `words` a token, whatever pairs were learned."""
    learned = json.loads(tokenizer.to_str())["model"]
    to_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    for word in words:
        ((piece, _),) = to_bytes.pre_tokenize_str(word)
        learned["vocab"].setdefault(piece, len(learned["vocab"]))
    merges = [tuple(pair) for pair in learned["merges"]]
    tokenizer.model = models.BPE(learned["vocab"], merges, ignore_merges=True)


SHIPPED = {"": "weights", "free": "weights_free"}
"""The folders of the models that ship with the package, by name; "" is the one without a name.

"free" learned from nothing but what may be used for any purpose."""


def shipped(name: str = "") -> Path:
    """Return the folder of a model that ships with the package, its tokenizer included."""
    return Path(str(files("cadcomplete") / SHIPPED[name]))


def folder_named(folder: str | Path | None) -> Path:
    """Return the folder that is meant: of `SHIPPED` by its name, if no folder here is called so."""
    if folder is None:
        return shipped()
    name = str(folder)
    return shipped(name) if name in SHIPPED and not Path(folder).is_dir() else Path(folder)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CheckpointError(f"cannot read: {error.strerror}", file=path) from None
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"not JSON: {error}", file=path) from None
    if not isinstance(document, dict):
        raise CheckpointError("not a tokenizer", file=path, got=document)
    return document
