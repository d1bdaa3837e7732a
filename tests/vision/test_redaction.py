"""Taking secrets out of text."""

from __future__ import annotations

import pytest

from vision.redaction import has_userinfo, names_a_secret, redact, redact_url


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rtsp://admin:hunter2@10.0.0.7/main", "rtsp://[redacted]@10.0.0.7/main"),
        ("rtsp://admin:hun/t@er2@10.0.0.7/", "rtsp://[redacted]@10.0.0.7/"),
        ("rtsp://admin:hun?ter#2@10.0.0.7/", "rtsp://[redacted]@10.0.0.7/"),
        ("RTSPS://u:p@[::1]:554/ failed", "RTSPS://[redacted]@[::1]:554/ failed"),
        ("rtsp://cam/main?user=a&pwd=b end", "rtsp://cam/main?[redacted] end"),
        ("Authorization: Digest username=a, response=b", "Authorization: [redacted]"),
        ("login with password=hunter2, again", "login with password=[redacted], again"),
        ("{'mqtt_password': 'hunter 2'}", "{'mqtt_password': [redacted]}"),
        ("rtsp://cam:554/main opened", "rtsp://cam:554/main opened"),
        ("mail a@b.example about token rings", "mail a@b.example about token rings"),
    ],
)
def test_secrets_go_and_the_rest_stays(text, expected):
    """Userinfo, queries, authorization and assignments to secret names are masked."""
    assert redact(text) == expected


def test_a_long_text_is_redacted_in_linear_time():
    """A hostile text cannot hold up the log."""
    text = "a://" * 50_000 + "password=" * 50_000 + "token='" * 50_000

    assert len(redact(text)) > 0


def test_names_tell_secrets():
    """A key's name is enough to hide its value."""
    assert all(map(names_a_secret, ("password", "mqtt_password", "apiKey", "Set-Cookie")))
    assert not any(map(names_a_secret, ("camera", "topic", "passage")))


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
