"""Takes secrets out of text that people or machines will read.

Only pure functions on text belong here. Whatever cannot be told apart from a secret goes: a log
line that lost a host name can be understood, a password that got out cannot be taken back.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

MASK = "[redacted]"

_LONGEST = 100_000
_WORD = re.compile(r"\S+")
_URL_END = re.compile(r"[\"'<>)\]}]|$")
_AUTHORIZATION = re.compile(r"(?P<head>authori[sz]ation[\"']?\s*[:=]\s*).*", re.IGNORECASE)
_ASSIGNMENT = re.compile(
    r"(?P<key>(?:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key)"
    r"[\"']?\s*[:=]\s*)"
    r"(?:\"[^\"]{0,500}\"|'[^']{0,500}'|[^\s,;&}\])]+)",
    re.IGNORECASE,
)
_SECRET_KEY = re.compile(
    r"passw(or)?d|passphrase|pwd|secret|token|api[_-]?key|authorization|cookie|credential"
    r"|private[_-]?key",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """The text without URL userinfo, URL queries, authorizations and ``password=...``.

    Cut at 100,000 characters, so that a hostile text costs little.

    >>> redact("opening rtsp://admin:hunter2@10.0.0.7/main?token=1 failed")
    'opening rtsp://[redacted]@10.0.0.7/main?[redacted] failed'
    """
    text = _WORD.sub(lambda word: _without_url_secrets(word[0]), text[:_LONGEST])
    text = _AUTHORIZATION.sub(rf"\g<head>{MASK}", text)
    return _ASSIGNMENT.sub(rf"\g<key>{MASK}", text)


def _without_url_secrets(word: str) -> str:
    """A word without the userinfo and the query of the URL in it.

    The userinfo goes up to the *last* @: a password may hold an unescaped slash, ? or @ itself.
    """
    scheme, slash, rest = word.partition(":/")
    if not slash:
        return word
    at, slashes = rest.rfind("@"), len(rest) - len(rest.lstrip("/"))
    if at >= 0:
        rest = rest[:slashes] + MASK + rest[at:]
    head, mark, query = rest.partition("?")
    if mark:
        end = _URL_END.search(query)
        head += mark + MASK + (query[end.start() :] if end else "")
    return scheme + slash + head


def names_a_secret(key: str) -> bool:
    """Whether a key's name says that its value is secret, as in ``mqtt_password``."""
    return _SECRET_KEY.search(key) is not None


def redact_url(url: str) -> str:
    """Drop user information, query and fragment: cameras take passwords in each of them.

    A text that is no URL at all is shown as ``(unreadable URL)``, since it may be anything.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "(unreadable URL)"
    if not parts.scheme:
        return url.partition("?")[0]
    shown = f"[{host}]" if host and ":" in host else host or ""
    place = f"{shown}:{port}" if port is not None else shown
    return f"{parts.scheme}://{place}{parts.path}"


def has_userinfo(url: str) -> bool:
    """Whether the URL carries a user or a password, readable or not."""
    return "@" in urlsplit(url).netloc
