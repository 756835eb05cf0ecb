"""Asking a predictor every question, with what it answers written as it comes."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from cadcomplete.errors import CadCompleteError, InputError, LostWorkersError
from cadcomplete.evaluate.questions import ExamQuestion, Key, case
from cadcomplete.evaluate.records import (
    NO_ANSWER,
    Answered,
    Header,
    answer_lines,
    header_line,
    read_predictions,
)
from cadcomplete.predictions import Case, Predictor

FAILURES = (
    CadCompleteError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What a predictor may raise without ending a benchmark: it is counted, with its reason."""

Watch = Callable[[str, int, int], None]


def predict_all(
    predictor: Predictor,
    questions: Sequence[ExamQuestion],
    header: Header,
    path: Path,
    *,
    watch: Watch,
) -> int:
    """Write an answer to every question that has none yet; return how many were there already.

    A file that was begun with the same settings continues, after the last whole answer. Raises
    InputError if it was begun with others.
    """
    with continued(path, header) as (done, file):
        asked = {question.key for question in questions}
        left = [question for question in questions if question.key not in done]
        ready = len(asked) - len(left)
        for number, question in enumerate(left, start=1):
            write_answer(predictor, question, header, file)
            watch("predicting", ready + number, len(asked))
    return ready


@contextmanager
def continued(path: Path, header: Header) -> Iterator[tuple[set[Key], TextIO]]:
    """Open a file of predictions to go on with: what it answers already, and the file.

    Raises InputError if it was begun with other settings.
    """
    done, size = _begun(path, header)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.truncate(size)
        if not size:
            file.write(header_line(header))
            file.flush()
        yield done, file


def _begun(path: Path, header: Header) -> tuple[set[Key], int]:
    """The keys that a file answers already, and the bytes up to the end of these."""
    if not path.exists() or not path.read_bytes().partition(b"\n")[1]:
        return set(), 0
    before, answers, size = read_predictions(path)
    for field in dataclasses.fields(Header):
        was, now = getattr(before, field.name), getattr(header, field.name)
        if was != now:
            raise InputError(
                f"predictions that were made with another {field.name}",
                file=path,
                expected=str(now),
                got=str(was),
                hint="choose another folder with -o",
            )
    return {answer.key for answer in answers}, size


def write_answer(
    predictor: Predictor, question: ExamQuestion, header: Header, file: TextIO
) -> None:
    """Ask, and write what comes of it at once. Raises LostWorkersError: nothing would follow."""
    shown = case(question, seed=header.seed)
    started = time.monotonic()
    answer = ask(predictor, question, shown, header)
    taken = dataclasses.replace(answer.prediction, seconds=time.monotonic() - started)
    answer = dataclasses.replace(answer, prediction=taken)
    try:
        text = answer_lines(answer, seed=header.seed, predictor=header.predictor)
    except FAILURES as error:  # a candidate that is no history, a score that is no probability
        nothing = dataclasses.replace(NO_ANSWER, seconds=taken.seconds)
        failed = dataclasses.replace(answer, prediction=nothing, failed=_reason(error))
        text = answer_lines(failed, seed=header.seed, predictor=header.predictor)
    file.write(text)
    file.flush()


def ask(predictor: Predictor, question: ExamQuestion, shown: Case, header: Header) -> Answered:
    """Return the answer to a question, or why there is none."""
    prediction, failed = NO_ANSWER, ""
    try:
        prediction = predictor.predict(shown, n=header.n, seed=header.seed)
    except LostWorkersError:
        raise
    except FAILURES as error:
        failed = _reason(error)
    sample = question.held.sample
    return Answered(
        question.held.data,
        sample.design,
        question.truth,
        question.given,
        question.condition,
        prediction,
        failed,
    )


def _reason(error: Exception) -> str:
    """Why there is no answer, without the part's name, so that reasons can be counted."""
    if isinstance(error, InputError):
        return error.problem
    text = " ".join(str(error).split())
    return text if isinstance(error, CadCompleteError) else f"{type(error).__name__}: {text}"[:200]
