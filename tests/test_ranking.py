"""The ranker: probabilities that were fitted, saved and read again."""

from __future__ import annotations

import numpy as np
import pytest

from cadcomplete.completion import ranking, threshold
from cadcomplete.completion.ranking import FILE, Ranker
from cadcomplete.errors import CheckpointError


@pytest.fixture(scope="module")
def examples():
    """Hits that depend on the first of two features: p = 1 / (1 + exp(1 - 2 x))."""
    random = np.random.default_rng(0)
    known = random.normal(size=(4000, 2))
    chances = 1 / (1 + np.exp(1 - 2 * known[:, 0]))
    return known, (random.random(4000) < chances).astype(float), chances


def test_the_chances_that_made_the_hits_are_found_again(examples):
    known, hits, chances = examples
    found = ranking.fit(known, hits).probabilities(known)
    assert np.abs(found - chances).mean() < 0.02
    assert found.mean() == pytest.approx(hits.mean(), abs=1e-3)  # the bias is not penalised


def test_a_feature_that_never_changes_does_no_harm(examples):
    known, hits, _ = examples
    wider = np.concatenate([known, np.ones((4000, 1))], axis=1)
    same = ranking.fit(wider, hits).probabilities(wider)
    assert same == pytest.approx(ranking.fit(known, hits).probabilities(known), abs=1e-6)


def test_a_feature_that_may_only_speak_for_an_idea_never_speaks_against_it(examples):
    known, hits, _ = examples
    free = ranking.fit(known, 1 - hits)
    held = ranking.fit(known, 1 - hits, signs=(1, 0))
    assert free.weight[0] < -1
    assert held.weight[0] == 0
    assert held.weight[1] == pytest.approx(free.weight[1], abs=0.1)


def test_what_was_saved_is_read_again(examples, tmp_path):
    known, hits, _ = examples
    made = Ranker(("a", "b"), {"later sketch": ranking.fit(known, hits)})
    made.save(tmp_path)
    again = ranking.load(tmp_path, ("a", "b"))
    assert again == made
    assert again.probabilities("first extrude", known) is None
    assert ranking.load(tmp_path / "elsewhere", ("a", "b")) is None


@pytest.mark.parametrize("content", ["{", "[]", '{"features": ["a"]}'])
def test_a_broken_file_is_named(content, tmp_path):
    (tmp_path / FILE).write_text(content)
    with pytest.raises(CheckpointError, match="not a ranker"):
        ranking.load(tmp_path, ("a",))


def test_a_ranker_for_other_features_is_refused(examples, tmp_path):
    known, hits, _ = examples
    Ranker(("a", "b"), {"later sketch": ranking.fit(known, hits)}).save(tmp_path)
    with pytest.raises(CheckpointError, match="a ranker for other features"):
        ranking.load(tmp_path, ("a", "c"))


def test_a_threshold_shows_most_of_which_enough_is_right(tmp_path):
    """Of nine scores of a third the first six have three right, the first nine three of nine: all
    are shown; with one more that is wrong it is three of ten, too few."""
    rights = (True, False, True, False, True, False, False, False, False)
    firsts = [(0.34 - 0.001 * i, right) for i, right in enumerate(rights)]
    found = threshold.chosen_of([*firsts, (0.01, False)], "ten cuts")
    assert (found.least, found.right) == (pytest.approx(0.332), pytest.approx(1 / 3))
    assert found.shown == pytest.approx(0.9)
    found.save(tmp_path)
    assert threshold.load(tmp_path) == found
    assert threshold.chosen_of([(0.5, False)] * 9, "").least == 1.0


def test_what_was_right_by_chance_is_not_shown_if_its_scores_do_not_say_so():
    low = [(0.1 - 0.001 * i, i % 2 == 1) for i in range(9)]  # at best .5 are right, .1 should be
    assert threshold.chosen_of(low, "").least == 1.0
    higher = [(score + 0.1, right) for score, right in low]  # .5 and .2 of eight: .35
    assert threshold.chosen_of(higher, "").least == pytest.approx(0.193)


def test_a_model_without_a_threshold_has_none_and_one_that_is_none_is_refused(tmp_path):
    assert threshold.load(tmp_path) is threshold.load(None) is None
    (tmp_path / threshold.FILE).write_text('{"least": 7, "right": 0, "shown": 0, "chosen_on": ""}')
    with pytest.raises(CheckpointError, match="least is 7"):
        threshold.load(tmp_path)
