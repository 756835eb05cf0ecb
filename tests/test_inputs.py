"""Pictures as the encoder reads them, and what cannot be one."""

from __future__ import annotations

import gc
import io
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image

from cadcomplete.errors import InputError
from cadcomplete.model.inputs import FORMATS, picture


def png(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, format=kind, **options)
    return file.getvalue()


def noise(width, height, channels=3):
    shape = (height, width) if channels == 1 else (height, width, channels)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def test_a_picture_of_that_size_is_taken_bit_for_bit():
    pixels = noise(28, 28)
    seen = picture(png(Image.fromarray(pixels)), size=28)
    assert seen.dtype == np.uint8
    assert np.array_equal(seen, pixels.transpose(2, 0, 1))


def test_bytes_files_and_pictures_are_seen_alike(tmp_path):
    image = Image.fromarray(noise(50, 40))
    (tmp_path / "a.png").write_bytes(png(image))
    seen = [picture(source, size=28) for source in (png(image), tmp_path / "a.png", image)]
    assert np.array_equal(seen[0], seen[1]) and np.array_equal(seen[1], seen[2])


@pytest.mark.parametrize("size", [(40, 20), (20, 40)])
def test_a_long_picture_is_padded_with_the_colour_of_its_border(size):
    pixels = np.full((size[1], size[0], 3), (10, 200, 30), dtype=np.uint8)
    pixels[size[1] // 2, size[0] // 2] = 255
    seen = picture(png(Image.fromarray(pixels)), size=40)
    corners = seen[:, [0, 0, -1, -1], [0, -1, 0, -1]].T
    assert (corners == (10, 200, 30)).all()
    assert (seen == 255).all(axis=0).sum() == 1


def test_transparency_is_seen_on_white():
    pixels = np.zeros((20, 20, 4), dtype=np.uint8)
    pixels[5:, :, 3] = 255
    seen = picture(png(Image.fromarray(pixels)), size=20)
    assert (seen[:, :5] == 255).all() and (seen[:, 5:] == 0).all()


def test_gray_palette_and_deep_pictures_have_three_colours_of_a_byte():
    gray = noise(20, 20, 1)
    for image in (
        Image.fromarray(gray),
        Image.fromarray(gray.astype(np.uint16) * 257),
        Image.fromarray(gray).convert("P"),
    ):
        seen = picture(png(image), size=20)
        assert all(np.array_equal(seen[i], gray) for i in range(3))


def test_a_photo_is_turned_as_its_camera_says():
    image = Image.fromarray(noise(40, 40))
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    turned = picture(png(image, exif=exif), size=40)
    assert np.array_equal(turned, picture(image, size=40)[:, ::-1, ::-1])


def test_a_picture_is_made_smaller_without_aliasing():
    stripes = np.tile(np.array([0, 255], dtype=np.uint8), (64, 32))
    seen = picture(png(Image.fromarray(stripes)), size=16)
    assert 120 < seen[:, 2:-2, 2:-2].min() <= seen[:, 2:-2, 2:-2].max() < 135


def test_one_colour_that_stands_for_transparency_is_seen_on_white():
    black = Image.fromarray(np.zeros((20, 20, 3), dtype=np.uint8))
    for image, colour in ((black, (0, 0, 0)), (black.convert("L"), 0), (black.convert("P"), 0)):
        assert (picture(png(image, transparency=colour), size=20) == 255).all()


def test_a_long_picture_is_made_smaller_before_it_is_padded():
    pixels = np.full((250, 2000, 3), 90, dtype=np.uint8)
    pixels[125:] = 30  # the median of the border lies between
    seen = picture(png(Image.fromarray(pixels)), size=64)
    assert abs(seen[:, 28:31].astype(int) - 90).max() < 5  # the filter overshoots at an edge
    assert abs(seen[:, 33:36].astype(int) - 30).max() < 5
    assert len(np.unique(seen[:, :28])) == 1 and np.array_equal(seen[:, 0], seen[:, -1])


def test_no_file_stays_open_and_the_picture_that_was_given_stays_as_it_was(tmp_path, recwarn):
    (tmp_path / "a.png").write_bytes(png(Image.fromarray(noise(50, 40))))
    with Image.open(tmp_path / "a.png") as image:
        before = image.copy()
        picture(image, size=28)
        assert image.size == before.size and image.tobytes() == before.tobytes()
    picture(tmp_path / "a.png", size=28)
    gc.collect()
    assert not recwarn.list


def test_a_picture_of_32_bits_a_colour_is_refused():
    for kind in (np.int32, np.float32):
        deep = Image.fromarray(np.full((20, 20), 200, dtype=kind))
        with pytest.raises(InputError, match=r"got 32 bits a colour \(save it once more, as PNG"):
            picture(png(deep, "TIFF"), size=20)


def test_no_program_is_started_for_a_picture():
    with pytest.raises(InputError, match="a file of another kind"):
        picture(png(Image.fromarray(noise(20, 20)), "EPS"), size=20)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_broken_picture_is_an_error_or_a_picture(kind, recwarn):
    whole, random = png(Image.fromarray(noise(24, 24)), kind), np.random.default_rng(0)
    for _ in range(60):
        broken = bytearray(whole)
        for at in random.integers(len(broken), size=random.integers(1, 5)):
            broken[at] = random.integers(256)
        with suppress(InputError):
            picture(bytes(broken[: random.integers(len(broken))]), size=16)
            picture(bytes(broken), size=16)
    assert not recwarn.list  # the user sees one line


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a picture"),
        (
            b"some text",
            "not a picture: expected a whole PNG, .* or TIFF, got a file of another kind",
        ),
        (png(Image.fromarray(noise(60, 60)))[:900], "not a picture"),
        (png(Image.fromarray(noise(60, 60)), "JPEG")[:900], "not a picture"),
        (png(Image.fromarray(noise(15, 40))), "a picture of this size .* got 15 × 40"),
        (png(Image.fromarray(noise(300, 30))), "a picture of this size .* got 300 × 30"),
    ],
)
def test_what_is_no_usable_picture_is_one_line(content, message, tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        picture(path, size=28)
    assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)


def test_a_missing_picture_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.png: no such picture"):
        picture(tmp_path / "none.png", size=28)


def test_a_picture_that_would_fill_the_memory_is_refused(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    with pytest.raises(InputError, match="the picture is too large: expected at most 500 pixels"):
        picture(png(Image.fromarray(noise(30, 30))), size=28)
