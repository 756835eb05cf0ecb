"""The table of a whole benchmark: its rows from answers, by hand."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import PLATE

from cadcomplete.evaluate.records import Answered
from cadcomplete.evaluate.scored import Scored, scored
from cadcomplete.history.sequence import truncate
from cadcomplete.language.lines import decode
from cadcomplete.predictions import Answer, Prediction

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))

import table
import table_rows


def told(name: str, condition: str, *, right: bool) -> list[Scored]:
    """Answers about a plate at every cut: the designer's operation and part, or nothing."""
    plate = replace(decode(PLATE), id=name)

    def answer(given: int) -> Answered:
        known = right and given < len(plate)
        following = (Answer(truncate(plate, given + 1), 0.8),) if known else ()
        parts = (Answer(plate, 1.0),) if right else ()
        prediction = Prediction(following, parts, 0.0)
        return Answered("fusion360", name, plate, given, condition, prediction)

    return scored([answer(k) for k in range(3)], watch=lambda what, done, total: None)


@pytest.fixture(scope="module")
def found() -> dict[str, str]:
    """A caption tells all of two parts, nothing is known without it; one part has a given one."""
    answers = {
        "open": [
            *(s for name in "ab" for s in told(name, "none", right=False)),
            *(s for name in "ab" for s in told(name, "caption", right=True)),
        ],
    }
    rows = table_rows.rows(answers, captioned={"fusion360/a"})
    return {row[0]: row[-1] for row in rows}


def test_a_difference_is_of_the_parts_that_have_a_caption_of_their_own(found):
    row = found["hit@3 macro, caption as given, above none"]
    assert row == "+1.000 [+1.000, +1.000] (n 1, 1 parts)"


def test_what_nothing_finds_is_0_and_what_was_not_asked_is_not_told(found):
    assert found["hit@3 macro, nothing shown"] == ".000 [.00, .00] (n 2, 2 parts)"
    assert found["hit@3 macro, cloud"] == "–"
    assert found["first suggestions shown that are right, nothing shown"] == "–"


def test_the_part_as_it_is_is_better_than_no_answer(found):
    row = found["IoU of finished parts, nothing shown, all cuts, above the part as it is"]
    assert row.startswith("-.333")  # 0, 0 and 1 of the three cuts, against 0


def test_the_lowest_threshold_from_which_a_third_is_right():
    sure, unsure = told("a", "none", right=True), told("b", "none", right=True)
    unsure = [_with(one, right=False, score=0.3) for one in unsure]
    assert table_rows.lowest(sure) == 0.0
    three = [_with(one, right=False, score=0.3) for one in told("c", "none", right=True)]
    more = [_with(one, right=False, score=0.3) for one in told("d", "none", right=True)]
    assert table_rows.lowest([*sure, *unsure, *three, *more]) == pytest.approx(0.31)


def _with(one: Scored, *, right: bool, score: float) -> Scored:
    """The same answer with another score, and as a hit or a miss."""
    if one.ranking is None:
        return one
    prediction = one.answer.prediction
    following = tuple(replace(answer, score=score) for answer in prediction.next)
    answer = replace(one.answer, prediction=replace(prediction, next=following))
    return replace(one, answer=answer, ranking=replace(one.ranking, overlaps=(float(right),)))


def test_of_a_part_as_many_cuts_are_asked_about_as_wanted():
    from cadcomplete.data.samples import Sample
    from cadcomplete.evaluate.questions import Data, Held

    part = Held("d", Sample(replace(decode(PLATE), id="plate"), "a plate", "design"))
    group = table.Group(("d",), "both", ("none", "caption"))
    for cuts, count in ((None, 3), (2, 2), (9, 3)):
        asked = table.Asked("open", group, Data({}, (part,), ()), (part,), {}, cuts)
        found = asked.questions(0)
        assert len({q.given for q in found}) == count
        assert [q.given for q in found] == sorted(q.given for q in found)
        assert asked.header("x").questions == 2 * count
    nothing = table.Asked("n", replace(group, nothing=True), Data({}, (part,), ()), (part,), {}, 1)
    assert {q.given for q in nothing.questions(0)} == {0}


def test_each_group_asks_only_for_conditions_that_there_are():
    for name, group in table.GROUPS.items():
        assert group.source in ("model", "search", "both"), name
        assert set(group.conditions) <= {*group.always, *group.some}
