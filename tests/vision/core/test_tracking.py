"""The life of tracks, told in literal frames. The aspect of all pictures is 16:9."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import nan

import pytest

from vision.core.policy import TrackingPolicy
from vision.core.tracking import TimeNotForwardError, Tracker, TrackerStep
from vision.core.values import Box, Detection, Instant, ObjectKind

PERSON, FORKLIFT = ObjectKind.PERSON, ObjectKind.FORKLIFT
Frame = tuple[float, Sequence[Detection]]


def at(stream_s: float) -> Instant:
    """A moment; the wall clock runs an hour ahead of the stream."""
    return Instant(stream_s, stream_s + 3600.0)


def seen(x: float, score: float = 0.9, kind: ObjectKind = PERSON, y: float = 0.8) -> Detection:
    """Somebody 0.1 wide and 0.4 high with the foot at ``(x, y)``."""
    return Detection(kind, Box(x - 0.05, y - 0.4, x + 0.05, y), score)


def play(tracker: Tracker, frames: Iterable[Frame]) -> list[TrackerStep]:
    """All steps of a script."""
    return [tracker.update(found, at(time_s)) for time_s, found in frames]


def times(fps: float, until_s: float, from_s: float = 0.0) -> list[float]:
    """The times of frames, ``until_s`` included."""
    return [from_s + n / fps for n in range(int((until_s - from_s) * fps + 1e-6) + 1)]


def walk(where: Callable[[float], float], fps: float, until_s: float) -> list[Frame]:
    """One person whose foot is at ``where(time)``."""
    return [(t, [seen(where(t))]) for t in times(fps, until_s)]


def ids(step: TrackerStep) -> list[int]:
    """Who is reported."""
    return [track.track_id for track in step.tracks]


def all_ids(steps: Iterable[TrackerStep]) -> set[int]:
    """Everybody who was ever reported."""
    return {track_id for step in steps for track_id in ids(step)}


class TestBirth:
    """From the first sight to the first report."""

    def test_a_track_is_reported_after_confirm_s(self) -> None:
        """Not before; then with the time and the place of its first sight."""
        steps = play(Tracker(TrackingPolicy(confirm_s=0.3)), walk(lambda t: 0.3 + t / 10, 10, 0.4))

        assert [len(step.tracks) for step in steps] == [0, 0, 0, 1, 1]
        assert [len(step.born) for step in steps] == [0, 0, 0, 1, 0]
        (track,) = steps[3].born
        assert (track.track_id, track.kind, track.score) == (1, PERSON, 0.9)
        assert (track.born, track.last_seen) == (at(0.0), at(0.3))
        assert track.origin == seen(0.3).box
        assert track.box.foot == pytest.approx((0.33, 0.8), abs=0.005)
        assert (track.crossed, track.coasting, track.doubtful) == (frozenset(), False, False)

    @pytest.mark.parametrize("fps", [1, 2, 5, 10, 25])
    def test_a_box_in_one_frame_is_never_reported(self, fps: float) -> None:
        """Nothing that was seen only once becomes a track, at any frame rate."""
        frames = [(t, [seen(0.5)] if t == 0.0 else []) for t in times(fps, 3.0)]

        assert all_ids(play(Tracker(TrackingPolicy()), frames)) == set()

    def test_low_scores_begin_nothing(self) -> None:
        """However often it is seen, a weak box alone is nobody."""
        frames = [(t, [seen(0.5, score=0.4)]) for t in times(10, 3.0)]

        assert all_ids(play(Tracker(TrackingPolicy()), frames)) == set()

    def test_low_scores_confirm_nothing(self) -> None:
        """One good box followed by weak ones waits for a second good one."""
        frames = [(t, [seen(0.5, score=0.9 if t in (0.0, 1.0) else 0.3)]) for t in times(10, 1.0)]

        steps = play(Tracker(TrackingPolicy()), frames)

        assert [ids(step) for step in steps] == [[]] * 10 + [[1]]
        assert steps[-1].tracks[0].born == at(0.0)

    def test_a_gap_before_confirmation_is_forgiven(self) -> None:
        """Somebody seen, missed for two tenths and seen again was there from the first."""
        frames = [(0.0, [seen(0.5)]), (0.1, []), (0.2, []), (0.3, [seen(0.5)])]

        assert play(Tracker(TrackingPolicy()), frames)[-1].tracks[0].born == at(0.0)

    def test_boxes_without_area_are_ignored(self) -> None:
        """Nor do NaNs get into the filter."""
        flat = Detection(PERSON, Box(0.4, 0.5, 0.4, 0.5), 0.9)
        broken = Detection(PERSON, Box(nan, 0.1, 0.4, nan), 0.9)

        frames = [(t, [flat, broken]) for t in times(10, 1.0)]

        assert all_ids(play(Tracker(TrackingPolicy()), frames)) == set()


class TestFollowing:
    """One object stays one track."""

    @pytest.mark.parametrize("fps", [2, 5, 10, 25])
    def test_a_walker_keeps_the_track(self, fps: float) -> None:
        """0.8 of his height a second, across the picture, at any frame rate."""
        steps = play(Tracker(TrackingPolicy()), walk(lambda t: 0.05 + 0.18 * t, fps, 5.0))

        assert all_ids(steps) == {1}
        assert steps[-1].tracks[0].box.foot == pytest.approx((0.95, 0.8), abs=0.02)
        assert not any(track.doubtful for step in steps for track in step.tracks)

    def test_frames_at_uneven_times(self) -> None:
        """A stream whose rate changes from 10 to 2 to 25 frames a second is one track."""
        moments = [*times(10, 1.0), *times(2, 3.0, 1.5), *times(25, 4.0, 3.04)]

        steps = play(Tracker(TrackingPolicy()), [(t, [seen(0.1 + 0.18 * t)]) for t in moments])

        assert all_ids(steps) == {1}

    def test_low_scores_continue_a_track(self) -> None:
        """Somebody whom the detector hardly sees is still the same person."""
        frames = [(t, [seen(0.5, 0.9 if t < 1.0 else 0.15)]) for t in times(5, 5.0)]

        steps = play(Tracker(TrackingPolicy()), frames)

        assert ids(steps[-1]) == [1]
        assert (steps[-1].tracks[0].score, steps[-1].tracks[0].last_seen) == (0.15, at(5.0))

    def test_scores_under_the_low_one_are_noise(self) -> None:
        """They do not keep a track alive."""
        frames = [(t, [seen(0.5, 0.9 if t < 1.0 else 0.05)]) for t in times(5, 4.0)]

        assert ids(play(Tracker(TrackingPolicy()), frames)[-1]) == []

    def test_a_sprinter_found_by_distance_is_doubtful(self) -> None:
        """Boxes far apart can be one person; whether they are, nobody knows."""
        frames = [(t, [seen(0.2)]) for t in times(2, 1.0)]

        steps = play(Tracker(TrackingPolicy()), [*frames, (1.5, [seen(0.37)]), (2.0, [seen(0.54)])])

        assert all_ids(steps) == {1}
        assert [step.tracks[0].doubtful for step in steps[1:]] == [False, False, True, False]

    def test_kinds_never_mix(self) -> None:
        """A person who mounts a forklift does not become one, nor the other way round."""
        frames = [(t, [seen(0.5, kind=PERSON if t < 1.0 else FORKLIFT)]) for t in times(10, 2.0)]

        steps = play(Tracker(TrackingPolicy()), frames)

        assert [(t.track_id, t.kind, t.coasting) for t in steps[-1].tracks] == [
            (1, PERSON, True),
            (2, FORKLIFT, False),
        ]
        assert all(track.crossed == frozenset() for track in steps[-1].tracks)

    def test_equal_input_equal_output(self) -> None:
        """Two trackers fed alike report alike, to the last digit."""
        frames = [(t, [seen(0.2 + t / 10), seen(0.6 - t / 10, 0.6)]) for t in times(7, 3.0)]

        assert play(Tracker(TrackingPolicy()), frames) == play(Tracker(TrackingPolicy()), frames)


class TestOutOfSight:
    """What becomes of a track that is not found."""

    def test_an_unseen_track_coasts(self) -> None:
        """It goes on as expected, keeps the time of its last sight, and says so."""
        frames = [*walk(lambda t: 0.2 + 0.1 * t, 10, 2.0), (2.1, []), (2.5, [])]

        (track,) = play(Tracker(TrackingPolicy()), frames)[-1].tracks

        assert (track.coasting, track.last_seen) == (True, at(2.0))
        assert track.box.foot == pytest.approx((0.45, 0.8), abs=0.01)

    @pytest.mark.parametrize("fps", [2, 5, 10])
    def test_an_occlusion_of_a_second_is_bridged_in_doubt(self, fps: float) -> None:
        """A walker behind a rack is found again, and may have become somebody else."""
        frames = [(t, [] if 2.0 < t < 3.0 else [seen(0.1 + 0.15 * t)]) for t in times(fps, 4.0)]

        steps = play(Tracker(TrackingPolicy()), frames)

        assert all_ids(steps) == {1}
        assert [track.doubtful for step in steps for track in step.tracks].count(True) == 1
        assert steps[times(fps, 4.0).index(3.0)].tracks[0].doubtful

    def test_a_flicker_is_no_doubt(self) -> None:
        """One frame missed at ten a second is the detector's, not somebody's, weakness."""
        frames = [(t, [] if n == 7 else [seen(0.5)]) for n, t in enumerate(times(10, 1.0))]

        steps = play(Tracker(TrackingPolicy()), frames)

        assert [track.coasting for step in steps for track in step.tracks].count(True) == 1
        assert not any(track.doubtful for step in steps for track in step.tracks)

    def test_a_track_is_lost_after_lost_s(self) -> None:
        """Reported coasting until then, and once more as lost; its id is not used again."""
        frames = [*walk(lambda _: 0.5, 10, 1.0), (3.0, []), (3.1, []), (3.2, [])]
        frames += [(t, [seen(0.5)]) for t in times(10, 4.0, 3.3)]

        steps = play(Tracker(TrackingPolicy(lost_s=2.0)), frames)

        assert [ids(step) for step in steps[11:14]] == [[1], [], []]
        assert [[t.track_id for t in step.lost] for step in steps[11:14]] == [[], [1], []]
        assert steps[12].lost[0].last_seen == at(1.0)
        assert ids(steps[-1]) == [2]

    def test_an_outage_ends_all_tracks(self) -> None:
        """After a long gap whoever stands there is born anew, not taken for the old one."""
        tracker = Tracker(TrackingPolicy())
        play(tracker, walk(lambda _: 0.5, 10, 1.0))

        step = tracker.update([seen(0.5)], at(60.0))

        assert (ids(step), [track.track_id for track in step.lost]) == ([], [1])

    def test_tracks_expire_without_frames(self) -> None:
        """A tick ends what is too old, once; what was not confirmed ends in silence."""
        tracker = Tracker(TrackingPolicy())
        play(tracker, walk(lambda _: 0.5, 10, 1.0))
        tracker.update([seen(0.5), seen(0.9)], at(1.1))

        assert tracker.expire(at(3.0)) == ()
        assert [track.track_id for track in tracker.expire(at(3.2))] == [1]
        assert tracker.expire(at(3.2)) == ()

    def test_the_visible_come_before_the_hidden(self) -> None:
        """A track that is out of sight does not take the box of the person in front."""
        tracker = Tracker(TrackingPolicy())
        both = [(t, [seen(0.4), seen(0.5)]) for t in times(10, 1.0)]
        alone = [(t, [seen(0.5 - 0.1 * (t - 1.0))]) for t in times(10, 2.5, 1.1)]

        step = play(tracker, [*both, *alone])[-1]

        assert [(t.track_id, t.coasting) for t in step.tracks] == [(1, True), (2, False)]


class TestTime:
    """Frames come in order."""

    @pytest.mark.parametrize("again_s", [1.0, 0.5, nan])
    def test_time_must_go_forward(self, again_s: float) -> None:
        """A frame that is not newer is refused, and has changed nothing."""
        tracker, untouched = Tracker(TrackingPolicy()), Tracker(TrackingPolicy())
        play(tracker, walk(lambda _: 0.5, 10, 1.0))
        play(untouched, walk(lambda _: 0.5, 10, 1.0))

        with pytest.raises(TimeNotForwardError, match="drop it"):
            tracker.update([seen(0.9)], at(again_s))

        assert tracker.update([], at(1.1)) == untouched.update([], at(1.1))


class TestCrossing:
    """Where one track may have become the other."""

    @pytest.mark.parametrize("fps", [5, 10])
    def test_people_who_cross_keep_their_tracks(self, fps: float) -> None:
        """One walks right, one left, the nearer one hiding the other for a moment."""
        frames: list[Frame] = []
        for t in times(fps, 4.0):
            right, left = seen(0.2 + 0.15 * t), seen(0.8 - 0.15 * t, y=0.85)
            hidden = abs(right.box.left - left.box.left) < 0.05
            frames.append((t, [left] if hidden else [right, left]))

        steps = play(Tracker(TrackingPolicy()), frames)

        assert all_ids(steps) == {1, 2}
        assert [t.box.foot[0] for t in steps[-1].tracks] == pytest.approx([0.8, 0.2], abs=0.03)

    @pytest.mark.parametrize("fps", [2, 5, 10])
    def test_a_crossing_is_reported_on_both(self, fps: float) -> None:
        """At every frame rate, at some frame, each names the other."""
        frames = [
            (t, [seen(0.2 + 0.15 * t), seen(0.8 - 0.15 * t, y=0.85)]) for t in times(fps, 4.0)
        ]

        steps = play(Tracker(TrackingPolicy()), frames)

        crossed = {t.track_id: t.crossed for s in steps for t in s.tracks if t.crossed}
        assert crossed == {1: frozenset({2}), 2: frozenset({1})}
        assert all(track.crossed == frozenset() for track in steps[-1].tracks)

    def test_passing_between_two_frames_is_a_crossing(self) -> None:
        """Boxes that overlap in no frame may have passed each other in between."""
        frames = [(t, [seen(0.2 + 0.24 * t), seen(0.8 - 0.24 * t)]) for t in times(2, 2.0)]

        steps = play(Tracker(TrackingPolicy()), frames)

        assert [t.crossed for t in steps[3].tracks] == [frozenset({2}), frozenset({1})]

    def test_an_exchange_that_would_fit_as_well_is_a_crossing(self) -> None:
        """Two walk up to each other and part again, or do they pass? Nobody can tell."""
        before = [(t, [seen(0.3 + 0.1 * t), seen(0.7 - 0.1 * t)]) for t in times(2, 1.0)]

        step = play(Tracker(TrackingPolicy()), [*before, (2.0, [seen(0.42), seen(0.53)])])[-1]

        assert [t.crossed for t in step.tracks] == [frozenset({2}), frozenset({1})]

    def test_people_side_by_side_do_not_cross(self) -> None:
        """Standing close together, each in his own place, is no reason for doubt."""
        frames = [(t, [seen(0.4), seen(0.51)]) for t in times(2, 4.0)]

        steps = play(Tracker(TrackingPolicy()), frames)

        assert all(track.crossed == frozenset() for step in steps for track in step.tracks)

    def test_somebody_unconfirmed_can_cross(self) -> None:
        """Whoever steps out from behind a person is named before being reported."""
        alone = walk(lambda _: 0.5, 10, 1.0)

        step = play(Tracker(TrackingPolicy()), [*alone, (1.1, [seen(0.5), seen(0.56)])])[-1]

        assert [(t.track_id, t.crossed) for t in step.tracks] == [(1, frozenset({2}))]
