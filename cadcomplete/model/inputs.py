"""What a model sees of a picture and of a point cloud: the same in training and for a user."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from cadcomplete.clouds.cloud import PointCloud
from cadcomplete.errors import InputError

SMALLEST, LONGEST = 16, 8
"""The shortest side of a picture in pixels, and how many times as long the other one may be."""

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
"""Those that are read. Pillow knows more, and starts Ghostscript for one of them."""


def picture(source: bytes | Path | Image.Image, *, size: int) -> np.ndarray:
    """Return a picture as the encoder reads it: bytes of shape (3, size, size).

    Transparency is seen on white. It is resized, and what is not square is padded with the colour
    of its border; a picture of that size is taken as it is. Raises InputError for a file that is
    no whole picture, or one that is too small, too long or too large.
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
    return np.ascontiguousarray(np.asarray(_square(pixels, size)).transpose(2, 0, 1))


def surface(cloud: PointCloud, *, count: int, seed: int) -> np.ndarray:
    """Return `count` points of a cloud as the encoder reads them, float32 of shape (count, 6).

    Each is a place in [-1, 1] and a unit normal. Of more points some are chosen at random, the
    same for the same seed; if there are fewer, some are there again; exactly as many stay as they
    are. Raises InputError for a cloud without points.
    """
    if not len(cloud.points):
        raise InputError("a point cloud without points")
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
    with Image.open(io.BytesIO(content), formats=FORMATS) as image:
        image.load()
        return image.copy()


def _on_white(image: Image.Image) -> Image.Image:
    """Return a picture in three colours of a byte each."""
    if image.mode in ("I", "F"):  # of which nothing says how bright the brightest is
        raise ValueError("32 bits a colour")
    if image.mode.startswith("I;16"):
        deep = np.asarray(image, dtype=np.float64)
        image = Image.fromarray(np.rint(deep / 257).astype(np.uint8))
    if not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")
    over = image.convert("RGBA")
    white = Image.new("RGBA", over.size, "white")
    return Image.alpha_composite(white, over).convert("RGB")


def _square(image: Image.Image, size: int) -> Image.Image:
    """Resize, and pad the shorter side on both ends with the median colour of the border."""
    side = max(image.size)
    width, height = (max(1, round(length * size / side)) for length in image.size)
    small = image
    if image.size != (width, height):
        small = image.resize((width, height), Image.Resampling.BICUBIC)
    if width == height:
        return small
    pixels = np.asarray(image)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    colour = tuple(int(c) for c in np.median(border, axis=0))
    square = Image.new("RGB", (size, size), colour)
    square.paste(small, ((size - width) // 2, (size - height) // 2))
    return square


@contextmanager
def _reading(file: object) -> Iterator[None]:
    """Name a picture that cannot be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about metadata that are not looked at
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except FileNotFoundError as error:
        hint = "give the path of a picture that exists"
        raise InputError("no such picture", file=file, hint=hint) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        expected = f"at most {Image.MAX_IMAGE_PIXELS:,} pixels"
        problem, hint = "the picture is too large", "make it smaller"
        raise InputError(problem, file=file, expected=expected, hint=hint) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        if isinstance(error, UnidentifiedImageError):
            reason = "a file of another kind"
        expected = f"a whole {', '.join(FORMATS[:-1])} or {FORMATS[-1]}"
        hint = "save it once more, as PNG with 8 bits a colour"
        raise InputError(
            "not a picture", file=file, expected=expected, got=reason, hint=hint
        ) from error
