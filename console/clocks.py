"""Times as people read them: in the site's zone, and in UTC. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def zone_named(name: str) -> tzinfo:
    """The zone; UTC where there is none of that name, as a case may come from elsewhere."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def shown(at: float, zone: tzinfo) -> str:
    """POSIX seconds as ``2026-01-31 16:00:00.000``."""
    return datetime.fromtimestamp(round(at, 3), zone).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def shown_utc(at: float) -> str:
    """The same in UTC, and saying so."""
    return f"{shown(at, UTC)} UTC"
