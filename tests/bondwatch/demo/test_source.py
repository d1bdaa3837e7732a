"""Where the demo's pictures come from."""

from __future__ import annotations

import pytest

from bondwatch.demo.source import PASSWORD_VARIABLE, USER_VARIABLE, Source, real_camera
from bondwatch.failures import CommandError, Status


def test_credentials_in_the_url_are_refused_without_being_told() -> None:
    """A command line can be read by others: the refusal names the variables, not the secret."""
    with pytest.raises(CommandError) as refusal:
        real_camera("rtsp://viewer:hunter2@192.0.2.7/main")

    assert refusal.value.status is Status.USAGE
    assert PASSWORD_VARIABLE in str(refusal.value)
    assert "hunter2" not in str(refusal.value)


def test_a_login_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the variable set the daemon is told to log in; without it, not to."""
    monkeypatch.delenv(USER_VARIABLE, raising=False)
    assert not real_camera("rtsp://192.0.2.7/main").has_login

    monkeypatch.setenv(USER_VARIABLE, "viewer")

    assert real_camera("rtsp://192.0.2.7/main").has_login


def test_a_source_keeps_its_password_to_itself() -> None:
    """What a source prints as holds no secret."""
    source = Source("rtsp://x/y", (), has_login=True, environment={PASSWORD_VARIABLE: "hunter2"})

    assert "hunter2" not in repr(source)
