"""What takes too long is left: the answer comes in time, and says what is missing."""

from __future__ import annotations

import json
import math
import signal
import threading
import time
import weakref
from dataclasses import replace

import dying_exports
import pytest
from conftest import PARTS, PLATE, mesh_of

from cadcomplete import readers
from cadcomplete.clouds.cloud import sample_cloud
from cadcomplete.completion import writing
from cadcomplete.completion.by_model import ByModel
from cadcomplete.completion.engine import Completer, complete, shipped_model
from cadcomplete.completion.evidence import evidence_of
from cadcomplete.completion.reading import Reading
from cadcomplete.completion.unchecked import unchecked
from cadcomplete.completion.writing import write
from cadcomplete.deadline import NEVER, Deadline, OutOfTime
from cadcomplete.errors import NoAnswerError, TimeLimitError
from cadcomplete.files import clear
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.kernel.contain import Kernel
from cadcomplete.language.lines import decode, encode
from cadcomplete.model.generate import Row
from cadcomplete.model.sampling import Sampling
from cadcomplete.predictions import Case
from cadcomplete.reports import answering


@pytest.fixture(scope="module")
def kernel():
    with Kernel(workers=1, time_limit=120) as kernel:
        kernel.run(abs, 1)
        yield kernel


@pytest.fixture(scope="module")
def plate_result(kernel):
    drawn = truncate(decode(PLATE), 1)  # to be extruded
    return complete(readers.from_sequence(drawn), n=2, only_next=True, kernel=kernel)


# --- deadlines ----------------------------------------------------------------------------------


def test_a_deadline_counts_down_and_can_be_shared():
    due = Deadline.after(100)
    assert 99 < due.left <= 100 and not due.over
    assert 49 < due.share(0.5).left <= 50
    assert 109 < due.later(10).left <= 110
    assert Deadline.after(-1).over and Deadline.after(-1).left == 0
    assert not NEVER.over and NEVER.share(0.1) == NEVER


def test_work_beyond_a_deadline_is_left_in_the_middle():
    started = time.monotonic()
    with pytest.raises(OutOfTime), Deadline.after(0.1).enforced():
        while True:
            sum(range(1000))
    assert time.monotonic() - started < 5


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_alarm_that_nobody_heard_counts_at_the_end():
    thing = threading.Event()
    with pytest.raises(OutOfTime), Deadline.after(0.05).enforced():
        ends = weakref.ref(thing, lambda _: time.sleep(0.2))
        del thing
        assert ends() is None


def test_what_is_done_in_time_hears_nothing_and_the_alarm_before_goes_on():
    before = signal.getsignal(signal.SIGALRM)
    with Deadline.after(0.05).enforced():
        done = sum(range(10))
    time.sleep(0.1)
    assert done == 45
    assert signal.getsignal(signal.SIGALRM) is before


def test_no_job_is_waited_for_beyond_a_deadline(kernel):
    started = time.monotonic()
    with kernel.until(Deadline.after(0.2)):
        with pytest.raises(TimeLimitError):
            kernel.run(time.sleep, 60)
        with pytest.raises(TimeLimitError, match="time was up before the CAD kernel was done"):
            kernel.run(time.sleep, 60)
    assert kernel.run(abs, -1) == 1
    assert time.monotonic() - started < 10


