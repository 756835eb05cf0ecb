"""The way in: readings, sessions and streams give what a fresh question gives, and stop at once."""

from __future__ import annotations

import gc
import os
import runpy
import sys
import threading
import time
import weakref
from typing import Any, cast

import pytest
import torch
from conftest import PLATE, ROOT, mesh_of

import cadcomplete
from cadcomplete.clouds.cloud import sample_cloud
from cadcomplete.completion.engine import Completer, complete, shipped_model
from cadcomplete.completion.session import PartSession
from cadcomplete.completion.streaming import AnswerStream
from cadcomplete.errors import CrashError, InputError
from cadcomplete.history.sequence import truncate
from cadcomplete.kernel.contain import Kernel
from cadcomplete.language.lines import decode, encode
from cadcomplete.model.sampling import Sampling
from cadcomplete.readers import from_sequence

BOSS = PLATE + "sketch 0 0 10 +z +x\ncircle 8 8 4\nextrude join to 16 0\n"
FEW = Sampling(rows=3)


@pytest.fixture(scope="module")
def completer():
    with Completer.load(sampling=FEW, workers=1) as completer:
        yield completer


@pytest.fixture(scope="module")
def boss():
    return decode(BOSS)


@pytest.fixture(scope="module")
def drawn(completer, boss):
    """A reading of the plate whose boss is drawn, and what may come next."""
    reading = completer.read(boss, keep=3)
    return reading, list(completer.next(reading, n=3))


def told(found):
    return [(one.rank, one.text, one.valid, one.source) for one in found]


def same(found, others):
    """Whether completions are the same; their scores but for rounding."""
    assert told(found) == told(others)
    for one, other in zip(found, others, strict=True):
        assert one.score == pytest.approx(other.score, abs=1e-5)


# --- reading ------------------------------------------------------------------------------------


def test_what_comes_one_by_one_is_what_complete_returns(completer, boss, drawn):
    _, found = drawn
    how = {"keep": 3, "n": 3, "sampling": FEW, "kernel": completer.kernel}
    at_once = complete(from_sequence(boss), only_next=True, **how)
    assert told(found) == told(at_once.completions)
    assert [one.score for one in found] == [one.score for one in at_once.completions]
    whole = complete(from_sequence(boss), **how)
    assert told(completer.better(completer.read(boss, keep=3))) == told(whole.completions)


def test_what_was_asked_before_changes_no_answer(completer, boss, drawn):
    """Of one reading whole parts are written anew: next operations are one step of them."""
    reading = completer.read(boss, keep=3)
    assert list(completer.parts(reading, n=1))
    assert told(completer.next(reading, n=3)) == told(drawn[1])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (BOSS, 2),
        (PLATE, 1),
        (BOSS.replace("8 8 4", "8 8 3"), 3),
        (BOSS, 4),
    ],
    ids=["appended before", "removed", "changed", "the same"],
)
def test_a_reading_after_another_is_a_fresh_one_but_for_rounding(completer, boss, before, after):
    first, given = completer.read(decode(before)), truncate(boss, after)
    one, other = completer.read(given, after=first).looked, completer.read(given).looked
    assert one.began.prompt.ids == other.began.prompt.ids
    assert one.began.cache.get_seq_length() == one.began.length
    assert torch.allclose(one.began.logits, other.began.logits, atol=1e-4)
    assert one.kinds == pytest.approx(other.kinds, abs=1e-5)
    assert (one.command, one.stop) == (other.command, pytest.approx(other.stop, abs=1e-5))


def test_only_what_differs_is_read_again(completer, boss, monkeypatch):
    read = []
    causal, first = completer.model.model.causal, completer.read(boss, keep=2)
    forward = causal.forward
    noted = lambda **how: read.append(how["inputs_embeds"].shape[1]) or forward(**how)  # noqa: E731
    with monkeypatch.context() as patch:
        patch.setattr("cadcomplete.completion.by_model.commands", lambda *_: {"extrude": 1.0})
        patch.setattr(causal, "forward", noted)
        again = completer.read(boss, keep=3, after=first)
    assert read == [again.looked.began.length - first.looked.began.length]


def test_an_answer_after_another_reading_is_that_of_a_fresh_one(completer, boss, drawn):
    """The model is asked of the part turned otherwise as well: of that, too, only the rest."""
    first = completer.read(boss, keep=2)
    assert list(completer.next(first, n=1))
    again = completer.read(boss, keep=3, after=first)
    assert len(again.looked.turned_before) == 3
    same(list(completer.next(again, n=3)), drawn[1])


