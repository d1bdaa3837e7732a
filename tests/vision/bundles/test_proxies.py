"""Copies that browsers play: the same pictures at the same times, and they say what they are."""

from __future__ import annotations

import hashlib
from pathlib import Path

import av
import numpy as np
import pytest

from tests.clips import make_clip
from tests.vision.bundles.cases import case_of, evidence_clip, recorded, times_s
from vision.bundles import browser_video
from vision.bundles.browser_video import DerivingError, UnplayableError
from vision.bundles.proxies import make_proxy, needs_proxy, proxied


def damaged(folder: Path) -> Path:
    """An H.265 clip whose pictures are all zeroes."""
    clip = evidence_clip(folder, "hevc")
    data = bytearray(clip.read_bytes())
    at = data.find(b"mdat") + 4
    data[at:] = bytes(len(data) - at)
    clip.write_bytes(data)
    return clip


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "needed"),
    [
        ("h264", "yuv420p", False),
        ("h264", "yuvj420p", False),
        ("h264", "yuv444p", True),
        ("hevc", "yuv420p", True),
    ],
)
def test_what_browsers_do_not_play_needs_a_proxy(
    tmp_path: Path, codec: str, pix_fmt: str, *, needed: bool
) -> None:
    """H.264 with colour for two by two pixels plays everywhere, all else does not."""
    assert needs_proxy(evidence_clip(tmp_path, codec, pix_fmt=pix_fmt)) is needed


def test_every_picture_keeps_its_time(tmp_path: Path) -> None:
    """A page's clock fits the proxy as it fits the clip, though B-frames begin late."""
    clip = evidence_clip(tmp_path, "hevc", b_frames=2)

    make_proxy(clip, tmp_path / "proxy.mp4")

    assert times_s(clip)[0] > 0
    assert times_s(tmp_path / "proxy.mp4") == times_s(clip)


def test_the_pictures_are_the_same(tmp_path: Path) -> None:
    """Size and content are the clip's, within what encoding costs."""
    clip = evidence_clip(tmp_path, "hevc")
    make_proxy(clip, tmp_path / "proxy.mp4")

    with av.open(str(clip)) as one, av.open(str(tmp_path / "proxy.mp4")) as other:
        pairs = list(zip(one.decode(video=0), other.decode(video=0), strict=True))

    off = [
        np.abs(a.to_ndarray(format="gray").astype(int) - b.to_ndarray(format="gray")).mean()
        for a, b in pairs
    ]
    assert len(pairs) == 50
    assert max(off) < 4


def test_full_range_stays_as_bright(tmp_path: Path) -> None:
    """A camera's full range of grey levels is neither cut nor washed out."""
    clip = evidence_clip(tmp_path, "h264", pix_fmt="yuvj420p")
    make_proxy(clip, tmp_path / "proxy.mp4")

    with av.open(str(clip)) as one, av.open(str(tmp_path / "proxy.mp4")) as other:
        was, now = (next(c.decode(video=0)).to_ndarray(format="bgr24") for c in (one, other))

    assert np.abs(was.astype(int) - now).mean() < 5


def test_it_says_what_it_is(tmp_path: Path) -> None:
    """The title names the original, the comment holds its digest."""
    clip = evidence_clip(tmp_path, "hevc")
    make_proxy(clip, tmp_path / "proxy.mp4")

    with av.open(str(tmp_path / "proxy.mp4")) as proxy:
        assert proxy.streams.video[0].codec_context.name == "vp9"
        assert proxy.metadata["title"] == "Proxy of cam1.1.mp4, encoded again; not evidence"
        digest = hashlib.sha256(clip.read_bytes()).hexdigest()
        assert proxy.metadata["comment"] == f"original: cam1.1.mp4 sha256 {digest}"


def test_odd_sizes_and_other_colours(tmp_path: Path) -> None:
    """A picture of odd sides loses a line, and is shown."""
    make_proxy(make_clip("h264", (161, 121), seconds=0.4, pix_fmt="yuv444p"), tmp_path / "p.mp4")

    with av.open(str(tmp_path / "p.mp4")) as proxy:
        frame = next(proxy.decode(video=0))
    assert (frame.width, frame.height) == (160, 120)


def test_a_damaged_clip_leaves_nothing(tmp_path: Path) -> None:
    """The error names the file and what to do; no half of a proxy is there."""
    clip = damaged(tmp_path)

    with pytest.raises(UnplayableError, match=r"cam1\.1\.mp4 cannot be played.*evidence show"):
        make_proxy(clip, tmp_path / "proxy.mp4")

    assert list(tmp_path.iterdir()) == [clip]


def test_what_is_no_clip(tmp_path: Path) -> None:
    """It is told by name."""
    (tmp_path / "notes.mp4").write_text("not a video")

    with pytest.raises(UnplayableError, match=r"notes\.mp4"):
        needs_proxy(tmp_path / "notes.mp4")


def test_a_clip_that_ends_in_the_middle(tmp_path: Path) -> None:
    """What was recorded before a crash is in the proxy."""
    clip = recorded(make_clip("hevc", seconds=4.0), tmp_path / "cam1.1.mp4")
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size * 3 // 4])

    make_proxy(clip, tmp_path / "proxy.mp4")

    assert 25 <= len(times_s(tmp_path / "proxy.mp4")) < 100


def test_without_the_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is named, and nothing is left."""
    monkeypatch.setattr(browser_video, "ENCODER", "nosuch")
    clip = evidence_clip(tmp_path, "hevc")

    with pytest.raises(DerivingError, match="install a PyAV that has nosuch"):
        proxied(case_of(clip).files[0], tmp_path)

    assert list(tmp_path.iterdir()) == [clip]


def test_a_proxy_is_shown_in_the_clips_place(tmp_path: Path) -> None:
    """The original stays the evidence; what needs none is left as it is."""
    clip = evidence_clip(tmp_path, "hevc")
    timeline = tmp_path / "cam1.1.jsonl"
    case = case_of(clip, timeline)

    video, lines = (proxied(one, tmp_path) for one in case.files)

    assert (video.path, video.shown, video.derived) == (
        clip,
        tmp_path / "cam1.1.proxy.mp4",
        "proxy",
    )
    assert lines is case.files[1]
    assert video.shown is not None
    assert len(times_s(video.shown)) == 50
    (plain,) = case_of(evidence_clip(tmp_path)).files
    assert proxied(plain, tmp_path) is plain


def test_a_damaged_clip_is_not_shown(tmp_path: Path) -> None:
    """Whoever asked is told which, and goes on without it."""
    (video,) = case_of(damaged(tmp_path)).files

    with pytest.raises(DerivingError, match=video.file.name):
        proxied(video, tmp_path)
