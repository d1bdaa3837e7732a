"""What a text in the configuration may say: ids, names, addresses.

Each check takes the text and answers ``problem; remedy``, or None where the text is right. No
answer quotes a text that may hold a secret, and none opens a file or a connection.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from vision.configuration.problems import shown

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.%]*")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_LONGEST = 200

STREAM_SCHEMES = ("rtsp", "rtsps")


def id_fault(text: str) -> str | None:
    """Ids become MQTT topic levels and file names, so they hold nothing special in either."""
    if _ID.fullmatch(text):
        return None
    return f"{shown(text)} is no id; use a-z, 0-9, - and _, at most 63 of them"


def name_fault(text: str) -> str | None:
    """Names are for people's eyes: anything printable on one line."""
    if text == text.strip() and text.isprintable() and 0 < len(text) <= _LONGEST:
        return None
    return f"{shown(text)} is no name; use 1 to {_LONGEST} printable characters on one line"


def choice_fault(choices: tuple[str, ...]) -> Callable[[str], str | None]:
    """A check that the text is one of these words."""

    def fault(text: str) -> str | None:
        if text in choices:
            return None
        near = difflib.get_close_matches(text, choices, n=1)
        remedy = f"did you mean {near[0]}?" if near else f"use one of: {', '.join(choices)}"
        return f"{shown(text)} is not known; {remedy}"

    return fault


def time_zone_fault(text: str) -> str | None:
    """Time zones go by their IANA names."""
    try:
        ZoneInfo(text)
    except (OSError, ValueError, LookupError):
        near = difflib.get_close_matches(text, sorted(available_timezones()), n=1)
        remedy = f"did you mean {near[0]}?" if near else "use an IANA name such as Europe/Berlin"
        return f"{shown(text)} is no time zone; {remedy}"
    return None


def variable_fault(text: str) -> str | None:
    """The name of an environment variable; a wrong one is not quoted: it may be the secret."""
    if _VARIABLE.fullmatch(text):
        return None
    return "is no name of an environment variable; name the variable that holds the secret"


def path_fault(text: str) -> str | None:
    """A path, absolute or relative to the configuration's folder."""
    if text and text.isprintable():
        return None
    return "is no path; write the file's path"


def host_fault(text: str) -> str | None:
    """A host name or an address alone. Not quoted where it may be a URL with a password."""
    if _HOST.fullmatch(text):
        return None
    return "is no host name; write the name or address alone, the port and the user apart"


def stream_fault(text: str) -> str | None:
    """Where a camera's stream is: an RTSP URL, or the path or ``file:`` URL of a video."""
    scheme = scheme_of(text)
    if scheme is None or scheme == "file":
        return path_fault(text)
    if "@" in text:
        return (
            "holds credentials; move them to username and password ({env: NAME} or"
            " {file: PATH}), and write an @ of the path as %40"
        )
    if scheme not in STREAM_SCHEMES:
        return f"has the scheme {shown(scheme)}; use rtsp://, rtsps:// or a file's path"
    if _names_a_host(text):
        return None
    return "is no RTSP URL; write rtsp://HOST:PORT/PATH"


def http_fault(text: str) -> str | None:
    """A URL of a web service, without credentials: it may be told in logs."""
    if "@" in text:
        return "holds an @, as credentials do; give a URL without them"
    if scheme_of(text) not in {"http", "https"} or not _names_a_host(text):
        return "is no URL of a web service; write http://HOST/PATH or https://HOST/PATH"
    return None


def scheme_of(text: str) -> str | None:
    """The scheme of a URL, lower case; None for a plain path."""
    found = _SCHEME.match(text)
    return found[1].lower() if found else None


def _names_a_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False  # the exception would quote the URL
    named = parts.hostname is not None and host_fault(parts.hostname) is None
    return named and url.isprintable() and " " not in url and port != 0
