"""Which message costs the connection, if any."""

from __future__ import annotations

import pytest

from vision.outputs.suspicion import CAREFUL_S, STRIKES, Suspicion


@pytest.fixture
def suspicion():
    """A connection that has just begun."""
    suspicion = Suspicion()
    suspicion.connected(0.0)
    return suspicion


def test_objection_against_one(suspicion):
    """The broker's own reason, with one message under way, is proof enough."""
    assert suspicion.lost(0x82, [7], 0.1) == "0x82"


def test_objection_against_several(suspicion):
    """With several under way nobody is blamed, but from now on one leaves at a time."""
    assert suspicion.lost(0x82, [7, 8], 0.1) is None
    assert suspicion.careful(CAREFUL_S)
    assert not suspicion.careful(CAREFUL_S + 1)


def test_late_loss_is_an_accident(suspicion):
    """A connection that had lasted is not lost for a message."""
    assert suspicion.lost(None, [7], 100.0) is None
    assert not suspicion.careful(100.0)


def test_lost_again_and_again(suspicion):
    """Without a reason it takes many losses in a row."""
    told = [suspicion.lost(None, [7], 0.1) for _ in range(STRIKES + 1)]

    assert told == [None] * STRIKES + ["connection_lost"]


def test_anything_taken_clears_it(suspicion):
    """A broker that takes messages in between is only restarting."""
    for _ in range(STRIKES):
        suspicion.lost(None, [7], 0.1)
    suspicion.taken()

    assert suspicion.lost(None, [7], 0.1) is None


def test_nothing_under_way(suspicion):
    """Without a message there is nobody to blame."""
    assert suspicion.lost(0x82, [], 0.1) is None
    assert not suspicion.careful(0.1)
