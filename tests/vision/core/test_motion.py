"""How a box is carried forward in time."""

from __future__ import annotations

import pytest

from vision.core import motion
from vision.core.values import Box

ASPECT = 2.0
STANDING = Box(0.4, 0.2, 0.5, 0.6)


def walked(step: float, frames: int, every_s: float) -> motion.Motion:
    """Somebody seen ``frames`` more times, going right by ``step`` of the picture each time."""
    state = motion.start(STANDING, ASPECT)
    for n in range(1, frames + 1):
        state = motion.predict(state, every_s, every_s)
        box = Box(0.4 + n * step, 0.2, 0.5 + n * step, 0.6)
        state = motion.correct(state, box, ASPECT)
    return state


def test_a_new_object_is_where_it_was_seen() -> None:
    """Going to the filter's coordinates and back changes nothing."""
    box = motion.box_of(motion.start(STANDING, ASPECT), ASPECT)

    assert (box.left, box.top, box.right, box.bottom) == pytest.approx((0.4, 0.2, 0.5, 0.6))


@pytest.mark.parametrize(("every_s", "frames"), [(0.1, 20), (0.2, 10), (0.5, 4)])
def test_speed_is_learnt_per_second(every_s: float, frames: int) -> None:
    """Whatever the frame rate, a walker is expected where his speed brings him."""
    state = walked(0.2 * every_s, frames, every_s)

    ahead = motion.box_of(motion.predict(state, 0.5, 0.5), ASPECT)

    assert ahead.left == pytest.approx(0.4 + 0.2 * 2.0 + 0.2 * 0.5, abs=0.01)


def test_speed_fades_out_of_sight() -> None:
    """Somebody unseen for long is not carried on at the speed of long ago."""
    state = walked(0.02, 10, 0.1)

    soon = motion.predict(state, 0.1, 0.5)
    late = motion.predict(state, 0.1, 3.0)

    assert soon.centre_x.speed == state.centre_x.speed
    assert 0.0 < late.centre_x.speed < state.centre_x.speed


def test_uncertainty_grows_with_time_and_size() -> None:
    """The longer the wait and the taller the object, the less its place is known."""
    tall = motion.start(Box(0.4, 0.1, 0.6, 0.9), ASPECT)
    small = motion.start(Box(0.4, 0.4, 0.5, 0.5), ASPECT)

    def doubt(state: motion.Motion, after_s: float) -> float:
        return motion.predict(state, after_s, after_s).centre_x.at_var

    assert doubt(small, 0.1) < doubt(small, 0.5) < doubt(tall, 0.5)


def test_one_step_equals_many() -> None:
    """Predicting a second at once or in tenths gives the same place and the same doubt."""
    state = walked(0.02, 5, 0.1)
    in_tenths = state
    for n in range(1, 11):
        in_tenths = motion.predict(in_tenths, 0.1, n / 10)

    at_once = motion.predict(state, 1.0, 1.0)

    assert in_tenths.centre_x.at == pytest.approx(at_once.centre_x.at)
    assert in_tenths.centre_x.at_var == pytest.approx(at_once.centre_x.at_var, rel=0.05)


def test_the_picture_cuts_boxes_off() -> None:
    """An object that has walked out is an empty box on the edge."""
    state = motion.predict(walked(0.1, 4, 0.1), 1.0, 1.0)

    assert motion.box_of(state, ASPECT).left == motion.box_of(state, ASPECT).right == 1.0


def test_a_shrinking_box_never_turns_inside_out() -> None:
    """Extrapolated sides stop at zero."""
    state = motion.start(Box(0.4, 0.4, 0.6, 0.6), ASPECT)
    state = motion.correct(motion.predict(state, 0.1, 0.1), Box(0.49, 0.49, 0.51, 0.51), ASPECT)

    box = motion.box_of(motion.predict(state, 1.0, 1.0), ASPECT)

    assert box.left <= box.right
    assert box.top <= box.bottom
