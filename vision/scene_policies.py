"""From what the site configured to what one camera's scene follows.

Pure: settings, thresholds and the time come in, a ``ScenePolicy`` goes out. Hours are expanded
for a bounded horizon, so a policy must be made anew from time to time (hourly is ample). After
its horizon everything with hours is closed: a worker that forgets to alarms, it is not silent.
"""

from __future__ import annotations

from models.entries import Thresholds
from vision.core.policy import (
    ALWAYS,
    IdentityPolicy,
    Interval,
    Permit,
    ScenePolicy,
    ZonePolicy,
    ZoneView,
)
from vision.schedules import expand
from vision.settings import (
    CameraSettings,
    ForkliftSettings,
    IdentitySettings,
    Settings,
    WeeklyHours,
    ZoneSettings,
)

DAY_S = 86_400.0
BACK_S = DAY_S
AHEAD_S = 8 * DAY_S


def to_scene_policy(
    settings: Settings, camera: CameraSettings, thresholds: Thresholds, now_utc: float
) -> ScenePolicy:
    """What the camera's scene follows from a day before ``now_utc`` to eight days after.

    ``thresholds``: the embedder's own, used where the configuration sets none. Only zones that
    the camera sees are in it.
    """
    within = (now_utc - BACK_S, now_utc + AHEAD_S)
    seen = {view.zone_id for view in camera.views}
    zones = (zone for zone in settings.zones if zone.zone_id in seen)
    return ScenePolicy(
        camera_id=camera.camera_id,
        zones=tuple(_zone(zone, settings.time_zone, within) for zone in zones),
        views=tuple(ZoneView(view.zone_id, view.polygon, view.counts) for view in camera.views),
        identity=to_identity_policy(settings.identity, thresholds),
    )


def to_identity_policy(settings: IdentitySettings, thresholds: Thresholds) -> IdentityPolicy:
    """The identity rules, with the embedder's thresholds where none are configured.

    A configured ``accept`` is one for single looks: then nothing is decided by several together.
    """

    def chosen(configured: float | None, measured: float) -> float:
        return measured if configured is None else configured

    together = thresholds.together and settings.accept is None and settings.confirm_looks > 1
    return IdentityPolicy(
        accept=chosen(settings.accept, thresholds.accept),
        reject=chosen(settings.reject, thresholds.reject),
        margin=chosen(settings.margin, thresholds.margin),
        confirm_looks=settings.confirm_looks,
        condemn_looks=settings.condemn_looks,
        look_spacing_s=settings.look_spacing_s,
        window_s=settings.window_s,
        confirm_min_px=settings.confirm_min_px,
        condemn_min_px=max(settings.condemn_min_px, thresholds.min_px),
        reverify_s=settings.reverify_s,
        accept_together=thresholds.accept if together else None,
    )


def _zone(zone: ZoneSettings, time_zone: str, within: Interval) -> ZonePolicy:
    return ZonePolicy(
        zone_id=zone.zone_id,
        permits=tuple(
            Permit(frozenset(permit.groups), _intervals(permit.hours, time_zone, within))
            for permit in zone.permits
        ),
        verify_within_s=zone.verify_within_s,
        forklift_hours=_forklift_hours(zone.forklifts, time_zone, within),
    )


def _intervals(hours: WeeklyHours | None, time_zone: str, within: Interval) -> tuple[Interval, ...]:
    return ALWAYS if hours is None else expand(hours, time_zone, within)


def _forklift_hours(
    forklifts: ForkliftSettings, time_zone: str, within: Interval
) -> tuple[Interval, ...] | None:
    """None where forklifts may always be there, empty where never."""
    if forklifts.never:
        return ()
    return None if forklifts.hours is None else expand(forklifts.hours, time_zone, within)