def test_a_shape_is_looked_at_once_in_a_session(completer, boss, monkeypatch):
    from cadcomplete.completion import reading as readings

    looks = []
    wanted = readings.wanted
    monkeypatch.setattr(readings, "wanted", lambda points: looks.append(1) or wanted(points))
    cloud = sample_cloud(mesh_of(BOSS), 2048)
    first = completer.read(boss, keep=2, shape=cloud)
    again = completer.read(boss, keep=3, after=first)
    assert looks == [1]
    completer.read(boss, keep=3, shape=cloud)
    assert looks == [1, 1]
    assert again.looked.wanted is not None


def test_what_is_shown_stays_until_something_else_is_shown(completer, boss):
    first = completer.read(boss, keep=2, caption="a plate with a boss", seed=3)
    again = completer.read(boss, keep=3, after=first)
    assert (again.shown.caption, again.seed) == ("a plate with a boss", 3)
    other = completer.read(boss, keep=3, caption="a plate", after=again)
    assert other.shown.caption == "a plate"


# --- sessions -----------------------------------------------------------------------------------


def test_an_accepted_operation_is_read_as_if_it_had_been_drawn(completer, drawn):
    reading, found = drawn
    accepted = completer.accept(reading, found[0])
    assert accepted.given.sequence.operations[3:] == found[0].added
    fresh = completer.read(found[0].document)
    assert accepted.given == fresh.given
    assert accepted.looked.began.prompt.ids == fresh.looked.began.prompt.ids


def test_what_is_refused_does_not_come_back_nor_does_its_like(completer, drawn):
    """Of the same sketch every other depth of a boss is one answer with it."""
    reading, found = drawn
    left = completer.reject(reading, found[0])
    again = list(completer.next(left, n=4))
    assert again
    assert found[0].words not in {one.words for one in again}
    texts = [one.text for one in again]
    assert texts[: len(found) - 1] == [one.text for one in found[1:]]
    assert not reading.looked.refused.steps  # that reading is as it was


def test_a_refused_operation_stays_away_after_a_further_one(completer, drawn):
    reading, found = drawn
    more = decode(encode(reading.given.sequence).text + "sketch 0 0 0 +z +x\ncircle 2 2 1\n")
    refused = completer.read(more, after=completer.reject(reading, found[0]))
    assert refused.looked.refused.next_after(more) == [found[0].added[0]]
    other = truncate(more, 2)
    assert completer.read(other, after=refused).looked.refused.next_after(other) == []


def test_a_session_takes_back_each_of_its_changes(completer, boss, drawn):
    reading, found = drawn
    session = PartSession(completer, reading)
    session.reject(found[1])
    session.accept(found[0])
    session.draw(boss, keep=2)
    assert len(session.part.sequence) == 2
    session.undo()
    assert len(session.part.sequence) == 4
    session.undo()
    assert len(session.part.sequence) == 3
    assert session.reading.looked.refused.steps
    session.undo()
    assert not session.reading.looked.refused.steps
    assert session.part == reading.given
    with pytest.raises(InputError, match="nothing to take back"):
        session.undo()


def test_a_session_refuses_what_completes_another_part(completer, boss, drawn):
    session = PartSession(completer, completer.read(boss, keep=2))
    with pytest.raises(InputError, match="does not complete this part"):
        session.accept(drawn[1][0])
    with pytest.raises(InputError, match="keep so many"):
        session.draw(boss, keep=9)
    assert len(session.part.sequence) == 2


def test_what_was_foreseen_is_there_when_it_is_accepted(completer, drawn, monkeypatch):
    session = PartSession(completer, drawn[0])
    session.foresee(drawn[1][0], n=1)
    session.accept(drawn[1][0])
    with monkeypatch.context() as patch:
        patch.setattr(type(completer.by), "written", None)  # nothing is written any more
        patch.setattr(type(completer.by), "ideas", None)
        assert list(session.next(n=1))
    session.foresee(next(session.next(n=1)))
    foreseen = session._foreseen.stream
    session.undo()
    assert foreseen.cancelled and session.part == drawn[0].given


def test_the_example_of_a_session_runs(capsys):
    runpy.run_path(str(ROOT / "examples" / "session.py"))
    lines = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
    assert lines["proposed"].rpartition(" (")[0] != lines["instead"]
    assert lines["taken"] == "2 operations"
    assert lines["drawn"] == "3 operations"
    assert lines["whole"]
    assert lines["taken back"] == "1 operation"


# --- streams ------------------------------------------------------------------------------------


def test_a_stream_that_is_left_to_end_has_what_next_has(completer, drawn):
    reading, found = drawn
    with completer.stream(reading, n=3) as stream:
        assert told(stream) == told(found)
    assert stream.done and not stream.cancelled


def cpu_until_done(stream):
    """How many CPU seconds this process takes from now until a stream is done."""
    started = time.process_time()
    stream.cancel()
    while not stream.done:
        time.sleep(0.005)
    return time.process_time() - started


