"""Errors as values: what they say, in which order, where they stand, and how they travel."""

from __future__ import annotations

import inspect
import pickle
import re

import pytest

from cadcomplete import errors
from cadcomplete.cli import app as cli
from cadcomplete.errors import (
    BuildError,
    CadCompleteError,
    ConfigError,
    CrashError,
    GeometryError,
    InputError,
    Interrupted,
    KernelFailure,
    LostWorkersError,
    NoAnswerError,
    ReadError,
    TextError,
    TimeLimitError,
    UnsupportedError,
    keeping,
    shorten,
)

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, CadCompleteError)
]


def made(kind: type[CadCompleteError]) -> CadCompleteError:
    """One of a kind, with all that it can carry."""
    if kind is NoAnswerError:
        return NoAnswerError()
    if kind is BuildError:
        return BuildError(3, "the boolean gives no valid solid")
    if kind is UnsupportedError:
        return UnsupportedError(["spline", "ellipse", "spline"], file="a.json", where="$.x")
    if issubclass(kind, InputError):
        return kind("wrong", file="a", where="$.b", expected="c", got=4, hint="do d")
    return kind("wrong")


every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


# --- the tree -----------------------------------------------------------------------------------


def test_the_tree_in_the_docstring_is_the_tree():
    drawn: dict[str, str] = {}
    above: list[str] = []
    assert errors.__doc__ is not None
    for line in errors.__doc__.splitlines():
        match = re.fullmatch(r"    ([│├└─ ]*)(\w+)( .*)?", line)
        if match is None or not hasattr(errors, match[2]):
            continue
        depth = len(match[1]) // 4
        above = [*above[:depth], match[2]]
        drawn[match[2]] = above[depth - 1] if depth else ""
    drawn.pop("Interrupted")  # stands beside the tree
    tree = {kind.__name__: kind.__base__.__name__ for kind in KINDS if kind.__base__}
    tree["CadCompleteError"] = ""
    assert drawn == tree


def test_there_are_at_least_seventeen_kinds():
    assert len(KINDS) >= 17


@every_kind
def test_every_kind_says_what_it_is_for(kind):
    assert kind.__doc__
    assert kind.__doc__[0].isupper()
    assert kind.__doc__.split("\n")[0].endswith(".")


@every_kind
def test_every_kind_travels_to_another_process_with_all_it_says(kind):
    error = made(kind)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)


@every_kind
def test_every_kind_is_one_line_and_an_exit_code(kind, monkeypatch, capsys):
    error = made(kind)

    def fails(**_):
        raise error

    monkeypatch.setattr(cli, "app", fails)
    with pytest.raises(SystemExit) as left:
        cli.main()
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"cadcomplete: {error}\n"
    assert left.value.code == (2 if isinstance(error, InputError) else 1)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (Interrupted("two files are whole"), 130, "interrupted: two files are whole"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_what_is_interrupted_ends_with_130(error, code, said, monkeypatch, capsys):
    def fails(**_):
        raise error

    monkeypatch.setattr(cli, "app", fails)
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == code
    assert capsys.readouterr().err == f"cadcomplete: {said}\n"


def test_a_fault_of_ours_is_one_line_that_says_how_to_see_more(monkeypatch, capsys):
    def fails(**_):
        raise ZeroDivisionError("a  number\nby nothing")

    monkeypatch.setattr(cli, "app", fails)
    monkeypatch.delenv("CADCOMPLETE_DEBUG", raising=False)
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 1
    assert capsys.readouterr().err == (
        "cadcomplete: unexpected ZeroDivisionError: a number by nothing "
        "(set CADCOMPLETE_DEBUG=1 to see where)\n"
    )
    monkeypatch.setenv("CADCOMPLETE_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        cli.main()


def test_a_reader_of_our_output_that_has_seen_enough_is_no_fault(monkeypatch, capfd):
    def fails(**_):
        raise BrokenPipeError

    monkeypatch.setattr(cli, "app", fails)
    monkeypatch.setattr(cli.os, "dup2", lambda *_: None)  # the tests go on printing
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 0
    assert capfd.readouterr().err == ""


# --- messages -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "wrong"),
        ({"file": "a.json"}, "a.json: wrong"),
        ({"where": "line 3"}, "at line 3: wrong"),
        ({"file": "a.json", "where": "$.b"}, "a.json: at $.b: wrong"),
        ({"expected": "more"}, "wrong: expected more"),
        ({"got": 5}, "wrong: got 5"),
        ({"got": 0}, "wrong: got 0"),  # 0 and "" are something
        ({"got": ""}, "wrong: got "),
        ({"got": [1, "a"]}, "wrong: got [1, 'a']"),
        ({"expected": "more", "got": "less"}, "wrong: expected more, got less"),
        ({"expected": "more", "got": 0}, "wrong: expected more, got 0"),
        ({"hint": "do it"}, "wrong (do it)"),
        (
            {"file": "f", "where": "w", "expected": "e", "got": "g", "hint": "h"},
            "f: at w: wrong: expected e, got g (h)",
        ),
    ],
)
def test_a_message_says_where_expected_got_and_what_to_do(given, said):
    assert str(InputError("wrong", **given)).rstrip() == said.rstrip()


