"""What the documents say is what the program does."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys

import pytest
from conftest import ROOT

from cadcomplete import readers
from cadcomplete.history.sequence import validate
from cadcomplete.language.commands import command_fields
from cadcomplete.language.lines import decode, encode
from cadcomplete.language.prompt import head

FORMAT = (ROOT / "docs" / "format.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(document: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("text", blocks(FORMAT, "lines"))
def test_the_examples_of_the_line_language_are_written_as_they_are_read(text):
    sequence = decode(text)
    assert encode(sequence).text == text
    assert not [f for f in validate(sequence) if f.severity == "error"]


def test_the_example_of_json_text_is_the_first_example():
    (text,) = blocks(FORMAT, "json-text")
    assert encode(decode(blocks(FORMAT, "lines")[0]), text_format="json").text == text
    assert decode(text, text_format="json") == decode(blocks(FORMAT, "lines")[0])


def test_the_example_of_numbers_says_what_the_first_example_says():
    (text,) = blocks(FORMAT, "numbers")
    assert encode(decode(blocks(FORMAT, "lines")[0]), text_format="numbers").text == text


@pytest.mark.parametrize(("number", "unknown"), [(0, ()), (1, ("FilletFeature",))])
def test_the_examples_of_files_are_ours(number, unknown):
    text = blocks(FORMAT, "json")[number]
    document = readers.parse(text)
    assert (document.dialect, document.sequence.id, len(document.sequence)) == ("native", "disc", 2)
    assert document.sequence.unsupported == unknown
    assert document.dump() == text


def test_the_example_of_a_prompt_is_one():
    (text,) = blocks(FORMAT, "prompt")
    first, _, rest = text.partition("\n")
    assert head("a washer") == f"{first}\n"
    assert len(decode(rest)) == 1


def test_every_command_of_the_text_is_in_its_specification():
    for name in command_fields("lines"):
        assert f"| `{name}` |" in FORMAT


def test_the_page_of_the_command_line_is_what_help_prints():
    command = [sys.executable, "-c", "import make_cli; print(make_cli.page(), end='')"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT / "docs")
    assert done.stdout == (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")


def test_the_python_example_of_the_readme_runs(tmp_path):
    (code,) = blocks(README, "python")
    assert len(code.strip().splitlines()) <= 8
    script = tmp_path / "example.py"  # a plain script, without a guard for subprocesses
    script.write_text(code)
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, cwd=ROOT, timeout=200
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize("line", [x for b in blocks(README, "console") for x in b.splitlines()])
def test_the_commands_of_the_readme_run(line, tmp_path, run, monkeypatch):
    monkeypatch.chdir(ROOT)
    words = shlex.split(line.removeprefix("$ "), comments=True)
    assert words[0] == "cadcomplete"
    words = [w.replace("out/", f"{tmp_path}/") for w in words]
    if words[1] == "complete":  # other tests run beside it
        words += ["--time-limit", "150"]
    code, out, err = run(*words[1:])
    assert code == 0, err
    if "--json" in words:
        json.loads(out)


def test_the_links_of_the_documents_lead_somewhere():
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_no_document_names_a_place_outside_of_the_project_but_the_open_data():
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]:
        for outside in re.findall(r"\.\./[\w./-]+", path.read_text(encoding="utf-8")):
            inside = (path.parent / outside).resolve()
            assert outside.startswith("../shared/data") or ROOT in inside.parents, outside
