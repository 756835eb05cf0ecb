"""Pictures and points from the data set to a completion: training and completing see the same."""

from __future__ import annotations

import ctypes
import json

import numpy as np
import pytest
import torch
from conftest import PARTS

from cadcomplete import readers
from cadcomplete.clouds.cloud import sample_cloud
from cadcomplete.clouds.measured import measured
from cadcomplete.clouds.read import read_scan
from cadcomplete.completion.engine import complete
from cadcomplete.completion.prompting import prompted
from cadcomplete.config import from_dict
from cadcomplete.data import modalities
from cadcomplete.data.labels import operation_cuts
from cadcomplete.data.prepare import prepare
from cadcomplete.data.prepare.settings import Settings
from cadcomplete.data.read import read_samples
from cadcomplete.errors import InputError
from cadcomplete.history.sequence import truncate
from cadcomplete.kernel.build import build
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.tessellate import tessellate
from cadcomplete.language.prompt import IMAGE, POINTS, prompt
from cadcomplete.model import checkpoint
from cadcomplete.placing.shapes import read_shape
from cadcomplete.training.train import set_up, train

FLANGE = PARTS / "flange.json"
LAYOUTS = ("shards", "omnicad")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The example parts with two pictures and 96 points each, in both layouts."""
    folder = tmp_path_factory.mktemp("data")
    for layout in LAYOUTS:
        settings = Settings(layout=layout, points=96, size=32, views=2, validation=0.4, test=0.0)
        prepare(PARTS, folder / layout, settings)
    return folder


def configure(source, folder, **data):
    return from_dict(
        {
            "name": "run",
            "output": str(folder),
            "data": {
                "sources": [str(source)],
                "max_length": 400,
                "variants": 3,
                "images": 1.0,
                "most_images": 2,
                "points": 1.0,
                **data,
            },
            "model": {
                "decoder": {
                    "vocabulary": 300,
                    "width": 32,
                    "layers": 2,
                    "heads": 2,
                    "kv_heads": 1,
                    "feed_forward": 64,
                },
                "image": {
                    "encoder": "dinov2",
                    "size": 28,
                    "patch": 14,
                    "width": 16,
                    "layers": 1,
                    "heads": 2,
                },
                "points": {
                    "encoder": "michelangelo",
                    "count": 64,
                    "queries": 5,
                    "width": 16,
                    "layers": 1,
                    "heads": 2,
                },
            },
            "train": {
                "batch": 4,
                "evaluate_every": 2,
                "log_every": 1,
                "precision": "float16",
                "rates": {"image_encoder": 1e-3, "point_encoder": 1e-3},
            },
        }
    )


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    return train(configure(data / "shards", tmp_path_factory.mktemp("run")))


@pytest.fixture(scope="module")
def model(trained):
    return checkpoint.load(trained)


@pytest.fixture(scope="module")
def flange(data):
    """The flange as a part of the data set, with what is known about it."""
    return next(s for s in read_samples(data / "shards") if s.sequence.id.endswith("flange"))


# --- training -----------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", LAYOUTS)
def test_samples_show_pictures_first_then_points_then_text(data, tmp_path, layout):
    run = set_up(configure(data / layout, tmp_path))
    for i in range(len(run.training.samples)):
        sample = run.training[i]
        images = 0 if sample.images is None else len(sample.images)
        assert images in (1, 2) and sample.points.shape == (64, 6)
        front = [IMAGE] * 4 * images + [POINTS] * 5
        assert sample.ids[: len(front)].tolist() == front and (sample.ids[len(front) :] >= 0).all()
        (length,) = run.training.lengths(np.array([i]))
        assert len(sample.ids) <= length <= len(sample.ids) + 96


def test_both_layouts_give_the_same_samples(data, tmp_path):
    shards, folders = (set_up(configure(data / name, tmp_path)).training for name in LAYOUTS)
    names = [[s.sequence.id for s in side.samples] for side in (shards, folders)]
    assert sorted(names[0]) == sorted(names[1])
    for number, name in enumerate(names[0]):
        a, b = shards[number], folders[names[1].index(name)]
        if len(a.ids) == len(b.ids):  # captions may differ, pictures and points may not
            assert np.array_equal(a.images, b.images)
        assert np.allclose(a.points, b.points, atol=2e-3)


def test_shares_of_pictures_and_points_are_those_of_the_configuration(data, tmp_path):
    config = configure(data / "shards", tmp_path, variants=200, upright=1.0, images=0.3, points=0.6)
    training = set_up(config).training
    shown = [training._shown(training.samples[0], number) for number in range(200)]
    # 200 draws: 4 sigma is at most 28
    assert sum(bool(s.images) for s in shown) == pytest.approx(60, abs=28)
    assert sum(s.points for s in shown) == pytest.approx(120, abs=28)
    assert {len(s.images) for s in shown} == {0, 1, 2}


def test_stages_bring_in_one_modality_after_the_other(data, tmp_path):
    stages = [
        {"passes": 1, "images": 0.0, "points": 0.0},
        {"passes": 1, "images": 0.0, "points": 1.0},
        {"passes": 1, "images": 1.0, "points": 1.0},
    ]
    config = configure(data / "shards", tmp_path, stages=stages, upright=1.0)
    training = set_up(config).training
    for number, (images, points) in enumerate([(False, False), (False, True), (True, True)]):
        for index in training.ranges()[number]:
            sample = training[index]
            assert (sample.images is not None, sample.points is not None) == (images, points)


def test_a_turned_part_has_its_points_turned_and_only_pictures_that_fit(data, tmp_path):
    config = configure(data / "shards", tmp_path, variants=40, upright=0.0)
    training = set_up(config).training
    part = training.samples[0]
    for number in range(1, 40):
        sample, symmetry = training._sample(part, number), training._symmetry(part, number)
        assert symmetry is not None
        assert (sample.images is not None) == symmetry.turns_about_z
        whole = modalities.load(part.place, part.sequence.id).cloud
        turned = {tuple(p) for p in np.round(symmetry.apply_all(whole.points), 4).tolist()}
        assert {
            tuple(p) for p in np.round(sample.points[:, :3].astype(float), 4).tolist()
        } <= turned


def test_what_does_not_fit_with_its_pictures_is_refused(data, tmp_path):
    plain = set_up(configure(data / "shards", tmp_path, images=0.0, points=0.0))
    longest = max(len(plain.training[i].ids) for i in range(len(plain.training.samples)))
    refusing = {"max_length": longest, "too_long": "refuse"}
    with_pictures = set_up(configure(data / "shards", tmp_path, **refusing))
    assert with_pictures.training.refusals.reasons["too long"] >= 1
    assert len(with_pictures.training.samples) < len(plain.training.samples)
    cut = set_up(configure(data / "shards", tmp_path, max_length=longest)).training
    assert len(cut.samples) == len(plain.training.samples) and cut.shortened >= 1
    assert all(len(cut[i].ids) <= longest for i in range(len(cut)))


def test_a_trained_folder_has_all_parts_and_loads_to_the_same_losses(trained, model, data):
    names = {path.name for path in trained.iterdir()}
    assert {"language_model.json", "image_encoder.json", "point_encoder.json"} <= names
    saved = checkpoint.load_file(trained / "model.safetensors")
    parts = {name.partition(".")[0] for name in saved}
    assert parts == {
        "language_model",
        "image_encoder",
        "point_encoder",
        "image_projector",
        "point_projector",
    }
    log = [json.loads(line) for line in (trained / "log.jsonl").read_text().splitlines()]
    first = next(entry for entry in log if "loss" in entry)
    for part in parts:
        assert first[f"gradient_norm/{part}"] > 0 and first[f"learning_rate/{part}"] > 0


# --- completing ---------------------------------------------------------------------------------


def test_the_prompt_is_token_for_token_and_feature_for_feature_the_one_of_training(
    flange, model, data, tmp_path
):
    training = set_up(configure(data / "shards", tmp_path)).training
    training.samples = [flange]
    sample = training._sample(flange, 0)
    shown = training._shown(flange, 0)
    caption = training._caption(flange, 0)
    found = modalities.load(flange.place, flange.sequence.id)
    images = [found.images[i].png for i in shown.images]
    text = prompt(flange.sequence, caption=caption, levels=measured(found.cloud))
    front = training.features.placeholders(images=len(images), points=True)
    tokens = training.tokenizer.encode(text).after(front)
    for keep, cut in enumerate(operation_cuts(text, tokens)):
        given = truncate(flange.sequence, keep)
        asked = prompted(given, model, caption=caption, images=images, points=found.cloud)
        assert asked.ids == tuple(sample.ids[:cut].tolist())
        assert np.array_equal(asked.images, sample.images)
        assert np.array_equal(asked.points, sample.points)


def test_files_give_the_features_of_the_data_set(flange, model, tmp_path):
    found = modalities.load(flange.place, flange.sequence.id)
    (tmp_path / "view.png").write_bytes(found.images[1].png)
    cloud = found.cloud
    np.savez(
        tmp_path / "cloud.npz",
        points=cloud.points,
        normals=cloud.normals,
        center=cloud.center,
        scale=cloud.scale,
    )
    from_files = prompted(
        flange.sequence,
        model,
        images=[tmp_path / "view.png"],
        points=read_scan(tmp_path / "cloud.npz").cloud,
    )
    direct = prompted(flange.sequence, model, images=[found.images[1].png], points=cloud)
    assert np.array_equal(from_files.images, direct.images)
    assert np.array_equal(from_files.points, direct.points)


def test_pictures_and_points_change_what_is_proposed(flange, model):
    found = modalities.load(flange.place, flange.sequence.id)
    given = truncate(flange.sequence, 2)

    def last_logits(**shown):
        asked = prompted(given, model, **shown)
        from cadcomplete.model.generate import _embedded

        with torch.inference_mode():
            return model.model.causal(inputs_embeds=_embedded(model.model, asked)).logits[0, -1]

    nothing = last_logits()
    picture = last_logits(images=[found.images[0].png])
    two = last_logits(images=[i.png for i in found.images])
    points = last_logits(points=found.cloud)
    seen = [nothing, picture, two, points]
    assert all(not torch.equal(a, b) for i, a in enumerate(seen) for b in seen[:i])


def test_completing_with_everything_given_keeps_the_prefix_and_is_reproducible(flange, model):
    document = readers.read(FLANGE)
    found = modalities.load(flange.place, flange.sequence.id)
    with Kernel(workers=2, time_limit=30) as kernel:
        first, again = (
            complete(
                document,
                model=model,
                keep=2,
                n=2,
                caption="a flange",
                images=[i.png for i in found.images],
                points=found.cloud,
                kernel=kernel,
            )
            for _ in range(2)
        )
    assert [c.text for c in first.completions] == [c.text for c in again.completions]
    for completion in first.completions:
        kept = completion.document.raw["sequence"][:2]
        assert kept == document.truncated(2).raw["sequence"]


@pytest.mark.parametrize("kind", ["pictures", "point clouds"])
def test_a_model_without_an_encoder_refuses_what_it_cannot_see(flange, model, kind, tmp_path, data):
    blind = configure(data / "shards", tmp_path)
    raw = blind.as_dict()
    raw["model"]["image"]["encoder"] = raw["model"]["points"]["encoder"] = ""
    run = set_up(from_dict(raw))
    blind_model = checkpoint.Checkpoint(
        run.model.eval(), run.tokenizer, run.config, run.words, name="blind-1"
    )
    found = modalities.load(flange.place, flange.sequence.id)
    shown = {"images": [found.images[0].png]} if kind == "pictures" else {"points": found.cloud}
    with pytest.raises(InputError, match=f"at blind-1: this model sees no {kind}"):
        prompted(flange.sequence, blind_model, **shown)


def test_the_command_line_takes_pictures_points_and_a_trained_folder(
    run, flange, trained, tmp_path
):
    found = modalities.load(flange.place, flange.sequence.id)
    for number, image in enumerate(found.images):
        (tmp_path / f"{number}.png").write_bytes(image.png)
    solid = build(readers.read(FLANGE).sequence)
    assert solid is not None
    np.save(tmp_path / "cloud.npy", sample_cloud(tessellate(solid), 4096).millimetres)
    code, out, err = run(
        "complete",
        FLANGE,
        "--keep",
        2,
        "-n",
        1,
        "--model",
        trained,
        "--caption",
        "a flange",
        "--image",
        tmp_path / "0.png",
        "--image",
        tmp_path / "1.png",
        "--points",
        tmp_path / "cloud.npy",
        "--json",
    )
    assert code == 0, err
    answer = json.loads(out)
    assert answer["images"] == [str(tmp_path / "0.png"), str(tmp_path / "1.png")]
    assert answer["points"] == str(tmp_path / "cloud.npy")
    assert any("normals were estimated" in notice for notice in answer["notices"])
    assert answer["completions"][0]["operations_added"] >= 1


@pytest.mark.parametrize(
    ("option", "name", "content", "message"),
    [
        ("--image", "none.png", None, "none.png"),
        ("--image", "text.png", b"not a picture", "text.png"),
        ("--points", "none.npy", None, "none.npy"),
        ("--points", "text.ply", b"not a cloud", "text.ply"),
        ("--points", "cloud.xyz", b"1 2 3", "cloud.xyz"),
    ],
)
def test_a_picture_or_cloud_that_cannot_be_used_is_one_line_and_code_2(
    run, trained, tmp_path, option, name, content, message
):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    arguments = ("--keep", 2, "-n", 1, "--model", trained, option, tmp_path / name)
    code, out, err = run("complete", FLANGE, *arguments)
    lines = [line for line in err.splitlines() if line.startswith("cadcomplete: ")]
    assert (code, out) == (2, "")
    assert len(lines) == 1 and message in lines[0]


def test_a_file_on_which_the_kernel_dies_is_named(tmp_path):
    with Kernel(time_limit=30) as kernel, pytest.raises(InputError) as caught:
        read_shape(kernel.submit(ctypes.string_at, 0), file=tmp_path / "a.step", kernel=kernel)
    assert str(caught.value).startswith(f"{tmp_path / 'a.step'}: the CAD kernel crashed")
