"""Who may watch."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from bondwatch.rtsp_server.auth import Credentials, Gatekeeper
from bondwatch.rtsp_server.wire import Request


def md5(text: str) -> str:
    """The hash that Digest is made of."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def basic(user: str, word: str) -> Request:
    """A request with Basic credentials."""
    token = base64.b64encode(f"{user}:{word}".encode()).decode()
    return Request("DESCRIBE", "rtsp://h/cam", {"authorization": f"Basic {token}"})


def digest(gate: Gatekeeper, user: str, word: str) -> Request:
    """A request that answers the gatekeeper's challenge."""
    found = re.search(r'nonce="(\w+)"', gate.challenge()["WWW-Authenticate"])
    nonce = found[1] if found else ""
    answer = md5(f"{md5(f'{user}:bondwatch:{word}')}:{nonce}:{md5('DESCRIBE:rtsp://h/cam')}")
    said = f'username="{user}", realm="bondwatch", nonce="{nonce}", uri="rtsp://h/cam"'
    header = f'Digest {said}, response="{answer}"'
    return Request("DESCRIBE", "rtsp://h/cam", {"authorization": header})


def test_without_credentials_anybody_may_watch() -> None:
    """A server without a user asks for none."""
    assert Gatekeeper(None).admits(Request("DESCRIBE", "rtsp://h/cam"))


@pytest.mark.parametrize(("word", "admitted"), [("secret", True), ("wrong", False)])
def test_basic_needs_the_right_password(word: str, admitted: bool) -> None:  # noqa: FBT001 -- a table's column
    """Right passes, wrong does not."""
    gate = Gatekeeper(Credentials("guard", "secret", "basic"))

    assert gate.admits(basic("guard", word)) is admitted


@pytest.mark.parametrize(("word", "admitted"), [("secret", True), ("wrong", False)])
def test_digest_needs_the_right_password(word: str, admitted: bool) -> None:  # noqa: FBT001 -- a table's column
    """Right passes, wrong does not."""
    gate = Gatekeeper(Credentials("guard", "secret", "digest"))

    assert gate.admits(digest(gate, "guard", word)) is admitted


def test_an_answer_to_another_challenge_is_no_answer() -> None:
    """A recorded answer does not serve on the next connection."""
    credentials = Credentials("guard", "secret", "digest")
    first, second = Gatekeeper(credentials), Gatekeeper(credentials)

    assert not second.admits(digest(first, "guard", "secret"))


@pytest.mark.parametrize("header", ["", "Basic", "Basic ???", "Digest", "Bearer x"])
def test_nonsense_is_refused(header: str) -> None:
    """Whatever is no answer is no admission, and no error."""
    for scheme in ("basic", "digest"):
        gate = Gatekeeper(Credentials("guard", "secret", scheme))
        assert not gate.admits(Request("PLAY", "rtsp://h/cam", {"authorization": header}))


def test_a_password_does_not_show() -> None:
    """Not even in the representation."""
    assert "secret" not in repr(Credentials("guard", "secret"))
