"""The last looks at a track become one probe, and nothing older or of somebody else does."""

from __future__ import annotations

import numpy as np
import pytest

from vision.track_probes import TrackProbes

X, Y = np.array([1, 0], np.float32), np.array([0, 1], np.float32)
EVER = float("-inf")


def test_the_mean_is_of_unit_length() -> None:
    """Of two rows at right angles it lies midway."""
    probes = TrackProbes(3, 20.0)

    assert probes.add(1, X, 0.0, EVER)[1] == 1
    mean, looks = probes.add(1, Y, 1.0, EVER)

    assert looks == 2
    assert mean.tolist() == pytest.approx([0.5**0.5] * 2)


def test_only_the_last_looks_count() -> None:
    """As many as were asked for."""
    probes = TrackProbes(2, 20.0)
    for at_s, row in enumerate((X, Y, Y)):
        mean, looks = probes.add(1, row, float(at_s), EVER)

    assert looks == 2
    assert mean.tolist() == [0, 1]


def test_tracks_do_not_mix() -> None:
    """Each has its own rows."""
    probes = TrackProbes(3, 20.0)
    probes.add(1, X, 0.0, EVER)

    assert probes.add(2, Y, 0.0, EVER)[1] == 1


@pytest.mark.parametrize(("at_s", "since_s"), [(21.0, EVER), (2.0, 1.0), (-5.0, EVER)])
def test_old_rows_are_dropped(at_s: float, since_s: float) -> None:
    """Beyond the window, from before a doubt, and from another clock's future."""
    probes = TrackProbes(3, 20.0)
    probes.add(1, X, 0.0, EVER)

    mean, looks = probes.add(1, Y, at_s, since_s)

    assert looks == 1
    assert mean.tolist() == [0, 1]


def test_rows_that_cancel_are_nobodys() -> None:
    """Opposite rows have no mean; the last one stands alone."""
    probes = TrackProbes(3, 20.0)
    probes.add(1, X, 0.0, EVER)

    mean, looks = probes.add(1, -X, 1.0, EVER)

    assert looks == 1
    assert mean.tolist() == [-1, 0]
