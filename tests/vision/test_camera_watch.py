"""One camera of a worker: played from files, looked at by a scripted detector.

The clips are patterns without people, so what is seen in them is said by the test.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from models.errors import ModelRunError
from tests.clips import make_clip
from tests.vision.scripted import Script, alarms, register
from tests.vision.waiting import eventually
from vision.camera_watch import CameraWatch, Eyes, _why_silent
from vision.core.movements import OpenIncident
from vision.core.policy import IdentityPolicy, Permit, ScenePolicy, ZonePolicy, ZoneView
from vision.core.values import AlarmDecision, AlarmKind, Change, Step
from vision.ingest.camera_source import CameraSource
from vision.ingest.reasons import Reason
from vision.ingest.stream_time import Arrival
from vision.settings import CameraSettings

WHOLE_PICTURE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
SOMEBODY = (0.4, 0.2, 0.6, 0.9)
IDENTITY = IdentityPolicy(0.9, 0.8, 0.01)


def policy(*zones: str, verify_within_s: float = 1.0) -> ScenePolicy:
    """Zones that fill the picture."""
    permits = (Permit(frozenset({"cast"})),)
    return ScenePolicy(
        "cam1",
        tuple(ZonePolicy(zone, permits, verify_within_s) for zone in zones),
        tuple(ZoneView(zone, WHOLE_PICTURE) for zone in zones),
        IDENTITY,
    )


class Post:
    """A watch over a file, with a clock that can be set forward."""

    def __init__(self, url: str, **more: Any) -> None:
        settings = CameraSettings(
            "cam1", url, **({"analyses_per_s": 25.0, "offline_after_s": 0.3} | more)
        )
        self.script = Script()
        self.watch = CameraWatch(
            settings, CameraSource(settings, loop_files=True), Eyes(self.script, None), "e"
        )
        self.later_s = 0.0
        self.alarms: list[AlarmDecision] = []

    def start(self, *zones: str, staff: Iterable[str] = ()) -> Post:
        """Begin to watch these zones, with these people on the register."""
        self.keep(self.watch.adopt(policy(*zones or ("dock",))))
        self.keep(self.watch.see_register(register(*staff)))
        self.watch.source.start()
        return self

    def now(self) -> Arrival:
        return Arrival(time.monotonic() + self.later_s, time.time() + self.later_s)

    def keep(self, steps: Iterable[Step]) -> list[Step]:
        """Run what follows; its alarms are kept."""
        taken = list(steps)
        self.alarms += alarms(taken)
        return taken

    def look(self, frames: int = 1) -> Step:
        """Analyse so many frames; the last step."""
        last = Step()
        for _ in range(frames):
            last = eventually(lambda: self.keep(self.watch.analyse(self.now())))[-1]
        return last

    def tick(self, later_s: float = 0.0) -> list[AlarmDecision]:
        """Let time pass; the alarms that follow."""
        self.later_s += later_s
        return alarms(self.keep(self.watch.tick(self.now())))


@pytest.fixture
def post() -> Iterator[Any]:
    """Makes posts, and closes them."""
    with ExitStack() as stack:

        def make(url: str | None = None, **more: Any) -> Post:
            made = Post(url or str(make_clip()), **more)
            stack.callback(made.watch.close)
            return made

        yield make


class TestScene:
    """How a camera's scene begins, and begins anew."""

    def test_it_is_made_with_the_first_frame(self, post: Any) -> None:
        """Only that tells the picture's shape."""
        here = post().start()
        assert here.watch._pipeline is None

        here.look()

        assert here.watch._pipeline.scene._policy.aspect == 160 / 120

    def test_it_waits_for_rules_and_register(self, post: Any) -> None:
        """Judging before that would be judging by nothing."""
        here = post()
        here.watch.source.start()
        eventually(lambda: here.watch.source.health().counters.frames > 3)

        assert list(here.watch.analyse(here.now())) == []
        assert here.script.asked == 0

    def test_without_a_detector_there_is_none(self, post: Any) -> None:
        """The camera is kept alive, and its health is told."""
        here = post()
        here.watch._eyes = Eyes(None, None)
        here.start()
        eventually(lambda: here.watch.source.health().connected)

        assert list(here.watch.analyse(here.now())) == []
        assert here.tick() == []
        assert here.watch.calls == {}

    def test_frames_before_their_time_wait(self, post: Any) -> None:
        """The configured rate is kept, whatever the camera sends."""
        here = post(analyses_per_s=0.2).start()
        here.look()
        eventually(lambda: here.watch.source.health().counters.frames > 5)

        assert list(here.watch.analyse(here.now())) == []
        here.later_s = 5.0
        here.look()
        assert here.script.asked == 2

    def test_other_hours_keep_it(self, post: Any) -> None:
        """What changes often must not cost the tracks."""
        here = post().start()
        here.look()
        scene = here.watch._pipeline.scene

        here.keep(here.watch.adopt(policy("dock", verify_within_s=9.0)))

        assert here.watch._pipeline.scene is scene

    def test_other_zones_begin_it_anew_and_open_alarms_go_on(self, post: Any) -> None:
        """The person who was alarmed about is still the same incident."""
        here = post().start()
        here.script.people = [SOMEBODY]
        here.look(12)
        (raised,) = here.tick(1.5) or here.alarms

        here.keep(here.watch.adopt(policy("dock", "gate")))
        assert here.watch.open_incidents() == (OpenIncident(raised.incident, raised.kind, "dock"),)
        here.look(12)

        assert (here.alarms[-1].incident, here.alarms[-1].reason) == (
            raised.incident,
            "seen_again",
        )

    def test_a_zone_that_is_gone_ends_its_alarms(self, post: Any) -> None:
        """Nobody would ever clear them."""
        here = post().start()
        here.script.people = [SOMEBODY]
        here.look(12)
        (raised,) = here.tick(1.5) or here.alarms

        here.keep(here.watch.adopt(policy("gate")))
        here.look()

        cleared = [a for a in here.alarms if a.change is Change.CLEARED]
        assert [(a.incident, a.reason) for a in cleared] == [
            (raised.incident, "zone_no_longer_watched")
        ]


