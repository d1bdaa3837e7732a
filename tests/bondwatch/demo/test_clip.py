"""The demo clip is made whole, the same each time, and only once."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest

from bondwatch.demo import photo
from bondwatch.demo.cast import CAST
from bondwatch.demo.clip import Format, Stage, clip_path, make_clip, pictures

SMALL = Format(fps=5, gop=10, seconds=4.0, scale=0.25)


@pytest.fixture(scope="module")
def stage() -> Stage:
    """One stage for all tests: cutting heads out takes a second."""
    return Stage()


def test_a_small_version_is_playable_h264(tmp_path: Path) -> None:
    """The clip has the pictures asked for, regular key frames and none that refers forward."""
    with av.open(str(make_clip(SMALL, tmp_path))) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.pts is not None]

    assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 320, 180)
    assert [index for index, packet in enumerate(packets) if packet.is_keyframe] == [0, 10]
    assert [packet.pts for packet in packets] == sorted(packet.pts for packet in packets)
    assert len(packets) == 20


def test_it_is_made_once(tmp_path: Path) -> None:
    """A clip that is there is not made again; clips of older recipes go."""
    old = tmp_path / "warehouse-0123.mp4"
    old.touch()
    first = make_clip(SMALL, tmp_path)
    made_at = first.stat().st_mtime_ns

    assert make_clip(SMALL, tmp_path) == first
    assert first.stat().st_mtime_ns == made_at
    assert list(tmp_path.iterdir()) == [first]


def test_another_recipe_is_another_file(tmp_path: Path) -> None:
    """Whatever the clip is made from is in its name, so a stale one is never shown."""
    assert clip_path(SMALL, tmp_path) == clip_path(replace(SMALL), tmp_path)
    assert clip_path(SMALL, tmp_path) != clip_path(replace(SMALL, crf=30), tmp_path)


def test_pictures_are_the_same_each_time() -> None:
    """Two makings give the same pixels: nothing in them is random."""
    at_2_s = [next(islice(pictures(SMALL), 10, None)) for _ in range(2)]

    assert np.array_equal(*at_2_s)


def test_the_loop_closes(stage: Stage) -> None:
    """First and last picture are the same empty warehouse."""
    form = Format()

    last = stage.picture_at(form.seconds - 1 / form.fps)

    assert np.array_equal(stage.picture_at(0.0), last)


def test_another_photo_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The places of the heads belong to one photo; with any other the clip is not made."""
    monkeypatch.setattr(photo, "SHA256", "0" * 64)

    with pytest.raises(photo.PhotoUnusableError, match="make setup"):
        make_clip(SMALL, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("actor", CAST, ids=lambda actor: actor.key)
def test_a_cut_out_head_keeps_its_face(actor: object) -> None:
    """The middle of the face is opaque and the corners of the cut-out are clear."""
    head = photo.cut_head(photo.read_photo(), actor)

    left, top, right, bottom = head.face_ltrb
    alpha = head.bgra[..., 3]
    third = (bottom - top) // 3
    assert alpha[top + third : bottom - third, left + third : right - third].min() == 255
    assert alpha[0, 0] == alpha[-1, -1] == 0
