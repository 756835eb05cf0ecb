"""Splits that do not leak: by source design, and what looks alike on one side."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cadcomplete.data.prepare.splits import split
from cadcomplete.data.samples import hash64, held_out


def split_of(parts, *, validation=0.3, test=0.3):
    """Split parts given as (design, text, key a, key b)."""
    table = np.array([[hash64(str(value)) for value in part] for part in parts], dtype=np.uint64)
    designs, texts, *keys = table.T
    return split(designs, texts, np.stack(keys, axis=1), validation=validation, test=test)


small = st.integers(0, 6)
many_parts = st.lists(st.tuples(small, st.integers(0, 40), small, small), min_size=1, max_size=40)


@given(many_parts)
def test_parts_of_a_design_and_parts_that_look_alike_are_on_one_side(parts):
    result = split_of(parts)
    kept = [(p, s) for p, s, k in zip(parts, result.side, result.kept, strict=True) if k]
    for (design, _, a, b), side in kept:
        for (other, _, c, d), beside in kept:
            if design == other or a == c or b == d:
                assert side == beside


@given(many_parts)
def test_one_part_of_each_text_is_kept_and_it_is_the_first(parts):
    result = split_of(parts)
    texts = [text for _, text, _, _ in parts]
    assert [texts.index(text) for text in texts] == result.original.tolist()
    assert result.kept.sum() == len(set(texts))


@given(many_parts, st.randoms(use_true_random=False))
def test_the_order_of_files_does_not_matter(parts, random):
    parts = [(design, number, a, b) for number, (design, _, a, b) in enumerate(parts)]
    shuffled = random.sample(parts, len(parts))
    before, after = split_of(parts), split_of(shuffled)
    sides = dict(zip(parts, before.side.tolist(), strict=True))
    assert all(sides[p] == side for p, side in zip(shuffled, after.side.tolist(), strict=True))


def test_alike_means_either_key_and_reaches_over_several_designs():
    chain = [("a", 1, 10, 20), ("b", 2, 10, 21), ("c", 3, 11, 21), ("d", 4, 12, 22)]
    family = split_of(chain).family
    assert family[0] == family[1] == family[2] != family[3]


def test_a_copy_that_is_left_out_binds_nothing():
    parts = [("a", 1, 10, 20), ("b", 1, 10, 20), ("b", 2, 11, 21)]
    family = split_of(parts).family
    assert family[0] != family[2]


def test_shares_are_those_that_were_asked_for():
    parts = [(n, n, f"a{n}", f"b{n}") for n in range(4000)]
    shares = np.bincount(split_of(parts, validation=0.1, test=0.2).side) / 4000
    assert shares == pytest.approx([0.7, 0.1, 0.2], abs=0.02)  # 3 sigma of a binomial: 0.019


def test_designs_alone_are_held_out_as_in_training_on_raw_files():
    names = [f"design{n}" for n in range(300)]
    side = split_of([(name, name, f"a{name}", f"b{name}") for name in names], validation=0.2).side
    assert [s == 1 for s in side] == [held_out(name, 0.2) for name in names]


def test_a_family_too_large_for_a_split_of_its_own_trains():
    alike = [(f"x{n}", n, "same", f"b{n}") for n in range(100)]
    others = [(f"y{n}", 100 + n, f"a{n}", f"c{n}") for n in range(900)]
    assert not split_of(alike + others, validation=0.5, test=0.5).side[:100].any()


def test_nothing_is_split_into_nothing():
    none = np.zeros(0, dtype=np.uint64)
    result = split(none, none, np.zeros((0, 2), dtype=np.uint64), validation=0.1, test=0.1)
    assert len(result.side) == 0
