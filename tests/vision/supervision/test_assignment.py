"""Which worker owns which cameras."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.supervision.assignment import assign, worker_count


@pytest.mark.parametrize(
    ("configured", "cores", "cameras", "count"),
    [(None, 4, 10, 4), (None, 4, 3, 3), (2, 4, 10, 2), (8, 4, 10, 8), (8, 4, 3, 3)],
)
def test_one_worker_a_core_unless_configured(configured, cores, cameras, count):
    """There are as many workers as configured, else as cores, and none without a camera."""
    assert worker_count(configured, cores, cameras) == count


def test_cameras_are_spread_evenly():
    """Nobody has two cameras more than another."""
    assert assign("abcde", 2, {}) == {"w1": ("a", "c", "e"), "w2": ("b", "d")}


def test_an_unchanged_camera_stays():
    """A camera keeps its worker, whatever the order in the file; a new one goes to the emptiest."""
    before = {"w1": ("a", "c"), "w2": ("b",)}

    assert assign("cbad", 2, before) == {"w1": ("c", "a"), "w2": ("b", "d")}


def test_fewer_workers_move_only_the_cameras_of_those_that_go():
    """The cameras of a worker that goes are shared out; the others stay."""
    before = {"w1": ("a", "d"), "w2": ("b",), "w3": ("c", "e")}

    assert assign("abcde", 2, before) == {"w1": ("a", "d", "e"), "w2": ("b", "c")}


def test_a_worker_without_cameras_is_none():
    """When its cameras were removed, a worker is not kept."""
    assert assign("a", 2, {"w1": ("b",), "w2": ("a",)}) == {"w2": ("a",)}


@given(
    st.lists(st.sampled_from("abcdefgh"), min_size=1, unique=True),
    st.integers(1, 5),
    st.dictionaries(st.sampled_from(("w1", "w2", "w6")), st.just(("a", "z"))),
)
def test_every_camera_has_exactly_one_worker(cameras, workers, before):
    """Whatever was before, every camera is owned once and no other is."""
    owned = assign(cameras, workers, before)

    assert sorted(camera for mine in owned.values() for camera in mine) == sorted(cameras)
    assert len(owned) <= workers
