"""What the page carries: whole, in pieces, and with the times of its pictures."""

from __future__ import annotations

import base64
import re
from dataclasses import replace

import pytest

from console.replay import embedding
from console.replay.embedding import Medium, blocks, media_of, picture_times_s
from tests.console import drawn_scene
from tests.console.cases import fragmented, make_case
from vision.evidence.places import FileKind


def test_pieces_make_the_file(tmp_path, monkeypatch):
    """Decoded one after the other they are the file, byte by byte."""
    monkeypatch.setattr(embedding, "PIECE_BYTES", 3 * 100)
    path = tmp_path / "clip.mp4"
    path.write_bytes(bytes(range(256)) * 3)

    found = list(blocks(Medium(4, "clip.mp4", FileKind.CLIP, path)))

    assert len(found) == 3
    assert all('data-media="4" data-type="video/mp4"' in block for block in found)
    contents = [re.fullmatch(r"<script [^>]*>([^<]*)</script>\n", block)[1] for block in found]
    assert b"".join(map(base64.b64decode, contents)) == path.read_bytes()


def test_only_what_can_be_shown(tmp_path):
    """A file that has nothing to show in its place is not in the page, nor is a timeline."""
    case = make_case(tmp_path)
    files = [replace(one, shown=None) if "2" in one.file.name else one for one in case.files]

    found = media_of(replace(case, files=tuple(files)))

    assert [(one.number, one.name) for one in found] == [
        (0, "gate.1.mp4"),
        (1, "gate.jpg"),
        (2, "gate.face.jpg"),
    ]


@pytest.mark.parametrize("b_frames", [0, 2])
def test_times_of_pictures(tmp_path, b_frames):
    """As they are shown, not as they are stored."""
    film = drawn_scene.film(tmp_path / "film.mp4", [0.0] * 12, b=b_frames)
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(fragmented(film, 0.0))

    times_s = picture_times_s(clip)

    assert [round(time_s - times_s[0], 3) for time_s in times_s] == [
        round(index / 10, 3) for index in range(12)
    ]


def test_a_file_that_breaks_off(tmp_path):
    """What is before the break is there; of no video there is nothing."""
    whole = fragmented(drawn_scene.film(tmp_path / "film.mp4", [0.0] * 30), 0.0)
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(whole[: len(whole) * 2 // 3])

    assert 9 < len(picture_times_s(clip)) < 30
    clip.write_bytes(b"no video at all")
    assert picture_times_s(clip) == ()
