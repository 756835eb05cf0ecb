"""The laws on open real files. The data are not part of the project: without them these tests are
skipped, and say so.

All files are read and written; for time a third of them is truncated, another third prompted with,
and some are built: benchmarks/survival.py walks all of them through every room, and real_files.py
builds all. They are taken in chunks, so that the processes of pytest-xdist share them.
"""

from __future__ import annotations

import csv
import json
import random
import re
from functools import cache

import pytest
from conftest import REAL, ROOT, real

from cadcomplete import readers
from cadcomplete.data.labels import label
from cadcomplete.data.truncate import versions
from cadcomplete.errors import BuildError
from cadcomplete.history.fields import FORMATS
from cadcomplete.history.sequence import truncate
from cadcomplete.kernel.build import build
from cadcomplete.kernel.measure import check
from cadcomplete.language.lines import decode, encode
from cadcomplete.language.prompt import prompt
from cadcomplete.language.tokenizer import IGNORED, TextTokenizer, shipped

CHUNKS = {"omnicad": 8, "fusion360": 40}
EXCEPTIONS = json.loads((ROOT / "tests" / "exceptions.json").read_text(encoding="utf-8"))
ALL = [(name, chunk) for name, count in CHUNKS.items() for chunk in range(count)]
EVERY = {"omnicad": (0, 2), "fusion360": (2, 8)}
BUILT = [(name, chunk) for name, chunk in ALL if chunk % EVERY[name][1] == EVERY[name][0]]
"""Half of the one, and an eighth of the other."""
TRUNCATED, PROMPTED = ([both for both in ALL if both[1] % 3 == n] for n in (0, 1))
IN_TURN = [(*both, FORMATS[number % len(FORMATS)]) for number, both in enumerate(PROMPTED)]
"""Each chunk in one of the formats."""


def rows(name, chunk=0, count=1):
    """(path, id, volume in mm³) for every count-th file of a data set."""
    folder = real(name)
    with (folder / "MANIFEST.csv").open() as file:
        table = list(csv.DictReader(file))
    for row in table[chunk::count]:
        path = f"{row['shard']}/{row['id']}" if "shard" in row else row["id"]
        yield folder / "json" / f"{path}.json", row["id"], float(row["volume_m3"]) * 1e9


def files(name, chunk):
    return rows(name, chunk, CHUNKS[name])


def placeless(sequence):
    """The values of a history, without the places in the file where they stood."""
    return re.sub(r", source='[^']*'|, id='[^']*'", "", repr(sequence))


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("name", "chunk"), BUILT)
def test_files_build_to_the_volume_of_the_manifest_before_and_after_text(name, chunk):
    for path, key, wanted in files(name, chunk):
        sequence = readers.read(path).sequence
        before = repr(sequence)
        try:
            solid = build(sequence)
            assert not check(solid), key
            assert solid.volume == pytest.approx(wanted, rel=1e-3), key
        except (BuildError, AssertionError):
            assert key in EXCEPTIONS[name], f"{key} is a new exception"
            continue
        assert key not in EXCEPTIONS[name], f"{key} is no exception any more"
        assert repr(sequence) == before  # law 11
        again = decode(encode(sequence).text)
        if placeless(again) != placeless(sequence):  # else it is the same solid
            assert build(again).volume == pytest.approx(solid.volume, rel=1e-4), key  # law 7


def test_the_exceptions_are_few_and_each_has_a_reason():
    assert not EXCEPTIONS["omnicad"]
    assert len(EXCEPTIONS["fusion360"]) <= 0.002 * 6367
    assert all(EXCEPTIONS["fusion360"].values())


def test_the_manifests_have_all_files():
    assert len(list(rows("omnicad"))) == 152
    assert len(list(rows("fusion360"))) == 6367


@pytest.mark.parametrize(("name", "chunk"), ALL)
def test_reading_is_lossless_and_the_texts_are_stable(name, chunk):
    for path, key, _ in files(name, chunk):
        document = readers.read(path)
        assert json.loads(document.dump()) == json.loads(path.read_bytes()), key
        lines = encode(document.sequence).text
        assert encode(decode(lines)).text == lines, key
        exact = encode(document.sequence, text_format="json").text
        assert decode(exact, text_format="json").operations == document.sequence.operations, key


@pytest.mark.parametrize(("name", "chunk"), TRUNCATED)
def test_a_truncated_file_is_the_beginning_of_the_whole_one(name, chunk):
    for path, key, _ in files(name, chunk):
        document = readers.read(path)
        whole = encode(document.sequence)
        for version in versions(document):
            keep = version.kept_operations
            again = readers.parse(version.dump())
            assert len(again.sequence) == keep
            text = encode(again.sequence).text
            assert text == whole.text[: whole.operation_offsets[keep]], key  # law 2
            assert "bounding_box" not in version.raw["properties"]
            extended = version.extended(document.sequence)
            assert extended.raw["sequence"][:keep] == version.raw["sequence"]  # law 5
            given = version.raw["entities"]
            assert {k: extended.raw["entities"][k] for k in given} == given


@cache
def tokenizers():
    """Ours, and the one of Qwen3 where it is at hand."""
    qwen3 = REAL / "tokenizers" / "qwen3"
    return [TextTokenizer.load(path) for path in (shipped(), qwen3) if path.exists()]


@pytest.mark.parametrize(("name", "chunk", "text_format"), IN_TURN)
def test_prompts_are_prefixes_and_loss_falls_on_the_target(name, chunk, text_format):
    for tokenizer in tokenizers():
        for path, key, _ in files(name, chunk):
            sequence = readers.read(path).sequence
            text = prompt(sequence, text_format=text_format)
            tokens = tokenizer.encode(text)
            cuts = dict(zip(text.cuts, tokens.cuts, strict=True))
            cut = random.Random(f"{key} {tokenizer.size}").choice(list(cuts))
            part = truncate(sequence, cut.operations, curves=cut.curves)
            alone = tokenizer.encode(prompt(part, text_format=text_format))
            assert alone.ids == tokens.ids[: cuts[cut]], key  # law 1
            sample = label(tokens, [cuts[cut]], end=tokenizer.end, max_length=10**6)
            assert (sample.labels[: cuts[cut]] == IGNORED).all()
            assert (sample.labels[cuts[cut] :] == sample.ids[cuts[cut] :]).all()  # law 3


def test_deepcad_files_are_read_and_written_without_loss():
    for path in sorted(real("deepcad").rglob("*.json")):
        if path.parent.name == "prompts":
            continue
        document = readers.read(path)
        assert json.loads(document.dump()) == json.loads(path.read_bytes())
        assert encode(decode(encode(document.sequence).text)).text == encode(document.sequence).text
