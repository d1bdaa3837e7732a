"""Reads ``register``: which database holds the people."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from vision.configuration.section import Section
from vision.configuration.sources import Sources
from vision.settings import RegisterSettings

_SCHEMES = ("postgresql", "postgres")
_SECRET_PARTS = {"user", "password", "passfile", "sslpassword"}


def read_register(section: Section, sources: Sources) -> RegisterSettings:
    """The register; every key has a default."""
    username, password = (sources.secret(section, key) for key in ("username", "password"))
    url = section.text("url", None, _database_fault)
    if section.find("password") and not section.find("username"):
        section.wrong("password", "stands without a username", "give username as well")
    if section.find("username") and not section.find("url"):
        section.wrong("username", "stands without a url", "give url, or remove it")
    section.close()
    return RegisterSettings(url, username, password)


def _database_fault(text: str) -> str | None:
    """A URL of PostgreSQL. Never quoted: it may hold a password, which is what is wrong then."""
    try:
        parts = urlsplit(text)
        asked = {key.lower() for key, _ in parse_qsl(parts.query)}
        port = parts.port
    except ValueError:
        return "is no URL; write postgresql://HOST:PORT/DATABASE"
    if "@" in text or asked & _SECRET_PARTS:
        return "holds credentials; move them to username and password ({env: NAME} or {file: PATH})"
    if parts.scheme not in _SCHEMES:
        return "is no PostgreSQL URL; write postgresql://HOST:PORT/DATABASE, or remove it"
    named = parts.hostname or "host" in asked
    if not named or not parts.path.strip("/") or port == 0 or not text.isprintable():
        return "names no host and database; write postgresql://HOST:PORT/DATABASE"
    return None
