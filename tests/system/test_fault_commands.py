"""Hostile configurations: each is told in lines, with exit status 2, and nothing is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from bondwatch.cli import run

SITE = "site: {id: hall, time_zone: UTC}\n"
HOSTILE = {
    "empty": b"",
    "binary": bytes(range(256)) * 64,
    "huge": b"site: {id: hall}\n" + b"# filler\n" * 300_000,
    "deep": b"[" * 5_000,
    "object": b"site: !!python/object/apply:os.system ['true']\n",
    "aliases": b"a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
    "twice": (SITE + SITE).encode(),
    "list": b"- site\n- cameras\n",
    "number": b"42\n",
    "control": SITE.encode() + b'data_dir: "a\\u0000b"\n',
    "not utf-8": SITE.encode("utf-16"),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("command", ["check", "run"])
def test_it_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], command: str, name: str
) -> None:
    """One line for each mistake, each beginning with the file; no traceback, nothing made."""
    path = tmp_path / "config.yaml"
    path.write_bytes(HOSTILE[name])

    assert run([command, "--config", str(path)]) == 2

    said = "".join(capfd.readouterr())
    assert said
    assert all(line.startswith(str(path)) for line in said.splitlines())
    assert [found.name for found in tmp_path.iterdir()] == ["config.yaml"]


def test_a_password_in_a_url(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Credentials where none may stand are a mistake, which is told without them."""
    path = tmp_path / "config.yaml"
    path.write_text(SITE + "cameras: [{id: gate, url: 'rtsp://tom:hunter2@10.0.0.1/main?key=s'}]\n")

    assert run(["check", "--config", str(path)]) == 2

    said = "".join(capfd.readouterr())
    assert "credentials" in said
    assert "hunter2" not in said
