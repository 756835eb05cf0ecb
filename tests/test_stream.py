"""Parts that travel light, batches without end, and training against the clock."""

from __future__ import annotations

import importlib.util
import itertools
import json
import math

import numpy as np
import pytest
import torch
from conftest import PLATE, ROOT, prepared_parts
from tokenizers import Regex

from cadcomplete.clouds.measured import ShapeMeasures
from cadcomplete.config import from_dict
from cadcomplete.data.pack import read_pack, write_pack
from cadcomplete.data.stream import Stream, grouped, held_out, piece
from cadcomplete.errors import InputError
from cadcomplete.language import numbers
from cadcomplete.language.commands import DERIVED
from cadcomplete.language.lines import decode, encode
from cadcomplete.language.prompt import head
from cadcomplete.language.tokenizer import TextTokenizer
from cadcomplete.model import checkpoint
from cadcomplete.model.assembly import assemble, make_tokenizer
from cadcomplete.training.timed import STATE, Clock, Speed, TimedRun

TINY = {
    "data": {"text_format": "numbers", "max_length": 400, "points": 0.5, "captions": 0.5},
    "model": {
        "decoder": {
            "vocabulary": 1700,
            "width": 16,
            "layers": 1,
            "heads": 2,
            "kv_heads": 1,
            "feed_forward": 32,
        }
    },
    "train": {"precision": "float16"},
}


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    source = prepared_parts(tmp_path_factory, views=0, points=1024)
    file = tmp_path_factory.mktemp("pack") / "parts.xz"
    assert write_pack([source], file, scans=1) == 10
    return file


@pytest.fixture(scope="module")
def parts(pack):
    return list(read_pack(pack))