def test_a_message_is_one_line_whatever_is_in_it():
    error = InputError("a\nproblem", expected="b\n c", got="d\r\n\te", hint="f\n")
    assert str(error) == "a problem: expected b c, got d e (f )"


def test_what_was_got_is_shortened_and_the_rest_is_not():
    error = InputError("wrong", expected="x" * 100, got="y" * 100)
    assert "x" * 100 in str(error)
    assert "y" * 59 + "…" in str(error)
    assert "y" * 60 not in str(error)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("short", "short"),
        ("a \n b", "a b"),
        (None, "None"),
        ({"a": 1}, "{'a': 1}"),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 59 + "…"),
    ],
)
def test_a_value_is_told_in_sixty_letters(value, text):
    assert shorten(value) == text


def test_a_value_may_be_told_in_fewer():
    assert shorten("abcdef", limit=4) == "abc…"
    assert shorten("abcd", limit=4) == "abcd"


def test_the_first_file_that_is_named_stays():
    error = InputError("wrong", where="line 2")
    assert error.in_file("a.lines") is error
    assert str(error) == "a.lines: at line 2: wrong"
    assert str(error.in_file("other")) == "a.lines: at line 2: wrong"


def test_what_is_not_supported_is_named_once_and_in_order():
    error = UnsupportedError(["spline", "ellipse", "spline"], where="$.x")
    assert error.names == ("ellipse", "spline")
    assert error.problem == "not supported: ellipse, spline"
    many = UnsupportedError([f"name{i:03d}" for i in range(100)])
    assert all(f"name{i:03d}" in str(many) for i in range(100))  # whole: nothing is cut short


def test_a_build_error_names_its_operation():
    error = BuildError(4, "it vanished")
    assert (error.operation, error.reason) == (4, "it vanished")
    assert str(error) == "operation 4: it vanished"


def test_errors_are_told_apart_by_what_a_caller_can_do():
    for mine in (ReadError, TextError, ConfigError, UnsupportedError):
        assert issubclass(mine, InputError)  # the user can mend it
    for lost in (TimeLimitError, CrashError, LostWorkersError):
        assert issubclass(lost, KernelFailure)  # one item is lost
    for other in (BuildError, GeometryError, KernelFailure, NoAnswerError):
        assert not issubclass(other, InputError)
    assert not issubclass(Interrupted, Exception)


# --- interrupted --------------------------------------------------------------------------------


def test_ctrl_c_is_turned_into_what_is_kept():
    with (
        pytest.raises(Interrupted, match="nothing was written"),
        keeping(lambda: "nothing was written"),
    ):
        raise KeyboardInterrupt


def test_what_is_kept_is_asked_when_it_happens_and_never_otherwise():
    asked: list[str] = []

    def kept() -> str:
        asked.append("asked")
        return "three files"

    with keeping(kept):
        pass
    with pytest.raises(InputError), keeping(kept):
        raise InputError("something else")
    assert asked == []
    with pytest.raises(Interrupted), keeping(kept):
        raise KeyboardInterrupt
    assert asked == ["asked"]
