"""Taking up, after a restart, the supervisor's alarms that were left open, so they end."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from vision.core.values import AlarmDecision, AlarmKind, Change, Instant
from vision.outputs.journal_values import AlarmRecord
from vision.supervision.alarms import (
    CLOCK,
    DISK,
    LEDGER,
    PART_PREFIX,
    PUBLISHER,
    WORKER_PREFIX,
    degraded,
)
from vision.supervision.family import Family
from vision.supervision.system_watch import SystemWatch

_CAMERA_KINDS = frozenset({AlarmKind.CAMERA_OFFLINE, AlarmKind.CAMERA_LAGGING})


def resume(
    alarms: Sequence[AlarmRecord],
    cameras: Collection[str],
    family: Family,
    watch: SystemWatch,
    at: Instant,
) -> list[AlarmDecision]:
    """Hand each open alarm to who can end it; those that nobody can are ended here."""
    decisions: list[AlarmDecision] = []
    for alarm in alarms:
        if alarm.kind in _CAMERA_KINDS or alarm.zone_id is not None:
            decisions += [
                _removed(alarm, camera, at) for camera in alarm.cameras if camera not in cameras
            ]
        elif alarm.incident.startswith(WORKER_PREFIX):
            decisions += _resume_worker(alarm.incident, family, at)
        elif alarm.incident.startswith(PART_PREFIX):
            _resume_part(alarm.incident.removeprefix(PART_PREFIX), family)
        elif alarm.incident == PUBLISHER:
            family.publisher.gap.resume()
        elif alarm.incident == LEDGER and family.ledger is not None:
            family.ledger.gap.resume()
        elif alarm.incident in {DISK, CLOCK}:
            watch.resume(alarm.incident)
    return decisions


def _removed(alarm: AlarmRecord, camera_id: str, at: Instant) -> AlarmDecision:
    """End an alarm as far as it is about a camera that is configured no more."""
    return AlarmDecision(
        alarm.incident,
        Change.CLEARED,
        alarm.kind,
        camera_id,
        at,
        "camera_removed",
        zone_id=alarm.zone_id,
    )


def _resume_worker(incident: str, family: Family, at: Instant) -> list[AlarmDecision]:
    worker = family.workers.get(incident.removeprefix(WORKER_PREFIX))
    if worker is None:
        return [degraded(incident, Change.CLEARED, "worker_removed", at)]
    worker.gap.resume()
    return []


def _resume_part(what: str, family: Family) -> None:
    """Who reported it is not known any more: it holds until all who might have are settled."""
    for name in (*family.workers, *(reader.name for reader in family.readers)):
        family.parts.resume(what, name)
