"""What one event of a case's story is made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from console.words import Said

Event = dict[str, Any]


def event(
    kind: str,
    at: float,
    camera_id: str | None,
    title: Said,
    lines: Iterable[Said],
    *,
    track: int | None = None,
) -> Event:
    """``at``: POSIX seconds. ``kind`` chooses how it looks; ``lines`` say why it happened."""
    return {
        "type": kind,
        "at": at,
        "camera": camera_id,
        "track": track,
        "title": title,
        "lines": list(lines),
    }
