"""Secrets and the URL that carries them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from vision.ingest.credentials import authenticated_url, read_secret
from vision.ingest.reasons import Reason, StreamFaultError
from vision.settings import Secret


def test_a_secret_comes_from_the_environment() -> None:
    """A variable's value is taken as it is."""
    assert read_secret(Secret(env="X"), {"X": " a b "}) == " a b "


def test_a_secret_file_loses_only_its_line_end(tmp_path: Path) -> None:
    """Editors add a line end; spaces may be part of a password."""
    file = tmp_path / "secret"
    file.write_text(" pass word \n")

    assert read_secret(Secret(file=file), {}) == " pass word "


@pytest.mark.parametrize(
    ("secret", "named"),
    [
        (Secret(env="CAMERA_PASSWORD"), "CAMERA_PASSWORD"),
        (Secret(file=Path("/nowhere/secret")), "/nowhere/secret"),
        (Secret(), "name one"),
    ],
)
def test_a_missing_secret_is_named(secret: Secret, named: str) -> None:
    """The error says which variable or file is at fault."""
    with pytest.raises(StreamFaultError, match=named) as caught:
        read_secret(secret, {})

    assert caught.value.reason is Reason.NO_CREDENTIALS


def test_credentials_survive_the_way_through_a_url() -> None:
    """Whatever characters they have, they come out as they went in."""
    user, word = "watch man", "p@ss/wo?rd#%&:ü"
    url = authenticated_url(
        "rtsp://cam:554/live?x=1", Secret(env="U"), Secret(env="P"), {"U": user, "P": word}
    )

    parts = urlsplit(url)
    assert (unquote(parts.username or ""), unquote(parts.password or "")) == (user, word)
    assert (parts.hostname, parts.port, parts.path, parts.query) == ("cam", 554, "/live", "x=1")


def test_without_secrets_the_url_stays() -> None:
    """Cameras without a password are opened as they are written."""
    assert authenticated_url("rtsp://cam/live", None, None, {}) == "rtsp://cam/live"


@pytest.mark.parametrize(
    ("url", "user", "word"),
    [
        ("rtsp://user:hunter2@cam/live", "u", "hunter2"),
        ("rtsp://cam/live", "a:hunter2", "hunter2"),
        ("rtsp://cam/live", "u", "hunter2" * 30),
    ],
)
def test_what_rtsp_cannot_carry_is_refused_without_being_shown(
    url: str, user: str, word: str
) -> None:
    """Credentials in the URL, a colon in the name, too long ones: refused, never quoted."""
    with pytest.raises(StreamFaultError) as caught:
        authenticated_url(url, Secret(env="U"), Secret(env="P"), {"U": user, "P": word})

    assert caught.value.reason is Reason.NO_CREDENTIALS
    assert "hunter2" not in str(caught.value)
