"""Photos: pixels as a human sees them, or a reason, whatever the bytes are."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from enrolment.hints.book import hint
from enrolment.photos import PhotoLimits, decode_photo, read_photo
from enrolment.refusals import PhotoRefusedError, Refusal
from tests.enrolment.heic import heic

RED, BLUE = (200, 30, 30), (30, 30, 200)


def two_halves(wh: tuple[int, int] = (80, 60)) -> Image.Image:
    """Draw a picture whose left half is red and whose right half is blue."""
    picture = Image.new("RGB", wh, RED)
    picture.paste(BLUE, (wh[0] // 2, 0, *wh))
    return picture


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    """Encode a picture in memory."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def noise() -> Image.Image:
    """Make a picture that does not compress, so that cutting its file cuts its pixels."""
    values = np.random.default_rng(1).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    return Image.fromarray(values)


def png_header(width: int, height: int) -> bytes:
    """Make a PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + check

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(b"\0" * 64)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def reason_of(data: bytes, limits: PhotoLimits | None = None) -> Refusal:
    """Say why the bytes are refused."""
    with pytest.raises(PhotoRefusedError) as refused:
        decode_photo(data, limits or PhotoLimits())
    return refused.value.reason


class TestDecoding:
    """What is accepted."""

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    def test_colours_come_as_bgr(self, kind: str) -> None:
        """All three formats give height, width and blue-green-red of the picture."""
        pixels = decode_photo(encoded(two_halves(), kind))

        assert pixels.shape == (60, 80, 3)
        assert pixels.dtype == np.uint8
        assert pixels[30, 10].tolist() == pytest.approx(list(RED[::-1]), abs=12)
        assert pixels[30, 70].tolist() == pytest.approx(list(BLUE[::-1]), abs=12)

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    @pytest.mark.parametrize(
        ("orientation", "turned"),
        [
            (1, None),
            (2, Image.Transpose.FLIP_LEFT_RIGHT),
            (3, Image.Transpose.ROTATE_180),
            (4, Image.Transpose.FLIP_TOP_BOTTOM),
            (5, Image.Transpose.TRANSPOSE),
            (6, Image.Transpose.ROTATE_90),
            (7, Image.Transpose.TRANSVERSE),
            (8, Image.Transpose.ROTATE_270),
        ],
    )
    def test_a_turned_phone_gives_an_upright_photo(
        self, kind: str, orientation: int, turned: Image.Transpose | None
    ) -> None:
        """EXIF says how the sensor lay; the pixels come as a human sees them."""
        exif = Image.Exif()
        exif[0x0112] = orientation
        as_sensed = two_halves() if turned is None else two_halves().transpose(turned)

        pixels = decode_photo(encoded(as_sensed, kind, exif=exif))

        assert pixels.shape == (60, 80, 3)
        assert pixels[30, 10].tolist() == pytest.approx(list(RED[::-1]), abs=12)

    def test_a_large_photo_is_scaled_down(self) -> None:
        """The longer side is bounded, the turn is kept, and so is the shape."""
        exif = Image.Exif()
        exif[0x0112] = 6
        large = two_halves((1200, 800)).transpose(Image.Transpose.ROTATE_90)

        pixels = decode_photo(encoded(large, "JPEG", exif=exif), PhotoLimits(work_px=300))

        assert pixels.shape == (200, 300, 3)
        assert pixels[100, 30].tolist() == pytest.approx(list(RED[::-1]), abs=12)

    @pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1", "I;16"])
    def test_every_kind_of_png_gives_three_channels(self, mode: str) -> None:
        """Grey, transparent, palette and 16-bit pictures are photos too."""
        picture = two_halves().convert("L" if mode == "I;16" else mode)
        if mode == "I;16":
            picture = Image.fromarray(np.asarray(picture).astype(np.uint16) * 257)

        pixels = decode_photo(encoded(picture, "PNG"))

        assert pixels.shape == (60, 80, 3)
        if mode in {"L", "LA", "I;16"}:
            assert pixels[30, 10].tolist() == pytest.approx([81, 81, 81], abs=2)

    def test_transparent_parts_become_grey(self) -> None:
        """What cannot be seen is neither black nor white: it must not look like exposure."""
        pixels = decode_photo(encoded(Image.new("RGBA", (8, 8), (255, 0, 0, 0)), "PNG"))

        assert pixels[4, 4].tolist() == [128, 128, 128]

    def test_a_print_ready_jpeg_is_a_photo(self) -> None:
        """CMYK pictures from a photographer are converted."""
        assert decode_photo(encoded(two_halves().convert("CMYK"), "JPEG")).shape == (60, 80, 3)

    def test_a_phones_multi_picture_jpeg_is_one_photo(self) -> None:
        """Depth maps and HDR gains behind the first picture are no animation."""
        data = encoded(two_halves(), "MPO", save_all=True, append_images=[noise()])

        assert decode_photo(data)[30, 10].tolist() == pytest.approx(list(RED[::-1]), abs=12)

    @pytest.mark.parametrize("turn", [0, 90, 180, 270])
    def test_a_telephones_heic_is_a_photo(self, turn: int) -> None:
        """HEIC is read, and turned as the file says."""
        as_sensed = two_halves((96, 64)).rotate(-turn, expand=True)

        pixels = decode_photo(heic(np.asarray(as_sensed), turn))

        assert pixels.shape == (64, 96, 3)
        assert pixels[30, 10].tolist() == pytest.approx(list(RED[::-1]), abs=12)


class TestRefusing:
    """What is not accepted, and why."""

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    @pytest.mark.parametrize("kept", [0.02, 0.3, 0.7, 0.97])
    def test_a_file_cut_short_is_unreadable(self, kind: str, kept: float) -> None:
        """A truncated file is refused, not filled up with grey."""
        data = encoded(noise(), kind)

        assert reason_of(data[: int(len(data) * kept)]) is Refusal.UNREADABLE

    def test_what_is_broken_is_said_in_words(self) -> None:
        """Not in the name of a Python exception."""
        with pytest.raises(PhotoRefusedError) as caught:
            decode_photo(encoded(noise(), "JPEG")[:2000])

        assert caught.value.detail == "damaged or cut short"

    @pytest.mark.parametrize("kept", [0.02, 0.3, 0.7, 0.97])
    def test_a_heic_cut_short_is_unreadable(self, kept: float) -> None:
        """A truncated HEIC is refused as well."""
        data = heic(np.asarray(noise()))

        assert reason_of(data[: int(len(data) * kept)]) is Refusal.UNREADABLE

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"just some text, named portrait.jpg",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            encoded(two_halves(), "GIF"),
            encoded(two_halves(), "GIF", save_all=True, append_images=[noise()]),
            encoded(two_halves(), "BMP"),
            encoded(two_halves(), "TIFF"),
        ],
    )
    def test_anything_else_is_no_photo(self, data: bytes) -> None:
        """The bytes decide, not the name; only three formats are read."""
        assert reason_of(data) is Refusal.NOT_A_PHOTO

    @pytest.mark.parametrize("kind", ["PNG", "WEBP"])
    def test_moving_pictures_are_refused(self, kind: str) -> None:
        """Nobody can say which of its pictures is meant."""
        data = encoded(two_halves(), kind, save_all=True, append_images=[two_halves().rotate(90)])

        assert reason_of(data) is Refusal.ANIMATED

    @pytest.mark.parametrize("wh", [(20_000, 10_000), (10_000, 10_000), (65_000, 65_000)])
    def test_too_many_pixels_are_refused_on_the_header(self, wh: tuple[int, int]) -> None:
        """A few hundred bytes that claim 200 megapixels are never decoded."""
        assert reason_of(png_header(*wh)) is Refusal.TOO_MANY_PIXELS

    def test_too_many_bytes_are_refused_unread(self) -> None:
        """The size counts before the header is looked at."""
        assert reason_of(b"\0" * 101, PhotoLimits(max_bytes=100)) is Refusal.TOO_MANY_BYTES

    def test_a_file_is_read_no_further_than_the_limit(self) -> None:
        """An endless file is a large file."""
        with pytest.raises(PhotoRefusedError, match="too_many_bytes"):
            read_photo(Path("/dev/zero"), PhotoLimits(max_bytes=100))

    def test_a_missing_file_is_told(self, tmp_path: Path) -> None:
        """A wrong name is a reason, not a crash."""
        with pytest.raises(PhotoRefusedError, match="photo_missing: No such file"):
            read_photo(tmp_path / "nobody.jpg")

    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        """A named pipe that nobody writes to is refused at once."""
        os.mkfifo(tmp_path / "pipe.jpg")

        with pytest.raises(PhotoRefusedError, match="unreadable: not a file"):
            read_photo(tmp_path / "pipe.jpg")

    @settings(max_examples=60, deadline=None)
    @given(
        kind=st.sampled_from(["JPEG", "PNG", "WEBP"]),
        damage=st.lists(st.tuples(st.integers(0, 700), st.binary(max_size=8)), max_size=6),
    )
    def test_damaged_bytes_give_pixels_or_a_reason(
        self, kind: str, damage: list[tuple[int, bytes]]
    ) -> None:
        """No bytes whatever raise anything but a refusal."""
        exif = Image.Exif()
        exif[0x0112] = 6
        data = bytearray(encoded(two_halves(), kind, exif=exif))
        for offset, values in damage:
            data[offset : offset + len(values)] = values

        try:
            pixels = decode_photo(bytes(data), PhotoLimits(max_pixels=1_000_000))
        except PhotoRefusedError as refused:
            assert hint(refused.reason)  # noqa: PT017 - either outcome is right
        else:
            assert pixels.ndim == 3
