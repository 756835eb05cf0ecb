"""Thousands of damaged files: each is refused in one clear line, or works in every respect."""

from __future__ import annotations

import json
import random
import time
from functools import cache

import pytest
from conftest import PARTS, REAL
from mutations import damage_bytes, damage_structure

from cadcomplete import readers
from cadcomplete.errors import InputError, TextError
from cadcomplete.history.fields import FORMATS
from cadcomplete.history.sequence import CadSequence, validate
from cadcomplete.language.lines import decode, encode
from cadcomplete.readers import Document

CASES = 100
BATCHES = 15
DISC = "sketch 0 0 0 +z +x\ncircle 0 0 5\n"
SECONDS = 5.0
"""What one case may take; a hundredth of a second is typical."""


@cache
def originals() -> tuple[bytes, ...]:
    """The example parts in both dialects, and small files of the open data where it is."""
    parts = [readers.read(path) for path in sorted(PARTS.glob("*.json"))]
    ours = [readers.from_sequence(part.sequence) for part in parts]
    real = [
        data
        for name in ("omnicad", "fusion360")
        for path in sorted((REAL / name / "json").glob("*/*.json"))[::40]
        if len(data := path.read_bytes()) < 30_000
    ]
    return (*(document.dump().encode() for document in (*parts, *ours)), *real)


def read(data: bytes, path) -> Document | InputError:
    path.write_bytes(data)
    try:
        return readers.read(path)
    except InputError as error:
        return error


def assert_clear(error: InputError, path, *, placed: bool) -> None:
    message = str(error)
    assert message.startswith(f"{path}: ")
    assert len(message.splitlines()) == 1
    not_json = error.problem.startswith(("not JSON", "not a CAD history"))
    assert error.where.startswith("$") or not_json or not placed


def assert_works(whole: Document, data: bytes) -> None:
    assert json.loads(whole.dump()) == json.loads(data)
    assert bool(whole.sequence.rest) == bool(whole.sequence.unsupported)
    document = whole.known
    sequence = document.sequence
    assert sequence.rest == ()
    sound = not any(finding.severity == "error" for finding in validate(sequence))
    for text_format in FORMATS:
        text = encode(sequence, text_format=text_format).text
        try:
            again = decode(text, text_format=text_format)
        except TextError:
            assert not sound  # such as a circle without radius
        else:
            assert encode(again, text_format=text_format).text == text
    assert_continues(document.truncated(len(sequence) // 2))
    for keep in range(len(sequence) + 1):
        shorter = readers.parse(document.truncated(keep).dump())
        assert shorter.sequence.operations == sequence.operations[:keep]


def assert_continues(document: Document) -> None:
    given = document.sequence.operations
    longer = document.extended(CadSequence((*given, *decode(DISC).operations)))
    assert longer.sequence.operations[: len(given)] == given
    assert len(longer.sequence) == len(given) + 1
    assert readers.parse(longer.dump()).sequence.operations == longer.sequence.operations


@pytest.mark.timeout(60)
@pytest.mark.parametrize("batch", range(BATCHES))
@pytest.mark.parametrize("damage", [damage_bytes, damage_structure])
def test_a_damaged_file_is_refused_in_one_line_or_works(damage, batch, tmp_path):
    path = tmp_path / "damaged.json"
    for case in range(CASES):
        choose = random.Random(f"{damage.__name__} {batch} {case}")
        data = damage(choose.choice(originals()), choose)
        started = time.perf_counter()
        outcome = read(data, path)
        if isinstance(outcome, InputError):
            assert_clear(outcome, path, placed=damage is damage_structure)
        else:
            assert_works(outcome, data)
        assert time.perf_counter() - started < SECONDS, f"case {case} took too long"


@pytest.mark.timeout(60)
def test_a_damaged_file_of_lines_is_refused_in_one_line_or_works(tmp_path):
    path = tmp_path / "damaged.lines"
    texts = [encode(readers.parse(data).sequence).text.encode() for data in originals()]
    for case in range(5 * CASES):
        choose = random.Random(f"lines {case}")
        outcome = read(damage_bytes(choose.choice(texts), choose), path)
        if isinstance(outcome, InputError):
            assert_clear(outcome, path, placed=False)
            assert outcome.where.startswith("line ") or "UTF-8" in outcome.problem
        else:
            assert_works(outcome, outcome.dump().encode())
