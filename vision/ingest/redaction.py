"""URLs as they may be shown: without user, password and query. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit


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
