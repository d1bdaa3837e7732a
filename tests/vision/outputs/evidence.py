"""Short ways to write entries of the index of evidence."""

from __future__ import annotations

from typing import Any

from vision.outputs.evidence_values import EvidenceFile, EvidenceGap

NOON = 1_767_268_800.0  # 2026-01-01T12:00:00Z
ALARM_ID = "6f1ed002-ab55-4bb5-8f2f-8a8c6f6f1ed0"
OTHER_ID = "6f1ed002-ab55-4bb5-8f2f-8a8c6f6f1ed1"


def evidence_file(**more: Any) -> EvidenceFile:
    """A clip of half a minute."""
    fields: dict[str, Any] = {
        "alarm_id": ALARM_ID,
        "name": "cam1.1.mp4",
        "kind": "clip",
        "camera_id": "cam1",
        "size_bytes": 1000,
        "sha256": "ab" * 32,
        "begin_at": NOON,
        "end_at": NOON + 30.0,
        "ended_by": "post_roll",
    } | more
    folder = f"evidence/2026-01-01/{fields['alarm_id']}"
    return EvidenceFile(**{"folder": folder} | fields)


def gap(**more: Any) -> EvidenceGap:
    """Two seconds are missing."""
    fields: dict[str, Any] = {
        "alarm_id": ALARM_ID,
        "camera_id": "cam1",
        "from_at": NOON + 10.0,
        "to_at": NOON + 12.0,
        "reason": "disk",
    } | more
    return EvidenceGap(**fields)
