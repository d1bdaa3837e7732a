"""When the disk counts as low or full: pure, fed with the bytes that are free."""

from __future__ import annotations

from enum import StrEnum

MIB = 1024 * 1024
LOW_BYTES = 512 * MIB
FULL_BYTES = 32 * MIB
RECOVERS_AT = 1.25
"""A level is left only above this multiple of its limit, so that the alarm does not flicker."""


class DiskLevel(StrEnum):
    """How the disk stands; the values are the alarm's reason codes."""

    WELL = "disk_well"
    LOW = "disk_low"
    FULL = "disk_full"


def disk_level(before: DiskLevel, free_bytes: int) -> DiskLevel:
    """The level for so many free bytes, given the level so far."""
    if free_bytes < FULL_BYTES * (RECOVERS_AT if before is DiskLevel.FULL else 1):
        return DiskLevel.FULL
    if free_bytes < LOW_BYTES * (1 if before is DiskLevel.WELL else RECOVERS_AT):
        return DiskLevel.LOW
    return DiskLevel.WELL
