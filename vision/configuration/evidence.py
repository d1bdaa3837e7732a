"""Reads ``evidence``: what is kept of alarms, and for how long."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from vision.configuration.section import Range, Section
from vision.settings import CameraSettings, EvidenceSettings

_MIB: Final = 1024 * 1024
_GIB: Final = 1024 * _MIB
_NUMBERS: Final = {
    "pre_roll_s": Range(0, 110, "s"),
    "post_roll_s": Range(0, 600, "s"),
    "longest_s": Range(10, 3600, "s"),
    "keep_days": Range(1, 3650, "days"),
}


def read_evidence(section: Section, cameras: Iterable[CameraSettings]) -> EvidenceSettings:
    """The section. A pre-roll that some camera does not hold in memory is a mistake."""
    default = EvidenceSettings()
    numbers = {
        key: section.number(key, getattr(default, key), limits) for key, limits in _NUMBERS.items()
    }
    max_gib = section.number("max_gib", None, Range(0.1, 1_000_000, "GiB"))
    stop_mib = section.number(
        "stop_below_mib", default.stop_below_bytes / _MIB, Range(64, 1024 * 1024, "MiB")
    )
    off, encrypt = section.flag("off"), section.flag("encrypt")
    _check_pre_roll(section, numbers["pre_roll_s"], cameras)
    section.close()
    return EvidenceSettings(
        enabled=not off,
        encrypt=bool(encrypt),
        **numbers,
        max_bytes=None if max_gib is None else int(max_gib * _GIB),
        stop_below_bytes=int(stop_mib * _MIB),
    )


def _check_pre_roll(section: Section, pre_roll_s: float, cameras: Iterable[CameraSettings]) -> None:
    if section.find("pre_roll_s") is None:
        return
    for camera in cameras:
        if camera.preroll_s < pre_roll_s:
            section.wrong(
                "pre_roll_s",
                f"is longer than camera {camera.camera_id} keeps ({camera.preroll_s:g} s)",
                "lower it, or raise that camera's preroll_s",
            )