@pytest.fixture(scope="module")
def small_train():
    file = ROOT / "benchmarks" / "small_train.py"
    spec = importlib.util.spec_from_file_location("small_train", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def tokenizer(parts):
    texts = [head(text) for p in parts for text in p.sample.descriptions]
    return make_tokenizer(from_dict(TINY), texts)


def config_in(folder, **changes):
    return from_dict(TINY | {"output": str(folder), "name": "tiny"} | changes)


def test_a_pack_has_what_the_data_set_has(parts):
    assert all(p.clean is not None and len(p.scans) == 1 for p in parts)
    assert {p.sample.split for p in parts} == {"train", "validation"}
    assert all(len(p.sample.descriptions) == 2 for p in parts)


def test_a_file_that_is_no_pack_is_named(tmp_path):
    file = tmp_path / "parts.xz"
    file.write_bytes(b"not xz")
    with pytest.raises(InputError, match="not a pack"):
        list(read_pack(file))


def test_measures_move_and_grow_with_the_part(parts):
    from cadcomplete.history.symmetry import symmetries

    for part in parts:
        assert isinstance(part.clean, ShapeMeasures)
        for symmetry in symmetries()[::7]:
            moved = part.clean.moved(symmetry)
            for i, (axis, sign) in enumerate(zip(symmetry.order, symmetry.signs, strict=True)):
                expected = sorted(sign * v for v in part.clean.levels[axis])
                assert moved.levels[i] == pytest.approx(expected)
            radii = sorted(r.radius for r in moved.rounds)
            assert radii == sorted(r.radius for r in part.clean.rounds)
        twice = part.clean.scaled(2.0)
        assert twice.levels[0] == pytest.approx([2 * v for v in part.clean.levels[0]], abs=1e-3)


def test_loss_falls_on_the_history_and_its_end_and_never_on_what_stands_before(parts, tokenizer):
    config = from_dict(TINY)
    part = parts[0]
    found = piece(part.sample.sequence, tokenizer, config, caption="a part", measures=part.clean)
    assert found is not None
    text = tokenizer.decode(found.ids[found.first : -1].tolist())
    assert found.ids[-1] == tokenizer.end
    told = encode(part.sample.sequence, text_format="numbers").text
    assert text == told
    assert tokenizer.decode(found.ids[: found.first].tolist()).startswith("Complete this CAD")


def test_a_history_that_is_too_long_is_cut_after_an_operation(tokenizer):
    part = decode(PLATE + "sketch 0 0 10 +z +x\ncircle 20 15 8\nextrude join to 13 0\n")
    whole = piece(part, tokenizer, from_dict(TINY))
    assert whole is not None
    config = from_dict(TINY | {"data": TINY["data"] | {"max_length": len(whole.ids) - 4}})
    shorter = piece(part, tokenizer, config)
    assert shorter is not None and tokenizer.end not in shorter.ids
    text = tokenizer.decode(shorter.ids[shorter.first :].tolist())
    assert decode(text, text_format="numbers").operations == part.operations[:3]


def test_a_stream_is_the_same_for_a_seed_and_never_ends(parts, tokenizer):
    def first(seed):
        stream = Stream(parts, tokenizer, from_dict(TINY), tokens=600, share=0.5, seed=seed)
        return list(itertools.islice(stream, 12))

    one, same, other = first(1), first(1), first(2)
    assert all(torch.equal(a.ids, b.ids) for a, b in zip(one, same, strict=True))
    assert not all(torch.equal(a.ids, b.ids) for a, b in zip(one, other, strict=True))
    for batch in one:
        assert batch.ids.numel() <= 600 or len(batch.ids) == 1
        assert (batch.first < batch.length).all() and int(batch.length.max()) <= batch.ids.shape[1]


def test_batches_hold_every_sample_once(parts, tokenizer):
    pieces = held_out(parts, tokenizer, from_dict(TINY))
    batches = list(grouped(pieces, 500, tokenizer.end))
    lengths = sorted(n for batch in batches for n in batch.length.tolist())
    assert lengths == sorted(len(p.ids) for p in pieces)


def test_a_timed_run_learns_and_its_model_reads_the_same_again(parts, tokenizer, tmp_path):
    config, lines = config_in(tmp_path), []
    run = TimedRun(
        config,
        parts,
        tokenizer,
        clock=Clock(4.0, evaluate=1.0),
        speed=Speed(1e-2, tokens=800, mean=0.9),
        say=lines.append,
    )
    before = run.nats(run.sides["none"])
    folder = run.run()
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["nats_none"] < 0.9 * before
    assert not (folder / STATE).exists() and any("per part" in line for line in lines)
    loaded = checkpoint.load(folder)
    run.model.eval()
    ids = torch.tensor([run.sides["none"][0].ids[:20].tolist()])
    with torch.no_grad():
        mine, theirs = (m.causal(input_ids=ids).logits for m in (run.model, loaded.model))
    assert torch.allclose(mine, theirs, atol=1e-5)


def test_a_timed_run_that_was_stopped_goes_on(parts, tokenizer, tmp_path):
    def run(seconds, save=600.0):  # by a clock that is looked at, however busy the machine is
        clock = Clock(seconds, evaluate=100.0, save=save, now=itertools.count(step=0.1).__next__)
        made = config_in(tmp_path)
        return TimedRun(made, parts, tokenizer, clock=clock, speed=Speed(tokens=400), say=str)

    first = run(2.0)
    first.folder.mkdir(parents=True)
    first._resume()
    first._learn(next(iter(first.stream)))
    first.spent = 1.0
    first._save()
    second = run(1.5)
    second.run()
    assert second.step > 1 and second.spent >= 1.5


def test_the_time_that_is_left_is_counted_from_where_a_run_goes_on(parts, tokenizer, tmp_path):
    def made(**clock):
        told = Clock(2.0, evaluate=100.0, now=itertools.count(step=0.25).__next__, **clock)
        return TimedRun(
            config_in(tmp_path), parts, tokenizer, clock=told, speed=Speed(tokens=400), say=print
        )

    first = made()
    first.folder.mkdir(parents=True)
    first.spent = 50.0
    first._save()
    second = made(left=True)
    second.run()
    assert 52.0 <= second.spent < 53.0 and second.seconds == 52.0


def test_what_models_cost_that_are_there_is_told(
    small_train, pack, parts, tokenizer, tmp_path, monkeypatch, capsys
):
    """One that finds every token as likely costs ln V for each: its logits are all 0."""
    config = config_in(tmp_path)
    model = assemble(config, tokenizer)
    torch.nn.init.zeros_(model.causal.get_output_embeddings().weight)
    words = (*checkpoint.FIRST_WORDS, DERIVED)
    checkpoint.save(checkpoint.Checkpoint(model, tokenizer, config, words), tmp_path / "even")
    asked = ["evaluate", pack, tmp_path / "even", "--shown", "none"]
    monkeypatch.setattr("sys.argv", ["small_train.py", *map(str, asked)])
    small_train.main()
    kept_out = [p for p in parts if p.sample.held_out(0.05)]
    pieces = held_out(kept_out, tokenizer, config, words=words)
    tokens = sum(len(p.ids) - p.first for p in pieces) / len(pieces)
    rows = model.causal.get_output_embeddings().weight.shape[0]
    told = float(capsys.readouterr().out.split("none")[1].split()[0])
    assert told == pytest.approx(tokens * math.log(rows), abs=0.01)


def test_packs_and_described_parts_come_into_one(
    small_train, pack, parts, tmp_path, monkeypatch, capsys
):
    asked = ["pack", "--add", pack, "--synthetic", "2", "--to", tmp_path / "larger.xz"]
    monkeypatch.setattr("sys.argv", ["small_train.py", *map(str, asked)])
    small_train.main()
    found = list(read_pack(tmp_path / "larger.xz"))
    described = [one for one in found if one.sample.sequence.id.startswith("engineered/")]
    rest = [one for one in found if one not in described]
    assert [one.sample for one in rest] == [one.sample for one in parts]
    assert described and all(one.sample.descriptions for one in described)


def test_the_rate_rises_and_falls_with_the_time_that_is_left(parts, tokenizer, tmp_path):
    run = TimedRun(
        config_in(tmp_path), parts, tokenizer, clock=Clock(100.0), speed=Speed(), say=str
    )
    shares = []
    for spent in (0.0, 1.0, 2.0, 51.0, 100.0):
        run.spent = spent
        shares.append(run._share())
    assert shares == pytest.approx([0.01, 0.5, 1.0, 0.5, 0.0], abs=0.01)


def test_digits_of_irregular_numbers_count_less(parts, tokenizer, tmp_path):
    run = TimedRun(config_in(tmp_path), parts, tokenizer, clock=Clock(1.0), speed=Speed(), say=str)
    weights = run.weights_V.numpy()
    assert weights[tokenizer.vocabulary["7"]] < weights[tokenizer.vocabulary[" r0"]] == 1.0
    assert np.isfinite(weights).all()


def test_a_model_that_gets_more_words_keeps_the_rows_of_those_it_has(parts, tmp_path):
    few = [word for word in numbers.words() if word not in (" e0", " about")]
    old = TextTokenizer.train(["plate"], size=1700, pieces=Regex(numbers.PIECES), words=few)
    config = config_in(tmp_path)
    made = checkpoint.Checkpoint(assemble(config, old), old, config, checkpoint.FIRST_WORDS)
    checkpoint.save(made, tmp_path / "old")

    new = old.grown(numbers.words(), pieces=Regex(numbers.PIECES))
    assert all(new.vocabulary[text] == i for text, i in old.vocabulary.items())
    assert all(len(new.tokens(word)) == 1 for word in numbers.words())

    model = assemble(config, new)
    checkpoint.start_from(model, config, tmp_path / "old", tokenizer=new)
    rows, before = (m.causal.get_input_embeddings().weight for m in (model, made.model))
    assert torch.allclose(rows[: old.size], before, atol=1e-3)  # half precision
    mean = before[old.tokens(" e0")].mean(0)
    assert torch.allclose(rows[new.vocabulary[" e0"]], mean, atol=1e-3)
