"""Frames: the size and the region asked for, in the right colours."""

from __future__ import annotations

import functools

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.clips import picture
from vision.core.values import Box, Instant
from vision.ingest.frame import Frame, PictureConverter
from vision.ingest.planes import PixelRect, rect_of

AT = Instant(0.0, 0.0)
SIZE_WH = (96, 64)


@functools.cache
def frame_of(pix_fmt: str = "yuv420p", size_wh: tuple[int, int] = SIZE_WH) -> Frame:
    """The test picture in a camera's format."""
    rgb = av.VideoFrame.from_ndarray(picture(3, size_wh), format="rgb24")
    return Frame(rgb.reformat(format=pix_fmt), AT, PictureConverter())


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuvj420p", "nv12", "yuv444p"])
def test_colours_come_out_as_they_went_in(pix_fmt: str) -> None:
    """Limited and full range, planar and interleaved: the same picture, in BGR order."""
    image = frame_of(pix_fmt).bgr(*SIZE_WH)

    original = picture(3, SIZE_WH)[..., ::-1]
    assert np.abs(image.astype(int) - original).mean() < 3.0


def test_the_picture_is_scaled_to_the_size_asked_for() -> None:
    """Width and height are the caller's, whatever the proportions."""
    image = frame_of().bgr(30, 50)

    assert (image.shape, image.dtype) == ((50, 30, 3), np.uint8)


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuvj420p", "nv12", "yuv444p"])
@pytest.mark.parametrize("size_wh", [(96, 64), (97, 65)])
@given(corners=st.tuples(*[st.floats(-0.2, 1.2) for _ in range(4)]))
@settings(max_examples=10, deadline=None)
def test_a_region_equals_that_part_of_the_whole_picture(
    pix_fmt: str, size_wh: tuple[int, int], corners: tuple[float, float, float, float]
) -> None:
    """Cutting before conversion changes no pixel by more than rounding, edges included.

    Where the whole has an odd size, swscale itself takes another way for it, which blurs
    colours at sharp edges; then the pictures agree on average.
    """
    frame = frame_of(pix_fmt, size_wh)
    left, right = sorted(corners[:2])
    top, bottom = sorted(corners[2:])
    box = Box(left, top, right, bottom)

    region = frame.crop_bgr(box)

    rect = rect_of(box, frame.size_wh)
    whole = frame.bgr(*frame.size_wh)[rect.top : rect.bottom, rect.left : rect.right]
    assert region.shape == whole.shape
    difference = np.abs(region.astype(int) - whole)
    assert difference.max() <= 3 if size_wh == SIZE_WH else difference.mean() <= 5


def test_a_box_is_widened_to_pixels_and_kept_in_the_picture() -> None:
    """A touched pixel belongs to the region; outside there is nothing to cut."""
    assert rect_of(Box(0.11, 0.19, 0.31, 0.41), (10, 10)) == PixelRect(1, 1, 4, 5)
    assert rect_of(Box(-0.5, -0.5, 1.5, 1.5), (10, 10)) == PixelRect(0, 0, 10, 10)
    assert rect_of(Box(1.2, 0.5, 1.4, 0.5), (10, 10)) == PixelRect(9, 5, 10, 6)