@pytest.mark.parametrize("after", [0.0, 0.05, 0.2, 0.4])
def test_a_cancelled_stream_stops_computing_within_a_fifth_of_a_second(
    completer, boss, drawn, after
):
    list(completer.parts(drawn[0], n=1))  # all is compiled
    reading = completer.read(boss, keep=2)
    stream = completer.stream(reading, n=5, of="parts")
    begun = time.process_time()
    while time.process_time() - begun < after and not stream.done:
        time.sleep(0.005)
    assert cpu_until_done(stream) < 0.2
    assert completer.kernel.run(abs, -1) == 1


def test_a_cancelled_stream_leaves_the_reading_as_good_as_it_was(completer, boss, drawn):
    reading = completer.read(boss, keep=3)
    stream = completer.stream(reading, n=3)
    while not reading.written and not stream.done:
        time.sleep(0.005)
    stream.cancel()
    assert told(completer.next(reading, n=3)) == told(drawn[1])


def test_what_goes_wrong_in_a_stream_is_raised_where_it_is_asked(completer, drawn):
    with pytest.raises(InputError, match="cannot propose so many"):
        list(completer.stream(drawn[0], n=99))


def endless(*_):
    while True:
        sum(range(1000))


def test_a_library_that_is_being_loaded_is_waited_for(tmp_path, monkeypatch, completer, drawn):
    (tmp_path / "slowly_loaded.py").write_text("import time\ntime.sleep(0.3)\nwhole = True\n")
    monkeypatch.syspath_prepend(tmp_path)

    def found():
        import slowly_loaded  # type: ignore[import-not-found]

        while slowly_loaded.whole:
            time.sleep(0.001)
        yield drawn[1][0]

    stream = AnswerStream(found(), lambda: None)
    while "slowly_loaded" not in sys.modules:
        time.sleep(0.001)
    stream.cancel()
    assert list(stream) == []
    assert sys.modules["slowly_loaded"].whole


# --- faults -------------------------------------------------------------------------------------


def test_two_threads_may_ask_at_once(completer, boss, drawn):
    found = []

    def ask():
        found.append(told(completer.next(completer.read(boss, keep=3), n=3)))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert found == [told(drawn[1])] * 2


def test_a_worker_that_is_killed_in_the_middle_costs_no_answer(completer, boss, drawn):
    reading = completer.read(boss, keep=3)
    answers = completer.next(reading, n=3)
    first = next(answers)
    with pytest.raises(CrashError):
        completer.kernel.run(os._exit, 3)
    assert told([first, *answers]) == told(drawn[1])


def test_a_part_that_cannot_be_built_has_no_valid_answer_and_says_where(completer):
    """The second extrude cuts where there is nothing to intersect with: the part is gone."""
    gone = PLATE + "sketch 500 500 0 +z +x\ncircle 0 0 4\nextrude intersect to 10 0\n"
    found = list(completer.next(completer.read(decode(gone)), n=2))
    assert found and not any(one.valid for one in found)
    assert all("operation 3" in one.problems[0] for one in found)


def test_a_model_that_never_ends_is_stopped(completer, boss, monkeypatch):
    monkeypatch.setattr("cadcomplete.completion.by_model.generate", endless)
    stream = completer.stream(completer.read(boss, keep=3), n=1)
    while not stream._thread:
        time.sleep(0.005)
    time.sleep(0.1)
    assert cpu_until_done(stream) < 0.2
    assert list(stream) == []


def test_many_sessions_leave_nothing_behind(completer, boss):
    """Readings go with who holds them; no session holds those before its own."""
    first = weakref.ref(completer.read(boss, keep=1).looked.began.cache)
    session = PartSession(completer, completer.read(boss, keep=1))
    gone = []
    for keep in (2, 3, 2, 1, 3) * 4:
        gone.append(weakref.ref(session.reading.looked.began.cache))
        session.draw(boss, keep=keep)
    gc.collect()
    assert first() is None and not any(one() for one in gone)


def test_a_completer_closes_the_kernel_that_it_has_started_and_no_other():
    with Kernel(workers=1) as kernel:
        with Completer(shipped_model(), kernel):
            pass
        assert not kernel.closed
    with Completer.load(workers=1) as own:
        reading = own.read(decode(PLATE))
    assert own.kernel.closed
    with pytest.raises(InputError, match="the completer is closed"):
        list(own.next(reading))
    assert cadcomplete.Completer is Completer


def test_what_nobody_can_be_asked_is_named():
    with Kernel() as kernel, pytest.raises(InputError, match="expected next, parts, better"):
        Completer(None, kernel).stream(cast("Any", None), of=cast("Any", "bogus"))
