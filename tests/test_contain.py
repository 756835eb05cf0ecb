"""Law 10: a crash or a hang of the kernel costs one item, with a reason, and nothing else."""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from conftest import PLATE, ROOT
from failing_jobs import (
    count_and_die,
    die_once,
    fail_like_the_kernel,
    hold_the_lock,
    lack_a_library,
    misbehave,
    take_memory,
    wait_for,
)

from cadcomplete.errors import (
    BuildError,
    CadCompleteError,
    CrashError,
    InputError,
    KernelFailure,
    LostWorkersError,
    TextError,
    TimeLimitError,
)
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.jobs import examine
from cadcomplete.language.lines import decode

TIME_LIMIT = 2.0


@pytest.fixture(scope="module")
def kernel():
    with Kernel(time_limit=TIME_LIMIT) as kernel:
        kernel.run(abs, 1)  # the first job waits for the kernel to be loaded
        yield kernel


# --- failures -----------------------------------------------------------------------------------


def test_crash_costs_one_item(kernel):
    results = list(kernel.map(misbehave, ["a", "crash", "b"]))
    assert (results[0], results[2]) == ("a", "b")
    assert isinstance(results[1], CrashError)
    assert "the CAD kernel crashed (exit code -11)" in str(results[1])  # SIGSEGV


def test_hang_costs_one_item(kernel):
    results = list(kernel.map(misbehave, ["a", "hang", "b"]))
    assert (results[0], results[2]) == ("a", "b")
    assert isinstance(results[1], TimeLimitError)
    assert str(results[1]) == "the CAD kernel took longer than 2 seconds"


def test_hang_that_holds_the_lock_is_stopped(kernel):
    started = time.monotonic()
    with pytest.raises(TimeLimitError):
        kernel.run(hold_the_lock, 60)
    assert time.monotonic() - started < TIME_LIMIT + 5
    assert kernel.run(misbehave, "next") == "next"


def test_job_whose_worker_is_killed_is_done_once_more(kernel, tmp_path):
    assert kernel.run(die_once, tmp_path / "was here") == "done"


def test_job_that_kills_its_workers_is_given_up_after_two(kernel, tmp_path):
    with pytest.raises(CrashError, match="exit code -9"):
        kernel.run(count_and_die, tmp_path / "count")
    assert (tmp_path / "count").read_text() == "xx"


def test_workers_killed_while_nothing_is_done_are_replaced():
    with Kernel(time_limit=20.0) as kernel:
        for _ in range(2):
            os.kill(kernel.run(os.getpid), signal.SIGKILL)
            time.sleep(0.3)  # so that it is seen to be dead
            assert kernel.run(misbehave, "next") == "next"


def test_wait_that_is_over_stops_the_job(kernel):
    started = time.monotonic()
    with pytest.raises(TimeLimitError, match=r"longer than 0\.2 seconds"):
        kernel.submit(hold_the_lock, 60, limit=60.0).result(within=0.2)
    assert kernel.run(misbehave, "next") == "next"
    assert time.monotonic() - started < TIME_LIMIT + 3


