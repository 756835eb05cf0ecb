"""The file of predictions: all that scoring needs, so it needs neither model nor data set.

The first line is a header. Then for each question a line of kind "question", with the truth, and
after it a line of kind "candidate" for each suggestion and each part, in the order of their ranks.
docs/benchmark.md lists the keys.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cadcomplete.errors import InputError, TextError
from cadcomplete.evaluate.questions import Key
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.language.lines import decode, encode
from cadcomplete.predictions import Answer, Prediction

FILE, FORMAT, VERSION = "predictions.jsonl", "cadcomplete predictions", 1
NEXT, PART = "next", "part"


@dataclass(frozen=True, slots=True)
class Header:
    """How predictions were made; a file continues only with the same.

    Attributes:
        predictor: its name; of a model with the first digits of the hash of its weights.
        data: names of the data sets, and the first digits of the hash of each manifest.
        cuts: most cuts of a part; None for after every operation.
        most: parts that were chosen at most; None for all.
        n: candidates that were asked for.
        parts: how many were chosen.
        questions: how many there are.
        left_out: parts that could not be asked about, by reason.
    """

    predictor: str
    data: dict[str, str]
    split: str
    cuts: int | None
    conditions: tuple[str, ...]
    most: int | None
    n: int
    seed: int
    parts: int
    questions: int
    left_out: dict[str, int]


@dataclass(frozen=True, slots=True)
class Answered:
    """A question and what was answered.

    Attributes:
        truth: the whole history.
        given: how many of its operations were given.
        failed: why there is no answer; "" if there is one.
    """

    data: str
    design: str
    truth: CadSequence
    given: int
    condition: str
    prediction: Prediction
    failed: str = ""

    @property
    def key(self) -> Key:
        return (self.data, self.truth.id, self.given, self.condition)


NO_ANSWER = Prediction((), (), 0.0)


# --- writing ------------------------------------------------------------------------------------


def header_line(header: Header) -> str:
    return _line({"format": FORMAT, "version": VERSION, **asdict(header)})


def answer_lines(answer: Answered, *, seed: int, predictor: str) -> str:
    """Return the lines of an answer.

    Raises TextError for a candidate that cannot be written, InputError for a score that is no
    probability.
    """
    prediction, whole = answer.prediction, encode(answer.truth)
    place = {
        "id": answer.truth.id,
        "data": answer.data,
        "given": answer.given,
        "condition": answer.condition,
    }
    made = {"predictor": predictor, "seed": seed}
    question = {
        "kind": "question",
        **place,
        "design": answer.design,
        "operations": len(answer.truth),
        "truth": whole.text,
        "stop": _short(prediction.stop),
        "seconds": round(prediction.seconds, 4),
        "generated": prediction.generated,
        "unparsed": prediction.unparsed,
        "failed": answer.failed,
        "candidates": len(prediction.next) + len(prediction.parts),
        **made,
    }
    start = whole.operation_offsets[answer.given]
    lines = [_line(question)]
    for level, candidates in ((NEXT, prediction.next), (PART, prediction.parts)):
        for rank, candidate in enumerate(candidates, start=1):
            added = _added(answer, candidate, start)
            lines.append(_line({**_candidate(candidate, level, rank, added), **place, **made}))
    return "".join(lines)


def _added(answer: Answered, candidate: Answer, start: int) -> str:
    """What a candidate adds, as lines that can be read again."""
    operations = candidate.sequence.operations
    text = encode(CadSequence(operations)).text
    if len(decode(text)) != len(operations):
        raise TextError("a candidate that cannot be written as lines", where=answer.truth.id)
    return text[start:]


def _candidate(candidate: Answer, level: str, rank: int, added: str) -> dict[str, Any]:
    return {
        "kind": "candidate",
        "level": level,
        "rank": rank,
        "score": _short(candidate.score),
        "valid": candidate.valid,
        "problems": list(candidate.problems),
        "source": candidate.source,
        "added": added,
    }


def _short(value: float) -> float:
    return round(_probability(value), 6)


def _probability(value: Any) -> float:
    """Return a score or a probability. Raises InputError for what is none, such as NaN."""
    if not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InputError("not a probability", expected="0 to 1", got=value)
    return float(value)


def _line(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


# --- reading ------------------------------------------------------------------------------------


def read_predictions(path: Path) -> tuple[Header, list[Answered], int]:
    """Return the header, the answers, and how many bytes of the file these are.

    What follows is the answer at which a run was stopped: lines that are missing, or half a line.
    Raises InputError, which names the file and the line.
    """
    lines = _whole_lines(path)
    number, size, first = next(lines, (0, 0, {}))
    if first.get("format") != FORMAT or first.get("version") != VERSION:
        expected = f"a header of {FORMAT}, version {VERSION}"
        raise InputError("not predictions", file=path, where="line 1", expected=expected)
    answers: list[Answered] = []
    with _naming(path, number):
        header = _header(first)
    for number, end, document in lines:
        with _naming(path, number):
            if document["kind"] != "question":
                raise ValueError(f"a {document['kind']} outside of a question")
            expected = int(document["candidates"])
        candidates = []
        while len(candidates) < expected and (found := next(lines, None)) is not None:
            candidates.append(found)
        if len(candidates) < expected:
            break
        answers.append(_answer(path, number, document, candidates))
        size = candidates[-1][1] if candidates else end
    return header, answers, size


def _whole_lines(path: Path) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Yield the number of each line, the bytes up to its end, and what it says."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read: {error.strerror or error}", file=path) from error
    end = 0
    for number, line in enumerate(content.splitlines(keepends=True), start=1):
        end += len(line)
        if not line.endswith(b"\n"):
            return
        with _naming(path, number):
            document = json.loads(line)
            if not isinstance(document, dict):
                raise TypeError("not an object")
        yield number, end, document


class _naming:  # noqa: N801
    """Name the file and the line of predictions that cannot be read."""

    def __init__(self, path: Path, number: int) -> None:
        self.path, self.number = path, number

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, KeyError):
            raise self._broken(f"it lacks the key {error}") from error
        if isinstance(error, ValueError | TypeError | InputError):
            raise self._broken(str(error)) from error

    def _broken(self, why: str) -> InputError:
        problem = f"not predictions: {why}"
        return InputError(problem, file=self.path, where=f"line {self.number}")


def _header(document: dict[str, Any]) -> Header:
    values = {name: document[name] for name in Header.__dataclass_fields__}
    return Header(**{**values, "conditions": tuple(values["conditions"])})


def _answer(
    path: Path,
    number: int,
    question: dict[str, Any],
    candidates: list[tuple[int, int, dict[str, Any]]],
) -> Answered:
    with _naming(path, number):
        truth = CadSequence(decode(question["truth"]).operations, question["id"])
        given = int(question["given"])
        prefix = encode(truncate(truth, given)).text
    found: dict[str, list[Answer]] = {NEXT: [], PART: []}
    for line, _, document in candidates:
        with _naming(path, line):
            if document["kind"] != "candidate":
                raise ValueError(f"a {document['kind']} where a candidate was announced")
            whole = CadSequence(decode(prefix + document["added"]).operations, truth.id)
            _probability(document["score"])
            known = {name: document[name] for name in ("score", "valid", "source")}
            answer = Answer(whole, problems=tuple(document["problems"]), **known)
            found[document["level"]].append(answer)
    with _naming(path, number):
        prediction = Prediction(
            tuple(found[NEXT]),
            tuple(found[PART]),
            stop=_probability(question["stop"]),
            generated=question["generated"],
            unparsed=question["unparsed"],
            seconds=question["seconds"],
        )
        return Answered(
            question["data"],
            question["design"],
            truth,
            given,
            question["condition"],
            prediction,
            question["failed"],
        )
