"""Reads ``register``: which database holds the people, and where their keys are."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from vision.configuration.section import Section
from vision.configuration.sources import Sources
from vision.configuration.words import choice_fault, scheme_of
from vision.settings import RegisterSettings, SearchIn, Secret

CREDENTIAL = "bondwatch-site-key"
"""What the service manager calls the site key: LoadCredential=bondwatch-site-key:PATH."""

_KEY_FILE = Path("keys/site.key")
_KEY_STORE = Path("keys/people.keys")
_SCHEMES = ("postgresql", "postgres")
_SEARCHES = choice_fault(tuple(one.value for one in SearchIn))
_SECRET_PARTS = {"user", "password", "passfile", "sslpassword"}


def read_register(section: Section, sources: Sources) -> RegisterSettings:
    """The register; every key has a default."""
    username, password = (sources.secret(section, key) for key in ("username", "password"))
    url = section.text("url", None, _database_fault)
    if section.find("password") and not section.find("username"):
        section.wrong("password", "stands without a username", "give username as well")
    if section.find("username") and not section.find("url"):
        section.wrong("username", "stands without a url", "give url, or remove it")
    key, key_store = _key(section, sources), _key_store(section, sources)
    if url is not None and key_store == url:
        section.wrong("key_store", "is the register itself", "name another database, or a file")
    default = RegisterSettings()
    search = SearchIn(section.text("search", default.search.value, _SEARCHES))
    if search is SearchIn.PGVECTOR and not section.find("url"):
        section.wrong("search", "pgvector needs a server", "give url, or write memory")
    rule = section.flag("two_person_rule") if section.find("two_person_rule") else None
    settings = RegisterSettings(
        url,
        username,
        password,
        key,
        key_store,
        two_person_rule=default.two_person_rule if rule is None else rule,
        keep_photos=bool(section.flag("keep_photos")),
        search=search,
    )
    section.close()
    return settings


def _key(section: Section, sources: Sources) -> Secret:
    """The site key: as configured, else systemd's credential, else a file by the configuration."""
    configured = sources.secret(section, "key")
    if configured is not None:
        return configured
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if folder and (credential := Path(folder, CREDENTIAL)).exists():
        return Secret(file=credential)
    return Secret(file=sources.folder / _KEY_FILE)


def _key_store(section: Section, sources: Sources) -> Path | str:
    entry = section.find("key_store")
    if entry is not None and isinstance(entry.value, str) and scheme_of(entry.value):
        return section.text("key_store", "", _database_fault)
    return sources.path(section, "key_store") or sources.folder / _KEY_STORE


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