def test_restarting_frees_those_who_wait():
    with Kernel(time_limit=60.0) as kernel:
        running, queued = kernel.submit(time.sleep, 60), kernel.submit(misbehave, "a")
        found = []

        def wait(pending):
            try:
                found.append(pending.result())
            except LostWorkersError as error:
                found.append(str(error))

        threads = [threading.Thread(target=wait, args=(p,)) for p in (running, queued)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        kernel.restart()
        for thread in threads:
            thread.join(10)
        assert found == ["the CAD kernel was stopped"] * 2
        assert kernel.run(misbehave, "next") == "next"


LEFT = """
import time
from cadcomplete.deadline import Deadline
from cadcomplete.errors import TimeLimitError
from cadcomplete.kernel.contain import Kernel
kernel = Kernel()
kernel.start()
time.sleep(0.05)
with kernel.until(Deadline.after(0.1)):
    try:
        kernel.run(abs, 1)
    except TimeLimitError as error:
        print(error)
kernel.close()
"""


def test_a_kernel_that_is_not_loaded_yet_is_not_waited_for_when_it_is_closed():
    """In a process of its own, where nobody has loaded it; nothing complains afterwards."""
    imports = (
        "from cadcomplete.deadline import Deadline\nfrom cadcomplete.errors import TimeLimitError"
    )
    command = [sys.executable, "-c", f"{imports}\n{LEFT}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "time was up before the CAD kernel was done\n"


def test_closed_kernel_does_no_more_jobs():
    kernel = Kernel()
    pending = kernel.submit(time.sleep, 60)
    kernel.close()
    for doomed in (pending.result, lambda: kernel.run(abs, 1)):
        with pytest.raises(LostWorkersError):
            doomed()


def test_map_keeps_the_order_whatever_happens(kernel):
    items = ["crash", "a", "crash", "crash", "input", "b", "build", "c"]
    results = list(kernel.map(misbehave, items))
    kinds = [type(r) for r in results]
    assert kinds == [CrashError, str, CrashError, CrashError, TextError, str, BuildError, str]
    assert [r for r in results if isinstance(r, str)] == ["a", "b", "c"]


def test_map_of_nothing_is_nothing(kernel):
    assert list(kernel.map(misbehave, [])) == []


def test_input_error_crosses_with_its_attributes(kernel):
    with pytest.raises(InputError) as caught:
        kernel.run(misbehave, "input")
    error = caught.value
    assert (error.problem, error.where, error.expected) == ("no such loop", "line 3", "0 to 1")
    assert str(error) == "at line 3: no such loop: expected 0 to 1, got 7 (count)"
    assert str(error.in_file("a.lines")).startswith("a.lines: at line 3: ")


def test_build_error_crosses_with_its_attributes(kernel):
    with pytest.raises(BuildError) as caught:
        kernel.run(misbehave, "build")
    assert (caught.value.operation, caught.value.reason) == (4, "nothing is left")
    assert str(caught.value) == "operation 4: nothing is left"


def test_error_of_the_kernel_is_a_failure_and_says_which(kernel):
    with pytest.raises(KernelFailure, match="the CAD kernel failed: Standard_ConstructionError"):
        kernel.run(fail_like_the_kernel, None)


def test_too_much_memory_is_a_failure(kernel):
    with pytest.raises(KernelFailure, match="more memory than 12 GB"):
        kernel.run(take_memory, None)


def test_missing_library_says_what_to_install(kernel):
    with pytest.raises(KernelFailure, match=r"libGL\.so\.1.*apt-get install libgl1"):
        kernel.run(lack_a_library, None)


def test_all_of_these_are_errors_of_cadcomplete():
    assert issubclass(KernelFailure, CadCompleteError)
    assert issubclass(CrashError, KernelFailure)
    assert issubclass(TimeLimitError, KernelFailure)


# --- work ---------------------------------------------------------------------------------------


def examined(kernel, *arguments):
    """A fresh worker on a busy machine may take longer than jobs that are made to hang."""
    return kernel.submit(examine, *arguments, limit=60.0).result()


def test_kernel_examines_a_part(kernel, plate):
    report = examined(kernel, plate)
    assert report.valid
    assert report.measures.volume == pytest.approx(11214.6018)  # 40 · 30 · 10 - 10 · π 5²


def test_part_that_cannot_be_built_is_reported(kernel):
    report = examined(kernel, decode(PLATE + "extrude cut to 10 0\n"))
    assert (report.valid, report.operation, report.measures) == (False, 2, None)
    assert report.problems == ("operation 2: nothing is left",)


def test_strict_from_reaches_the_kernel(kernel):
    missed = decode(PLATE + "sketch 0 0 0 +z +x\ncircle 99 99 1\nextrude cut to 10 0\n")
    assert examined(kernel, missed).valid
    assert examined(kernel, missed, 2).problems == ("operation 3: the cut changes nothing",)


def test_two_workers_work_beside_each_other(tmp_path):
    with Kernel(workers=2, time_limit=20.0) as kernel:
        waiting = kernel.submit(wait_for, tmp_path / "signal")
        kernel.run(os.mkdir, tmp_path / "signal")  # with one worker the first would never end
        waiting.result()


def test_closing_stops_what_runs_and_leaves_no_process():
    with Kernel(time_limit=60.0) as kernel:
        worker = kernel.run(os.getpid)
        assert worker != os.getpid()
        kernel.submit(time.sleep, 60)
        started = time.monotonic()
    assert time.monotonic() - started < 20
    assert gone_within(10.0, worker)


def gone_within(seconds, process):
    """Say whether a process ends soon: the fork server takes a moment to bury it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


# --- scripts ------------------------------------------------------------------------------------


def run_python(*arguments):
    result = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


SCRIPT = f"""
import os, sys
from pathlib import Path
from cadcomplete.exporters import convert
from cadcomplete.kernel.contain import Kernel
from cadcomplete.language.lines import decode
from cadcomplete.readers import from_sequence

print("started", flush=True)
plate = from_sequence(decode({PLATE!r}))
with Kernel() as kernel:
    kernel.run(os.write, 1, b"chatter of the kernel")
    kernel.run(convert, plate, Path(sys.argv[1]))  # the kernel tells of every STEP file it writes
print(Path(sys.argv[1]).is_file(), "OCP" in sys.modules)
"""


def test_script_without_guard_is_run_once_and_hears_no_chatter(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    said = run_python(str(script), str(tmp_path / "plate.step"))
    assert said.splitlines() == ["started", "True False"]


@pytest.mark.parametrize(
    "module", ["kernel.contain", "kernel.jobs", "meshes.mesh", "meshes.raster", "meshes.render"]
)
def test_importing_does_not_load_the_kernel(module):
    code = f"import cadcomplete.{module}, sys; print(sorted({{'OCP', 'numba', 'torch'}}"
    assert run_python("-c", f"{code} & set(sys.modules)))") == "[]\n"


def test_importing_the_exporters_does_not_load_the_kernel():
    code = "import cadcomplete.exporters, sys; print('OCP' in sys.modules)"
    assert run_python("-c", code) == "False\n"
