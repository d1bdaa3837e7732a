"""Guided enrolment: frames in, prompts and looks to keep out; literals throughout."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrolment.best_looks import BestLooks
from enrolment.guided import ORDER, Guidance, Guide, Patience, Pose, Prompt, Seen, pose_of
from enrolment.refusals import Refusal

AHEAD = Seen(yaw=0.0, pitch=0.05, quality=0.8)
LEFT = Seen(yaw=0.3, pitch=0.0, quality=0.6)
RIGHT = Seen(yaw=-0.3, pitch=0.0, quality=0.6)
UP = Seen(yaw=0.05, pitch=0.25, quality=0.7)


def told(*frames: tuple[float, Seen | Refusal], guide: Guide | None = None) -> list[Guidance]:
    """Show frames one after the other, and list what is said."""
    said = []
    guide = guide or Guide()
    for at_s, seen in frames:
        guide, guidance = guide.advance(at_s, seen)
        said.append(guidance)
    return said


@pytest.mark.parametrize(
    ("seen", "level", "pose"),
    [
        (AHEAD, None, Pose.AHEAD),
        (LEFT, None, Pose.LEFT),
        (RIGHT, 0.0, Pose.RIGHT),
        (UP, 0.05, Pose.UP),
        (UP, None, Pose.AHEAD),
        (UP, 0.2, Pose.AHEAD),
        (Seen(0.18, 0.0, 0.9), 0.0, None),
        (Seen(0.0, -0.5, 0.9), 0.0, None),
    ],
)
def test_a_look_is_one_pose_or_none(seen: Seen, level: float | None, pose: Pose | None) -> None:
    """Up is counted from how this person looks ahead; between two poses is neither."""
    assert pose_of(seen, level) is pose


def test_a_willing_person_is_led_through_all_poses() -> None:
    """Each pose is asked for, held for a moment, and its best look kept."""
    better = Seen(yaw=0.0, pitch=0.05, quality=0.9)

    said = told(
        (0.0, AHEAD),
        (0.4, better),
        (0.8, AHEAD),
        (1.0, AHEAD),
        (1.2, LEFT),
        (2.0, LEFT),
        (2.4, RIGHT),
        (3.2, RIGHT),
        (3.6, UP),
        (4.4, UP),
        (5.0, UP),
    )

    assert said == [
        Guidance(Prompt.HOLD, Pose.AHEAD),
        Guidance(Prompt.HOLD, Pose.AHEAD),
        Guidance(Prompt.LOOK_LEFT),
        Guidance(Prompt.LOOK_LEFT),
        Guidance(Prompt.HOLD, Pose.LEFT),
        Guidance(Prompt.LOOK_RIGHT),
        Guidance(Prompt.HOLD, Pose.RIGHT),
        Guidance(Prompt.LOOK_UP),
        Guidance(Prompt.HOLD, Pose.UP),
        Guidance(Prompt.DONE),
        Guidance(Prompt.DONE),
    ]


@pytest.mark.parametrize(
    ("refusal", "prompt"),
    [
        (Refusal.NO_FACE, Prompt.COME_INTO_VIEW),
        (Refusal.SEVERAL_FACES, Prompt.ONE_PERSON_ONLY),
        (Refusal.TOO_SMALL, Prompt.COME_CLOSER),
        (Refusal.BLURRED, Prompt.HOLD_STILL),
        (Refusal.DARK, Prompt.MORE_LIGHT),
        (Refusal.OVEREXPOSED, Prompt.LESS_LIGHT),
        (Refusal.TURNED_AWAY, Prompt.TURN_BACK),
        (Refusal.COVERED, Prompt.UNCOVER),
    ],
)
def test_a_poor_look_is_answered_with_what_to_do(refusal: Refusal, prompt: Prompt) -> None:
    """And nothing is kept of it."""
    assert told((0.0, refusal)) == [Guidance(prompt)]


def test_a_pose_that_does_not_come_is_left_out() -> None:
    """Somebody with a stiff neck is enrolled with the other looks."""
    after_ahead = Guide(place=1, level=0.0, begun_at_s=0.0)

    assert told((10.0, AHEAD), (20.5, AHEAD), guide=after_ahead) == [
        Guidance(Prompt.LOOK_LEFT),
        Guidance(Prompt.LOOK_RIGHT),
    ]


def test_without_a_look_ahead_it_is_given_up() -> None:
    """Turned looks alone are no enrolment; what comes later does not change that."""
    assert told((0.0, Refusal.NO_FACE), (20.5, Refusal.NO_FACE), (21.0, AHEAD)) == [
        Guidance(Prompt.COME_INTO_VIEW),
        Guidance(Prompt.GIVEN_UP),
        Guidance(Prompt.GIVEN_UP),
    ]


def test_a_complaint_is_said_once_it_has_lasted() -> None:
    """A single blurred frame is nobody's concern; praise and new poses are said at once."""
    prompts = [
        (0.0, Prompt.LOOK_AHEAD),
        (0.2, Prompt.HOLD_STILL),
        (0.4, Prompt.HOLD),
        (0.6, Prompt.COME_CLOSER),
        (1.0, Prompt.COME_CLOSER),
        (1.5, Prompt.COME_CLOSER),
        (2.0, Prompt.COME_CLOSER),
    ]
    patience, said = Patience(), []
    for at_s, prompt in prompts:
        patience, aloud = patience.hear(at_s, prompt)
        said += [(at_s, prompt)] * aloud

    assert said == [
        (0.0, Prompt.LOOK_AHEAD),
        (0.4, Prompt.HOLD),
        (1.5, Prompt.COME_CLOSER),
    ]


SEEN = st.one_of(
    st.sampled_from(Refusal),
    st.builds(Seen, st.floats(-1, 1), st.floats(-1, 1), st.floats(0, 1)),
)


@given(frames=st.lists(st.tuples(st.floats(0, 5), SEEN), max_size=40))
def test_whatever_is_seen_the_poses_come_in_order(
    frames: list[tuple[float, Seen | Refusal]],
) -> None:
    """No pose is asked for twice, and a look is only kept for the pose asked for."""
    guide, at_s = Guide(), 0.0
    for gap_s, seen in frames:
        at_s += gap_s
        asked = None if guide.finished else ORDER[guide.place]
        after, guidance = guide.advance(at_s, seen)
        assert after.place in {guide.place, guide.place + 1}
        assert guidance.keep in {None, asked}
        guide = after


class TestRecordings:
    """Where nobody can be asked to turn."""

    def test_the_best_looks_of_each_pose_are_kept(self) -> None:
        """Of looks close together the best one, and no more than three of a pose."""
        looks: BestLooks[str] = BestLooks()
        frames = [
            (0.0, AHEAD, "a"),
            (0.1, Seen(0.0, 0.05, 0.9), "b"),
            (0.2, AHEAD, "c"),
            (1.0, LEFT, "d"),
            (2.0, UP, "e"),
            *(
                (3.0 + second, Seen(0.0, 0.0, 0.5 + second / 100), f"f{second}")
                for second in range(4)
            ),
        ]
        for at_s, seen, name in frames:
            pose = looks.wants(at_s, seen)
            if pose is not None:
                looks.keep(at_s, pose, seen, name)

        assert looks.all() == [
            (Pose.AHEAD, "b"),
            (Pose.AHEAD, "f3"),
            (Pose.AHEAD, "f2"),
            (Pose.LEFT, "d"),
            (Pose.UP, "e"),
        ]
