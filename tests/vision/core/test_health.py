"""When a camera counts as offline or lagging."""

import pytest

from tests.vision.core.looks import at
from vision.core.health import WELL_REPORTS, CameraHealth, CameraReport
from vision.core.values import AlarmDecision, AlarmKind, Change


def health() -> CameraHealth:
    """A camera that is offline after 10 s and lags from 5 s on."""
    return CameraHealth("gate", offline_after_s=10, lag_limit_s=5)


def said(camera: CameraHealth, *reports: CameraReport) -> list[tuple[str, str, str]]:
    """Kind, change and reason of everything said about a series of reports."""
    decisions: list[AlarmDecision] = []
    for report in reports:
        decisions.extend(camera.observe(report, at(0)))
    return [(d.kind, d.change, d.reason) for d in decisions]


OK = CameraReport(0.1, 0.2, "streaming")
BACK = (OK,) * WELL_REPORTS


class TestSilence:
    def test_offline_and_back(self) -> None:
        """Silence of offline_after_s is an alarm with the reason, cleared by pictures."""
        silent = CameraReport(10.0, None, "wrong_password")

        assert said(health(), OK, CameraReport(9.9, None, "connecting"), silent, silent, *BACK) == [
            ("camera_offline", "raised", "wrong_password"),
            ("camera_offline", "cleared", "sending_again"),
        ]

    def test_another_reason(self) -> None:
        """A reason that changes updates the alarm."""
        told = said(
            health(), CameraReport(11, None, "unreachable"), CameraReport(12, None, "no_video")
        )

        assert told[1] == ("camera_offline", "updated", "no_video")

    def test_a_picture_now_and_then(self) -> None:
        """A stream that is broken again and again does not come and go."""
        silent = CameraReport(10.0, None, "garbage")

        assert said(health(), silent, OK, CameraReport(1.0, None, "garbage"), OK, OK, OK) == [
            ("camera_offline", "raised", "garbage")
        ]

    def test_connected_is_not_seen(self) -> None:
        """A camera is not back before a picture has arrived."""
        camera = health()
        said(camera, CameraReport(11, None, "unreachable"))

        assert said(camera, CameraReport(0.0, None, "connecting")) == []
        assert not camera.online

    def test_whole_decision(self) -> None:
        """The alarm names the camera and is one incident for it."""
        assert list(health().observe(CameraReport(10, None, "unreachable"), at(3))) == [
            AlarmDecision(
                incident="camera_offline/gate",
                change=Change.RAISED,
                kind=AlarmKind.CAMERA_OFFLINE,
                camera_id="gate",
                at=at(3),
                reason="unreachable",
            )
        ]


class TestLag:
    def test_lagging_and_back(self) -> None:
        """Pictures older than the limit are an alarm until they are well under it again."""
        reports = [CameraReport(0.1, lag, "streaming") for lag in (5.0, 5.1, 9.0, 3.0, 2.4)]

        assert said(health(), *reports) == [
            ("camera_lagging", "raised", "behind_the_clock"),
            ("camera_lagging", "cleared", "caught_up"),
        ]

    def test_how_far(self) -> None:
        """The alarm says how far behind the pictures are."""
        (decision,) = health().observe(CameraReport(0.1, 7.25, "streaming"), at(0))

        assert decision.detail == (("lag_s", "7.2"),)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [(AlarmKind.CAMERA_OFFLINE, "sending_again"), (AlarmKind.CAMERA_LAGGING, "caught_up")],
)
def test_resume(kind: AlarmKind, reason: str) -> None:
    """An alarm from before a restart is cleared by a healthy camera."""
    camera = health()
    camera.resume(kind)

    assert said(camera, *BACK) == [(kind, "cleared", reason)]


def test_resume_of_another_kind() -> None:
    """Alarms that are not about a camera's health are left alone."""
    camera = health()
    camera.resume(AlarmKind.SYSTEM_DEGRADED)

    assert said(camera, *BACK) == []
