"""What a model sees of a picture and of a point cloud: the same in training and for a user."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from cadcomplete.errors import InputError
from cadcomplete.kernel.cloud import PointCloud

SMALLEST, LONGEST = 16, 8
"""The shortest side of a picture in pixels, and how many times as long the other one may be."""


def picture(source: bytes | Path | Image.Image, *, size: int) -> np.ndarray:
    """Return a picture as the encoder reads it: bytes of shape (3, size, size).

    Transparency is seen on white. What is not square is padded with the colour of its border, and
    then it is resized; a picture of that size is taken as it is. Raises InputError for a file that
    is no whole picture, or one that is too small, too long or too large.
    """
    file = source if isinstance(source, Path) else "the picture"
    with _reading(file):
        image = source if isinstance(source, Image.Image) else _open(source)
        pixels = _on_white(ImageOps.exif_transpose(image))
    width, height = pixels.size
    if min(pixels.size) < SMALLEST or max(pixels.size) > LONGEST * min(pixels.size):
        raise InputError(
            "a picture of this size cannot be used",
            file=file,
            expected=f"sides of at least {SMALLEST} pixels, at most 1 to {LONGEST}",
            got=f"{width} × {height}",
        )
    square = _square(pixels)
    if square.size != (size, size):
        square = square.resize((size, size), Image.Resampling.BICUBIC)
    return np.ascontiguousarray(np.asarray(square).transpose(2, 0, 1))


def surface(cloud: PointCloud, *, count: int, seed: int) -> np.ndarray:
    """Return `count` points of a cloud as the encoder reads them, float32 of shape (count, 6).

    Each is a place in [-1, 1] and a unit normal. Of more points some are chosen at random, the
    same for the same seed; if there are fewer, some are there again; exactly as many stay as they
    are.
    """
    points = np.concatenate([cloud.points, cloud.normals], axis=1).astype(np.float32)
    if len(points) == count:
        return points
    random = np.random.default_rng(seed)
    if len(points) > count:
        return points[random.choice(len(points), count, replace=False)]
    return np.concatenate([points, points[random.integers(len(points), size=count - len(points))]])


def _open(source: bytes | Path) -> Image.Image:
    """Read a picture to its end and close the file."""
    content = source if isinstance(source, bytes) else source.read_bytes()
    with Image.open(io.BytesIO(content)) as image:
        image.load()
        return image.copy()


def _on_white(image: Image.Image) -> Image.Image:
    """Return a picture in three colours of a byte each."""
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        deep = np.asarray(image, dtype=np.float64)
        most = 65535.0 if image.mode != "F" or deep.max() > 1 else 1.0
        image = Image.fromarray(np.rint(np.clip(deep / most, 0, 1) * 255).astype(np.uint8))
    if image.mode == "RGB":
        return image
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image.convert("RGB")
    over = image.convert("RGBA")
    white = Image.new("RGBA", over.size, "white")
    return Image.alpha_composite(white, over).convert("RGB")


def _square(image: Image.Image) -> Image.Image:
    """Pad the shorter side on both ends with the median colour of the border."""
    width, height = image.size
    if width == height:
        return image
    pixels = np.asarray(image)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    colour = tuple(int(c) for c in np.median(border, axis=0))
    side = max(width, height)
    square = Image.new("RGB", (side, side), colour)
    square.paste(image, ((side - width) // 2, (side - height) // 2))
    return square


@contextmanager
def _reading(file: object) -> Iterator[None]:
    """Name a picture that cannot be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except FileNotFoundError as error:
        raise InputError("no such picture", file=file) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        expected = f"at most {Image.MAX_IMAGE_PIXELS:,} pixels"
        raise InputError("the picture is too large", file=file, expected=expected) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        if isinstance(error, UnidentifiedImageError):
            reason = "of no kind that is known"
        expected = "a whole PNG, JPEG or other picture"
        raise InputError("not a picture", file=file, expected=expected, got=reason) from error