class TestResuming:
    """Alarms from before a restart."""

    OLD = OpenIncident("presence/dock/cam1/old/1", AlarmKind.UNVERIFIED_PERSON, "dock")

    def test_somebody_still_there_goes_on_with_it(self, post: Any) -> None:
        """Same incident, same alarm."""
        here = post()
        here.watch.resume([self.OLD])
        here.start().script.people = [SOMEBODY]
        here.look(12)

        assert [(a.incident, a.change) for a in here.alarms] == [
            (self.OLD.incident, Change.UPDATED)
        ]

    def test_nobody_there_clears_it_after_a_while(self, post: Any) -> None:
        """It is held for as long as somebody lost from sight is."""
        here = post()
        here.watch.resume([self.OLD])
        here.start().look()

        assert here.tick(20.0) == []
        (cleared,) = here.tick(15.0)
        assert (cleared.incident, cleared.change) == (self.OLD.incident, Change.CLEARED)

    def test_a_guards_word_waits_for_the_picture(self, post: Any) -> None:
        """Given while the camera was not there yet, it ends the alarm once it is."""
        here = post()
        here.watch.resume([self.OLD])
        here.keep(here.watch.vouch(self.OLD.incident, "ann", "Tom"))
        assert here.alarms == []

        here.start(staff=["ann"]).look()

        (cleared,) = here.alarms
        assert (cleared.incident, cleared.change, cleared.reason) == (
            self.OLD.incident,
            Change.CLEARED,
            "vouched",
        )

    def test_without_a_picture_it_stays_open(self, post: Any, tmp_path: Path) -> None:
        """A camera that cannot be seen says nothing about who is there."""
        here = post(str(tmp_path / "nosuch.mp4"))
        here.watch.resume([self.OLD])
        here.start()

        eventually(here.tick)
        assert here.tick(60.0) == []
        assert here.watch.open_incidents() == (self.OLD,)


