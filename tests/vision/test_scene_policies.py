"""What a camera's scene follows, from what the site configured."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from models.entries import Thresholds
from vision.core.policy import ALWAYS, IdentityPolicy, Permit, ScenePolicy, ZonePolicy, ZoneView
from vision.scene_policies import to_identity_policy, to_scene_policy
from vision.settings import (
    CameraSettings,
    ForkliftSettings,
    IdentitySettings,
    ModelSettings,
    MqttSettings,
    PermitSettings,
    Settings,
    ViewSettings,
    WeeklyHours,
    ZoneSettings,
)

MEASURED = Thresholds(0.94, 0.92, 0.01, 0.96)
TRIANGLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))
MONDAYS = WeeklyHours(((0, 480, 540),))
NOON = datetime(2026, 1, 7, 12, tzinfo=UTC).timestamp()
NEXT_MONDAY = (
    datetime(2026, 1, 12, 7, tzinfo=UTC).timestamp(),
    datetime(2026, 1, 12, 8, tzinfo=UTC).timestamp(),
)


def site(*zones: ZoneSettings) -> Settings:
    """A site with these zones and one camera that sees the first of them."""
    view = ViewSettings(zones[0].zone_id, TRIANGLE, counts=True)
    return Settings(
        site_id="s",
        time_zone="Europe/Berlin",
        data_dir=Path("/nowhere"),
        mqtt=MqttSettings(),
        models=ModelSettings("d", "f", "e"),
        zones=zones,
        cameras=(CameraSettings("gate", "rtsp://x/", views=(view,)),),
    )


def policy_of(*zones: ZoneSettings) -> ScenePolicy:
    """What the first camera's scene follows."""
    settings = site(*zones)
    return to_scene_policy(settings, settings.cameras[0], MEASURED, NOON)


def test_a_camera_follows_the_zones_that_it_sees():
    """Zones of other cameras are not in the policy."""
    policy = policy_of(ZoneSettings("bonded", "B", ()), ZoneSettings("dock", "D", ()))

    assert policy == ScenePolicy(
        camera_id="gate",
        zones=(ZonePolicy("bonded", (), 10.0, None),),
        views=(ZoneView("bonded", TRIANGLE, counts=True),),
        identity=IdentityPolicy(0.94, 0.92, 0.01),
    )


def test_hours_become_intervals_from_a_day_back_to_eight_days_ahead():
    """A permit without hours is for always; one with hours is expanded for the horizon."""
    permits = (PermitSettings(("a",)), PermitSettings(("b", "c"), MONDAYS))

    zone = policy_of(ZoneSettings("bonded", "B", permits)).zones[0]

    assert zone.permits == (
        Permit(frozenset({"a"}), ALWAYS),
        Permit(frozenset({"b", "c"}), (NEXT_MONDAY,)),
    )


def test_forklifts_are_unwatched_forbidden_or_bound_to_hours():
    """None, no interval and some intervals say which."""
    kinds = (ForkliftSettings(), ForkliftSettings(never=True), ForkliftSettings(hours=MONDAYS))

    hours = [
        policy_of(ZoneSettings("z", "Z", (), forklifts=k)).zones[0].forklift_hours for k in kinds
    ]

    assert hours == [None, (), (NEXT_MONDAY,)]


def test_configured_thresholds_come_before_measured_ones():
    """Zero is a threshold too."""
    policy = to_identity_policy(IdentitySettings(accept=0.0, confirm_looks=5), MEASURED)

    assert (policy.accept, policy.reject, policy.margin) == (0.0, 0.92, 0.01)
    assert policy.confirm_looks == 5
