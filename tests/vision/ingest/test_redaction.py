"""URLs as they may be shown."""

from __future__ import annotations

import pytest

from vision.ingest.redaction import has_userinfo, redact_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://user:secret@cam.example:554/live", "rtsp://cam.example:554/live"),
        ("rtsp://cam/live?user=a&password=secret#secret", "rtsp://cam/live"),
        ("rtsp://us%40er:sec%2Fret@[fe80::1]:8554/s", "rtsp://[fe80::1]:8554/s"),
        ("rtsp://user:sec@ret@cam/live", "rtsp://cam/live"),
        ("rtsp://user:secret@cam:port/live", "(unreadable URL)"),
        ("rtsp://user:[secret@cam/live", "(unreadable URL)"),
        ("/videos/a clip.mp4", "/videos/a clip.mp4"),
    ],
)
def test_nothing_secret_of_a_url_is_shown(url: str, shown: str) -> None:
    """User, password, query and fragment go; what cannot be read is not shown at all."""
    assert redact_url(url) == shown


def test_userinfo_is_seen() -> None:
    """A URL that brings its own credentials is told from one that does not."""
    assert has_userinfo("rtsp://user:secret@cam/live")
    assert not has_userinfo("rtsp://cam/live?mail=a@b")
