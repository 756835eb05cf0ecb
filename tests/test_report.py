"""The report: one file with tables, charts and a gallery, from predictions alone."""

from __future__ import annotations

import base64
import re
import sys
from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image

from cadcomplete.evaluate import compare
from cadcomplete.evaluate.charts import _span
from cadcomplete.evaluate.gallery import chosen, draw_row, tiles
from cadcomplete.evaluate.records import FILE, Answered, Header, answer_lines, header_line
from cadcomplete.evaluate.report import all_series, warnings
from cadcomplete.evaluate.scores import scored_run
from cadcomplete.evaluate.tables import cell, columns, share
from cadcomplete.history.sequence import truncate
from cadcomplete.kernel.contain import Kernel
from cadcomplete.language.lines import decode
from cadcomplete.predictions import Answer, Prediction

HEADER = Header(
    predictor="model <a>",
    data={"tiny": "0123456789ab"},
    split="validation",
    cuts=None,
    conditions=("none", "points"),
    most=None,
    n=5,
    seed=0,
    parts=1,
    questions=6,
    left_out={"no picture": 2},
)


def answers(plate):
    """The designer's next operation, and one that is too low; nothing after the last."""
    plate = replace(plate, id="plates/plate")
    low = decode(
        "sketch 0 0 0 +z +x\nloop 0 0\nline 40 0\nline 40 30\nline 0 30\nclose\n"
        "circle 20 15 5\nextrude new to 6 0/1\n"
    )
    for condition in HEADER.conditions:
        for k in range(3):
            following = [truncate(s, k + 1) for s in (low, plate)] if k < 2 else []
            prediction = Prediction(
                next=tuple(Answer(s, 0.6 - i / 5) for i, s in enumerate(following)),
                parts=(Answer(plate, 0.9),),
                stop=0.2,
                seconds=0.1,
            )
            yield Answered("tiny", "plates", plate, k, condition, prediction)


def write(folder, plate, header=HEADER):
    folder.mkdir(parents=True, exist_ok=True)
    lines = [answer_lines(a, seed=0, predictor=header.predictor) for a in answers(plate)]
    (folder / FILE).write_text(header_line(header) + "".join(lines), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The report of two predictors, one of which has no answers under the second condition."""
    pytest.importorskip("matplotlib")
    from conftest import PLATE

    plate, folder = decode(PLATE), tmp_path_factory.mktemp("report")
    first = write(folder / "a", plate)
    other = write(folder / "b", plate, replace(HEADER, predictor="other", conditions=("none",)))
    with Kernel() as kernel:
        compare([first, other], folder / "out", kernel=kernel)
    return folder / "out"


def test_a_report_is_one_file_that_needs_nothing_else(report):
    page = (report / "report.html").read_text(encoding="utf-8")
    assert not re.findall(r'(?:src|href)="(?!data:)', page)
    assert "http" not in page
    assert "model &lt;a&gt;" in page
    assert "model <a>" not in page
    pictures = re.findall(r'src="data:image/png;base64,([^"]+)"', page)
    assert len(pictures) == 7
    for data in pictures:
        assert Image.open(BytesIO(base64.b64decode(data))).width > 300


def test_a_report_tells_settings_counts_and_every_series(report):
    page = (report / "report.html").read_text(encoding="utf-8")
    assert "no picture: 2 parts" in page
    assert "6 of 6 questions answered, 0 failed" in page
    for name in ("model &lt;a&gt;, none", "model &lt;a&gt;, points", "other, none"):
        assert page.count(f"<td>{name}</td>") >= 6
    assert "<h3>later sketch</h3>" not in page  # there is none
    assert "<h3>first extrude</h3>" in page


def test_a_report_warns_of_what_cannot_be_compared(plate):
    everything = list(answers(plate))
    whole = scored_run(HEADER, everything, watch=lambda *_: None)
    assert warnings([whole, whole], all_series([whole, whole])) == []
    other = replace(HEADER, predictor="other", conditions=("none",), questions=3)
    half = scored_run(other, everything[:2], watch=lambda *_: None)
    unfinished, different = warnings([whole, half], all_series([whole, half]))
    assert unfinished == "other is not finished: 2 of 3 questions are answered."
    assert "other, none: 2; 2 are in all" in different


def test_counts_that_differ_are_shown_as_a_range():
    assert [_span(c) for c in ([], [7, 7], [17, 60, 16])] == ["0", "7", "16–60"]


def test_charts_and_the_gallery_are_files_too(report):
    names = {file.name for file in report.glob("*.png")}
    assert names == {
        "hits.png",
        "hits_by_given.png",
        "hits_by_length.png",
        "reliability.png",
        "shown.png",
        "iou.png",
        "gallery.png",
    }


def test_the_gallery_marks_hits_and_misses(plate):
    run = scored_run(HEADER, list(answers(plate)), watch=lambda *_: None)
    cases = chosen(run.scored)
    assert len(cases) == 4  # two conditions of two questions; nothing follows the third
    extrude = next(case for case in cases if case.answer.given == 1)
    labels = [tile.label for tile in tiles(extrude)]
    assert labels == [
        "given",
        "designer",
        "1. 60% likely: miss, IoU 0.60",
        "2. 40% likely: hit",
        "no suggestion",
    ]


def test_the_gallery_is_drawn_by_a_seed(plate):
    run = scored_run(HEADER, list(answers(plate)), watch=lambda *_: None)
    orders = {tuple(s.answer.key for s in chosen(run.scored, seed=seed)) for seed in range(9)}
    assert len(orders) > 1
    assert chosen(run.scored, seed=4) == chosen(run.scored[::-1], seed=4)
    assert len(chosen(run.scored, count=3)) == 3


def test_what_cannot_be_built_says_why(plate):
    broken = decode("sketch 0 0 0 +z +x\ncircle 0 0 5\nextrude cut to 5 0\n")
    given, whole, wrong, none = draw_row((truncate(plate, 1), plate, broken, None), 64)
    assert given.shape == whole.shape == (64, 64, 3)
    assert wrong == "operation 1: there is nothing to cut"
    assert none == "–"


def test_a_report_without_matplotlib_says_what_to_install(run, plate, tmp_path, monkeypatch):
    write(tmp_path / "a", plate)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, _, err = run("evaluate", "--compare", tmp_path / "a")
    assert code == 2
    assert 'pip install "cadcomplete[report]"' in err


def test_a_folder_without_predictions_is_named(run, tmp_path):
    code, _, err = run("evaluate", "--compare", tmp_path)
    assert code == 2
    assert f"{tmp_path / FILE}: cannot read: No such file" in err


def test_numbers_are_short():
    assert share(0.5) == ".500"
    assert share(-0.288) == "-.288"
    assert share(1.0) == "1.000"
    assert share(None) == cell(None) == "–"
    result = {"value": 0.1416, "low": 0.12, "high": 0.16}
    assert cell(result) == ".142 [.12, .16]"
    assert cell(result, interval=False) == ".142"
    assert columns([("a", "bb"), ("ccc", "d")]) == ["a    bb", "ccc   d"]
