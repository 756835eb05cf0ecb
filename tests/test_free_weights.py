"""The free model: taken by its name, small, and told apart from the one for research only."""

from __future__ import annotations

from pathlib import Path

from conftest import PARTS, ROOT

from cadcomplete.completion.engine import complete
from cadcomplete.completion.prompting import knows_clouds, prompted
from cadcomplete.history.sequence import truncate
from cadcomplete.kernel.contain import Kernel
from cadcomplete.language.tokenizer import folder_named, shipped
from cadcomplete.model import checkpoint
from cadcomplete.model.generate import Sampling
from cadcomplete.placing.shapes import shown
from cadcomplete.readers import read

MOST = 10_000_000
"""Bytes that its weights may have."""


def test_it_is_taken_by_its_name_unless_a_folder_is_called_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert folder_named("free") == folder_named(Path("free")) == shipped("free") != shipped()
    assert folder_named(None) == shipped()
    (tmp_path / "free").mkdir()
    assert folder_named("free") == Path("free")


def test_it_is_small_and_its_card_names_its_licence_and_where_its_parts_are_from():
    folder = shipped("free")
    assert (folder / "model.safetensors").stat().st_size <= MOST
    card = (folder / "README.md").read_text()
    assert "Apache-2.0" in card
    rows = [line for line in card.splitlines() if line.startswith("| [")]
    free = {"MIT", "Unlicense", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "CC-BY-4.0", "ISC"}
    assert rows and all(row.split(" | ")[1] in free for row in rows)
    assert "cadcomplete/weights_free" in (ROOT / "NOTICE").read_text()


def test_it_is_told_of_a_cloud_in_words_though_it_has_no_encoder():
    model = checkpoint.load("free")
    given = truncate(read(PARTS / "flange.json").sequence, 4)
    with Kernel(workers=1) as kernel:
        cloud = shown(ROOT / "examples" / "wanted" / "flange.npy", given, kernel=kernel)
    assert cloud is not None and knows_clouds(model) and not model.model.features.points
    told, asked = (prompted(given, model, points=points) for points in (cloud.cloud, None))
    assert len(told.ids) > len(asked.ids) and told.points is None


def test_it_completes_a_part():
    model = checkpoint.load("free")
    assert model.config.data.text_format == "numbers" and {"sketch", "extrude"} <= set(model.words)
    part = sorted(PARTS.glob("*.json"))[0]
    found = complete(part, model=model, keep=2, only_next=True, sampling=Sampling(rows=4))
    assert found.model == model.name and any(one.valid for one in found.completions)