class TestTime:
    """Deadlines, whatever the stream does."""

    def test_a_deadline_passes_while_the_stream_stands_still(self, post: Any) -> None:
        """Ticks go on where frames do not."""
        here = post().start()
        here.script.people = [SOMEBODY]
        here.look(12)

        raised = here.tick(5.0) or here.alarms

        assert [a.kind for a in raised] == [AlarmKind.UNVERIFIED_PERSON]

    def test_a_deadline_passes_while_the_model_fails(self, post: Any) -> None:
        """Frames that cannot be judged hold no clock."""
        here = post().start()
        here.script.people = [SOMEBODY]
        here.look(12)
        here.script.broken = True
        here.later_s = 5.0
        with pytest.raises(ModelRunError):
            here.look()

        raised = here.tick() or here.alarms

        assert [a.kind for a in raised] == [AlarmKind.UNVERIFIED_PERSON]

    def test_a_stream_that_goes_on_late_is_seen_at_once(self, post: Any) -> None:
        """Ticks ran three seconds ahead of it; who comes in then must not go unseen."""
        here = post().start()
        here.look()
        here.tick(3.0)
        here.later_s = 0.0
        here.watch._due_s = float("-inf")
        here.script.people = [SOMEBODY]

        assert here.look(15).tracks

    def test_the_scenes_time_agrees_with_the_streams_again(self, post: Any) -> None:
        """It runs a little slower until then, and never back."""
        here = post().start()
        here.look()
        here.tick(0.55)
        here.later_s = 0.0
        here.watch._due_s = float("-inf")
        ahead = []
        for _ in range(20):
            here.look()
            ahead.append(here.watch._newest.stream_s - here.watch._seen_s)

        assert ahead[0] > ahead[-1] >= 0.0

    def test_a_swap_is_judged_by_the_present(self, post: Any) -> None:
        """A camera that fell silent an hour ago does not judge by the hour it fell silent in."""
        here = post().start()
        here.look()
        here.tick(3600.0)

        (step,) = here.watch.see_register(register("ann", version=2))

        assert here.watch._now.wall_utc == pytest.approx(time.time() + 3600.0, abs=60)
        assert alarms([step]) == []


def test_a_guards_word_ends_an_alarm(post: Any) -> None:
    """The person behind it is somebody of the register who may be there."""
    here = post().start()
    here.keep(here.watch.see_register(register("ann", version=2)))
    here.script.people = [SOMEBODY]
    here.look(12)
    (raised,) = here.tick(1.5) or here.alarms
    here.later_s = 0.0
    here.look(12)

    (step,) = here.watch.vouch(raised.incident, "ann", "Tom")

    (cleared,) = alarms([step])
    assert (cleared.incident, cleared.change, cleared.reason) == (
        raised.incident,
        Change.CLEARED,
        "vouched",
    )


class TestHealth:
    """What is said of the stream itself."""

    def test_a_camera_that_cannot_be_reached_is_offline(self, post: Any, tmp_path: Path) -> None:
        """With the reason."""
        here = post(str(tmp_path / "nosuch.mp4")).start()

        (offline,) = eventually(here.tick)

        assert (offline.kind, offline.change) == (AlarmKind.CAMERA_OFFLINE, Change.RAISED)
        assert offline.reason == "not_found"
        state = here.watch.state()
        assert (state.online, state.fps, state.lag_s, state.why) == (False, 0.0, None, "not_found")

    def test_a_resumed_camera_offline_is_cleared_by_pictures(self, post: Any) -> None:
        """The alarm from before the restart ends where the camera is well."""
        here = post()
        here.watch.resume([OpenIncident("camera_offline/cam1", AlarmKind.CAMERA_OFFLINE, "")])
        here.start()

        (cleared,) = eventually(here.tick)

        assert (cleared.change, cleared.reason) == (Change.CLEARED, "sending_again")
        assert here.watch.state().online

    def test_a_camera_that_is_well_says_so(self, post: Any) -> None:
        """Online, with its rate; no reason."""
        here = post().start()
        here.look(12)

        state = here.watch.state()

        assert (state.online, state.why) == (True, None)
        assert state.fps == pytest.approx(25.0, rel=0.5)

    def test_silence_on_a_standing_connection_has_a_name(self) -> None:
        """Nothing that is silent is said to deliver."""
        assert _why_silent(Reason.DELIVERING) == "stopped_sending"
        assert _why_silent(Reason.WRONG_PASSWORD) == "wrong_password"


def test_faces_are_cut_from_the_sharper_stream(post: Any) -> None:
    """Where there is a record stream, its frame of the same moment serves."""
    sharp = make_clip(size_wh=(320, 240))
    here = post(record_url=str(sharp)).start()
    here.look(10)
    frame = eventually(here.watch.source.frames.take)

    near = eventually(lambda: here.watch._faces_from(frame))

    assert near.size_wh == (320, 240)


def test_closing_ends_the_stream(post: Any) -> None:
    """No thread is left; closing again is nothing."""
    here = post().start()
    here.look()
    here.watch.stop()

    assert here.watch.close()
    assert here.watch.close()