def test_each_thread_has_a_deadline_of_its_own():
    """One leaves its job when its time is up; the other, which began earlier, waits for its own."""
    with Kernel(workers=2, time_limit=60.0) as kernel:
        kernel.run(abs, 1)
        began, found = threading.Barrier(2), {}

        def ask(name, seconds):
            with kernel.until(Deadline.after(seconds)):
                began.wait(60)
                try:
                    found[name] = kernel.run(time.sleep, 1.5)
                except TimeLimitError as error:
                    found[name] = str(error)

        threads = [threading.Thread(target=ask, args=a) for a in (("patient", 90), ("hasty", 0.3))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(90)
        assert found == {"patient": None, "hasty": "time was up before the CAD kernel was done"}
        assert kernel.due == NEVER


def test_a_job_keeps_the_deadline_that_it_was_begun_with(kernel):
    with kernel.until(Deadline.after(0.2)):
        within = kernel.submit(time.sleep, 30)
    given = kernel.submit(time.sleep, 30, due=Deadline.after(0.2))
    for job in (within, given):
        with pytest.raises(TimeLimitError, match="time was up"):
            job.result()


def test_blocks_may_be_left_in_any_order_and_leave_nothing(kernel):
    one, other = kernel.until(Deadline.after(1000)), kernel.until(Deadline.after(10))
    one.__enter__()
    with kernel.until(Deadline.after(500)):
        assert 400 < kernel.due.left < 500
    other.__enter__()
    assert kernel.due.left < 10
    one.__exit__(None, None, None)
    assert kernel.due.left < 10
    other.__exit__(None, None, None)
    assert kernel.due == NEVER


def endless(*_, **__):
    while True:
        time.sleep(0.01)


# --- complete -----------------------------------------------------------------------------------


def test_what_was_not_done_in_time_may_be_asked_for_again(kernel):
    with kernel.until(Deadline.after(0.2)):
        job = kernel.submit(time.sleep, 30)
        for _ in range(2):
            with pytest.raises(TimeLimitError, match="time was up"):
                job.result()


def test_without_time_for_a_single_answer_it_says_so(kernel):
    document = readers.read(PARTS / "flange.json")
    with pytest.raises(NoAnswerError, match="no answer within the time limit"):
        complete(document, keep=4, due=Deadline.after(0.001), kernel=kernel)


def test_what_was_found_in_time_is_answered_though_it_is_not_checked(kernel, monkeypatch):
    """Comparing that never ends: the model's own texts are there, and none claims to be valid."""
    document, few = readers.read(PARTS / "flange.json"), Sampling(rows=2)
    complete(document, keep=4, n=1, sampling=few, kernel=kernel)  # all is compiled

    monkeypatch.setattr(ByModel, "next", endless)
    due = Deadline.after(6)
    found = complete(document, keep=4, n=2, only_next=True, sampling=few, due=due, kernel=kernel)
    assert not due.over
    assert found.completions and not found.in_time
    for one in found.completions:
        assert one.problems == ("time was up before it was checked",)
        assert one.operations_added == 1
        assert one.document.sequence.operations[:4] == document.sequence.operations[:4]


CAPTION = "plate 120 x 80 x 10, four through holes of 9 mm in the corners"
DRILLED = 120 * 80 * 10 - 4 * math.pi * 4.5**2 * 10
NOBODY = "time was up before the model answered: what is proposed comes from"


def asked(completer, given, **how):
    """What comes of a question, without all that is usual."""
    return completer.complete(given, **({"n": 1} | how))


@pytest.fixture(scope="module")
def nothing():
    return readers.from_sequence(CadSequence((), id="part"))


def test_without_a_model_the_caption_is_answered_and_nobody_hides_it(kernel, nothing):
    found = asked(Completer(None, kernel), nothing, caption=CAPTION)
    (best,) = found.completions
    assert best.valid and best.volume == pytest.approx(DRILLED, rel=1e-6)
    assert (found.in_time, found.model, found.generated) == (False, "no model", 0)
    assert found.notices[-1] == f"{NOBODY} the caption and what is usual alone"


def test_without_a_model_a_sketch_that_waits_is_extruded(kernel):
    drawn = readers.from_sequence(truncate(decode(PLATE), 1))
    for only_next in (True, False):
        found = asked(Completer(None, kernel), drawn, only_next=only_next, n=2)
        assert [one.valid for one in found.completions] == [True, True]
        scores = [one.score for one in found.completions]
        assert scores == sorted(scores, reverse=True) and 0 < scores[0] < 1


def test_without_a_model_a_shape_is_answered(kernel):
    part = decode(PLATE)
    cloud = sample_cloud(mesh_of(PLATE), 2048)
    found = asked(Completer(None, kernel), readers.from_sequence(truncate(part, 1)), points=cloud)
    assert found.completions[0].score > 0.95
    assert found.notices[-1].endswith("what is proposed is read off the shape alone")


def test_a_model_that_does_not_answer_leaves_time_for_the_caption(kernel, nothing, monkeypatch):
    asked(Completer(None, kernel), nothing, caption=CAPTION)  # all is compiled
    monkeypatch.setattr(ByModel, "look", endless)
    due = Deadline.after(4)
    found = asked(Completer(shipped_model(), kernel), nothing, caption=CAPTION, due=due)
    assert not due.over and not found.in_time
    assert found.completions[0].volume == pytest.approx(DRILLED, rel=1e-6)


def test_a_shape_that_is_not_read_in_time_is_told_and_the_rest_is_answered(kernel, nothing):
    late = {"points": kernel.submit(time.sleep, 30), "due": Deadline.after(3)}
    found = asked(Completer(None, kernel), nothing, caption=CAPTION, **late)
    assert found.completions
    assert found.notices[0].startswith("time was up before the shape was read")
    late = {"points": kernel.submit(time.sleep, 30), "due": Deadline.after(0.3)}
    with pytest.raises(NoAnswerError):  # there is nothing else to go by
        asked(Completer(None, kernel), nothing, **late)


def test_what_is_not_checked_does_not_contradict_the_caption(kernel, nothing):
    """The model wrote another plate more often than that of the caption."""
    other, said = (
        decode(f"sketch 0 0 0 +z +x\ncircle 0 0 {r}\nextrude new to 5 0\n") for r in (7, 20)
    )
    start = ByModel(shipped_model(), kernel).grammar.start(nothing.sequence)
    rows = [Row(start, whole=1, finished=one) for one in (other, other, said)]
    caption = "disc of diameter 40, 5 thick"
    case = Case("part", nothing.sequence, caption)
    reading = Reading(case, 0.0, "sketch", Sampling(), tuple(rows), evidence=evidence_of(case))
    first, *_ = unchecked(reading, 3, only_next=False, due=Deadline.after(60))
    assert encode(first.sequence).text == encode(said).text
    assert first.problems == ("time was up before it was checked",)
    silent = replace(reading, evidence=())
    first, *_ = unchecked(silent, 3, only_next=False, due=NEVER)
    assert (encode(first.sequence).text, first.score) == (encode(other).text, pytest.approx(2 / 3))


def test_a_model_that_cannot_be_read_in_time_is_not_read(monkeypatch):
    reads = []
    monkeypatch.setattr(answering.Answering, "load", lambda self, model: reads.append(model))
    now = time.monotonic()
    soon, late = Deadline(now + 10), Deadline(now + 10_000)
    assert answering.Answering().ready(None, soon, now - 100) == (None, soon)
    assert not reads
    answering.Answering().ready(None, late, now - 100)
    assert reads == [None]


def test_an_answer_in_time_says_so(plate_result):
    assert plate_result.in_time


@pytest.mark.parametrize("limit", ["0", "-3", "nan", "inf", "1e300"])
def test_what_is_no_limit_is_refused(run, limit):
    code, _, said = run("complete", PARTS / "flange.json", "--time-limit", limit)
    assert (code, said.count("\n")) == (2, 1)
    assert "--time-limit" in said


# --- files --------------------------------------------------------------------------------------


def test_a_worker_that_dies_or_hangs_costs_that_file_and_it_is_named(
    plate_result, kernel, monkeypatch, tmp_path
):
    monkeypatch.setattr(writing, "export", dying_exports.export)
    (tmp_path / "part_01.step").write_text("of an earlier run")
    files = {}
    for seconds in (3, 12, 45):  # until there is time for all but what hangs
        with kernel.until(Deadline.after(seconds)):
            files = write(plate_result, tmp_path, ("json", "step", "stl", "png"), kernel)
        if "stl" in files[1]:
            break
    lost = files["lost"]
    assert set(files[1]) >= {"json"} and "step" not in files[1] and "png" not in files[1]
    assert "crashed" in lost[str(tmp_path / "part_01.step")]
    assert "time was up" in lost[str(tmp_path / "part_01.png")]
    assert "stl" in files[1]
    there = {path.name for path in tmp_path.iterdir()}
    assert there == {path for path in there if not path.startswith(".")}  # nothing half written
    assert not any(path.endswith((".step", ".png")) for path in there)


def test_what_is_cleared_is_gone_with_its_unfinished_file_and_nothing_else(tmp_path):
    path, other = tmp_path / "a[1].step", tmp_path / "a1.step"
    for one in (path, tmp_path / ".a[1].77.part.step", other):
        one.write_text("x")
    clear(path, tmp_path / "never there")
    assert [p.name for p in tmp_path.iterdir()] == ["a1.step"]


def test_files_that_were_lost_are_in_the_report(run, monkeypatch, tmp_path):
    monkeypatch.setattr(writing, "export", dying_exports.export)
    arguments = ("-n", 1, "--formats", "json,step", "-o", tmp_path)
    code, out, _ = run("complete", PARTS / "flange.json", "--keep", 7, *arguments)
    assert code == 0
    assert f"not written: {tmp_path / 'flange_01.step'}: the CAD kernel crashed" in out
    code, out, _ = run("complete", PARTS / "flange.json", "--keep", 7, *arguments, "--json")
    report = json.loads(out)
    assert list(report["lost"]) == [str(tmp_path / "flange_01.step")]
    assert report["completions"][0]["files"] == {"json": str(tmp_path / "flange_01.json")}


def test_ctrl_c_says_what_is_kept(run, monkeypatch, tmp_path):
    def interrupted(*_):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(answering.Answering, "ready", interrupted)  # in the midst of the work
    part = PARTS / "flange.json"
    for arguments, kept in (
        (("-o", tmp_path), f"files that are in {tmp_path} are whole"),
        ((), "nothing was written"),
    ):
        code, _, said = run("complete", part, *arguments)
        assert (code, said) == (130, f"cadcomplete: interrupted: {kept}\n")
